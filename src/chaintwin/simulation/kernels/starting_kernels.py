"""Execution: event E4 of METHODS 1.2, level by level, upstream first."""

from __future__ import annotations

import math

from chaintwin.jit import inner_kernel, part_kernel
from chaintwin.laws.tables_kernels import fill_quantile_kernel
from chaintwin.network.program import Activities, Buffers, Order, Resources
from chaintwin.rng_kernels import fill_uniform_kernel
from chaintwin.simulation.kernels.allocating_kernels import allocate_kernel
from chaintwin.simulation.layout import Keys, Laws, Moving, Scratch, Tally


@part_kernel
def execute_kernel(
    period: int,
    first: int,
    integer: bool,
    buffers: Buffers,
    activities: Activities,
    resources: Resources,
    order: Order,
    laws: Laws,
    keys: Keys,
    moving: Moving,
    scratch: Scratch,
    tally: Tally,
) -> None:
    """E4: buffers of a level allocate and ship to customers, then the activities of the level start."""
    width = scratch.row.shape[0]
    for resource in range(resources.cost.shape[0]):
        start = resources.capacity_start[resource]
        value = resources.capacity_value[start + period % (resources.capacity_start[resource + 1] - start)]
        for w in range(width):
            scratch.capacity[resource, w] = max(value, 0.0)
    for level in range(order.level_buffer_start.shape[0] - 1):
        for place in range(order.level_buffer_start[level], order.level_buffer_start[level + 1]):
            buffer = order.level_buffer[place]
            if buffers.claim_start[buffer] < buffers.claim_start[buffer + 1]:
                allocate_kernel(buffer, integer, buffers, moving, scratch)
                _ship_kernel(buffer, buffers, moving, scratch, tally)
        _limit_kernel(level, integer, activities, order, moving, scratch, tally)
        for place in range(order.level_activity_start[level], order.level_activity_start[level + 1]):
            _start_kernel(period, order.level_activity[place], first, activities, laws, keys, moving, scratch, tally)


@inner_kernel
def _ship_kernel(buffer: int, buffers: Buffers, moving: Moving, scratch: Scratch, tally: Tally) -> None:
    """Ship to the streams of one buffer what they were granted."""
    for claim in range(buffers.claim_start[buffer], buffers.claim_start[buffer + 1]):
        if buffers.claim_kind[claim] == 0:
            stream = buffers.claim_index[claim]
            for w in range(scratch.row.shape[0]):
                shipped = scratch.grant[claim, w]
                moving.backlog[stream, w] -= shipped
                moving.on_hand[buffer, w] -= shipped
                tally.shipped[stream, w] += shipped


@inner_kernel
def _limit_kernel(
    level: int, integer: bool, activities: Activities, order: Order, moving: Moving, scratch: Scratch, tally: Tally
) -> None:
    """Set what each activity of the level can start: orders, granted inputs, then one cut by the scarcest resource."""
    width = scratch.row.shape[0]
    first_resource, last_resource = order.level_resource_start[level], order.level_resource_start[level + 1]
    for place in range(first_resource, last_resource):
        for w in range(width):
            scratch.need[order.level_resource[place], w] = 0.0
    first, last = order.level_activity_start[level], order.level_activity_start[level + 1]
    for place in range(first, last):
        activity = order.level_activity[place]
        for w in range(width):
            scratch.start[activity, w] = moving.waiting[activity, w]
        for arc in range(activities.input_start[activity], activities.input_start[activity + 1]):
            claim, quantity = activities.input_claim[arc], activities.input_quantity[arc]
            for w in range(width):
                scratch.start[activity, w] = min(scratch.start[activity, w], scratch.grant[claim, w] / quantity)
        if integer:
            for w in range(width):
                scratch.start[activity, w] = math.floor(scratch.start[activity, w] + 1e-9)
        for arc in range(activities.use_start[activity], activities.use_start[activity + 1]):
            resource, quantity = activities.use_resource[arc], activities.use_quantity[arc]
            for w in range(width):
                scratch.need[resource, w] += quantity * scratch.start[activity, w]
    if first_resource == last_resource:
        return
    for place in range(first, last):
        _cut_kernel(order.level_activity[place], integer, activities, scratch)
    for place in range(first, last):
        activity = order.level_activity[place]
        for arc in range(activities.use_start[activity], activities.use_start[activity + 1]):
            resource, quantity = activities.use_resource[arc], activities.use_quantity[arc]
            for w in range(width):
                used = quantity * scratch.start[activity, w]
                scratch.capacity[resource, w] -= used
                tally.used[resource, w] += used
    for place in range(first_resource, last_resource):
        resource = order.level_resource[place]
        for w in range(width):
            scratch.capacity[resource, w] = max(scratch.capacity[resource, w], 0.0)


