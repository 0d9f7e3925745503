"""When a change began that a chart has found: the estimate of Page, and its interval by the likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from chaintwin.laws.checking import check_number, check_numbers
from chaintwin.laws.sequential.cusum import cusum


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """Where a series changed.

    Parameters
    ----------
    at : place of the first value after the change. low, high : the places that are nearly as likely.
    shift : mean of the values from there on, in the unit of the series. statistic : the CUSUM at the end, 0 or more.
    """

    at: int
    low: int
    high: int
    shift: float
    statistic: float


def change_point(values: ArrayLike, *, allowance: float = 0.5, drop: float = 2.0) -> ChangePoint | None:
    """Return where a series that has just raised an alarm began to be off, up or down.

    Parameters
    ----------
    values : float[n], standardized to mean 0 and standard deviation 1 before the change, up to the alarm. PITs become such values
        as `normal_scores`.
    allowance : half the shift that is to be found, in standard deviations, 0 or more.
    drop : places whose log-likelihood ratio is so far below the best are still taken as likely; 2 is about 95 %.

    Returns
    -------
    The change, or None where neither CUSUM is above 0 at the end. The place is that after the last 0 of the larger CUSUM; it
    maximizes the likelihood of a shift by twice the allowance.

    Raises
    ------
    UsageError : there are no values, or a number is out of its range.

    Example
    -------
    >>> found = change_point([0.1, -0.3, 0.2, -0.1, 2.1, 1.7, 2.4])
    >>> found.at, round(found.shift, 3)
    (4, 2.067)

    Source: Page 1954, section 3; Hinkley 1971, "Inference about the change-point from cumulative sum tests", section 2.
    """
    series = check_numbers("values", values)
    check_number("drop", drop, low=0.0)
    sides = []
    for sign in (1.0, -1.0):
        # A threshold beyond all sums: the path must not start again from 0.
        path = cusum(sign * series, allowance=allowance, threshold=1e300)
        sides.append((float(path.statistic[-1]), sign, path.statistic))
    top, sign, statistic = max(sides, key=lambda side: side[0])
    if top <= 0:
        return None
    zeros = np.flatnonzero(statistic == 0)
    at = int(zeros[-1]) + 1 if zeros.size else 0
    # Twice the allowance times a sum of (value - allowance) is the log-likelihood ratio of a shift by twice the allowance.
    weight = 2 * allowance if allowance > 0 else 1.0
    tails = np.cumsum((sign * series - allowance)[::-1])[::-1]
    likely = np.flatnonzero(weight * tails >= weight * tails[at] - drop)
    return ChangePoint(at, int(min(likely[0], at)), int(max(likely[-1], at)), float(series[at:].mean()), top)


def normal_scores(pits: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return PITs as standard normal values, for charts that expect such.

    Parameters
    ----------
    pits : float[n], 0 to 1; 0 and 1 themselves become the scores of 1e-6 from the end.

    Raises
    ------
    UsageError : there is none, or a value is out of its range.

    Example
    -------
    >>> normal_scores([0.5, 0.975]).round(2).tolist()
    [0.0, 1.96]
    """
    from scipy.special import ndtri

    values = check_numbers("pits", pits, low=0.0, high=1.0)
    return np.asarray(ndtri(np.clip(values, 1e-6, 1 - 1e-6)), dtype=np.float64)


def spread_scores(pits: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return values of mean 0 and standard deviation 1 that grow where forecasts are too narrow.

    Parameters
    ----------
    pits : as for `normal_scores`.

    Example
    -------
    >>> spread_scores([0.5, 0.001]).round(2).tolist()
    [-0.71, 6.05]
    """
    return np.asarray((normal_scores(pits) ** 2 - 1) / math.sqrt(2), dtype=np.float64)
