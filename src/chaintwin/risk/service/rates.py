"""Shares with their intervals: counts of orders, and totals over orders."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.laws.checking import check_level

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its interval.

    Parameters
    ----------
    value : 0 to 1.
    low, high : the interval.
    order_count : orders it rests on.
    """

    value: float
    low: float
    high: float
    order_count: int


def counted_rate(is_met: NDArray[np.bool_], confidence: float) -> Rate:
    """Return the share of orders that meet something.

    Parameters
    ----------
    is_met : Booleans[orders], at least one.
    confidence : of the interval, strictly between 0 and 1.

    Raises
    ------
    UsageError : the confidence is out of range.

    Example
    -------
    >>> rate = counted_rate(np.array([True, False, True, True]), 0.95)
    >>> rate.value, round(rate.low, 3), round(rate.high, 3)
    (0.75, 0.301, 0.954)

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    low, high = _wilson(float(is_met.mean()), is_met.size, confidence)
    return Rate(float(is_met.mean()), low, high, is_met.size)


def total_rate(met: Floats, asked: Floats, *, confidence: float) -> Rate:
    """Return a total over a total, such as good units over ordered ones; orders are taken as independent, their lines not.

    Parameters
    ----------
    met, asked : of each order, Floats[orders], 0 <= met <= asked, some asked above 0.
    confidence : of the interval, strictly between 0 and 1.

    Returns
    -------
    The share; its interval from the spread of met less the share times asked (delta method), cut at 0 and 1. Where orders show no
    spread at all, or there is one alone, the interval is that of a counted share.

    Raises
    ------
    UsageError : the confidence is out of range.

    Example
    -------
    >>> rate = total_rate(np.array([5.0, 0.0, 9.0]), np.array([5.0, 5.0, 10.0]), confidence=0.95)
    >>> rate.value, rate.low, rate.high
    (0.7, 0.0, 1.0)

    Source: Cochran 1977, "Sampling techniques", equation 6.13.
    """
    from scipy.stats import t as student

    count, level = met.size, check_level("confidence", confidence)
    value = float(met.sum() / asked.sum())
    spread = float(((met - value * asked) ** 2).sum())
    if count < 2 or spread <= 1e-18 * float((asked**2).sum()):
        return Rate(value, *_wilson(value, count, confidence), count)
    half = float(student.ppf((1 + level) / 2, count - 1)) * math.sqrt(count / (count - 1) * spread) / float(asked.sum())
    return Rate(value, max(value - half, 0.0), min(value + half, 1.0), count)


def _wilson(value: float, count: int, confidence: float) -> tuple[float, float]:
    from scipy.stats import norm

    z = float(norm.ppf((1 + check_level("confidence", confidence)) / 2))
    middle = (value + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * math.sqrt(value * (1 - value) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    # At 0 and 1 the bound is met exactly, but for rounding.
    return 0.0 if value == 0 else max(middle - half, 0.0), 1.0 if value == 1 else min(middle + half, 1.0)
