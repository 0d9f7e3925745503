"""A simulated run as events, captured, logged and projected: the twin has the simulator's own state at every period."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from chaintwin.clock import SetClock, microseconds_of
from chaintwin.errors import UsageError
from chaintwin.events.capturing import capture
from chaintwin.examples import Example, load
from chaintwin.network.graph import Issue
from chaintwin.network.network import Network, Settings
from chaintwin.network.program import Program
from chaintwin.network.state import initial_state
from chaintwin.simulation import EventLog, events_of, log_of, trace, write_events
from chaintwin.simulation.history.rebuilding import rebuild
from chaintwin.store.opening import open_store
from chaintwin.twin import Twin
from tests.graphs import blocks_of
from tests.network.building import network_of
from tests.simulation.history.programs import PERIODS, random_program, struck_program
from tests.simulation.history.reading import state_of
from tests.simulation.history.test_rebuilding import assert_same
from tests.sizes import scaled

HOUR = 3_600_000_000


def apart(program: Program) -> Program:
    """Return a program whose stock points differ in site or product, as those of tables do; graphs may have several of a kind."""
    buffers = program.names.buffers.with_columns(product_id=pl.col("buffer_id"))
    return replace(program, names=replace(program.names, buffers=buffers))


def named(program: Program) -> Network:
    """Return a network that has just the names of a program, and which stock points issue the youngest first."""
    names = program.names.buffers
    lifo = program.buffers.issue == Issue.LIFO
    points = [
        {"site_id": site, "product_id": product, "issue_rule": "lifo" if last else "fifo"}
        for (site, product), last in zip(names.select("site_id", "product_id").iter_rows(), lifo.tolist(), strict=True)
    ]
    sites = sorted(set(names["site_id"].to_list()))
    products = sorted(set(names["product_id"].to_list()))
    tables = {
        "sites": [{"site_id": site, "kind": "warehouse"} for site in sites],
        "products": [{"product_id": product} for product in products],
        "stock_points": points,
    }
    return network_of(tables, Settings())


@contextmanager
def twin_of(log: EventLog, program: Program, *, network: Network, folder: Path) -> Iterator[Twin]:
    """Yield the twin of a run that was captured and logged, in parts that have nothing to do with periods."""
    folder.mkdir(parents=True, exist_ok=True)
    captured = capture(list(events_of(log, program=program, settings=network.settings)), source="simulated")
    assert captured.ok, [str(problem) for problem in captured.all_problems[:3]]
    with open_store(folder / "twin.db", clock=SetClock()) as store:
        records = captured.records
        for begin in range(0, len(records), 999):
            store.append(records[begin : begin + 999], received_at=1)
        assert store.head().sequence == len(records), "no two events of a run are one"
        yield Twin.open(network, store=store, clock=SetClock(now=_begin(network, log.head.end)))


def assert_same_states(program: Program, *, network: Network, seed: int, periods: int, folder: Path) -> None:
    """Compare the twin with the engine at every period."""
    log = log_of(trace(program, periods=periods, seed=seed))
    start = initial_state(program)
    blocks = blocks_of(program, start, periods=periods, seed=seed)
    with twin_of(log, program, network=network, folder=folder) as twin:
        for period in range(periods + 1):
            blocks.advance(period)
            engine = state_of(blocks, resource_share=start.resource_share)
            if period == 0:
                # At the very begin only the opening has been told, which has the first microsecond.
                live = twin.as_of(_begin(network, 0))
            else:
                live = twin.as_of(_begin(network, period) - 1)
                found = live.placed(program)
                assert found.state.period == period
                assert not found.findings, found.findings
            state = replace(live.placed(program).state, period=period)
            assert_same(program, state, engine, exact=program.integer)


def _begin(network: Network, period: int) -> int:
    midnight = datetime.combine(network.settings.start, time(tzinfo=UTC))
    return microseconds_of(midnight) + period * network.settings.period.hours * HOUR


@pytest.mark.slow
@pytest.mark.parametrize("example", list(Example))
def test_events_of__examples(example: Example, tmp_path: Path) -> None:
    # The large examples have thousands of events a period.
    small = {Example.BEER_GAME: 40, Example.MEDICINES: 3, Example.ELECTRONICS: 1}[example]
    periods = scaled(ci=small, full=40)
    network = load(example)
    assert_same_states(network.compile(periods=periods), network=network, seed=3, periods=periods, folder=tmp_path)


@pytest.mark.parametrize("integer", [True, False])
def test_events_of__random_networks(integer: bool, tmp_path: Path) -> None:
    for seed in range(scaled(ci=4, full=300)):
        program = apart(random_program(seed, integer=integer))
        folder = tmp_path / str(seed)
        assert_same_states(program, network=named(program), seed=seed, periods=PERIODS, folder=folder)


@pytest.mark.parametrize("integer", [True, False])
def test_events_of__random_networks_with_disruptions(integer: bool, tmp_path: Path) -> None:
    for seed in range(scaled(ci=4, full=300)):
        program = apart(struck_program(seed, integer=integer))
        log = log_of(trace(program, periods=PERIODS, seed=seed))
        network = named(program)
        with twin_of(log, program, network=network, folder=tmp_path / str(seed)) as twin:
            for period in range(1, PERIODS + 1):
                found = twin.as_of(_begin(network, period) - 1).placed(program)
                # What a log is rebuilt to is held against the engine elsewhere.
                assert_same(program, found.state, rebuild(log, program, until=period), exact=integer)


def test_events_of__a_run_that_begins_later() -> None:
    program = random_program(3, integer=True)
    middle = rebuild(log_of(trace(program, periods=PERIODS, seed=3)), program, until=11)
    log = log_of(trace(program, state=middle, periods=PERIODS - 11, seed=3))
    events = list(events_of(log, program=program, settings=Settings()))
    assert events[0]["ct:state"]["period"] == 11
    assert events[0]["eventTime"] == "2026-01-12T00:00:00.000Z"
    times = [datetime.fromisoformat(event["eventTime"]) for event in events]
    assert times == sorted(times)
    assert len(set(times)) == len(times)


def test_events_of__another_network() -> None:
    one, other = (random_program(seed, integer=True) for seed in (1, 2))
    log = log_of(trace(one, periods=3))
    with pytest.raises(UsageError, match="of another network"):
        next(events_of(log, program=other, settings=Settings()))


def test_write_events__lines_that_are_captured(tmp_path: Path) -> None:
    network = load(Example.BEER_GAME)
    seen = trace(network, periods=5)
    log = log_of(seen)
    count = write_events(log, tmp_path / "run.jsonl", program=seen.program, settings=network.settings)
    lines = (tmp_path / "run.jsonl").read_bytes().splitlines()
    assert len(lines) == count == len(list(events_of(log, program=seen.program, settings=network.settings)))
    assert all(capture(line).ok for line in lines)
    assert np.unique(lines).size == count
    with pytest.raises(UsageError, match=r"allowed: \.jsonl"):
        write_events(log, tmp_path / "run.json", program=seen.program, settings=network.settings)
