"""Draws of a lead-time law, by the rule of its fit: the curve where 30 have arrived, else a law drawn towards the lane family.

With few arrivals the parameters are the logarithms of mean and coefficient of variation, of the most likely of Weibull, gamma and
lognormal. The prior is normal: at the law of the other lanes of the family and worth as many arrivals as they have, at most
``FAMILY_WEIGHT``; without a family at the mean the data support and half of it as standard deviation, wide by a factor of e each.
Where shipments are out, the mean is at most what the data support, and as much more as so few arrivals leave open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from chaintwin.laws.fits.lead_times import CURVE_ARRIVALS, FAMILY_WEIGHT, SHAPE_ARRIVALS, fit_lead_time, supported_mean
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LawKind
from chaintwin.laws.posteriors.curves import curve_posterior
from chaintwin.laws.posteriors.samples import Drawing, LawPosterior, sample_two

Array = NDArray[np.float64]

LEAST_CV, MOST_CV = 0.01, 5.0
"""Bounds of the coefficient of variation of a draw."""

OPEN_SDS = 2.0
"""Standard deviations of the logarithm of a mean of so many arrivals, by which draws may lie above what the data support."""

AGES_AT_ONCE = 256
"""Ages whose likelihood is worked out at once: with all proposals some megabytes."""

LONE_CV = 0.5
"""Where the prior of a lane without family is centered."""


def lead_time_posterior(
    times: ArrayLike,
    observed: ArrayLike,
    *,
    drawing: Drawing,
    relatives_times: ArrayLike | None = None,
    relatives_observed: ArrayLike | None = None,
) -> LawPosterior | None:
    """Return draws of the lead-time law of one lane; their best law is that of `fit_lead_time`.

    Parameters
    ----------
    times, observed : as for `chaintwin.laws.fits.fit_lead_time`.
    drawing : seed, stream and number of draws.
    relatives_times, relatives_observed : ages and flags of the other lanes of the family, without those of the lane itself, which
        would count twice; all arrived without flags.

    Returns
    -------
    The posterior; None if nothing arrived on the lane.

    Raises
    ------
    UsageError : as for `fit_lead_time`.

    Example
    -------
    >>> found = lead_time_posterior([4, 5, 5, 7, 9, 6], [1, 1, 1, 1, 1, 0], drawing=Drawing(7, "a", count=100))
    >>> low, high = found.interval()
    >>> low < found.best.mean < high
    True

    Source: METHODS 7.1; shrinkage as in Gelman et al. 2013, section 5.4.
    """
    ages = np.atleast_1d(np.asarray(times, dtype=np.float64))
    arrived = np.atleast_1d(np.asarray(observed)).astype(np.bool_)
    relatives = _relatives(relatives_times, relatives_observed)
    family = None if relatives is None else (np.concatenate([ages, relatives[0]]), np.concatenate([arrived, relatives[1]]))
    fitted = fit_lead_time(
        times,
        observed,
        family_times=None if family is None else family[0],
        family_observed=None if family is None else family[1],
    )
    if fitted.law is None:
        return None
    arrivals = int(arrived.sum())
    counts = (fitted.sample_size, fitted.censored_count)
    if arrivals >= CURVE_ARRIVALS:
        drawn = curve_posterior(ages, arrived, drawing=drawing)
        return LawPosterior(fitted.law, drawn.draws, drawn.method, *counts)
    supported = supported_mean(ages, arrived)
    is_fixed = relatives is None and arrivals >= SHAPE_ARRIVALS and fitted.law.kind is LawKind.CONSTANT
    if ages.max() <= 0 or is_fixed:
        # What always took the same is fixed, as the fit says.
        return LawPosterior(fitted.law, (fitted.law,) * drawing.count, fitted.method.value, *counts)
    prior = _prior(relatives, supported)
    most = math.inf if arrived.all() else math.log(supported) + OPEN_SDS / math.sqrt(arrivals)
    kind = _kind(fitted.law if arrivals >= SHAPE_ARRIVALS else None)
    # Times are whole periods: what took none took less than half of one.
    above = ages[ages > 0]
    lifted = np.where(ages > 0, ages, 0.5 * min(float(above.min()), 1.0))

    def log_density(points: Array) -> Array:
        inside = (points[:, 1] >= math.log(LEAST_CV)) & (points[:, 1] <= math.log(MOST_CV)) & (points[:, 0] <= most)
        kept = np.clip(points, [-30.0, math.log(LEAST_CV)], [30.0, math.log(MOST_CV)])
        total = _log_likelihood(kind, kept, ages=lifted, arrived=arrived) + prior.log_density(kept)
        return np.where(inside, total, -np.inf)

    draws = sample_two(log_density, prior.center, spread=prior.spread, drawing=drawing)
    laws = tuple(law_of(kind, math.exp(log_mean), cv=math.exp(log_cv)) for log_mean, log_cv in draws.tolist())
    return LawPosterior(fitted.law, laws, f"{fitted.method.value}; importance sampling", *counts)


def law_of(kind: LawKind, mean: float, *, cv: float) -> Law:
    """Return the Weibull, gamma or lognormal law with a mean and a coefficient of variation.

    Parameters
    ----------
    kind : one of the three. mean : above 0. cv : from ``LEAST_CV`` to ``MOST_CV``.

    Example
    -------
    >>> law = law_of(LawKind.WEIBULL, 7.0, cv=0.4)
    >>> round(law.mean, 9), round(law.sd / law.mean, 6)
    (7.0, 0.4)
    """
    first, second = _parameters(kind, np.array([math.log(mean)]), log_cv=np.array([math.log(cv)]))
    return Law(kind, (float(first[0]), float(second[0])))


@dataclass(frozen=True, slots=True)
class _Prior:
    """A normal law of the two logarithms, independent of each other."""

    center: Array
    spread: Array

    def log_density(self, points: Array) -> Array:
        return np.asarray(-0.5 * (((points - self.center) / self.spread) ** 2).sum(axis=1))


def _prior(relatives: tuple[Array, NDArray[np.bool_]] | None, supported: float) -> _Prior:
    """Return the prior; relatives with too few arrivals for a law say nothing."""
    arrivals = 0 if relatives is None else int(relatives[1].sum())
    law = None if relatives is None or arrivals < SHAPE_ARRIVALS else fit_lead_time(*relatives).law
    if law is None or law.mean <= 0:
        return _Prior(np.array([math.log(supported), math.log(LONE_CV)]), np.ones(2))
    cv = min(max(law.sd / law.mean, 2 * LEAST_CV), MOST_CV / 2)
    weight = min(FAMILY_WEIGHT, float(arrivals))
    # What n arrivals of a lognormal law say: variances s**2 / n of the log mean and 1 / (2 n) of the log spread.
    spread = np.array([math.sqrt(math.log1p(cv**2) / weight), math.sqrt(0.5 / weight)])
    return _Prior(np.array([math.log(law.mean), math.log(cv)]), spread)


def _relatives(times: ArrayLike | None, observed: ArrayLike | None) -> tuple[Array, NDArray[np.bool_]] | None:
    if times is None:
        return None
    ages = np.atleast_1d(np.asarray(times, dtype=np.float64))
    arrived = np.ones(ages.shape, dtype=np.bool_) if observed is None else np.atleast_1d(np.asarray(observed)).astype(np.bool_)
    return ages, arrived


def _kind(law: Law | None) -> LawKind:
    kinds = (LawKind.WEIBULL, LawKind.GAMMA, LawKind.LOGNORMAL)
    return law.kind if law is not None and law.kind in kinds else LawKind.LOGNORMAL


def _parameters(kind: LawKind, log_mean: Array, *, log_cv: Array) -> tuple[Array, Array]:
    """Return the two parameters of a kind, each float64[points]."""
    mean, cv = np.exp(log_mean), np.exp(log_cv)
    if kind is LawKind.LOGNORMAL:
        square = np.log1p(cv**2)
        return log_mean - square / 2, np.sqrt(square)
    if kind is LawKind.GAMMA:
        return 1 / cv**2, mean * cv**2
    shape = _weibull_shapes(log_cv)
    return shape, mean / special.gamma(1 + 1 / shape)


def _weibull_shapes(log_cv: Array) -> Array:
    """Return the shape of each coefficient of variation, by steps of Newton on the logarithm from a rule of thumb."""
    log_shape = -1.086 * log_cv
    for _ in range(40):
        inverse = np.exp(-log_shape)
        first, second = special.gammaln(1 + inverse), special.gammaln(1 + 2 * inverse)
        surplus = 0.5 * np.log(np.expm1(np.maximum(second - 2 * first, 1e-300))) - log_cv
        ratio = np.exp(second - 2 * first)
        slope = ratio / np.maximum(ratio - 1, 1e-300) * (special.psi(1 + inverse) - special.psi(1 + 2 * inverse)) * inverse
        step = surplus / slope
        log_shape = log_shape - np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-13:
            break
    return np.asarray(np.exp(log_shape))


def _log_likelihood(kind: LawKind, points: Array, *, ages: Array, arrived: NDArray[np.bool_]) -> Array:
    """Return the log-likelihood of each point (log mean, log cv), float64[points], up to a constant.

    Equal ages are worked out once, and all ages part by part, so that memory does not grow with how many are open.
    """
    numbers = _parameters(kind, points[:, 0], log_cv=points[:, 1])
    first, second = (part[:, None] for part in numbers)
    total = np.zeros(points.shape[0])
    for log_law, chosen in ((_log_density, ages[arrived]), (_log_still, ages[~arrived])):
        values, counts = np.unique(chosen, return_counts=True)
        for begin in range(0, values.size, AGES_AT_ONCE):
            part = slice(begin, begin + AGES_AT_ONCE)
            total += log_law(kind, values[part], first=first, second=second) @ counts[part]
    return total


def _log_density(kind: LawKind, seen: Array, *, first: Array, second: Array) -> Array:
    """Return float64[points, ages]: the logarithm of the density at some ages."""
    logs = np.log(seen)
    if kind is LawKind.LOGNORMAL:
        return np.asarray(-0.5 * ((logs - first) / second) ** 2 - np.log(second))
    if kind is LawKind.GAMMA:
        return np.asarray((first - 1) * logs - seen / second - special.gammaln(first) - first * np.log(second))
    power = np.exp(np.minimum(first * (logs - np.log(second)), 690.0))
    return np.asarray(np.log(first / second) + (first - 1) * (logs - np.log(second)) - power)


def _log_still(kind: LawKind, still: Array, *, first: Array, second: Array) -> Array:
    """Return float64[points, ages]: the logarithm of the probability of being out at some ages."""
    if kind is LawKind.LOGNORMAL:
        return np.asarray(special.log_ndtr((first - np.log(still)) / second))
    if kind is LawKind.GAMMA:
        return np.asarray(np.log(np.maximum(special.gammaincc(first, still / second), 1e-300)))
    return np.asarray(-np.exp(np.minimum(first * (np.log(still) - np.log(second)), 690.0)))
