"""How large a network may be: numbers that stay exact, and lead times whose places fit into memory."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.laws import Law
from chaintwin.laws.parameters import LARGEST
from chaintwin.network.graph import Graph

LEAD_QUANTILE = 1 - 1e-5
"""A lead-time law is cut here: the ring of a lane holds the longest lead time, and a log-normal tail has no end."""

LARGEST_DRAW = 1 - 2.0**-33
"""The engine's largest uniform number, so what it draws at most."""

RING_SLOTS_MAX = 20_000_000
"""Most places for goods and orders on their way, all sources together: one a period of the longest lead time and of the
information delay. A place takes 8 bytes in each replication that is played at the same time, and some 250 once."""

EXACT_UNITS = 2**53
"""Up to here sums of whole units are exact."""

SLACK = 1e-9
"""Rounding noise of real quantities, relative to a level (METHODS 1.5)."""

_FIELDS = (
    ("buffers", "buffer_id", ("on_hand", "low", "high", "minimum_order", "batch", "holding_cost", "expiry_cost", "volume")),
    ("activities", "activity_id", ("minimum_order", "batch", "variable_cost", "fixed_cost", "duty_cost")),
    ("inputs", "activity_id", ("quantity",)),
    ("outputs", "activity_id", ("quantity",)),
    ("uses", "activity_id", ("quantity",)),
    ("resources", "resource_id", ("capacity", "cost")),
    ("rooms", "site_id", ("capacity",)),
    ("streams", "stream_id", ("series", "factor", "price", "backlog_cost", "lost_cost")),
)
_MEANINGS = {
    ("buffers", "on_hand"): "first stock",
    ("buffers", "low"): "level",
    ("buffers", "high"): "upper level or lot",
    ("buffers", "volume"): "volume of one unit",
    ("rooms", "capacity"): "storage capacity",
    ("inputs", "quantity"): "input of one unit",
    ("outputs", "quantity"): "output of one unit",
    ("uses", "quantity"): "use of one unit",
}
"""What columns are called for people, where their own name does not say it."""


def longest_lead(law: Law) -> int:
    """Return the longest lead time in whole periods that the engine draws from a law: halves round up, nothing is below zero."""
    return max(0, int(np.floor(law.quantile(LEAD_QUANTILE) + 0.5)))


def may_exceed(law: Law, limit: float, *, share: float) -> bool:
    """Tell whether the quantile of a law at ``share`` can be above a limit, by mean and variance alone; False is certain.

    Parameters
    ----------
    law : any.
    limit : of the value.
    share : 0.5 to under 1.

    Source
    ------
    Cantelli's inequality: a value is exceeded by k standard deviations with a probability of at most 1 / (1 + k²).
    """
    reach = np.sqrt(share / (1 - share))
    with np.errstate(over="ignore", invalid="ignore"):
        return not law.mean + reach * np.sqrt(law.variance) <= limit


def oversized(graph: Graph) -> pl.DataFrame:
    """Return every number of a graph that is larger in size than LARGEST, or no number at all.

    Parameters
    ----------
    graph : any.

    Returns
    -------
    ``name`` (of the number, for people) and ``value``, sorted by name within each kind.
    """
    for_one = graph.activities.select(
        name=pl.concat_str("activity_id", pl.lit(" orders for one good unit")), value=1 / pl.col("yield_rate")
    )
    found = [for_one.filter(~(pl.col("value") <= LARGEST)).sort("name")]
    for table, key, columns in _FIELDS:
        frame: pl.DataFrame = getattr(graph, table)
        for column in columns:
            value = pl.col(column)
            if isinstance(frame.schema[column], pl.List):
                value = value.list.max()
            name = pl.concat_str(key, pl.lit(" " + _MEANINGS.get((table, column), column)))
            large = frame.select(name=name, value=value).filter(~(pl.col("value").abs() <= LARGEST))
            found.append(large.sort("name"))
    return pl.concat(found)


def ring_slots(lead_max: NDArray[np.int64], delay: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return int64[activities]: places for what is on its way.

    Parameters
    ----------
    lead_max : int64[activities], longest lead time, period.
    delay : int64[activities], information delay, period.
    """
    slots: NDArray[np.int64] = lead_max + 1 + np.where(delay > 0, delay + 1, 0)
    return slots
