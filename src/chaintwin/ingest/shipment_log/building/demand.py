"""Demand of each market for each product: units wanted in each period, and a law for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.ingest.shipment_log.building.rounding import rounded_law
from chaintwin.ingest.shipment_log.frames import ordered_sum
from chaintwin.laws.fits import fit_demand
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LawKind
from chaintwin.network.network import Period

DAYS = {Period.DAY: 1, Period.WEEK: 7}

IDLE_SHARE = 0.5
"""From this share of periods without demand on, the quantities seen are drawn again rather than a smooth law fitted to them."""

SIZES_MAX = 12
"""Most different order sizes written into a cell; more are grouped, which keeps the mean and hardly changes the spread."""


@dataclass(frozen=True, slots=True)
class DemandTable:
    """Demand streams.

    Parameters
    ----------
    demand : ``stream_id``, ``site_id``, ``product_id``, ``quantity`` (a law).
    first : first day of the first period counted; weeks begin on Monday.
    periods : number of periods counted.
    """

    demand: pl.DataFrame
    first: date
    periods: int


def build_demand(lines: pl.DataFrame, *, period: Period, on_step: Callable[[float], None]) -> DemandTable:
    """Fit a law to the units each market wanted of each product in each period.

    Every stream is counted over the same periods, from the first to the last day on which anything was wanted, periods
    without demand included; so the mean of its law times the number of periods is what the log shows.

    Parameters
    ----------
    lines : lines with ``to_site``, ``product``, ``quantity``, ``demand_share`` and ``wanted``.
    period : day or week.
    on_step : told the share done, 0 to 1.
    """
    days = DAYS[period]
    wanted = lines.filter(pl.col("demand_share") > 0)
    first, last = lines["wanted"].min(), lines["wanted"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    if period is Period.WEEK:
        first -= timedelta(days=first.weekday())
    periods = (last - first).days // days + 1
    index = ((pl.col("wanted") - pl.lit(first)).dt.total_days() // days).alias("period")
    asked = ordered_sum(pl.col("quantity") * pl.col("demand_share")).alias("quantity")
    units = wanted.group_by("to_site", "product", index, maintain_order=True).agg(asked).sort("to_site", "product", "period")
    streams = units.group_by("to_site", "product", maintain_order=True).agg("period", "quantity")
    laws = []
    for place, (at, quantity) in enumerate(zip(streams["period"], streams["quantity"], strict=True)):
        values: NDArray[np.float64] = np.zeros(periods)
        values[at.to_numpy()] = quantity.to_numpy()
        laws.append(demand_law(values))
        on_step((place + 1) / streams.height)
    demand = streams.select(
        pl.format("{}/{}", "to_site", "product").alias("stream_id"),
        pl.col("to_site").alias("site_id"),
        pl.col("product").alias("product_id"),
        pl.Series("quantity", laws, dtype=pl.String),
    )
    return DemandTable(demand, first, periods)


def demand_law(values: NDArray[np.float64]) -> str:
    """Return the law of one period's demand as it is written in a cell; its mean is that of the values up to rounding.

    A stream that rests in most periods gets the quantities seen with their frequencies: a smooth law fitted to a handful of
    orders in hundreds of periods would ask for quantities nobody ever ordered. Any other stream is fitted by
    ``fit_demand``.

    Parameters
    ----------
    values : float64[period], demand of each period, zeros included.

    Example
    -------
    >>> demand_law(np.array([0.0, 0.0, 0.0, 8.0]))
    'pmf(0:0.75, 8:0.25)'
    """
    orders = np.sort(values[values > 0])
    if orders.size == 0 or orders.size > (1 - IDLE_SHARE) * values.size:
        return str(rounded_law(fit_demand(values)))
    groups = np.split(orders, np.flatnonzero(np.diff(orders)) + 1)
    if len(groups) > SIZES_MAX:
        groups = np.array_split(orders, SIZES_MAX)
    counts = {0.0: values.size - orders.size}
    for group in groups:
        size = float(group.mean())
        # Neighboring groups of one frequent size have the same mean.
        counts[size] = counts.get(size, 0) + group.size
    weights = tuple(count / values.size for count in counts.values())
    return str(rounded_law(Law(LawKind.PMF, values=tuple(counts), weights=weights)))
