"""A probability law: what a cell such as ``normal(100, 20)`` means.

Demand and lead times are never negative: the engine takes max(0, draw), the law itself does not change. The mean of
normal(10, 20) is therefore 10 here and 13.96 in the engine; ``expected_excess(0.0)`` gives the latter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from chaintwin.laws.continuous import Continuous, Gamma, Lognormal, Normal, Triangular, Uniform, Weibull
from chaintwin.laws.discrete import Binomial, Discrete, NegativeBinomial, Poisson, UniformInt
from chaintwin.laws.parameters import WRAPPERS, LawError, LawKind, check_parameters, check_weights

Array = NDArray[np.float64]

SMALLEST_MASS = 1e-6
"""The least probability a truncation may keep; below it the difference of two cdf values has lost too many digits."""

FAMILIES: Mapping[LawKind, Continuous | Discrete] = MappingProxyType(
    {
        LawKind.NORMAL: Normal(),
        LawKind.LOGNORMAL: Lognormal(),
        LawKind.GAMMA: Gamma(),
        LawKind.EXPONENTIAL: Gamma(),
        LawKind.WEIBULL: Weibull(),
        LawKind.UNIFORM: Uniform(),
        LawKind.TRIANGULAR: Triangular(),
        LawKind.POISSON: Poisson(),
        LawKind.NEGBIN: NegativeBinomial(),
        LawKind.GEOMETRIC: NegativeBinomial(),
        LawKind.BINOMIAL: Binomial(),
        LawKind.BERNOULLI: Binomial(),
        LawKind.UNIFORM_INT: UniformInt(),
    }
)

FINITE = frozenset({LawKind.CONSTANT, LawKind.PMF, LawKind.EMPIRICAL})
"""Laws given by a list of values."""


@dataclass(frozen=True, slots=True)
class Law:
    """One probability law.

    Parameters
    ----------
    kind : the family, or the wrapper around ``inner``.
    parameters : in the order of docs/reference/laws.md; (low, high), (x) or (p) for wrappers; empty for pmf and empirical.
    values : values of a pmf or of an empirical law, ascending and distinct.
    weights : their probabilities (pmf, summing to 1) or how often each was observed (empirical).
    inner : the law inside a wrapper.
    source : the file and column an empirical law was read from, as written; empty for values written in the cell.

    Raises
    ------
    LawError : a parameter is not allowed; says which, what was found and what is allowed.

    Example
    -------
    >>> law = Law(LawKind.POISSON, (7.5,))
    >>> law.mean, law.quantile(0.9), str(law)
    (7.5, 11.0, 'poisson(7.5)')
    """

    kind: LawKind
    parameters: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    inner: Law | None = None
    source: str = ""

    def __post_init__(self) -> None:
        check_parameters(self.kind, self.parameters)
        if self.kind in (LawKind.PMF, LawKind.EMPIRICAL):
            check_weights(self.kind, self.values, weights=self.weights)
        if (self.inner is not None) != (self.kind in WRAPPERS):
            raise LawError(self.kind, f"inner law {self.inner}", allowed="one law inside a wrapper, none elsewhere")
        if self.kind is LawKind.TRUNCATED and not self._kept_mass() >= SMALLEST_MASS:
            low, high = self.parameters
            raise LawError(
                "truncated",
                f"bounds {low:g} to {high:g}, which hold {max(0.0, self._kept_mass()):.3g} of {self.inner}",
                allowed=f"bounds that hold at least {SMALLEST_MASS:g} of the law",
            )

    @property
    def mean(self) -> float:
        """Return the mean of the law, before any clipping at zero."""
        if self.kind is LawKind.CONSTANT:
            return self.parameters[0]
        if self.kind in FINITE:
            return math.fsum(v * w for v, w in zip(self.values, self.weights, strict=True)) / math.fsum(self.weights)
        inner = self.inner
        if inner is None:
            parameters, offset = self.base()
            return FAMILIES[self.kind].mean(parameters) + offset
        if self.kind is LawKind.SHIFT:
            return inner.mean + self.parameters[0]
        if self.kind is LawKind.ZERO_INFLATED:
            return inner.mean * (1 - self.parameters[0])
        return self._truncated_moments()[0]

    @property
    def variance(self) -> float:
        """Return the variance of the law."""
        if self.kind is LawKind.CONSTANT:
            return 0.0
        if self.kind in FINITE:
            mean = self.mean
            squares = math.fsum(w * (v - mean) ** 2 for v, w in zip(self.values, self.weights, strict=True))
            return squares / math.fsum(self.weights)
        inner = self.inner
        if inner is None:
            return FAMILIES[self.kind].variance(self.base()[0])
        if self.kind is LawKind.SHIFT:
            return inner.variance
        if self.kind is LawKind.ZERO_INFLATED:
            share = self.parameters[0]
            return (1 - share) * (inner.variance + share * inner.mean**2)
        return self._truncated_moments()[1]

    @property
    def sd(self) -> float:
        """Return the standard deviation of the law."""
        return math.sqrt(self.variance)

    @property
    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest possible value, infinite where there is none."""
        if self.kind is LawKind.CONSTANT:
            return (self.parameters[0], self.parameters[0])
        if self.kind in FINITE:
            return (self.values[0], self.values[-1])
        inner = self.inner
        if inner is None:
            parameters, offset = self.base()
            low, high = FAMILIES[self.kind].support(parameters)
            return (low + offset, high + offset)
        low, high = inner.support
        if self.kind is LawKind.SHIFT:
            return (low + self.parameters[0], high + self.parameters[0])
        if self.kind is LawKind.ZERO_INFLATED:
            return (min(low, 0.0), max(high, 0.0)) if self.parameters[0] > 0 else (low, high)
        low, high = max(low, self.parameters[0]), min(high, self.parameters[1])
        return (math.ceil(low), math.floor(high)) if inner.is_whole and math.isfinite(low + high) else (low, high)

    @property
    def is_discrete(self) -> bool:
        """Tell whether the law has only separate values."""
        if self.inner is not None:
            return self.inner.is_discrete
        return self.kind in FINITE or isinstance(FAMILIES[self.kind], Discrete)

    @property
    def is_whole(self) -> bool:
        """Tell whether every value is a whole number."""
        if self.inner is not None:
            return self.inner.is_whole and (self.kind is not LawKind.SHIFT or self.parameters[0].is_integer())
        if self.kind is LawKind.CONSTANT:
            return self.parameters[0].is_integer()
        if self.kind in FINITE:
            return all(value.is_integer() for value in self.values)
        return isinstance(FAMILIES[self.kind], Discrete)

    def cdf(self, x: float) -> float:
        """Return P(X <= x).

        Example
        -------
        >>> Law(LawKind.BERNOULLI, (0.25,)).cdf(0.0)
        0.75
        """
        return float(self.cdf_many(np.array([x], dtype=np.float64))[0])

    def quantile(self, u: float) -> float:
        """Return the smallest x with P(X <= x) >= u, for 0 <= u <= 1; the ends of the support at 0 and 1.

        Example
        -------
        >>> round(Law(LawKind.NORMAL, (100.0, 15.0)).quantile(0.975), 9)
        129.399459768
        """
        return float(self.quantile_many(np.array([u], dtype=np.float64))[0])

    def cdf_many(self, x: Array) -> Array:
        """Return P(X <= x) for each x (float64[n])."""
        low, high = self.support
        if low == high:
            return np.where(x >= low, 1.0, 0.0)
        if self.kind in FINITE:
            cumulative = np.concatenate([[0.0], self._cumulative()])
            return np.asarray(cumulative[np.searchsorted(np.array(self.values), x, side="right")])
        inner = self.inner
        if inner is None:
            return self._family_cdf(x)
        if self.kind is LawKind.SHIFT:
            return inner.cdf_many(_unshifted(inner, x, self.parameters[0]))
        if self.kind is LawKind.ZERO_INFLATED:
            share = self.parameters[0]
            return share * (x >= 0) + (1 - share) * inner.cdf_many(x)
        low, high = self.parameters
        inside = inner.cdf_many(np.clip(x, low, high)) - inner.mass_below(low)
        return np.where(x < low, 0.0, np.where(x >= high, 1.0, np.clip(inside / self._kept_mass(), 0.0, 1.0)))

    def quantile_many(self, u: Array) -> Array:
        """Return the quantile of each u (float64[n], 0 <= u <= 1).

        Raises
        ------
        LawError : a u is outside 0 to 1.
        """
        if not ((u >= 0) & (u <= 1)).all():
            raise LawError("u", f"{u[~((u >= 0) & (u <= 1))][0]}", allowed="0 to 1")
        low, high = self.support
        if low == high:
            return np.full(u.shape, low)
        inside = np.clip(u, 5e-324, 1 - 2.0**-53)
        value = self._quantile_inside(inside)
        return np.where(u == 0, low, np.where(u == 1, high, value))

    def mass_below(self, x: float) -> float:
        """Return P(X < x)."""
        if not math.isfinite(x):
            return 0.0 if x < 0 else 1.0
        if not self.is_discrete:
            jump = 0.0
            if x == 0 and self.kind is LawKind.ZERO_INFLATED:
                jump = self.parameters[0]
            return self.cdf(x) - jump
        if self.inner is not None and self.kind is LawKind.SHIFT:
            return self.inner.mass_below(float(_unshifted(self.inner, np.array([x]), self.parameters[0])[0]))
        return self.cdf(math.nextafter(x, -math.inf))

    def partial_moment(self, order: int, x: float) -> float:
        """Return E[X**order; X <= x] for order 0, 1 or 2.

        Example
        -------
        >>> Law(LawKind.UNIFORM, (0.0, 2.0)).partial_moment(1, 1.0)
        0.25
        """
        low, high = self.support
        if x < low:
            return 0.0
        if x >= high:
            return (1.0, self.mean, self.variance + self.mean**2)[order]
        if self.kind in FINITE:
            kept = [(v, w) for v, w in zip(self.values, self.weights, strict=True) if v <= x]
            return math.fsum(w * v**order for v, w in kept) / math.fsum(self.weights)
        inner = self.inner
        if inner is None:
            family = FAMILIES[self.kind]
            parameters, offset = self.base()
            point = math.floor(x) - offset if isinstance(family, Discrete) else x - offset
            moments = [family.partial_moment(parameters, m, x=point) for m in range(order + 1)]
            return _shifted_moment(moments, offset)
        if self.kind is LawKind.SHIFT:
            shift = self.parameters[0]
            point = float(_unshifted(inner, np.array([x]), shift)[0])
            return _shifted_moment([inner.partial_moment(m, point) for m in range(order + 1)], shift)
        if self.kind is LawKind.ZERO_INFLATED:
            share = self.parameters[0]
            at_zero = share if order == 0 and x >= 0 else 0.0
            return at_zero + (1 - share) * inner.partial_moment(order, x)
        below = _below(inner, order, self.parameters[0])
        return (inner.partial_moment(order, x) - below) / self._kept_mass()

    def expected_excess(self, x: float) -> float:
        """Return E[max(0, X - x)], the mean shortage of a stock of x; with x = 0 the mean after clipping at zero.

        Example
        -------
        >>> round(Law(LawKind.NORMAL, (10.0, 20.0)).expected_excess(0.0), 2)
        13.96
        """
        missing = x * (1 - self.partial_moment(0, x))
        return max(0.0, self.mean - self.partial_moment(1, x) - missing)

    def base(self) -> tuple[tuple[float, ...], float]:
        """Return the parameters that the family in `FAMILIES` knows, and what is added to its value.

        Example
        -------
        >>> Law(LawKind.GEOMETRIC, (0.2,)).base()
        ((1.0, 0.2), 1.0)
        """
        if self.kind is LawKind.EXPONENTIAL:
            return (1.0, self.parameters[0]), 0.0
        if self.kind is LawKind.BERNOULLI:
            return (1.0, self.parameters[0]), 0.0
        if self.kind is LawKind.GEOMETRIC:
            return (1.0, self.parameters[0]), 1.0
        return self.parameters, 0.0

    def __str__(self) -> str:
        """Return the text that parses to this law."""
        numbers = ", ".join(format_number(value) for value in self.parameters)
        if self.kind is LawKind.CONSTANT:
            return numbers
        if self.kind is LawKind.PMF:
            pairs = zip(self.values, self.weights, strict=True)
            return f"pmf({', '.join(f'{format_number(v)}:{format_number(w)}' for v, w in pairs)})"
        if self.kind is LawKind.EMPIRICAL:
            pairs = zip(self.values, self.weights, strict=True)
            inline = ", ".join(format_number(v) for v, count in pairs for _ in range(int(count)))
            return f"empirical({self.source or inline})"
        if self.kind is LawKind.TRUNCATED:
            bounds = zip(("low", "high"), self.parameters, strict=True)
            named = ", ".join(f"{name}={format_number(bound)}" for name, bound in bounds if math.isfinite(bound))
            return f"truncated({self.inner}, {named})"
        if self.inner is not None:
            return f"{self.kind}({self.inner}, {numbers})"
        return f"{self.kind}({numbers})"

    def _family_cdf(self, x: Array) -> Array:
        family = FAMILIES[self.kind]
        parameters, offset = self.base()
        low, high = self.support
        finite = np.clip(x, max(low, -1e300) - 1, min(high, 1e300))
        point = np.floor(finite) - offset if isinstance(family, Discrete) else finite - offset
        return np.where(x >= high, 1.0, family.cdf(parameters, point))

    def _quantile_inside(self, u: Array) -> Array:
        """Return the quantile for 0 < u < 1 of a law that is not a single value."""
        if self.kind in FINITE:
            return np.array(self.values)[np.searchsorted(self._cumulative(), u, side="left")]
        inner = self.inner
        if inner is None:
            parameters, offset = self.base()
            return FAMILIES[self.kind].quantile(parameters, u) + offset
        if self.kind is LawKind.SHIFT:
            return inner.quantile_many(u) + self.parameters[0]
        # The inner u is a computed number: without the slack a rounding upward would step to the next separate value.
        slack = 4e-15 if self.is_discrete else 0.0
        if self.kind is LawKind.ZERO_INFLATED:
            share = self.parameters[0]
            start = (1 - share) * inner.mass_below(0.0)
            below = inner.quantile_many(np.clip(u / (1 - share) - slack, 0.0, 1.0))
            above = inner.quantile_many(np.clip((u - share) / (1 - share) - slack, 0.0, 1.0))
            return np.where(u <= start, below, np.where(u <= start + share, 0.0, above))
        low, high = self.support
        start = inner.mass_below(self.parameters[0])
        return np.clip(inner.quantile_many(np.clip(start + u * self._kept_mass() - slack, 0.0, 1.0)), low, high)

    def _cumulative(self) -> Array:
        """Return the cdf at each value; rounded, so that weights .1, .7 reach .8 as people expect."""
        weights = np.array(self.weights)
        total = 1.0 if self.kind is LawKind.PMF else weights.sum()
        cumulative = np.round(np.cumsum(weights) / total, 13)
        cumulative[-1] = 1.0
        return cumulative

    def _kept_mass(self) -> float:
        """Return the probability inside the bounds of a truncation."""
        assert self.inner is not None
        low, high = self.parameters
        return (self.inner.cdf(high) if math.isfinite(high) else 1.0) - self.inner.mass_below(low)

    def _truncated_moments(self) -> tuple[float, float]:
        """Return mean and variance of a truncation."""
        inner = self.inner
        assert inner is not None
        low, high = self.parameters
        center = 0.0
        if inner.kind is LawKind.NORMAL:
            # Around its mean, so that a small variance far from zero keeps its digits.
            center = inner.parameters[0]
            inner = Law(LawKind.NORMAL, (0.0, inner.parameters[1]))
            low, high = low - center, high - center
        mass = (inner.partial_moment(0, high)) - _below(inner, 0, low)
        first, second = ((inner.partial_moment(m, high) - _below(inner, m, low)) / mass for m in (1, 2))
        return first + center, max(0.0, second - first**2)


