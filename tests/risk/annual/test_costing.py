"""Losses of years: against the compound law, doubled rates, shares of places, events at one time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from chaintwin.laws import parse
from chaintwin.risk.annual.costing import Prices, cost_years
from chaintwin.risk.annual.measures import Sample
from chaintwin.risk.annual.severity import Curve
from chaintwin.risk.annual.years import Outages, draw_outages
from chaintwin.risk.losses import compound_poisson
from chaintwin.risk.occurrence import Replications
from tests.risk.annual.making import AS_LONG, costed, drawn, place, threat
from tests.shared_data import cases_of
from tests.sizes import scaled

YEARS = scaled(ci=40_000, full=400_000)
SURE = 0.9999
"""Confidence of intervals that must hold the truth; there are about fifty of them."""


def sample_of(rate: float, severity: str, *, seed: int = 7) -> Sample:
    """Return the losses of one threat whose outages cost as much as they last."""
    threats = [threat("fire", rate, severity)]
    outages = drawn(threats, YEARS, seed=seed)
    return Sample(costed(threats, outages).losses, outages.event_probability, SURE)


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.compound_loss"))
def test_cost_years__worked_compound_losses(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    sample = sample_of(inputs["rate"], f"pmf({', '.join(f'{x}:{p}' for x, p in inputs['severity'].items())})")
    for found, exact in (
        (sample.mean(), expected["mean"]),
        (sample.value_at_risk(inputs["alpha"]), expected["var"]),
        (sample.expected_shortfall(inputs["alpha"]), expected["cvar"]),
    ):
        assert found.low <= exact <= found.high
        assert found.high - found.low < 0.1 * exact
    # Every event costs something here, so that the rates alone tell the probability of a loss.
    assert sample.any_loss().value == pytest.approx(1 - expected["P_zero"], rel=1e-11)
    second = sample.some * (sample.losses**2).mean()
    assert math.sqrt(second - sample.mean().value ** 2) == pytest.approx(expected["sd"], rel=0.03)


@pytest.mark.parametrize("case", cases_of("risk/cases.json", "var_"))
def test_cost_years__worked_exponential_losses(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    sample = sample_of(inputs["event_rate_per_year"], f"exponential({inputs['mean_severity']})")
    assert sample.mean().low <= expected["expected_annual_loss"] <= sample.mean().high
    for percent in ("90.0", "95.0", "99.0"):
        value, shortfall = sample.value_at_risk(float(percent) / 100), sample.expected_shortfall(float(percent) / 100)
        assert value.low <= expected[f"VaR_{percent}"] <= value.high
        assert shortfall.low <= expected[f"CVaR_{percent}"] <= shortfall.high


@pytest.mark.parametrize(
    ("rate", "severity"),
    [
        (0.02, "lognormal(mean=20, cv=1)"),
        (0.5, "uniform(0, 9)"),
        (4.0, "gamma(0.7, 30)"),
        (1.1, "zero_inflated(exponential(5), 0.6)"),
    ],
)
def test_cost_years__agrees_with_the_compound_law(rate: float, severity: str) -> None:
    exact = compound_poisson(rate, parse(severity), points=4096)
    sample = sample_of(rate, severity)
    assert sample.mean().low <= exact.mean <= sample.mean().high
    for level in (0.5, 0.9, 0.99, 0.999):
        truth = exact.tail_risk(level)
        value, shortfall = sample.value_at_risk(level), sample.expected_shortfall(level)
        slack = 2 * exact.step
        assert value.low - slack <= truth.value_at_risk <= value.high + slack
        assert shortfall.low - slack <= truth.expected_shortfall <= shortfall.high + slack


def test_cost_years__a_curve_bends_the_law_of_losses() -> None:
    # Stock lasts 8 days, then 50 a day are lost: a loss of 50 times an exponential time, with probability exp(-8 / 10).
    curve = Curve.through([0, 8, 100], [0, 0, 4600])
    threats = [threat("fire", 0.7, "exponential(10)")]
    outages = drawn(threats, YEARS)
    sample = Sample(costed(threats, outages, curve=curve).losses, outages.event_probability, SURE)
    exact = compound_poisson(0.7 * math.exp(-0.8), parse("exponential(500)"))
    assert sample.mean().low <= exact.mean <= sample.mean().high
    for level in (0.9, 0.99):
        value, shortfall = sample.value_at_risk(level), sample.expected_shortfall(level)
        assert value.low <= exact.tail_risk(level).value_at_risk <= value.high
        assert shortfall.low <= exact.tail_risk(level).expected_shortfall <= shortfall.high


@pytest.mark.parametrize("amplitude", [0.0, 1.0])
def test_cost_years__doubled_rates_never_lose_less(amplitude: float) -> None:
    every = Replications(seed=11, count=4000)
    totals = []
    for factor in (1, 2):
        threats = [
            threat("fire", 0.3 * factor, "exponential(10)"),
            threat("flood", 0.2 * factor, "uniform(1, 9)", sites="abc", hit=(0.3, 0.6, 1.0), amplitude=amplitude),
        ]
        outages = draw_outages(threats, every)
        losses = np.zeros(every.count)
        losses[outages.kept] = costed(threats, outages).losses
        totals.append(losses)
    assert (totals[1] >= totals[0]).all()
    assert (totals[1] > totals[0]).mean() > 0.2


def test_cost_years__parts_of_places_add_up_and_follow_what_each_costs_alone() -> None:
    threats = [threat("flood", 2.0, "exponential(5)", sites="abc", hit=(0.5, 0.5, 0.5)), threat("fire", 1.0, "4", sites="d")]
    outages = drawn(threats, 500)
    alone = {("site", "a"): AS_LONG, ("site", "b"): Curve.through([0, 1], [0, 3]), ("site", "c"): Curve.through([0, 1], [0, 0])}
    groups = tuple(Curve.through([0, 1], [0, 10 + len(members)]) for _, members in outages.groups)
    costs = cost_years(threats, outages, prices=Prices(groups, np.zeros(len(groups), dtype=bool), alone, 1e9))
    assert [one.id for one in costs.places] == ["a", "b", "c", "d"]
    assert np.bincount(costs.part_event, weights=costs.part).tolist() == pytest.approx(costs.event.tolist())
    assert np.bincount(outages.year, weights=costs.event).tolist() == pytest.approx(costs.losses.tolist())
    by_place = np.array(
        [[costs.part[(costs.part_event == event) & (costs.part_place == one)].sum() for one in range(4)] for event in range(40)]
    )
    for event, parts in enumerate(by_place):
        number, members = outages.groups[outages.group[event]]
        if number == 1:
            assert parts.tolist() == [0, 0, 0, pytest.approx(44)]
        elif members == (2,):
            assert parts[2] == costs.event[event]
        elif set(members) >= {0, 1}:
            assert parts[:3].tolist() == pytest.approx([costs.event[event] / 4, costs.event[event] * 0.75, 0])


def outages_at(times: list[float], durations: list[float], *, years: list[int]) -> Outages:
    """Return events of one threat."""
    size = len(times)
    return Outages(
        years=max(years) + 1,
        kept=np.arange(max(years) + 1),
        event_probability=1.0,
        events=1.0,
        year=np.array(years),
        threat=np.zeros(size, dtype=np.int64),
        group=np.zeros(size, dtype=np.int64),
        time=np.array(times),
        duration=np.array(durations),
        groups=((0, (0,)),),
    )


@pytest.mark.parametrize(
    ("times", "durations", "years", "share"),
    [
        ([0, 10], [5, 5], [0, 0], 0.0),
        ([0, 10], [11, 1], [0, 0], 1.0),
        ([0, 10, 40], [11, 1, 12], [0, 0, 0], 0.5),
        ([0, 1, 30], [60, 1, 1], [0, 0, 0], 1.0),
        ([360, 1], [30, 10], [0, 1], 0.0),
        ([0], [100], [0], 0.0),
    ],
)
def test_cost_years__tells_what_part_is_of_events_at_one_time(
    times: list[float], durations: list[float], years: list[int], share: float
) -> None:
    costs = costed([threat("fire", 1.0)], outages_at(times, durations, years=years))
    assert costs.overlapping == pytest.approx(share)


def test_cost_years__a_year_costs_at_most_everything() -> None:
    outages = outages_at([0, 10, 0], [30, 60, 20], years=[0, 0, 1])
    costs = costed([threat("fire", 1.0)], outages, most=45.0)
    assert costs.losses.tolist() == [45.0, 20.0]
    assert costs.event.tolist() == pytest.approx([15.0, 30.0, 20.0])
    assert costs.part.sum() == pytest.approx(65.0)
    assert costs.capped == 0.5


def test_cost_years__without_an_event_nothing_is_lost() -> None:
    costs = costed([threat("fire", 0.0)], drawn([threat("fire", 0.0)], 10))
    assert (costs.losses.size, costs.overlapping, costs.bounded, costs.cut, costs.capped) == (0, 0.0, 0.0, 0.0, 0.0)
    assert [one.id for one in costs.places] == [place("a").id]
