"""What each country asks for: laws, seasons and growth of demand."""

from __future__ import annotations

import math

from chaintwin.examples.frames import Row
from chaintwin.examples.medicines.products import MEDICINES
from chaintwin.examples.medicines.sites import STORES

SUPPLIED_SHARE = 0.8
"""Share of the packs a market asks for that it asks this network for."""

PRIVATE_MARKET_PEOPLE = 50.0
"""Millions of people from which a country has a private market beside the public one."""

PRIVATE_SHARE = 0.3

SEASONS: tuple[tuple[str, float, int], ...] = (
    ("malaria-west", 0.35, 255),
    ("malaria-east", 0.25, 150),
    ("malaria-south", 0.30, 75),
    ("winter-north", 0.20, 20),
    ("winter-south", 0.20, 200),
    ("rains", 0.15, 220),
)
"""Season, how far it swings up and down, and the day of the year of its peak."""

SEASON_OF_MALARIA: tuple[tuple[str, str], ...] = (
    ("West Africa", "malaria-west"),
    ("East Africa", "malaria-east"),
    ("Southern Africa", "malaria-south"),
)
COLD_SEASON_MEDICINES = frozenset({"amox", "par", "sal", "cef"})
RAINY_SEASON_MEDICINES = frozenset({"ors", "zin"})
SOUTHERN_REGIONS = frozenset({"Southern Africa", "South America"})

GROWTH: tuple[tuple[str, float], ...] = (("tld", 0.04), ("met", 0.06), ("aml", 0.04), ("sal", 0.03))
"""Medicine and growth of its demand a year."""

MALARIA_LOW = 0.1
"""Below this share of malaria a country keeps no malaria medicine."""

POISSON_MEAN_MAX = 8.0
"""Small markets are Poisson; large ones vary more than that, as clinics order in lots."""

LOT_SHAPE = 12.0
"""Shape n of the negative binomial: a daily coefficient of variation of about 0.29 where the mean is large."""

MARGIN = 1.25
"""Price over value."""


def demand_rows() -> list[Row]:
    """Return the streams: id, site, product, market, law, season, trend, priority, promise window, lost fraction, price."""
    growth = dict(GROWTH)
    rows: list[Row] = []
    for store, _, _, region, _, _, _, people, malaria, hiv in STORES:
        for medicine, _, _, _, _, value, _, rate in MEDICINES:
            share = {"al": malaria, "tld": hiv}.get(medicine, 1.0)
            if medicine == "al" and malaria < MALARIA_LOW:
                continue
            mean = people * rate * share * SUPPLIED_SHARE
            has_private = people >= PRIVATE_MARKET_PEOPLE and medicine != "tld"
            markets = (("public", 1 - PRIVATE_SHARE), ("private", PRIVATE_SHARE)) if has_private else (("public", 1.0),)
            for market, part in markets:
                is_private = market == "private"
                rows.append(
                    (
                        f"{store}/{medicine}/{market}",
                        store,
                        medicine,
                        market,
                        demand_law(mean * part),
                        season_of(medicine, region),
                        growth.get(medicine, 0.0),
                        int(is_private),
                        3 if is_private else 7,
                        0.8 if is_private else 0.0,
                        round(value * (MARGIN + 0.15 * is_private), 3),
                    )
                )
    return rows


def demand_law(mean: float) -> str:
    """Return the law of one day's demand with about this mean, 0 or more."""
    rounded = float(f"{mean:.2g}")
    if rounded <= POISSON_MEAN_MAX:
        return f"poisson({rounded:g})"
    return f"negbin({LOT_SHAPE:g}, {LOT_SHAPE / (LOT_SHAPE + rounded):.6g})"


def season_of(medicine: str, region: str) -> str | None:
    """Return the season of a medicine in a region, None if it has none."""
    if medicine == "al":
        return dict(SEASON_OF_MALARIA).get(region)
    if medicine in COLD_SEASON_MEDICINES:
        return "winter-south" if region in SOUTHERN_REGIONS else "winter-north"
    return "rains" if medicine in RAINY_SEASON_MEDICINES else None


def season_rows() -> list[Row]:
    """Return the factors of every season: series, day of the year, factor; their mean is one."""
    return [
        (season, day, round(1 + swing * math.cos(2 * math.pi * (day - peak) / 365), 4))
        for season, swing, peak in SEASONS
        for day in range(365)
    ]
