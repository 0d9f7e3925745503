"""What played years say of all years: exact where all are played, and intervals that hold on populations whose truth is known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.risk.annual.measures import Estimate, Sample
from chaintwin.risk.annual.simulated.choosing import LEAST, Chosen, choose_years
from chaintwin.risk.annual.simulated.estimating import TwoPhase
from tests.sizes import scaled

Floats = NDArray[np.float64]

SOME, HIT = 0.8, 0.9
"""Part of the years with an event, and part of these in which somebody is hit, of the population below."""


def population(years: int, *, seed: int, replications: int = 2) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return what years cost about, Floats[years, replications] of what they cost when played, and in which somebody is hit.

    What is known is heavy in its tail and wrong by a factor; in some years nothing is known of a large loss.
    """
    draw = np.random.default_rng(seed)
    is_hit = draw.random(years) < HIT
    known = np.where(draw.random(years) < 0.7, draw.lognormal(0.0, 0.9, years), 0.0) * is_hit
    unseen = np.where(draw.random(years) < 0.1, draw.lognormal(1.0, 0.6, years), 0.0)
    mean = known * draw.lognormal(0.3, 0.4, years) + unseen
    losses = mean[:, None] * draw.normal(1.0, 0.1, (years, replications)) * is_hit[:, None]
    return known, losses, is_hit


def sampled(
    known: Floats, losses: Floats, is_hit: NDArray[np.bool_], *, count: int, seed: int = 1, some: float = SOME
) -> TwoPhase:
    uniforms = np.random.default_rng(seed + 10_000).random(known.size)
    chosen = choose_years(known, is_hit, uniforms=uniforms, count=count)
    return TwoPhase(chosen, known[chosen.years], losses[chosen.years], some, 0.95)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1000), years=st.integers(1, 400), count=st.integers(LEAST, 200))
def test_choose_years__plays_as_many_as_asked_for_each_with_a_known_probability(seed: int, years: int, count: int) -> None:
    known, _, is_hit = population(years, seed=seed)
    chosen = choose_years(known, is_hit, uniforms=np.random.default_rng(seed).random(years), count=count)
    assert chosen.years.size == min(count, is_hit.sum())
    assert chosen.sizes.sum() == is_hit.sum()
    assert (np.diff(chosen.years) > 0).all()
    assert is_hit[chosen.years].all()
    played = np.bincount(chosen.stratum, minlength=chosen.sizes.size)
    assert (played <= chosen.sizes).all()
    assert (played >= np.minimum(2, chosen.sizes)).all()
    assert chosen.means @ chosen.sizes == pytest.approx(known.sum())
    # Strata are apart: none costs as much as the cheapest year of the next one.
    parts = [known[chosen.years[chosen.stratum == number]] for number in range(played.size)]
    assert all(one.max() <= other.min() for one, other in pairwise(parts))


def test_choose_years__years_that_cost_much_are_played_more_often() -> None:
    known, _, is_hit = population(5000, seed=4)
    chosen = choose_years(known, is_hit, uniforms=np.random.default_rng(1).random(5000), count=200)
    share = np.bincount(chosen.stratum) / chosen.sizes
    assert share[-1] > 20 * share[1]
    assert (np.diff(share[1:]) > -0.05).all()
    with pytest.raises(UsageError, match="simulated years: found 39"):
        choose_years(known, is_hit, uniforms=known, count=39)


def test_two_phase__all_years_played_is_the_plain_sample() -> None:
    known, losses, is_hit = population(300, seed=2, replications=1)
    found, plain = sampled(known, losses, is_hit, count=1000), Sample(losses[:, 0], SOME, 0.95)
    assert found.weights == pytest.approx(np.full(int(is_hit.sum()), 1 / 300))
    for one, other in (
        (found.mean(), plain.mean()),
        (found.expected_shortfall(0.9), plain.expected_shortfall(0.9)),
        (found.value_at_risk(0.9), plain.value_at_risk(0.9)),
    ):
        assert one.value == pytest.approx(other.value)
        assert one.high - one.low == pytest.approx(other.high - other.low, rel=0.15)
    curve = found.curve()
    for loss, probability in curve.select("loss", "probability").iter_rows():
        assert probability == pytest.approx(SOME * (losses[:, 0] > loss).mean())
    assert (curve["low"] < curve["probability"]).all()
    assert (curve["probability"] < curve["high"]).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(LEAST, 120))
def test_two_phase__weights_add_up_to_all_years_and_what_is_known_of_them(seed: int, count: int) -> None:
    known, losses, is_hit = population(600, seed=seed)
    sample = sampled(known, losses, is_hit, count=count, seed=seed)
    weights = sample.weights
    assert weights.sum() == pytest.approx(is_hit.mean())
    assert (weights > 0).all()
    # Where no weight had to be kept up, what is known is met exactly.
    if (weights > 0.2501 * sample._base()).all():
        assert weights @ sample.known == pytest.approx(known.mean())
    assert sample.mean().low <= sample.mean().value <= sample.mean().high
    for level in (0.5, 0.9, 0.99):
        risk, shortfall = sample.value_at_risk(level), sample.expected_shortfall(level)
        assert risk.low <= risk.value <= risk.high
        assert shortfall.value >= risk.value - 1e-9
        assert shortfall.value >= sample.mean().value - 1e-9


