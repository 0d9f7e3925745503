"""Orders: event E3 of METHODS 1.2 with the policies of 1.5."""

from __future__ import annotations

import math

import numpy as np

from chaintwin.jit import inner_kernel, part_kernel
from chaintwin.network.program import Activities, Buffers, Order, Streams
from chaintwin.simulation.kernels.allocating_kernels import allocate_kernel
from chaintwin.simulation.layout import Moving, Scratch, Tally

SLACK = 1e-9
"""Rounding noise of real quantities, relative to a level; below it an order is no order (METHODS 1.5)."""


@part_kernel
def reveal_kernel(period: int, activities: Activities, moving: Moving) -> None:
    """E3a: orders that have travelled long enough become visible to their source."""
    for activity in range(activities.kind.shape[0]):
        delay = activities.information_delay[activity]
        if delay > 0:
            slot = activities.info_start[activity] + period % (delay + 1)
            for w in range(moving.waiting.shape[1]):
                seen = moving.incoming[slot, w]
                moving.waiting[activity, w] += seen
                moving.unseen[activity, w] -= seen
                moving.incoming[slot, w] = 0.0


@part_kernel
def order_kernel(
    period: int,
    integer: bool,
    buffers: Buffers,
    activities: Activities,
    streams: Streams,
    order: Order,
    moving: Moving,
    scratch: Scratch,
    tally: Tally,
) -> None:
    """E3b: buffers order, each after all that order from it without delay."""
    for place in range(order.information.shape[0]):
        buffer = order.information[place]
        if buffers.policy[buffer] == 0 or (period - buffers.review_phase[buffer]) % buffers.review_period[buffer] != 0:
            continue
        _position_kernel(buffer, integer, buffers, streams, moving, scratch)
        slack = _quantity_kernel(buffer, integer, buffers, scratch)
        if integer and buffers.source_start[buffer + 1] - buffers.source_start[buffer] > 1:
            _split_whole_kernel(period, buffer, slack, buffers, activities, moving, scratch, tally)
        else:
            _split_real_kernel(period, buffer, integer, slack, buffers, activities, moving, scratch, tally)


@inner_kernel
def _position_kernel(buffer: int, integer: bool, buffers: Buffers, streams: Streams, moving: Moving, scratch: Scratch) -> None:
    """Inventory position; a loss that today's stock already decides is taken out, or lost demand would be ordered again."""
    width = scratch.position.shape[0]
    for w in range(width):
        scratch.position[w] = moving.on_hand[buffer, w]
    for arc in range(buffers.supply_start[buffer], buffers.supply_start[buffer + 1]):
        activity, quantity = buffers.supply_activity[arc], buffers.supply_quantity[arc]
        for w in range(width):
            due = moving.in_process[activity, w] + moving.unseen[activity, w] + moving.waiting[activity, w]
            scratch.position[w] += quantity * due
    lossy = buffers.claim_lossy[buffer] == 1
    if lossy:
        allocate_kernel(buffer, integer, buffers, moving, scratch)
    for claim in range(buffers.claim_start[buffer], buffers.claim_start[buffer + 1]):
        index, quantity = buffers.claim_index[claim], buffers.claim_quantity[claim]
        if buffers.claim_kind[claim] == 1:
            for w in range(width):
                scratch.position[w] -= quantity * moving.waiting[index, w]
            continue
        for w in range(width):
            scratch.position[w] -= moving.backlog[index, w]
        if lossy:
            for w in range(width):
                unserved = moving.backlog[index, w] - scratch.grant[claim, w]
                lost = streams.lost_fraction[index] * min(unserved, scratch.demand[index, w])
                scratch.position[w] += math.floor(lost + SLACK) if integer else lost


