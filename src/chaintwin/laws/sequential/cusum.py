"""One-sided cumulative sums: small, lasting shifts of a series found soon, with a known rate of false alarms."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, check_numbers

Array = NDArray[np.float64]

NODES = 64
"""Fewest points of the quadrature; there are eight to a standard deviation where the range is longer than eight."""


@dataclass(frozen=True, slots=True)
class CusumPath:
    """A series as a CUSUM sees it.

    Parameters
    ----------
    statistic : float64[n]; the sum at each value, 0 or more, before it starts again from 0 after an alarm.
    alarms : int64[alarms]; places of the values at which it exceeded the threshold.
    """

    statistic: Array
    alarms: NDArray[np.int64]


def cusum(values: ArrayLike, *, allowance: float = 0.5, threshold: float = 4.0) -> CusumPath:
    """Return the upper CUSUM of a series: S = max(0, S + value - allowance), an alarm when S exceeds the threshold.

    Parameters
    ----------
    values : float[n], standardized to mean 0 and standard deviation 1 while all is well; turned over where low is bad, as for
        fill rates.
    allowance : half the shift that is to be found, in standard deviations, 0 or more.
    threshold : in standard deviations, more than 0; see `cusum_threshold`.

    Returns
    -------
    The path. After an alarm the sum starts again from 0.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> cusum([0, 0, 2, 2, 2, 0]).alarms.tolist()
    [4]

    Source: Page 1954, "Continuous inspection schemes".
    """
    series = check_numbers("values", values)
    _check_chart(allowance, threshold)
    statistic = np.empty(series.size)
    alarms = []
    total = 0.0
    for place, value in enumerate(series):
        total = max(0.0, total + float(value) - allowance)
        statistic[place] = total
        if total > threshold:
            alarms.append(place)
            total = 0.0
    return CusumPath(statistic, np.array(alarms, dtype=np.int64))


def cusum_run_length(allowance: float, threshold: float, *, shift: float = 0.0) -> float:
    """Return the average number of values until an alarm, the one that raises it included, from a sum of 0.

    Parameters
    ----------
    allowance : as in `cusum`, 0 or more.
    threshold : as in `cusum`, more than 0 and at most 50.
    shift : mean of the values, in standard deviations; 0 while all is well. They are normal and independent.

    Returns
    -------
    1 or more; infinite where it cannot be told from infinite.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(cusum_run_length(0.5, 4.0), 2), round(cusum_run_length(0.5, 4.0, shift=1.0), 3)
    (335.37, 8.383)

    Source: Page 1954; Brook & Evans 1972; the integral equation is solved at Gauss-Legendre points (Goel & Wu 1971).
    """
    from scipy.special import ndtr

    _check_chart(allowance, threshold)
    check_number("threshold", threshold, high=50.0)
    check_number("shift", shift, low=-50.0, high=50.0)
    points, weights = _quadrature(threshold, nodes=max(NODES, int(8 * threshold)))
    drift = allowance - shift
    # L(u) = 1 + L(0) P(value <= drift - u) + integral of L(v) phi(v + drift - u); the first unknown is L(0) itself.
    starts = np.concatenate([[0.0], points])
    matrix = np.empty((starts.size, starts.size))
    matrix[:, 0] = ndtr(drift - starts)
    matrix[:, 1:] = weights * _density(points[None, :] + drift - starts[:, None])
    lengths = np.linalg.solve(np.eye(starts.size) - matrix, np.ones(starts.size))
    found = float(lengths[0])
    # Beyond 1e13 the probability of an alarm is lost in the rounding of the others.
    return found if 0 < found < 1e13 else math.inf


def cusum_threshold(run_length: float, *, allowance: float = 0.5) -> float:
    """Return the threshold at which false alarms are, on average, so many values apart.

    Parameters
    ----------
    run_length : wanted while all is well, at least 2 and at most 1e9.
    allowance : as in `cusum`, 0 to 5.

    Raises
    ------
    UsageError : a number is out of its range, or even the smallest threshold gives longer runs.

    Example
    -------
    >>> round(cusum_threshold(335.367577627), 4)
    4.0

    Source: the equation of `cusum_run_length`, solved for the threshold.
    """
    from scipy.optimize import brentq

    check_number("run_length", run_length, low=2.0, high=1e9)
    check_number("allowance", allowance, low=0.0, high=5.0)
    low, high = 1e-6, 1.0
    if cusum_run_length(allowance, low) > run_length:
        shortest = cusum_run_length(allowance, low)
        raise UsageError(f"run_length: found {run_length:g}; allowed: at least {shortest:.4g} with this allowance")
    while cusum_run_length(allowance, high) < run_length:
        if high >= 50:
            allowed = "what a threshold of 50 reaches"
            raise UsageError(f"run_length: found {run_length:g}; allowed: {allowed}; fix: a larger allowance")
        high = min(2 * high, 50.0)
    target = math.log(run_length)
    return float(brentq(lambda limit: math.log(cusum_run_length(allowance, limit)) - target, low, high, xtol=1e-10))


def cusum_p_values(statistics: ArrayLike, *, allowance: float = 0.5) -> Array:
    """Return the probability that a CUSUM that has run for long without restarts is at least as large, while all is well.

    The sum of fewer values is smaller, so the probabilities err on the safe side early on; that makes them fit for a rule such as
    Benjamini and Hochberg's over many series on one day.

    Parameters
    ----------
    statistics : float[n], 0 or more.
    allowance : as in `cusum`, 0.05 to 5; without one the sum grows for ever.

    Returns
    -------
    float64[n], from about 1e-12 to 1; those of statistics beyond the end of the solution (14 / allowance + 4) are that of its
    end.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> cusum_p_values([0.0, 1.0, 4.0]).round(4).tolist()
    [1.0, 0.204, 0.0103]

    Source: Grigg & Spiegelhalter 2008, "An empirical approximation to the null unbounded steady-state distribution of the
    cumulative sum statistic"; Li, Qiu, Chatterjee & Wang 2013 for charts by p-values. Solved here from Lindley's equation.
    """
    from scipy.special import ndtr

    sums = check_numbers("statistics", statistics, low=0.0)
    check_number("allowance", allowance, low=0.05, high=5.0)
    # G(x) = P(S <= x) solves G(x) = integral over y >= 0 of G(y) phi(x + k - y); beyond the end it is 1.
    end = 14.0 / allowance + 4.0
    nodes = max(NODES, int(8 * end))
    points, weights = _quadrature(end, nodes=nodes)
    matrix = weights * _density(points[:, None] + allowance - points[None, :])
    below = np.linalg.solve(np.eye(nodes) - matrix, ndtr(points + allowance - end))
    inside = np.minimum(sums, end)
    reach = _density(inside[:, None] + allowance - points[None, :])
    found = 1 - (reach @ (weights * below) + ndtr(inside + allowance - end))
    return np.where(sums == 0, 1.0, np.clip(found, 1e-12, 1.0))


def _quadrature(end: float, *, nodes: int) -> tuple[Array, Array]:
    points, weights = np.polynomial.legendre.leggauss(nodes)
    return (points + 1) * end / 2, weights * end / 2


def _density(x: Array) -> Array:
    return np.asarray(np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi))


def _check_chart(allowance: float, threshold: float) -> None:
    check_number("allowance", allowance, low=0.0, high=50.0)
    check_number("threshold", threshold, low=0.0, open_low=True)
