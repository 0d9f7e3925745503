"""Serial chains of the bullwhip literature as projects: every stage forecasts and orders up to what it expects to need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from chaintwin.examples.frames import as_network, rows_as_table
from chaintwin.network import Network
from chaintwin.network.network import Period, Quantities, Settings

MEAN, SD = 1000.0, 5.0
"""So far from zero that no order is ever cut off, as the closed forms ask for."""


def chain(
    leads: Sequence[int],
    *,
    rule: Mapping[str, Any],
    demand: str = f"normal({MEAN:g}, {SD:g})",
    periods: int = 300,
    warm_up: int = 40,
    delays: Sequence[int] | None = None,
    quantities: Quantities = Quantities.CONTINUOUS,
) -> Network:
    """Return a chain of stages, the one next to the customer first.

    Parameters
    ----------
    leads : periods from order to receipt of each stage; delays : of its orders on their way, 0 by default.
    rule : cells of ``stock_points`` of every stage.
    """
    stages = [f"s{number + 1}" for number in range(len(leads))]
    waits = list(delays or [0] * len(leads))
    columns = ("site_id", "product_id", "holding_cost", *rule)
    points = [(stage, "tea", 1.0, *rule.values()) for stage in stages]
    lanes = [
        (f"{above}>{below}", above, below, "road", 10, str(lead), wait, 0)
        for below, above, lead, wait in zip(stages, stages[1:], leads, waits, strict=False)
    ]
    lane_columns = ("lane_id", "from_site", "to_site", "mode", "distance_km", "lead_time", "information_delay", "variable_cost")
    return as_network(
        Settings("chain", Period.DAY, horizon=periods, warm_up=warm_up, quantities=quantities),
        {
            "sites": rows_as_table("sites", ("site_id", "name", "kind"), rows=[(stage, stage, "warehouse") for stage in stages]),
            "products": rows_as_table("products", ("product_id", "name", "value"), rows=[("tea", "Tea", 10)]),
            "lanes": rows_as_table("lanes", lane_columns, rows=lanes),
            "demand": rows_as_table(
                "demand", ("site_id", "product_id", "quantity", "backlog_cost"), rows=[("s1", "tea", demand, 9.0)]
            ),
            "stock_points": rows_as_table("stock_points", columns, rows=points),
            "sources": rows_as_table(
                "sources",
                ("site_id", "product_id", "kind", "lead_time", "cost"),
                rows=[(stages[-1], "tea", "buy", str(leads[-1]), 0)],
            ),
        },
    )


def ratios(frame: pl.DataFrame, *, arm: str = "as is", flow: str = "orders", bucket: str = "day") -> list[dict[str, Any]]:
    """Return what was found of the echelons against customers, the one next to them first."""
    return frame.filter(level="echelon", arm=arm, flow=flow, bucket=bucket, against="customers").sort("echelon").to_dicts()
