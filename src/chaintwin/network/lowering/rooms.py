"""Storage limits: which sites have one, and what a unit of stock takes of it."""

from __future__ import annotations

import polars as pl

from chaintwin.network.graph import ROOM_SCHEMA
from chaintwin.network.lowering.rows import Rows


def to_rooms(rows: Rows, points: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rooms of the graph, and the stock points with ``volume`` (m3 a unit, 0 where the site has no limit).

    A site has a room if it has a storage capacity and stock that takes some of it.

    Parameters
    ----------
    rows : tables in force.
    points : ``site_id``, ``product_id``.
    """
    limited = rows["sites"].filter(pl.col("storage_capacity").is_not_null()).select("site_id", capacity="storage_capacity")
    volume = rows["products"].select("product_id", volume=pl.col("volume_m3").fill_null(0.0))
    points = points.join(volume, on="product_id", how="left", maintain_order="left")
    inside = pl.col("site_id").is_in(limited["site_id"].implode())
    points = points.with_columns(volume=pl.when(inside).then(pl.col("volume").fill_null(0.0)).otherwise(0.0))
    filled = points.filter(pl.col("volume") > 0).select("site_id").unique()
    rooms = limited.join(filled, on="site_id", how="semi").sort("site_id")
    return rooms.select(pl.col(name).cast(dtype) for name, dtype in ROOM_SCHEMA.items()), points
