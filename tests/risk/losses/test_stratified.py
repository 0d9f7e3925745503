"""Strata of rare events: worked answers, best splits, and estimates that meet the truth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import poisson

from chaintwin.errors import UsageError
from chaintwin.risk.losses import counts_given_some, estimate_strata, event_strata, plan_strata, tail_risk
from tests.shared_data import cases_of, matches
from tests.sizes import scaled


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.stratified"))
def test_plan_strata__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    plan = plan_strata(
        event_strata(inputs["rate"]),
        [inputs["mean0"], inputs["mean1"]],
        variances=[inputs["var0"], inputs["var1"]],
        budget=inputs["budget"],
    )
    answer = {
        "mean": plan.mean,
        "crude_variance": plan.crude_variance,
        "neyman_variance": plan.variance,
        "reps_with_event": plan.replications[1],
        "variance_reduction": plan.variance_reduction,
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


@given(
    strata=st.lists(st.tuples(st.floats(0.01, 1), st.floats(-100, 100), st.floats(0.01, 1e4)), min_size=1, max_size=5),
    data=st.data(),
)
def test_plan_strata__no_other_split_is_better(strata: list[tuple[float, float, float]], data: st.DataObject) -> None:
    weights, means, variances = np.array(strata).T
    shares = weights / weights.sum()
    plan = plan_strata(shares, means, variances=variances, budget=1000)
    assert plan.replications.sum() == pytest.approx(1000)
    assert plan.variance <= plan.crude_variance * (1 + 1e-9)
    size = len(strata)
    other = np.array(data.draw(st.lists(st.floats(0.05, 1), min_size=size, max_size=size)))
    other *= 1000 / other.sum()
    assert plan.variance <= (shares**2 * variances / other).sum() * (1 + 1e-9)


@pytest.mark.parametrize("rate", [1e-6, 0.05, 1.0, 30.0, 2000.0])
def test_counts_given_some__is_the_inverse_of_the_cut_law(rate: float) -> None:
    uniforms = (np.arange(999) + 0.5) / 999
    counts = counts_given_some(rate, uniforms)
    beyond = poisson.sf(counts, rate) / -math.expm1(-rate)
    assert (beyond <= 1 - uniforms + 1e-9).all()
    at_least = np.where(counts > 1, poisson.sf(counts - 1, rate) / -math.expm1(-rate), 1.0)
    assert (at_least >= 1 - uniforms - 1e-9).all()
    assert counts_given_some(rate, [1.0])[0] >= counts.max()


def test_estimate_strata__meets_the_truth_with_less_error() -> None:
    rng = np.random.default_rng(9)
    rate, size = 0.05, scaled(ci=4000, full=100_000)
    counts = counts_given_some(rate, rng.random(size))
    with_events = rng.gamma(counts, 1000.0)
    without = rng.normal(100.0, 20.0, size)
    found = estimate_strata(event_strata(rate), [without, with_events])
    truth = math.exp(-rate) * 100 + rate * 1000
    assert abs(found.mean - truth) < 4 * found.standard_error
    crude = np.where(rng.random(2 * size) < math.exp(-rate), 100.0, 1000.0)
    assert found.standard_error < 0.5 * crude.std() / math.sqrt(2 * size)
    assert found.weights.sum() == pytest.approx(1)
    # Beyond the 99 % quantile are only years with events: P(L > x) = sum of Poisson * gamma tails.
    tail = tail_risk(found.losses, 0.99, weights=found.weights)
    from scipy.stats import gamma

    n = np.arange(1, 30)
    beyond = poisson.pmf(n, rate) @ gamma.sf(tail.value_at_risk, n, scale=1000.0)
    assert beyond == pytest.approx(0.01, rel=0.12)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: plan_strata([0.5, 0.4], [1, 2], variances=[1, 1], budget=10), "probabilities: found a sum of 0.9; allowed: 1"),
        (lambda: plan_strata([0.5, 0.5], [1, 2], variances=[1, -1], budget=10), r"variances\[1\]: found -1"),
        (lambda: plan_strata([0.5, 0.5], [1, 2], variances=[1, 1], budget=0), "budget: found 0"),
        (lambda: estimate_strata([0.5, 0.5], [[1, 2]]), "samples: found 1 strata; allowed: 2"),
        (lambda: estimate_strata([0.5, 0.5], [[1, 2], [1]]), r"samples\[1\]: found 1 loss; allowed: at least 2"),
        (lambda: counts_given_some(0.0, [0.5]), "rate: found 0"),
    ],
)
def test_stratified__refuses(make: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make()
