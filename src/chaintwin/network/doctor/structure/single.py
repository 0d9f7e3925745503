"""Products that come from one place only, ranked by the demand that hangs on them."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import joined, mark
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.graph import ActivityKind
from chaintwin.network.lowering.stocking.loads import dependent_value

MAJOR_SHARE = 0.1
"""A single source is a warning from this share of the value of all demand on."""


def check_single(structure: Structure) -> list[Finding]:
    """Report products that only one site makes or buys, with the value of demand a period that depends on each."""
    lowered = structure.lowered
    streams = lowered.streams.with_columns(value=pl.col("mean") * pl.col("price"))
    total = float(streams["value"].sum())
    points = dependent_value(lowered.supply.points, lowered.found, arcs=lowered.arcs, streams=streams)
    origins = lowered.found.activities.filter((pl.col("kind") != ActivityKind.MOVE) & (pl.col("share") > 0))
    origins = origins.select("activity_id", "site_id", "product_id", "share", "partner").join(
        points, on=["site_id", "product_id"]
    )
    origins = origins.with_columns(hanging=pl.col("share") * pl.col("value")).filter(pl.col("hanging") > 0)
    by_product = origins.group_by("product_id").agg(
        pl.len().alias("count"), pl.col("site_id").first(), pl.col("partner").first(), pl.col("hanging").sum()
    )
    alone = by_product.filter(pl.col("count") == 1).with_columns(
        part=pl.col("hanging").clip(upper_bound=total) / max(total, 1e-300)
    )
    alone = alone.sort(-pl.col("part"), "product_id")
    rows = structure.subject.table("products").select("row", "product_id").unique("product_id", keep="first", maintain_order=True)
    alone = alone.with_columns(pl.col("product_id").cast(pl.String)).join(
        rows, on="product_id", how="left", maintain_order="left"
    )
    place = pl.coalesce(joined(pl.col("site_id"), " (") + pl.col("partner") + pl.lit(")"), pl.col("site_id").cast(pl.String))
    percent = (pl.col("part") * 100).round(1)
    found = joined(pl.col("product_id"), " from ", place, " alone; ", percent, " % of the value of all demand hangs on it")
    fix = "add a second source, or a contingency source"
    major = pl.col("part") >= MAJOR_SHARE
    return [
        *mark(
            structure.subject,
            "supply.single",
            rows=alone.filter(major),
            table="products",
            column="product_id",
            found=found,
            fix=fix,
        ),
        *mark(
            structure.subject,
            "supply.single_minor",
            rows=alone.filter(~major),
            table="products",
            column="product_id",
            found=found,
            fix=fix,
            most=3,
        ),
    ]
