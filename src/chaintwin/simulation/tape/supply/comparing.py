"""Which sources, stock and capacity are compared, because sources in tiers get what those before them cannot start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import TWO_SPEEDS, Policy
from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program

Integers = NDArray[np.int64]


def tiered(program: Program) -> NDArray[np.bool_]:
    """Return bool[N]: the sources of the buffer stand in tiers, of which each gets what those before it cannot start today."""
    buffers = program.buffers
    owner = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.source_start))
    later = np.bincount(owner[buffers.source_tier > 0], minlength=buffers.policy.size) > 0
    found: NDArray[np.bool_] = later & ~np.isin(buffers.policy, (*TWO_SPEEDS, Policy.NONE))
    return found


def compared_sources(program: Program) -> Integers:
    """Return the activities of which it matters what they can start today: those in tiers, and substitutes."""
    buffers = program.buffers
    owner = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.source_start))
    return np.unique(np.concatenate([buffers.source_activity[tiered(program)[owner]], buffers.substitute_activity]))


def compared_stock(program: Program) -> NDArray[np.bool_]:
    """Return bool[N]: free stock of the buffer decides between sources."""
    activities = program.activities
    return _touched(program, activities.input_start, activities.input_buffer, count=program.counts[0])


def compared_capacity(program: Program) -> NDArray[np.bool_]:
    """Return bool[K]: free capacity of the resource decides between sources."""
    activities = program.activities
    return _touched(program, activities.use_start, activities.use_resource, count=program.counts[3])


def _touched(program: Program, start: Integers, entity: Integers, *, count: int) -> NDArray[np.bool_]:
    """Return bool[count]: the entity is in the row, in ``entity`` from ``start`` on, of a source that is compared."""
    _, arc = spread(start, compared_sources(program))
    found = np.zeros(count, dtype=bool)
    found[entity[arc]] = True
    return found
