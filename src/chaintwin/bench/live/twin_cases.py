"""Cases of the twin: replay of a log, and the state at moments of the past."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.bench.case import Case, Phase

if TYPE_CHECKING:
    from chaintwin.store.log.store import LogStore

BATCH = 5000
QUERIES = 20


def twin_replay() -> Case:
    """Return the case that projects a whole log to the live state, without snapshots."""
    return Case(
        "twin_replay",
        "Replay a log of events in SQLite to the live state of 500 stock points, from its first event on and without snapshots.",
        (2_000, 200_000),
        "event",
        _prepare_replay,
    )


def twin_as_of() -> Case:
    """Return the case that asks for the state at moments of the past."""
    return Case(
        "twin_as_of",
        f"State at {QUERIES} moments spread over the time of a log of events in SQLite, with its snapshots.",
        (2_000, 1_000_000),
        "event",
        _prepare_as_of,
    )


def _prepare_replay(size: int, folder: Path) -> tuple[Phase, ...]:
    from chaintwin.bench.live.happenings import happenings_network
    from chaintwin.clock import SetClock
    from chaintwin.twin import Twin

    store, network = _filled(size, folder), happenings_network()

    def run() -> float:
        return float(Twin.open(network, store=store, clock=SetClock(), is_kept=False).head)

    return (Phase("replay", run, "event", limit_seconds=size / 50_000),)


def _prepare_as_of(size: int, folder: Path) -> tuple[Phase, ...]:
    from chaintwin.bench.live.happenings import happenings_network, moments
    from chaintwin.clock import SetClock
    from chaintwin.twin import Twin

    twin = Twin.open(happenings_network(), store=_filled(size, folder), clock=SetClock())
    times = moments(QUERIES, events=size)

    def run() -> float:
        for time in times:
            twin.as_of(time)
        return float(QUERIES)

    return (Phase("as of", run, "query", limit_seconds=0.1 * QUERIES),)


def _filled(size: int, folder: Path) -> LogStore:
    from chaintwin.bench.live.happenings import happenings
    from chaintwin.store.opening import open_store

    store = open_store(folder / "log.db")
    records, number = happenings(size), 0
    while batch := list(islice(records, BATCH)):
        number += 1
        store.append(batch, received_at=number)
    return store
