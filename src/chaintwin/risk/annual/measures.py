"""Measures of the loss of a year: mean, tail, exceedance curve, and what each cause and place adds.

Years without an event cost nothing and have a known probability p. So P(L > x) = (1 - p) P(L > x | an event), the value at risk
at a level is the quantile of years with an event at the level 1 - (1 - level) / (1 - p), and 0 where that is not above 0; the
tail is the same set of years. Intervals and contributions are therefore those of a plain sample, at another level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.laws.checking import check_level
from chaintwin.risk.losses import (
    drop_one,
    estimate_strata,
    exceedance_curve,
    expected_shortfall_error,
    plan_strata,
    quantile_interval,
    tail_contributions,
    tail_risk,
)

Floats = NDArray[np.float64]

CURVE_POINTS = 200
"""Points of an exceedance curve: more than a picture can show."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval.

    Parameters
    ----------
    value, low, high : the figure and the ends of its interval; infinite where the sample cannot tell.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sample:
    """Losses of years with an event, which stand for a known part of all years.

    Parameters
    ----------
    losses : Floats[n], 0 or more; empty or 2 and more.
    some : probability of a year with an event, 0 to 1.
    confidence : of all intervals.

    Raises
    ------
    UsageError
        The confidence is not between 0 and 1.
    """

    losses: Floats
    some: float
    confidence: float

    def __post_init__(self) -> None:
        check_level("confidence", self.confidence)

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be lost."""
        return self.losses.size < 2 or self.some == 0

    def mean(self) -> Estimate:
        """Return the expected loss of a year, with an interval by the normal law."""
        if self.is_empty:
            return Estimate(0.0, 0.0, 0.0)
        found = estimate_strata([1 - self.some, self.some], [np.zeros(2), self.losses])
        wide = _normal(self.confidence) * found.standard_error
        return Estimate(found.mean, max(found.mean - wide, 0.0), found.mean + wide)

    def any_loss(self) -> Estimate:
        """Return the probability of a year with a loss, with an exact interval."""
        if self.is_empty:
            return Estimate(0.0, 0.0, 0.0)
        curve = exceedance_curve(self.losses, amounts=[0.0], confidence=self.confidence)
        return Estimate(*(float(one[0]) * self.some for one in (curve.probability, curve.lower, curve.upper)))

    def level_within(self, level: float) -> float | None:
        """Return the level of years with an event that is a level of all years; None where the value at risk is 0."""
        check_level("level", level)
        if self.is_empty or 1 - level >= self.some:
            return None
        # A year always with an event must give back the level itself, to the last digit.
        return level if self.some == 1 else 1 - (1 - level) / self.some

    def value_at_risk(self, level: float) -> Estimate:
        """Return the value at risk, with an interval by order statistics."""
        within = self.level_within(level)
        if within is None:
            return Estimate(0.0, 0.0, 0.0)
        found = quantile_interval(self.losses, within, confidence=self.confidence)
        return Estimate(found.value, max(found.lower, 0.0), found.upper)

    def expected_shortfall(self, level: float) -> Estimate:
        """Return the expected shortfall, with an interval by the normal law."""
        within = self.level_within(level)
        if within is None:
            mean = self.mean()
            return Estimate(*(part / (1 - level) for part in (mean.value, mean.low, mean.high)))
        value = tail_risk(self.losses, within).expected_shortfall
        wide = _normal(self.confidence) * expected_shortfall_error(self.losses, within)
        return Estimate(value, max(value - wide, 0.0), value + wide)

    def variance_reduction(self) -> float:
        """Return how many times as many years a simulation without strata would need for the same error of the mean."""
        if self.is_empty:
            return 1.0
        shares, spread = [1 - self.some, self.some], float(self.losses.var(ddof=1))
        plan = plan_strata(shares, [0.0, float(self.losses.mean())], variances=[0.0, spread], budget=self.losses.size)
        return plan.variance_reduction if spread > 0 else 1.0

    def curve(self) -> pl.DataFrame:
        """Return the exceedance curve: ``loss``, ``probability``, ``low``, ``high``, ``return_period`` (years)."""
        schema = {name: pl.Float64() for name in ("loss", "probability", "low", "high", "return_period")}
        if self.is_empty or not (self.losses > 0).any():
            return pl.DataFrame(schema=schema)
        ordered = np.sort(self.losses[self.losses > 0])[::-1]
        # As many points in the tail as in the bulk: ranks that grow by a factor.
        ranks = np.unique(np.rint(np.geomspace(1, ordered.size, CURVE_POINTS)).astype(np.int64)) - 1
        amounts = np.concatenate([[0.0], ordered[ranks]])
        found = exceedance_curve(self.losses, amounts=amounts, confidence=self.confidence)
        parts = [self.some * part for part in (found.probability, found.lower, found.upper)]
        with np.errstate(divide="ignore"):
            years = np.where(parts[0] > 0, 1 / parts[0], math.inf)
        return pl.DataFrame(dict(zip(schema, (found.losses, *parts, years), strict=True)), schema=schema)


def contributions(sample: Sample, parts: Mapping[str, Floats], *, level: float) -> pl.DataFrame:
    """Return what each part of the losses adds, the largest first.

    Parameters
    ----------
    sample : the losses.
    parts : by name, Floats[n]: the part in each year; together they are the losses.
    level : of the expected shortfall.

    Returns
    -------
    ``name``, ``mean``, ``mean_share``, ``shortfall`` (the part's mean over the worst years; they add up to the expected
    shortfall), ``shortfall_share``, ``shortfall_error`` (a standard error), and what a year without this part would save on the
    same random numbers: ``saved_value_at_risk``, ``saved_shortfall``, ``saved_shortfall_error``. What is saved need not add up.
    """
    names = ("mean", "mean_share", "shortfall", "shortfall_share", "shortfall_error")
    saved_names = ("saved_value_at_risk", "saved_shortfall", "saved_shortfall_error")
    schema = {"name": pl.String()} | {name: pl.Float64() for name in (*names, *saved_names)}
    if sample.is_empty or not parts:
        return pl.DataFrame(schema=schema)
    table = np.stack(list(parts.values()))
    means = sample.some * table.mean(axis=1)
    errors = sample.some * table.std(axis=1, ddof=1) / math.sqrt(sample.losses.size)
    within = sample.level_within(level)
    if within is None:
        shortfall, error = means / (1 - level), errors / (1 - level)
        saved = [np.zeros(means.size), shortfall, error]
    else:
        found = tail_contributions(table, within)
        shortfall, error = found.contribution, found.standard_error
        without = {name: np.maximum(sample.losses - part, 0.0) for name, part in parts.items()}
        dropped = list(drop_one(sample.losses, without, level=within).values())
        saved = [
            np.array([getattr(one, name) for one in dropped])
            for name in ("value_at_risk", "expected_shortfall", "expected_shortfall_error")
        ]
    columns = [means, _shares_of(means), shortfall, _shares_of(shortfall), error, *saved]
    frame = pl.DataFrame({"name": list(parts)} | dict(zip((*names, *saved_names), columns, strict=True)), schema=schema)
    return frame.sort(["shortfall", "mean", "name"], descending=[True, True, False])


def _shares_of(values: Floats) -> Floats:
    total = float(values.sum())
    return values / total if total > 0 else np.zeros(values.size)


def _normal(confidence: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + confidence) / 2))
