"""From sums of a block to figures of a replication, and from replications to means and spreads.

Entities are added in index order and replications one after the other, so the bytes of a result never depend on block width
or threads.
"""

from __future__ import annotations

from chaintwin.jit import kernel
from chaintwin.network.program import Activities, Buffers, Resources, Streams
from chaintwin.simulation.layout import Floats, Tally


@kernel
def gather_kernel(values: Floats, scale: float, width: int, count: Floats, mean: Floats, spread: Floats) -> None:
    """Add the first ``width`` replications of ``values[entity, W] * scale`` to running means (Welford 1962); NaN is left out.

    ``count``, ``mean`` and ``spread`` (sum of squared deviations) are float64[entity].
    """
    for entity in range(values.shape[0]):
        n, average, squares = count[entity], mean[entity], spread[entity]
        for w in range(width):
            value = values[entity, w] * scale
            if value == value:  # noqa: PLR0124 -- the test for NaN that needs no call.
                n += 1.0
                step = value - average
                average += step / n
                squares += step * (value - average)
        count[entity], mean[entity], spread[entity] = n, average, squares


@kernel
def ledger_kernel(
    periods: int, buffers: Buffers, activities: Activities, streams: Streams, resources: Resources, tally: Tally, out: Floats
) -> None:
    """Fill ``out[figure, W]`` with the figures of whole replications, per period; see ``results.FIGURES`` for the rows."""
    scale = 1.0 / periods
    width = out.shape[1]
    out[:, :] = 0.0
    for stream in range(streams.buffer.shape[0]):
        for w in range(width):
            out[0, w] += tally.demand[stream, w] * scale
            out[1, w] += tally.shipped[stream, w] * scale
            out[2, w] += tally.immediate[stream, w] * scale
            out[3, w] += tally.lost[stream, w] * scale
            out[4, w] += tally.owed[stream, w] * scale
            out[5, w] += tally.asked[stream, w]
            out[6, w] += tally.clear[stream, w]
            out[10, w] += streams.backlog_cost[stream] * tally.owed[stream, w] * scale
            out[11, w] += streams.lost_cost[stream] * tally.lost[stream, w] * scale
            out[18, w] += streams.price[stream] * tally.shipped[stream, w] * scale
    for buffer in range(buffers.on_hand.shape[0]):
        for w in range(width):
            out[7, w] += tally.on_hand[buffer, w] * scale
            out[8, w] += buffers.holding_cost[buffer] * tally.on_hand[buffer, w] * scale
    for activity in range(activities.kind.shape[0]):
        # Rows 12 to 14 are transport, production and purchase, in the order of ActivityKind.
        line = 12 + activities.kind[activity]
        for w in range(width):
            out[9, w] += activities.transit_cost[activity] * tally.moving[activity, w] * scale
            out[line, w] += activities.variable_cost[activity] * tally.started[activity, w] * scale
            out[15, w] += activities.fixed_cost[activity] * tally.starts[activity, w] * scale
            out[16, w] += activities.duty_cost[activity] * tally.started[activity, w] * scale
    for resource in range(resources.cost.shape[0]):
        for w in range(width):
            out[17, w] += resources.cost[resource] * tally.used[resource, w] * scale
