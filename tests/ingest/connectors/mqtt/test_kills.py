"""An ingest of messages that is killed at any moment loses nothing and doubles nothing, even where no message has a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingest.connectors.linked.kills import drawn, killed
from tests.ingest.connectors.mqtt.brokers import broker, publish
from tests.ingest.connectors.mqtt.reading import amounts, mapping_file, open_log, take_all, temperatures
from tests.sizes import scaled

READING = "tests.ingest.connectors.mqtt.reading"

MESSAGES = 1_200
"""Of each kind: pieces without a time that are all alike, states of a running count, temperatures."""


def messages() -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for number in range(MESSAGES):
        found.append(("plant/m1/piece", b"1"))
        found.append(("plant/m1/count", str(3 * number).encode()))
        found.append(("plant/m1/temperature", json.dumps({"v": number, "t": 1_767_225_600_000 + number}).encode()))
    return found


@pytest.mark.slow
def test_ingest__killed_at_any_moment(tmp_path: Path) -> None:
    draw = drawn()
    options = {"mapping": mapping_file(tmp_path), "idle": "1", "batch": "100", "receive-maximum": "300"}
    with broker(tmp_path / "broker") as running:
        source = f"{running.url}/plant/#"
        with open_log(tmp_path / "log.db") as store:
            take_all(source, store, options)
        publish(running.port, messages())
        for _ in range(scaled(ci=6, full=60)):
            killed(READING, source, store=tmp_path / "log.db", options=options, way="safe", draw=draw, batches=draw.randint(1, 4))
        with open_log(tmp_path / "log.db") as store:
            take_all(source, store, options)
            assert amounts(store) == {"piece": MESSAGES, "counted by m1": 3 * (MESSAGES - 1)}
            assert sorted(temperatures(store)) == [float(number) for number in range(MESSAGES)]


@pytest.mark.slow
def test_ingest__control_that_acknowledges_before_anything_is_durable_loses_some(tmp_path: Path) -> None:
    draw = drawn()
    options = {"mapping": mapping_file(tmp_path), "idle": "1", "batch": "100", "receive-maximum": "300"}
    with broker(tmp_path / "broker") as running:
        source = f"{running.url}/plant/#"
        with open_log(tmp_path / "log.db") as store:
            take_all(source, store, options)
        publish(running.port, messages())
        # About every second of them loses nothing.
        for _ in range(8):
            killed(READING, source, store=tmp_path / "log.db", options=options, way="hasty", draw=draw, batches=3)
        with open_log(tmp_path / "log.db") as store:
            take_all(source, store, options)
            assert len(temperatures(store)) < MESSAGES
