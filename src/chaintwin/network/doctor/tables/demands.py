"""Streams of demand, replayed series and seasons."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import Subject, joined, mark, remark
from chaintwin.network.lowering.demand import series_values
from chaintwin.network.lowering.sizes import LIST_VALUES_MAX, list_lengths
from chaintwin.network.tables.cells.keys import names_by_rule

SEASON_TOLERANCE = 0.02
"""Twelve factors rounded to two digits can average this far from one."""


def check_demands(subject: Subject) -> list[Finding]:
    """Report streams without quantity, and series that do not fit what they are used for."""
    demand = names_by_rule("demand", subject.table("demand"))
    if demand.height == 0 and not _is_unreadable(subject):
        fix = "add a row for each site and product that customers ask for"
        return [remark("demand.none", found="no rows", fix=fix, file=subject.file("demand"))]
    quantity, series = pl.col("quantity").is_not_null(), pl.col("series").is_not_null()
    findings = mark(
        subject,
        "demand.nothing",
        rows=demand.filter(~quantity & ~series),
        table="demand",
        column="quantity",
        found=joined("neither for ", pl.col("stream_id")),
        fix="write a number, a law such as poisson(8), or a series",
    )
    findings += mark(
        subject,
        "demand.both",
        rows=demand.filter(quantity & series),
        table="demand",
        column="quantity",
        found=joined(pl.col("quantity"), " and series ", pl.col("series")),
        fix="leave one blank",
    )
    return findings + _series(subject, demand)


def _is_unreadable(subject: Subject) -> bool:
    """Tell whether the table is missing, or has no rows because of an error that is already told."""
    files = subject.refused.files
    return bool(files) and ("demand" not in subject.places or subject.file("demand") in files)


def _series(subject: Subject, demand: pl.DataFrame) -> list[Finding]:
    rows = subject.table("series")
    lengths = list_lengths(subject.network).filter(pl.col("table") == "series")
    # Series over the limit are reported by their length; to make them first would be what the limit is there to avoid.
    if rows.height == 0 or lengths["values"].sum() > LIST_VALUES_MAX:
        return []
    replayed = demand["series"].drop_nulls().unique().implode()
    seasons = demand["season"].drop_nulls().unique().implode()
    known = series_values(rows.drop("row"), blank=0.0)
    first = rows.group_by("series_id").agg(pl.col("row").first())
    lowest = rows.group_by("series_id").agg(pl.col("value").min().alias("lowest"))
    known = known.join(first, on="series_id", how="left", maintain_order="left").join(
        lowest, on="series_id", how="left", maintain_order="left"
    )
    length, horizon = pl.col("replayed").list.len(), subject.settings.horizon
    is_replayed, is_season = pl.col("series_id").is_in(replayed), pl.col("series_id").is_in(seasons)
    is_price = pl.col("series_id").is_in(demand["price_series"].drop_nulls().unique().implode())
    is_level = pl.col("series_id").is_in(subject.table("stock_points")["level_series"].drop_nulls().unique().implode())
    is_used = is_replayed | is_season | is_level
    findings = mark(
        subject,
        "series.short",
        rows=known.filter(is_replayed & (length < horizon)),
        table="series",
        column="period",
        found=joined(pl.col("series_id"), " with ", length, f" of {horizon} periods"),
        fix="add the rest, or shorten the horizon",
    )
    sampled = demand.join(known.select("series_id", values=length), left_on="series", right_on="series_id", how="inner")
    findings += mark(
        subject,
        "series.samples",
        rows=sampled.filter(pl.col("values") % pl.col("series_samples") != 0),
        table="demand",
        column="series_samples",
        found=joined(pl.col("series_samples"), " samples in ", pl.col("values"), " values of ", pl.col("series")),
        fix="write a number that divides the length, or fill up the series",
    )
    findings += mark(
        subject,
        "series.gaps",
        rows=known.filter(is_used & (pl.col("gaps") > 0)),
        table="series",
        column="period",
        found=joined(pl.col("series_id"), " without ", pl.col("gaps"), " of its periods"),
        fix="add a row for each period",
    )
    for code, used, fix in (
        ("price.negative", is_price, "write prices of 0 or more"),
        ("series.negative", is_used, "write returns as a lane of their own"),
    ):
        below = known.filter(used & (pl.col("lowest") < 0))
        found = joined(pl.col("series_id"), " down to ", pl.col("lowest"))
        findings += mark(subject, code, rows=below, table="series", column="value", found=found, fix=fix)
    factors = series_values(rows.drop("row"), blank=1.0).select("series_id", average="series_mean")
    averages = known.join(factors, on="series_id", how="left", maintain_order="left")
    return findings + mark(
        subject,
        "season.mean",
        rows=averages.filter(is_season & ((pl.col("average") - 1).abs() > SEASON_TOLERANCE)),
        table="series",
        column="value",
        found=joined(pl.col("series_id"), " averages ", pl.col("average").round_sig_figs(4)),
        fix=joined("divide each value by ", pl.col("average").round_sig_figs(6)),
    )
