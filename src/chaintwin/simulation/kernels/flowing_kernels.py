"""Receipts, demand and the close of a period: events E1, E2, E5 and E6 of METHODS 1.2."""

from __future__ import annotations

import math

from chaintwin.jit import inner_kernel, part_kernel
from chaintwin.laws.tables_kernels import fill_quantile_kernel
from chaintwin.network.program import Activities, Streams
from chaintwin.rng_kernels import fill_uniform_kernel
from chaintwin.simulation.layout import Keys, Laws, Moving, Scratch, Tally


@part_kernel
def receive_kernel(period: int, activities: Activities, moving: Moving) -> None:
    """E1: what arrives in this period joins stock, good units only."""
    width = moving.on_hand.shape[1]
    for activity in range(activities.kind.shape[0]):
        if activities.lead_max[activity] == 0:
            continue
        slot = activities.pipe_start[activity] + period % (activities.lead_max[activity] + 1)
        for w in range(width):
            moving.in_process[activity, w] -= moving.pipeline[slot, w]
        for arc in range(activities.output_start[activity], activities.output_start[activity + 1]):
            buffer, quantity = activities.output_buffer[arc], activities.output_quantity[arc]
            for w in range(width):
                moving.on_hand[buffer, w] += moving.pipeline[slot, w] * quantity
        for w in range(width):
            moving.pipeline[slot, w] = 0.0


@part_kernel
def demand_kernel(
    period: int,
    first: int,
    integer: bool,
    streams: Streams,
    laws: Laws,
    keys: Keys,
    moving: Moving,
    scratch: Scratch,
    tally: Tally,
) -> None:
    """E2: demand of the period is drawn or replayed and joins the backlog; ``first`` is the block's first replication."""
    width = scratch.row.shape[0]
    for stream in range(streams.buffer.shape[0]):
        law = streams.law[stream]
        if law < 0:
            start = streams.series_start[stream]
            value = streams.series_value[start + period % (streams.series_start[stream + 1] - start)]
            for w in range(width):
                scratch.demand[stream, w] = value
        else:
            start = streams.factor_start[stream]
            factor = streams.factor_value[start + period % (streams.factor_start[stream + 1] - start)]
            fill_uniform_kernel(
                keys.demand[stream, 0], keys.demand[stream, 1], keys.demand[stream, 2], first, period, 0, scratch.uniform
            )
            fill_quantile_kernel(laws.kind[law], laws.offset[law], laws.size[law], laws.values, scratch.uniform, scratch.row)
            for w in range(width):
                scratch.demand[stream, w] = max(scratch.row[w], 0.0) * factor
        if integer:
            for w in range(width):
                scratch.demand[stream, w] = math.floor(scratch.demand[stream, w] + 0.5)
        for w in range(width):
            asked = scratch.demand[stream, w]
            moving.backlog[stream, w] += asked
            tally.demand[stream, w] += asked


@part_kernel
def close_kernel(
    offset: int, integer: bool, activities: Activities, streams: Streams, moving: Moving, scratch: Scratch, tally: Tally
) -> None:
    """E5 and E6: lost sales leave, then everything is counted; ``offset`` is the row of the by-period totals."""
    for stream in range(streams.buffer.shape[0]):
        _close_stream_kernel(stream, offset, integer, streams.lost_fraction[stream], moving, scratch, tally)
    for buffer in range(moving.on_hand.shape[0]):
        for w in range(scratch.row.shape[0]):
            stock = moving.on_hand[buffer, w]
            tally.on_hand[buffer, w] += stock
            tally.stocked[buffer, w] += 1.0 if stock > 0.0 else 0.0
            tally.period_stock[offset, w] += stock
    for activity in range(activities.kind.shape[0]):
        for w in range(scratch.row.shape[0]):
            tally.moving[activity, w] += moving.in_process[activity, w]


@inner_kernel
def _close_stream_kernel(
    stream: int, offset: int, integer: bool, lost_fraction: float, moving: Moving, scratch: Scratch, tally: Tally
) -> None:
    width = scratch.row.shape[0]
    for w in range(width):
        asked, owed = scratch.demand[stream, w], moving.backlog[stream, w]
        # Old demand is served first, so what is still owed of today's demand is all of the backlog up to today's demand.
        served = asked - min(owed, asked)
        tally.immediate[stream, w] += served
        tally.period_immediate[offset, w] += served
        tally.period_demand[offset, w] += asked
        tally.asked[stream, w] += 1.0 if asked > 0.0 else 0.0
        tally.clear[stream, w] += 1.0 if asked > 0.0 and owed <= 0.0 else 0.0
    if lost_fraction > 0.0:
        for w in range(width):
            lost = lost_fraction * min(moving.backlog[stream, w], scratch.demand[stream, w])
            if integer:
                lost = math.floor(lost + 1e-9)
            moving.backlog[stream, w] -= lost
            tally.lost[stream, w] += lost
    for w in range(width):
        owed = moving.backlog[stream, w]
        tally.owed[stream, w] += owed
        tally.period_owed[offset, w] += owed
