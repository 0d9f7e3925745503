"""Formulas of the continuous families: moments, cdf, inversion and partial moments.

Parameters come in the order of METHODS 1.6. Every family answers for scalars and, in ``cdf`` and ``quantile``, for arrays.
A partial moment of order m is E[X**m; X <= x]; with it truncation and expected excess need no quadrature.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
Parameters = tuple[float, ...]


class Continuous(ABC):
    """One continuous family; the parameters are passed to each call, so that one object serves every law."""

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
    def cdf(self, p: Parameters, x: Array) -> Array:
        """Return P(X <= x)."""

    @abstractmethod
    def quantile(self, p: Parameters, u: Array) -> Array:
        """Return the value with P(X <= value) = u, for 0 < u < 1."""

    @abstractmethod
    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        """Return E[X**order; X <= x] for order 0, 1 or 2 and finite x inside the support."""


class Normal(Continuous):
    """normal(mean, sd)."""

    def mean(self, p: Parameters) -> float:
        return p[0]

    def variance(self, p: Parameters) -> float:
        return p[1] ** 2

    def support(self, p: Parameters) -> tuple[float, float]:
        return (-math.inf, math.inf) if p[1] > 0 else (p[0], p[0])

    def cdf(self, p: Parameters, x: Array) -> Array:
        return np.asarray(special.ndtr((x - p[0]) / p[1]))

    def quantile(self, p: Parameters, u: Array) -> Array:
        return np.asarray(p[0] + p[1] * special.ndtri(u))

    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        mean, sd = p
        z = (x - mean) / sd
        below = float(special.ndtr(z))
        density = math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
        if order == 0:
            return below
        if order == 1:
            return mean * below - sd * density
        return (mean**2 + sd**2) * below - sd * (mean + x) * density


class Lognormal(Continuous):
    """lognormal(mean of the log, sd of the log)."""

    def mean(self, p: Parameters) -> float:
        return math.exp(p[0] + p[1] ** 2 / 2)

    def variance(self, p: Parameters) -> float:
        return math.expm1(p[1] ** 2) * math.exp(2 * p[0] + p[1] ** 2)

    def support(self, p: Parameters) -> tuple[float, float]:
        return (0.0, math.inf) if p[1] > 0 else (math.exp(p[0]), math.exp(p[0]))

    def cdf(self, p: Parameters, x: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.asarray(special.ndtr((np.log(np.maximum(x, 0.0)) - p[0]) / p[1]))

    def quantile(self, p: Parameters, u: Array) -> Array:
        return np.asarray(np.exp(p[0] + p[1] * special.ndtri(u)))

    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        if x <= 0:
            return 0.0
        z = (math.log(x) - p[0]) / p[1]
        return math.exp(order * p[0] + (order * p[1]) ** 2 / 2) * float(special.ndtr(z - order * p[1]))


class Gamma(Continuous):
    """gamma(shape, scale)."""

    def mean(self, p: Parameters) -> float:
        return p[0] * p[1]

    def variance(self, p: Parameters) -> float:
        return p[0] * p[1] ** 2

    def support(self, p: Parameters) -> tuple[float, float]:
        return (0.0, math.inf)

    def cdf(self, p: Parameters, x: Array) -> Array:
        return np.asarray(special.gammainc(p[0], np.maximum(x, 0.0) / p[1]))

    def quantile(self, p: Parameters, u: Array) -> Array:
        return np.asarray(special.gammaincinv(p[0], u) * p[1])

    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        shape, scale = p
        if x <= 0:
            return 0.0
        rising = math.prod(shape + i for i in range(order))
        return scale**order * rising * float(special.gammainc(shape + order, x / scale))


class Weibull(Continuous):
    """weibull(shape, scale)."""

    def mean(self, p: Parameters) -> float:
        return p[1] * math.gamma(1 + 1 / p[0])

    def variance(self, p: Parameters) -> float:
        return max(0.0, p[1] ** 2 * (math.gamma(1 + 2 / p[0]) - math.gamma(1 + 1 / p[0]) ** 2))

    def support(self, p: Parameters) -> tuple[float, float]:
        return (0.0, math.inf)

    def cdf(self, p: Parameters, x: Array) -> Array:
        return np.asarray(-np.expm1(-((np.maximum(x, 0.0) / p[1]) ** p[0])))

    def quantile(self, p: Parameters, u: Array) -> Array:
        return np.asarray(p[1] * (-np.log1p(-u)) ** (1 / p[0]))

    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        if x <= 0:
            return 0.0
        power = 1 + order / p[0]
        return p[1] ** order * math.gamma(power) * float(special.gammainc(power, (x / p[1]) ** p[0]))


class Uniform(Continuous):
    """uniform(low, high)."""

    def mean(self, p: Parameters) -> float:
        return (p[0] + p[1]) / 2

    def variance(self, p: Parameters) -> float:
        return (p[1] - p[0]) ** 2 / 12

    def support(self, p: Parameters) -> tuple[float, float]:
        return (p[0], p[1])

    def cdf(self, p: Parameters, x: Array) -> Array:
        return np.clip((x - p[0]) / (p[1] - p[0]), 0.0, 1.0)

    def quantile(self, p: Parameters, u: Array) -> Array:
        return np.asarray(p[0] + (p[1] - p[0]) * u)

    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        low, high = p
        return (min(max(x, low), high) ** (order + 1) - low ** (order + 1)) / ((order + 1) * (high - low))


class Triangular(Continuous):
    """triangular(low, mode, high)."""

    def mean(self, p: Parameters) -> float:
        return sum(p) / 3

    def variance(self, p: Parameters) -> float:
        low, mode, high = p
        return ((mode - low) ** 2 + (high - mode) ** 2 + (mode - low) * (high - mode)) / 18

    def support(self, p: Parameters) -> tuple[float, float]:
        return (p[0], p[2])

    def cdf(self, p: Parameters, x: Array) -> Array:
        low, mode, high = p
        x = np.clip(x, low, high)
        rising = (x - low) ** 2 / ((high - low) * (mode - low)) if mode > low else np.zeros_like(x)
        falling = 1 - (high - x) ** 2 / ((high - low) * (high - mode)) if high > mode else np.ones_like(x)
        return np.where(x < mode, rising, falling)

    def quantile(self, p: Parameters, u: Array) -> Array:
        low, mode, high = p
        share = (mode - low) / (high - low)
        rising = low + np.sqrt(u * (high - low) * (mode - low))
        falling = high - np.sqrt((1 - u) * (high - low) * (high - mode))
        return np.where(u < share, rising, falling)

    def partial_moment(self, p: Parameters, order: int, *, x: float) -> float:
        low, mode, high = p
        x = min(max(x, low), high)
        total = 0.0
        if mode > low:
            slope = 2 / ((high - low) * (mode - low))
            total += slope * (_moment_below(order + 1, low, min(x, mode)) - low * _moment_below(order, low, min(x, mode)))
        if high > mode and x > mode:
            slope = 2 / ((high - low) * (high - mode))
            total += slope * (high * _moment_below(order, mode, x) - _moment_below(order + 1, mode, x))
        return total


def _moment_below(power: int, low: float, high: float) -> float:
    """Return the integral of x**power from low to high."""
    return (high ** (power + 1) - low ** (power + 1)) / (power + 1)
