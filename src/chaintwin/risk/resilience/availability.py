"""Availability of supply: how often at least k of n suppliers are up."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from chaintwin.laws.checking import check_number, check_numbers, check_whole


def availability(mean_up: float, mean_down: float) -> float:
    """Return the share of time a supplier is up, whatever the laws of its up and down times.

    Parameters
    ----------
    mean_up, mean_down : mean time between a recovery and the next disruption, and mean time to recover, in one unit; 0 or more,
        not both 0.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(availability(300, 14), 10)
    0.9554140127

    Source: Ross 2014, "Introduction to probability models", section 7.5.1 (alternating renewal process).
    """
    check_number("mean_down", mean_down, low=0.0)
    check_number("mean_up", mean_up, low=0.0, open_low=mean_down == 0)
    return mean_up / (mean_up + mean_down)


def k_of_n_availability(availabilities: ArrayLike, needed: int) -> float:
    """Return the probability that at least so many of several independent suppliers are up.

    Parameters
    ----------
    availabilities : float[suppliers]; share of time each is up, 0 to 1.
    needed : how many must be up, from 0 to the number of suppliers.

    Returns
    -------
    The probability, exact for suppliers that differ. What is missing is 365 times as many expected days down in a year.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(k_of_n_availability([0.955, 0.955], 1), 6)
    0.997975

    Source: Barlow & Heidtmann 1984, "Computing k-out-of-n system reliability", recursion on the number of components.
    """
    up = check_numbers("availabilities", availabilities, low=0.0, high=1.0)
    check_whole("needed", needed, high=up.size)
    # Probability of each number of suppliers that are down; few are, so that the sum of the first ones keeps its digits.
    down = np.zeros(up.size + 1)
    down[0] = 1.0
    for share in up:
        down[1:] = down[1:] * share + down[:-1] * (1 - share)
        down[0] *= share
    return float(min(1.0, down[: up.size - needed + 1].sum()))
