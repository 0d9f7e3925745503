"""Draws of a Kaplan-Meier curve, and of probabilities between bounds: the Bayesian bootstrap."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_numbers
from chaintwin.laws.fits.intervals import fit_intervals, pmf_of
from chaintwin.laws.fits.survival import kaplan_meier
from chaintwin.laws.posteriors.samples import Drawing, LawPosterior

Array = NDArray[np.float64]


def curve_posterior(times: ArrayLike, observed: ArrayLike, *, drawing: Drawing) -> LawPosterior:
    """Return draws of a Kaplan-Meier curve in whole periods.

    Every observation has an exponential weight instead of 1. The share that arrives at an age, of those still out, then has a
    beta law with the counts of arrivals and of others as parameters: the posterior without a prior.

    Parameters
    ----------
    times, observed : as for `chaintwin.laws.fits.kaplan_meier`; at least one arrived.
    drawing : seed, stream and number of draws.

    Returns
    -------
    Laws on whole periods; what never arrived is put at the largest age seen, as in the fit.

    Raises
    ------
    UsageError : nothing arrived, or an age is negative or not finite.

    Example
    -------
    >>> found = curve_posterior([4, 4, 6, 6, 6], [1, 1, 1, 1, 0], drawing=Drawing(7, "a", count=4))
    >>> str(found.best), len(found.draws)
    ('pmf(4:0.4, 6:0.6)', 4)

    Source: Lo 1993, "A Bayesian bootstrap for censored data"; Rubin 1981; Efron 1967 for the tail.
    """
    from scipy.special import gammaincinv

    curve = kaplan_meier(times, observed)
    if not curve.times.size:
        raise UsageError("observed: found no arrival; allowed: at least one")
    ages = np.atleast_1d(np.asarray(times, dtype=np.float64))
    arrived = np.atleast_1d(np.asarray(observed)).astype(np.bool_)
    points = curve.times
    came = np.bincount(np.searchsorted(points, ages[arrived]), minlength=points.size)
    # What is open at an age counts as out there, so it belongs to the last arrival at or below it, and to none before the first.
    place = np.searchsorted(points, ages[~arrived], side="right")
    left = np.bincount(place, minlength=points.size + 1)
    last = float(np.floor(max(float(ages.max()), float(points[-1])) + 0.5))
    periods = np.append(np.floor(points + 0.5), last)
    values, group = np.unique(periods, return_inverse=True)
    numbers = drawing.uniforms(2 * points.size)
    weights = gammaincinv(came[:, None], numbers[: points.size])
    others = np.zeros_like(weights)
    is_left = left[1:] > 0
    others[is_left] = gammaincinv(left[1:][is_left, None], numbers[points.size :][is_left])
    at_risk = np.cumsum((weights + others)[::-1], axis=0)[::-1]
    survival = np.cumprod(1 - weights / at_risk, axis=0)
    survival = np.maximum(survival, 0.0)
    drops = -np.diff(np.vstack([np.ones(drawing.count), survival]), axis=0)
    shares = np.zeros((values.size, drawing.count))
    np.add.at(shares, group.ravel(), np.vstack([drops, survival[-1:]]))
    best = np.zeros(values.size)
    np.add.at(best, group.ravel(), np.append(-np.diff(curve.survival, prepend=1.0), curve.survival[-1]))
    draws = tuple(pmf_of(values, np.maximum(column, 0.0)) for column in shares.T)
    return LawPosterior(pmf_of(values, best), draws, "kaplan-meier, Bayesian bootstrap", ages.size, int((~arrived).sum()))


def interval_posterior(lows: ArrayLike, highs: ArrayLike, *, drawing: Drawing) -> LawPosterior:
    """Return draws of the probabilities of whole numbers that are known to lie between bounds.

    Parameters
    ----------
    lows, highs : as for `chaintwin.laws.fits.intervals.fit_intervals`. drawing : seed, stream and number of draws.

    Raises
    ------
    UsageError : as for `fit_intervals`.

    Example
    -------
    >>> found = interval_posterior([2, 3, 0], [2, 3, 2], drawing=Drawing(7, "a", count=2))
    >>> str(found.best), found.censored_count
    ('pmf(2:0.666666667, 3:0.333333333)', 1)

    Source: Turnbull 1976 with the weights of Rubin 1981.
    """
    from scipy.special import gammaincinv

    fit = fit_intervals(lows, highs)
    low, high = check_numbers("lows", lows), check_numbers("highs", highs)
    # Values with the same bounds share a weight, the sum of theirs, so that memory goes with the bounds and not with the values.
    pairs, counts = np.unique(np.column_stack([low, high]), axis=0, return_counts=True)
    weights = gammaincinv(counts[:, None], drawing.uniforms(counts.size))
    draws = tuple(fit_intervals(pairs[:, 0], pairs[:, 1], draws=column).law for column in weights.T)
    return LawPosterior(fit.law, draws, "between bounds, Bayesian bootstrap", low.size, int((low != high).sum()))
