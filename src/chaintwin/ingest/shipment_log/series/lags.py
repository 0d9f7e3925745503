"""How many days one point of a chain follows another, from daily series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LAG_MAX = 14
"""Longest lag tried, in days; beyond two weeks a match of weekly habits is as likely as a delivery."""

CORRELATION_MIN = 0.2
"""A weaker correlation than this over half a year of days is not told from chance (two standard errors at 100 days)."""


@dataclass(frozen=True, slots=True)
class Lag:
    """A lag between two points.

    Parameters
    ----------
    days : the lag, at least 1.
    method : how it was found.
    """

    days: int
    method: str


def find_lag(earlier: NDArray[np.float64], later: NDArray[np.float64], *, is_reply: bool = False) -> Lag:
    """Return the lag at which the later series resembles the earlier one most.

    Parameters
    ----------
    earlier, later : float64[day, product].
    is_reply : the series named first answers the second one (deliveries answer orders), so the lag runs the other way.

    Returns
    -------
    The lag with the highest pooled correlation over products, each scaled to its own mean and deviation; 1 day where none
    is clear, because the model's shortest way takes one period.
    """
    first, second = (later, earlier) if is_reply else (earlier, later)
    count = len(first)
    best, days = -1.0, 0
    for lag in range(min(LAG_MAX, count - 3) + 1):
        value = _correlation(first[: count - lag], second[lag:])
        # Of nearly equal lags the shorter one is taken.
        if value > best + 1e-9:
            best, days = value, lag
    if best < CORRELATION_MIN:
        return Lag(1, "one day: no lag stands out")
    return Lag(max(days, 1), f"lag of the highest correlation ({best:.2f} at {days} days)")


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    spread = first.std(axis=0) * second.std(axis=0)
    moving = spread > 0
    if not moving.any():
        return -1.0
    products = ((first - first.mean(axis=0)) * (second - second.mean(axis=0))).mean(axis=0)
    return float((products[moving] / spread[moving]).mean())
