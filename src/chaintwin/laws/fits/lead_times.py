"""Lead-time laws from shipments, open ones included, by how many have arrived.

- 30 or more: the Kaplan-Meier curve itself, in whole periods; what never arrived is put at the largest age seen (Efron).
- 5 to 29: Weibull, gamma or lognormal, whichever is most likely, its mean and its coefficient of variation drawn towards
  those of the lane family in logarithms: weight n / (n + 10) on its own n arrivals. The mean of the fit, and that of a family
  as small, is at most what the survival curve supports (``supported_mean``): the mean of the data where all have arrived.
- 1 to 4: the law of the lane family; without one that is large enough, a constant, the mean that the few support.
- none: no law, and the reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from chaintwin.errors import UsageError
from chaintwin.laws.fits.survival import (
    fit_gamma_censored,
    fit_lognormal_censored,
    fit_weibull_censored,
    kaplan_meier,
    log_likelihood,
)
from chaintwin.laws.forms import parameters_of
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LawKind

CURVE_ARRIVALS = 30
"""From so many arrivals on, the data speak for themselves (METHODS 7.1)."""

SHAPE_ARRIVALS = 5
"""With fewer arrivals two parameters cannot be told apart."""

FAMILY_WEIGHT = 10.0
"""How many arrivals the lane family counts for: at 10 own arrivals both have the same say."""


class FitMethod(StrEnum):
    """How a lead-time law was obtained."""

    KAPLAN_MEIER = "kaplan-meier"
    LIKELIHOOD = "likelihood"
    SHRUNK = "likelihood, shrunk to the lane family"
    FAMILY = "lane family"
    MEAN = "mean of few arrivals"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FittedLaw:
    """A fitted lead-time law and what it stands on.

    Parameters
    ----------
    law : the law in periods, None if nothing arrived.
    sample_size : observations, open ones included.
    censored_count : how many of them are still open.
    method : how the law was obtained.
    reason : why there is no law, or why a weaker method was used; empty otherwise.
    """

    law: Law | None
    sample_size: int
    censored_count: int
    method: FitMethod
    reason: str = ""


def fit_lead_time(
    times: ArrayLike,
    observed: ArrayLike,
    *,
    family_times: ArrayLike | None = None,
    family_observed: ArrayLike | None = None,
) -> FittedLaw:
    """Return the lead-time law of one lane, by the rule in the head of this module.

    Parameters
    ----------
    times : n ages in periods, 0 or more: at arrival, or now for open shipments.
    observed : n flags, true where the shipment arrived.
    family_times : ages of all shipments of the lane family (same mode or region, say), the lane's own included.
    family_observed : their flags; None if all arrived.

    Returns
    -------
    The law with its sample size; ``law`` is None if nothing arrived on the lane.

    Raises
    ------
    UsageError : lengths differ, or an age is negative or not finite.

    Example
    -------
    >>> fitted = fit_lead_time([4] * 20 + [6] * 20, [True] * 40)
    >>> str(fitted.law), fitted.method.value, fitted.sample_size
    ('pmf(4:0.5, 6:0.5)', 'kaplan-meier', 40)

    Source: METHODS 7.1; Kaplan & Meier 1958; Efron 1967.
    """
    ages = np.atleast_1d(np.asarray(times, dtype=np.float64))
    arrived = np.atleast_1d(np.asarray(observed)).astype(np.bool_)
    kaplan_meier(ages, arrived)
    arrivals = int(arrived.sum())
    counts = (ages.size, ages.size - arrivals)
    family = _family(family_times, family_observed)
    if arrivals == 0:
        reason = f"none of {ages.size} shipments has arrived" if ages.size else "no shipments"
        return FittedLaw(None, *counts, FitMethod.NONE, reason)
    if arrivals >= CURVE_ARRIVALS:
        return FittedLaw(_curve_law(ages, arrived), *counts, FitMethod.KAPLAN_MEIER)
    if arrivals >= SHAPE_ARRIVALS:
        own = _most_likely(ages, arrived)
        if family is None:
            return FittedLaw(own, *counts, FitMethod.LIKELIHOOD, "no lane family to draw on")
        weight = arrivals / (arrivals + FAMILY_WEIGHT)
        return FittedLaw(_shrunk(own, family, weight=weight), *counts, FitMethod.SHRUNK)
    if family is not None:
        return FittedLaw(family, *counts, FitMethod.FAMILY, f"only {arrivals} arrivals of its own")
    mean = supported_mean(ages, arrived)
    return FittedLaw(Law(LawKind.CONSTANT, (mean,)), *counts, FitMethod.MEAN, f"only {arrivals} arrivals, no lane family")


def supported_mean(times: ArrayLike, observed: ArrayLike) -> float:
    """Return the largest mean the data support: the area under the survival curve, its end drawn on at the average hazard.

    A law fitted to few arrivals and many open shipments has its mean from its tail, where nothing was seen, and a lognormal tail
    of such a fit can be of any length. Up to the largest age L the Kaplan-Meier curve S itself is used. Beyond it the curve is
    continued as an exponential through (0, 1) and (L, S(L)): the hazard is ``-ln S(L) / L``, the area ``S(L) / hazard``.

    Parameters
    ----------
    times, observed : as in ``fit_lead_time``; at least one arrival.

    Example
    -------
    >>> supported_mean([4, 6], [True, True]), round(supported_mean([4, 6], [True, False]), 3)
    (5.0, 9.328)

    Source: Brown, Hollander & Korwar 1974 (exponential completion of the curve).
    """
    ages = np.atleast_1d(np.asarray(times, dtype=np.float64))
    curve = kaplan_meier(ages, observed)
    if not curve.times.size:
        raise UsageError("observed: found no arrival; allowed: at least one")
    end, left = float(ages.max()), float(curve.survival[-1])
    area = _restricted_mean(curve.times, curve.survival, end=end)
    return area + left * end / -math.log(left) if left > 0 else area


def _family(times: ArrayLike | None, observed: ArrayLike | None) -> Law | None:
    """Return the law of the lane family, or None if it is too small for one."""
    if times is None:
        if observed is not None:
            raise UsageError("family_observed: found flags without family_times; allowed: both or none")
        return None
    ages = np.atleast_1d(np.asarray(times, dtype=np.float64))
    arrived = np.ones(ages.shape, dtype=np.bool_) if observed is None else np.atleast_1d(np.asarray(observed)).astype(np.bool_)
    kaplan_meier(ages, arrived)
    arrivals = int(arrived.sum())
    if arrivals < SHAPE_ARRIVALS:
        return None
    return _curve_law(ages, arrived) if arrivals >= CURVE_ARRIVALS else _most_likely(ages, arrived)


def _curve_law(ages: NDArray[np.float64], arrived: NDArray[np.bool_]) -> Law:
    """Return the Kaplan-Meier curve as a pmf on whole periods."""
    curve = kaplan_meier(ages, arrived)
    drops = -np.diff(curve.survival, prepend=1.0)
    weights: dict[float, float] = {}
    for time, drop in zip(curve.times.tolist(), drops.tolist(), strict=True):
        period = float(math.floor(time + 0.5))
        weights[period] = weights.get(period, 0.0) + drop
    left = float(curve.survival[-1])
    if left > 0:
        last = float(math.floor(float(ages.max()) + 0.5))
        weights[last] = weights.get(last, 0.0) + left
    kept = sorted((period, weight) for period, weight in weights.items() if weight > 0)
    if len(kept) == 1:
        return Law(LawKind.CONSTANT, (kept[0][0],))
    return Law(LawKind.PMF, values=tuple(period for period, _ in kept), weights=tuple(weight for _, weight in kept))


def _most_likely(ages: NDArray[np.float64], arrived: NDArray[np.bool_]) -> Law:
    if np.ptp(ages[arrived]) == 0 and ages.max() <= ages[arrived][0]:
        return Law(LawKind.CONSTANT, (float(ages[arrived][0]),))
    laws = [fit(ages, arrived) for fit in (fit_weibull_censored, fit_gamma_censored, fit_lognormal_censored)]
    law = max(laws, key=lambda law: log_likelihood(law, ages, observed=arrived))
    limit = supported_mean(ages, arrived)
    if law.mean <= limit:
        return law
    # An exponential tail has a coefficient of variation of 1; a longer one was just refused, unless it was seen to its end.
    seen = float(ages.std() / ages.mean()) if arrived.all() else 0.0
    return _of_kind(law.kind, limit, cv=min(law.sd / law.mean, max(seen, 1.0)))


def _shrunk(own: Law, family: Law, *, weight: float) -> Law:
    """Return the law of the own kind whose mean and spread lie between the own ones and the family's."""
    if own.mean <= 0 or family.mean <= 0:
        return own
    mean = math.exp(weight * math.log(own.mean) + (1 - weight) * math.log(family.mean))
    own_cv, family_cv = own.sd / own.mean, family.sd / family.mean
    if own_cv == 0 or family_cv == 0:
        cv = weight * own_cv + (1 - weight) * family_cv
    else:
        cv = math.exp(weight * math.log(own_cv) + (1 - weight) * math.log(family_cv))
    return _of_kind(LawKind.LOGNORMAL if own.kind is LawKind.CONSTANT else own.kind, mean, cv=cv)


