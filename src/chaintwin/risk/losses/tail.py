"""Value at risk and expected shortfall of a sample of losses, weighted or not."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_level, check_numbers
from chaintwin.laws.fits.quantiles import PROBABILITY_SLACK

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TailRisk:
    """The measures of one loss distribution at one level, in the unit of the losses.

    Parameters
    ----------
    level : share of outcomes that do not belong to the tail.
    mean : expected loss.
    value_at_risk : smallest loss that is not exceeded with at least the probability ``level``.
    expected_shortfall : mean of the worst 1 - level of outcomes, an outcome that is only partly among them counted by that part.
    """

    level: float
    mean: float
    value_at_risk: float
    expected_shortfall: float


def tail_risk(losses: ArrayLike, level: float, *, weights: ArrayLike | None = None) -> TailRisk:
    """Return value at risk and expected shortfall of a sample.

    Parameters
    ----------
    losses : float[n]; a gain is a negative loss.
    level : between 0 and 1.
    weights : float[n], 0 or more, not all 0; how often each loss counts. None counts each once.

    Returns
    -------
    The measures; the expected shortfall is never below the value at risk nor below the mean.

    Raises
    ------
    UsageError : a number is out of its range, or the lists differ in length.

    Example
    -------
    >>> tail_risk([0, 0, 0, 5, 10, 20, 40, 80, 100, 250], 0.85)
    TailRisk(level=0.85, mean=50.5, value_at_risk=100.0, expected_shortfall=200.0)

    Source: Rockafellar & Uryasev 2002, "Conditional value-at-risk for general loss distributions", proposition 8.
    """
    values = check_numbers("losses", losses)
    shares = probability_weights(values, weights)
    outcome = tail_weights(values, level, shares=shares)
    order = np.argsort(values, kind="stable")
    return TailRisk(
        level=level,
        mean=math.fsum(shares * values),
        value_at_risk=float(values[order[quantile_place(shares[order], level)]]),
        expected_shortfall=math.fsum(outcome * values),
    )


def tail_weights(losses: Array, level: float, *, shares: Array) -> Array:
    """Return how much each outcome counts in the expected shortfall.

    Parameters
    ----------
    losses : float64[n].
    level : between 0 and 1.
    shares : float64[n], the probability of each outcome, 1 in sum.

    Returns
    -------
    float64[n], 0 or more, 1 in sum. Outcomes beyond the value at risk count in full; what is missing to 1 - level falls on those
    at it, all alike, so that the weights do not depend on the order of the sample.

    Raises
    ------
    UsageError : the level is not between 0 and 1.

    Example
    -------
    >>> tail_weights(np.array([3.0, 1.0, 3.0, 9.0]), 0.5, shares=np.full(4, 0.25)).tolist()
    [0.25, 0.0, 0.25, 0.5]

    Source: Rockafellar & Uryasev 2002, proposition 8 (splitting of atoms).
    """
    tail = 1 - check_level("level", level)
    order = np.argsort(losses, kind="stable")
    limit = losses[order[quantile_place(shares[order], level)]]
    beyond = losses > limit
    at_limit = losses == limit
    outcome = np.where(beyond, shares, 0.0)
    missing = max(0.0, tail - math.fsum(outcome))
    outcome[at_limit] = missing * shares[at_limit] / math.fsum(shares[at_limit])
    return outcome / math.fsum(outcome)


def expected_shortfall_error(losses: ArrayLike, level: float) -> float:
    """Return the standard error of the expected shortfall of a sample without weights.

    Parameters
    ----------
    losses : float[n], at least 2.
    level : between 0 and 1.

    Returns
    -------
    sqrt(Var((L - VaR)+) / n) / (1 - level), in the unit of the losses. It is asymptotic: with fewer than some ten losses in the
    tail it is too small.

    Raises
    ------
    UsageError : a number is out of its range, or there is only one loss.

    Example
    -------
    >>> round(expected_shortfall_error(range(1000), 0.9), 2)
    5.6

    Source: Trindade, Uryasev, Shapiro & Zrazhevsky 2007, "Financial prediction with constrained tail risk".
    """
    values = check_numbers("losses", losses)
    if values.size < 2:
        raise UsageError("losses: found one; allowed: at least 2; fix: run more replications")
    excess = np.maximum(values - tail_risk(values, level).value_at_risk, 0.0)
    return float(excess.std(ddof=1) / math.sqrt(values.size) / (1 - level))


def probability_weights(losses: Array, weights: ArrayLike | None) -> Array:
    """Return the probability of each outcome, 1 in sum.

    Raises
    ------
    UsageError : a weight is negative, all are 0, or there is not one for each loss.

    Example
    -------
    >>> probability_weights(np.array([5.0, 7.0]), [1, 3]).tolist()
    [0.25, 0.75]
    """
    if weights is None:
        return np.full(losses.size, 1 / losses.size)
    found = check_numbers("weights", weights, low=0.0, size=losses.size)
    total = math.fsum(found)
    if total <= 0 or not math.isfinite(total):
        raise UsageError(f"weights: found a total of {total:g}; allowed: more than 0, finite")
    return found / total


def quantile_place(shares: Array, level: float) -> int:
    """Return the place of the quantile among outcomes sorted by loss, whose probabilities are given.

    Example
    -------
    >>> quantile_place(np.full(10, 0.1), 0.3)
    2
    """
    reached = np.cumsum(shares) >= level - PROBABILITY_SLACK
    if not reached.any():
        # The sum of all probabilities is below the level by rounding only: the last outcome that has any is the quantile.
        return int(np.flatnonzero(shares > 0)[-1])
    place = int(np.argmax(reached))
    # With a tiny level the slack would stop at outcomes of probability 0 before any mass.
    return int(place + np.argmax(shares[place:] > 0)) if (shares[: place + 1] == 0).all() else place
