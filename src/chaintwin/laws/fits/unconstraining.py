"""Demand behind stock-outs: where all was sold, demand was at least that, and nobody knows how much more."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_numbers
from chaintwin.laws.fits.survival import SurvivalCurve, kaplan_meier
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LawKind

Array = NDArray[np.float64]

STEPS_MOST = 100_000
"""EM steps; each takes the share of censored values off the distance to the answer, so 99 % censored need some 3,000."""


@dataclass(frozen=True, slots=True)
class UnconstrainedDemand:
    """Demand of a period as it would have been without stock-outs.

    Parameters
    ----------
    mean, sd : of the normal law of largest likelihood, in units; it has not lost its part below zero.
    naive_mean : of what was sold, for comparison.
    sample_size : periods. censored_count : how many of them were stocked out.
    """

    mean: float
    sd: float
    naive_mean: float
    sample_size: int
    censored_count: int

    @property
    def law(self) -> Law:
        """Return the normal law with this mean and standard deviation."""
        return Law(LawKind.NORMAL, (self.mean, self.sd))


def unconstrain_normal(sales: ArrayLike, stocked_out: ArrayLike) -> UnconstrainedDemand:
    """Return the normal law of demand of largest likelihood, with sales of stocked-out periods as lower bounds.

    Parameters
    ----------
    sales : float[n], units sold in each period, 0 or more.
    stocked_out : n flags, true where all was sold and demand may have been more; at least one is false.

    Returns
    -------
    The law of largest likelihood (the standard deviation has the divisor n, as likelihood has it).

    Raises
    ------
    UsageError : lengths differ, a number is out of its range, or every period was stocked out.

    Example
    -------
    >>> sold = [80, 95, 100, 100, 70, 88, 100, 92, 100, 76]
    >>> found = unconstrain_normal(sold, [0, 0, 1, 1, 0, 0, 1, 0, 1, 0])
    >>> round(found.mean, 3), round(found.sd, 3), found.naive_mean
    (94.543, 16.17, 90.1)

    Source: Tobin 1958; expectation and maximization by Dempster, Laird & Rubin 1977, section 4.2; its fixed point is the maximum.
    """
    sold, is_bound = _checked(sales, stocked_out)
    if is_bound.all():
        raise UsageError(f"stocked_out: found all {sold.size} periods; allowed: at least one that was not")
    naive = float(sold.mean())
    seen, bounds = sold[~is_bound], sold[is_bound]
    # In units of the spread, around the naive mean, so that no size of number hurts.
    unit = float(sold.std())
    if not bounds.size or unit == 0:
        return UnconstrainedDemand(float(sold.mean()), unit, naive, sold.size, bounds.size)
    mean, sd = _maximize((seen - naive) / unit, (bounds - naive) / unit)
    return UnconstrainedDemand(naive + unit * mean, unit * sd, naive, sold.size, bounds.size)


def demand_curve(sales: ArrayLike, stocked_out: ArrayLike) -> SurvivalCurve:
    """Return the share of periods with a demand of more than each amount, without a law behind it.

    Parameters
    ----------
    sales, stocked_out : as for `unconstrain_normal`; all periods may be stocked out.

    Returns
    -------
    The Kaplan-Meier curve over amounts instead of ages: ``times`` are amounts. Beyond the largest sale the data say nothing.

    Raises
    ------
    UsageError : lengths differ, or a number is out of its range.

    Example
    -------
    >>> curve = demand_curve([3, 4, 4, 6], [0, 0, 1, 0])
    >>> curve.times.tolist(), curve.survival.tolist()
    ([3.0, 4.0, 6.0], [0.75, 0.5, 0.0])

    Source: Kaplan & Meier 1958; Huh, Levi, Rusmevichientong & Orlin 2011, "Adaptive data-driven inventory control with censored
    demand based on Kaplan-Meier estimator".
    """
    sold, is_bound = _checked(sales, stocked_out)
    return kaplan_meier(sold, ~is_bound)


def _maximize(seen: Array, bounds: Array) -> tuple[float, float]:
    """Return mean and standard deviation of largest likelihood: EM, each step expects the censored values anew."""
    count = seen.size + bounds.size
    seen_sum, seen_squares = float(seen.sum()), float((seen**2).sum())
    mean, sd = 0.0, 1.0
    for _ in range(STEPS_MOST):
        z = (bounds - mean) / sd
        # Inverse Mills ratio: density over the upper tail; exact far out in it, where both are next to nothing.
        ratio = math.sqrt(2 / math.pi) / special.erfcx(z / math.sqrt(2))
        expected = mean + sd * ratio
        squares = mean**2 + sd**2 + sd * (bounds + mean) * ratio
        after = (seen_sum + float(expected.sum())) / count
        variance = (seen_squares + float(squares.sum())) / count - after**2
        spread = math.sqrt(max(variance, 1e-24))
        step = abs(after - mean) + abs(spread - sd)
        mean, sd = after, spread
        if step < 1e-13 or sd <= 1e-12:
            break
    return mean, sd


def _checked(sales: ArrayLike, stocked_out: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    sold = check_numbers("sales", sales, low=0.0)
    flags = np.atleast_1d(np.asarray(stocked_out)).astype(np.bool_)
    if flags.shape != sold.shape:
        raise UsageError(f"stocked_out: found {flags.size} flags; allowed: one for each of the {sold.size} periods")
    return sold, flags