def _of_kind(kind: LawKind, mean: float, *, cv: float) -> Law:
    """Return the law of a kind with this mean and coefficient of variation."""
    if cv < 1e-6:
        return Law(LawKind.CONSTANT, (mean,))
    if kind is LawKind.WEIBULL:
        return _weibull_of(mean, cv)
    return Law(kind, parameters_of(kind, (), named={"mean": mean, "cv": cv}))


def _weibull_of(mean: float, cv: float) -> Law:
    """Return the Weibull law with this mean and coefficient of variation."""

    def surplus(log_shape: float) -> float:
        law = Law(LawKind.WEIBULL, (math.exp(log_shape), 1.0))
        return law.sd / law.mean - cv

    low, high = math.log(0.1), math.log(500.0)
    if surplus(high) >= 0:
        log_shape = high
    elif surplus(low) <= 0:
        log_shape = low
    else:
        log_shape = float(optimize.brentq(surplus, low, high, xtol=1e-12))
    shape = math.exp(log_shape)
    return Law(LawKind.WEIBULL, (shape, mean / math.gamma(1 + 1 / shape)))


def _restricted_mean(times: NDArray[np.float64], survival: NDArray[np.float64], *, end: float) -> float:
    """Return the area under the survival curve up to the largest age seen."""
    edges = np.concatenate([[0.0], times, [max(end, float(times[-1]))]])
    return float((np.diff(edges) * np.concatenate([[1.0], survival])).sum())
