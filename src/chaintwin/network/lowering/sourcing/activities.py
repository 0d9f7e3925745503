"""Sources as activities: ids, shares, lead times and costs, with what goes in and what comes out."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from chaintwin.network.graph import ActivityKind, LeadMode
from chaintwin.network.ids import joined_id
from chaintwin.network.lowering.rows import Rows
from chaintwin.network.lowering.sourcing.prices import purchase_prices
from chaintwin.network.lowering.sourcing.supply import PAIR, Supply
from chaintwin.network.network import Settings

LEAD_MODES = {mode.name.lower(): int(mode) for mode in LeadMode}
KINDS = {"move": int(ActivityKind.MOVE), "make": int(ActivityKind.MAKE), "buy": int(ActivityKind.BUY)}


@dataclass(frozen=True, slots=True)
class ActivityRows:
    """Activities with the columns of the graph and those that later steps need.

    Parameters
    ----------
    activities : sorted by id; besides the columns of the graph ``activity`` (number), ``site_id`` and ``product_id`` of the main
        output, ``kind_name``, ``lane_id``, ``capacity`` (of the source) and more of what the source says.
    inputs, outputs : ``activity``, ``activity_id``, ``site_id``, ``product_id``, ``quantity``; outputs also ``is_main``.
    """

    activities: pl.DataFrame
    inputs: pl.DataFrame
    outputs: pl.DataFrame


def to_activities(supply: Supply, rows: Rows, *, settings: Settings, reach: int) -> ActivityRows:
    """Return the activities of every source.

    Parameters
    ----------
    supply : stock points and sources.
    rows : tables in force, with what lanes lacked proposed.
    settings : of the project.
    reach : periods for which prices are followed.
    """
    sources = _with_costs(_with_lanes(_named(supply), rows), rows, settings=settings, reach=reach)
    points = rows["stock_points"].unique(subset=PAIR, keep="first", maintain_order=True).select(*PAIR, "sourcing")
    sources = _scaled(_ranked(sources.join(points, on=PAIR, how="left"))).sort("activity_id").with_row_index("activity")
    return ActivityRows(sources, *_arcs(sources, supply))


def _ranked(sources: pl.DataFrame) -> pl.DataFrame:
    """Return the sources with their ``tier``: by priority, or by what a good unit costs; contingencies and substitutes last."""
    cost = (pl.col("variable_cost") + pl.col("duty_cost")) / pl.col("yield_rate")
    place = pl.when(pl.col("sourcing") == "cheapest").then(cost.round_sig_figs(12)).otherwise(pl.col("priority").cast(pl.Float64))
    sources = sources.with_columns(place.alias("place"))
    ranked = pl.col("place").rank("dense").over(PAIR).cast(pl.Int64)
    behind = pl.when(pl.col("rule") == "share").then(0).otherwise(pl.len().over(PAIR).cast(pl.Int64))
    sources = sources.with_columns((ranked + behind).alias("place"))
    return sources.with_columns((pl.col("place").rank("dense").over(PAIR).cast(pl.Int64) - 1).alias("tier")).drop("place")


def _scaled(sources: pl.DataFrame) -> pl.DataFrame:
    """Return the sources with shares that sum to one in each tier of a stock point.

    ``order_share`` is the share of what the tier gets; ``share`` that of an ordinary day, on which the first tier gets all. Where
    every share of a tier is 0 its sources share evenly, so that the point can be filled at all.
    """
    tier = [*PAIR, "tier"]
    sources = sources.with_columns(pl.col("share").sum().over(tier).alias("total"), pl.len().over(tier).alias("several"))
    share = pl.when(pl.col("total") > 0).then(pl.col("share") / pl.col("total")).otherwise(1.0 / pl.col("several"))
    usual = pl.when(pl.col("tier") == 0).then(share).otherwise(0.0)
    return sources.with_columns(share.alias("order_share"), usual.alias("share")).drop("total", "several")


def _named(supply: Supply) -> pl.DataFrame:
    headers = supply.bills.headers.select("bill", "bom_id")
    sources = supply.sources.join(headers, on="bill", how="left")
    site, product = pl.col("site_id").cast(pl.String), pl.col("product_id").cast(pl.String)
    other_bill = pl.when(pl.col("bom_id") != product).then(pl.col("bom_id"))
    move = joined_id("lane_id", product)
    make = joined_id(pl.lit("make"), site, product, other_bill)
    buy = joined_id(pl.lit("buy"), site, product, "partner")
    kind = pl.col("kind")
    sources = sources.with_columns(
        pl.when(kind == "move").then(move).when(kind == "make").then(make).otherwise(buy).alias("activity_id")
    )
    if sources["activity_id"].is_duplicated().any():
        # Two rows for one source: the doctor says so; the choice here must not depend on the order of rows.
        columns = [name for name in sources.columns if name not in PAIR]
        sources = sources.sort(*columns, descending=[name == "share" for name in columns]).unique(
            "activity_id", keep="first", maintain_order=True
        )
    return sources


def _with_lanes(sources: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    lanes = rows["lanes"].select(
        "lane_id",
        "from_site",
        "information_delay",
        "variable_cost",
        "freight",
        "duty_rate",
        pl.col("lead_time").fill_null("1").alias("lane_lead"),
        pl.col("lead_mode").alias("lane_lead_mode"),
        pl.col("fixed_cost").alias("lane_fixed"),
        pl.col("priority").alias("lane_priority"),
    )
    joined = sources.join(lanes, on="lane_id", how="left")
    return joined.with_columns(
        pl.coalesce("lane_lead", "lead_time").alias("lead"),
        pl.coalesce("lane_lead_mode", "lead_mode").replace_strict(LEAD_MODES, return_dtype=pl.Int8).alias("lead_mode"),
        pl.col("information_delay").fill_null(0),
        pl.col("fixed_cost") + pl.col("lane_fixed").fill_null(0.0),
        pl.col("duty_rate").fill_null(0.0),
    )


def _with_costs(sources: pl.DataFrame, rows: Rows, *, settings: Settings, reach: int) -> pl.DataFrame:
    value = rows["products"].select("product_id", "value", "weight_kg")
    freight = pl.col("freight") * pl.col("weight_kg") / 1000
    lane_cost = pl.coalesce("variable_cost", freight, pl.lit(0.0))
    bought = pl.col("kind") == "buy"
    stated = pl.coalesce("cost", "value")
    joined = purchase_prices(
        sources.join(value, on="product_id", how="left").with_columns(stated.alias("stated")),
        rows,
        settings=settings,
        reach=reach,
        bought=bought,
    )
    # A dated price is what the supplier asks today; the cost of the source stands in where there is none.
    own_cost = pl.when(bought).then(pl.coalesce("price", "stated")).otherwise(pl.col("cost").fill_null(0.0))
    return joined.with_columns(
        pl.col("price_series").alias("cost_series"),
        pl.col("kind").alias("kind_name"),
        pl.col("kind").replace_strict(KINDS, return_dtype=pl.Int8).alias("kind"),
        (own_cost + lane_cost).alias("variable_cost"),
        (pl.col("duty_rate") * pl.col("value")).alias("duty_cost"),
        # The rank of a source orders the sources of one buyer; who is served first when a sender is short is said by the lane.
        pl.col("priority").alias("rank"),
    )


def _arcs(sources: pl.DataFrame, supply: Supply) -> tuple[pl.DataFrame, pl.DataFrame]:
    one, key = pl.lit(1.0).alias("quantity"), ["activity", "activity_id"]
    moved = sources.filter(pl.col("kind") == ActivityKind.MOVE).select(*key, one, site_id="from_site", product_id="product_id")
    lines = sources.select(*key, "site_id", "bill").join(supply.bills.lines, on="bill")
    columns = [*key, *PAIR, "quantity"]
    recipe = lines.select(*key, "site_id", "quantity", "role", product_id="other_product_id")
    inputs = pl.concat([moved.select(columns), recipe.filter(pl.col("role") == "input").select(columns)])
    main = sources.select(*key, *PAIR, one, pl.lit(value=True).alias("is_main"))
    beside = recipe.filter(pl.col("role") == "by_product").select(*columns, pl.lit(value=False).alias("is_main"))
    outputs = pl.concat([main.select(*columns, "is_main"), beside.select(*columns, "is_main")])
    return inputs.sort("activity", *PAIR), outputs.sort("activity", *PAIR)
