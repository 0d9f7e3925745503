"""Outages that are simulated: the figures of two plain runs, and nothing where nothing is lost."""

from __future__ import annotations

import pytest

from chaintwin import Scenario, simulate
from chaintwin.examples import Example, load
from chaintwin.risk.stress.simulated import simulate_outages
from chaintwin.risk.stress.stressing import stress_test


def test_simulate_outages__are_the_differences_of_two_runs() -> None:
    network = load(Example.BEER_GAME)
    found = stress_test(network, by=["site", "lane"], recovery=4.0, measure="units", followed=0)
    rows = simulate_outages(network, found.table, count=3, replications=8, seed=2)
    assert rows["rank"].to_list() == [1, 2, 3]
    usual = simulate(network, replications=8, seed=2)
    for row in rows.iter_rows(named=True):
        out = {"where": {row["kind"]: row["id"]}, "duration": 28, "effect": {"capacity": 0, "arrivals": 1}}
        struck = simulate(network, scenario=Scenario.of("out", disruptions=[out]), replications=8, seed=2)
        spent = [(run.figures["total_cost"] - run.figures["revenue"]).mean() * run.span.periods for run in (usual, struck)]
        assert row["cost"] == pytest.approx(spent[1] - spent[0], rel=1e-9)
        lost = usual.summary.filter(figure="fill_rate")["mean"][0] - struck.summary.filter(figure="fill_rate")["mean"][0]
        assert row["fill_rate_lost"] == pytest.approx(lost, rel=1e-9)
        assert row["cost_low"] <= row["cost"] <= row["cost_high"]
        assert row["cost"] > 0


def test_simulate_outages__only_those_with_an_impact() -> None:
    network = load(Example.BEER_GAME)
    found = stress_test(network, recovery=0.0, measure="units", followed=0)
    assert simulate_outages(network, found.table, count=3).is_empty()
