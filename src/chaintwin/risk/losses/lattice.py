"""Laws of losses put on a lattice of amounts, with their mean kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.laws import Law
from chaintwin.laws.checking import check_number, check_whole

Array = NDArray[np.float64]


def spread_on_lattice(law: Law, step: float, *, size: int) -> Array:
    """Return the probabilities of 0, step, 2 step, ... after each value is split over the two amounts around it.

    Parameters
    ----------
    law : of values of 0 or more.
    step : distance of the amounts, more than 0.
    size : number of amounts, 2 or more.

    Returns
    -------
    float64[size], 0 or more. The stop loss E(X - x)+ of the split law equals that of the law at each amount, so the mean is kept;
    the sum is less than 1 by what lies beyond the last amount, and the last amount itself holds only what was split onto it from
    below.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> from chaintwin.laws import parse
    >>> spread_on_lattice(parse("pmf(1:0.5, 2.5:0.5)"), 1.0, size=5).tolist()
    [0.0, 0.5, 0.25, 0.25, 0.0]

    Source: Gerber 1982, "On the numerical evaluation of the distribution of aggregate claims", method of local moments of order
    1.
    """
    check_number("step", step, low=0.0, open_low=True)
    check_whole("size", size, low=2)
    amounts = np.arange(size + 1) * step
    excess = _stop_loss(law, amounts)
    # Probability of more than an amount, averaged over the step above it; its differences are the masses.
    above = -np.diff(excess) / step
    masses = np.empty(size)
    masses[0] = 1 - above[0]
    masses[1:] = above[:-1] - above[1:]
    return np.maximum(masses, 0.0)


def _stop_loss(law: Law, amounts: NDArray[np.floating]) -> Array:
    return np.array([law.expected_excess(float(amount)) for amount in amounts])
