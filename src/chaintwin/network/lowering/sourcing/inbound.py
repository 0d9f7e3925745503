"""Lanes that may fill a stock point without being asked to: all but those that lead back in a loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import rustworkx as rx
from numpy.typing import NDArray

from chaintwin.network.lowering.rows import Rows
from chaintwin.network.paths.ordering import levels_of

ORIGIN_KINDS = ("supplier", "plant")


@dataclass(frozen=True, slots=True)
class InboundLanes:
    """Lanes by receiving site.

    Parameters
    ----------
    single : ``site_id`` (receiver), ``product_id``, ``lane_id``, ``from_site``: lanes of one product.
    open : ``site_id``, ``lane_id``, ``from_site``: lanes of every product, without those that lead back.
    """

    single: pl.DataFrame
    open: pl.DataFrame

    @staticmethod
    def of(rows: Rows) -> InboundLanes:
        """Return the inbound lanes of the tables in force."""
        lanes = rows["lanes"].filter(pl.col("from_site") != pl.col("to_site"))
        single = lanes.filter(pl.col("product_id").is_not_null())
        every = lanes.filter(pl.col("product_id").is_null())
        every = every.filter(~_leads_back(every, rows["sites"]))
        return InboundLanes(
            single.select("product_id", "lane_id", "from_site", site_id="to_site"),
            every.select("lane_id", "from_site", site_id="to_site"),
        )

    def into(self, points: pl.DataFrame) -> pl.DataFrame:
        """Return ``site_id``, ``product_id``, ``lane_id``, ``from_site`` of every lane that can carry the product into each
        point.
        """
        pair = points.select("site_id", "product_id")
        columns = ["site_id", "product_id", "lane_id", "from_site"]
        return pl.concat(
            [
                pair.join(self.single, on=["site_id", "product_id"]).select(columns),
                pair.join(self.open, on="site_id").select(columns),
            ]
        )


def _leads_back(lanes: pl.DataFrame, sites: pl.DataFrame) -> pl.Series:
    """Tell which lanes lie on a loop and do not lead away from where goods come from.

    Two warehouses joined in both directions, or a way back for returns, would otherwise order from each other for ever. Lanes
    off any
    loop are never touched. Sites that no supplier, plant or site without inbound lane leads to keep their lanes; the doctor names
    that loop.
    """
    order = sites.sort("site_id").with_row_index("number")
    count = order.height
    number = order.select("site_id", "number")
    ends = lanes.select("from_site", "to_site").with_row_index("row")
    ends = ends.join(number, left_on="from_site", right_on="site_id", how="left", maintain_order="left")
    ends = ends.join(number, left_on="to_site", right_on="site_id", how="left", suffix="_to", maintain_order="left")
    tail, head = ends["number"].to_numpy().astype(np.int64), ends["number_to"].to_numpy().astype(np.int64)
    looped = _on_loops(tail, head, count=count)
    if not looped.any():
        return pl.Series(looped)
    origin = order["kind"].is_in(ORIGIN_KINDS).to_numpy() | (np.bincount(head, minlength=count) == 0)
    depth = _depths(tail, head, origin=origin)
    known = (depth[tail] >= 0) & (depth[head] >= 0)
    back = (depth[tail] >= depth[head]) & ~((depth[tail] == 0) & (depth[head] == 0))
    return pl.Series(looped & known & back)


def _on_loops(tail: NDArray[np.int64], head: NDArray[np.int64], *, count: int) -> NDArray[np.bool_]:
    """Tell which lanes lie on a loop."""
    level = levels_of(tail, head, base=np.zeros(count, dtype=np.int64))
    stuck = (level[tail] < 0) & (level[head] < 0)
    if not stuck.any():
        return stuck
    graph: rx.PyDiGraph[int, None] = rx.PyDiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from_no_data(list(zip(tail[stuck].tolist(), head[stuck].tolist(), strict=True)))
    component = np.zeros(count, dtype=np.int64)
    for index, members in enumerate(rx.strongly_connected_components(graph)):
        component[members] = index
    return np.asarray(stuck & (component[tail] == component[head]))


def _depths(tail: NDArray[np.int64], head: NDArray[np.int64], *, origin: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many lanes each node is away from the nearest origin, -1 where none leads to it."""
    depth = np.where(origin, 0, -1).astype(np.int64)
    step = 0
    while True:
        reached = head[(depth[tail] == step) & (depth[head] < 0)]
        if reached.size == 0:
            return depth
        step += 1
        depth[reached] = step
