"""Draws of lead-time laws with few arrivals, of demand behind stock-outs, of yields and quantiles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.laws import LawKind, parse
from chaintwin.laws.fits import YieldBelief, fit_lead_time
from chaintwin.laws.posteriors import (
    Drawing,
    demand_posterior,
    lead_time_posterior,
    quantile_posterior,
    yield_posterior,
)
from chaintwin.laws.posteriors.lead_times import law_of
from chaintwin.laws.posteriors.samples import sample_two
from tests.oracles import plain_fidelity
from tests.sizes import scaled


def test_sample_two__agrees_with_the_density_on_a_grid() -> None:
    def log_density(points: np.ndarray) -> np.ndarray:
        # A skew density: normal in the first, log-gamma in the second given the first.
        first, second = points[:, 0], points[:, 1]
        return np.asarray(-0.5 * (first - 1) ** 2 + 3 * (second - 0.5 * first) - np.exp(second - 0.5 * first))

    drawn = sample_two(log_density, np.zeros(2), spread=np.ones(2), drawing=Drawing(5, "grid", count=3_000))
    axis = np.linspace(-8, 10, 400)
    grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    weights = np.exp(log_density(grid))
    weights /= weights.sum()
    mean = weights @ grid
    spread = np.sqrt(weights @ (grid - mean) ** 2)
    assert drawn.mean(axis=0) == pytest.approx(mean, abs=0.1)
    assert drawn.std(axis=0) == pytest.approx(spread, rel=0.1)
    correlation = float(weights @ ((grid - mean) / spread).prod(axis=1))
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(correlation, abs=0.08)


@given(
    kind=st.sampled_from([LawKind.WEIBULL, LawKind.GAMMA, LawKind.LOGNORMAL]), mean=st.floats(0.01, 1e4), cv=st.floats(0.01, 5)
)
def test_law_of__has_mean_and_spread_asked_for(kind: LawKind, mean: float, cv: float) -> None:
    law = law_of(kind, mean, cv=cv)
    assert law.mean == pytest.approx(mean, rel=1e-9)
    assert law.sd / law.mean == pytest.approx(cv, rel=1e-6)


@pytest.mark.parametrize("text", ["lognormal(mean=8, cv=0.4)", "gamma(mean=8, cv=0.4)", "weibull(2.7, 9)"])
def test_lead_time_posterior__intervals_of_the_mean_hold_the_truth(text: str) -> None:
    truth = parse(text)
    rng = np.random.default_rng(6)
    inside, runs = 0, scaled(ci=40, full=1_000)
    for run in range(runs):
        times, limits = truth.quantile_many(rng.random(20)), rng.uniform(4, 40, 20)
        found = lead_time_posterior(np.minimum(times, limits), times <= limits, drawing=Drawing(run, "a", count=200))
        assert found is not None
        low, high = found.interval(0.9)
        inside += low <= truth.mean <= high
    assert inside / runs > 0.78


def test_lead_time_posterior__more_data_and_a_family_make_it_surer() -> None:
    def width(times: list[float], family: list[float] | None = None) -> float:
        found = lead_time_posterior(times, [True] * len(times), drawing=Drawing(2, "a"), relatives_times=family)
        assert found is not None
        low, high = found.interval(0.9)
        return math.log(high / low)

    few, many = [4.0, 7.0, 9.0, 5.0, 6.0], [4.0, 7.0, 9.0, 5.0, 6.0] * 5
    family = [float(value) for value in np.linspace(4, 9, 60)]
    assert width(many) < width(few)
    assert width(few, family) < width(few)
    assert width(few, family) < width(few, family[::12]), "five relatives say less than sixty"


def test_lead_time_posterior__a_family_does_not_make_it_too_sure() -> None:
    # Five arrivals of its own and one of a relative; with the own ones in the prior 61 of 100 intervals held the truth.
    truth = parse("lognormal(mean=8, cv=0.4)")
    rng = np.random.default_rng(8)
    inside, runs = 0, scaled(ci=60, full=600)
    for run in range(runs):
        times = truth.quantile_many(rng.random(6)).tolist()
        found = lead_time_posterior(
            times[:5], [True] * 5, drawing=Drawing(run, "a", count=100), relatives_times=times[5:], relatives_observed=[True]
        )
        assert found is not None
        low, high = found.interval(0.9)
        inside += low <= truth.mean <= high
    assert inside / runs > 0.78


def test_lead_time_posterior__what_always_took_the_same() -> None:
    for arrivals in (5, 10, 29):
        found = lead_time_posterior([5.0] * arrivals, [True] * arrivals, drawing=Drawing(7, "a"))
        assert found is not None
        assert {str(law) for law in found.draws} == {"5"}
    found = lead_time_posterior([5.0] * 10 + [6.0], [True] * 11, drawing=Drawing(7, "a"))
    assert found is not None
    means = np.array([law.mean for law in found.draws])
    assert len(set(means.tolist())) > 200, "near the least spread the draws are still draws"
    assert 4.8 < np.median(means) < 5.4


@pytest.mark.parametrize("arrivals", [1, 6])
def test_lead_time_posterior__many_that_are_out(arrivals: int) -> None:
    times, out = [2.0, 3, 4, 5, 4, 3][:arrivals], 200
    found = lead_time_posterior(times + [20.0] * out, [True] * arrivals + [False] * out, drawing=Drawing(7, "a"))
    assert found is not None
    assert found.best.mean > 20, "what is out has been out for twenty"
    low, high = found.interval(0.98)
    assert low < found.best.mean < high


@settings(max_examples=scaled(ci=25, full=300), deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=1, max_size=35),
    family=st.none() | st.lists(st.integers(0, 40), min_size=1, max_size=40),
)
def test_lead_time_posterior__any_history_gives_laws_around_the_fit(
    rows: list[tuple[int, bool]], family: list[int] | None
) -> None:
    times, arrived = [row[0] for row in rows], [row[1] for row in rows]
    fitted = fit_lead_time(
        times,
        arrived,
        family_times=None if family is None else times + family,
        family_observed=None if family is None else arrived + [True] * len(family),
    )
    found = lead_time_posterior(times, arrived, drawing=Drawing(1, "a", count=16), relatives_times=family)
    assert (found is None) == (fitted.law is None)
    if found is not None:
        assert found.best == fitted.law
        assert len(found.draws) == 16
        for law in found.draws:
            assert parse(str(law)) == law
            assert law.support[0] >= 0
            assert math.isfinite(law.mean)


def test_demand_posterior__agrees_with_the_likelihood_on_a_grid() -> None:
    sales, bounds = [80, 95, 100, 100, 70, 88, 100, 92, 100, 76], [0, 0, 1, 1, 0, 0, 1, 0, 1, 0]
    found = demand_posterior(sales, bounds, drawing=Drawing(4, "shop", count=4_000))
    means, logs = np.linspace(60, 300, 240), np.linspace(1.5, 6.5, 150)
    weights = np.array(
        [
            [math.exp(plain_fidelity.normal_log_likelihood(sales, [b == 1 for b in bounds], m, math.exp(s)) + 20) for s in logs]
            for m in means
        ]
    )
    weights /= weights.sum()
    drawn = np.array([law.parameters for law in found.draws])
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    plain = means[np.searchsorted(np.cumsum(weights.sum(axis=1)), levels)]
    assert np.quantile(drawn[:, 0], levels) == pytest.approx(plain, abs=2.0)
    assert np.log(drawn[:, 1]).mean() == pytest.approx(float(weights.sum(axis=0) @ logs), abs=0.05)
    flat = demand_posterior([5.0, 5.0, 5.0], [False] * 3, drawing=Drawing(4, "shop", count=5))
    assert {str(law) for law in flat.draws} == {"5"}


def test_yield_posterior__is_the_beta_law() -> None:
    belief = YieldBelief(182.0, 10.5)
    found = yield_posterior(belief, drawing=Drawing(4, "press", count=4_000), sample_size=190)
    shares = np.array([law.mean for law in found.draws])
    assert shares.mean() == pytest.approx(belief.mean, abs=1e-3)
    low, high = belief.interval(0.9)
    assert found.interval(0.9) == (pytest.approx(low, abs=2e-3), pytest.approx(high, abs=2e-3))


def test_quantile_posterior__covers_a_capacity_that_is_seen_through_noise() -> None:
    rng = np.random.default_rng(2)
    inside, runs = 0, scaled(ci=150, full=2_000)
    for run in range(runs):
        values = rng.uniform(0, 100, 120)
        low, high = quantile_posterior(values, 0.95, drawing=Drawing(run, "press", count=300)).interval(0.9)
        inside += low <= 95 <= high
    assert 0.8 < inside / runs < 0.97
    assert {law.mean for law in quantile_posterior([100.0] * 9, 0.95, drawing=Drawing(1, "p")).draws} == {100.0}