@inner_kernel
def _cut_kernel(activity: int, integer: bool, activities: Activities, scratch: Scratch) -> None:
    """Scale one activity down to the scarcest of its resources, from what it wanted before any cut."""
    width = scratch.row.shape[0]
    first, last = activities.use_start[activity], activities.use_start[activity + 1]
    if first == last:
        return
    for w in range(width):
        scratch.row[w] = scratch.start[activity, w]
    for arc in range(first, last):
        resource = activities.use_resource[arc]
        for w in range(width):
            need, capacity = scratch.need[resource, w], scratch.capacity[resource, w]
            if need > capacity:
                scratch.row[w] = min(scratch.row[w], scratch.start[activity, w] * capacity / need)
    for w in range(width):
        scratch.start[activity, w] = math.floor(scratch.row[w] + 1e-9) if integer else scratch.row[w]


@inner_kernel
def _start_kernel(
    period: int,
    activity: int,
    first: int,
    activities: Activities,
    laws: Laws,
    keys: Keys,
    moving: Moving,
    scratch: Scratch,
    tally: Tally,
) -> None:
    """Start one activity: inputs leave stock, the outcome goes into the pipeline or, without lead time, into stock."""
    width = scratch.row.shape[0]
    for arc in range(activities.input_start[activity], activities.input_start[activity + 1]):
        buffer, quantity = activities.input_buffer[arc], activities.input_quantity[arc]
        for w in range(width):
            moving.on_hand[buffer, w] -= quantity * scratch.start[activity, w]
    for w in range(width):
        started = scratch.start[activity, w]
        moving.waiting[activity, w] -= started
        tally.started[activity, w] += started
        tally.starts[activity, w] += 1.0 if started > 0.0 else 0.0
    ring = activities.pipe_start[activity]
    slots = activities.lead_max[activity] + 1
    if activities.lead_random[activity] == 1:
        law = activities.lead_law[activity]
        fill_uniform_kernel(
            keys.lead[activity, 0], keys.lead[activity, 1], keys.lead[activity, 2], first, period, 0, scratch.uniform
        )
        fill_quantile_kernel(laws.kind[law], laws.offset[law], laws.size[law], laws.values, scratch.uniform, scratch.row)
        for w in range(width):
            lead = min(max(math.floor(scratch.row[w] + 0.5), 0), slots - 1)
            if lead == 0:
                scratch.row[w] = scratch.start[activity, w]
            else:
                scratch.row[w] = 0.0
                moving.pipeline[ring + (period + lead) % slots, w] += scratch.start[activity, w]
        _finish_kernel(activity, activities, moving, scratch)
        return
    lead = activities.lead_fixed[activity]
    if lead == 0:
        for w in range(width):
            scratch.row[w] = scratch.start[activity, w]
        _finish_kernel(activity, activities, moving, scratch)
        return
    slot = ring + (period + lead) % slots
    for w in range(width):
        moving.pipeline[slot, w] += scratch.start[activity, w]
        moving.in_process[activity, w] += scratch.start[activity, w]


@inner_kernel
def _finish_kernel(activity: int, activities: Activities, moving: Moving, scratch: Scratch) -> None:
    """Add what has no lead time today (``scratch.row``) to stock; the rest of the start is in process."""
    width = scratch.row.shape[0]
    for arc in range(activities.output_start[activity], activities.output_start[activity + 1]):
        buffer, quantity = activities.output_buffer[arc], activities.output_quantity[arc]
        for w in range(width):
            moving.on_hand[buffer, w] += quantity * scratch.row[w]
    for w in range(width):
        moving.in_process[activity, w] += scratch.start[activity, w] - scratch.row[w]
