"""Who claims what from a buffer, and the operations that share its stock (METHODS 1.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import Allocation, Policy
from chaintwin.network.program import Program
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows, slacks
from chaintwin.simulation.tape.tape import Writer

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

RULES = (
    (Allocation.PROPORTIONAL, Op.ALLOCATE),
    (Allocation.BY_AGE, Op.ALLOCATE_BY_AGE),
    (Allocation.FAIR_SHARE, Op.ALLOCATE_FAIR),
)
LEVELS = (Policy.BASE_STOCK, Policy.KANBAN, Policy.SMOOTHED, Policy.STERMAN)
"""Rules whose target is one level of the position."""


def claims_of(program: Program, rows: Rows) -> tuple[Integers, Floats]:
    """Return what the operations that share stock have to know of each claim.

    Parameters
    ----------
    program, rows : the network and its layout.

    Returns
    -------
    Integers[C, 6]: row of the claim, row of its grant, tier, first row and number of rows of what was claimed by period, row of
    the position of whom the claim fills; Floats[C, 3]: units of stock in a unit of the claim, target of that position in such
    units (0: none, the claim itself is the target), units of stock in a unit of the position.
    """
    buffers = program.buffers
    is_stream, index = buffers.claim_kind == 0, buffers.claim_index
    claimed = np.empty(index.size, dtype=np.int64)
    claimed[is_stream], claimed[~is_stream] = rows.backlog[index[is_stream]], rows.waiting[index[~is_stream]]
    filled, output = _filled(program)
    reached = np.full(index.size, -1, dtype=np.int64)
    reached[~is_stream] = filled[index[~is_stream]]
    ratio, target = np.zeros(index.size), np.zeros(index.size)
    known = np.flatnonzero(reached >= 0)
    ratio[known] = buffers.claim_quantity[known] / output[index[known]]
    target[known] = np.maximum(ratio[known] * _targets(program)[reached[known]], 0.0)
    position = np.where(reached >= 0, rows.position[reached] if rows.position.size else 0, rows.nowhere)
    claims = [claimed, rows.grants, buffers.claim_tier, rows.classes, rows.classes_length, position]
    return np.stack(claims, axis=1).astype(np.int64), np.stack([buffers.claim_quantity, target, ratio], axis=1)


def write_sharing(
    writer: Writer,
    program: Program,
    *,
    rows: Rows,
    event: str,
    place: tuple[Integers, int] | tuple[Integers, int, Integers],
    chosen: Integers,
) -> None:
    """Write that buffers grant their stock to their claims, and only whole demand where it is shipped complete.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    event, place : when; the place of each of the chosen.
    chosen : Integers: the buffers.
    """
    buffers = program.buffers
    left, total = int(rows.spare[3]), int(rows.spare[4])
    turn = np.zeros((2, buffers.policy.size), dtype=np.int64)
    turn[0, chosen], turn[1, chosen] = place[0], place[2] if len(place) == 3 else 0
    for rule, op in RULES:
        # What belongs to one claim alone needs no rule.
        kind = np.where(np.diff(buffers.claim_start) > 1, buffers.allocation, Allocation.PROPORTIONAL)
        which = chosen[kind[chosen] == rule]
        first, end = buffers.claim_start[which], buffers.claim_start[which + 1]
        where = (turn[0, which], place[1], turn[1, which], 0)
        writer.write(event, op, place=where, rows=(rows.on_hand[which], left, total, first, end))
    owner = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.claim_start))
    is_chosen = np.zeros(buffers.policy.size, dtype=bool)
    is_chosen[chosen] = True
    streams = np.flatnonzero((buffers.claim_kind == 0) & is_chosen[owner])
    claim = streams[program.streams.complete[buffers.claim_index[streams]] == 1]
    backlog, at = rows.backlog[buffers.claim_index[claim]], owner[claim]
    writer.write(
        event,
        Op.COMPLETE,
        place=(turn[0, at], place[1], turn[1, at], 0),
        rows=(rows.grants[claim], backlog, rows.classes[claim], rows.classes_length[claim]),
        numbers=(slacks(program)[at],),
    )


def write_claim_ages(writer: Writer, program: Program, *, rows: Rows) -> None:
    """Write that claims remember what was claimed in each period, where their ages matter.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    """
    buffers, streams = program.buffers, program.streams
    aged = np.flatnonzero(rows.classes_length > 0)
    owner = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.claim_start))[aged]
    index, is_stream = buffers.claim_index[aged], buffers.claim_kind[aged] == 0
    claimed = np.empty(aged.size, dtype=np.int64)
    claimed[is_stream], claimed[~is_stream] = rows.backlog[index[is_stream]], rows.waiting[index[~is_stream]]
    turn = np.empty(buffers.policy.size, dtype=np.int64)
    turn[program.order.information] = np.arange(turn.size)
    came = (claimed, rows.claim_held[aged], np.full(aged.size, rows.nowhere), rows.classes[aged], rows.classes_length[aged])
    # All that orders without delay has ordered when a buffer has its turn.
    writer.write("order", Op.AGE_IN, place=(turn[owner], 0, 0), rows=came)
    writer.write("close", Op.COPY, place=(0, 0, index, 0), rows=(rows.claim_held[aged], claimed))
    # What is lost is of today's demand.
    lossy = np.flatnonzero(is_stream)
    lossy = lossy[streams.lost_fraction[index[lossy]] > 0]
    writer.write("close", Op.AGE_MORE, place=(0, 0, index[lossy], 3), rows=[row[lossy] for row in came])


def _filled(program: Program) -> tuple[Integers, Floats]:
    """Return Integers[A], the buffer whose rule starts each activity, -1 for none, and Floats[A], its units in a unit of it."""
    buffers = program.buffers
    filled = np.full(program.counts[1], -1, dtype=np.int64)
    output = np.ones(filled.size)
    owner = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.source_start))
    # Of several the first counts, and they are written from the last.
    arc = np.flatnonzero(buffers.policy[owner] != Policy.NONE)[::-1]
    filled[buffers.source_activity[arc]] = owner[arc]
    output[buffers.source_activity[arc]] = buffers.source_output[arc]
    return filled, output


def _targets(program: Program) -> Floats:
    """Return Floats[N]: the position that the rule of each buffer fills up to, 0 where that is not one number."""
    buffers = program.buffers
    steady = np.diff(buffers.level_start) == 0
    target = np.where(np.isin(buffers.policy, LEVELS) & steady, buffers.low, 0.0)
    target = np.where(buffers.policy == Policy.S_S, buffers.high, target)
    return np.where(buffers.policy == Policy.R_NQ, buffers.low + buffers.high, target)
