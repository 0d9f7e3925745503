"""How a source is told: its numbers against a plain count, what it does, and what a process that was killed leaves."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

import pytest

from chaintwin.clock import SECOND, SetClock
from chaintwin.ingest.connectors.interface import Item, Place
from chaintwin.ingest.connectors.registry import connector_named
from chaintwin.ingest.connectors.running import Summary, Taken
from chaintwin.ingest.sources.configured import ConfiguredSource
from chaintwin.ingest.sources.health import (
    LAGS,
    SILENT_SECONDS,
    Meter,
    State,
    health_now,
    keep_health,
    kept_health,
    told_health,
)
from chaintwin.ingest.sources.sequences import STREAMS_MAX, Sequences
from chaintwin.store.opening import open_store
from chaintwin.store.records import Outcome, Receipt, Record

START = 1_000 * SECOND
DOCK = ConfiguredSource("dock", connector_named("epcis-file"), "/drops")


def taken(occurred_at: int, *, outcome: Outcome = Outcome.ACCEPTED, **fields: object) -> Taken:
    record = Record("key", b"", b"", b"", occurred_at)
    return Item(Place("a"), json.dumps(fields).encode()), record, Receipt(outcome, "key", 1, 1)


def test_meter__lags_and_the_last_event() -> None:
    clock = SetClock(now=START)
    meter = Meter(DOCK, clock=clock)
    lags = [float((number * 37) % 1500) for number in range(LAGS + 500)]
    for lag in lags:
        clock.advance(SECOND)
        meter.seen([taken(clock.now() - round(lag * SECOND)), taken(0, outcome=Outcome.DUPLICATE)])
    health = meter.health()
    assert health.lag_median == pytest.approx(median(lags[-LAGS:]))
    assert health.lag_worst == max(lags[-LAGS:])
    assert (health.received_at, health.occurred_at) == (clock.now(), clock.now() - round(lags[-1] * SECOND))


def test_meter__states_and_since_when() -> None:
    clock = SetClock(now=START)
    meter = Meter(DOCK, clock=clock)
    assert (meter.health().state, meter.health().since) == (State.CONNECTING, START)
    clock.advance(SECOND)
    assert meter.failed("gone", again=2.0)
    clock.advance(SECOND)
    # The same failure again is not told again, and it has failed since the first one.
    assert not meter.failed("gone", again=4.0)
    health = meter.health()
    assert (health.state, health.since, health.failures) == (State.FAILING, START + SECOND, 2)
    assert (health.error_at, health.next_at) == (START + 2 * SECOND, START + 6 * SECOND)
    clock.advance(SECOND)
    meter.counted(Summary(accepted=1), Summary(accepted=4, rejected=2))
    health = meter.health()
    assert (health.state, health.since, health.failures, health.next_at) == (State.RECEIVING, clock.now(), 0, None)
    assert (health.accepted, health.rejected, health.error) == (3, 2, "gone")
    meter.counted(Summary(accepted=4, rejected=2), Summary(accepted=4, rejected=2, is_idle=True))
    meter.waiting(5.0)
    assert (meter.health().state, meter.health().next_at) == (State.WAITING, clock.now() + 5 * SECOND)
    meter.stopped()
    assert (meter.health().state, meter.health().next_at) == (State.STOPPED, None)


def test_meter__of_a_source_that_listens() -> None:
    """Only its connection says that it works: what is told meanwhile, such as the loss itself, does not."""
    clock = SetClock(now=START)
    meter = Meter(DOCK, clock=clock)
    meter.counted(Summary(), Summary(batches=1))
    assert meter.health().state is State.CONNECTING
    meter.connected()
    meter.counted(Summary(), Summary(accepted=2, is_idle=True))
    meter.waiting(5.0)
    assert (meter.health().state, meter.health().next_at) == (State.RECEIVING, None)
    meter.lost("no server", 2.0)
    meter.counted(Summary(accepted=2), Summary(accepted=3))
    meter.counted(Summary(accepted=3), Summary(accepted=3, batches=9))
    health = meter.health()
    assert (health.state, health.error, health.failures, health.accepted) == (State.FAILING, "no server", 1, 3)
    assert health.next_at == START + 2 * SECOND
    meter.connected()
    assert (meter.health().state, meter.health().failures, meter.health().next_at) == (State.RECEIVING, 0, None)
    meter.failed("refused", again=1.0)
    meter.counted(Summary(), Summary(batches=1))
    assert meter.health().state is State.FAILING


def test_kept_health__of_a_process_that_was_killed(tmp_path: Path) -> None:
    clock = SetClock(now=START)
    with open_store(tmp_path / "log.db", clock=clock) as store:
        meter = Meter(DOCK, clock=clock)
        meter.seen([taken(START - SECOND)])
        meter.counted(Summary(), Summary(accepted=1))
        keep_health(store, meter.health())
        kept = kept_health(store, "dock")
        assert kept == meter.health()
        assert kept_health(store, "other") is None
        # Who is silent is not running, whatever it said last.
        late = START + round((SILENT_SECONDS + 1) * SECOND)
        assert health_now(kept, now=START + SECOND).state is State.RECEIVING
        assert health_now(kept, now=late).state is State.STOPPED
        assert told_health(kept, now=late)["ageSeconds"] == SILENT_SECONDS + 1
        # The next process knows the last event and counts anew; of another address it knows nothing.
        again = Meter(DOCK, clock=clock, before=kept).health()
        assert (again.received_at, again.occurred_at, again.accepted) == (START, START - SECOND, 0)
        moved = ConfiguredSource("dock", DOCK.connector, "/elsewhere")
        assert Meter(moved, clock=clock, before=kept).health().received_at is None
        store.put("source_health", "dock", content=b'{"of": "another version"}')
        assert kept_health(store, "dock") is None


@pytest.mark.parametrize(
    ("events", "gaps", "missing"),
    [
        ([{"ct:sequence": n} for n in (1, 2, 3)], 0, 0),
        ([{"ct:sequence": n} for n in (1, 2, 5, 6, 9)], 2, 4),
        # What comes late is no gap, and neither is what comes after it.
        ([{"ct:sequence": n} for n in (1, 2, 4, 3, 5)], 1, 1),
        # Each device counts by itself.
        ([{"ct:sequence": n, "ct:device": d} for n in (1, 2, 3) for d in "ab"], 0, 0),
        # Who numbers what an instrument sends says what is missing; its numbers count messages and not events.
        ([{"ct:sequence": n, "ct:signal": "t"} for n in (1, 9)], 0, 0),
        ([{"ct:sequence": 9, "ct:signal": "t", "ct:missed": 7}, {"ct:missed": 0}], 1, 7),
        ([{"ct:sequence": "no number"}, {"ct:missed": True}, {}], 0, 0),
    ],
)
def test_sequences__gaps(events: list[dict[str, object]], gaps: int, missing: int) -> None:
    sequences = Sequences()
    for one in events:
        sequences.saw(json.dumps(one).encode())
    assert (sequences.gaps, sequences.missing) == (gaps, missing)


def test_sequences__broken_content_and_many_devices() -> None:
    sequences = Sequences()
    sequences.saw(b'{"ct:sequence": ')
    for number in range(STREAMS_MAX + 5):
        sequences.saw(json.dumps({"ct:sequence": 1, "ct:device": str(number)}).encode())
    # The first devices were forgotten, so nothing is known to be missing of them; of the last it is.
    sequences.saw(b'{"ct:sequence": 9, "ct:device": "0"}')
    assert sequences.missing == 0
    sequences.saw(json.dumps({"ct:sequence": 9, "ct:device": str(STREAMS_MAX)}).encode())
    assert sequences.missing == 7


@pytest.mark.parametrize("size", [2**8, 2**16, 2**32])
def test_sequences__go_on_after_the_end_of_a_range(size: int) -> None:
    sequences = Sequences()
    for number in (size - 3, size - 2, size - 1, 0, 1, 5, size - 1, 6, 9):
        sequences.saw(json.dumps({"ct:sequence": number}).encode())
    assert (sequences.gaps, sequences.missing) == (2, 5)
    over = Sequences()
    for number in (size - 2, 2, 1, 3):
        over.saw(json.dumps({"ct:sequence": number}).encode())
    assert (over.gaps, over.missing) == (1, 3)
