"""Samples of a posterior, and how they are drawn: importance sampling around the mode, for two parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_whole
from chaintwin.laws.law import Law
from chaintwin.rng import check_seed, uniform_table

Array = NDArray[np.float64]

PURPOSE = "posterior"
"""Purpose of the random streams that posteriors are drawn from."""

PROPOSALS = 4096
"""Points that importance sampling weighs; of a posterior near normal some 80 % of them count."""

COUNTING_LEAST = 400
"""So many points should count at least: else the proposals are fitted to the density anew."""

WIDTHS = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
"""Widths of proposals that are tried where the curvature at the mode says nothing, such as at an edge of what is possible."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a posterior is drawn.

    Parameters
    ----------
    seed : from 0 to 2**64 - 1. entity : what the parameter is of; each has a random stream of its own.
    count : draws, 1 to 100,000; 256 are what an ensemble of 256 replications uses once each.

    Raises
    ------
    UsageError : a number is out of its range.
    """

    seed: int
    entity: str
    count: int = 256

    def __post_init__(self) -> None:
        check_seed(self.seed)
        check_whole("count", self.count, low=1, high=100_000)

    def uniforms(self, slots: int) -> Array:
        """Return float64[slots, count] strictly between 0 and 1.

        Example
        -------
        >>> Drawing(7, "lane a", count=3).uniforms(2).shape
        (2, 3)
        """
        return uniform_table(self.seed, PURPOSE, entity=self.entity, count=self.count, slots=slots)


@dataclass(frozen=True, slots=True)
class LawPosterior:
    """A fitted law and what the data leave open of it.

    Parameters
    ----------
    best : the fit itself. draws : laws drawn from the posterior, in random order.
    method : how it was obtained, in words. sample_size : observations, censored ones included. censored_count : of them.
    """

    best: Law
    draws: tuple[Law, ...]
    method: str
    sample_size: int
    censored_count: int

    def law(self, replication: int) -> Law:
        """Return the law of one replication; they repeat after the last draw.

        Raises
        ------
        UsageError : the replication is negative.

        Example
        -------
        >>> from chaintwin.laws import parse
        >>> LawPosterior(parse("2"), (parse("2"), parse("3")), "by hand", 2, 0).law(5).mean
        3.0
        """
        if replication < 0:
            raise UsageError(f"replication: found {replication}; allowed: 0 or more")
        return self.draws[replication % len(self.draws)]

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the central interval of the mean of the law over the draws.

        Example
        -------
        >>> from chaintwin.laws import parse
        >>> LawPosterior(parse("2"), (parse("1"), parse("3")), "by hand", 2, 0).interval(0.5)
        (1.5, 2.5)
        """
        means = [law.mean for law in self.draws]
        low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
        return low, high


def sample_two(log_density: Callable[[Array], Array], start: Array, *, spread: Array, drawing: Drawing) -> Array:
    """Return draws of two parameters from a density known up to a factor.

    Proposals come from a law of Student with 4 degrees of freedom around the mode, as wide as the density is there; they are
    weighed by the density and drawn again by their weights.

    Parameters
    ----------
    log_density : from float64[points, 2] to float64[points]; minus infinity where the density is 0.
    start : float64[2], near the mode. spread : float64[2], standard deviations to fall back on. drawing : how many draws.

    Returns
    -------
    float64[count, 2], in random order.

    Example
    -------
    >>> import numpy as np
    >>> found = sample_two(
    ...     lambda x: -(x**2).sum(axis=1) / 2, np.zeros(2), spread=np.ones(2), drawing=Drawing(7, "normal", count=500)
    ... )
    >>> bool(np.all(np.abs(found.mean(axis=0)) < 0.2)), bool(np.all(np.abs(found.std(axis=0) - 1) < 0.2))
    (True, True)

    Source: sampling and importance resampling, Rubin 1988; Gelman et al. 2013, "Bayesian Data Analysis", section 10.4.
    """
    from scipy import optimize, stats

    def loss(point: Array) -> float:
        return min(-float(log_density(point[None, :])[0]), 1e300)

    found = optimize.minimize(
        loss,
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 2000},
    )
    mode = np.asarray(found.x, dtype=np.float64)
    root = np.asarray(np.linalg.cholesky(_covariance(log_density, mode, spread=spread)), dtype=np.float64)
    numbers = uniform_table(drawing.seed, PURPOSE, entity=f"{drawing.entity}|proposal", count=PROPOSALS, slots=3)
    steps = stats.norm.ppf(numbers[:2]) * np.sqrt(4.0 / stats.chi2.ppf(numbers[2], 4))
    points, weights = _weighed(log_density, mode, root=root, steps=steps)
    if _counting(weights) < COUNTING_LEAST:
        tried = [_weighed(log_density, mode, root=np.asarray(width * root), steps=steps) for width in WIDTHS]
        points, weights = max(tried, key=lambda one: _counting(one[1]))
        middle, off = weights @ points, points - weights @ points
        spreads = np.asarray(np.linalg.cholesky((weights * off.T) @ off + 1e-12 * np.diag(spread**2)), dtype=np.float64)
        fitted = _weighed(log_density, middle, root=spreads, steps=steps)
        if _counting(fitted[1]) > _counting(weights):
            points, weights = fitted
    cumulative = np.cumsum(weights)
    cumulative[-1] = 1.0
    return np.asarray(points[np.searchsorted(cumulative, drawing.uniforms(1)[0], side="left")])


def _weighed(log_density: Callable[[Array], Array], mode: Array, *, root: Array, steps: Array) -> tuple[Array, Array]:
    """Return proposals around a mode, float64[PROPOSALS, 2], and what each weighs; weights add up to 1."""
    points = mode + (root @ steps).T
    # Density of the proposals up to a factor: Student's, in the units of the root.
    proposed = -3.0 * np.log1p((steps**2).sum(axis=0) / 4.0)
    logs = log_density(points) - proposed
    weights = np.exp(logs - logs.max())
    return points, np.asarray(weights / weights.sum())


def _counting(weights: Array) -> float:
    """Return how many independent draws weighed points are worth (Kong 1992)."""
    return 1.0 / float((weights**2).sum())


def _covariance(log_density: Callable[[Array], Array], mode: Array, *, spread: Array) -> Array:
    """Return the inverse curvature at the mode, from differences; the fallback where the density has no summit there."""
    step = 0.05 * spread
    ends = np.array([[a, b] for a in (-1, 0, 1) for b in (-1, 0, 1)], dtype=np.float64)
    values = log_density(mode + ends * step).reshape(3, 3)
    center = values[1, 1]
    curve = np.empty((2, 2))
    # At the edge of what is possible the density is 0 on one side; the fallback is taken then.
    values = np.where(np.isfinite(values), values, np.nan)
    curve[0, 0] = (values[2, 1] - 2 * center + values[0, 1]) / step[0] ** 2
    curve[1, 1] = (values[1, 2] - 2 * center + values[1, 0]) / step[1] ** 2
    curve[0, 1] = curve[1, 0] = (values[2, 2] - values[2, 0] - values[0, 2] + values[0, 0]) / (4 * step[0] * step[1])
    if np.isfinite(curve).all() and np.linalg.eigvalsh(-curve).min() > 1e-6:
        return np.asarray(np.linalg.inv(-curve))
    return np.diag(spread**2)