@inner_kernel
def _quantity_kernel(buffer: int, integer: bool, buffers: Buffers, scratch: Scratch) -> float:
    """Set ``scratch.order`` from ``scratch.position`` by the policy; return the slack of its level."""
    low, high, policy = buffers.low[buffer], buffers.high[buffer], buffers.policy[buffer]
    slack = 0.0 if integer else SLACK * max(1.0, abs(low))
    width = scratch.order.shape[0]
    if policy == 1:
        for w in range(width):
            gap = low - scratch.position[w]
            scratch.order[w] = gap if gap > slack else 0.0
    elif policy == 2:
        for w in range(width):
            position = scratch.position[w]
            scratch.order[w] = high - position if position <= low + slack else 0.0
    else:
        for w in range(width):
            gap = low + slack - scratch.position[w]
            scratch.order[w] = high * (math.floor(gap / high) + 1.0) if gap >= 0.0 else 0.0
    return slack


@inner_kernel
def _split_real_kernel(
    period: int,
    buffer: int,
    integer: bool,
    slack: float,
    buffers: Buffers,
    activities: Activities,
    moving: Moving,
    scratch: Scratch,
    tally: Tally,
) -> None:
    total = buffers.source_total[buffer]
    for arc in range(buffers.source_start[buffer], buffers.source_start[buffer + 1]):
        share = buffers.source_share[arc]
        for w in range(scratch.row.shape[0]):
            scratch.row[w] = scratch.order[w] * share / total
        _place_kernel(period, arc, integer, slack, buffers, activities, moving, scratch, tally)


@inner_kernel
def _split_whole_kernel(
    period: int,
    buffer: int,
    slack: float,
    buffers: Buffers,
    activities: Activities,
    moving: Moving,
    scratch: Scratch,
    tally: Tally,
) -> None:
    """Split whole units over several sources by largest remainder, the first source winning ties."""
    first, end = buffers.source_start[buffer], buffers.source_start[buffer + 1]
    total = buffers.source_total[buffer]
    for w in range(scratch.row.shape[0]):
        scratch.left[w] = scratch.order[w]
        for arc in range(first, end):
            scratch.left[w] -= math.floor(scratch.order[w] * buffers.source_share[arc] / total + SLACK)
    for arc in range(first, end):
        for w in range(scratch.row.shape[0]):
            amount = scratch.order[w]
            mine = amount * buffers.source_share[arc] / total
            whole = math.floor(mine + SLACK)
            before = 0
            for other in range(first, end):
                theirs = amount * buffers.source_share[other] / total
                gap = (theirs - math.floor(theirs + SLACK)) - (mine - whole)
                if gap > SLACK or (gap >= -SLACK and other < arc):
                    before += 1
            scratch.row[w] = whole + (1.0 if before < scratch.left[w] else 0.0)
        _place_kernel(period, arc, True, slack, buffers, activities, moving, scratch, tally)


@part_kernel
def _place_kernel(
    period: int,
    arc: int,
    integer: bool,
    slack: float,
    buffers: Buffers,
    activities: Activities,
    moving: Moving,
    scratch: Scratch,
    tally: Tally,
) -> None:
    """Place ``scratch.row`` units of product at one source: to the source's queue, or on its way there."""
    activity, output = buffers.source_activity[arc], buffers.source_output[arc]
    width = scratch.row.shape[0]
    if output != 1.0:
        for w in range(width):
            scratch.row[w] /= output
    if integer and output != 1.0:
        for w in range(width):
            scratch.row[w] = math.ceil(scratch.row[w] - SLACK)
    minimum, batch = activities.minimum_order[activity], activities.batch[activity]
    if minimum > 0.0 or batch > 0.0:
        for w in range(width):
            amount = scratch.row[w]
            if amount > slack:
                if batch > 0.0:
                    amount = batch * math.ceil(amount / batch - SLACK)
                scratch.row[w] = max(minimum, amount)
    delay = activities.information_delay[activity]
    if delay == 0:
        for w in range(width):
            moving.waiting[activity, w] += scratch.row[w]
    else:
        slot = activities.info_start[activity] + np.int64(period + delay) % (delay + 1)
        for w in range(width):
            moving.incoming[slot, w] += scratch.row[w]
            moving.unseen[activity, w] += scratch.row[w]
    for w in range(width):
        tally.ordered[activity, w] += scratch.row[w]
        tally.orders[activity, w] += 1.0 if scratch.row[w] > slack else 0.0
