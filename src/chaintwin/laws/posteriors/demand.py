"""Draws of the normal law of demand behind stock-outs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from chaintwin.laws.fits.unconstraining import unconstrain_normal
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LawKind
from chaintwin.laws.posteriors.samples import Drawing, LawPosterior, sample_two

Array = NDArray[np.float64]


def demand_posterior(sales: ArrayLike, stocked_out: ArrayLike, *, drawing: Drawing) -> LawPosterior:
    """Return draws of the normal law of demand, sales of stocked-out periods being lower bounds.

    The prior is flat in the mean and in the logarithm of the standard deviation, up to a hundred times the fitted spread.

    Parameters
    ----------
    sales, stocked_out : as for `chaintwin.laws.fits.unconstrain_normal`. drawing : seed, stream and number of draws.

    Raises
    ------
    UsageError : as for `unconstrain_normal`.

    Example
    -------
    >>> sold = [80, 95, 100, 100, 70, 88, 100, 92, 100, 76]
    >>> found = demand_posterior(sold, [0, 0, 1, 1, 0, 0, 1, 0, 1, 0], drawing=Drawing(7, "shop/milk"))
    >>> low, high = found.interval()
    >>> low < 94.543 < high
    True

    Source: Tobin 1958 for the likelihood; the prior of Jeffreys for location and scale.
    """
    fit = unconstrain_normal(sales, stocked_out)
    sold = np.atleast_1d(np.asarray(sales, dtype=np.float64))
    is_bound = np.atleast_1d(np.asarray(stocked_out)).astype(np.bool_)
    method = "censored normal; importance sampling"
    if fit.sd <= 1e-12 * max(1.0, abs(fit.mean)) or sold.size < 3:
        best = Law(LawKind.CONSTANT, (fit.mean,)) if fit.sd == 0 else fit.law
        return LawPosterior(best, (best,) * drawing.count, "too little for a posterior", fit.sample_size, fit.censored_count)
    seen, bounds = (sold[~is_bound] - fit.mean) / fit.sd, (sold[is_bound] - fit.mean) / fit.sd

    def log_density(points: Array) -> Array:
        mean, log_sd = points[:, :1], np.clip(points[:, 1:], -20.0, 20.0)
        sd = np.exp(log_sd)
        total = (-0.5 * ((seen - mean) / sd) ** 2 - log_sd).sum(axis=1) + special.log_ndtr((mean - bounds) / sd).sum(axis=1)
        inside = (np.abs(points[:, 0]) < 100.0) & (np.abs(points[:, 1]) < math.log(100.0))
        return np.where(inside, total, -np.inf)

    start, spread = np.zeros(2), np.full(2, 1 / math.sqrt(max(seen.size, 1)))
    draws = sample_two(log_density, start, spread=spread, drawing=drawing)
    laws = tuple(Law(LawKind.NORMAL, (fit.mean + fit.sd * mean, fit.sd * math.exp(log_sd))) for mean, log_sd in draws.tolist())
    return LawPosterior(fit.law, laws, method, fit.sample_size, fit.censored_count)
