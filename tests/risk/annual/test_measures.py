"""Measures of years with an event stand for all years; contributions add up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.annual.measures import Sample, contributions
from chaintwin.risk.losses import quantile_interval, tail_risk
from tests.risk.annual.making import costed, drawn, threat
from tests.shared_data import cases_of
from tests.sizes import scaled


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.quantile_ci"))
def test_value_at_risk__worked_ranks(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    found = Sample(np.arange(1.0, inputs["n"] + 1), 1.0, inputs["conf"]).value_at_risk(inputs["alpha"])
    assert (found.low, found.high) == (expected["lower_rank"], expected["upper_rank"])


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.var_cvar"))
@pytest.mark.parametrize("zeros", [0, 3])
def test_sample__worked_tail(case: dict[str, Any], zeros: int) -> None:
    inputs, expected = case["inputs"], case["expected"]
    losses = np.sort(np.array(inputs["losses"], dtype=np.float64))
    # Years that cost nothing may be kept as losses, or be known as years without an event.
    sample = Sample(losses[zeros:], 1 - zeros / losses.size, 0.9)
    assert sample.mean().value == pytest.approx(expected["mean"])
    assert sample.value_at_risk(inputs["alpha"]).value == pytest.approx(expected["var"])
    assert sample.expected_shortfall(inputs["alpha"]).value == pytest.approx(expected["cvar"])


@given(
    losses=st.lists(st.floats(0, 1e6), min_size=2, max_size=30),
    some=st.floats(0.01, 1.0),
    level=st.floats(0.01, 0.99),
)
def test_sample__is_that_of_losses_with_weights(losses: list[float], some: float, level: float) -> None:
    values = np.array(losses)
    sample = Sample(values, some, 0.9)
    weights = np.concatenate([[1 - some], np.full(values.size, some / values.size)])
    exact = tail_risk(np.concatenate([[0.0], values]), level, weights=weights)
    assert sample.mean().value == pytest.approx(exact.mean, rel=1e-9, abs=1e-9)
    assert sample.expected_shortfall(level).value == pytest.approx(exact.expected_shortfall, rel=1e-6, abs=1e-6)
    # Where a level falls onto a step of the sample, rounding may take the value at either side of it.
    within = 1 - (1 - level) / some
    if abs(within * values.size - round(within * values.size)) > 1e-6:
        assert sample.value_at_risk(level).value == pytest.approx(exact.value_at_risk, rel=1e-9, abs=1e-9)


def test_sample__is_worth_many_times_a_crude_one_where_events_are_rare() -> None:
    """The error of the mean is that of its plan, and crude sampling of as many years has a far larger one."""
    rate, years = 0.05, 400
    threats = [threat("fire", rate, "lognormal(mean=30, cv=0.5)")]
    means, reductions, errors = [], [], []
    for seed in range(scaled(ci=150, full=1500)):
        outages = drawn(threats, years, seed=seed)
        sample = Sample(costed(threats, outages).losses, outages.event_probability, 0.95)
        means.append(sample.mean().value)
        reductions.append(sample.variance_reduction())
        errors.append((sample.mean().high - sample.mean().low) / 2 / 1.96)
    exact = rate * 30
    crude = math.sqrt(rate * (30**2 + 15**2) / years)
    assert np.mean(means) == pytest.approx(exact, abs=5 * float(np.std(means)) / math.sqrt(len(means)))
    assert np.std(means) == pytest.approx(np.mean(errors), rel=0.25)
    assert (crude / np.std(means)) ** 2 == pytest.approx(np.mean(reductions), rel=0.5)
    assert np.mean(reductions) > 50


def test_value_at_risk__is_0_where_years_without_an_event_reach() -> None:
    sample = Sample(np.array([5.0, 10.0, 15.0, 20.0]), 0.04, 0.9)
    assert sample.value_at_risk(0.95).value == 0
    assert sample.expected_shortfall(0.95).value == pytest.approx(0.04 * 12.5 / 0.05)
    assert sample.value_at_risk(0.98).value == 10
    assert sample.expected_shortfall(0.98).value == pytest.approx(17.5)
    assert sample.any_loss().value == 0.04


def test_value_at_risk__has_the_interval_of_its_level_within_years_with_an_event() -> None:
    losses = np.arange(1.0, 1001.0)
    found = Sample(losses, 0.5, 0.95).value_at_risk(0.95)
    within = quantile_interval(losses, 0.9, confidence=0.95)
    assert (found.value, found.low, found.high) == (within.value, within.lower, within.upper)


def test_curve__falls_and_holds_its_probabilities() -> None:
    losses = np.concatenate([np.zeros(500), np.arange(1.0, 501.0)])
    found = Sample(losses, 0.2, 0.95).curve()
    assert found["loss"][0] == 0
    assert found["probability"][0] == pytest.approx(0.1)
    assert found["probability"].is_sorted(descending=True)
    assert (found["low"] <= found["probability"]).all()
    assert (found["probability"] <= found["high"]).all()
    for row in found.to_dicts():
        assert row["probability"] == pytest.approx(0.2 * (losses > row["loss"]).mean())
    assert found["return_period"][0] == pytest.approx(10)
    assert Sample(np.zeros(10), 0.5, 0.9).curve().is_empty()


@given(
    parts=st.lists(st.lists(st.floats(0, 1e5), min_size=12, max_size=12), min_size=1, max_size=4),
    some=st.floats(0.02, 1.0),
    level=st.floats(0.05, 0.95),
)
def test_contributions__add_up_to_mean_and_expected_shortfall(parts: list[list[float]], some: float, level: float) -> None:
    table = np.array(parts)
    sample = Sample(table.sum(axis=0), some, 0.9)
    found = contributions(sample, {f"part {number}": part for number, part in enumerate(table)}, level=level)
    assert found["mean"].sum() == pytest.approx(sample.mean().value, rel=1e-9, abs=1e-9)
    assert found["shortfall"].sum() == pytest.approx(sample.expected_shortfall(level).value, rel=1e-6, abs=1e-6)
    assert found["shortfall"].is_sorted(descending=True)
    if found["mean"].sum() > 0:
        assert found["mean_share"].sum() == pytest.approx(1)
    # Nobody saves more than the worst years without the others; saving the only part saves it all.
    assert (found["saved_shortfall"] >= -1e-6 * max(1.0, float(table.max()))).all()
    if len(parts) == 1:
        assert found["saved_shortfall"][0] == pytest.approx(found["shortfall"][0], rel=1e-6, abs=1e-6)


def test_sample__without_an_event_is_exactly_nothing() -> None:
    sample = Sample(np.zeros(0), 0.0, 0.95)
    for found in (sample.mean(), sample.any_loss(), sample.value_at_risk(0.99), sample.expected_shortfall(0.5)):
        assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
    assert sample.curve().is_empty()
    assert contributions(sample, {"fire": np.zeros(0)}, level=0.9).is_empty()
    assert sample.variance_reduction() == 1.0


def test_sample__refuses_a_confidence_of_1() -> None:
    with pytest.raises(UsageError, match="confidence"):
        Sample(np.zeros(3), 0.5, 1.0)
