"""Yields: worked answer, quantiles that invert, and data in any order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from chaintwin.errors import UsageError
from chaintwin.laws.fits import JEFFREYS, YieldBelief, update_yield
from tests.shared_data import cases_of, matches


@pytest.mark.parametrize("case", cases_of("cases/calibration.json", "cal.beta_binomial"))
def test_update_yield__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    found = update_yield(YieldBelief(inputs["a"], inputs["b"]), inputs["good"], total=inputs["total"])
    assert matches({"mean": found.mean, "ci95": found.interval()}, case["expected"], tolerance=case["tol"]["value"])


@given(parts=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=6), level=st.floats(0.001, 0.999))
def test_update_yield__in_any_order_and_all_at_once(parts: list[tuple[int, int]], level: float) -> None:
    forth = back = JEFFREYS
    for good, bad in parts:
        forth = update_yield(forth, good, total=good + bad)
    for good, bad in reversed(parts):
        back = update_yield(back, good, total=good + bad)
    once = update_yield(JEFFREYS, sum(p[0] for p in parts), total=sum(sum(p) for p in parts))
    assert forth == back == once
    quantile = float(once.quantiles([level])[0])
    assert beta.cdf(quantile, once.good, once.bad) == pytest.approx(level, abs=1e-9)


def test_update_yield__refusals() -> None:
    with pytest.raises(UsageError, match="good"):
        update_yield(JEFFREYS, 5, total=4)
    with pytest.raises(UsageError, match="bad"):
        YieldBelief(1.0, 0.0)
