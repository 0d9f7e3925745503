"""A demand law from the quantities of past periods, by a rule that can be told in a table.

The first line that holds decides; m, v and z are mean, variance and share of zeros, ``+`` is the positive part alone.

| Data | Law |
| --- | --- |
| all equal | constant |
| fewer than 8 periods | poisson(m) for whole numbers up to 100 on average, else the constant m |
| lumpy: z at least 0.3, and 0.1 more than a Poisson or negative binomial of mean m and variance v has | |
| - at least 30 positive periods | empirical |
| - m+ above 100, or broken numbers | zero_inflated(gamma with m+ and v+, z) |
| - whole numbers | zero_inflated(1 + poisson or negbin, with m+ and v+, z) |
| whole numbers, m up to 100 | poisson(m) if v is at most 1.1 m, else negbin with m and v |
| v at most (0.3 m) squared | normal with m and v: below zero with a probability under 0.0005 |
| else | gamma with m and v |

Every law has the mean of the data exactly, up to rounding in the last digits.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LARGEST, LawKind

Array = NDArray[np.float64]

FEW_PERIODS = 8
"""With fewer periods a variance says next to nothing."""

STEADY = 1e-12
"""Squared coefficient of variation below which quantities differ by rounding only; a gamma law has no such shape."""

LARGEST_COUNT_MEAN = 100.0
"""Above this mean, whole numbers are drawn from a continuous law: the step of one no longer matters."""


def fit_demand(quantities: ArrayLike) -> Law:
    """Return a demand law with the mean of the data, by the table in the head of this module.

    Parameters
    ----------
    quantities : demand of each past period, zeros included; 0 or more.

    Returns
    -------
    The law of one period's demand.

    Raises
    ------
    UsageError : no periods, or a quantity that is negative or not finite.

    Example
    -------
    >>> str(fit_demand([8, 7, 9, 8, 5, 11, 8, 8]))
    'poisson(8)'
    """
    data = np.atleast_1d(np.asarray(quantities, dtype=np.float64))
    is_bad = ~((data >= 0) & (data <= LARGEST))
    if data.size == 0 or is_bad.any():
        found = f"{data[is_bad][0]:g}" if data.size else "no periods"
        raise UsageError(f"quantities: found {found}; allowed: at least one, each a number, 0 or more")
    mean = math.fsum(data.tolist()) / data.size
    is_count = bool((data == np.floor(data)).all()) and mean <= LARGEST_COUNT_MEAN
    if np.ptp(data) == 0:
        return Law(LawKind.CONSTANT, (float(data[0]),))
    if data.size < FEW_PERIODS:
        return Law(LawKind.POISSON, (mean,)) if is_count else Law(LawKind.CONSTANT, (mean,))
    variance = float(data.var(ddof=1))
    zero_share = float((data == 0).mean())
    if zero_share >= 0.3 and zero_share >= _expected_zero_share(mean, variance) + 0.1:
        return _lumpy(data)
    if is_count:
        return _count_law(mean, variance)
    return _amount_law(mean, variance)


def _count_law(mean: float, variance: float) -> Law:
    if variance <= 1.1 * mean:
        return Law(LawKind.POISSON, (mean,))
    return Law(LawKind.NEGBIN, (mean**2 / (variance - mean), mean / variance))


def _amount_law(mean: float, variance: float) -> Law:
    if variance <= (0.3 * mean) ** 2:
        return Law(LawKind.NORMAL, (mean, math.sqrt(variance)))
    return Law(LawKind.GAMMA, (mean**2 / variance, variance / mean))


def _lumpy(data: Array) -> Law:
    """Return a law for demand that often stays away."""
    positive = data[data > 0]
    if positive.size >= 30:
        counts = Counter(data.tolist())
        values = tuple(sorted(counts))
        return Law(LawKind.EMPIRICAL, values=values, weights=tuple(float(counts[value]) for value in values))
    share = (data.size - positive.size) / data.size
    mean = math.fsum(positive.tolist()) / positive.size
    variance = float(positive.var(ddof=1)) if positive.size > 1 else 0.0
    inner = Law(LawKind.CONSTANT, (mean,))
    if variance > 0 and mean <= LARGEST_COUNT_MEAN and bool((data == np.floor(data)).all()):
        inner = Law(LawKind.SHIFT, (1.0,), inner=_count_law(mean - 1, variance))
    elif variance > STEADY * mean**2:
        inner = Law(LawKind.GAMMA, (mean**2 / variance, variance / mean))
    return Law(LawKind.ZERO_INFLATED, (share,), inner=inner)


def _expected_zero_share(mean: float, variance: float) -> float:
    if variance <= mean:
        return math.exp(-mean)
    return float((mean / variance) ** (mean**2 / (variance - mean)))
