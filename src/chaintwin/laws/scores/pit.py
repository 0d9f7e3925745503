"""Where what came about lies in its forecast: randomized probability integral transforms, their uniformity, their coverage.

If the forecasts are right, the values are independent and uniform on (0, 1), whatever the laws behind them; so they can be pooled
over places, horizons and times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.laws.checking import check_level, check_number, check_numbers, check_whole, refusal

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Uniformity:
    """How far a sample is from a uniform one.

    Parameters
    ----------
    distance : largest gap between the empirical and the uniform distribution function, 0 to 1.
    p_value : probability of at least that distance if the values are independent and uniform; exact.
    size : number of values.
    """

    distance: float
    p_value: float
    size: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often a central interval held what came about.

    Parameters
    ----------
    share : of the values that were inside, 0 to 1. nominal : what it should be. size : number of values.
    p_value : of the two-sided normal test of the share against the nominal one.
    """

    share: float
    nominal: float
    size: int
    p_value: float


def randomized_pit(ensembles: Sequence[ArrayLike], observed: ArrayLike, *, breaks: ArrayLike) -> Array:
    """Return where each value lies in its ensemble: (below + v (equal + 1)) / (members + 1).

    Parameters
    ----------
    ensembles : n lists of members; they may differ in length, and each has at least one.
    observed : float[n], what came about.
    breaks : float[n], v from 0 to 1: independent uniforms that break ties, from `chaintwin.rng`.

    Returns
    -------
    float64[n], 0 to 1; uniform if each value and its members are exchangeable.

    Raises
    ------
    UsageError : lengths differ, or a number is out of its range.

    Example
    -------
    >>> randomized_pit([[10, 12, 13, 15], [5, 6, 6, 9]], [14, 6], breaks=[0.3, 0.5]).round(9).tolist()
    [0.66, 0.5]

    Source: Dawid 1984; Czado, Gneiting & Held 2009, "Predictive model assessment for count data", equation 1.
    """
    values = check_numbers("observed", observed)
    places = check_numbers("breaks", breaks, low=0.0, high=1.0, size=values.size)
    if len(ensembles) != values.size:
        raise refusal("ensembles", len(ensembles), allowed=f"one for each of the {values.size} values")
    found = np.empty(values.size)
    for place, members in enumerate(ensembles):
        sample = check_numbers(f"ensembles[{place}]", members)
        below = int((sample < values[place]).sum())
        equal = int((sample == values[place]).sum())
        found[place] = (below + places[place] * (equal + 1)) / (sample.size + 1)
    return found


def uniformity(pits: ArrayLike) -> Uniformity:
    """Return the Kolmogorov-Smirnov test of values against the uniform law on (0, 1).

    Parameters
    ----------
    pits : float[n], 0 to 1, independent of each other: forecasts whose horizons overlap are not.

    Raises
    ------
    UsageError : there is none, or a value is out of its range.

    Example
    -------
    >>> found = uniformity([0.66, 0.14, 0.5, 0.62, 0.96, 0.88])
    >>> round(found.distance, 6), round(found.p_value, 6)
    (0.333333, 0.42344)

    Source: Kolmogorov 1933; exact probabilities by Simard & L'Ecuyer 2011.
    """
    from scipy.stats import kstwo

    values = np.sort(check_numbers("pits", pits, low=0.0, high=1.0))
    ranks = np.arange(1, values.size + 1)
    distance = float(max((ranks / values.size - values).max(), (values - (ranks - 1) / values.size).max()))
    return Uniformity(distance, float(kstwo.sf(distance, values.size)), values.size)


def central_coverage(pits: ArrayLike, nominal: float) -> Coverage:
    """Return how many values lay in the central interval of their forecast.

    Parameters
    ----------
    pits : float[n], as from `randomized_pit`.
    nominal : probability of the interval, between 0 and 1; 0.9 asks for 0.05 to 0.95.

    Raises
    ------
    UsageError : there is no value, or a number is out of its range.

    Example
    -------
    >>> round(central_coverage([0.66, 0.14, 0.5, 0.62, 0.96, 0.88], 0.8).share, 6)
    0.833333
    """
    values = check_numbers("pits", pits, low=0.0, high=1.0)
    check_level("nominal", nominal)
    tail = (1 - nominal) / 2
    # The ends belong to the interval; a rounding of the tail must not put a value on one of them outside.
    inside = int((np.abs(values - 0.5) <= 0.5 - tail + 1e-12).sum())
    return coverage_of(inside / values.size, nominal, size=values.size)


def coverage_of(share: float, nominal: float, *, size: int) -> Coverage:
    """Return a share of values inside an interval with the test against the nominal one.

    Parameters
    ----------
    share : found, 0 to 1. nominal : between 0 and 1. size : number of values, 1 or more.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(coverage_of(0.86, 0.9, size=200).p_value, 4)
    0.0593

    Source: normal approximation of the binomial law, two-sided.
    """
    check_number("share", share, low=0.0, high=1.0)
    check_level("nominal", nominal)
    check_whole("size", size, low=1)
    statistic = abs(share - nominal) / math.sqrt(nominal * (1 - nominal) / size)
    return Coverage(share, nominal, size, math.erfc(statistic / math.sqrt(2)))
