"""Service of a stream against the worked case and an explicit queue of units."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from chaintwin.errors import UsageError
from chaintwin.risk.service import measure_service, waiting_shares
from tests.shared_data import cases_of, matches
from tests.sizes import scaled


@pytest.mark.parametrize("case", cases_of("cases/metrics.json", "met.service"))
def test_measure_service__worked_case(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    found = measure_service(inputs["demand"], inputs["shipped"], on_hand_end=inputs["on_hand_end"], window=inputs["window"])
    answer = {name: getattr(found, name) for name in case["expected"]}
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


@st.composite
def played(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Demand, and shipments that never run ahead of it."""
    demand = draw(st.lists(st.integers(0, 9), min_size=1, max_size=25))
    shipped, owed = [], 0
    for asked in demand:
        owed += asked
        shipped.append(draw(st.integers(0, owed)))
        owed -= shipped[-1]
    return demand, shipped


@given(record=played(), window=st.integers(0, 6))
def test_measure_service__against_a_queue_of_units(record: tuple[list[int], list[int]], window: int) -> None:
    demand, shipped = record
    queue: deque[int] = deque()
    waits: list[list[int]] = [[] for _ in demand]
    clean = 0
    for period, (asked, sent) in enumerate(zip(demand, shipped, strict=True)):
        queue.extend([period] * asked)
        for _ in range(sent):
            born = queue.popleft()
            waits[born].append(period - born)
        clean += asked > 0 and not queue
    found = measure_service(demand, shipped, window=window)
    on_time = [sum(wait <= window for wait in of_period) for of_period in waits]
    assert found.on_time_units.tolist() == on_time
    assert found.end_backlog == len(queue)
    total, busy = sum(demand), sum(asked > 0 for asked in demand)
    if total == 0:
        assert (found.fill_rate, found.on_time_fill, found.type1_period) == (None, None, None)
        return
    assert found.on_time_fill == pytest.approx(sum(on_time) / total)
    assert found.fill_rate == pytest.approx(sum(wait == 0 for of_period in waits for wait in of_period) / total)
    assert found.type1_period == pytest.approx(clean / busy)
    shares = waiting_shares(demand, shipped, longest=window)
    assert shares[-1] == pytest.approx(found.on_time_fill)
    assert (np.diff(shares) >= 0).all()
    assert shares[0] == pytest.approx(found.fill_rate)


@given(record=played(), scale=st.floats(0.001, 1000))
def test_measure_service__does_not_depend_on_units(record: tuple[list[int], list[int]], scale: float) -> None:
    demand, shipped = (np.array(values, dtype=float) for values in record)
    one, other = measure_service(demand, shipped, window=1), measure_service(scale * demand, scale * shipped, window=1)
    assert (one.type1_period, one.demand_period_count) == (other.type1_period, other.demand_period_count)
    assert one.fill_rate == (pytest.approx(other.fill_rate) if one.fill_rate is not None else None)


def test_measure_service__of_a_base_stock_in_simulation() -> None:
    # METHODS 1.7: with exposure L, fill rate 1 - (E(X_L - S)+ - E(X_(L-1) - S)+) / rate, ready rate P(X_L < S).
    rate, level, exposure, periods = 4.0, 12, 2, scaled(ci=100_000, full=1_000_000)
    demand = np.random.default_rng(5).poisson(rate, size=periods).astype(float)
    asked = np.cumsum(demand)
    # What was asked until an exposure ago has arrived by now.
    arrived = level + np.concatenate([np.zeros(exposure), asked[:-exposure]])
    done = np.minimum(asked, arrived)
    found = measure_service(demand, np.diff(done, prepend=0), on_hand_end=arrived - done)

    def short(span: int) -> float:
        law = poisson(rate * span)
        counts = np.arange(level, level + 80)
        return float(((counts - level) * law.pmf(counts)).sum())

    assert found.fill_rate == pytest.approx(1 - (short(exposure) - short(exposure - 1)) / rate, abs=0.004)
    ready = poisson(rate * exposure).cdf(level - 1)
    assert found.ready_rate == pytest.approx(ready, abs=6 * math.sqrt(ready * (1 - ready) / periods))


@pytest.mark.parametrize(
    ("demand", "shipped", "extra", "message"),
    [
        ([1, 2], [2, 1], {}, r"shipped\[0\]: found 2 units until then; allowed: 1"),
        ([1, -2], [1, 0], {}, r"demand\[1\]: found -2"),
        ([1, 2], [1], {}, "shipped: found an array"),
        ([1, 2], [1, 2], {"window": -1}, "window: found -1"),
        ([1, 2], [1, 2], {"on_hand_end": [0]}, "on_hand_end: found an array"),
    ],
)
def test_measure_service__refuses(demand: list[float], shipped: list[float], extra: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        measure_service(demand, shipped, **extra)


def test_waiting_shares__refuses_a_stream_without_demand() -> None:
    with pytest.raises(UsageError, match="demand: found 0"):
        waiting_shares([0, 0], [0, 0], longest=1)