def test_two_phase__years_that_cost_nothing_lie_between_gains_and_losses() -> None:
    # Half of all years have an event; of these 98 of 100 save 10, the others lose 500.
    known, losses = np.ones(100), np.array([-10.0] * 98 + [500.0] * 2)[:, None]
    sample = sampled(known, losses, np.full(100, fill_value=True), count=1000, some=0.5)
    assert sample.mean().value == pytest.approx(0.1)
    # Of the worst tenth a tenth loses 500, and all others nothing.
    assert sample.value_at_risk(0.9).value == 0.0
    assert sample.expected_shortfall(0.9).value == pytest.approx(50.0)
    assert sample.value_at_risk(0.3).value == -10.0
    assert sample.expected_shortfall(0.3).value == pytest.approx((0.01 * 500 - 0.19 * 10) / 0.7)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1000), some=st.sampled_from([0.2, 0.5, 0.75, 1.0]), saved=st.floats(0.0, 6.0))
def test_two_phase__measures_of_gains_and_losses_are_those_of_all_years_in_order(seed: int, some: float, saved: float) -> None:
    known, losses, is_hit = population(300, seed=seed, replications=1)
    losses = losses - saved * is_hit[:, None]
    sample = sampled(known, losses, is_hit, count=1000, some=some)
    # Levels between two years, which rounding cannot move from one to the other.
    every = np.sort(np.append(losses[:, 0], np.zeros(round(300 / some) - 300)))
    for worst in (1.5, 10.5, 60.5, 150.5, every.size - 20.5):
        level = 1 - worst / every.size
        cut = every[-int(worst + 0.5)]
        mean = (every[-int(worst) :].sum() + (worst - int(worst)) * cut) / worst
        risk, shortfall = sample.value_at_risk(level), sample.expected_shortfall(level)
        assert risk.value == pytest.approx(cut)
        assert shortfall.value == pytest.approx(mean)
        assert shortfall.value >= risk.value - 1e-9
        assert risk.low <= risk.value <= risk.high
        assert shortfall.low <= shortfall.value <= shortfall.high


def test_two_phase__losses_that_are_as_known_are_known_as_well_as_all_drawn_years() -> None:
    known, _, is_hit = population(4000, seed=3)
    exact = sampled(known, 2.5 * known[:, None], is_hit, count=100).mean()
    plain = Sample(2.5 * known, SOME, 0.95).mean()
    assert exact.value == pytest.approx(plain.value)
    # The interval is that of the 4,000 years, not of the 100; the spread is estimated from the hundred.
    assert exact.high - exact.low == pytest.approx(plain.high - plain.low, rel=0.25)


def test_two_phase__noise_is_the_chance_within_years() -> None:
    draw = np.random.default_rng(1)
    known, is_hit = np.full(2000, 1.0), np.full(2000, fill_value=True)
    losses = draw.normal(5.0, 2.0, 2000)[:, None] + draw.normal(0.0, 2.0, (2000, 4))
    # Half of a half: four replications leave a quarter of the variance within, of which there is as much as between.
    assert sampled(known, losses, is_hit, count=1000).noise() == pytest.approx(0.2, abs=0.03)
    chosen = Chosen(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0), 5)
    nothing = TwoPhase(chosen, np.zeros(0), np.zeros((0, 2)), 0.5, 0.95)
    assert (nothing.mean().value, nothing.value_at_risk(0.9).value, nothing.curve().height) == (0.0, 0.0, 0)


def test_two_phase__beyond_counts_played_years_by_what_they_add_to_the_tail() -> None:
    is_hit = np.full(100, fill_value=True)
    losses = np.array([1.0] * 80 + [50.0] * 20)[:, None]
    sample = sampled(np.ones(100), losses, is_hit, count=1000, some=0.5)
    assert sample.beyond(0.95) == pytest.approx(20.0)
    assert sample.beyond(0.4) is None
    # One year that costs as much as the 19 others together is nearly all that is known.
    losses[-1] = 950.0
    heavy = sampled(np.ones(100), losses, is_hit, count=1000, some=0.5)
    assert heavy.beyond(0.95) == pytest.approx(1900.0**2 / (950.0**2 + 19 * 50.0**2))


def test_two_phase__intervals_hold_the_truth_as_often_as_they_say() -> None:
    _, many, _ = population(1_000_000, seed=99, replications=1)
    # What a year costs is its mean over chance, of which two replications leave a little.
    truth = Sample(np.sort(many[:, 0]), SOME, 0.95)
    wanted = {
        "mean": truth.mean().value,
        "risk": truth.value_at_risk(0.95).value,
        "shortfall": truth.expected_shortfall(0.95).value,
        "far": truth.expected_shortfall(0.99).value,
    }
    runs = scaled(ci=120, full=1000)
    found: dict[str, list[Estimate]] = {name: [] for name in wanted}
    for run in range(runs):
        known, losses, is_hit = population(5000, seed=run)
        sample = sampled(known, losses, is_hit, count=200, seed=run)
        found["mean"].append(sample.mean())
        found["risk"].append(sample.value_at_risk(0.95))
        found["shortfall"].append(sample.expected_shortfall(0.95))
        found["far"].append(sample.expected_shortfall(0.99))
    # Losses that nobody foresees are few in 200 years and heavy: as of any sample, the far tail is less sure than it says.
    least = {"mean": 0.91, "risk": 0.85, "shortfall": 0.86, "far": 0.82}
    for name, truth_of in wanted.items():
        value, low, high = (np.array([getattr(one, end) for one in found[name]]) for end in ("value", "low", "high"))
        assert ((low <= truth_of) & (truth_of <= high)).mean() >= least[name], name
        assert value.mean() == pytest.approx(truth_of, rel=0.03), name
        # Nor are they wider than what they speak of varies.
        assert (high - low).mean() < 1.4 * 2 * 1.96 * value.std(), name
