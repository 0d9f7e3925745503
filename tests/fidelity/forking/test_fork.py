"""Forks: what a fan says of shortages is what happens to runs that are played one by one."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from chaintwin.cli.commands.fidelity import fork as command
from chaintwin.errors import CancelledError, UsageError
from chaintwin.examples import Example, load
from chaintwin.fidelity.forking import fork as forking
from chaintwin.fidelity.forking.fork import Fork, fork
from chaintwin.fidelity.forking.picture import draw_fork
from chaintwin.network import Network, Scenario
from chaintwin.network.state import State
from chaintwin.simulation import log_of, rebuild, trace, traces

PERIODS, RUNS = 12, 96


def beer() -> Network:
    """Return the beer game with lead times that are not sure."""
    return Scenario.of("unsure", [{"table": "lanes", "column": "lead_time", "set": "pmf(1:0.5, 3:0.5)"}]).apply(
        load(Example.BEER_GAME)
    )


def opened(network: Network, *, period: int = 8, seed: int = 5) -> State:
    """Return the state of a hidden run, with all arrivals open."""
    program = network.compile()
    state = rebuild(log_of(trace(program, periods=period + 1, seed=seed)), program, until=period)
    return replace(state, shipments=replace(state.shipments, is_open=np.ones(state.shipments.quantity.size, dtype=bool)))


def made(**options: Any) -> Fork:
    network = beer()
    return fork(network, opened(network), **({"periods": PERIODS, "runs": RUNS} | options))


def test_fork__is_what_single_runs_come_to() -> None:
    network = beer()
    state = replace(opened(network), shipments=replace(opened(network).shipments, is_open=None))
    found = fork(network, state, periods=PERIODS, runs=RUNS, seed=3)
    each = traces(network.compile(periods=60), state=state, periods=PERIODS, first=0, count=RUNS, seed=3)
    names = found.setup.program.names.buffers["buffer_id"].to_list()
    stock = np.array([one.on_hand for one in each])
    for place, name in enumerate(names):
        rows = found.stock.filter(pl.col("stock_point") == name)
        np.testing.assert_allclose(rows["mean"], stock[:, :, place].mean(axis=0), rtol=1e-6)
        np.testing.assert_allclose(rows["q05"], np.quantile(stock[:, :, place], 0.05, axis=0), rtol=1e-6)
        assert rows["period"].to_list() == list(range(state.period, state.period + PERIODS))
    (front,) = found.setup.program.streams.buffer.tolist()
    owed = np.array([one.backlog[:, 0] for one in each]) > 0
    rows = found.stock.filter(pl.col("stock_point") == names[front])
    np.testing.assert_allclose(rows["p_short"], owed.mean(axis=0), atol=1e-12)
    (row,) = found.shortages.filter(pl.col("stock_point") == names[front]).to_dicts()
    assert row["is_sold"]
    assert row["probability"] == pytest.approx(owed.any(axis=1).mean())
    until = np.logical_or.accumulate(owed, axis=1).mean(axis=0)
    likely = np.flatnonzero(until >= 0.5)
    assert row["first_period"] == (state.period + likely[0] if likely.size else None)
    assert row["fill_rate"] == pytest.approx(
        1.0 - sum(np.minimum(one.backlog, one.demand).sum() for one in each) / sum(one.demand.sum() for one in each)
    )
    assert 0.0 < row["fill_rate"] < 1.0


def test_fork__dates_are_those_of_the_project() -> None:
    found = made()
    start = beer().settings.start
    first = datetime(start.year, start.month, start.day, tzinfo=UTC)
    assert (found.service["date"][0] - first).days == 7 * 8
    assert (found.service["date"][1] - found.service["date"][0]).days == 7


def test_fork__never_depends_on_threads_and_differs_by_seed() -> None:
    one, two, other = made(threads=1), made(threads=2), made(seed=1)
    for name in ("stock", "service", "shortages"):
        assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)
    assert not one.stock.equals(other.stock)


def test_fork__open_arrivals_widen_the_fan() -> None:
    network = beer()
    state = opened(network)
    known = replace(state, shipments=replace(state.shipments, is_open=None))
    wide, narrow = (fork(network, one, periods=1, runs=512).stock for one in (state, known))
    spread = [(frame["q95"] - frame["q05"]).sum() for frame in (wide, narrow)]
    assert spread[0] > spread[1]


def test_fork__a_scenario_meets_the_same_demand() -> None:
    network = beer()
    state = opened(network)
    dearer = Scenario.of("later", [{"table": "lanes", "column": "lead_time", "set": "pmf(3:0.5, 6:0.5)"}])
    plain, later = (fork(network, state, periods=PERIODS, runs=RUNS, scenario=one) for one in (None, dearer))
    assert later.scenario == "later"
    assert plain.service["demand"].to_list() == later.service["demand"].to_list()
    assert later.shortages["units"].sum() > plain.shortages["units"].sum()


def test_fork__drawn_parameters_share_the_runs() -> None:
    network = beer()
    state = opened(network)
    slow = Scenario.of("slow", [{"table": "lanes", "column": "lead_time", "set": "pmf(3:0.9, 6:0.1)"}]).apply(network)
    mixed = fork(network, state, periods=PERIODS, runs=RUNS, drawn=[network, slow])
    same = fork(network, state, periods=PERIODS, runs=RUNS, drawn=[network, network])
    alone = fork(network, state, periods=PERIODS, runs=RUNS)
    assert_frame_equal(same.stock, alone.stock)
    means = [frame.stock["mean"].sum() for frame in (alone, mixed)]
    assert means[1] < means[0]
    with pytest.raises(UsageError):
        fork(network, state, periods=2, runs=4, drawn=[load(Example.MEDICINES)])


def test_fork__refuses_and_can_be_cancelled() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(CancelledError):
        made(cancel=cancel)
    with pytest.raises(UsageError, match="likely"):
        made(likely=1.0)
    with pytest.raises(UsageError, match="GiB"):
        made(runs=10_000_000)


def test_draw_fork__service_and_those_that_may_run_short(tmp_path: Path) -> None:
    found = made()
    draw_fork(found, tmp_path / "fork.svg")
    text = (tmp_path / "fork.svg").read_text()
    assert "Fill rate of all customers" in text
    assert f"Stock on hand, {found.shortages['stock_point'][0]}" in text
    with pytest.raises(UsageError, match="SITE/PRODUCT"):
        draw_fork(found, tmp_path / "fork.svg", stock_points=["nowhere/nothing"])


def test_command__has_the_default_of_the_room() -> None:
    assert command.RUNS == forking.RUNS


def test_fork__first_answers_are_those_of_so_many_runs() -> None:
    network = beer()
    told: list[Fork] = []
    found = made(runs=200, partial=told.append, threads=2, before=network.compile(periods=40))
    assert [one.runs for one in told] == [8, 64]
    for one in told:
        alone = made(runs=one.runs)
        assert_frame_equal(one.stock, alone.stock)
        assert_frame_equal(one.service, alone.service)
        assert_frame_equal(one.shortages, alone.shortages)
    # Being told on the way changes nothing of the whole.
    whole = made(runs=200)
    assert_frame_equal(found.stock, whole.stock)
    assert_frame_equal(found.by_run, whole.by_run)
    assert found.by_run["served"].sum() / found.by_run["demand"].sum() == pytest.approx(
        found.service["served"].sum() / found.service["demand"].sum()
    )
