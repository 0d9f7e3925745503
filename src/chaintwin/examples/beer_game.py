"""The beer distribution game: four stages in a row, and demand that doubles once."""

from __future__ import annotations

from itertools import pairwise

from chaintwin.examples.frames import as_network, rows_as_table
from chaintwin.network.network import Network, Period, Quantities, Settings

STAGES = (
    ("brewery", "Brewery", "plant"),
    ("distributor", "Distributor", "warehouse"),
    ("wholesaler", "Wholesaler", "warehouse"),
    ("retailer", "Retailer", "store"),
)
"""From the source downstream: id, name, kind."""

WARM_UP_WEEKS = 12
"""Weeks before the game, in which the pipelines fill: three stages wait two weeks each for an order, and then two for goods."""

STEP_WEEK = 4
"""The week of the game, from 0, in which demand rises."""

GAME_WEEKS = 36
SERIES_WEEKS = 520  # Ten years, so that a longer run does not fall back to the low demand.
DEMAND_BEFORE, DEMAND_AFTER = 4, 8
SHELF = 12  # Cases on the shelf of each stage when the game starts.
DELAY_WEEKS = 2  # Of an order on its way up, and of goods on their way down.
HOLDING_COST, BACKLOG_COST = 0.5, 1.0  # Dollars a case and week.


def beer_game() -> Network:
    """Return the beer game with the numbers of the board: delays of 2 weeks, 12 cases a stage, demand of 4 and then 8.

    Every stage orders up to the same position, 12 on the shelf and 4 for each of the 4 weeks between order and receipt. That
    holds 12 cases for ever at 4 cases a week, and leaves customers waiting at 8: the players' task is to do better.

    Source
    ------
    Sterman, J. D. (1989), "Modeling managerial behavior: misperceptions of feedback in a dynamic decision making experiment",
    Management Science 35(3), 321-339.
    """
    level = SHELF + DEMAND_BEFORE * 2 * DELAY_WEEKS
    names = [stage for stage, _, _ in STAGES]
    lanes = [(f"{one}>{other}", one, other, "road", 100, str(DELAY_WEEKS), DELAY_WEEKS, 0) for one, other in pairwise(names)]
    lane_columns = ("lane_id", "from_site", "to_site", "mode", "distance_km", "lead_time", "information_delay", "variable_cost")
    weeks = [(week, DEMAND_BEFORE if week < WARM_UP_WEEKS + STEP_WEEK else DEMAND_AFTER) for week in range(SERIES_WEEKS)]
    stock_columns = ("site_id", "product_id", "policy", "base_stock", "initial_stock", "holding_cost")
    return as_network(
        Settings("beer-game", Period.WEEK, horizon=GAME_WEEKS, warm_up=WARM_UP_WEEKS, quantities=Quantities.INTEGER),
        {
            "sites": rows_as_table("sites", ("site_id", "name", "kind"), rows=STAGES),
            "products": rows_as_table("products", ("product_id", "name", "value"), rows=[("beer", "Case of beer", 10)]),
            "lanes": rows_as_table("lanes", lane_columns, rows=lanes),
            "demand": rows_as_table(
                "demand",
                ("site_id", "product_id", "series", "backlog_cost"),
                rows=[("retailer", "beer", "orders", BACKLOG_COST)],
            ),
            "stock_points": rows_as_table(
                "stock_points",
                stock_columns,
                rows=[(stage, "beer", "base_stock", level, level, HOLDING_COST) for stage in names],
            ),
            # The brewery's request waits as long as any order, and brewing takes as long as any shipment.
            "sources": rows_as_table(
                "sources",
                ("site_id", "product_id", "kind", "lead_time", "cost"),
                rows=[("brewery", "beer", "buy", str(2 * DELAY_WEEKS), 0)],
            ),
            "series": rows_as_table("series", ("series_id", "period", "value"), rows=[("orders", *week) for week in weeks]),
        },
    )
