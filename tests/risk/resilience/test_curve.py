"""The resilience curve: worked answers, a naive count, and series without onset or recovery."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.resilience import resilience_curve
from tests.shared_data import cases_of, matches


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.resilience_curve"))
def test_resilience_curve__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    found = resilience_curve(inputs["performance"], inputs["baseline"], tolerance=inputs["eps"], window=inputs["window"])
    answer = {
        "t_disrupt": found.onset,
        "t_recover": found.recovery,
        "ttr": found.ttr,
        "depth": found.depth,
        "loss_area": found.loss_area,
        "resilience": found.resilience,
        "rapidity": found.rapidity,
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


@given(
    series=st.lists(st.integers(0, 12), min_size=1, max_size=25),
    tolerance=st.floats(0, 0.5),
    window=st.integers(1, 4),
)
def test_resilience_curve__agrees_with_a_naive_count(series: list[int], tolerance: float, window: int) -> None:
    found = resilience_curve(series, 10, tolerance=tolerance, window=window)
    ratio = [value / 10 for value in series]
    onset = next((t for t, q in enumerate(ratio) if q < 1 - tolerance), None)
    assert found.onset == onset
    if onset is None:
        assert (found.depth, found.loss_area, found.resilience, found.ttr, found.rapidity) == (0, 0, 1, None, None)
        return
    recovery = None
    for t in range(onset, len(ratio) - window + 1):
        if all(ratio[t + k] >= 1 - tolerance for k in range(window)):
            recovery = t
            break
    assert found.recovery == recovery
    inside = ratio[onset : recovery if recovery is not None else len(ratio)]
    assert found.depth == pytest.approx(1 - min(inside))
    assert found.loss_area == pytest.approx(sum(1 - q for q in inside))
    assert found.resilience == pytest.approx(sum(inside) / len(inside))
    assert 0 <= found.depth <= 1
    if recovery is not None and found.rapidity is not None:
        lowest = onset + inside.index(min(inside))
        assert found.ttr == recovery - onset
        assert found.rapidity == pytest.approx((ratio[recovery] - ratio[lowest]) / (recovery - lowest))


def test_resilience_curve__a_moving_baseline_with_idle_periods() -> None:
    found = resilience_curve([10, 0, 5, 20], [10, 0, 20, 20])
    assert (found.onset, found.recovery, found.depth) == (2, 3, 0.75)


def test_resilience_curve__refuses_what_cannot_be() -> None:
    with pytest.raises(UsageError, match="baseline: found an array of shape"):
        resilience_curve([1, 2, 3], [1, 2])
    with pytest.raises(UsageError, match="window: found 0"):
        resilience_curve([1, 2, 3], 1, window=0)
    with pytest.raises(UsageError, match="tolerance: found 1"):
        resilience_curve([1, 2, 3], 1, tolerance=1.0)
    with pytest.raises(UsageError, match=r"performance\[1\]: found -2"):
        resilience_curve([1, -2, 3], 1)
