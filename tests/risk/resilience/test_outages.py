"""Stock against outages: worked answers, other stock levels, and simulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.resilience import outage_distribution, two_state_base_stock
from tests.shared_data import cases_of, matches
from tests.sizes import scaled


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.two_state_base_stock"))
def test_two_state_base_stock__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    found = two_state_base_stock(
        inputs["alpha"], inputs["beta"], demand=inputs["d"], holding_cost=inputs["h"], backorder_cost=inputs["p"]
    )
    answer = {
        "availability": found.availability,
        "n_star": found.covered_periods,
        "S_opt": found.base_stock,
        "cost_per_period": found.cost_per_period,
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


def cost(failure: float, recovery: float, *, covered: int, holding: float, backorder: float) -> float:
    """Add up the cost over how long the supplier has been down, one unit of demand a period."""
    down = failure / (failure + recovery)
    total, left, n = 0.0, 1.0, 0
    while left > 1e-13 and n < 3000:
        chance = 1 - down if n == 0 else down * recovery * (1 - recovery) ** (n - 1)
        total += chance * (holding * max(0, covered - n) + backorder * max(0, n - covered))
        left -= chance
        n += 1
    return total


@given(failure=st.floats(0.001, 1), recovery=st.floats(0.05, 1), holding=st.floats(0.05, 5), backorder=st.floats(0.0, 100))
def test_two_state_base_stock__no_neighbor_is_cheaper(failure: float, recovery: float, holding: float, backorder: float) -> None:
    found = two_state_base_stock(failure, recovery, demand=1.0, holding_cost=holding, backorder_cost=backorder)
    best = found.covered_periods
    exact = cost(failure, recovery, covered=best, holding=holding, backorder=backorder)
    assert found.cost_per_period == pytest.approx(exact, rel=1e-6, abs=1e-6)
    for other in (best - 1, best + 1):
        if other >= 0:
            assert cost(failure, recovery, covered=other, holding=holding, backorder=backorder) >= exact - 1e-6


def test_two_state_base_stock__simulation_meets_cost_and_distribution() -> None:
    rng = np.random.default_rng(3)
    periods = scaled(ci=400_000, full=4_000_000)
    draws = rng.random(periods)
    down, counts = 0, np.empty(periods, dtype=int)
    for t, draw in enumerate(draws):
        down = (1 if draw < 0.04 else 0) if down == 0 else (0 if draw < 0.25 else down + 1)
        counts[t] = down
    for n in (0, 2, 5):
        assert (counts <= n).mean() == pytest.approx(outage_distribution(0.04, 0.25, periods=n), abs=0.006)
    found = two_state_base_stock(0.04, 0.25, demand=20, holding_cost=0.25, backorder_cost=3.0)
    level = found.base_stock - 20 * (1 + counts)
    costs = 0.25 * np.maximum(level, 0) + 3.0 * np.maximum(-level, 0)
    batches = costs.reshape(100, -1).mean(axis=1)
    assert abs(costs.mean() - found.cost_per_period) < 4 * batches.std() / 10


def test_outages__refuse_what_cannot_be() -> None:
    with pytest.raises(UsageError, match=r"recovery: found 0; .*; fix: an outage that never ends"):
        two_state_base_stock(0.1, 0.0, demand=1, holding_cost=1, backorder_cost=1)
    with pytest.raises(UsageError, match="holding_cost: found 0"):
        two_state_base_stock(0.1, 0.5, demand=1, holding_cost=0, backorder_cost=1)
    assert math.isclose(outage_distribution(0.0, 1.0, periods=0), 1.0)
