"""The figures of one run less those of another on the same random numbers, a row each."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.simulation.comparing.paired import DUST, Difference, difference, figure_of
from chaintwin.simulation.comparing.verdicts import verdict_of
from chaintwin.simulation.counting.figures import COSTS, FIGURES, figures_of

Floats = NDArray[np.float64]
Row = tuple[object, ...]

MORE_IS_GOOD = ("fill_rate", "on_time_rate", "cycle_service_level", "shipped", "revenue")
LESS_IS_GOOD = ("lost_sales", "backlog", "expired", "scrapped", "held_outside", *COSTS, "total_cost")
"""Figures of which more, or less, is good. Demand and stock are neither: what they do to service and cost is counted there."""

SCHEMA = pl.Schema(
    {
        "scenario": pl.String,
        "figure": pl.String,
        "unit": pl.String,
        "good": pl.String,
        "reference": pl.Float64,
        "value": pl.Float64,
        "difference": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "relative": pl.Float64,
        "variance_ratio": pl.Float64,
        "better_share": pl.Float64,
        "replications": pl.Int64,
        "verdict": pl.String,
    }
)


def difference_rows(
    name: str, ledger: Floats, *, base: Floats, units: Mapping[str, str], is_random: bool, confidence: float
) -> list[Row]:
    """Return one row a figure with the columns of ``SCHEMA``.

    Parameters
    ----------
    name : of the run. ledger, base : Floats[replications, LEDGER] of the run and of what it is compared with.
    units : by figure. is_random : whether either of the two draws anything. confidence : level of the intervals, 0 to 1.
    """
    known, values = figures_of(base), figures_of(ledger)
    rows: list[Row] = []
    for figure in FIGURES:
        one, other = figure_of(ledger, figure), figure_of(base, figure)
        found = difference(one, other, confidence=confidence)
        if not is_random:
            # Without chance every replication is the same, and one of them says everything.
            found = Difference(found.value, 0.0, math.nan)
        size = max(abs(one.value), abs(other.value))
        sign = _better_sign(figure)
        rows.append(
            (
                name,
                figure,
                units[figure],
                {1: "more", -1: "less", 0: None}[sign],
                other.value,
                one.value,
                found.value,
                found.low,
                found.high,
                found.value / abs(other.value) if other.value else math.nan,
                found.variance_ratio,
                _better_share(values[figure], known[figure], sign=sign),
                ledger.shape[0],
                verdict_of(found, sign=sign, size=size).value,
            )
        )
    return rows


def _better_sign(figure: str) -> int:
    return 1 if figure in MORE_IS_GOOD else -1 if figure in LESS_IS_GOOD else 0


def _better_share(values: Floats, base: Floats, *, sign: int) -> float:
    """Return the share of the replications in which a figure is better, those that do not know it left out."""
    gaps = sign * (values - base)
    known = ~np.isnan(gaps)
    if sign == 0 or not known.any():
        return math.nan
    dust = DUST * np.maximum(np.abs(values), np.abs(base))
    return float((gaps[known] > dust[known]).mean())
