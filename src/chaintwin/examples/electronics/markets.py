"""What city stores sell, the gift season, hazards and holidays of the electronics network; all figures are invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from chaintwin.examples.electronics.products import DEVICES
from chaintwin.examples.electronics.routes import Item, sold
from chaintwin.examples.electronics.sites import Site
from chaintwin.examples.frames import Row

START = date(2026, 1, 1)

POISSON_MEAN_MAX = 4.0
LOT_SHAPE = 8.0
"""Shape of the negative binomial of larger stores: promotions make days differ by about a third."""

GIFT_SEASON = (date(2026, 11, 20), date(2026, 12, 24))
GIFT_FACTOR, WEEKEND_FACTOR = 1.5, 1.3

SPRING_FESTIVAL = (date(2026, 2, 16), date(2026, 2, 22))
SPRING_FESTIVAL_SHARE = 0.3
"""Share of normal capacity that Chinese plants keep up over the Spring Festival."""

HAZARDS: tuple[tuple[str, str, str, float, str, float], ...] = (
    ("earthquake-taiwan", "TW", "earthquake", 0.12, "lognormal(mean=12, cv=1)", 1.0),
    ("drought-taiwan", "TW", "drought", 0.10, "lognormal(mean=40, cv=0.5)", 0.2),
    ("earthquake-japan", "JP", "earthquake", 0.15, "lognormal(mean=20, cv=1)", 1.0),
    ("typhoon-philippines", "PH", "storm", 0.40, "uniform(2, 8)", 1.0),
    ("flood-thailand", "TH", "flood", 0.10, "lognormal(mean=25, cv=0.8)", 1.0),
    ("power-china", "CN", "power", 0.20, "uniform(4, 15)", 0.5),
    ("freeze-texas", "US", "power", 0.08, "lognormal(mean=14, cv=0.7)", 0.8),
    ("monsoon-india", "IN", "flood", 0.25, "uniform(2, 9)", 0.7),
    ("strike-germany", "DE", "strike", 0.15, "uniform(1, 5)", 0.5),
    ("export-control-korea", "KR", "regulation", 0.03, "lognormal(mean=90, cv=0.6)", 0.4),
)
"""Id, country, kind, events a year, days down, share of capacity lost."""

CYBER_ATTACK = ("cyber-attack", None, "cyber attack", 0.05, "lognormal(mean=10, cv=0.9)", 1.0)


def demand_rows(sites: Sequence[Site], items: dict[str, Item]) -> list[Row]:
    """Return the streams: stream_id, site, product, law, season, lost fraction, promise window, price."""
    size = {row[0]: row[6] for row in DEVICES}
    price = {row[0]: row[5] for row in DEVICES}
    rows: list[Row] = []
    for store, device in sold(sites, items):
        mean = float(f"{store.market * size[device.id]:.2g}")
        law = f"poisson({mean:g})" if mean <= POISSON_MEAN_MAX else f"negbin({LOT_SHAPE:g}, {LOT_SHAPE / (LOT_SHAPE + mean):.6g})"
        rows.append((f"{store.id}/{device.id}", store.id, device.id, law, "gifts", 0.5, 3, price[device.id]))
    return rows


def season_rows() -> list[Row]:
    """Return the factors of the season: series, day of the year, factor; their mean is one."""
    days = [START + timedelta(days=day) for day in range(365)]
    raw = [
        (GIFT_FACTOR if GIFT_SEASON[0] <= day <= GIFT_SEASON[1] else 1.0) * (WEEKEND_FACTOR if day.weekday() >= 5 else 1.0)
        for day in days
    ]
    mean = sum(raw) / len(raw)
    return [("gifts", place, round(factor / mean, 4)) for place, factor in enumerate(raw)]


def calendar_rows() -> list[Row]:
    """Return the calendar of Chinese plants: calendar, date, open share, name."""
    length = (SPRING_FESTIVAL[1] - SPRING_FESTIVAL[0]).days + 1
    days = [SPRING_FESTIVAL[0] + timedelta(days=day) for day in range(length)]
    return [("spring-festival", day, SPRING_FESTIVAL_SHARE, "Spring Festival") for day in days]
