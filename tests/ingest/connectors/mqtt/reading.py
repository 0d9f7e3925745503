"""Takes messages of a broker or a stream into a log, as the command does, in this process or in one that can be killed."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chaintwin.clock import SetClock, SystemClock
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.mqtt import receiving
from chaintwin.ingest.connectors.mqtt.connection import Connection, Message
from chaintwin.ingest.connectors.mqtt.mqtt import Mqtt
from chaintwin.ingest.connectors.nats import receiving as nats_receiving
from chaintwin.ingest.connectors.nats.connection import Connection as NatsConnection
from chaintwin.ingest.connectors.nats.connection import Message as NatsMessage
from chaintwin.ingest.connectors.nats.nats import Nats
from chaintwin.ingest.connectors.running import Ingest, Summary
from chaintwin.ingest.connectors.sparkplug.sparkplug import Sparkplug
from chaintwin.store.log.store import LogStore
from chaintwin.store.opening import open_store

MAPPING = """
name = "press line"

[[signals]]
match = "plant/{machine}/temperature"
as = "sensor"
measures = "Temperature"
unit = "CEL"
device = "{machine}"
value = "{v}"
time = "{t}"

[[signals]]
match = "plant/{machine}/piece"
as = "produced"
site = "plant"
product = "piece"

[[signals]]
match = "plant/{machine}/count"
as = "produced"
counter = true
site = "plant"
product = "counted by {machine}"

[[signals]]
match = "plant/{machine}/status"
as = "device"
device = "{machine}"

[[signals]]
match = "{group}/{node}/{device}:Temperature"
as = "sensor"
measures = "Temperature"
device = "{group}/{node}/{device}"
"""

WAIT = 60.0
"""Most seconds that anything takes here."""


def mapping_file(folder: Path) -> str:
    path = folder / "signals.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return str(path)


def ingest(source: str, store: LogStore, options: Mapping[str, str]) -> Ingest:
    """Return what takes a source into a store; notes are printed."""
    connector = Nats() if source.startswith("nats") else Sparkplug() if "/spBv1.0/" in source else Mqtt()
    return Ingest(
        connector, source, store, captured, SystemClock(), time.sleep, options, note=lambda text: print(text, flush=True)
    )


def take_all(source: str, store: LogStore, options: Mapping[str, str]) -> Summary:
    """Take what is waiting."""
    *_, last = ingest(source, store, options).run()
    return last


def follow(source: str, store: LogStore, options: Mapping[str, str]) -> Iterator[Summary]:
    """Take what comes, until the caller has enough or it takes too long."""
    deadline = time.monotonic() + WAIT
    for summary in ingest(source, store, options).run(follow=True):
        yield summary
        assert time.monotonic() < deadline, f"it takes too long: {summary.accepted} events so far"


def logged(store: LogStore) -> list[dict[str, Any]]:
    """Return the events of a log in their order."""
    found: list[dict[str, Any]] = []
    after = 0
    while more := store.entries(after=after):
        found += [json.loads(entry.content) for entry in more]
        after = more[-1].sequence
    return found


def amounts(store: LogStore) -> Counter[str]:
    """Return how much of each product was produced."""
    found: Counter[str] = Counter()
    for event in logged(store):
        for amount in event.get("quantityList", ()):
            found[amount["epcClass"].rpartition(":")[2].replace("%20", " ")] += amount["quantity"]
    return found


def temperatures(store: LogStore) -> list[float]:
    return [event["sensorElementList"][0]["sensorReport"][0]["value"] for event in logged(store) if "sensorElementList" in event]


def presences(store: LogStore) -> list[tuple[str, bool]]:
    return [(event["ct:device"], event["ct:present"]) for event in logged(store) if event["type"] == "ct:DeviceSeen"]


class HastyConnection(Connection):
    """The control: acknowledges what it has just received, before anything is durable."""

    def gather(self, wait: float) -> list[Message]:
        messages = super().gather(wait)
        self.acknowledge(messages)
        return messages


class HastyNatsConnection(NatsConnection):
    """The same of NATS."""

    def gather(self, wait: float) -> list[NatsMessage]:
        messages = super().gather(wait)
        self.acknowledge(messages)
        return messages


def open_log(path: Path) -> LogStore:
    return open_store(path, clock=SetClock())


def main(source: str, store: str, options: str, way: str) -> None:
    """Take a source in a process of its own, and say every batch."""
    if way == "hasty":
        receiving.Connection = HastyConnection  # type: ignore[misc]
        nats_receiving.Connection = HastyNatsConnection  # type: ignore[misc]
    with open_store(store, clock=SystemClock()) as log:
        for summary in ingest(source, log, json.loads(options)).run(follow=way == "follow"):
            print(f"batch {summary.batches} {summary.accepted}", flush=True)
    print("end", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
