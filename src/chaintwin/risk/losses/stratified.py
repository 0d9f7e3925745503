"""Rare events: simulate years without and with events apart, and put them together by their known probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, check_numbers, check_whole

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StratifiedPlan:
    """How many replications each stratum gets, and what that is worth.

    Parameters
    ----------
    mean : of all strata together.
    replications : float64[strata]; the best split of the budget, not rounded.
    variance : of the estimated mean with that split.
    crude_variance : of the estimated mean when the strata are left to chance.
    """

    mean: float
    replications: Array
    variance: float
    crude_variance: float

    @property
    def variance_reduction(self) -> float:
        """Return how many times smaller the variance is than that of crude sampling."""
        return self.crude_variance / self.variance if self.variance > 0 else math.inf


@dataclass(frozen=True, slots=True)
class StratifiedEstimate:
    """A mean over strata with its standard error, and the sample as one with weights.

    Parameters
    ----------
    mean, standard_error : of the loss, in its unit.
    losses, weights : float64[n]; all losses and the probability each stands for, 1 in sum, as `tail_risk` takes them.
    """

    mean: float
    standard_error: float
    losses: Array
    weights: Array


def event_strata(rate: float) -> Array:
    """Return the probabilities of a span without and with events.

    Parameters
    ----------
    rate : expected number of events in the span (Poisson), 0 or more.

    Returns
    -------
    float64[2], 1 in sum.

    Example
    -------
    >>> event_strata(0.05).round(6).tolist()
    [0.951229, 0.048771]
    """
    check_number("rate", rate, low=0.0)
    return np.array([math.exp(-rate), -math.expm1(-rate)])


def counts_given_some(rate: float, uniforms: ArrayLike) -> NDArray[np.int64]:
    """Return Poisson counts that are not zero, by inversion.

    Parameters
    ----------
    rate : expected number of events, more than 0.
    uniforms : float[n], within 0 to 1.

    Returns
    -------
    int64[n], 1 or more.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> counts_given_some(0.05, [0.1, 0.99]).tolist()
    [1, 2]

    Source: inversion within a stratum, Asmussen & Glynn 2007, "Stochastic simulation", section V.7.
    """
    from scipy.special import gammainc

    check_number("rate", rate, low=0.0, open_low=True)
    wanted = check_numbers("uniforms", uniforms, low=0.0, high=1.0)
    # P(N > n | N > 0), from the upper tail so that a tiny rate keeps its digits.
    upper = (1 - wanted) * -math.expm1(-rate)
    counts = np.ones(wanted.size, dtype=np.int64)
    more = np.arange(wanted.size)
    while more.size:
        more = more[gammainc(counts[more] + 1.0, rate) > upper[more]]
        if counts.max() > rate + 60 * math.sqrt(rate) + 200:
            break
        counts[more] += 1
    return counts


def plan_strata(probabilities: ArrayLike, means: ArrayLike, *, variances: ArrayLike, budget: int) -> StratifiedPlan:
    """Return the split of a budget of replications that makes the variance of the mean smallest (Neyman allocation).

    Parameters
    ----------
    probabilities : float[strata], 0 or more, 1 in sum; for rare events `event_strata`.
    means, variances : float[strata] of the loss within each stratum, from a pilot run; variances are 0 or more.
    budget : replications in all, 1 or more.

    Returns
    -------
    The plan. A stratum gets replications in proportion to probability times standard deviation.

    Raises
    ------
    UsageError : a number is out of its range, or the lists differ in length.

    Example
    -------
    >>> plan = plan_strata(event_strata(0.05), [100, 900], variances=[400, 250_000], budget=4096)
    >>> plan.replications.round(1).tolist(), round(plan.variance_reduction, 1)
    ([1795.1, 2300.9], 22.4)

    Source: Neyman 1934; Asmussen & Glynn 2007, section V.7.
    """
    shares = _check_probabilities(probabilities)
    center = check_numbers("means", means, size=shares.size)
    spread = np.sqrt(check_numbers("variances", variances, low=0.0, size=shares.size))
    check_whole("budget", budget, low=1)
    mean = math.fsum(shares * center)
    pull = shares * spread
    total = math.fsum(pull)
    split = pull / total if total > 0 else shares
    within = math.fsum(shares * spread**2)
    between = math.fsum(shares * (center - mean) ** 2)
    return StratifiedPlan(mean, split * budget, variance=total**2 / budget, crude_variance=(within + between) / budget)


def estimate_strata(probabilities: ArrayLike, samples: Sequence[ArrayLike]) -> StratifiedEstimate:
    """Return the mean of all strata from a sample of each.

    Parameters
    ----------
    probabilities : float[strata], 0 or more, 1 in sum.
    samples : the losses simulated in each stratum, at least 2 wherever the probability is not 0.

    Returns
    -------
    Mean and standard error, and all losses with weights.

    Raises
    ------
    UsageError : too few losses, or a number out of its range.

    Example
    -------
    >>> found = estimate_strata([0.9, 0.1], [[0, 0, 0], [80, 120]])
    >>> found.mean, round(found.standard_error, 9), found.weights.round(3).tolist()
    (10.0, 2.0, [0.3, 0.3, 0.3, 0.05, 0.05])

    Source: Asmussen & Glynn 2007, section V.7.
    """
    shares = _check_probabilities(probabilities)
    if len(samples) != shares.size:
        raise UsageError(f"samples: found {len(samples)} strata; allowed: {shares.size}, one for each probability")
    parts = [check_numbers(f"samples[{i}]", part) for i, part in enumerate(samples)]
    for index, (share, part) in enumerate(zip(shares, parts, strict=True)):
        if share > 0 and part.size < 2:
            raise UsageError(f"samples[{index}]: found 1 loss; allowed: at least 2; fix: run more replications of this stratum")
    variance = math.fsum(share**2 * part.var(ddof=1) / part.size for share, part in zip(shares, parts, strict=True) if share > 0)
    weights = [np.full(part.size, share / part.size) for share, part in zip(shares, parts, strict=True)]
    losses = np.concatenate(parts)
    spread = np.concatenate(weights)
    return StratifiedEstimate(math.fsum(losses * spread), math.sqrt(variance), losses=losses, weights=spread)


def _check_probabilities(probabilities: ArrayLike) -> Array:
    shares = check_numbers("probabilities", probabilities, low=0.0, high=1.0)
    if abs(math.fsum(shares) - 1) > 1e-9:
        raise UsageError(f"probabilities: found a sum of {math.fsum(shares):g}; allowed: 1")
    return shares
