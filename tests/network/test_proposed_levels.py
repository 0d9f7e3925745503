"""Levels proposed for stock points: what share of demand they really serve, and laws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm

from chaintwin.network.lowering.stocking.proposing_levels import proposed_levels

Floats = NDArray[np.float64]
PERIODS = 100_000
DEMANDS: dict[str, Callable[[np.random.Generator], Floats]] = {
    "steady": lambda draw: np.maximum(draw.normal(100, 20, PERIODS), 0.0),
    "erratic": lambda draw: draw.gamma(1.0, 10.0, PERIODS),
    "clumped": lambda draw: draw.negative_binomial(0.2, 0.05, PERIODS).astype(np.float64),
    "intermittent": lambda draw: (draw.random(PERIODS) < 0.02) * draw.gamma(1.0, 100.0, PERIODS),
}


def level_of(
    mean: float, variance: float, *, lead: float = 1.0, lead_variance: float = 0.0, review: float = 1.0, target: float = 0.95
) -> float:
    rows = [np.array([value]) for value in (mean, variance, lead, lead_variance, review, target)]
    level = proposed_levels(rows[0], rows[1], lead_mean=rows[2], lead_variance=rows[3], review=rows[4], target=rows[5])
    return float(level[0])


def served(demand: Floats, level: float, *, lead: int, review: int) -> tuple[float, float]:
    """Return the shares of units served at once and of periods without stock-out, by following the stock period by period.

    What was ordered in period t - lead or before has arrived in t; orders are placed every ``review`` periods after demand.
    """
    total = np.concatenate([[0.0], np.cumsum(demand)])
    periods = np.arange(lead + review, demand.size)
    # The last order that has arrived by t was placed in the last review period at or before t - lead.
    ordered = (periods - lead) // review * review
    before = level - (total[periods] - total[ordered + 1])
    at_once = np.clip(before, 0.0, demand[periods])
    return at_once.sum() / demand[periods].sum(), float((before >= demand[periods]).mean())


@pytest.mark.parametrize("kind", DEMANDS)
@pytest.mark.parametrize(("lead", "review"), [(1, 1), (3, 1), (20, 1), (2, 7)])
def test_a_level_serves_the_share_asked_for(kind: str, lead: int, review: int) -> None:
    demand = DEMANDS[kind](np.random.default_rng(5))
    level = level_of(float(demand.mean()), float(demand.var()), lead=lead, review=review)
    units, periods = served(demand, level, lead=lead, review=review)
    assert units >= 0.94
    assert periods >= 0.93


@pytest.mark.parametrize("lead", [1, 3, 20])
def test_the_normal_level_alone_would_not_serve_intermittent_demand(lead: int) -> None:
    demand = DEMANDS["intermittent"](np.random.default_rng(5))
    normal = demand.mean() * lead + norm.ppf(0.95) * np.sqrt(lead * demand.var())
    units, periods = served(demand, float(normal), lead=lead, review=1)
    assert units < 0.8
    assert periods > 0.92


@given(
    mean=st.floats(0.01, 1e5),
    variation=st.floats(0.0, 20.0),
    lead=st.floats(0.0, 200.0),
    lead_sd=st.floats(0.0, 30.0),
    review=st.integers(1, 30),
)
def test_more_service_never_asks_for_less(mean: float, variation: float, lead: float, lead_sd: float, review: int) -> None:
    targets = np.array([0.5, 0.8, 0.95, 0.99, 0.99999])
    rows = [np.full(targets.size, value) for value in (mean, (variation * mean) ** 2, lead, lead_sd**2, review)]
    levels = proposed_levels(rows[0], rows[1], lead_mean=rows[2], lead_variance=rows[3], review=rows[4], target=targets)
    assert np.isfinite(levels).all()
    assert (np.diff(levels) >= -1e-6 * levels[1:]).all()
    assert (levels >= mean * (lead + review - 1) * (1 - 1e-12)).all()


def test_levels_scale_with_the_unit() -> None:
    assert level_of(1000 * 0.3, 1e6 * 8.0, lead=4) == pytest.approx(1000 * level_of(0.3, 8.0, lead=4), rel=1e-7)


def test_steady_demand_is_bound_by_periods_and_exact_demand_by_its_mean() -> None:
    assert level_of(100.0, 400.0, lead=3) == pytest.approx(300 + norm.ppf(0.95) * np.sqrt(1200))
    assert level_of(7.0, 0.0, lead=3, review=2) == pytest.approx(28.0)
    assert level_of(0.0, 0.0, lead=3) == 0.0
