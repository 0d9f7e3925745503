"""How long goods travel in the examples, and what that costs: distance and days from geography, spread by mode."""

from __future__ import annotations

import math
from dataclasses import dataclass

import polars as pl

from chaintwin.network.geography import propose_lanes

ACROSS_TOWN_KM = 15.0
"""Length of a lane between two sites of one city."""

HANDLING_COST = 0.01
"""Dollars a unit, on top of freight."""


@dataclass(frozen=True, slots=True)
class LeadTime:
    """A random lead time in days: its law as written, mean and standard deviation."""

    law: str
    mean: float
    sd: float


def lead_time(mode: str, days: int) -> LeadTime:
    """Return the lead time of a lane that usually takes some days.

    Ships wait for berths and customs, so their days spread like a lognormal; flights leave when there is room; trucks on short
    ways are a day late at times.

    Parameters
    ----------
    mode : means of transport, as in the table ``lanes``.
    days : usual days, 1 or more.
    """
    if mode == "air":
        return _pmf(((days, 0.6), (days + 1, 0.25), (days + 3, 0.15)))
    if mode == "road" and days <= 3:
        return _pmf(((days, 0.7), (days + 1, 0.2), (days + 2, 0.1)))
    spread = 0.20 if mode == "sea" else 0.30
    return LeadTime(f"lognormal(mean={days}, cv={spread})", days, days * spread)


def travelled(lanes: pl.DataFrame, sites: pl.DataFrame) -> pl.DataFrame:
    """Return the lanes with ``mode`` filled in, ``distance_km`` (rounded), ``days`` and ``cost`` (dollars a unit).

    Parameters
    ----------
    lanes : ``from_site``, ``to_site``, ``mode`` (null: the cheapest), ``weight`` (kg a unit); ``value_per_kg`` helps to choose.
    sites : the table of sites, with coordinates.
    """
    proposed = propose_lanes(sites, lanes, period_hours=24.0)
    freight = pl.col("freight_cost_per_tonne") / 1000 * pl.col("weight") + HANDLING_COST
    return proposed.with_columns(
        pl.col("distance_km").round(0).clip(lower_bound=ACROSS_TOWN_KM),
        days=pl.col("lead_time").cast(pl.Int64),
        cost=freight.round(4),
    )


def _pmf(points: tuple[tuple[int, float], ...]) -> LeadTime:
    mean = sum(day * weight for day, weight in points)
    variance = sum(day**2 * weight for day, weight in points) - mean**2
    return LeadTime(f"pmf({', '.join(f'{day}:{weight:g}' for day, weight in points)})", mean, math.sqrt(variance))
