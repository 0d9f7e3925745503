"""Draws of single numbers: a yield, and a quantile such as a capacity; each draw is a constant."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from chaintwin.laws.checking import check_level, check_numbers
from chaintwin.laws.fits.quantiles import quantile_interval
from chaintwin.laws.fits.yields import YieldBelief
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LawKind
from chaintwin.laws.posteriors.samples import Drawing, LawPosterior


def yield_posterior(belief: YieldBelief, *, drawing: Drawing, sample_size: int = 0) -> LawPosterior:
    """Return draws of a share of good units.

    Parameters
    ----------
    belief : after the data. drawing : seed, stream and number of draws. sample_size : units it stands on.

    Example
    -------
    >>> found = yield_posterior(YieldBelief(182.0, 10.5), drawing=Drawing(7, "press"), sample_size=190)
    >>> round(found.best.mean, 6), 0.9 < found.law(0).mean < 1.0
    (0.945455, True)
    """
    draws = belief.quantiles(drawing.uniforms(1)[0]).tolist()
    laws = tuple(Law(LawKind.CONSTANT, (share,)) for share in draws)
    return LawPosterior(Law(LawKind.CONSTANT, (belief.mean,)), laws, "beta", sample_size, 0)


def quantile_posterior(values: ArrayLike, level: float, *, drawing: Drawing) -> LawPosterior:
    """Return draws of a quantile of a sample, by the Bayesian bootstrap.

    Parameters
    ----------
    values : float[n], at least one. level : of the quantile, between 0 and 1. drawing : seed, stream and number of draws.

    Raises
    ------
    UsageError : there are no values, or a number is out of its range.

    Example
    -------
    >>> found = quantile_posterior([90, 100, 97, 99, 100], 0.95, drawing=Drawing(7, "press"))
    >>> found.best.mean, found.interval()[1]
    (100.0, 100.0)

    Source: Rubin 1981, "The Bayesian bootstrap".
    """
    sample = np.sort(check_numbers("values", values))
    check_level("level", level)
    weights = -np.log(drawing.uniforms(sample.size))
    reached = np.cumsum(weights, axis=0) / weights.sum(axis=0) >= level - 1e-12
    found = sample[np.argmax(reached, axis=0)].tolist()
    best = quantile_interval(sample, level).value
    laws = tuple(Law(LawKind.CONSTANT, (value,)) for value in found)
    return LawPosterior(Law(LawKind.CONSTANT, (best,)), laws, "quantile, Bayesian bootstrap", sample.size, 0)
