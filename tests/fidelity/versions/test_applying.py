"""Versions applied to a network: each draw plays as a network whose tables say the same, and what has no place is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from chaintwin.errors import UsageError
from chaintwin.fidelity.calibration import Parameter, ParameterKind, ParameterSet
from chaintwin.fidelity.forking.fork import Fork, fork
from chaintwin.fidelity.versions.applying import Applied
from chaintwin.fidelity.versions.looking import Described
from chaintwin.laws import LawKind, parse
from chaintwin.network import Network, Scenario
from chaintwin.network.state import State
from chaintwin.simulation import log_of, rebuild, trace
from tests.fidelity.calibration import worlds
from tests.fidelity.logs import with_lead_times

SLOW = "pmf(2:0.1, 5:0.6, 7:0.3)"
RUNS, PERIODS = 48, 10


def opened(network: Network, *, period: int = 30, seed: int = 5) -> State:
    program = network.compile()
    state = rebuild(log_of(trace(program, periods=period + 1, seed=seed)), program, until=period)
    return replace(state, shipments=replace(state.shipments, is_open=np.ones(state.shipments.quantity.size, dtype=bool)))


def lead_time(subject: str, *laws: str, mode: str = "") -> Parameter:
    """Return a lead time with one draw for each law on whole periods."""
    parsed = [parse(law) for law in laws]
    values = tuple(sorted({value for law in parsed for value in (law.values or law.parameters)}))
    draws = []
    for law in parsed:
        shares = dict(zip(law.values, law.weights, strict=True)) if law.values else {law.parameters[0]: 1.0}
        draws.append(tuple(shares.get(value, 0.0) for value in values))
    return Parameter(ParameterKind.LEAD_TIME, subject, laws[0], LawKind.PMF, values, tuple(draws), "told", 40, 0, 0, 1, mode)


def constants(kind: ParameterKind, subject: str, *values: float) -> Parameter:
    draws = tuple((value,) for value in values)
    return Parameter(kind, subject, str(values[0]), LawKind.CONSTANT, (), draws, "told", 40, 0, 0, 1)


def version(*parameters: Parameter) -> ParameterSet:
    return ParameterSet(parameters, made_at=1, seed=7)


def applied(network: Network, *parameters: Parameter, draws: int = 2) -> Applied:
    return Described.of(network).applied(version(*parameters), draws=draws)


def lanes(network: Network) -> dict[str, str]:
    """Return the activity that goes to each shop."""
    return {lane.destination: name for name, lane in Described.of(network).layout.lanes.items() if lane.origin}


@pytest.mark.parametrize("shop", ["cross", "fifo", "kaplan"])
def test_fork__a_draw_plays_as_tables_that_say_the_same(shop: str) -> None:
    network = worlds.network()
    state, name = opened(network), lanes(network)[shop]
    lane = {"cross": "L1", "fifo": "L2", "kaplan": "L3"}[shop]
    one = applied(network, lead_time(name, SLOW), draws=1)
    found = fork(network, state, periods=PERIODS, runs=RUNS, parameters=one)
    tables = fork(with_lead_times(network, SLOW, lane=lane), state, periods=PERIODS, runs=RUNS)
    before = fork(network, state, periods=PERIODS, runs=RUNS)
    assert_frame_equal(found.stock, tables.stock)
    assert not found.stock.equals(before.stock)
    assert found.parameters == one.version
    assert not tables.parameters


def test_fork__draws_share_the_runs_as_networks_do() -> None:
    network = worlds.network()
    state, name = opened(network), lanes(network)["cross"]
    found = fork(network, state, periods=PERIODS, runs=RUNS, parameters=applied(network, lead_time(name, worlds.LAW, SLOW)))
    slow = with_lead_times(network, SLOW, lane="L1")
    same = fork(network, state, periods=PERIODS, runs=RUNS, drawn=[network, slow])
    assert_frame_equal(found.stock, same.stock)
    with pytest.raises(UsageError, match="one of the two"):
        fork(network, state, periods=2, runs=4, parameters=applied(network), drawn=[network])


def test_fork__first_answers_take_as_many_runs_of_each_draw() -> None:
    network = worlds.network()
    state, name = opened(network), lanes(network)["cross"]
    options: dict[str, Any] = {"periods": PERIODS, "runs": 200, "parameters": applied(network, lead_time(name, worlds.LAW, SLOW))}
    told: list[Fork] = []
    found = fork(network, state, partial=told.append, threads=2, **options)
    runs = [one.by_run["run"].to_list() for one in told]
    # The first half of the runs plays the first draw; the first of each half are told first.
    assert runs == [[*range(half), *range(100, 100 + half)] for half in (4, 32)]
    for one in told:
        assert_frame_equal(one.by_run, found.by_run.join(one.by_run, on="run", how="semi"))
    # Being told on the way changes nothing of the whole.
    assert_frame_equal(found.stock, fork(network, state, **options).stock)


def test_fork__what_was_fitted_to_the_tables_changes_nothing() -> None:
    network = worlds.network()
    state = opened(network)
    told = [lead_time(name, worlds.LAW) for shop, name in lanes(network).items() if shop in ("cross", "fifo", "kaplan")]
    found = fork(network, state, periods=PERIODS, runs=RUNS, parameters=applied(network, *told))
    assert_frame_equal(found.stock, fork(network, state, periods=PERIODS, runs=RUNS).stock)


def test_fork__modes_capacities_and_yields_are_those_of_the_version() -> None:
    network = worlds.network()
    state, names = opened(network), lanes(network)
    (resource,) = Described.of(network).program.names.resources["resource_id"].to_list()
    both = applied(
        network,
        lead_time(names["cross"], worlds.LAW, mode="fifo"),
        constants(ParameterKind.CAPACITY, resource, 6.0, 6.0),
        constants(ParameterKind.YIELD, names["spoil"], 0.5, 0.5),
    )
    found = fork(network, state, periods=PERIODS, runs=RUNS, parameters=both)
    changes = [
        {"table": "lanes", "column": "lead_mode", "where": {"lane_id": "L1"}, "set": "fifo"},
        {"table": "lanes", "column": "capacity", "where": {"lane_id": "L4"}, "set": 6.0},
        {"table": "sources", "column": "yield_rate", "where": {"site_id": "spoil"}, "set": 0.5},
    ]
    tables = fork(Scenario.of("same", changes).apply(network), state, periods=PERIODS, runs=RUNS)
    assert_frame_equal(found.stock, tables.stock)


def test_fork__capacities_differ_by_draw() -> None:
    network = worlds.network()
    (resource,) = Described.of(network).program.names.resources["resource_id"].to_list()
    state = opened(network)
    two = applied(network, constants(ParameterKind.CAPACITY, resource, 2.0, 12.0))
    found = fork(network, state, periods=PERIODS, runs=RUNS, parameters=two)
    narrow = Scenario.of("narrow", [{"table": "lanes", "column": "capacity", "where": {"lane_id": "L4"}, "set": 2.0}])
    same = fork(network, state, periods=PERIODS, runs=RUNS, drawn=[narrow.apply(network), network])
    assert_frame_equal(found.stock, same.stock)


def test_fork__yields_differ_by_draw() -> None:
    network = worlds.network()
    state, name = opened(network), lanes(network)["spoil"]
    found = fork(
        network, state, periods=PERIODS, runs=RUNS, parameters=applied(network, constants(ParameterKind.YIELD, name, 0.5, 1.0))
    )
    where = {"table": "sources", "column": "yield_rate", "where": {"site_id": "spoil"}}
    rates = [Scenario.of(str(rate), [where | {"set": rate}]).apply(network) for rate in (0.5, 1.0)]
    same = fork(network, state, periods=PERIODS, runs=RUNS, drawn=rates)
    assert_frame_equal(found.stock, same.stock, abs_tol=1e-3)
    one = fork(
        network, state, periods=PERIODS, runs=RUNS, parameters=applied(network, constants(ParameterKind.YIELD, name, 0.75, 0.75))
    )
    assert not found.stock.equals(one.stock)


def test_fork__yields_that_hardly_differ_are_played_with_their_mean() -> None:
    network = worlds.network()
    state, name = opened(network), lanes(network)["spoil"]
    near = applied(network, constants(ParameterKind.YIELD, name, 0.8996, 0.9004))
    same = fork(network, state, periods=PERIODS, runs=RUNS)
    assert_frame_equal(fork(network, state, periods=PERIODS, runs=RUNS, parameters=near).stock, same.stock)


def test_fork__levels_of_demand_differ_by_draw() -> None:
    network = Scenario.of("normal", [{"table": "demand", "column": "quantity", "set": "normal(11, 3)"}]).apply(worlds.network())
    state = opened(network)
    (name,) = Described.of(network).graph.streams.filter(pl.col("buffer_id") == "cross/milk")["stream_id"].to_list()
    found = fork(
        network,
        state,
        periods=PERIODS,
        runs=RUNS,
        parameters=applied(network, constants(ParameterKind.DEMAND_LEVEL, name, 0.5, 1.5)),
    )
    change = {"table": "demand", "column": "quantity", "where": {"site_id": "cross"}}
    both = [Scenario.of(law, [change | {"set": law}]).apply(network) for law in ("normal(5.5, 1.5)", "normal(16.5, 4.5)")]
    same = fork(network, state, periods=PERIODS, runs=RUNS, drawn=both)
    assert_frame_equal(found.stock, same.stock, abs_tol=1e-3)


def test_applied__of_a_demand_that_is_known_its_level_is_left_out() -> None:
    network = Scenario.of("normal", [{"table": "demand", "column": "quantity", "set": "normal(11, 3)"}]).apply(worlds.network())
    (name,) = Described.of(network).graph.streams.filter(pl.col("buffer_id") == "cross/milk")["stream_id"].to_list()
    level = constants(ParameterKind.DEMAND_LEVEL, name, 0.5, 1.5)
    law = Parameter(
        ParameterKind.DEMAND, "cross/milk", "normal(4, 1)", LawKind.NORMAL, (), ((4.0, 1.0),) * 2, "told", 40, 0, 0, 1
    )
    assert set(applied(network, level).levels) == {name}
    assert not applied(network, level, law).levels
    (finding,) = applied(network, constants(ParameterKind.DEMAND_LEVEL, "nowhere/milk/all", 0.5, 1.5)).findings
    assert finding.code == "apply.place"


def test_fork__a_scenario_changes_by_as_much_as_in_the_tables() -> None:
    network = worlds.network()
    state, name = opened(network), lanes(network)["cross"]
    later = Scenario.of(
        "later", [{"table": "lanes", "column": "lead_time", "where": {"lane_id": "L1"}, "set": "pmf(3:0.2, 5:0.5, 8:0.3)"}]
    )
    found = fork(network, state, periods=PERIODS, runs=RUNS, scenario=later, parameters=applied(network, lead_time(name, SLOW)))
    moved = with_lead_times(network, "pmf(4:0.1, 7:0.6, 9:0.3)", lane="L1")
    assert_frame_equal(found.stock, fork(moved, state, periods=PERIODS, runs=RUNS).stock)


def test_fork__demand_of_the_version_differs_by_draw() -> None:
    network = Scenario.of("normal", [{"table": "demand", "column": "quantity", "set": "normal(11, 3)"}]).apply(worlds.network())
    state = opened(network)
    laws = ("normal(4, 1)", "normal(20, 5)")
    drawn = Parameter(
        ParameterKind.DEMAND, "cross/milk", laws[0], LawKind.NORMAL, (), ((4.0, 1.0), (20.0, 5.0)), "told", 40, 0, 0, 1
    )
    found = fork(network, state, periods=PERIODS, runs=RUNS, parameters=applied(network, drawn))
    change = {"table": "demand", "column": "quantity", "where": {"site_id": "cross"}}
    both = [Scenario.of(law, [change | {"set": law}]).apply(network) for law in laws]
    same = fork(network, state, periods=PERIODS, runs=RUNS, drawn=both)
    assert_frame_equal(found.stock, same.stock)


def test_applied__what_has_no_place_is_told() -> None:
    network = worlds.network()
    names = lanes(network)
    found = applied(
        network,
        lead_time("nowhere>elsewhere/milk", worlds.LAW),
        lead_time("maker>cross/milk", "0"),
        constants(ParameterKind.UP_TIME, "press", 9.0),
        constants(ParameterKind.CAPACITY, "press", 9.0),
        draws=1,
    )
    assert [(finding.code, finding.found.split(" of ")[1]) for finding in found.findings] == [
        ("apply.place", "nowhere>elsewhere/milk"),
        ("apply.place", "maker>cross/milk"),
        ("apply.place", "press"),
        ("apply.place", "press"),
    ]
    # Shorter than half a period is played as one, since the order of work of a day rests on it.
    assert found.leads[names["cross"]].first == 1
    assert not found.capacities


def test_applied__levels_of_the_tables_stay() -> None:
    # Levels that tables leave open are proposed from lead times; better knowledge of these is no change of the levels.
    network = worlds.network().with_table(
        "stock_points", worlds.network()["stock_points"].with_columns(base_stock=None, initial_stock=None)
    )
    place = Described.of(network)
    found = place.applied(version(lead_time(lanes(network)["cross"], SLOW))).graph(place.graph)
    assert found.buffers.equals(place.graph.buffers)
    assert not found.activities.equals(place.graph.activities)
