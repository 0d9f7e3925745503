"""Formulas of the families on whole numbers: moments, cdf, inversion and partial moments.

Parameters come in the order of METHODS 1.6 and may be arrays in ``cdf``, so that the tables of many laws are computed at
once. Inversion is exact: the smallest whole k with cdf(k) >= u, found by bisection on the same cdf, because the inverses
that libraries offer are real-valued approximations that are off by one where it matters.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Parameters = tuple[float, ...]
LISTED_VALUES = 64
"""Up to so many values, or two per u, all are listed and searched: cheaper than bisection for each u."""

ArrayParameters = tuple[float, ...] | tuple[Array, ...]


class Discrete(ABC):
    """One family on whole numbers; the parameters are passed to each call, so that one object serves every law."""

    @abstractmethod
    def mean(self, p: Parameters) -> float:
        """Return the mean."""

    @abstractmethod
    def variance(self, p: Parameters) -> float:
        """Return the variance."""

    @abstractmethod
    def support(self, p: Parameters) -> tuple[float, float]:
        """Return the smallest and the largest value, infinite where there is none."""

    @abstractmethod
    def cdf(self, p: ArrayParameters, k: Array) -> Array:
        """Return P(X <= k) for whole k, of any sign."""

    @abstractmethod
    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        """Return E[X**order; X <= x] for order 0, 1 or 2 and whole x."""

    def quantile(self, p: Parameters, u: Array) -> Array:
        """Return the smallest k with P(X <= k) >= u, for 0 < u < 1."""
        if u.size == 0:
            return u.copy()
        low, guess, spread = self.support(p)[0], self.mean(p), math.sqrt(self.variance(p))

        def search(wanted: Array) -> Array:
            return smallest_reaching(lambda k: self.cdf(p, k), wanted, low=low, guess=guess, spread=spread)

        first, last = search(np.array([u.min(), u.max()])).tolist()
        if last - first > max(LISTED_VALUES, 2 * u.size):
            return search(u)
        values = first + np.arange(int(last - first) + 1)
        # The cdf is computed value by value; a rounding that makes it fall must not upset the search.
        cumulative = np.maximum.accumulate(self.cdf(p, values))
        return np.asarray(values[np.minimum(np.searchsorted(cumulative, u, side="left"), values.size - 1)])


class Poisson(Discrete):
    """poisson(mean)."""

    def mean(self, p: Parameters) -> float:
        return p[0]

    def variance(self, p: Parameters) -> float:
        return p[0]

    def support(self, p: Parameters) -> tuple[float, float]:
        return (0.0, math.inf if p[0] > 0 else 0.0)

    def cdf(self, p: ArrayParameters, k: Array) -> Array:
        return np.where(k < 0, 0.0, special.pdtr(np.maximum(k, 0.0), p[0]))

    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        factorial = [p[0] ** j * _at(self, p, x - j) for j in range(order + 1)]
        return _from_factorial(factorial, order)


class NegativeBinomial(Discrete):
    """negbin(n, p): failures before the n-th success of probability p; n need not be whole."""

    def mean(self, p: Parameters) -> float:
        return p[0] * (1 - p[1]) / p[1]

    def variance(self, p: Parameters) -> float:
        return p[0] * (1 - p[1]) / p[1] ** 2

    def support(self, p: Parameters) -> tuple[float, float]:
        return (0.0, math.inf if p[1] < 1 else 0.0)

    def cdf(self, p: ArrayParameters, k: Array) -> Array:
        return np.where(k < 0, 0.0, special.betainc(p[0], np.maximum(k, 0.0) + 1, p[1]))

    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        n, odds = p[0], (1 - p[1]) / p[1]
        factorial = [math.prod(n + i for i in range(j)) * odds**j * _at(self, (n + j, p[1]), x - j) for j in range(order + 1)]
        return _from_factorial(factorial, order)


class Binomial(Discrete):
    """binomial(n, p); bernoulli(p) is binomial(1, p)."""

    def mean(self, p: Parameters) -> float:
        return p[0] * p[1]

    def variance(self, p: Parameters) -> float:
        return p[0] * p[1] * (1 - p[1])

    def support(self, p: Parameters) -> tuple[float, float]:
        return (0.0 if p[1] < 1 else p[0], p[0] if p[1] > 0 else 0.0)

    def cdf(self, p: ArrayParameters, k: Array) -> Array:
        n, share = p
        inside = np.clip(k, 0.0, np.maximum(n - 1.0, 0.0))
        value = special.betainc(np.maximum(n - inside, 1.0), inside + 1, 1.0 - share)
        return np.where(k < 0, 0.0, np.where(k >= n, 1.0, value))

    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        n, share = p
        factorial = [
            math.prod(n - i for i in range(j)) * share**j * (_at(self, (n - j, share), x - j) if n >= j else 0.0)
            for j in range(order + 1)
        ]
        return _from_factorial(factorial, order)


class UniformInt(Discrete):
    """uniform_int(low, high), both ends included."""

    def mean(self, p: Parameters) -> float:
        return (p[0] + p[1]) / 2

    def variance(self, p: Parameters) -> float:
        return ((p[1] - p[0] + 1) ** 2 - 1) / 12

    def support(self, p: Parameters) -> tuple[float, float]:
        return (p[0], p[1])

    def cdf(self, p: ArrayParameters, k: Array) -> Array:
        return np.clip((np.floor(k) - p[0] + 1) / (p[1] - p[0] + 1), 0.0, 1.0)

    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        low, high = p
        x = min(max(x, low - 1), high)
        return (_power_sum(order, x) - _power_sum(order, low - 1)) / (high - low + 1)


def smallest_reaching(
    cdf: Callable[[Array], Array], u: Array, *, low: float | Array, guess: float | Array, spread: float | Array
) -> Array:
    """Return, for each u, the smallest whole number k >= low with cdf(k) >= u.

    ``guess`` and ``spread`` (about the mean and the standard deviation) only say where to look first.
    """
    below = np.broadcast_to(np.asarray(low) - 1.0, u.shape)
    above = np.broadcast_to(np.maximum(low, np.ceil(np.asarray(guess) + 4 * np.asarray(spread))), u.shape)
    step = np.broadcast_to(np.maximum(1.0, np.ceil(spread)), u.shape)
    while (is_short := cdf(above) < u).any():
        below = np.where(is_short, above, below)
        above = np.where(is_short, above + step, above)
        step = step * 2
    while (is_open := above - below > 1).any():
        middle = np.where(is_open, np.floor((below + above) / 2), above)
        reaches = cdf(middle) >= u
        above = np.where(reaches, middle, above)
        below = np.where(is_open & ~reaches, middle, below)
    return above


def _at(family: Discrete, p: Parameters, k: float) -> float:
    return float(family.cdf(p, np.array([k]))[0])


def _from_factorial(factorial: list[float], order: int) -> float:
    """Turn partial factorial moments E[X(X-1)...; X <= k] into the partial moment of that order."""
    return factorial[1] + factorial[2] if order == 2 else factorial[order]


def _power_sum(order: int, k: float) -> float:
    """Return the sum of i**order for i up to k, as the polynomial that holds for any sign of k."""
    if order == 0:
        return k
    if order == 1:
        return k * (k + 1) / 2
    return k * (k + 1) * (2 * k + 1) / 6
