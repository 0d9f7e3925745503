"""From the tables of a network to buffers, activities, streams and resources (METHODS 1.1)."""

from __future__ import annotations

from dataclasses import dataclass

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
from chaintwin.network.lowering.arcs import Arcs
from chaintwin.network.lowering.capacity import to_resources
from chaintwin.network.lowering.demand import to_streams
from chaintwin.network.lowering.rows import Rows, rows_in_force
from chaintwin.network.lowering.sizes import refuse_long_lists
from chaintwin.network.lowering.sourcing.activities import ActivityRows, to_activities
from chaintwin.network.lowering.sourcing.supply import Supply, find_supply
from chaintwin.network.lowering.stocking.initial import to_initial
from chaintwin.network.lowering.stocking.levels import to_levels
from chaintwin.network.lowering.stocking.loads import Loads, mean_loads
from chaintwin.network.network import Network, Quantities
from chaintwin.network.proposing import Proposals, fill_proposals


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


def lower(network: Network) -> Graph:
    """Return the network as buffers and activities.

    Rows in force on the first day are used. Storage capacity, promise windows, cut-offs, payment terms and contingency rules
    are not
    part of the graph.

    Parameters
    ----------
    network : tables without errors (see ``chaintwin.network.doctor``).

    Raises
    ------
    GraphError
        Series, seasons, trends and dated calendars have more values than memory is promised for.

    Returns
    -------
    The graph; ids are ``site/product`` (buffers), ``lane/product``, ``make/site/product`` and ``buy/site/product`` (activities).
    """
    return lower_in_full(network).graph


def lower_in_full(network: Network) -> Lowered:
    """Return the graph of a network together with the steps it came from.

    Parameters
    ----------
    network : as for ``lower``.
    """
    refuse_long_lists(network)
    settings = network.settings
    proposals = fill_proposals(network)
    rows = rows_in_force(proposals)
    supply = find_supply(rows)
    found = to_activities(supply, rows, settings=settings)
    streams = to_streams(rows, network)
    arcs = Arcs.of(supply.points, found)
    # Recipes in a chain can multiply to more than any number; whoever uses the graph refuses what is too large.
    with np.errstate(over="ignore", invalid="ignore"):
        loads = mean_loads(supply.points, found, arcs=arcs, streams=streams)
        points = to_levels(loads, found, rows=rows, network=network)
        points, pipeline, orders = to_initial(points, found, loads=loads, network=network)
    resources, uses = to_resources(found, rows, settings=settings)
    graph = Graph(
        integer=settings.quantities is Quantities.INTEGER,
        buffers=_shaped(points.with_columns(_buffer_id()), BUFFER_SCHEMA),
        activities=_shaped(found.activities.with_columns(priority=pl.col("lane_priority").fill_null(0)), ACTIVITY_SCHEMA),
        inputs=_shaped(found.inputs.with_columns(_buffer_id()), INPUT_SCHEMA),
        outputs=_shaped(found.outputs.with_columns(_buffer_id()), OUTPUT_SCHEMA),
        uses=uses,
        resources=resources,
        streams=_shaped(streams.with_columns(_buffer_id()), STREAM_SCHEMA),
        pipeline=pipeline,
        orders=orders,
        folder=str(network.folder) if network.folder else "",
    )
    return Lowered(graph, proposals, rows, supply, found, arcs, loads, streams)


def _buffer_id() -> pl.Expr:
    return pl.concat_str([pl.col("site_id"), pl.col("product_id")], separator="/").alias("buffer_id")


def _shaped(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
