"""Several values judged together: the probability integral transform of how far out a point lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.laws.checking import check_number, check_numbers

Array = NDArray[np.float64]


def energy_score(members: ArrayLike, observed: ArrayLike) -> float:
    """Return the energy score of a forecast of several values at once, the CRPS of many dimensions.

    Parameters
    ----------
    members : float[m, d], m members of d values in comparable units. observed : float[d].

    Raises
    ------
    UsageError : the shapes do not fit, or a number is not finite.

    Example
    -------
    >>> round(energy_score([[8], [10], [11], [12], [15], [19]], [13.0]), 6)
    1.194444

    Source: Gneiting & Raftery 2007, equation 22.
    """
    points = check_numbers("members", members, dimensions=2)
    target = check_numbers("observed", observed, size=points.shape[1])
    among = _distances(points)
    return float(np.linalg.norm(points - target, axis=1).mean() - among.sum() / (2 * points.shape[0] ** 2))


def energy_pit(members: ArrayLike, observed: ArrayLike, *, tie_break: float) -> float:
    """Return how far out what came about lies among the members, by their mean distance to all others.

    Every value is divided by the standard deviation of all points, members and what came about alike, so that no unit outweighs
    the others. The pre-rank of a point is its mean distance to the other points; it is the energy score up to a constant.

    Parameters
    ----------
    members : float[m, d], m members of d values. observed : float[d].
    tie_break : uniform from 0 to 1, from `chaintwin.rng`.

    Returns
    -------
    0 to 1. Uniform where the joint law is right; near 1 it lies outside of all members, near 0 in their middle, where
    forecasts that are too wide put it.

    Raises
    ------
    UsageError : the shapes do not fit, or a number is out of its range.

    Example
    -------
    >>> square = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> energy_pit(square, [9, 9], tie_break=0.5), energy_pit(square, [0.5, 0.5], tie_break=0.5)
    (0.9, 0.1)

    Source: Knüppel, Krüger & Pohle 2022, "Score-based calibration testing for multivariate forecast distributions"; Allen,
    Ziegel & Ginsbourger 2024, "Assessing the calibration of multivariate probabilistic forecasts", section 3.
    """
    points = check_numbers("members", members, dimensions=2)
    target = check_numbers("observed", observed, size=points.shape[1])
    place = check_number("tie_break", tie_break, low=0.0, high=1.0)
    pooled = np.vstack([points, target])
    scale = pooled.std(axis=0)
    pooled = pooled[:, scale > 0] / scale[scale > 0]
    ranks = _distances(pooled).sum(axis=1)
    # Sums over other orders differ in the last digits; points that mirror each other are equals.
    slack = 1e-12 * float(ranks.max(initial=0.0))
    equal = int((np.abs(ranks[:-1] - ranks[-1]) <= slack).sum())
    below = int((ranks[:-1] < ranks[-1] - slack).sum())
    return float((below + place * (equal + 1)) / pooled.shape[0])


def _distances(points: Array) -> Array:
    from scipy.spatial.distance import pdist, squareform

    return np.asarray(squareform(pdist(points)))
