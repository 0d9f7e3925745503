"""Products without a value, where that value stands in for money that is not given."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import listed, number, remark
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.graph import ActivityKind
from chaintwin.network.lowering.sourcing.supply import PAIR
from chaintwin.network.proposing import BLANK_VALUE

DEFAULT_RATE = 0.2
"""Holding cost rate of a site that gives none, as the catalog has it."""


USES = ("purchase costs", "holding costs", "prices", "customs values")
"""What a value stands in for, in the order it is told."""


def check_values(structure: Structure) -> list[Finding]:
    """Report products of value blank or 0 where purchase, holding, duty or price is taken from it."""
    uses = _uses(structure)
    products = structure.subject.table("products").unique("product_id", keep="first", maintain_order=True)
    products = products.join(uses, on="product_id", how="inner", maintain_order="left").sort("row")
    blank, zero = products.filter(pl.col("value").is_null()), products.filter(pl.col("value") == 0)
    currency = structure.subject.settings.currency
    fix = "write the value, or else the amounts themselves: cost in sources, holding_cost in stock_points, price in demand"
    return [
        *_told(
            structure,
            "value.missing",
            blank,
            said=f"nothing for {{}}; {number(BLANK_VALUE)} {currency} a unit stands in",
            fix=fix,
        ),
        *_told(
            structure,
            "value.zero",
            zero,
            said="0 for {}; it stands in",
            fix=f"{fix}; an amount that is 0 is written as 0 there",
        ),
    ]


def _told(structure: Structure, code: str, rows: pl.DataFrame, *, said: str, fix: str) -> list[Finding]:
    if rows.height == 0:
        return []
    names = listed(rows["product_id"].to_list())
    known = set(rows["use"].explode().to_list())
    found = f"{said.replace('{}', names)} for {', '.join(use for use in USES if use in known)}"
    file = structure.subject.file("products")
    return [remark(code, found=found, fix=fix, file=file, row=int(rows["row"][0]), column="value")]


def _uses(structure: Structure) -> pl.DataFrame:
    """Return ``product_id`` and ``use``, the list of what the value of each product stands in for."""
    lowered = structure.lowered
    activities = lowered.found.activities.join(lowered.loads.activities.filter(pl.col("activity_mean") > 0), on="activity_id")
    bought = activities.filter((pl.col("kind") == ActivityKind.BUY) & pl.col("price").is_null() & pl.col("cost").is_null())
    points = lowered.loads.points.filter(pl.col("mean") > 0)
    given = lowered.rows["stock_points"].select(*PAIR, "holding_cost")
    rates = lowered.rows["sites"].select("site_id", "holding_cost_rate")
    held = points.join(given, on=PAIR, how="left").join(rates, on="site_id", how="left")
    held = held.filter(pl.col("holding_cost").is_null() & (pl.col("holding_cost_rate").fill_null(DEFAULT_RATE) > 0))
    parts = (
        bought,
        held,
        lowered.streams.filter(~pl.col("is_priced") & (pl.col("mean") > 0)),
        activities.filter(pl.col("duty_rate") > 0),
    )
    frames = [
        frame.select(pl.col("product_id").cast(pl.String).unique(), use=pl.lit(use))
        for frame, use in zip(parts, USES, strict=True)
    ]
    return pl.concat(frames).group_by("product_id", maintain_order=True).agg("use")
