"""Rates from sparse history: worked answers, Bayes by quadrature, and pools that know the truth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import gamma, nbinom, poisson

from chaintwin.errors import UsageError
from chaintwin.risk.occurrence import GammaBelief, estimate_rate, pool_rates
from tests.shared_data import cases_of, matches

PRIOR = GammaBelief(0.5, 2.0)


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.gamma_poisson"))
def test_estimate_rate__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    prior = GammaBelief(inputs["shape"], inputs["rate"])
    found = estimate_rate(prior, inputs["events"], exposure_years=inputs["exposure_years"])
    answer = {
        "post_mean": found.mean,
        "ci90": found.interval,
        "P_no_event": found.posterior.no_event_probability(inputs["horizon_years"]),
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


def test_estimate_rate__is_bayes_rule_on_a_grid() -> None:
    rates = np.linspace(1e-6, 6, 600_001)
    weights = gamma.pdf(rates, 2.0, scale=1 / 3.0) * poisson.pmf(4, rates * 7.0)
    found = estimate_rate(GammaBelief(2.0, 3.0), 4, exposure_years=7.0, confidence=0.8)
    assert found.mean == pytest.approx(weights @ rates / weights.sum(), rel=1e-6)
    low, high = found.interval
    inside = weights[(rates >= low) & (rates <= high)].sum() / weights.sum()
    assert inside == pytest.approx(0.8, abs=1e-4)
    assert found.posterior.no_event_probability(2.0) == pytest.approx(weights @ np.exp(-2 * rates) / weights.sum(), rel=1e-6)


@given(shape=st.floats(0.01, 50), years=st.floats(0.01, 50), events=st.integers(0, 100), exposure=st.floats(0.01, 100))
def test_estimate_rate__posterior_mean_lies_between_prior_and_data(
    shape: float, years: float, events: int, exposure: float
) -> None:
    prior = GammaBelief(shape, years)
    found = estimate_rate(prior, events, exposure_years=exposure)
    low, high = sorted([prior.mean, events / exposure])
    assert low * (1 - 1e-12) <= found.mean <= high * (1 + 1e-12)
    assert found.interval[0] < found.interval[1]


def test_pool_rates__finds_the_most_likely_class() -> None:
    events, years = np.array([0, 1, 0, 6, 2, 0, 9]), np.array([10.0, 12, 9, 11, 10, 3, 20])

    def loss(point: np.ndarray) -> float:
        shape, rate = np.exp(point)
        return -float(nbinom.logpmf(events, shape, rate / (rate + years)).sum())

    best = minimize(loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000})
    found = pool_rates(events, years, prior=PRIOR).class_prior
    assert [found.shape, found.exposure_years] == pytest.approx(np.exp(best.x), rel=1e-4)


def test_pool_rates__members_are_drawn_towards_the_class() -> None:
    pooled = pool_rates([0, 1, 0, 6, 2], [10, 12, 9, 11, 10], prior=PRIOR)
    assert not pooled.is_fully_pooled
    for member in pooled.members:
        low, high = sorted([pooled.class_prior.mean, member.events / member.exposure_years])
        assert low <= member.mean <= high


def test_pool_rates__equal_counts_share_one_rate() -> None:
    pooled = pool_rates([2, 2, 2, 2], [10.0] * 4, prior=PRIOR)
    assert pooled.is_fully_pooled
    assert [member.mean for member in pooled.members] == pytest.approx([0.2] * 4, rel=1e-4)


def test_pool_rates__falls_back_on_the_prior() -> None:
    assert pool_rates([0, 0, 0], [10.0] * 3, prior=PRIOR).class_prior == PRIOR
    assert pool_rates([4], [10.0], prior=PRIOR).members[0].mean == pytest.approx(4.5 / 12)


def test_pool_rates__is_closer_to_the_truth_than_counts_alone() -> None:
    rng = np.random.default_rng(3)
    truth = rng.gamma(2.0, 0.1, 400)
    counts = rng.poisson(truth * 8.0)
    pooled = pool_rates(counts, np.full(400, 8.0), prior=PRIOR, confidence=0.9)
    means = np.array([member.mean for member in pooled.members])
    assert ((means - truth) ** 2).mean() < 0.8 * ((counts / 8.0 - truth) ** 2).mean()
    covered = np.mean([m.interval[0] <= rate <= m.interval[1] for m, rate in zip(pooled.members, truth, strict=True)])
    assert abs(covered - 0.9) < 4 * math.sqrt(0.09 / 400) + 0.01


def test_rates__refuse_what_cannot_be() -> None:
    with pytest.raises(UsageError, match="shape: found 0; allowed: a finite number, more than 0"):
        GammaBelief(0, 1)
    with pytest.raises(UsageError, match="events: found -1"):
        estimate_rate(PRIOR, -1, exposure_years=1.0)
    with pytest.raises(UsageError, match="exposure_years: found 0"):
        estimate_rate(PRIOR, 2, exposure_years=0.0)
    with pytest.raises(UsageError, match="found a broken count"):
        pool_rates([1.5, 2], [1, 1], prior=PRIOR)
