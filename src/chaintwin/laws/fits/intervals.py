"""Whole numbers known to lie between bounds: the most likely probabilities, without a law behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_numbers
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LawKind

Array = NDArray[np.float64]

NO_BOUND = -1
"""Stands for a value that may be of any size."""

STEPS_MOST = 5_000
"""EM steps; the likelihood is flat by then where it still moves."""


@dataclass(frozen=True, slots=True)
class IntervalFit:
    """Probabilities of whole numbers.

    Parameters
    ----------
    law : pmf or constant. log_likelihood : of the bounds, natural logarithm. sample_size : values that say something.
    """

    law: Law
    log_likelihood: float
    sample_size: int


def fit_intervals(lows: ArrayLike, highs: ArrayLike, *, draws: Array | None = None) -> IntervalFit:
    """Return the probabilities of largest likelihood of whole numbers that are known to lie between bounds.

    Parameters
    ----------
    lows : int[n], least possible value, 0 or more. highs : int[n], largest possible one, at least ``lows``; ``NO_BOUND``
        where there is none, for what has not ended yet.
    draws : float[n], weight of each value, 0 or more; one each by default. Exponential weights give a draw of the Bayesian
        bootstrap.

    Returns
    -------
    The law. What has no upper bound is put at the largest bound of all at most.

    Raises
    ------
    UsageError : there are no values, or bounds out of range or order.

    Example
    -------
    >>> str(fit_intervals([2, 2, 3, 0], [2, 2, 3, 2]).law)
    'pmf(2:0.75, 3:0.25)'

    Source: Turnbull 1976, "The empirical distribution function with arbitrarily grouped, censored and truncated data".
    """
    low = check_numbers("lows", lows, low=0.0).astype(np.int64)
    high = check_numbers("highs", highs, low=NO_BOUND, size=low.size).astype(np.int64)
    top = int(max(low.max(), high.max()))
    high = np.where(high == NO_BOUND, top, high)
    if (high < low).any():
        place = int(np.flatnonzero(high < low)[0])
        raise UsageError(f"highs[{place}]: found {high[place]}; allowed: at least lows[{place}], {low[place]}")
    weight = np.ones(low.size) if draws is None else check_numbers("draws", draws, low=0.0, size=low.size)
    pairs, group = np.unique(np.column_stack([low, high]), axis=0, return_inverse=True)
    mass = np.asarray(np.bincount(group.ravel(), weights=weight, minlength=pairs.shape[0]), dtype=np.float64)
    support = np.arange(top + 1)
    inside = (support >= pairs[:, :1]) & (support <= pairs[:, 1:])
    # Mass belongs only where some interval ends; elsewhere it could be moved without loss (Turnbull 1976, section 2).
    support, inside = support[np.unique(pairs[:, 1])], inside[:, np.unique(pairs[:, 1])]
    shares = _maximize(inside.astype(np.float64), mass)
    seen = inside @ shares
    likelihood = float(mass[mass > 0] @ np.log(np.maximum(seen[mass > 0], 1e-300)))
    return IntervalFit(pmf_of(support.astype(np.float64), shares), likelihood, low.size)


def pmf_of(values: Array, shares: Array) -> Law:
    """Return the law of some values with shares that may hold dust and miss 1 by rounding; a constant where one is left.

    Parameters
    ----------
    values : float[n], ascending. shares : float[n], 0 or more.

    Example
    -------
    >>> import numpy as np
    >>> str(pmf_of(np.array([1.0, 2.0, 3.0]), np.array([0.5, 1e-15, 0.5])))
    'pmf(1:0.5, 3:0.5)'
    """
    kept = shares > 1e-9 * shares.max()
    points, parts = values[kept].tolist(), shares[kept] / shares[kept].sum()
    if len(points) == 1:
        return Law(LawKind.CONSTANT, (points[0],))
    # Nine digits are more than any sample holds, and short enough to be read.
    rounded = np.maximum(np.round(parts, 9), 1e-9)
    rounded[int(np.argmax(rounded))] += 1.0 - rounded.sum()
    return Law(LawKind.PMF, values=tuple(points), weights=tuple(np.round(rounded, 12).tolist()))


def _maximize(inside: Array, mass: Array) -> Array:
    """Return shares that say the most of the mass: each interval spreads its own over its values, in their present ratio."""
    shares = np.full(inside.shape[1], 1.0 / inside.shape[1])
    total = mass.sum()
    if total <= 0:
        raise UsageError("draws: found no weight above 0; allowed: at least one")
    for _ in range(STEPS_MOST):
        after = shares * (inside.T @ (mass / np.maximum(inside @ shares, 1e-300))) / total
        step = float(np.abs(after - shares).max())
        shares = after
        if step < 1e-11:
            break
    return np.asarray(shares / shares.sum())
