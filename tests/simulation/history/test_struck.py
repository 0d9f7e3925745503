"""Logs of networks with disruptions: the state comes back at every period, and each thing a disruption does is an event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin.network.compiling import compile_graph
from chaintwin.network.program import Program
from chaintwin.network.state import initial_state
from chaintwin.simulation.history.event_log import EVENT_SCHEMA, Event, log_of
from chaintwin.simulation.history.log_file import read_log, write_log
from chaintwin.simulation.history.rebuilding import rebuild
from chaintwin.simulation.history.trace import NEVER
from chaintwin.simulation.history.tracing import trace
from chaintwin.simulation.tape.rows import ripens
from tests.graphs import blocks_of, graph_of
from tests.simulation.history.programs import PERIODS, struck_program
from tests.simulation.history.reading import state_of
from tests.simulation.history.test_rebuilding import AGAIN, assert_same
from tests.sizes import scaled

Row = tuple[int, str, str | None, float]
# Five are asked for and five arrive a day; twenty are there.
LINE: dict[str, Any] = {
    "buffers": [{"id": "shop", "init": 20, "policy": {"type": "base_stock", "S": 35}}],
    "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 2, "info_delay": 1, "pipeline": [5, 5], "info": [5]}],
    "demands": [{"id": "d", "buffer": "shop", "series": [5]}],
}


def struck(effect: str, factor: float, *, onset: float = 3, duration: float = 2, more: dict[str, Any] | None = None) -> Program:
    """Return a line that one disruption, the storm, does something to."""
    entity = "shop" if effect == "stock" else "buy"
    strike = {"id": "storm", "onset": onset, "duration": duration}
    effects = [{"strike": "storm", "effect": effect, "entity": entity, "factor": factor}]
    return compile_graph(graph_of(LINE | (more or {}) | {"strikes": [strike], "effects": effects}, integer=True))


def told(program: Program, *events: Event, periods: int = 8) -> list[Row]:
    """Return period, kind, disruption and quantity of some events of a run."""
    found = log_of(trace(program, periods=periods)).events.filter(pl.col("event").is_in([event.value for event in events]))
    return found.select("period", "event", "disruption_id", "quantity").rows()


@pytest.mark.parametrize("integer", [True, False])
def test_rebuild__random_networks_with_disruptions_at_every_period(integer: bool) -> None:
    seen: dict[str, int] = {}
    for seed in range(scaled(ci=16, full=400)):
        program = struck_program(seed, integer=integer)
        start = initial_state(program)
        blocks = blocks_of(program, start, periods=PERIODS, seed=seed)
        log = log_of(trace(program, periods=PERIODS, seed=seed))
        for period in range(PERIODS + 1):
            blocks.advance(period)
            engine = state_of(blocks, resource_share=start.resource_share)
            assert_same(program, rebuild(log, program, until=period), engine, exact=integer)
        for kind, count in log.events.group_by("event").len().iter_rows():
            seen[kind] = seen.get(kind, 0) + count
    # Everything that a disruption may do is among them.
    assert {event.value for event in (Event.DESTROYED, Event.LOST_UNDER_WAY, Event.CANCELLED, Event.DETAINED)} <= seen.keys()
    assert min(seen[name] for name in ("disruption_began", "disruption_changed", "disruption_ended")) > 0


@pytest.mark.parametrize("integer", [True, False])
def test_rebuild__a_run_with_disruptions_goes_on_as_if_never_interrupted(integer: bool) -> None:
    for seed in range(scaled(ci=8, full=200)):
        program = struck_program(seed, integer=integer)
        whole = trace(program, periods=PERIODS, seed=seed, replication=3)
        log = log_of(whole)
        for period in (1, 9, 16):
            rest = trace(program, state=rebuild(log, program, until=period), periods=PERIODS - period, seed=seed, replication=3)
            for name in AGAIN:
                wanted, found = getattr(whole, name)[period:], getattr(rest, name)
                np.testing.assert_allclose(found, wanted, rtol=0, atol=0 if integer else 1e-9, err_msg=f"{seed} {period} {name}")


def test_trace__journeys_without_what_they_lost_add_up() -> None:
    for seed in range(scaled(ci=12, full=200)):
        program = struck_program(seed, integer=True)
        seen = trace(program, periods=PERIODS, seed=seed)
        journeys, losses = seen.journeys, seen.struck.losses if seen.struck else None
        assert losses is not None
        for period in range(PERIODS):
            units = journeys.quantity.copy()
            gone = (losses.period <= period) & (losses.journey >= 0)
            np.subtract.at(units, losses.journey[gone], losses.quantity[gone])
            moving = (journeys.started <= period) & ((journeys.arrived == NEVER) | (journeys.arrived > period))
            found = np.bincount(journeys.activity[moving], units[moving], minlength=program.counts[1])
            np.testing.assert_array_equal(found, (seen.in_process - seen.held)[period], err_msg=f"{seed} {period}")


def test_log_of__stock_destroyed_and_how_strong_the_storm_is() -> None:
    # The storm begins in the middle of day 3 and lasts two days. Of the 20 on hand in the morning 0.75 are gone.
    program = struck("stock", 0.25, onset=3.5)
    assert told(program, Event.DESTROYED) == [(3, "destroyed", "storm", 15.0)]
    strength = [(3, "disruption_began", "storm", 0.5), (4, "disruption_changed", "storm", 1.0)]
    strength += [(5, "disruption_changed", "storm", 0.5), (6, "disruption_ended", "storm", 0.0)]
    assert told(program, Event.DISRUPTION_BEGAN, Event.DISRUPTION_CHANGED, Event.DISRUPTION_ENDED) == strength


def test_log_of__a_disruption_that_happens_at_once_begins_and_ends() -> None:
    kinds = (Event.DISRUPTION_BEGAN, Event.DISRUPTION_CHANGED, Event.DISRUPTION_ENDED)
    assert [row[:3] for row in told(struck("stock", 0.25, duration=0), *kinds)] == [
        (3, "disruption_began", "storm"),
        (4, "disruption_ended", "storm"),
    ]


def test_log_of__goods_lost_under_way_shipment_by_shipment() -> None:
    # Half of what left on days 1 and 2, five each, is lost: in whole units two of each, and three arrive of each.
    log = log_of(trace(struck("transit", 0.5), periods=8)).events
    lost = log.filter(pl.col("event") == "lost_under_way").select("period", "activity_id", "quantity", "started", "due")
    assert sorted(lost.rows()) == [(3, "buy", 2.0, 1, 3), (3, "buy", 2.0, 2, 4)]
    arrived = log.filter((pl.col("event") == "arrived") & pl.col("period").is_in([3, 4]))
    assert arrived["quantity"].to_list() == [3.0, 3.0]


def test_log_of__all_lost_never_arrives() -> None:
    seen = trace(struck("transit", 0.0), periods=8)
    assert told(seen.program, Event.ARRIVED)[3][0] == 5
    assert seen.arrived[3:5].sum() == 0.0


def test_log_of__orders_cancelled_before_their_source_sees_them() -> None:
    log = log_of(trace(struck("queue", 0.0), periods=8)).events
    cancelled = log.filter(pl.col("event") == "cancelled").select("period", "disruption_id", "quantity", "due")
    assert cancelled.rows() == [(3, "storm", 5.0, 3)]
    # What is gone is ordered again on the same day.
    assert log.filter((pl.col("event") == "ordered") & (pl.col("period") == 3))["quantity"].to_list() == [10.0]


def test_log_of__arrivals_that_are_not_let_in_arrive_again() -> None:
    # Of five a day two come in, because whole units are rounded down, and the rest comes again the day after.
    program = struck("arrivals", 0.5)
    assert told(program, Event.DETAINED) == [(3, "detained", "storm", 3.0), (4, "detained", "storm", 4.0)]
    assert [row[3] for row in told(program, Event.ARRIVED) if row[0] == 5] == [5.0, 4.0]
    assert [row[3] for row in told(program, Event.RECEIVED) if row[0] in (3, 4, 5)] == [2.0, 4.0, 9.0]


def test_log_of__several_disruptions_on_one_thing_are_not_told_apart() -> None:
    strikes = [{"id": name, "onset": 3, "duration": 1} for name in ("fire", "storm")]
    effects = [{"strike": name, "effect": "stock", "entity": "shop", "factor": 0.5} for name in ("fire", "storm")]
    program = compile_graph(graph_of(LINE | {"strikes": strikes, "effects": effects}, integer=True))
    assert told(program, Event.DESTROYED) == [(3, "destroyed", None, 15.0)]


def test_rebuild__lots_whose_youngest_are_destroyed_first() -> None:
    shop = LINE["buffers"][0] | {"life": 4, "issue": "lifo"}
    for onset in (0, 2, 3):
        program = struck("stock", 0.5, onset=onset, more={"buffers": [shop]})
        start = initial_state(program)
        blocks, log = blocks_of(program, start, periods=12), log_of(trace(program, periods=12))
        for period in range(13):
            blocks.advance(period)
            engine = state_of(blocks, resource_share=start.resource_share)
            assert_same(program, rebuild(log, program, until=period), engine, exact=True)


def test_rebuild__goods_by_age_that_wait_where_the_oldest_would_be_one_period_old() -> None:
    activity = LINE["activities"][0] | {"lead": 1, "lead_mode": "kaplan", "pipeline": [5]}
    network = LINE | {"activities": [activity], "strikes": [{"id": "storm", "onset": 3, "duration": 2}]}
    effects = [{"strike": "storm", "effect": name, "entity": "buy", "factor": 0.5} for name in ("arrivals", "lead")]
    program = compile_graph(graph_of(network | {"effects": effects}, integer=True))
    assert ripens(program)[0]
    start = initial_state(program)
    blocks, log = blocks_of(program, start, periods=9), log_of(trace(program, periods=9))
    for period in range(10):
        blocks.advance(period)
        assert_same(
            program, rebuild(log, program, until=period), state_of(blocks, resource_share=start.resource_share), exact=True
        )


@pytest.mark.parametrize("name", ["log.parquet", "log.jsonl"])
def test_write_log__round_trip_with_disruptions(tmp_path: Path, name: str) -> None:
    log = log_of(trace(struck("arrivals", 0.5), periods=8))
    write_log(log, tmp_path / name)
    back = read_log(tmp_path / name)
    assert back.head == log.head
    assert back.events.equals(log.events)


def test_read_log__file_from_before_there_were_disruptions(tmp_path: Path) -> None:
    network = compile_graph(graph_of(LINE, integer=True))
    log = log_of(trace(network, periods=4))
    write_log(log, tmp_path / "log.parquet")
    metadata = pl.read_parquet_metadata(tmp_path / "log.parquet")
    log.events.drop("disruption_id").write_parquet(
        tmp_path / "old.parquet", metadata={name: value for name, value in metadata.items() if name == "chaintwin"}
    )
    back = read_log(tmp_path / "old.parquet")
    assert back.events.schema == EVENT_SCHEMA
    assert back.events.equals(log.events)
