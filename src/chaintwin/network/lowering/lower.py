"""From the tables of a network to buffers, activities, streams and resources (METHODS 1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from chaintwin.network.graph import (
    ACTIVITY_SCHEMA,
    BUFFER_SCHEMA,
    INPUT_SCHEMA,
    OUTPUT_SCHEMA,
    STREAM_SCHEMA,
    Graph,
)
from chaintwin.network.ids import joined_id
from chaintwin.network.lowering.arcs import Arcs
from chaintwin.network.lowering.capacity import to_resources
from chaintwin.network.lowering.demand import to_streams
from chaintwin.network.lowering.paying import to_payments
from chaintwin.network.lowering.rooms import to_rooms
from chaintwin.network.lowering.rows import Rows, rows_in_force
from chaintwin.network.lowering.sizes import refuse_long_lists
from chaintwin.network.lowering.sourcing.activities import ActivityRows, to_activities
from chaintwin.network.lowering.sourcing.supply import Supply, find_supply
from chaintwin.network.lowering.stocking.initial import to_initial
from chaintwin.network.lowering.stocking.levels import to_levels
from chaintwin.network.lowering.stocking.loads import Loads, mean_loads
from chaintwin.network.network import Network, Quantities, Settings
from chaintwin.network.proposing import Proposals, fill_proposals

if TYPE_CHECKING:
    from chaintwin.network.disruptions.disruption import Disruption


@dataclass(frozen=True, slots=True)
class Lowered:
    """The graph with the steps it came from, for whoever must explain it.

    Parameters
    ----------
    graph : the graph.
    proposals : what the tables lacked.
    rows : tables in force, with what they lacked proposed.
    supply : stock points and sources.
    found : activities with what goes in and comes out.
    arcs : the same by number.
    loads : mean demand on stock points and activities.
    streams : streams with their mean and variance.
    """

    graph: Graph
    proposals: Proposals
    rows: Rows
    supply: Supply
    found: ActivityRows
    arcs: Arcs
    loads: Loads
    streams: pl.DataFrame


def lower(network: Network, *, periods: int | None = None) -> Graph:
    """Return the network as buffers and activities.

    Rows in force on the first day are used; prices and exchange rates change with their dates. Cut-offs are not part of the
    graph.

    Parameters
    ----------
    network : tables without errors (see ``chaintwin.network.doctor``).
    periods : periods that trends and dated holidays have to reach, if more than warm-up and horizon of the project.

    Raises
    ------
    GraphError
        Series, seasons, trends, dated calendars and dated prices have more values than memory is promised for.

    Returns
    -------
    The graph; ids are ``site/product`` (buffers), ``lane/product``, ``make/site/product`` and ``buy/site/product`` (activities);
    see ``joined_id`` for ids that hold a slash.
    """
    return lower_in_full(network, periods=periods).graph


def lower_in_full(network: Network, *, periods: int | None = None) -> Lowered:
    """Return the graph of a network together with the steps it came from.

    Parameters
    ----------
    network, periods : as for ``lower``.
    """
    settings = network.settings
    # Levels, costs and first stock are those of the project's own horizon, however long it is run.
    reach = max(settings.periods, periods or 0)
    refuse_long_lists(network, reach=reach)
    proposals = fill_proposals(network)
    rows = rows_in_force(proposals)
    supply = find_supply(rows)
    found = to_activities(supply, rows, settings=settings, reach=reach)
    streams = to_streams(rows, network, reach=reach)
    arcs = Arcs.of(supply.points, found)
    # Recipes in a chain can multiply to more than any number; whoever uses the graph refuses what is too large.
    with np.errstate(over="ignore", invalid="ignore"):
        loads = mean_loads(supply.points, found, arcs=arcs, streams=streams)
        points = to_levels(loads, found, rows=rows, network=network)
        points, pipeline, orders = to_initial(points, found, loads=loads, network=network)
    rooms, points = to_rooms(rows, points)
    resources, uses = to_resources(found, rows, settings=replace(settings, horizon=reach - settings.warm_up))
    accounts, payments = to_payments(found, rows, points=points, streams=streams, network=network, reach=reach)
    graph = Graph(
        integer=settings.quantities is Quantities.INTEGER,
        buffers=_shaped(points.with_columns(_buffer_id()), BUFFER_SCHEMA),
        activities=_shaped(
            found.activities.with_columns(
                priority=pl.col("lane_priority").fill_null(0), share="order_share", substitute=pl.col("rule") == "substitute"
            ),
            ACTIVITY_SCHEMA,
        ),
        inputs=_shaped(found.inputs.with_columns(_buffer_id()), INPUT_SCHEMA),
        outputs=_shaped(found.outputs.with_columns(_buffer_id()), OUTPUT_SCHEMA),
        uses=uses,
        resources=resources,
        streams=_shaped(streams.with_columns(_buffer_id()), STREAM_SCHEMA),
        rooms=rooms,
        pipeline=pipeline,
        orders=orders,
        accounts=accounts,
        payments=payments,
        unpriced=streams.filter(~pl.col("is_priced"))["stream_id"],
        folder=str(network.folder) if network.folder else "",
    )
    lowered = Lowered(graph, proposals, rows, supply, found, arcs, loads, streams)
    if not network.disruptions:
        return lowered
    return replace(lowered, graph=struck_graph(lowered, network.disruptions, settings=settings, reach=reach))


def struck_graph(lowered: Lowered, disruptions: Sequence[Disruption], *, settings: Settings, reach: int) -> Graph:
    """Return the graph of a network as disruptions strike it; they choose by what its tables say.

    Parameters
    ----------
    lowered : the network without them.
    disruptions : with names of their own.
    settings : of the project. reach : periods that are run.

    Raises
    ------
    InputError
        A disruption does not fit.
    """
    from chaintwin.network.disruptions.selecting import parts_of
    from chaintwin.network.disruptions.striking import strike

    means = lowered.loads.activities.rename({"activity_mean": "mean"})
    parts = parts_of(
        lowered.rows,
        activities=lowered.found.activities.join(means, on="activity_id", how="left"),
        points=lowered.supply.points,
        streams=lowered.streams,
        uses=lowered.graph.uses,
        folder=Path(lowered.graph.folder) if lowered.graph.folder else None,
    )
    return strike(lowered.graph, disruptions, parts=parts, settings=settings, reach=reach)


def _buffer_id() -> pl.Expr:
    return joined_id("site_id", "product_id").alias("buffer_id")


def _shaped(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
