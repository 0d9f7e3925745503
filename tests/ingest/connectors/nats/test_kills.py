"""An ingest of a stream that is killed at any moment loses nothing and doubles nothing, even where no message has a time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ingest.connectors.linked.kills import drawn, killed
from tests.ingest.connectors.mqtt.reading import amounts, logged, mapping_file, open_log, take_all, temperatures
from tests.ingest.connectors.nats.servers import Said, publish, server
from tests.sizes import scaled

READING = "tests.ingest.connectors.mqtt.reading"

MESSAGES = 1_200
"""Of each kind: pieces without a time that are all alike, states of a running count, temperatures."""


def messages() -> list[Said]:
    found: list[Said] = []
    for number in range(MESSAGES):
        found.append(("plant.m1.piece", b"1"))
        found.append(("plant.m1.count", str(3 * number).encode()))
        found.append(("plant.m1.temperature", json.dumps({"v": number, "t": 1_767_225_600_000 + number}).encode()))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("retention", ["limits", "workqueue", "interest"])
def test_ingest__killed_at_any_moment(tmp_path: Path, retention: str) -> None:
    draw = drawn()
    options = {"mapping": mapping_file(tmp_path), "batch": "100", "receive-maximum": "300"}
    with server(tmp_path / "server") as running:
        running.stream(retention=retention)
        source = f"{running.url}/PLANT"
        with open_log(tmp_path / "log.db") as store:
            take_all(source, store, options)
        publish(running, messages())
        for _ in range(scaled(ci=4, full=60)):
            killed(READING, source, store=tmp_path / "log.db", options=options, way="safe", draw=draw, batches=draw.randint(1, 6))
        with open_log(tmp_path / "log.db") as store:
            take_all(source, store, options)
            assert amounts(store) == {"piece": MESSAGES, "counted by m1": 3 * (MESSAGES - 1)}
            assert sorted(temperatures(store)) == [float(number) for number in range(MESSAGES)]
            assert not any("ct:missed" in event for event in logged(store))


@pytest.mark.slow
def test_ingest__control_that_acknowledges_before_anything_is_durable_loses_some(tmp_path: Path) -> None:
    """Of a work queue; of other streams the log itself says how far it is, and acknowledgements are no protection."""
    draw = drawn()
    options = {"mapping": mapping_file(tmp_path), "batch": "100", "receive-maximum": "300"}
    with server(tmp_path / "server") as running:
        running.stream(retention="workqueue")
        source = f"{running.url}/PLANT"
        with open_log(tmp_path / "log.db") as store:
            take_all(source, store, options)
        publish(running, messages())
        for _ in range(3):
            killed(READING, source, store=tmp_path / "log.db", options=options, way="hasty", draw=draw, batches=3)
        with open_log(tmp_path / "log.db") as store:
            take_all(source, store, options)
            assert len(temperatures(store)) < MESSAGES