def format_number(value: float) -> str:
    """Return the shortest text that reads back as the same number, without a needless ``.0``.

    Example
    -------
    >>> format_number(20.0), format_number(0.4)
    ('20', '0.4')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _unshifted(inner: Law, x: Array, shift: float) -> Array:
    """Return x - shift, or the separate value of ``inner`` that the subtraction missed by a rounding.

    2.8 - 1.8 is less than 1, and the law of 1.8 + a whole number would have nothing at 2.8.
    """
    point = x - shift
    if inner.is_whole:
        near = np.rint(point)
    elif inner.kind in FINITE:
        values = np.array(inner.values)
        after = (
            np.clip(np.searchsorted(values, point), 1, values.size - 1) if values.size > 1 else np.zeros(point.size, dtype=int)
        )
        before = np.maximum(after - 1, 0)
        near = np.where(np.abs(values[after] - point) < np.abs(values[before] - point), values[after], values[before])
    else:
        return point
    slack = 4 * np.finfo(np.float64).eps * (np.abs(x) + abs(shift))
    return np.where(np.abs(near - point) <= slack, near, point)


def _shifted_moment(moments: list[float], shift: float) -> float:
    """Return the partial moment of X + shift from those of X, up to the order of the list."""
    order = len(moments) - 1
    return sum(math.comb(order, m) * shift ** (order - m) * moment for m, moment in enumerate(moments))


def _below(law: Law, order: int, x: float) -> float:
    """Return E[X**order; X < x]."""
    if not law.is_discrete:
        at_zero = law.parameters[0] if order == 0 and x == 0 and law.kind is LawKind.ZERO_INFLATED else 0.0
        return law.partial_moment(order, x) - at_zero
    return law.partial_moment(order, math.nextafter(x, -math.inf) if math.isfinite(x) else x)
