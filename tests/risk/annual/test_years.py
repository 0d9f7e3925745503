"""Years of events: laws of counts, seasons, hits and durations, and random numbers that nobody shares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest

from chaintwin.errors import UsageError
from chaintwin.laws import parse
from chaintwin.risk.annual.years import DRAWN_MAX, Outages, draw_outages, years_to_draw
from chaintwin.risk.occurrence import Replications
from tests.risk.annual.making import drawn, threat
from tests.shared_data import cases_of
from tests.sizes import scaled

YEARS = scaled(ci=20_000, full=200_000)


def events_of(found: Outages, number: int) -> list[tuple[int, float, float, tuple[int, ...]]]:
    """Return drawn year, day, duration and places of each event of a threat."""
    chosen = np.flatnonzero(found.threat == number)
    return [
        (int(found.kept[found.year[one]]), found.time[one], found.duration[one], found.groups[found.group[one]][1])
        for one in chosen.tolist()
    ]


def test_draw_outages__a_threat_that_is_added_moves_nobody() -> None:
    first, shock = threat("fire", 0.8, "exponential(10)"), threat("flood", 0.5, "uniform(1, 9)", sites="ab", hit=(0.4, 0.9))
    every = Replications(seed=3, count=2000)
    alone, together = draw_outages([shock], every), draw_outages([first, shock], every)
    assert events_of(alone, 0) == events_of(together, 1)
    assert len(events_of(alone, 0)) > 500
    more = draw_outages([threat("flood", 0.5, "uniform(1, 9)", sites="abc", hit=(0.4, 0.9, 0.5))], every)
    # A place that is added changes nobody's hits either.
    assert {(year, day): place for year, day, _, place in events_of(alone, 0)} == {
        (year, day): tuple(one for one in place if one < 2) for year, day, _, place in events_of(more, 0) if place != (2,)
    }


def test_draw_outages__threats_share_no_random_numbers() -> None:
    found = draw_outages([threat("fire", 1.0, "exponential(5)"), threat("flood", 1.0, "exponential(5)")], Replications(3, 3000))
    one, other = ({year: (day, duration) for year, day, duration, _ in reversed(events_of(found, number))} for number in (0, 1))
    both = sorted(set(one) & set(other))
    assert len(both) > 1000
    for column in (0, 1):
        first, second = (np.array([events[year][column] for year in both]) for events in (one, other))
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.1
    every = np.array(list(one.values()))
    assert abs(np.corrcoef(every.T)[0, 1]) < 0.1


def test_draw_outages__the_same_seed_gives_the_same_bytes() -> None:
    threats = [
        threat("fire", 0.3, "lognormal(mean=10, cv=1)"),
        threat("flood", 0.2, sites="abc", hit=(0.2, 0.5, 1.0), amplitude=0.5),
    ]
    one, other, third = drawn(threats, 500, seed=1), drawn(threats, 500, seed=1), drawn(threats, 500, seed=2)
    assert one.duration.tobytes() == other.duration.tobytes()
    assert one.time.tobytes() == other.time.tobytes()
    assert one.groups == other.groups
    assert one.time.tobytes() != third.time.tobytes()


@pytest.mark.parametrize("amplitude", [0.0, 0.8])
def test_draw_outages__a_higher_rate_keeps_the_events_there_were(amplitude: float) -> None:
    every = Replications(seed=5, count=3000)
    low, high = (
        draw_outages([threat("flood", rate, "exponential(5)", sites="ab", hit=(0.5, 0.7), amplitude=amplitude)], every)
        for rate in (0.6, 1.2)
    )
    kept: dict[int, list[tuple[float, tuple[int, ...]]]] = {}
    for year, _, duration, hit in events_of(high, 0):
        kept.setdefault(year, []).append((duration, hit))
    for year, _, duration, hit in events_of(low, 0):
        assert (duration, hit) in kept[year]
    assert high.threat.size > 1.5 * low.threat.size


def test_draw_outages__counts_days_and_durations_follow_their_laws() -> None:
    found = drawn([threat("fire", 1.3, "gamma(2, 6)")], YEARS)
    counts = np.bincount(found.year, minlength=found.years)
    some = -math.expm1(-1.3)
    assert found.years == YEARS
    assert found.event_probability == pytest.approx(some)
    assert counts.min() == 1
    assert counts.mean() == pytest.approx(1.3 / some, abs=5 * math.sqrt(1.3 / YEARS))
    assert kstest(found.time / 365, "uniform").pvalue > 1e-4
    assert kstest(parse("gamma(2, 6)").cdf_many(found.duration), "uniform").pvalue > 1e-4


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.nhpp_seasonal"))
def test_draw_outages__worked_season(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    season = threat("storm", 365 * inputs["rate_per_day"], amplitude=inputs["amplitude"], peak_day=inputs["phase_day"])
    found = drawn([season], YEARS)
    inside = found.year[(found.time >= inputs["start"]) & (found.time < inputs["end"])]
    counts = np.bincount(inside, minlength=found.years)
    # Years without an event have none within the window either.
    assert found.event_probability * counts.mean() == pytest.approx(
        expected["expected_events"], abs=5 * counts.std() / math.sqrt(YEARS)
    )
    none = 1 - found.event_probability * (counts > 0).mean()
    assert none == pytest.approx(expected["P_none"], abs=5 * math.sqrt(expected["P_none"] / YEARS))


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.common_shock"))
def test_draw_outages__worked_common_shock(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    assert inputs["t"] == 1.0
    names = [f"s{number}" for number in range(len(inputs["own_rates"]))]
    own = [threat(name, rate, sites=(name,)) for name, rate in zip(names, inputs["own_rates"], strict=True)]
    region = threat("shock", inputs["shock_rate"], sites=names, hit=[inputs["hit_prob"]] * len(names))
    found = drawn([*own, region], YEARS)
    is_hit = np.zeros((len(names), found.years), dtype=bool)
    for year, group in zip(found.year.tolist(), found.group.tolist(), strict=True):
        number, members = found.groups[group]
        is_hit[[number] if number < len(own) else list(members), year] = True
    some, error = found.event_probability, 5 / math.sqrt(YEARS)
    assert (some * is_hit.mean(axis=1)).tolist() == pytest.approx(expected["P_hit"], abs=error)
    assert 1 - some * is_hit.any(axis=0).mean() == pytest.approx(expected["P_none"], abs=error)
    assert some * is_hit.all(axis=0).mean() == pytest.approx(expected["P_all"], abs=error)


def test_draw_outages__without_rates_there_is_no_year() -> None:
    found = drawn([threat("fire", 0.0)], 100)
    assert (found.years, found.event_probability, found.year.size) == (0, 0.0, 0)
    assert draw_outages([], Replications(1, 10)).years == 0


def test_draw_outages__refuses_two_of_one_name() -> None:
    with pytest.raises(UsageError, match="fire twice"):
        drawn([threat("fire", 1.0), threat("fire", 0.5)], 10)


@pytest.mark.parametrize("rate", [0.002, 0.01, 0.3, 2.0, 50.0])
def test_years_to_draw__enough_have_an_event(rate: float) -> None:
    assert drawn([threat("fire", rate)], 1000).years == 1000


def test_years_to_draw__ends_where_events_are_too_rare() -> None:
    threats = [threat("fire", 1e-4)]
    assert years_to_draw(threats, 1000) == DRAWN_MAX
    assert 100 < drawn(threats, 1000).years < 300
