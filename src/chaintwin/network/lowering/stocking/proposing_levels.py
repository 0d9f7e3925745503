"""Levels proposed for ordering rules that give none: enough for a share of the periods and for a share of the units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, gammaln, ndtri, xlogy

Floats = NDArray[np.float64]

STEPS = 60
"""Most steps of the search for a level; Newton's rule needs about eight, halving the bracket catches it where it leaps out."""

STEADY = 1e-8
"""Squared coefficient of variation up to which demand over a lead time is taken as constant."""

EXACT = 1e-9
"""The search ends where the level moves by less than this part of itself."""


def proposed_levels(
    mean: Floats, variance: Floats, *, lead_mean: Floats, lead_variance: Floats, review: Floats, target: Floats
) -> Floats:
    """Return the smallest order-up-to level that meets a target twice.

    The level is the larger of two: the one that leaves at least the share ``target`` of periods without stock-out, by a
    normal law, and the one that serves at least the share ``target`` of the units at once, by a gamma law. Steady demand
    is bound by the first. Demand that rests for many periods and then asks for a lot is bound by the second: hardly any
    period sees a shortage, and those that do miss most of the units.

    Parameters
    ----------
    mean, variance : float64[points], demand of a period, unit and unit².
    lead_mean, lead_variance : float64[points], lead time with information delay, periods and periods².
    review : float64[points], periods from one order to the next, 1 or more.
    target : float64[points], 0.5 to under 1.

    Returns
    -------
    float64[points], unit, 0 or more.

    Source
    ------
    Silver, Pyke and Thomas (2017), Inventory and Production Management in Supply Chains, sections 6.7 (demand over a random
    lead time) and 6.10 (periodic review); gamma law of demand over a lead time: Burgin (1975), Operational Research Quarterly 26.
    """
    # An order is placed after the demand of its period, and what arrives serves the demand of that period, so the last period
    # of a review cycle sees the demand of this many periods (METHODS 1.2).
    exposure = lead_mean + review - 1
    spread = mean**2 * lead_variance
    total = exposure * variance + spread
    level = np.maximum(mean * exposure + ndtri(target) * np.sqrt(total), 0.0)
    # Periods between the first order of a cycle and its arrival are owed by the cycle before; under one period nothing is.
    before = np.maximum(lead_mean - 1, 0.0)
    last = _Gamma.of(mean * exposure, total)
    first = _Gamma.of(mean * before, np.where(before > 0, before * variance + spread, 0.0))
    allowed = (1 - target) * review * mean
    rows = np.flatnonzero((mean > 0) & (total > 0))
    rows = rows[last.at(rows).shortage(level[rows]) - first.at(rows).shortage(level[rows]) > allowed[rows]]
    level[rows] = _searched(last.at(rows), first.at(rows), allowed=allowed[rows], low=level[rows])
    return level


class _Gamma(NamedTuple):
    """Gamma laws, one a row; ``constant`` in place of the law where the variance is 0, else NaN."""

    shape: Floats
    scale: Floats
    constant: Floats

    @classmethod
    def of(cls, mean: Floats, variance: Floats) -> _Gamma:
        # Beyond that the law is a constant for every purpose, and its formula loses all digits.
        is_random = (variance > STEADY * mean**2) & (mean > 0)
        safe_mean, safe_variance = np.where(is_random, mean, 1.0), np.where(is_random, variance, 1.0)
        return cls(safe_mean**2 / safe_variance, safe_variance / safe_mean, np.where(is_random, np.nan, mean))

    def at(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> _Gamma:
        return _Gamma(self.shape[rows], self.scale[rows], self.constant[rows])

    def beyond(self, level: Floats) -> Floats:
        """Return P(X > level)."""
        return np.where(np.isnan(self.constant), gammaincc(self.shape, level / self.scale), self.constant > level)

    def shortage(self, level: Floats) -> Floats:
        """Return E[(X - level)+]."""
        shape, at = self.shape, level / self.scale
        # Q(k + 1, x) = Q(k, x) + x^k exp(-x) / gamma(k + 1).
        step = np.exp(xlogy(shape, at) - at - gammaln(shape + 1))
        missing = self.scale * ((shape - at) * gammaincc(shape, at) + shape * step)
        return np.where(np.isnan(self.constant), np.maximum(missing, 0.0), np.maximum(self.constant - level, 0.0))


def _searched(last: _Gamma, first: _Gamma, *, allowed: Floats, low: Floats) -> Floats:
    """Return where the shortage of ``last`` passes that of ``first`` by no more than is allowed, from below by Newton's rule."""
    found = low.copy()
    rows = np.arange(low.size)
    high = np.full(low.size, np.inf)
    level = low.copy()
    for _ in range(STEPS):
        excess = last.shortage(level) - first.shortage(level) - allowed
        low, high = np.where(excess > 0, level, low), np.where(excess > 0, high, level)
        slope = np.maximum(last.beyond(level) - first.beyond(level), 1e-300)
        new = level + excess / slope
        middle = np.where(np.isinf(high), 2 * low + last.scale, (low + high) / 2)
        new = np.where((new > low) & (new < high) & (new < 4 * low + 8 * last.scale), new, middle)
        found[rows] = new
        is_open = np.abs(new - level) > EXACT * new
        if not is_open.any():
            break
        rows, level, low, high, allowed = rows[is_open], new[is_open], low[is_open], high[is_open], allowed[is_open]
        last, first = last.at(is_open), first.at(is_open)
    return found
