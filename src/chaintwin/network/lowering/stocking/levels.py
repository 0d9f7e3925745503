"""Ordering rules of stock points: what rows say, and levels proposed where they say nothing.

The reasons are in docs/decisions/0005-defaults-and-policies.md.
"""

from __future__ import annotations

import polars as pl

from chaintwin.network.graph import Allocation, Issue, Policy
from chaintwin.network.lowering.demand import series_values
from chaintwin.network.lowering.moments import law_moments
from chaintwin.network.lowering.rows import Rows
from chaintwin.network.lowering.sourcing.activities import ActivityRows
from chaintwin.network.lowering.sourcing.supply import PAIR
from chaintwin.network.lowering.stocking.loads import Loads
from chaintwin.network.lowering.stocking.proposing_levels import proposed_levels
from chaintwin.network.network import Network, Quantities

POLICIES = {
    "none": Policy.NONE,
    "base_stock": Policy.BASE_STOCK,
    "s_S": Policy.S_S,
    "min_max": Policy.S_S,
    "R_nQ": Policy.R_NQ,
    "kanban": Policy.KANBAN,
    "constant": Policy.CONSTANT,
    "smoothed": Policy.SMOOTHED,
    "sterman": Policy.STERMAN,
    "echelon": Policy.ECHELON,
    "dual_index": Policy.DUAL_INDEX,
    "base_surge": Policy.BASE_SURGE,
    "drp": Policy.DRP,
}
ISSUES = {"fifo": Issue.FIFO, "lifo": Issue.LIFO, "fefo": Issue.FIFO}
"""All units of a stock point keep equally long from their receipt, so the first to expire is the oldest."""

ALLOCATIONS = {"proportional": Allocation.PROPORTIONAL, "fifo": Allocation.BY_AGE, "fair_share": Allocation.FAIR_SHARE}
TWO_LEVELS = ("s_S", "min_max")
FORECASTING = ("smoothed", "sterman")
PERIODS_PER_ORDER = 4.0
"""Periods of mean demand in one order of an (s,S) or (R,nQ) rule that gives no size."""

BASE_SHARE = 0.75
"""Part of the mean demand that regular sources of a base-surge rule get where no quantity is given (Allon & Van Mieghem 2010)."""

DEFAULT_POINT: dict[str, pl.Expr] = {
    "policy": pl.lit("base_stock"),
    "review_period": pl.lit(1, dtype=pl.Int64),
    "review_phase": pl.lit(0, dtype=pl.Int64),
    "minimum_order": pl.lit(0.0),
    "batch": pl.lit(0.0),
    "gain_rate": pl.lit(1.0),
    "supply_line_rate": pl.lit(1.0),
    "forecast_rate": pl.lit(0.0),
    "forecast_window": pl.lit(0, dtype=pl.Int64),
    "forecast_basis": pl.lit("claims"),
    "service_target": pl.lit(0.95),
    "issue_rule": pl.lit("fifo"),
    "allocation": pl.lit("proportional"),
    "disposal_cost": pl.lit(0.0),
}
"""What an implied stock point has; the same values the catalog gives blank cells."""


def to_levels(loads: Loads, found: ActivityRows, *, rows: Rows, network: Network) -> pl.DataFrame:
    """Return the stock points with the columns of the graph's buffers except ``on_hand``, and what initial stock needs.

    Parameters
    ----------
    loads : mean and variance of demand on each point.
    found : activities.
    rows : tables in force.
    network : for settings and folder.

    Returns
    -------
    ``site_id``, ``product_id``, ``mean``, ``policy``, ``low``, ``high``, ``review_period``, ``review_phase``, ``holding_cost``,
    ``initial_stock`` (null if not given), ``position`` (mean position the rule holds).
    """
    listed = rows["stock_points"].unique(subset=PAIR, keep="first", maintain_order=True).drop("valid_from", "valid_to")
    frame = loads.points.join(listed, on=PAIR, how="left", maintain_order="left")
    frame = frame.with_columns(pl.col(name).fill_null(value) for name, value in DEFAULT_POINT.items())
    frame = frame.join(exposures(found, network=network), on=PAIR, how="left", maintain_order="left")
    frame = _with_expedited(frame, found, network=network)
    product = rows["products"].select("product_id", "value", product_life="shelf_life")
    frame = frame.join(product, on="product_id", how="left", maintain_order="left")
    frame = frame.join(rows["sites"].select("site_id", "holding_cost_rate"), on="site_id", how="left", maintain_order="left")
    levels = series_values(rows["series"], blank=0.0).select(level_series="series_id", levels="replayed")
    frame = frame.join(levels, on="level_series", how="left", maintain_order="left")
    return _with_policy(_proposed(frame, network), network)


