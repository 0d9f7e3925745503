"""Logs of simulated worlds: a run, or several behind each other, captured into a store as the world would tell them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaintwin.clock import SetClock
from chaintwin.events.capturing import capture
from chaintwin.fidelity.versions.looking import Described
from chaintwin.network import Network, Scenario
from chaintwin.simulation import log_of, rebuild, trace
from chaintwin.simulation.history.exporting import events_of
from chaintwin.store.interface import Store
from chaintwin.store.log.store import LogStore
from chaintwin.store.opening import open_store
from tests.twin.simulated import HEAD

BLOCK = 2_000
"""Events captured at once."""


def told(parts: Sequence[tuple[Network, int]], *, seed: int) -> list[dict[str, Any]]:
    """Return the events of a world that is one network for some periods, then another; the last part has one period more."""
    state, found = None, []
    for number, (network, periods) in enumerate(parts):
        program = network.compile(periods=2_000)
        is_last = number == len(parts) - 1
        seen = trace(program, state=state, periods=periods + is_last, seed=seed)
        log = log_of(seen)
        events = list(events_of(log, program=program, settings=network.settings))
        # What the world is like is counted once; what is on its way stays on its way.
        found += events if number == 0 else events[1:]
        if not is_last:
            state = rebuild(log, program)
    return found


def put(store: Store, events: Sequence[dict[str, Any]], *, received_at: int = 1) -> None:
    """Capture events into a store."""
    for first in range(0, len(events), BLOCK):
        captured = capture({**HEAD, "epcisBody": {"eventList": events[first : first + BLOCK]}}, source="world")
        assert not captured.is_refused
        store.append([event.record for event in captured.events if event.record is not None], received_at=received_at)


def log_at(file: Path, parts: Sequence[tuple[Network, int]], *, seed: int) -> LogStore:
    """Return an open log of a world."""
    file.parent.mkdir(exist_ok=True)
    store = open_store(file, clock=SetClock(now=1))
    put(store, told(parts, seed=seed))
    return store


def with_lead_times(network: Network, law: str, *, lane: str | None = None) -> Network:
    """Return a network with another lead time on one lane, or on all."""
    change: dict[str, Any] = {"table": "lanes", "column": "lead_time", "set": law}
    if lane is not None:
        change["where"] = {"lane_id": lane}
    return Scenario.of("other lead times", [change]).apply(network)


def described(network: Network) -> Described:
    """Return a network in its three forms."""
    return Described.of(network)
