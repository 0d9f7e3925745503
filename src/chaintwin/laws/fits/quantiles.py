"""Intervals of a quantile that hold for any law: two order statistics of the sample."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from chaintwin.laws.checking import check_level, check_numbers, check_whole

PROBABILITY_SLACK = 1e-12
"""How far below the level a cumulative probability may be by rounding and still reach it (METHODS 3.7)."""


@dataclass(frozen=True, slots=True)
class QuantileRanks:
    """Which values of a sorted sample bound a quantile.

    Parameters
    ----------
    lower, upper : ranks from 1; None where the sample is too small to bound the quantile on that side.
    coverage : probability that the interval holds the quantile of a continuous law; of a discrete law it is at least that.
    """

    lower: int | None
    upper: int | None
    coverage: float


@dataclass(frozen=True, slots=True)
class QuantileInterval:
    """A quantile of a sample with its interval.

    Parameters
    ----------
    value : smallest loss that is not exceeded in at least the share ``level`` of the sample.
    lower, upper : bounds in the unit of the losses; infinite where the sample is too small to tell.
    coverage : as in `QuantileRanks`.
    size : number of losses.
    """

    value: float
    lower: float
    upper: float
    coverage: float
    size: int


def quantile_ranks(size: int, level: float, *, confidence: float = 0.95) -> QuantileRanks:
    """Return the ranks of the order statistics that bound a quantile.

    Parameters
    ----------
    size : number of values, 1 or more.
    level : of the quantile, between 0 and 1.
    confidence : wanted, between 0 and 1.

    Returns
    -------
    lower = Bin^-1((1 - c) / 2) and upper = Bin^-1((1 + c) / 2) + 1 of the binomial law of ``size`` and ``level``. Each end is
    missed with a probability of at most (1 - c) / 2 unless the sample is too small, so the coverage is at least c.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> quantile_ranks(2000, 0.95).lower, quantile_ranks(2000, 0.95).upper, round(quantile_ranks(2000, 0.95).coverage, 6)
    (1880, 1920, 0.959989)

    Source: David & Nagaraja 2003, "Order statistics", section 7.1.
    """
    from scipy.stats import binom

    check_whole("size", size, low=1)
    check_level("level", level)
    check_level("confidence", confidence)
    lower = int(binom.ppf((1 - confidence) / 2, size, level))
    upper = int(binom.ppf((1 + confidence) / 2, size, level)) + 1
    # The quantile lies in [X(lower), X(upper)) if from lower to upper - 1 values are below it.
    below = float(binom.cdf(lower - 1, size, level)) if lower >= 1 else 0.0
    coverage = (float(binom.cdf(upper - 1, size, level)) if upper <= size else 1.0) - below
    return QuantileRanks(lower if lower >= 1 else None, upper if upper <= size else None, coverage)


def quantile_interval(losses: ArrayLike, level: float, *, confidence: float = 0.95) -> QuantileInterval:
    """Return a quantile of a sample, such as a value at risk, with an interval that needs no law.

    Parameters
    ----------
    losses : float[n], independent outcomes without weights.
    level, confidence : between 0 and 1.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> found = quantile_interval(range(1, 2001), 0.95)
    >>> found.value, found.lower, found.upper, round(found.coverage, 3)
    (1900.0, 1880.0, 1920.0, 0.96)

    Source: David & Nagaraja 2003, section 7.1.
    """
    values = np.sort(check_numbers("losses", losses))
    ranks = quantile_ranks(values.size, level, confidence=confidence)
    rank = max(1, math.ceil((level - PROBABILITY_SLACK) * values.size))
    return QuantileInterval(
        value=float(values[rank - 1]),
        lower=-math.inf if ranks.lower is None else float(values[ranks.lower - 1]),
        upper=math.inf if ranks.upper is None else float(values[ranks.upper - 1]),
        coverage=ranks.coverage,
        size=values.size,
    )
