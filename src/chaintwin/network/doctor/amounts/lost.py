"""Demand that is left out, because it, its site or its product is not in force on the first day."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import joined, mark
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.doctor.tables.dates import last_day
from chaintwin.network.lowering.demand import series_values
from chaintwin.network.lowering.moments import law_moments
from chaintwin.network.tables.cells.keys import names_by_rule


def check_lost(structure: Structure) -> list[Finding]:
    """Report streams of demand that are not simulated though some day of the horizon asks for them, with their mean."""
    subject, lowered = structure.subject, structure.lowered
    demand = names_by_rule("demand", subject.table("demand"))
    start, last = pl.lit(subject.settings.start), pl.lit(last_day(subject))
    wanted = (pl.col("valid_from").is_null() | (pl.col("valid_from") <= last)) & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= start)
    )
    # A later row of a stream whose earlier row is used changes its amount; the stream itself is not lost.
    used = lowered.rows["demand"]["stream_id"].unique().implode()
    lost = demand.filter(wanted & ~pl.col("stream_id").is_in(used))
    if lost.height == 0:
        return []
    lost = _with_means(structure, lost).filter(pl.col("mean") > 0)
    total = float(lost["mean"].sum()) + float(lowered.streams["mean"].sum())
    sites, products = (
        lowered.rows[table][key].cast(pl.String) for table, key in (("sites", "site_id"), ("products", "product_id"))
    )
    why = (
        pl.when(~pl.col("site_id").is_in(sites.implode()))
        .then(joined("site ", pl.col("site_id"), " is not in force on the first day"))
        .when(~pl.col("product_id").is_in(products.implode()))
        .then(joined("product ", pl.col("product_id"), " is not in force on the first day"))
        .otherwise(joined("it begins on ", pl.col("valid_from")))
    )
    mean = pl.col("mean").round_sig_figs(4)
    found = joined(pl.col("stream_id"), " with a mean of ", mean, f" of all {total:.4g} units a period, left out because ", why)
    fix = "correct the dates, or set start in chaintwin.toml to a day on which all of it is in force"
    return mark(subject, "demand.not_in_force", rows=lost, table="demand", column="stream_id", found=found, fix=fix)


def _with_means(structure: Structure, lost: pl.DataFrame) -> pl.DataFrame:
    network = structure.subject.network
    names = lost["series"].drop_nulls().unique().implode()
    series = series_values(network["series"].filter(pl.col("series_id").is_in(names)), blank=0.0)
    lost = lost.join(
        series.select("series_id", "series_mean"), left_on="series", right_on="series_id", how="left", maintain_order="left"
    )
    moments = law_moments(lost["quantity"], folder=network.folder)
    lost = lost.join(moments, left_on="quantity", right_on="text", how="left", maintain_order="left")
    return lost.with_columns(mean=pl.coalesce("series_mean", "law_mean", pl.lit(0.0))).sort(
        "mean", "row", descending=[True, False]
    )
