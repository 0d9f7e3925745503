"""Levels proposed for stock points that are far above what is asked of them."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import number, remark
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.graph import Policy
from chaintwin.network.ids import joined_id
from chaintwin.network.lowering.sourcing.supply import PAIR
from chaintwin.network.lowering.stocking.levels import exposures

MANY = 10.0
"""A level this many times the mean demand of its exposure is seen with demand in few large orders only."""

MOST_SHARE = 0.5
"""From this share of the stock points with a proposed level on, stock of years makes every cost of the project implausible."""

FIX = "write levels of your own in stock_points (base_stock, reorder_point, order_up_to), or a lower service_target"


def check_stocks(structure: Structure) -> list[Finding]:
    """Report proposed levels that hold more than a year of demand, or many times what is asked for in a lead time."""
    points = _proposed(structure)
    years = points.filter(pl.col("beyond") > 1)
    if years.height and years.height > MOST_SHARE * points.height:
        middle = years.select(pl.col("beyond").median()).item()
        held = f"more than a year of demand beyond the lead time, {middle:.1f} years in the middle"
        found = f"{years.height:,} of {points.height:,} proposed levels of {held}; {_why(years)}"
        return [remark("stock.years", found=found, fix=FIX, file=_file(structure))]
    lumpy = points.filter((pl.col("beyond") > 1) | (pl.col("times") > MANY))
    if not lumpy.height:
        return []
    found = f"{lumpy.height:,} of {points.height:,} proposed levels of more than {number(MANY)} times the demand of the lead time"
    return [remark("stock.lumpy", found=f"{found}; {_why(lumpy)}", fix=FIX, file=_file(structure))]


def _why(points: pl.DataFrame) -> str:
    """Return the reason, with the stock point of the highest level against its demand as an example."""
    row = points.sort(["times", "name"], descending=[True, False]).row(0, named=True)
    target = f"{number(100 * row['service_target'])} %"
    example = f"{row['name']} holds {number(row['level'])} for {number(row['mean'])} a period"
    return f"demand comes in few large orders and {target} of it are to be served at once, such as {example}"


def _file(structure: Structure) -> str:
    return structure.subject.file("stock_points")


def _proposed(structure: Structure) -> pl.DataFrame:
    """Return the stock points whose level is proposed.

    Columns ``name``, ``mean``, ``level``, ``service_target``, ``times`` (the level over the mean demand of the exposure) and
    ``beyond`` (years of mean demand above that).
    """
    lowered, settings = structure.lowered, structure.subject.settings
    buffers = lowered.graph.buffers.select("buffer_id", "policy", "low", "review_period")
    given = lowered.rows["stock_points"].select(*PAIR, "base_stock", "reorder_point", "order_up_to", "service_target")
    frame = lowered.loads.points.select(*PAIR, "mean", buffer_id=joined_id("site_id", "product_id"))
    frame = frame.join(buffers, on="buffer_id").join(given, on=PAIR, how="left")
    frame = frame.join(exposures(lowered.found, network=structure.subject.network), on=PAIR, how="left")
    is_base = pl.col("policy") == Policy.BASE_STOCK
    is_given = pl.when(is_base).then(pl.col("base_stock").is_not_null()).otherwise(pl.col("reorder_point").is_not_null())
    frame = frame.filter((pl.col("policy") != Policy.NONE) & ~is_given & (pl.col("mean") > 0))
    asked = pl.col("mean") * (pl.col("lead_mean").fill_null(0.0) + pl.col("review_period") - 1).clip(lower_bound=1.0)
    return frame.select(
        "mean",
        name="buffer_id",
        level="low",
        service_target=pl.col("service_target").fill_null(0.95),
        times=pl.col("low") / asked,
        beyond=(pl.col("low") - asked) / pl.col("mean") / settings.period.per_year,
    ).sort("name")
