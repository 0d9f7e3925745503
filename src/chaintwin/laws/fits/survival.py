"""Survival curves and maximum likelihood with right-censoring: what is still under way counts, it is not dropped."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from chaintwin.errors import UsageError
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LawKind

Array = NDArray[np.float64]

LEAST_LOG_SD = 1e-3
"""Fits stop at this spread of the logarithm: equal times would otherwise send the likelihood to infinity."""


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """The share not yet arrived, by age.

    Parameters
    ----------
    times : float64[k], ages at which something arrived, ascending.
    survival : float64[k], estimated P(T > time).
    standard_error : float64[k], Greenwood's; 0 where nothing is left.
    """

    times: Array
    survival: Array
    standard_error: Array

    @property
    def median(self) -> float | None:
        """Return the first age at which at most half is left, None if that was never seen."""
        reached = np.flatnonzero(self.survival <= 0.5)
        return float(self.times[reached[0]]) if reached.size else None


def kaplan_meier(times: ArrayLike, observed: ArrayLike) -> SurvivalCurve:
    """Return the Kaplan-Meier curve of durations, some of them still running.

    Parameters
    ----------
    times : n ages, 0 or more: at arrival, or now for what has not arrived.
    observed : n flags, true where it arrived.

    Returns
    -------
    One row per age with an arrival. What is censored at an age counts as at risk at that age.

    Raises
    ------
    UsageError : lengths differ, or an age is negative or not finite.

    Example
    -------
    >>> kaplan_meier([3, 4, 4, 6], [1, 1, 0, 1]).survival.tolist()
    [0.75, 0.5, 0.0]

    Source: Kaplan & Meier 1958; Greenwood 1926.
    """
    ages, arrived = _checked(times, observed)
    points = np.unique(ages[arrived])
    ordered = np.sort(ages)
    at_risk = ages.size - np.searchsorted(ordered, points, side="left")
    arrivals = np.searchsorted(np.sort(ages[arrived]), points, side="right")
    arrivals = np.diff(arrivals, prepend=0)
    survival = np.asarray(np.cumprod(1 - arrivals / at_risk), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard_variance = np.cumsum(arrivals / (at_risk * (at_risk - arrivals)))
        error = np.where(survival > 0, survival * np.sqrt(hazard_variance), 0.0)
    return SurvivalCurve(times=points, survival=survival, standard_error=error)


def fit_weibull_censored(times: ArrayLike, observed: ArrayLike) -> Law:
    """Return the Weibull law of largest likelihood, from durations of which some are still running.

    Parameters
    ----------
    times, observed : as in `kaplan_meier`; at least one arrival. An age of 0 is taken as half the smallest
        other one, at most half a period.

    Returns
    -------
    weibull(shape, scale).

    Raises
    ------
    UsageError : no arrival, or an age is negative or not finite.

    Example
    -------
    >>> law = fit_weibull_censored([3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 12, 5], [1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0])
    >>> [round(number, 4) for number in law.parameters]
    [2.7589, 7.9839]

    Source: profile likelihood, Lawless 2003, section 5.2.
    """
    ages, arrived = _positive(times, observed)
    logs = np.log(ages)
    top = float(logs.max())
    mean_log = float(logs[arrived].mean())

    def slope(shape: float) -> float:
        # Powers are taken relative to the largest age, so that they cannot overflow.
        weights = np.exp(shape * (logs - top))
        return float((weights * logs).sum() / weights.sum()) - 1 / shape - mean_log

    low, high = 0.05, 1 / LEAST_LOG_SD
    if slope(high) <= 0:
        shape = high
    elif slope(low) >= 0:
        shape = low
    else:
        shape = float(optimize.brentq(slope, low, high, xtol=1e-12, rtol=1e-13))
    power_sum = float(np.exp(shape * (logs - top)).sum()) / int(arrived.sum())
    return Law(LawKind.WEIBULL, (shape, math.exp(top + math.log(power_sum) / shape)))


def fit_lognormal_censored(times: ArrayLike, observed: ArrayLike) -> Law:
    """Return the lognormal law of largest likelihood, from durations of which some are still running.

    Parameters, returns and errors are those of `fit_weibull_censored`.

    Example
    -------
    >>> law = fit_lognormal_censored([1.0, 2.718281828459045], [1, 1])
    >>> [round(number, 6) for number in law.parameters]
    [0.5, 0.5]

    Source: standard; Lawless 2003, section 5.3.
    """
    ages, arrived = _positive(times, observed)
    logs = np.log(ages)
    if arrived.all():
        # Nothing censored: the answer is a formula, and a log of hundreds of lanes needs it hundreds of times.
        return Law(LawKind.LOGNORMAL, (float(logs.mean()), min(max(float(logs.std()), LEAST_LOG_SD), 8.0)))

    def loss(point: Array) -> float:
        sigma = math.exp(point[1])
        z = (logs - point[0]) / sigma
        return float(0.5 * (z[arrived] ** 2).sum() + arrived.sum() * point[1] - special.log_ndtr(-z[~arrived]).sum())

    start = np.array([logs[arrived].mean(), math.log(max(float(logs.std()), 10 * LEAST_LOG_SD))])
    mu, log_sigma = _minimize(loss, start, low=(-300.0, math.log(LEAST_LOG_SD)), high=(300.0, math.log(8.0)))
    return Law(LawKind.LOGNORMAL, (mu, math.exp(log_sigma)))


def fit_gamma_censored(times: ArrayLike, observed: ArrayLike) -> Law:
    """Return the gamma law of largest likelihood, from durations of which some are still running.

    Parameters, returns and errors are those of `fit_weibull_censored`.

    Example
    -------
    >>> law = fit_gamma_censored([3, 4, 4, 5, 6, 6, 7], [1, 1, 1, 1, 1, 0, 1])
    >>> round(law.mean, 2)
    5.16

    Source: standard; Lawless 2003, section 5.1.
    """
    ages, arrived = _positive(times, observed)
    logs = np.log(ages)
    if arrived.all():
        return _gamma_uncensored(ages, logs)

    def loss(point: Array) -> float:
        shape = math.exp(point[0])
        scale = math.exp(point[1] - point[0])
        log_density = (shape - 1) * logs[arrived] - ages[arrived] / scale - math.lgamma(shape) - shape * math.log(scale)
        left = special.gammaincc(shape, ages[~arrived] / scale)
        return -float(log_density.sum() + np.log(np.maximum(left, 1e-300)).sum())

    # The point is (log shape, log mean): the two are nearly uncorrelated, which makes the search short.
    spread = max(float(logs.std()), 10 * LEAST_LOG_SD)
    start = np.array([-2 * math.log(spread), math.log(float(ages.mean()))])
    log_shape, log_mean = _minimize(loss, start, low=(-6.0, -300.0), high=(-2 * math.log(LEAST_LOG_SD), 300.0))
    return Law(LawKind.GAMMA, (math.exp(log_shape), math.exp(log_mean - log_shape)))


def log_likelihood(law: Law, times: ArrayLike, *, observed: ArrayLike) -> float:
    """Return the log-likelihood of durations under a Weibull, gamma or lognormal law.

    Parameters
    ----------
    law : a law of one of the three kinds.
    times, observed : as in `fit_weibull_censored`.

    Example
    -------
    >>> round(log_likelihood(Law(LawKind.WEIBULL, (1.0, 2.0)), [2.0, 4.0], observed=[1, 0]), 6)
    -3.693147
    """
    ages, arrived = _positive(times, observed)
    first, second = law.parameters
    seen, logs = ages[arrived], np.log(ages[arrived])
    if law.kind is LawKind.WEIBULL:
        density = math.log(first / second) + (first - 1) * (logs - math.log(second)) - (seen / second) ** first
    elif law.kind is LawKind.GAMMA:
        density = (first - 1) * logs - seen / second - math.lgamma(first) - first * math.log(second)
    else:
        density = -0.5 * ((logs - first) / second) ** 2 - logs - math.log(second * math.sqrt(2 * math.pi))
    left = np.maximum(1 - law.cdf_many(ages[~arrived]), 1e-300)
    return float(density.sum() + np.log(left).sum())


def _gamma_uncensored(ages: Array, logs: Array) -> Law:
    """Return the most likely gamma law where everything arrived: log k - psi(k) equals log of the mean minus mean of the logs."""
    gap = math.log(float(ages.mean())) - float(logs.mean())

    def surplus(log_shape: float) -> float:
        return log_shape - float(special.psi(math.exp(log_shape))) - gap

    low, high = -6.0, -2 * math.log(LEAST_LOG_SD)
    if surplus(low) <= 0 or surplus(high) >= 0:
        log_shape = low if surplus(low) <= 0 else high
    else:
        log_shape = float(optimize.brentq(surplus, low, high, xtol=1e-12))
    shape = math.exp(log_shape)
    return Law(LawKind.GAMMA, (shape, float(ages.mean()) / shape))


def _minimize(
    loss: Callable[[Array], float], start: Array, *, low: tuple[float, float], high: tuple[float, float]
) -> tuple[float, float]:
    start = np.clip(start, low, high)
    bounds = list(zip(low, high, strict=True))
    found = optimize.minimize(
        loss, start, method="Nelder-Mead", bounds=bounds, options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 2000}
    )
    return float(found.x[0]), float(found.x[1])


def _checked(times: ArrayLike, observed: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    ages = np.atleast_1d(np.asarray(times, dtype=np.float64))
    arrived = np.atleast_1d(np.asarray(observed)).astype(np.bool_)
    if ages.shape != arrived.shape or ages.ndim != 1:
        raise UsageError(f"times, observed: found shapes {ages.shape} and {arrived.shape}; allowed: two lists of one length")
    is_bad = ~(np.isfinite(ages) & (ages >= 0))
    if is_bad.any():
        raise UsageError(f"times: found {ages[is_bad][0]:g}; allowed: finite numbers, 0 or more")
    return ages, arrived


def _positive(times: ArrayLike, observed: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    """Check the data and lift ages of zero, whose logarithm does not exist."""
    ages, arrived = _checked(times, observed)
    if not arrived.any():
        raise UsageError("observed: found no arrival; allowed: at least one")
    above = ages[ages > 0]
    # Times are whole periods: what took none took less than half of one.
    return np.where(ages > 0, ages, 0.5 * min(above.min(initial=1.0), 1.0)), arrived
