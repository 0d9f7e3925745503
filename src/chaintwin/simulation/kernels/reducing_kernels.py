"""From the rows of a block to means, figures and laws: weighted sums of rows, and running moments of them.

Terms are added in their order and replications one after the other, so the bytes of a result never depend on block width or
threads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import inlined_kernel, kernel, row_kernel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Numbers = NDArray[np.int32]


@kernel
def sum_kernel(table: Floats, start: Integers, row: Numbers, weight: Floats, into: Integers, out: Floats) -> None:
    """Set row ``into[i]`` of ``out[rows, W]`` to sum i of rows of ``table[rows, W]``; both may be the same table."""
    for which in range(into.shape[0]):
        _sum_kernel(table, start[which], start[which + 1], row, weight, out[into[which]])


@kernel
def measure_kernel(
    table: Floats,
    width: int,
    done: int,
    start: Integers,
    row: Numbers,
    weight: Floats,
    scale: Floats,
    values: Floats,
    mean: Floats,
    spread: Floats,
) -> None:
    """Add the first ``width`` replications of a table to the running moments of sums times a scale (Welford 1962).

    ``done`` replications are in already. ``values`` is float64[5, W], scratch. Entries go four at a time, because each step waits
    for the one before it, and multiply by 1 / n, which is the same for all of them.
    """
    size = scale.shape[0]
    inverse = values[4]
    for w in range(width):
        inverse[w] = 1.0 / (done + w + 1)
    for first in range(0, size, 4):
        for lane in range(min(4, size - first)):
            _sum_kernel(table, start[first + lane], start[first + lane + 1], row, weight, values[lane])
        a, b = first, min(first + 1, size - 1)
        c, d = min(first + 2, size - 1), min(first + 3, size - 1)
        state_a, state_b = (mean[a], spread[a]), (mean[b], spread[b])
        state_c, state_d = (mean[c], spread[c]), (mean[d], spread[d])
        for w in range(width):
            state_a = _welford(state_a, values[0, w] * scale[a], inverse[w])
            state_b = _welford(state_b, values[b - a, w] * scale[b], inverse[w])
            state_c = _welford(state_c, values[c - a, w] * scale[c], inverse[w])
            state_d = _welford(state_d, values[d - a, w] * scale[d], inverse[w])
        mean[a], spread[a] = state_a
        mean[b], spread[b] = state_b
        mean[c], spread[c] = state_c
        mean[d], spread[d] = state_d


@kernel
def total_kernel(
    table: Floats, width: int, done: int, totals: Integers, periods: int, inverse: Floats, mean: Floats, spread: Floats
) -> None:
    """Add the first ``width`` replications of stretches of ``periods`` rows, which begin at rows ``totals``, to running moments.

    ``inverse`` is float64[W], scratch. Four rows go at a time, as in ``measure_kernel``.
    """
    for w in range(width):
        inverse[w] = 1.0 / (done + w + 1)
    for which in range(totals.shape[0]):
        for first in range(0, periods, 4):
            into = which * periods
            b, c, d = min(first + 1, periods - 1), min(first + 2, periods - 1), min(first + 3, periods - 1)
            row, at = totals[which], into + first
            state_a, state_b = (mean[at], spread[at]), (mean[into + b], spread[into + b])
            state_c, state_d = (mean[into + c], spread[into + c]), (mean[into + d], spread[into + d])
            for w in range(width):
                state_a = _welford(state_a, table[row + first, w], inverse[w])
                state_b = _welford(state_b, table[row + b, w], inverse[w])
                state_c = _welford(state_c, table[row + c, w], inverse[w])
                state_d = _welford(state_d, table[row + d, w], inverse[w])
            mean[at], spread[at] = state_a
            mean[into + b], spread[into + b] = state_b
            mean[into + c], spread[into + c] = state_c
            mean[into + d], spread[into + d] = state_d


@kernel
def pair_kernel(
    table: Floats,
    width: int,
    done: int,
    above: Integers,
    below: Integers,
    inverse: Floats,
    mean: Floats,
    spread: Floats,
) -> None:
    """Add the first ``width`` replications of pairs of rows to their running moments.

    ``mean`` is float64[2, pairs] and ``spread`` float64[3, pairs]: squared deviations of the row above, of the row below, and
    products of both. ``inverse`` is float64[W], scratch. Two pairs go at a time.
    """
    for w in range(width):
        inverse[w] = 1.0 / (done + w + 1)
    size = above.shape[0]
    for a in range(0, size, 2):
        b = min(a + 1, size - 1)
        state_a = (mean[0, a], mean[1, a], spread[0, a], spread[1, a], spread[2, a])
        state_b = (mean[0, b], mean[1, b], spread[0, b], spread[1, b], spread[2, b])
        for w in range(width):
            state_a = _welford_pair(state_a, table[above[a], w], table[below[a], w], inverse[w])
            state_b = _welford_pair(state_b, table[above[b], w], table[below[b], w], inverse[w])
        mean[0, a], mean[1, a], spread[0, a], spread[1, a], spread[2, a] = state_a
        mean[0, b], mean[1, b], spread[0, b], spread[1, b], spread[2, b] = state_b


@kernel
def check_kernel(
    table: Floats,
    start: Integers,
    row: Numbers,
    weight: Floats,
    least: Integers,
    law: Integers,
    tolerance: Floats,
    values: Floats,
) -> tuple[int, int, float]:
    """Return the first sum that is not zero, or whose row ``least`` is below zero, with the replication and by how much.

    A sum of law 7 only says what its row is compared with. ``tolerance``, one a sum, is relative to the sum of the absolute
    terms; ``values`` is float64[2, W], scratch. The number of the sum is -1 where all laws hold, and -2 less it where the row is
    to blame.
    """
    for which in range(law.shape[0]):
        _gap_kernel(table, start[which], start[which + 1], row, weight, values[0], values[1])
        for w in range(table.shape[1]):
            allowed = tolerance[which] * max(1.0, values[1, w])
            # Comparisons that are false for NaN, so that a poisoned replication cannot pass.
            if law[which] != 7 and not abs(values[0, w]) <= allowed:
                return which, w, abs(values[0, w])
            if least[which] >= 0 and not table[least[which], w] >= -allowed:
                return -2 - which, w, abs(table[least[which], w])
    return -1, 0, 0.0


@row_kernel
def _sum_kernel(table: Floats, first: int, end: int, row: Numbers, weight: Floats, out: Floats) -> None:
    for w in range(out.shape[0]):
        out[w] = 0.0
    for term in range(first, end):
        source, factor = table[row[term]], weight[term]
        for w in range(out.shape[0]):
            out[w] += factor * source[w]


@row_kernel
def _gap_kernel(table: Floats, first: int, end: int, row: Numbers, weight: Floats, gap: Floats, size: Floats) -> None:
    for w in range(gap.shape[0]):
        gap[w] = 0.0
        size[w] = 0.0
    for term in range(first, end):
        source, factor = table[row[term]], weight[term]
        for w in range(gap.shape[0]):
            part = factor * source[w]
            gap[w] += part
            size[w] += abs(part)


@inlined_kernel
def _welford(state: tuple[float, float], value: float, inverse: float) -> tuple[float, float]:
    average, squares = state
    step = value - average
    average += step * inverse
    return average, squares + step * (value - average)


@inlined_kernel
def _welford_pair(
    state: tuple[float, float, float, float, float], top: float, bottom: float, inverse: float
) -> tuple[float, float, float, float, float]:
    first, second, first_spread, second_spread, both = state
    step, other = top - first, bottom - second
    first += step * inverse
    second += other * inverse
    return (
        first,
        second,
        first_spread + step * (top - first),
        second_spread + other * (bottom - second),
        both + step * (bottom - second),
    )
