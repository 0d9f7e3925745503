"""From sums of a block to figures of a replication, and from replications to means and spreads.

Entities are added in index order and replications one after the other, so the bytes of a result never depend on block width
or threads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import inlined_kernel, kernel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@kernel
def gather_kernel(values: Floats, scale: float, width: int, count: Floats, mean: Floats, spread: Floats) -> None:
    """Add the first ``width`` replications of ``values[entity, W] * scale`` to running means (Welford 1962); NaN is left out.

    ``count``, ``mean`` and ``spread`` (sum of squared deviations) are float64[entity]. Entities go four at a time, because each
    step waits for the one before it, and the division for longest.
    """
    size = values.shape[0]
    for first in range(0, size, 4):
        a, b = first, min(first + 1, size - 1)
        c, d = min(first + 2, size - 1), min(first + 3, size - 1)
        state_a = (count[a], mean[a], spread[a])
        state_b = (count[b], mean[b], spread[b])
        state_c = (count[c], mean[c], spread[c])
        state_d = (count[d], mean[d], spread[d])
        for w in range(width):
            state_a = _welford(state_a, values[a, w] * scale)
            state_b = _welford(state_b, values[b, w] * scale)
            state_c = _welford(state_c, values[c, w] * scale)
            state_d = _welford(state_d, values[d, w] * scale)
        count[a], mean[a], spread[a] = state_a
        count[b], mean[b], spread[b] = state_b
        count[c], mean[c], spread[c] = state_c
        count[d], mean[d], spread[d] = state_d


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
def group_sums_kernel(values: Floats, length: Integers, out: Floats) -> None:
    """Add consecutive groups of rows of ``values[row, W]`` to ``out[group, W]``, in order, whatever the width."""
    row = 0
    for group in range(length.shape[0]):
        for _ in range(length[group]):
            for w in range(values.shape[1]):
                out[group, w] += values[row, w]
            row += 1


@kernel
def weigh_kernel(values: Floats, weights: Floats, out: Floats) -> None:
    """Add ``values[entity, W] * weights[entity]`` over entities to ``out[W]``, in order, whatever the width."""
    for entity in range(values.shape[0]):
        weight = weights[entity]
        for w in range(out.shape[0]):
            out[w] += values[entity, w] * weight


@inlined_kernel
def _welford(state: tuple[float, float, float], value: float) -> tuple[float, float, float]:
    n, average, squares = state
    if value == value:  # noqa: PLR0124 -- the test for NaN that needs no call.
        n += 1.0
        step = value - average
        average += step / n
        squares += step * (value - average)
    return n, average, squares
