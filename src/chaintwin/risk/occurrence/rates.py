"""Rates of rare events from sparse history: a Gamma belief, updated by what was counted, pooled within a class of hazards."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_level, check_number, check_numbers, check_whole

SHAPE_BOUNDS = (1e-3, 1e6)
"""Shapes of a pooled prior: below, all events would fall on one member; above, all members have one rate for every purpose."""


@dataclass(frozen=True, slots=True)
class GammaBelief:
    """What is believed of a yearly rate: a Gamma law.

    Parameters
    ----------
    shape : more than 0; as if so many events had been seen.
    exposure_years : more than 0; as if they had been seen in so many years (the rate parameter of the Gamma law).

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> belief = GammaBelief(3.5, 14.0)
    >>> belief.mean, [round(bound, 4) for bound in belief.interval(0.9)], round(belief.no_event_probability(1.0), 4)
    (0.25, [0.0774, 0.5024], 0.7855)
    """

    shape: float
    exposure_years: float

    def __post_init__(self) -> None:
        check_number("shape", self.shape, low=0.0, open_low=True)
        check_number("exposure_years", self.exposure_years, low=0.0, open_low=True)

    @property
    def mean(self) -> float:
        """Return the expected rate, events per year."""
        return self.shape / self.exposure_years

    def interval(self, confidence: float = 0.9) -> tuple[float, float]:
        """Return the central interval that holds the rate with this probability, events per year."""
        from scipy.stats import gamma

        level = check_level("confidence", confidence)
        low, high = (float(gamma.ppf(share, self.shape)) for share in ((1 - level) / 2, (1 + level) / 2))
        return low / self.exposure_years, high / self.exposure_years

    def no_event_probability(self, horizon_years: float) -> float:
        """Return the probability that nothing happens within a horizon (negative binomial)."""
        check_number("horizon_years", horizon_years, low=0.0)
        return math.exp(-self.shape * math.log1p(horizon_years / self.exposure_years))


@dataclass(frozen=True, slots=True)
class RateEstimate:
    """A rate with all that it stands on, so that none is shown without the others.

    Parameters
    ----------
    prior : what was believed before.
    events : how many were counted.
    exposure_years : years in which they were counted, over all places together.
    posterior : what is believed now.
    confidence : of ``interval``.
    interval : central interval of the rate, events per year.
    """

    prior: GammaBelief
    events: int
    exposure_years: float
    posterior: GammaBelief
    confidence: float
    interval: tuple[float, float]

    @property
    def mean(self) -> float:
        """Return the expected rate, events per year."""
        return self.posterior.mean


def estimate_rate(prior: GammaBelief, events: int, *, exposure_years: float, confidence: float = 0.9) -> RateEstimate:
    """Return what is believed of a rate after counting events.

    Parameters
    ----------
    prior : what was believed before; ``GammaBelief(0.5, 2.0)`` is as if half an event had been seen in two years.
    events : how many were counted, 0 or more.
    exposure_years : in how many years, 0 or more.
    confidence : of the interval, between 0 and 1.

    Returns
    -------
    Prior, data, posterior and interval.

    Raises
    ------
    UsageError : a number is out of its range, or events were counted in no time.

    Example
    -------
    >>> estimate_rate(GammaBelief(0.5, 2.0), 3, exposure_years=12.0).mean
    0.25

    Source: Gelman et al. 2013, "Bayesian data analysis", section 2.6.
    """
    check_whole("events", events)
    check_number("exposure_years", exposure_years, low=0.0, open_low=events > 0)
    posterior = GammaBelief(prior.shape + events, prior.exposure_years + exposure_years)
    return RateEstimate(
        prior=prior,
        events=events,
        exposure_years=exposure_years,
        posterior=posterior,
        confidence=confidence,
        interval=posterior.interval(confidence),
    )


@dataclass(frozen=True, slots=True)
class PooledRates:
    """Rates of the members of one class of hazards, each drawn towards the class.

    Parameters
    ----------
    class_prior : the Gamma law of rates in the class, fitted to all members' counts.
    members : the estimate of each member, in order.
    is_fully_pooled : the counts differ no more than by chance, so that the members share one rate.
    """

    class_prior: GammaBelief
    members: tuple[RateEstimate, ...]
    is_fully_pooled: bool


def pool_rates(events: ArrayLike, exposure_years: ArrayLike, *, prior: GammaBelief, confidence: float = 0.9) -> PooledRates:
    """Return the rates of all members of a class of hazards, pooled by empirical Bayes.

    The law of rates within the class is the Gamma law under which the counts, negative binomial then, are most likely. A
    class with one member or without events cannot say how rates differ; it falls back on ``prior``.

    Parameters
    ----------
    events : int[members]; how many each member counted.
    exposure_years : float[members]; in how many years, more than 0.
    prior : what is believed of a rate of the class where the counts cannot tell.
    confidence : of the intervals, between 0 and 1. They take the class as known, and are somewhat narrow for few members.

    Returns
    -------
    The law of the class and the estimate of each member.

    Raises
    ------
    UsageError : a number is out of its range, a count is not whole, or the lists differ in length.

    Example
    -------
    >>> pooled = pool_rates([0, 1, 0, 6], [10, 12, 9, 11], prior=GammaBelief(0.5, 2.0))
    >>> [round(member.mean, 2) for member in pooled.members]
    [0.04, 0.1, 0.04, 0.46]

    Source: Gaver & O'Muircheartaigh 1987, "Robust empirical Bayes analyses of event rates".
    """
    counts = check_numbers("events", events, low=0.0)
    years = check_numbers("exposure_years", exposure_years, low=0.0, size=counts.size)
    if (counts != np.floor(counts)).any() or (years == 0).any():
        raise UsageError("events, exposure_years: found a broken count or no time; allowed: whole numbers in more than 0 years")
    fitted = _fit_class(counts, years) if counts.size > 1 and counts.sum() > 0 else None
    class_prior = prior if fitted is None else fitted
    members = tuple(
        estimate_rate(class_prior, int(count), exposure_years=float(span), confidence=confidence)
        for count, span in zip(counts, years, strict=True)
    )
    return PooledRates(class_prior, members, is_fully_pooled=fitted is not None and fitted.shape >= 0.99 * SHAPE_BOUNDS[1])


def _fit_class(counts: NDArray[np.float64], years: NDArray[np.float64]) -> GammaBelief:
    """Return the Gamma law of rates that makes the counts most likely: for each shape the best mean, then the best shape."""
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    def best_mean(shape: float) -> float:
        # The derivative of the likelihood in the mean m is zero where m = sum w x / sum w t with weights w = 1 / (shape + m t).
        mean = counts.sum() / years.sum()
        for _ in range(200):
            weights = 1 / (shape + mean * years)
            before, mean = mean, (weights @ counts) / (weights @ years)
            if abs(mean - before) <= 1e-13 * before:
                break
        return float(mean)

    def loss(log_shape: float) -> float:
        shape = math.exp(log_shape)
        expected = best_mean(shape) * years
        terms = gammaln(counts + shape) - gammaln(shape) - shape * np.log1p(expected / shape)
        return -float((terms + counts * np.log(expected / (shape + expected))).sum())

    low, high = (math.log(bound) for bound in SHAPE_BOUNDS)
    # The likelihood may have a flat shoulder, so the best of a grid is refined rather than the whole range searched at once.
    grid = np.linspace(low, high, 84)
    losses = [loss(float(point)) for point in grid]
    best = int(np.argmin(losses))
    # Beyond a shape of 1e4 the likelihood changes by rounding alone; then one rate for all explains the counts as well.
    if losses[-1] <= losses[best] + 1e-7:
        shape = SHAPE_BOUNDS[1]
    else:
        bounds = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, grid.size - 1)]))
        shape = math.exp(float(minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-10}).x))
    return GammaBelief(shape, shape / best_mean(shape))
