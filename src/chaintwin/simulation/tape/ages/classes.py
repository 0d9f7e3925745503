"""Which claims have ages, in how many rows they are kept, and what they are at the start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import Allocation
from chaintwin.network.program import Program
from chaintwin.network.state import State

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CLASSES = 32
"""Ages of claims that are told apart, in periods; the last class holds all that is older."""


def class_rows(program: Program) -> Integers:
    """Return Integers[C]: rows in which what was claimed is kept by period, all classes but the last.

    A claim is served by age, so that what is left of a class follows from the whole claim and what has been claimed since.
    Nothing has to be taken out of a class when something is served.

    Parameters
    ----------
    program : the network.
    """
    buffers = program.buffers
    count = np.diff(buffers.claim_start)
    aged = np.repeat((buffers.allocation == Allocation.BY_AGE) & (count > 1), count)
    streams = buffers.claim_kind == 0
    aged[streams] |= program.streams.complete[buffers.claim_index[streams]] == 1
    return np.where(aged, CLASSES - 1, 0).astype(np.int64)


def first_classes(program: Program, state: State, *, first: Integers, length: Integers) -> tuple[Integers, Floats, Floats]:
    """Return rows, what is in them at the start (several entries of a row add up), and Floats[C]: claims from before that period.

    What is owed at the start counts as yesterday's, and an open order is as old as the period from which its source has seen it.

    Parameters
    ----------
    program, state : what is run, and from where.
    first, length : Integers[C]: the rows of each claim, as ``class_rows`` counts them.
    """
    kind, index = program.buffers.claim_kind, program.buffers.claim_index
    aged = length > 0
    owing = np.flatnonzero(aged & (kind == 0))
    held = np.zeros(kind.size)
    held[owing] = state.backlog[index[owing]]
    rows, quantities = [first[owing] + (state.period - 1) % length[owing]], [held[owing]]
    orders = state.orders
    old = np.flatnonzero(orders.visible < state.period)
    seen, units = orders.visible[old], orders.quantity[old]
    waiting = np.bincount(orders.activity_index[old], weights=units, minlength=program.counts[1])
    for claim in np.flatnonzero(aged & (kind == 1)).tolist():
        held[claim] = waiting[index[claim]]
        mine = np.flatnonzero((orders.activity_index[old] == index[claim]) & (state.period - seen <= length[claim]))
        rows.append(first[claim] + seen[mine] % length[claim])
        quantities.append(units[mine])
    return np.concatenate(rows), np.concatenate(quantities), held