def exposures(found: ActivityRows, *, network: Network) -> pl.DataFrame:
    """Return ``site_id``, ``product_id``, ``lead_mean`` and ``lead_variance`` (periods, information delay included) over the
    sources that are asked first.

    An order is split over sources by share, so the lead time of a unit is a mixture of theirs.
    """
    return _mixed_leads(found.activities, network)


def _mixed_leads(activities: pl.DataFrame, network: Network) -> pl.DataFrame:
    lead = activities.select(*PAIR, "activity_id", "lead", "share", "information_delay")
    moments = law_moments(lead["lead"], folder=network.folder)
    lead = lead.join(moments, left_on="lead", right_on="text", how="left", maintain_order="left")
    mean = pl.col("law_mean") + pl.col("information_delay")
    weighted = lead.with_columns(first=pl.col("share") * mean, second=pl.col("share") * (pl.col("law_variance") + mean**2))
    pooled = weighted.group_by(PAIR, maintain_order=True).agg(pl.col("first").sum(), pl.col("second").sum())
    spread = (pl.col("second") - pl.col("first") ** 2).clip(lower_bound=0.0)
    return pooled.select(*PAIR, lead_mean="first", lead_variance=spread)


def _with_expedited(frame: pl.DataFrame, found: ActivityRows, *, network: Network) -> pl.DataFrame:
    """Return the points with the lead times of their expedited sources, null where there is none."""
    behind = found.activities.filter((pl.col("tier") > 0) & (pl.col("rule") != "substitute"))
    # All of them count as one source: those of a rank share evenly over the ranks.
    shares = pl.col("order_share") / pl.col("order_share").sum().over(PAIR)
    leads = _mixed_leads(behind.with_columns(shares.alias("share")), network)
    leads = leads.select(*PAIR, fast_mean="lead_mean", fast_variance="lead_variance")
    return frame.join(leads, on=PAIR, how="left", maintain_order="left")


def _proposed(frame: pl.DataFrame, network: Network) -> pl.DataFrame:
    columns = ("mean", "variance", "review_period", "service_target")
    mean, variance, review, target = (frame[name].fill_null(0.0).cast(pl.Float64).to_numpy() for name in columns)
    whole = network.settings.quantities is Quantities.INTEGER
    for name, speed in (("level", "lead"), ("fast_level", "fast")):
        lead_mean, lead_variance = (frame[f"{speed}_{moment}"].fill_null(0.0).to_numpy() for moment in ("mean", "variance"))
        levels = proposed_levels(mean, variance, lead_mean=lead_mean, lead_variance=lead_variance, review=review, target=target)
        frame = frame.with_columns(_rounded(pl.lit(pl.Series(name, levels)), whole=whole).alias(name))
    # A lot must be positive even where nothing is asked for.
    lot = _rounded(PERIODS_PER_ORDER * pl.col("mean"), whole=whole)
    return frame.with_columns(pl.when(lot > 0).then(lot).otherwise(1.0).alias("lot"))


