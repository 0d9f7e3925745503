"""Alarms over many series: how many are false in a year, and which stand out on a day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.laws.checking import check_number, check_numbers

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Discoveries:
    """Which series of one day stand out.

    Parameters
    ----------
    is_found : bool[series]; on average at most ``rate`` of those found are false.
    adjusted : float64[series]; smallest rate at which each would be found, 0 to 1.
    rate : allowed share of false ones among those found.
    """

    is_found: NDArray[np.bool_]
    adjusted: Array
    rate: float


def false_alarms_per_year(run_lengths: ArrayLike, *, values_per_year: float) -> float:
    """Return the expected number of false alarms in a year, over all series together.

    Parameters
    ----------
    run_lengths : float[series]; average number of values between false alarms of each, 1 or more, from `cusum_run_length`.
    values_per_year : how many values each series has in a year, 0 or more; 365 for daily ones.

    Returns
    -------
    The long-run number when every chart starts again after an alarm; series need not be independent.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(false_alarms_per_year([335.37] * 200, values_per_year=365), 1)
    217.7

    Source: elementary renewal theorem, Cox 1962, section 4.2.
    """
    check_number("values_per_year", values_per_year, low=0.0)
    lengths = check_numbers("run_lengths", run_lengths, low=1.0)
    return float(values_per_year * (1 / lengths).sum())


def benjamini_hochberg(p_values: ArrayLike, *, rate: float = 0.1) -> Discoveries:
    """Return which series stand out on a day, with a bound on the share of false ones among them.

    Parameters
    ----------
    p_values : float[series], 0 to 1; of all series watched, not of the suspicious ones alone.
    rate : allowed share of false ones among those found, 0 to 1.

    Returns
    -------
    The series found. The bound holds for independent series and for those that tend to move together.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> benjamini_hochberg([0.01, 0.8, 0.04, 0.02], rate=0.05).is_found.tolist()
    [True, False, False, True]

    Source: Benjamini & Hochberg 1995, "Controlling the false discovery rate", theorem 1; Benjamini & Yekutieli 2001 for series
    that move together.
    """
    values = check_numbers("p_values", p_values, low=0.0, high=1.0)
    check_number("rate", rate, low=0.0, high=1.0)
    order = np.argsort(values, kind="stable")
    scaled = values[order] * values.size / np.arange(1, values.size + 1)
    adjusted = np.empty(values.size)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    # A product may be a rounding above the rate where the rule, p <= rate * rank / count, is met with equality.
    return Discoveries(adjusted <= rate * (1 + 1e-12), adjusted, rate=rate)
