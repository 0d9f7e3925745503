"""What follows an alarm: since when the model is off, and whether a refit on the data since then predicts better."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_level, check_numbers
from chaintwin.laws.sequential import ChangePoint, change_point, normal_scores, spread_scores

ORIGINS_LEAST = 8
"""A holdout of fewer forecasts decides nothing (METHODS 6.1 asks for as many origins)."""


class Drift(StrEnum):
    """In which way forecasts went off."""

    LEVEL = "level"
    """What comes about is higher or lower than forecast."""
    SPREAD = "spread"
    """It is further off, or less far, than forecast."""


@dataclass(frozen=True, slots=True)
class ChangeEstimate:
    """Since when forecasts have been off.

    Parameters
    ----------
    drift : in which way. change : the place of the first value after the change, and places nearly as likely.
    """

    drift: Drift
    change: ChangePoint


class Verdict(StrEnum):
    """What is done with a refit."""

    ACCEPT = "accept"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class RefitDecision:
    """Whether a refit takes the place of the parameters in use.

    Parameters
    ----------
    verdict : accept only if the whole interval of the improvement is above 0; otherwise the model itself is to be reviewed.
    improvement : mean CRPS of the old parameters less that of the new ones on the holdout, in the unit of the values.
    low, high : its interval; infinite with too few forecasts.
    old_crps, new_crps : mean scores. size : forecasts in the holdout. reason : in words.
    """

    verdict: Verdict
    improvement: float
    low: float
    high: float
    old_crps: float
    new_crps: float
    size: int
    reason: str


def estimate_change(pits: ArrayLike, *, allowance: float = 0.5) -> ChangeEstimate | None:
    """Return since when forecasts have been off, from their PITs up to an alarm.

    Parameters
    ----------
    pits : float[n], 0 to 1, in the order of time, of horizons that do not overlap.
    allowance : half the shift looked for, in standard deviations; 0.5 finds shifts of one best.

    Returns
    -------
    The estimate of the way, level or spread, that makes the values behind its change more likely; None where neither CUSUM is
    above 0.

    Raises
    ------
    UsageError : there are no values, or a number is out of its range.

    Example
    -------
    >>> found = estimate_change([0.5, 0.3, 0.7, 0.4, 0.97, 0.92, 0.99, 0.95])
    >>> found.drift.value, found.change.at
    ('level', 4)

    Source: METHODS 7.6; Page 1954; likelihood ratios of a normal law with another mean, or another standard deviation.
    """
    found = []
    for drift, scores in ((Drift.LEVEL, normal_scores(pits)), (Drift.SPREAD, spread_scores(pits))):
        change = change_point(scores, allowance=allowance)
        if change is not None:
            found.append(ChangeEstimate(drift, change))
    values = normal_scores(pits)
    return max(found, key=lambda one: _likelihood_ratio(one.drift, values[one.change.at :]), default=None)


def judge_refit(old_crps: ArrayLike, new_crps: ArrayLike, *, confidence: float = 0.95, block: int = 1) -> RefitDecision:
    """Decide whether a refit predicts better than the parameters in use, on forecasts that neither was fitted to.

    Parameters
    ----------
    old_crps, new_crps : float[n], CRPS of the same forecasts of the last holdout, in the order of time; fair ones may be below 0.
    confidence : of the interval, between 0 and 1.
    block : forecasts that are taken together, for those that overlap in time; 1 where they do not.

    Returns
    -------
    The decision with the paired interval by the law of Student.

    Raises
    ------
    UsageError : lengths differ, or a number is out of its range.

    Example
    -------
    >>> found = judge_refit([2.0, 2.2, 1.9, 2.1, 2.3, 2.0, 1.8, 2.1], [1.1, 1.0, 1.2, 0.9, 1.4, 1.0, 1.1, 1.0])
    >>> found.verdict.value, round(found.improvement, 4), found.low > 0
    ('accept', 0.9625, True)

    Source: METHODS 7.6; paired differences by batch means, Law 2015, "Simulation Modeling and Analysis", section 10.2.
    """
    from scipy.special import stdtrit

    old = check_numbers("old_crps", old_crps)
    new = check_numbers("new_crps", new_crps, size=old.size)
    check_level("confidence", confidence)
    if block < 1:
        raise UsageError(f"block: found {block}; allowed: 1 or more")
    gains = old - new
    improvement = float(gains.mean())
    # The oldest forecasts that fill no block are left out of the interval, not out of the mean.
    blocks = gains[gains.size % block :].reshape(-1, block).mean(axis=1)
    scores = (float(old.mean()), float(new.mean()), old.size)
    if blocks.size < ORIGINS_LEAST:
        reason = f"{blocks.size} independent forecasts in the holdout; at least {ORIGINS_LEAST} are needed"
        return RefitDecision(Verdict.ESCALATE, improvement, -math.inf, math.inf, *scores, reason)
    reach = float(stdtrit(blocks.size - 1, (1 + confidence) / 2)) * float(blocks.std(ddof=1)) / math.sqrt(blocks.size)
    low, high = float(blocks.mean()) - reach, float(blocks.mean()) + reach
    if low > 0:
        return RefitDecision(Verdict.ACCEPT, improvement, low, high, *scores, "predicts better on the holdout")
    reason = "predicts worse on the holdout" if high < 0 else "does not predict better on the holdout for sure"
    return RefitDecision(Verdict.ESCALATE, improvement, low, high, *scores, reason)


def _likelihood_ratio(drift: Drift, values: NDArray[np.float64]) -> float:
    """Return the logarithm of the largest likelihood of values of that drift over that of a standard normal law."""
    if drift is Drift.LEVEL:
        return values.size * float(values.mean()) ** 2 / 2
    square = max(float((values**2).mean()), 1e-12)
    return values.size * (square - 1 - math.log(square)) / 2
