"""Kernels that turn uniforms into draws by looking up packed laws; the layout is written in ``tables.py``.

The fields of a record are read once, before the loop over replications: the compiler cannot know that writing a draw leaves
them alone, and would read them again for each.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import inlined_kernel, kernel


@inlined_kernel
def interpolate_kernel(start: int, values: NDArray[np.float64], position: float) -> float:
    """Return the value at a position counted in cells from values[start], linear inside a cell."""
    cell = np.int32(position)
    at = np.uint64(start + np.int64(cell))
    left = values[at]
    return float(left + (position - np.float64(cell)) * (values[at + np.uint64(1)] - left))


@inlined_kernel
def look_up_kernel(table: int, values: NDArray[np.float64], u: float) -> float:
    """Return the interpolation at u, 0 < u < 1, of the refined table that starts at values[table].

    Five stretches follow each other: 4096 cells over (0, 1), then 64 cells each over the first 2**-12, the first 2**-18,
    the last 2**-12 and the last 2**-18. The jump past the refined ones is almost always foreseen; choosing the stretch by
    selects instead took 2.5 times as long.
    """
    if 2.0**-12 <= u < 1.0 - 2.0**-12:
        return interpolate_kernel(table, values, u * 4096.0)
    if u < 2.0**-18:
        return interpolate_kernel(table + 4162, values, u * 2.0**24)
    if u < 2.0**-12:
        return interpolate_kernel(table + 4097, values, u * 2.0**18)
    if u < 1.0 - 2.0**-18:
        return interpolate_kernel(table + 4227, values, (u - (1.0 - 2.0**-12)) * 2.0**18)
    return interpolate_kernel(table + 4292, values, (u - (1.0 - 2.0**-18)) * 2.0**24)


@inlined_kernel
def walk_kernel(cells: float, guide: int, cumulative: int, values: NDArray[np.float64], u: float) -> int:
    """Return which atom is the first whose cdf reaches u, by guide table and a short walk."""
    atom = np.int64(values[np.uint64(guide + np.int64(u * cells))])
    while values[np.uint64(cumulative + atom)] < u:
        atom += 1
    return int(atom)


@inlined_kernel
def continuous_quantile_kernel(offset: int, values: NDArray[np.float64], u: float) -> float:
    """Return the draw of a continuous law: zero with its share, else location + scale * standard draw."""
    inside = (u - values[offset + 3]) * values[offset + 4]
    if inside <= 0.0:
        return 0.0
    return float(values[offset] + values[offset + 1] * look_up_kernel(int(values[offset + 2]), values, inside))


@inlined_kernel
def discrete_quantile_kernel(offset: int, values: NDArray[np.float64], u: float) -> float:
    """Return the draw of a discrete law."""
    cells = values[offset]
    guide = offset + 4
    cumulative = int(guide + np.int64(cells))
    atom = walk_kernel(cells, guide, cumulative, values, u)
    if values[offset + 3] == 0.0:
        return float(values[offset + 2] + np.float64(atom))
    return float(values[cumulative + np.int64(values[offset + 1]) + atom])


@inlined_kernel
def quantile_kernel(kind: int, offset: int, size: int, values: NDArray[np.float64], u: float) -> float:
    """Return the draw of one packed law at u, 0 < u < 1 (an odd multiple of 2**-33).

    ``size`` belongs to the record of a law and is not needed to read it.
    """
    if kind == 0:
        return float(values[offset])
    if kind == 2:
        return discrete_quantile_kernel(offset, values, u)
    value = continuous_quantile_kernel(offset, values, u)
    if kind == 3:
        value = float(math.floor(value + 0.5))
    return value


@kernel
def thresholds_kernel(
    kind: NDArray[np.int8],
    offset: NDArray[np.int64],
    size: NDArray[np.int64],
    values: NDArray[np.float64],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    start: NDArray[np.int64],
    ends: NDArray[np.float64],
) -> None:
    """Set ``ends[start[i] + j]`` to what uniforms must exceed for a draw of law i, rounded, to be above ``low[i] + j``.

    Uniforms are odd multiples of 2**-33, and ``ends`` multiples of 2**-32 (1 where no draw is as large), so they never meet.
    """
    for law in range(kind.shape[0]):
        for step in range(high[law] - low[law]):
            least = low[law] + step + 1
            first, last = np.int64(0), np.int64(1) << 32
            while first < last:
                middle = (first + last) >> 1
                u = (np.float64(middle) + 0.5) * 2.0**-32
                if math.floor(quantile_kernel(kind[law], offset[law], size[law], values, u) + 0.5) >= least:
                    last = middle
                else:
                    first = middle + 1
            ends[start[law] + step] = np.float64(first) * 2.0**-32


@kernel
def fill_quantile_kernel(
    kind: int,
    offset: int,
    size: int,
    values: NDArray[np.float64],
    u: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` (float64[W]) with the draws of one packed law at ``u`` (float64[W]), another array."""
    width = u.shape[0]
    if kind == 0:
        value = values[offset]
        for w in range(width):
            out[w] = value
    elif kind == 2:
        cells = values[offset]
        guide = offset + 4
        cumulative = int(guide + np.int64(cells))
        listed = cumulative + np.int64(values[offset + 1])
        first = values[offset + 2]
        # Nearly always the guide is right or one short: a loop without a branch goes that far, and counts what is left. The atom
        # after the next is looked at whether or not it is needed, because then nothing waits for a comparison.
        last = np.int64(values[offset + 1]) - 1
        behind = 0
        for w in range(width):
            guess = values[np.uint64(guide + np.int64(u[w] * cells))]
            atom = np.int64(guess)
            behind += values[np.uint64(cumulative + min(atom + 1, last))] < u[w]
            out[w] = guess + (1.0 if values[np.uint64(cumulative + atom)] < u[w] else 0.0)
        if behind > 0:
            for w in range(width):
                atom = np.int64(out[w])
                while values[np.uint64(cumulative + atom)] < u[w]:
                    atom += 1
                out[w] = np.float64(atom)
        if values[offset + 3] == 0.0:
            for w in range(width):
                out[w] += first
        else:
            for w in range(width):
                out[w] = values[np.uint64(listed + np.int64(out[w]))]
    else:
        location = values[offset]
        scale = values[offset + 1]
        table = int(values[offset + 2])
        share = values[offset + 3]
        stretch = values[offset + 4]
        # Nearly all draws lie in the plain stretch of the table: a loop without a branch takes all of them for such, and the few
        # at the ends are mended behind it.
        ends = 0
        for w in range(width):
            inside = (u[w] - share) * stretch
            ends += (inside < 2.0**-12) | (inside >= 1.0 - 2.0**-12)
            position = min(max(inside * 4096.0, 0.0), 4095.0)
            out[w] = location + scale * interpolate_kernel(table, values, position)
        if ends > 0:
            for w in range(width):
                inside = (u[w] - share) * stretch
                if inside <= 0.0:
                    out[w] = 0.0
                elif inside < 2.0**-12 or inside >= 1.0 - 2.0**-12:
                    out[w] = location + scale * look_up_kernel(table, values, inside)
        if kind == 3:
            for w in range(width):
                out[w] = math.floor(out[w] + 0.5)