def _with_policy(frame: pl.DataFrame, network: Network) -> pl.DataFrame:
    rule = pl.col("policy")
    low, high, middle = _parameters(rule, whole=network.settings.quantities is Quantities.INTEGER)
    per_period = pl.col("holding_cost_rate") * pl.col("value") / network.settings.period.per_year
    return frame.select(
        *PAIR,
        "mean",
        rule.replace_strict(POLICIES, return_dtype=pl.Int8).alias("policy"),
        low.alias("low"),
        high.alias("high"),
        "review_period",
        "review_phase",
        "minimum_order",
        "batch",
        pl.col("gain_rate").alias("gain"),
        pl.col("supply_line_rate").alias("supply_gain"),
        pl.col("forecast_rate").alias("smoothing"),
        pl.col("mean").alias("forecast"),
        pl.col("forecast_window").alias("window"),
        (pl.col("forecast_basis") == "customers").alias("sees_customers"),
        pl.when(rule == "base_stock").then(pl.col("levels")).alias("level_series"),
        pl.coalesce("holding_cost", per_period).alias("holding_cost"),
        pl.coalesce("shelf_life", "product_life").fill_null(0).alias("life"),
        pl.col("issue_rule").replace_strict(ISSUES, return_dtype=pl.Int8).alias("issue"),
        pl.col("disposal_cost").alias("expiry_cost"),
        pl.col("allocation").replace_strict(ALLOCATIONS, return_dtype=pl.Int8).alias("allocation"),
        "initial_stock",
        middle.alias("position"),
    )


def _parameters(rule: pl.Expr, *, whole: bool) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Return both parameters of the rule of each point, and the mean position it holds."""
    # A rule that adds a forecast to the gap reaches the level with a target that is a period's mean lower.
    forecast = pl.when(rule.is_in(FORECASTING)).then(pl.col("mean")).otherwise(0.0)
    level = pl.coalesce("base_stock", _rounded(pl.col("level") - forecast, whole=whole))
    # A given upper level below the proposed reorder point wins: s may never pass S.
    lower = pl.when(rule.is_in(TWO_LEVELS)).then(pl.min_horizontal("level", "order_up_to")).otherwise(pl.col("level"))
    point = pl.coalesce("reorder_point", lower)
    upper = pl.coalesce("order_up_to", point + pl.col("lot"))
    lot = pl.coalesce("order_quantity", "lot")
    part = pl.when(rule == "base_surge").then(BASE_SHARE).otherwise(1.0)
    steady = pl.coalesce("order_quantity", _rounded(part * pl.col("mean") * pl.col("review_period"), whole=whole))
    fast = pl.coalesce("expedite_level", "fast_level")
    exposure = (pl.col("lead_mean").fill_null(0.0) + pl.col("review_period") - 1).clip(lower_bound=1.0)
    cover = pl.coalesce("cover_periods", exposure)
    safety = pl.coalesce("safety_stock", _rounded(pl.col("level") - cover * pl.col("mean"), whole=whole))
    low = (
        pl.when(rule.is_in([*TWO_LEVELS, "R_nQ"]))
        .then(point)
        .when(rule == "constant")
        .then(steady)
        .when(rule == "base_surge")
        .then(fast)
        .when(rule == "drp")
        .then(safety)
        .when(rule == "none")
        .then(0.0)
        .otherwise(level)
    )
    high = (
        pl.when(rule.is_in(TWO_LEVELS))
        .then(upper)
        .when(rule.is_in(["R_nQ", "kanban"]))
        .then(lot)
        .when(rule == "dual_index")
        .then(fast)
        .when(rule == "base_surge")
        .then(steady)
        .when(rule == "drp")
        .then(cover)
        .otherwise(0.0)
    )
    middle = (
        pl.when(rule.is_in(TWO_LEVELS))
        .then((point + upper) / 2)
        .when(rule == "R_nQ")
        .then(point + lot / 2)
        .when(rule.is_in(["constant", "echelon", "base_surge", "drp"]))
        .then(pl.col("level"))
        .otherwise(low + forecast)
    )
    return low, high, middle


def _rounded(value: pl.Expr, *, whole: bool) -> pl.Expr:
    # The slack keeps a level that is whole but for rounding from gaining a unit.
    return (value - 1e-9).ceil().clip(lower_bound=0.0) + 0.0 if whole else value
