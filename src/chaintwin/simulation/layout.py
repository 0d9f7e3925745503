"""The arrays a block of replications works on. The last axis is always the replication, contiguous, W wide.

N buffers, A activities, D streams, K resources, C claims, T periods; every float is float64.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.program import Activities, Program
from chaintwin.network.state import State
from chaintwin.rng import stream_key

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Words = NDArray[np.uint64]


class Laws(NamedTuple):
    """Packed quantile tables, as in ``chaintwin.laws.PackedLaws``; L laws."""

    kind: NDArray[np.int8]
    offset: Integers
    size: Integers
    values: Floats


class Keys(NamedTuple):
    """Random streams of a run: uint64[D, 3] and uint64[A, 3] of (key word 0, key word 1, stream low word)."""

    demand: Words
    lead: Words


class Moving(NamedTuple):
    """State of a block.

    Parameters
    ----------
    on_hand : [N, W] stock, unit.
    backlog : [D, W] demand owed, unit.
    waiting : [A, W] ordered and seen by the source, not started, units of the activity.
    incoming : [information slots, W] ordered, not yet visible; slot t mod (delay + 1) becomes visible in period t.
    pipeline : [pipeline slots, W] started; slot t mod (lead_max + 1) arrives in period t.
    in_process : [A, W] total in the pipeline.
    unseen : [A, W] total in ``incoming``.
    """

    on_hand: Floats
    backlog: Floats
    waiting: Floats
    incoming: Floats
    pipeline: Floats
    in_process: Floats
    unseen: Floats


class Scratch(NamedTuple):
    """Working rows of a period, meaningless between periods.

    Parameters
    ----------
    demand : [D, W] demand of this period. uniform, row : [W].
    position, order, left, total : [W]. grant : [C, W] stock granted to each claim. remainder : [C, W], whole units only.
    start : [A, W] what starts now. capacity, need : [K, W].
    """

    demand: Floats
    uniform: Floats
    row: Floats
    position: Floats
    order: Floats
    left: Floats
    total: Floats
    grant: Floats
    remainder: Floats
    start: Floats
    capacity: Floats
    need: Floats


class Tally(NamedTuple):
    """Sums over the periods since the last reset, by replication.

    Parameters
    ----------
    on_hand, stocked : [N, W] sum of stock at close; periods that close with stock.
    demand, shipped, immediate, lost, owed : [D, W] units asked for; served; served in the period they were asked for; lost; sum
        of the backlog at close.
    asked, clear : [D, W] periods with demand; those of them that close without backlog.
    ordered, started, orders, starts, moving : [A, W] units ordered; started; periods with an order; with a start; sum of units in
        process at close.
    used : [K, W] resource units used.
    period_stock, period_owed, period_demand, period_immediate : [T, W] totals over all entities by period.
    """

    on_hand: Floats
    stocked: Floats
    demand: Floats
    shipped: Floats
    immediate: Floats
    lost: Floats
    owed: Floats
    asked: Floats
    clear: Floats
    ordered: Floats
    started: Floats
    orders: Floats
    starts: Floats
    moving: Floats
    used: Floats
    period_stock: Floats
    period_owed: Floats
    period_demand: Floats
    period_immediate: Floats


def laws_of(program: Program) -> Laws:
    """Return the packed laws of a program as kernels take them."""
    packed = program.laws
    return Laws(packed.kind, packed.offset, packed.size, packed.values)


def keys_of(program: Program, seed: int) -> Keys:
    """Return the key words of every stream of a program for one seed (0 to 2**64 - 1)."""
    first, second = stream_key(seed, 0)
    demand, lead = program.streams.stream, program.activities.lead_stream
    return Keys(_key_rows(demand, first, second), _key_rows(lead, first, second))


def moving_of(program: Program, state: State, *, width: int) -> Moving:
    """Return a block in which every replication starts from the same state.

    Parameters
    ----------
    program : the network.
    state : the state at the start of its period.
    width : replications in the block.

    Raises
    ------
    UsageError
        A shipment or an order is due later than its lane's longest lead time or delay.
    """
    activities = program.activities
    buffers, count, _, _ = program.counts
    owner, arrival = state.shipments.activity_index, state.shipments.arrival
    _refuse_late(arrival - state.period, activities.lead_max[owner], "shipment")
    on_hand, pipeline = state.on_hand(buffers), np.zeros(activities.pipe_start[-1])
    # What an activity without lead time still has under way is due now; kernels never look into the ring of such an activity.
    is_due = activities.lead_max[owner] == 0
    _deliver(on_hand, activities, owner[is_due], state.shipments.quantity[is_due])
    owner, arrival, under_way = owner[~is_due], arrival[~is_due], state.shipments.quantity[~is_due]
    np.add.at(pipeline, activities.pipe_start[owner] + arrival % (activities.lead_max[owner] + 1), under_way)
    who, visible, quantity = state.orders.activity_index, state.orders.visible, state.orders.quantity
    hidden = (visible >= state.period) & (activities.information_delay[who] > 0)
    _refuse_late((visible - state.period)[hidden], activities.information_delay[who][hidden], "order")
    incoming, waiting = np.zeros(activities.info_start[-1]), np.zeros(count)
    slot = activities.info_start[who] + visible % (activities.information_delay[who] + 1)
    np.add.at(incoming, slot[hidden], quantity[hidden])
    np.add.at(waiting, who[~hidden], quantity[~hidden])
    rows = (
        on_hand,
        state.backlog,
        waiting,
        incoming,
        pipeline,
        _row_sums(pipeline, activities.pipe_start),
        _row_sums(incoming, activities.info_start),
    )
    return Moving(*(_wide(row, width) for row in rows))


def scratch_of(program: Program, *, width: int) -> Scratch:
    """Return working rows for a block."""
    _, activities, streams, resources = program.counts
    claims = program.buffers.claim_kind.size
    return Scratch(
        demand=np.zeros((streams, width)),
        uniform=np.zeros(width),
        row=np.zeros(width),
        position=np.zeros(width),
        order=np.zeros(width),
        left=np.zeros(width),
        total=np.zeros(width),
        grant=np.zeros((claims, width)),
        remainder=np.zeros((claims if program.integer else 0, width)),
        start=np.zeros((activities, width)),
        capacity=np.zeros((resources, width)),
        need=np.zeros((resources, width)),
    )


def tally_of(program: Program, *, periods: int, width: int) -> Tally:
    """Return sums at zero for a block and a number of periods."""
    buffers, activities, streams, resources = program.counts
    counts = [buffers] * 2 + [streams] * 7 + [activities] * 5 + [resources] + [periods] * 4
    return Tally(*(np.zeros((count, width)) for count in counts))


def bytes_per_replication(program: Program) -> int:
    """Return the memory one replication of a block touches in one period, in bytes; of a ring that is two slots."""
    buffers, activities, streams, resources = program.counts
    claims = program.buffers.claim_kind.size * (2 if program.integer else 1)
    return 8 * (3 * buffers + 10 * streams + 11 * activities + 3 * resources + claims + 10)


def _key_rows(streams: Words, first: int, second: int) -> Words:
    low = np.uint64(0xFFFFFFFF)
    rows = np.empty((streams.size, 3), dtype=np.uint64)
    rows[:, 0] = first
    rows[:, 1] = np.uint64(second) ^ (streams >> np.uint64(32))
    rows[:, 2] = streams & low
    return rows


def _deliver(on_hand: Floats, activities: Activities, owner: Integers, quantity: Floats) -> None:
    """Add to stock what each activity of ``owner`` brings; units of the activity."""
    for activity, units in zip(owner, quantity, strict=True):
        outputs = slice(activities.output_start[activity], activities.output_start[activity + 1])
        np.add.at(on_hand, activities.output_buffer[outputs], units * activities.output_quantity[outputs])


def _refuse_late(ahead: Integers, longest: Integers, what: str) -> None:
    wrong = np.flatnonzero((ahead < 0) | (ahead > longest))
    if wrong.size:
        raise UsageError(f"state: found a {what} due in {ahead[wrong[0]]} periods; allowed: 0 to {longest[wrong[0]]}")


def _row_sums(values: Floats, start: Integers) -> Floats:
    owner = np.repeat(np.arange(start.size - 1), np.diff(start))
    return np.bincount(owner, weights=values, minlength=start.size - 1).astype(np.float64)


def _wide(row: Floats, width: int) -> Floats:
    return np.repeat(row[:, None], width, axis=1)
