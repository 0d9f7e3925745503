"""Intervals of quantiles by order statistics: worked answers and coverage."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from chaintwin.laws.fits import quantile_interval, quantile_ranks
from chaintwin.risk.losses import tail_risk
from tests.shared_data import cases_of, matches
from tests.sizes import scaled


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.quantile_ci"))
def test_quantile_ranks__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    found = quantile_ranks(inputs["n"], inputs["alpha"], confidence=inputs["conf"])
    answer = {"lower_rank": found.lower, "upper_rank": found.upper, "coverage": found.coverage}
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


@given(size=st.integers(1, 500), level=st.floats(0.01, 0.99), confidence=st.floats(0.5, 0.999))
def test_quantile_ranks__cover_at_least_what_was_asked(size: int, level: float, confidence: float) -> None:
    found = quantile_ranks(size, level, confidence=confidence)
    counts = np.arange(size + 1)
    inside = (counts >= (found.lower or 0)) & (counts < (found.upper or size + 1))
    assert found.coverage == pytest.approx(binom.pmf(counts, size, level)[inside].sum(), abs=1e-9)
    assert found.coverage >= confidence - 1e-12


def test_quantile_interval__covers_the_truth_as_often_as_said() -> None:
    rng = np.random.default_rng(2)
    repeats = scaled(ci=3000, full=50_000)
    truth = -math.log(0.1)
    found = [quantile_interval(sample, 0.9) for sample in rng.exponential(1.0, (repeats, 150))]
    covered = np.mean([one.lower <= truth < one.upper for one in found])
    coverage = found[0].coverage
    assert abs(covered - coverage) < 4 * math.sqrt(coverage * (1 - coverage) / repeats)


@given(losses=st.lists(st.floats(-100, 100), min_size=1, max_size=40), level=st.floats(0.01, 0.99))
def test_quantile_interval__holds_the_value_at_risk(losses: list[float], level: float) -> None:
    found = quantile_interval(losses, level)
    assert found.value == tail_risk(losses, level).value_at_risk
    assert found.lower <= found.value <= found.upper


def test_quantile_interval__a_small_sample_cannot_bound_a_high_quantile() -> None:
    found = quantile_interval(range(10), 0.95)
    assert math.isinf(found.upper)
    assert math.isfinite(found.lower)
