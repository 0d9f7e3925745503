"""Draws of curves: the mean is the curve, the spread that of Greenwood, and intervals hold the truth as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.laws import Law, parse
from chaintwin.laws.fits import fit_lead_time, kaplan_meier
from chaintwin.laws.posteriors import Drawing, curve_posterior, interval_posterior
from tests.sizes import scaled

ROWS = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=20)


def out_at(laws: tuple[Law, ...], time: float) -> np.ndarray:
    return np.array([1 - law.cdf(time) for law in laws])


def test_curve_posterior__mean_and_spread_are_those_of_the_curve() -> None:
    rng = np.random.default_rng(3)
    times, limits = rng.integers(1, 12, 200), rng.integers(1, 20, 200)
    arrived = times <= limits
    ages = np.minimum(times, limits)
    found = curve_posterior(ages, arrived, drawing=Drawing(7, "lane", count=2_000))
    curve = kaplan_meier(ages, arrived)
    for time, survival, error in zip(curve.times[:-1], curve.survival, curve.standard_error, strict=False):
        drawn = out_at(found.draws, float(time))
        assert drawn.mean() == pytest.approx(survival, abs=4 * error / np.sqrt(2_000) + 1e-6)
        assert drawn.std() == pytest.approx(error, rel=0.1)
    assert (found.sample_size, found.censored_count) == (200, int((~arrived).sum()))


@given(rows=ROWS)
def test_curve_posterior__draws_live_where_the_fit_does(rows: list[tuple[int, bool]]) -> None:
    times, arrived = [row[0] for row in rows], [row[1] for row in rows]
    if not any(arrived):
        with pytest.raises(UsageError, match="no arrival"):
            curve_posterior(times, arrived, drawing=Drawing(1, "a", count=3))
        return
    found = curve_posterior(times, arrived, drawing=Drawing(1, "a", count=3))
    allowed = set(found.best.values or found.best.parameters)
    for law in found.draws:
        assert set(law.values or law.parameters) <= allowed
        assert parse(str(law)) == law


@given(rows=ROWS)
def test_curve_posterior__best_is_the_fitted_curve(rows: list[tuple[int, bool]]) -> None:
    times, arrived = [row[0] for row in rows] * 2 + [4] * 30, [row[1] for row in rows] * 2 + [True] * 30
    fitted = fit_lead_time(times, arrived).law
    found = curve_posterior(times, arrived, drawing=Drawing(1, "a", count=1))
    assert fitted is not None
    for time in range(10):
        assert found.best.cdf(time) == pytest.approx(fitted.cdf(time), abs=1e-8)


def test_curve_posterior__intervals_of_the_mean_hold_the_truth() -> None:
    truth = parse("pmf(2:0.3, 4:0.4, 7:0.2, 12:0.1)")
    rng = np.random.default_rng(5)
    inside, runs = 0, scaled(ci=120, full=2_000)
    for run in range(runs):
        times = truth.quantile_many(rng.random(60))
        low, high = curve_posterior(times, [True] * 60, drawing=Drawing(run, "a", count=400)).interval(0.9)
        inside += low <= truth.mean <= high
    assert 0.82 < inside / runs < 0.97


def test_curve_posterior__the_same_seed_gives_the_same_draws_and_entities_differ() -> None:
    times, arrived = [3, 4, 4, 6, 9], [True, True, True, True, False]
    one = curve_posterior(times, arrived, drawing=Drawing(7, "a", count=8))
    assert one == curve_posterior(times, arrived, drawing=Drawing(7, "a", count=8))
    assert one.draws != curve_posterior(times, arrived, drawing=Drawing(7, "b", count=8)).draws
    # More draws keep the first ones.
    assert curve_posterior(times, arrived, drawing=Drawing(7, "a", count=20)).draws[:8] == one.draws
    assert [one.law(replication) for replication in (0, 8, 17)] == [one.draws[0], one.draws[0], one.draws[1]]
    with pytest.raises(UsageError, match="replication"):
        one.law(-1)


@settings(max_examples=20)
@given(values=st.lists(st.integers(0, 6), min_size=2, max_size=12))
def test_interval_posterior__exact_values_give_the_bayesian_bootstrap(values: list[int]) -> None:
    found = interval_posterior(values, values, drawing=Drawing(3, "a", count=300))
    means = np.array([law.mean for law in found.draws])
    # Dirichlet weights: mean that of the sample, variance that of the sample over n + 1.
    variance = np.var(values) / (len(values) + 1)
    assert means.mean() == pytest.approx(np.mean(values), abs=5 * np.sqrt(variance / 300) + 1e-6)
    assert means.var() == pytest.approx(variance, rel=0.4, abs=1e-9)
