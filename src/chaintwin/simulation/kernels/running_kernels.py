"""The period loop of a block of replications, and the laws it must obey (METHODS 1.2, 1.9)."""

from __future__ import annotations

import math

from chaintwin.jit import inner_kernel, kernel
from chaintwin.network.program import Activities, Buffers, Order, Resources, Streams
from chaintwin.simulation.kernels.flowing_kernels import close_kernel, demand_kernel, receive_kernel
from chaintwin.simulation.kernels.ordering_kernels import order_kernel, reveal_kernel
from chaintwin.simulation.kernels.starting_kernels import execute_kernel
from chaintwin.simulation.layout import Floats, Keys, Laws, Moving, Scratch, Tally


@kernel
def run_kernel(
    span: tuple[int, int, int],
    first: int,
    integer: bool,
    buffers: Buffers,
    activities: Activities,
    streams: Streams,
    resources: Resources,
    order: Order,
    laws: Laws,
    keys: Keys,
    moving: Moving,
    scratch: Scratch,
    tally: Tally,
) -> None:
    """Run one block through periods ``span[0]`` to ``span[1] - 1``; totals by period start at row 0 for period ``span[2]``.

    ``first`` is the number of the block's first replication. ``moving`` and ``tally`` are advanced in place.
    """
    for period in range(span[0], span[1]):
        receive_kernel(period, activities, moving)
        demand_kernel(period, first, integer, streams, laws, keys, moving, scratch, tally)
        reveal_kernel(period, activities, moving)
        order_kernel(period, integer, buffers, activities, streams, order, moving, scratch, tally)
        execute_kernel(period, first, integer, buffers, activities, resources, order, laws, keys, moving, scratch, tally)
        close_kernel(period - span[2], integer, activities, streams, moving, scratch, tally)


@kernel
def check_kernel(
    tolerance: float,
    buffers: Buffers,
    activities: Activities,
    streams: Streams,
    start: Moving,
    moving: Moving,
    tally: Tally,
    worst: Floats,
) -> tuple[int, int]:
    """Check laws 1 to 4 and 7 of METHODS 1.9 since the tallies were last at zero, when the state was ``start``.

    Returns (law, entity): 1 buffer balance, 2 demand, 3 orders, 4 pipeline, 7 nothing below zero; (0, 0) if all hold.
    ``worst[0]`` is the size of the breach. The tolerance is relative to what has flowed; 0 in whole units.
    """
    width = moving.on_hand.shape[1]
    for w in range(width):
        for buffer in range(moving.on_hand.shape[0]):
            law = _check_buffer_kernel(buffer, w, tolerance, buffers, activities, start, moving, tally, worst)
            if law > 0:
                return law, buffer
        for stream in range(streams.buffer.shape[0]):
            asked = tally.demand[stream, w] + start.backlog[stream, w]
            gone = tally.shipped[stream, w] + tally.lost[stream, w] + moving.backlog[stream, w]
            if _differs(asked, gone, tolerance, worst):
                return 2, stream
            if moving.backlog[stream, w] < -tolerance * max(1.0, asked):
                return 7, stream
        for activity in range(activities.kind.shape[0]):
            before = start.waiting[activity, w] + start.unseen[activity, w] + tally.ordered[activity, w]
            after = moving.waiting[activity, w] + moving.unseen[activity, w] + tally.started[activity, w]
            if _differs(before, after, tolerance, worst):
                return 3, activity
            held = 0.0
            for slot in range(activities.pipe_start[activity], activities.pipe_start[activity + 1]):
                held += moving.pipeline[slot, w]
            scale = max(held, start.in_process[activity, w] + tally.started[activity, w])
            worst[0] = abs(held - moving.in_process[activity, w])
            if not worst[0] <= tolerance * max(1.0, scale):
                return 4, activity
            if moving.waiting[activity, w] < -tolerance * max(1.0, before):
                return 7, activity
    return 0, 0


@inner_kernel
def _differs(one: float, other: float, tolerance: float, worst: Floats) -> bool:
    # A comparison that is true for NaN too, so that a poisoned replication cannot pass.
    worst[0] = abs(one - other)
    return not worst[0] <= tolerance * max(1.0, abs(one), abs(other))


@inner_kernel
def _check_buffer_kernel(
    buffer: int,
    w: int,
    tolerance: float,
    buffers: Buffers,
    activities: Activities,
    start: Moving,
    moving: Moving,
    tally: Tally,
    worst: Floats,
) -> int:
    come, gone = start.on_hand[buffer, w], 0.0
    for arc in range(buffers.supply_start[buffer], buffers.supply_start[buffer + 1]):
        activity = buffers.supply_activity[arc]
        arrived = tally.started[activity, w] + start.in_process[activity, w] - moving.in_process[activity, w]
        come += buffers.supply_quantity[arc] * arrived
    for claim in range(buffers.claim_start[buffer], buffers.claim_start[buffer + 1]):
        index = buffers.claim_index[claim]
        if buffers.claim_kind[claim] == 0:
            gone += tally.shipped[index, w]
        else:
            gone += buffers.claim_quantity[claim] * tally.started[index, w]
    if _differs(come, gone + moving.on_hand[buffer, w], tolerance, worst):
        return 1
    if math.isnan(moving.on_hand[buffer, w]) or moving.on_hand[buffer, w] < -tolerance * max(1.0, come):
        return 7
    return 0
