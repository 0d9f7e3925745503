"""Levels of demand: intervals that hold what is true, tables that are right stay, and those that are wrong are replaced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from chaintwin.fidelity.calibration.demand_levels import Expected, Level, are_off, demand_levels, fit_demand_levels
from chaintwin.fidelity.calibration.fitting import Fitting
from chaintwin.fidelity.calibration.lanes import Calendar
from chaintwin.fidelity.calibration.observations import Asked
from chaintwin.fidelity.calibration.parameters import ParameterKind
from chaintwin.fidelity.versions.gathering import gathered, latest_of
from chaintwin.fidelity.versions.looking import Described
from chaintwin.fidelity.versions.refitting import refit
from chaintwin.network import Scenario
from chaintwin.twin.naming.networks import InForce
from tests.fidelity.calibration import worlds
from tests.fidelity.logs import log_at
from tests.sizes import scaled

STREAMS, PERIODS = 60, 40
CALENDAR = Calendar(0, 86_400_000_000)

SURE = 3.0
"""Standard errors beyond which chance is no explanation: 1 case in 370."""


def many(rng: np.random.Generator, *, spread: float) -> tuple[list[Asked], dict[str, Expected], NDArray[np.float64]]:
    """Return what streams of many sizes asked for, with a season, what was expected of them, and how many times that is true."""
    levels = np.exp(spread * rng.standard_normal(STREAMS))
    season = 1.0 + 0.5 * np.sin(np.arange(7))
    asked, expected = [], {}
    for number, level in enumerate(levels.tolist()):
        mean = float(np.exp(rng.uniform(-1.0, 4.0)))
        name = f"shop {number}/milk/all"
        factor = season[np.arange(3, 3 + PERIODS) % 7]
        # As many more customers, who each buy as much: the variance grows with the mean.
        quantities = factor * rng.negative_binomial(12.0 * level, 12.0 / (12.0 + mean), PERIODS)
        asked.append(Asked(name, 3, quantities))
        expected[name] = Expected(mean, mean + mean**2 / 12.0, season)
    return asked, expected, levels


@pytest.mark.parametrize("spread", [0.0, 0.1, 0.4])
def test_fit_demand_levels__intervals_hold_the_truth_as_often_as_they_say(spread: float) -> None:
    inside = []
    for number in range(scaled(ci=8, full=40)):
        asked, expected, truth = many(np.random.default_rng(number), spread=spread)
        fitted = list(fit_demand_levels(demand_levels(asked, expected), calendar=CALENDAR, fitting=Fitting(number, draws=200)))
        assert [one.subject for one in fitted] == [one.stream for one in asked]
        drawn = np.array([[law[0] for law in one.draws] for one in fitted])
        low, high = np.quantile(drawn, (0.05, 0.95), axis=1)
        inside.append(float(((low <= truth) & (truth <= high)).mean()))
    error = np.std(inside) / np.sqrt(len(inside)) + 0.5 / (STREAMS * len(inside))
    # Levels that are all the same are one number a world, so that whole worlds are in or out: there the share says less.
    assert spread == 0.0 or abs(np.mean(inside) - 0.9) < SURE * error + 0.02, inside


def test_fit_demand_levels__are_nearer_to_the_truth_than_the_tables_and_than_each_alone() -> None:
    off = []
    for number in range(8):
        asked, expected, truth = many(np.random.default_rng(number), spread=0.1)
        levels = demand_levels(asked, expected)
        fitted = fit_demand_levels(levels, calendar=CALENDAR, fitting=Fitting(number, draws=64))
        means = np.array([np.mean([law[0] for law in one.draws]) for one in fitted])
        alone = np.array([one.value for one in levels])
        off.append([float(np.abs(values - truth).mean()) for values in (means, alone, np.ones(truth.size))])
    ours, each, tables = np.mean(off, axis=0)
    assert ours < min(each, tables)


def test_are_off__right_levels_seldom_and_wrong_ones_always() -> None:
    false, true = [], []
    for number in range(scaled(ci=200, full=1_000)):
        rng = np.random.default_rng(number)
        errors = np.exp(rng.uniform(-4.0, -1.0, STREAMS))
        levels = [
            Level(str(place), 1.0 + error * rng.standard_normal(), error, 0, 30) for place, error in enumerate(errors.tolist())
        ]
        false.append(are_off(levels, {}, sure=0.95))
        true.append(are_off(levels, {str(place): 1.3 for place in range(STREAMS)}, sure=0.95))
    assert abs(np.mean(false) - 0.05) < SURE * np.sqrt(0.05 * 0.95 / len(false))
    assert all(true)
    assert not are_off([], {}, sure=0.95)


def test_demand_levels__says_nothing_of_what_nobody_expects_or_few_periods_tell() -> None:
    law = Expected(8.0, 4.0, np.ones(1))
    asked = [Asked("a", 0, np.full(30, 9.0)), Asked("b", 0, np.full(5, 9.0)), Asked("c", 0, np.full(30, 9.0))]
    found = demand_levels(asked, {"a": law, "b": law})
    assert [one.stream for one in found] == ["a"]
    assert demand_levels([Asked("a", 0, np.full(30, 9.0))], {"a": Expected(0.0, 0.0, np.ones(1))}) == []


def test_refit__demand_that_is_told_is_taken_at_its_level(tmp_path: Path) -> None:
    tables = worlds.network()
    more = Scenario.of("more", [{"table": "demand", "column": "quantity", "where": {"site_id": "cross"}, "set": "poisson(16)"}])
    place = Described.of(tables)
    (name,) = place.graph.streams.filter(place.graph.streams["buffer_id"] == "cross/milk")["stream_id"].to_list()
    with log_at(tmp_path / "log.db", [(more.apply(tables), 60)], seed=3) as store:
        until = latest_of(store)
        assert until is not None
        seen = gathered(store, InForce(tables), program=place.program, until=until)
        found = refit(seen, place.in_use(None), now=until, fitting=Fitting(7, draws=64))
        late = seen.asked(until, since=CALENDAR.length * 20_500)
    levels = {one.subject: one for one in found.fitted if one.kind is ParameterKind.DEMAND_LEVEL}
    assert len(levels) == 5
    low, high = np.quantile([law[0] for law in levels[name].draws], (0.005, 0.995))
    assert low < 16 / 11 < high
    # All levels are taken together, those that the tables have right as well: they are then better known.
    assert {subject for kind, subject in found.adopted if kind is ParameterKind.DEMAND_LEVEL} == set(levels)
    assert levels[name].sample_size == 60
    assert all(one.quantities.size < 60 for one in late)
    graph = place.applied(found.version).graph(place.graph)
    factors = dict(graph.streams.select("stream_id", "factor").iter_rows())
    assert factors[name][0] == pytest.approx(16 / 11, rel=0.15)
