"""Takes values of a server into a log, as the command does, in this process or in one that can be killed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chaintwin.clock import SystemClock
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.opcua.protocol.subscription import Subscription
from chaintwin.ingest.connectors.registry import connector_for
from chaintwin.ingest.connectors.running import Ingest, Summary
from chaintwin.store.log.store import LogStore
from chaintwin.store.opening import open_store
from tests.ingest.connectors.mqtt.reading import logged

MAPPING = """
name = "press line"

[[signals]]
match = "Line1/{machine}/Temperature"
as = "sensor"
measures = "Temperature"
unit = "CEL"
device = "{machine}"

[[signals]]
match = "Line1/{machine}/Count"
as = "produced"
counter = true
site = "plant"
product = "counted by {machine}"

[[signals]]
match = "Events/#"
as = "epcis"

[[signals]]
match = "Line1/+/Known"
as = "ignored"
"""

WAIT = 60.0
"""Most seconds that anything takes here."""

TEMPERATURE, OTHER, COUNT = "Line1/Press/Temperature", "Line1/Saw/Temperature", "Line1/Press/Count"
TEXTS, BYTES, KNOWN = "Events/Texts", "Events/Bytes", "Line1/Press/Known"
ALL = (TEMPERATURE, OTHER, COUNT, TEXTS, BYTES, KNOWN, "Line2/Press/Temperature")


def mapping_file(folder: Path) -> str:
    path = folder / "signals.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return str(path)


def ingest(source: str, store: LogStore, options: Mapping[str, str]) -> Ingest:
    """Return what takes a source into a store; notes are printed."""
    note = lambda text: print(text, flush=True)  # noqa: E731
    return Ingest(connector_for(source), source, store, captured, SystemClock(), time.sleep, options, note=note)


def take_all(source: str, store: LogStore, options: Mapping[str, str]) -> Summary:
    """Take what is waiting."""
    *_, last = ingest(source, store, options).run()
    return last


def follow(source: str, store: LogStore, options: Mapping[str, str]) -> Iterator[Summary]:
    """Take what comes, until the caller has enough or it takes too long."""
    deadline = time.monotonic() + WAIT
    for summary in ingest(source, store, options).run(follow=True):
        yield summary
        assert time.monotonic() < deadline, f"it takes too long: {summary}"


def temperatures(store: LogStore, machine: str = "Press") -> list[float]:
    """Return the readings of a machine, in the order of the log."""
    address = f"Line1/{machine}/Temperature"
    found = [event for event in logged(store) if event.get("ct:signal") == address and "sensorElementList" in event]
    return [event["sensorElementList"][0]["sensorReport"][0].get("value") for event in found]


def missing(store: LogStore) -> int:
    """Return how much is told to be missing."""
    return sum(event.get("ct:missed", 0) for event in logged(store))


def hasten() -> None:
    """The control: what was told is acknowledged with the next request, before anything is durable, as the library does."""
    tell = Subscription._tell

    def told(self: Subscription, message: Any, take: Any) -> str:
        why = tell(self, message, take)
        self.due.append(message.SequenceNumber)
        return why

    Subscription._tell = told  # type: ignore[method-assign]


def main(source: str, store: str, options: str, way: str) -> None:
    """Take a source in a process of its own, and say every batch."""
    if way == "hasty":
        hasten()
    with open_store(store, clock=SystemClock()) as log:
        for summary in ingest(source, log, json.loads(options)).run(follow=way != "once"):
            print(f"batch {summary.batches} {summary.accepted}", flush=True)
    print("end", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
