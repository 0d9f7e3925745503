"""From the rows of a block to means, figures and laws: weighted sums of rows, and running moments of them.

Terms are added in their order and replications one after the other, so the bytes of a result never depend on block width or
threads.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import inlined_kernel, kernel, row_kernel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@kernel
def sum_kernel(table: Floats, start: Integers, row: Integers, weight: Floats, into: Integers, out: Floats) -> None:
    """Set row ``into[i]`` of ``out[rows, W]`` to sum i of rows of ``table[rows, W]``; both may be the same table."""
    for which in range(into.shape[0]):
        _sum_kernel(table, start[which], start[which + 1], row, weight, out[into[which]])


@kernel
def measure_kernel(
    table: Floats,
    width: int,
    plain: int,
    start: Integers,
    row: Integers,
    weight: Floats,
    scale: Floats,
    below: Integers,
    values: Floats,
    count: Floats,
    mean: Floats,
    spread: Floats,
) -> None:
    """Add the first ``width`` replications of a table to the running moments of what is measured (Welford 1962).

    Entries below ``plain`` are sums times a scale, known in every replication; the others are divided by row ``below``, and
    left out where that is 0 / 0. ``values`` is float64[5, W], scratch. Plain entries go four at a time, because each step waits
    for the one before it, and multiply by 1 / n, which is the same for all of them.
    """
    done = int(count[0]) if plain > 0 else 0
    inverse = values[4]
    for w in range(width):
        inverse[w] = 1.0 / (done + w + 1)
    for first in range(0, plain, 4):
        for lane in range(min(4, plain - first)):
            _sum_kernel(table, start[first + lane], start[first + lane + 1], row, weight, values[lane])
        a, b = first, min(first + 1, plain - 1)
        c, d = min(first + 2, plain - 1), min(first + 3, plain - 1)
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
    for entry in range(plain):
        count[entry] = done + width
    for entry in range(plain, below.shape[0]):
        _sum_kernel(table, start[entry], start[entry + 1], row, weight, values[0])
        for w in range(width):
            value = values[0, w] / table[below[entry], w]
            if not math.isnan(value):
                count[entry] += 1.0
                mean[entry], spread[entry] = _welford((mean[entry], spread[entry]), value, 1.0 / count[entry])


@kernel
def join_kernel(count: Floats, mean: Floats, spread: Floats, more: Floats, other_mean: Floats, other_spread: Floats) -> None:
    """Join the moments of two sets of replications into the first (Chan, Golub & LeVeque 1983, equation 2.1)."""
    for entity in range(count.shape[0]):
        total = count[entity] + more[entity]
        step = other_mean[entity] - mean[entity]
        part = more[entity] / max(total, 1.0)
        mean[entity] += step * part
        spread[entity] += other_spread[entity] + step * step * (count[entity] * part)
        count[entity] = total


@kernel
def check_kernel(
    table: Floats,
    start: Integers,
    row: Integers,
    weight: Floats,
    least: Integers,
    law: Integers,
    tolerance: float,
    values: Floats,
) -> tuple[int, int, float]:
    """Return the first sum that is not zero, or whose row ``least`` is below zero, with the replication and by how much.

    A sum of law 7 only says what its row is compared with. ``tolerance`` is relative to the sum of the absolute terms;
    ``values`` is float64[2, W], scratch. The number of the sum is -1 where all laws hold, and -2 less it where the row is to
    blame.
    """
    for which in range(law.shape[0]):
        _gap_kernel(table, start[which], start[which + 1], row, weight, values[0], values[1])
        for w in range(table.shape[1]):
            allowed = tolerance * max(1.0, values[1, w])
            # Comparisons that are false for NaN, so that a poisoned replication cannot pass.
            if law[which] != 7 and not abs(values[0, w]) <= allowed:
                return which, w, abs(values[0, w])
            if least[which] >= 0 and not table[least[which], w] >= -allowed:
                return -2 - which, w, abs(table[least[which], w])
    return -1, 0, 0.0


@row_kernel
def _sum_kernel(table: Floats, first: int, end: int, row: Integers, weight: Floats, out: Floats) -> None:
    for w in range(out.shape[0]):
        out[w] = 0.0
    for term in range(first, end):
        source, factor = table[row[term]], weight[term]
        for w in range(out.shape[0]):
            out[w] += factor * source[w]


@row_kernel
def _gap_kernel(table: Floats, first: int, end: int, row: Integers, weight: Floats, gap: Floats, size: Floats) -> None:
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
