"""Figures of a whole network: shares, quantities and money, with what all replications together say of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.simulation.counting.measures import LEDGER
from chaintwin.simulation.counting.moments import Moments, Ratios

Floats = NDArray[np.float64]

COSTS = tuple(name for name in LEDGER if name.endswith("_cost"))

SHARES: Mapping[str, tuple[str, str]] = {
    "fill_rate": ("served_at_once", "demand"),
    "on_time_rate": ("served_on_time", "demand"),
    "cycle_service_level": ("clear", "asked"),
}
"""Shares of a total, with what stands above and below. Their mean is that of all replications together: the sum above over the
sum below (see ``Ratios``)."""

FIGURES = (
    *SHARES,
    "demand",
    "shipped",
    "lost_sales",
    "backlog",
    "on_hand",
    "expired",
    "scrapped",
    "held_outside",
    *COSTS,
    "total_cost",
    "revenue",
)
"""Figures of a whole network, by replication: shares, units a period, money a period."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What replications say of a figure; NaN where they say nothing.

    Parameters
    ----------
    mean : of all replications together.
    half_width : half the width of the interval around it.
    low, high : the interval, kept inside what the figure can be.
    sd : spread between replications.
    replications : how many know the figure; one without demand has no service to speak of.
    """

    mean: float
    half_width: float
    low: float
    high: float
    sd: float
    replications: int


def figures_of(ledger: Floats) -> dict[str, Floats]:
    """Return each of ``FIGURES`` by replication.

    Parameters
    ----------
    ledger : Floats[replications, LEDGER].
    """
    column = _columns(ledger)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = {name: column[above] / column[below] for name, (above, below) in SHARES.items()}
    total = np.zeros(ledger.shape[0])
    for name in COSTS:
        total = total + column[name]
    values = {**shares, **column, "total_cost": total}
    return {name: np.ascontiguousarray(values[name]) for name in FIGURES}


def estimate(ledger: Floats, name: str, *, confidence: float) -> Estimate:
    """Return what replications say of one figure.

    Parameters
    ----------
    ledger : Floats[replications, LEDGER], at least one replication.
    name : one of ``FIGURES``.
    confidence : level of the interval, between 0 and 1.
    """
    values = figures_of(ledger)[name]
    known = values[~np.isnan(values)]
    found: Moments | Ratios
    if name in SHARES:
        above, below = SHARES[name]
        column = _columns(ledger)
        found = Ratios.of(column[above], column[below])
    else:
        found = Moments(known.size, np.array([known.mean()]), np.array([((known - known.mean()) ** 2).sum()]))
    mean, half = float(found.average()[0]), float(found.half_width(confidence)[0])
    low, high = mean - half, mean + half
    if math.isfinite(half):
        low = max(0.0, low) if name in SHARES or known.min() >= 0 else low
        high = min(1.0, high) if name in SHARES else high
    sd = float(known.std(ddof=1)) if known.size > 1 else math.nan
    return Estimate(mean, half, low, high, sd, int(known.size))


def _columns(ledger: Floats) -> dict[str, Floats]:
    return dict(zip(LEDGER, ledger.T, strict=True))
