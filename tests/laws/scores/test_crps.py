"""The CRPS of ensembles and normal laws, skill, and the naive reference."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.laws.scores import crps_normal, crps_sample, energy_score, naive_ensemble, skill
from tests.oracles import plain_fidelity
from tests.shared_data import cases_of, matches

NUMBERS = st.floats(-1e3, 1e3)


@pytest.mark.parametrize("case", cases_of("cases/forecast.json", "fc.crps_sample"))
def test_crps_sample__worked_cases(case: dict[str, Any]) -> None:
    members, observed = case["inputs"]["members"], case["inputs"]["obs"]
    got = {"crps": crps_sample(members, observed), "crps_fair": crps_sample(members, observed, fair=True)}
    assert matches(got, case["expected"], tolerance=case["tol"]["value"])


@pytest.mark.parametrize("case", cases_of("cases/forecast.json", "fc.crps_normal"))
def test_crps_normal__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    got = {"crps": crps_normal(inputs["mu"], inputs["sigma"], observed=inputs["obs"])}
    assert matches(got, case["expected"], tolerance=case["tol"]["value"])


@given(members=st.lists(NUMBERS, min_size=2, max_size=15), observed=NUMBERS)
def test_crps_sample__agrees_with_pairs_and_with_the_integral(members: list[float], observed: float) -> None:
    found = crps_sample(members, observed)
    assert found == pytest.approx(plain_fidelity.crps(members, observed), abs=1e-9)
    assert found == pytest.approx(plain_fidelity.crps_by_integral(members, observed), abs=1e-9)
    assert found == pytest.approx(energy_score([[member] for member in members], [observed]), abs=1e-9)
    assert crps_sample(members, observed, fair=True) == pytest.approx(plain_fidelity.crps(members, observed, fair=True), abs=1e-9)
    assert found >= -1e-9


@given(members=st.lists(NUMBERS, min_size=1, max_size=9), observed=NUMBERS, shift=NUMBERS, factor=st.floats(0.01, 100))
def test_crps_sample__has_the_unit_of_the_value(members: list[float], observed: float, shift: float, factor: float) -> None:
    moved = crps_sample([factor * member + shift for member in members], factor * observed + shift)
    assert moved == pytest.approx(factor * crps_sample(members, observed), abs=1e-6)
    assert crps_sample([observed], observed) == 0


def test_crps_sample__is_proper() -> None:
    # On average nothing beats the truth: neither a wider, a narrower, nor a shifted forecast.
    rng = np.random.default_rng(1)
    truth, members = rng.normal(0, 1, 4_000), rng.normal(0, 1, (4_000, 64))

    def mean(forecast: np.ndarray) -> float:
        return float(np.mean([crps_sample(one, y, fair=True) for one, y in zip(forecast, truth, strict=True)]))

    right = mean(members)
    assert right == pytest.approx(1 / math.sqrt(math.pi), rel=0.05)
    for wrong in (2 * members, members / 2, members + 0.6):
        assert mean(wrong) > right + 0.02


def test_skill__perfect_naive_and_worse() -> None:
    assert skill(0.0, 5.0) == 1.0
    assert skill(5.0, 5.0) == 0.0
    assert skill(10.0, 5.0) == -1.0
    assert (skill(0.0, 0.0), skill(1.0, 0.0)) == (0.0, -math.inf)


def test_naive_ensemble__seasons_and_short_history() -> None:
    week = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert set(naive_ensemble(week * 3, 3, season=7).tolist()) == {3.0}
    assert set(naive_ensemble(week * 3, 10, season=7).tolist()) == {3.0}
    assert naive_ensemble([4.0], 5).tolist() == [4.0]
    assert naive_ensemble(np.arange(600.0), 2).tolist() == [601.0] * 512
    with pytest.raises(UsageError, match="at least one season"):
        naive_ensemble([1.0, 2.0], 1, season=7)


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: crps_sample([], 1.0), "members"),
        (lambda: crps_sample([1.0], 1.0, fair=True), "2 or more"),
        (lambda: crps_sample([1.0], math.nan), "observed"),
        (lambda: crps_normal(0.0, 0.0, observed=1.0), "sd"),
        (lambda: skill(-1.0, 1.0), "score"),
    ],
)
def test_crps__refusals(call: Any, part: str) -> None:
    with pytest.raises(UsageError, match=part):
        call()
