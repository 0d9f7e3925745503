"""Draws of levels: how many times what was expected many similar things come to, learned from all of them together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_numbers
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LawKind
from chaintwin.laws.posteriors.samples import Drawing, LawPosterior

Array = NDArray[np.float64]

TOGETHER_LEAST = 5
"""With fewer levels nothing is said of how far they lie apart, and each stands on its own values alone."""

LEVEL_LEAST = 1e-6
"""A level is above 0: what is expected is divided by it."""


def level_posteriors(
    values: ArrayLike, errors: ArrayLike, *, drawings: Sequence[Drawing], sizes: Sequence[int]
) -> list[LawPosterior]:
    """Return draws of each of some levels that are taken to be normal around a mean of their own; each draw is a constant.

    The mean and the spread of the levels are read from the values: where these lie no further apart than their errors explain,
    all are taken for one; where they lie far apart, each stands for itself. Draws are lognormal, so that none is below 0.

    Parameters
    ----------
    values : float[k], 0 or more: each level as it was found. errors : float[k], above 0: its standard error.
    drawings : seed, stream and number of draws of each. sizes : observations that each stands on.

    Raises
    ------
    UsageError : they are not as many, or a number is out of its range.

    Example
    -------
    >>> drawings = [Drawing(7, f"shop {number}", count=4) for number in range(6)]
    >>> found = level_posteriors([1.0, 1.1, 0.9, 1.0, 1.1, 0.9], [0.2] * 6, drawings=drawings, sizes=[30] * 6)
    >>> [round(one.best.mean, 3) for one in found]
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]

    Source: DerSimonian & Laird 1986; Efron & Morris 1975 for the shrinkage.
    """
    found, deviation = check_numbers("values", values), check_numbers("errors", errors)
    if not found.size == deviation.size == len(drawings) == len(sizes):
        raise UsageError(f"errors: found {deviation.size} of {found.size} levels; allowed: one of each, a drawing and a size too")
    if (deviation <= 0.0).any() or (found < 0.0).any():
        raise UsageError(
            f"levels: found {found.min():g} with an error of {deviation.min():g}; allowed: 0 or more, an error above 0"
        )
    middle, error = _shrunk(found, deviation**2)
    middle = np.maximum(middle, LEVEL_LEAST)
    width = np.sqrt(np.log1p((error / middle) ** 2))
    posteriors = []
    for place, drawing in enumerate(drawings):
        steps = special.ndtri(drawing.uniforms(1)[0])
        drawn = middle[place] * np.exp(width[place] * steps - width[place] ** 2 / 2)
        laws = tuple(Law(LawKind.CONSTANT, (max(level, LEVEL_LEAST),)) for level in drawn.tolist())
        best = Law(LawKind.CONSTANT, (float(middle[place]),))
        posteriors.append(LawPosterior(best, laws, "shrunk to all others", sizes[place], 0))
    return posteriors


def _shrunk(values: Array, variances: Array) -> tuple[Array, Array]:
    """Return the mean and the standard deviation of each level given all values."""
    if values.size < TOGETHER_LEAST:
        return values, np.sqrt(variances)
    weights = 1.0 / variances
    mean = float(weights @ values / weights.sum())
    excess = float(weights @ (values - mean) ** 2) - (values.size - 1)
    apart = max(0.0, excess / float(weights.sum() - weights @ weights / weights.sum()))
    weights = 1.0 / (variances + apart)
    mean, of_mean = float(weights @ values / weights.sum()), 1.0 / float(weights.sum())
    own = apart / (apart + variances)
    return own * values + (1.0 - own) * mean, np.sqrt(own * variances + (1.0 - own) ** 2 * of_mean)
