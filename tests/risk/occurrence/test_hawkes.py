"""Self-exciting events: worked answers, and Ogata's thinning against the branching construction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.occurrence import HawkesProcess, Replications, sample_hawkes, sample_poisson
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

COUNT = scaled(ci=20_000, full=400_000)


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.hawkes"))
def test_hawkes_process__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    process = HawkesProcess(inputs["mu"], inputs["branching"], inputs["decay"])
    answer = {"stationary_rate": process.stationary_rate, "expected_events_from_empty": process.expected_events(inputs["T"])}
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


def plain_branching(process: HawkesProcess, horizon: float, rng: np.random.Generator) -> int:
    """Count the events of one replication, family by family (Hawkes & Oakes 1974)."""
    waiting = list(rng.uniform(0, horizon, rng.poisson(process.base_rate * horizon)))
    count = 0
    while waiting:
        moment = waiting.pop()
        count += 1
        children = moment + rng.exponential(1 / process.decay, rng.poisson(process.branching_ratio))
        waiting += [child for child in children if child < horizon]
    return count


@pytest.mark.parametrize(("branching", "decay"), [(0.5, 0.1), (0.8, 0.02), (0.3, 5.0)])
def test_sample_hawkes__counts_agree_with_formula_and_families(branching: float, decay: float) -> None:
    process = HawkesProcess(0.02, branching, decay)
    counts = sample_hawkes(process, Replications(seed=6, count=COUNT), process_id="cyber", horizon=365.0).counts
    assert abs(counts.mean() - process.expected_events(365.0)) < 4 * counts.std() / math.sqrt(COUNT)
    rng = np.random.default_rng(5)
    plain = np.array([plain_branching(process, 365.0, rng) for _ in range(COUNT // 4)])
    error = math.sqrt(counts.var() / COUNT + plain.var() / plain.size)
    assert abs(counts.mean() - plain.mean()) < 4 * error
    assert counts.std() == pytest.approx(plain.std(), rel=0.08)
    for limit in (3, 8, 15):
        share = (counts <= limit).mean()
        assert abs(share - (plain <= limit).mean()) < 4 * math.sqrt(share * (1 - share) * (1 / COUNT + 1 / plain.size)) + 1e-9


def test_sample_hawkes__without_branching_is_the_poisson_process() -> None:
    replications = Replications(seed=6, count=50)
    excited = sample_hawkes(HawkesProcess(0.1, 0.0, 1.0), replications, process_id="a", horizon=100.0)
    plain = sample_poisson(0.1, replications, process_id="a", end=100.0)
    assert excited.counts.tolist() == plain.counts.tolist()
    assert excited.times == pytest.approx(plain.times)


@given(base=st.floats(0, 2), branching=st.floats(0, 0.99), decay=st.floats(0.01, 10), horizon=st.floats(0, 1000))
def test_expected_events__lie_between_base_and_stationary(base: float, branching: float, decay: float, horizon: float) -> None:
    process = HawkesProcess(base, branching, decay)
    expected = process.expected_events(horizon)
    assert base * horizon * (1 - 1e-9) - 1e-9 <= expected <= process.stationary_rate * horizon * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize("branching", [1.0, 1.7, -0.1, math.nan])
def test_hawkes_process__refuses_waves_without_end(branching: float) -> None:
    with pytest.raises(UsageError, match=r"branching_ratio: found .*; allowed: a number, 0 or more and less than 1; fix:"):
        HawkesProcess(0.1, branching, 1.0)


def test_sample_hawkes__no_base_rate_gives_no_events() -> None:
    found = sample_hawkes(HawkesProcess(0.0, 0.5, 1.0), Replications(seed=1, count=3), process_id="a", horizon=10.0)
    assert found.counts.tolist() == [0, 0, 0]
