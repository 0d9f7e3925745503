"""Stock levels written into the tables where these leave them to be proposed."""

from __future__ import annotations

import polars as pl

from chaintwin.network.graph import Policy
from chaintwin.network.lowering import lower_in_full
from chaintwin.network.lowering.sourcing.supply import PAIR
from chaintwin.network.lowering.stocking.levels import DEFAULT_POINT
from chaintwin.network.network import Network
from chaintwin.network.tables.cells.columns import empty_frame, fill_defaults
from chaintwin.network.tables.supply_tables import STOCK_POINTS

ORDERING_TO_LEVEL = (Policy.BASE_STOCK, Policy.KANBAN, Policy.SMOOTHED, Policy.STERMAN, Policy.ECHELON)

LEVEL_COLUMNS = ("base_stock", "reorder_point", "order_up_to", "order_quantity")
"""Columns of ``stock_points`` that are proposed where they are blank."""

RULE_COLUMNS = ("policy", "review_period", "service_target")
"""Columns of ``stock_points`` that say how a level is proposed. Where a scenario changes one, the old level says nothing."""


def levels_of(network: Network) -> pl.DataFrame:
    """Return the level of every stock point: ``site_id``, ``product_id``, RULE_COLUMNS and LEVEL_COLUMNS.

    Levels that a rule has no use for are null. Stock points without a row have the rule of blank cells.

    Parameters
    ----------
    network : tables without errors.
    """
    lowered = lower_in_full(network)
    rule = pl.col("policy")
    points = lowered.supply.points.select(pl.col(PAIR).cast(pl.String))
    found = points.hstack(lowered.graph.buffers.select("policy", "low", "high"))
    two = rule == int(Policy.S_S)
    lot = rule == int(Policy.R_NQ)
    card = rule == int(Policy.KANBAN)
    found = found.select(
        *PAIR,
        pl.when(rule.is_in([int(policy) for policy in ORDERING_TO_LEVEL])).then("low").alias("base_stock"),
        pl.when(two | lot).then("low").alias("reorder_point"),
        pl.when(two).then("high").alias("order_up_to"),
        pl.when(lot | card).then("high").when(rule == int(Policy.CONSTANT)).then("low").alias("order_quantity"),
    )
    # An order of nothing is no quantity that the table may hold; left blank it is proposed again, as nothing.
    found = found.with_columns(pl.when(pl.col("order_quantity") > 0).then("order_quantity"))
    rules = network["stock_points"].select(*PAIR, *RULE_COLUMNS).unique(maintain_order=True)
    found = found.join(rules, on=PAIR, how="left", maintain_order="left")
    return found.with_columns(pl.col(name).fill_null(DEFAULT_POINT[name]) for name in RULE_COLUMNS)


def with_levels(network: Network, levels: pl.DataFrame) -> Network:
    """Return the network with levels in place of blanks in the rows of ``stock_points`` whose rule is the same.

    With its own levels a network compiles to the same program. First stock stays blank: it follows from the
    level and from what is on its way.

    Parameters
    ----------
    network : the tables.
    levels : what ``levels_of`` returned.
    """
    listed = network["stock_points"]
    proposed = {name: f"{name}_proposed" for name in LEVEL_COLUMNS}
    on = [*PAIR, *RULE_COLUMNS]
    filled = listed.join(levels.rename(proposed), on=on, how="left", maintain_order="left", nulls_equal=True)
    filled = filled.with_columns(pl.coalesce(name, other).alias(name) for name, other in proposed.items())
    return network.with_table("stock_points", filled.select(listed.columns))


def with_implied_levels(network: Network, levels: pl.DataFrame) -> Network:
    """Return the network with a row for each of its stock points that has none but has a level.

    Parameters
    ----------
    network, levels : as for ``with_levels``.
    """
    listed = network["stock_points"]
    more = levels.join(listed, on=PAIR, how="anti", maintain_order="left")
    if more.is_empty():
        return network
    points = lower_in_full(network).supply.points.select(pl.col(PAIR).cast(pl.String))
    more = more.join(points, on=PAIR, how="semi", maintain_order="left")
    implied = fill_defaults(pl.concat([empty_frame(STOCK_POINTS), more], how="diagonal"), STOCK_POINTS)
    return network.with_table("stock_points", pl.concat([listed, implied.select(listed.columns)]))
