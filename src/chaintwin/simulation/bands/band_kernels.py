"""Values of chosen rows into integer counts, and how much sums of rows vary from period to period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import kernel, row_kernel

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Integers = NDArray[np.int64]


@kernel
def gather_kernel(table: Floats, row: Integers, below: Integers, width: int, first: int, out: Singles) -> None:
    """Set ``out[i, first:first + width]`` to row i of a table, divided by another where ``below[i]`` names one (0 / 0 is NaN)."""
    for which in range(row.shape[0]):
        source, target = table[row[which]], out[which, first : first + width]
        if below[which] < 0:
            for w in range(width):
                target[w] = source[w]
        else:
            for w in range(width):
                target[w] = source[w] / table[below[which], w]


@kernel
def count_kernel(
    table: Floats,
    row: Integers,
    below: Integers,
    width: int,
    place: Integers,
    edges: Singles,
    counts: NDArray[np.uint32],
    ends: Singles,
    values: Singles,
    bins: NDArray[np.int32],
) -> None:
    """Add the first ``width`` replications of rows to the counts at ``place``; what is not a number counts for nothing.

    Bin k holds what is above edge k - 1 and not above edge k. ``edges`` is float32[places, K], ``counts`` uint32[places, K + 1],
    ``ends`` float32[places, 2], least and greatest value. ``values`` float32[W] and ``bins`` int32[W] are scratch.
    """
    for which in range(row.shape[0]):
        source, at = table[row[which]], place[which]
        if below[which] < 0:
            for w in range(width):
                values[w] = source[w]
        else:
            for w in range(width):
                values[w] = source[w] / table[below[which], w]
        _bin_kernel(values, width, edges[at], bins)
        low, high = ends[at, 0], ends[at, 1]
        found = counts[at]
        for w in range(width):
            value = values[w]
            if not np.isnan(value):
                found[bins[w]] += np.uint32(1)
                low, high = min(low, value), max(high, value)
        ends[at, 0], ends[at, 1] = low, high


@kernel
def vary_kernel(
    table: Floats,
    ring: Integers,
    length: int,
    begin: int,
    end: int,
    counted_from: int,
    previous: Integers,
    mean: Integers,
    spread: Integers,
) -> None:
    """Add the growth of running totals in periods ``begin`` to ``end - 1`` to its mean and squared deviations (Welford 1962).

    The total of a period is in row ``ring + period mod length``; ``previous``, ``mean`` and ``spread`` are rows of the table.
    """
    for which in range(ring.shape[0]):
        for period in range(begin, end):
            today = table[ring[which] + period % length]
            inverse = 1.0 / (period - counted_from + 1)
            _grow_kernel(today, table[previous[which]], table[mean[which]], table[spread[which]], inverse)


@row_kernel
def _bin_kernel(values: Singles, width: int, edges: Singles, bins: NDArray[np.int32]) -> None:
    for w in range(width):
        bins[w] = 0
    for k in range(edges.shape[0]):
        edge = edges[k]
        for w in range(width):
            bins[w] += np.int32(edge < values[w])


@row_kernel
def _grow_kernel(today: Floats, previous: Floats, mean: Floats, spread: Floats, inverse: float) -> None:
    for w in range(today.shape[0]):
        growth = today[w] - previous[w]
        step = growth - mean[w]
        mean[w] += step * inverse
        spread[w] += step * (growth - mean[w])
        previous[w] = today[w]
