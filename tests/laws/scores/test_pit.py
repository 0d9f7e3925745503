"""PITs, their uniformity and coverage: worked answers, plain loops, and what holds if forecasts are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, kstest

from chaintwin.errors import UsageError
from chaintwin.laws.scores import central_coverage, coverage_of, randomized_pit, uniformity
from tests.oracles import plain_fidelity
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

MEMBERS = st.lists(st.integers(0, 8).map(float), min_size=1, max_size=12)


@pytest.mark.parametrize("case", cases_of("cases/calibration.json", "cal.pit"))
def test_randomized_pit__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    pits = randomized_pit(inputs["ensembles"], inputs["obs"], breaks=inputs["v"])
    test = uniformity(pits)
    got = {"pit": pits, "ks": test.distance, "ks_p": test.p_value, "cover80": central_coverage(pits, 0.8).share}
    assert matches(got, case["expected"], tolerance=case["tol"]["value"])


@given(rows=st.lists(st.tuples(MEMBERS, st.integers(0, 8), st.floats(0, 1)), min_size=1, max_size=8))
def test_randomized_pit__agrees_with_counting(rows: list[tuple[list[float], int, float]]) -> None:
    found = randomized_pit([row[0] for row in rows], [row[1] for row in rows], breaks=[row[2] for row in rows])
    for value, (members, observed, v) in zip(found, rows, strict=True):
        assert value == pytest.approx(plain_fidelity.pit(members, observed, v), abs=1e-15)
        assert 0 <= value <= 1


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=25))
def test_uniformity__agrees_with_plain_search_and_scipy(values: list[float]) -> None:
    found = uniformity(values)
    assert found.distance == pytest.approx(plain_fidelity.ks_distance(values), abs=1e-12)
    assert found.p_value == pytest.approx(kstest(values, "uniform", method="exact").pvalue, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("values", [4, 40])
def test_randomized_pit__uniform_where_the_forecast_is_right_and_not_where_it_is_wrong(values: int) -> None:
    # Few values: ties everywhere, which only the random breaks make uniform.
    rng = np.random.default_rng(3)
    count = scaled(ci=2_000, full=20_000)
    ensembles, truth, v = rng.integers(0, values, (count, 9)), rng.integers(0, values, count), rng.random(count)
    assert uniformity(randomized_pit(list(ensembles), truth, breaks=v)).p_value > 1e-3
    unbroken = randomized_pit(list(ensembles), truth, breaks=np.zeros(count))
    assert uniformity(unbroken).p_value < 1e-6
    assert uniformity(randomized_pit(list(ensembles), truth + values // 4, breaks=v)).p_value < 1e-6


def test_coverage_of__close_to_the_exact_test() -> None:
    for share, size in ((0.86, 200), (0.9, 200), (0.5, 40)):
        exact = binomtest(round(share * size), size, 0.9).pvalue
        assert coverage_of(share, 0.9, size=size).p_value == pytest.approx(exact, abs=0.08)
    assert coverage_of(0.9, 0.9, size=10).p_value == 1.0


def test_central_coverage__ends_belong_to_the_interval() -> None:
    assert central_coverage([0.05, 0.95, 0.049, 0.951], 0.9).share == 0.5


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: randomized_pit([[1.0]], [1.0, 2.0], breaks=[0.5, 0.5]), "one for each"),
        (lambda: randomized_pit([[]], [1.0], breaks=[0.5]), r"ensembles\[0\]"),
        (lambda: randomized_pit([[1.0]], [1.0], breaks=[1.5]), "breaks"),
        (lambda: uniformity([]), "pits"),
        (lambda: uniformity([1.2]), "pits"),
        (lambda: central_coverage([0.5], 1.0), "nominal"),
        (lambda: coverage_of(1.2, 0.9, size=3), "share"),
    ],
)
def test_pit__refusals(call: Any, part: str) -> None:
    with pytest.raises(UsageError, match=part):
        call()
