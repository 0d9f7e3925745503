"""Variables that had no durable value yet when a subscription was lost: the history has what came since they are watched."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from chaintwin.clock import SystemClock
from chaintwin.ingest.connectors.interface import Run
from chaintwin.ingest.connectors.opcua.kept import Last
from chaintwin.store.log.store import LogStore
from tests.ingest.connectors.mqtt.reading import logged, open_log
from tests.ingest.connectors.opcua.reading import MAPPING, OTHER, TEMPERATURE, follow, ingest, missing, take_all, temperatures
from tests.ingest.connectors.opcua.servers import PlantServer, plant_server

ANOTHER = {"interval": "60"}
"""With it the server ends the subscription that there was, and all that waits in it is gone."""


def begun(running: PlantServer, store: LogStore, options: dict[str, str]) -> None:
    """Take that the source is there, and end before a value is durable."""
    reading = follow(running.url, store, options)
    next(reading)
    reading.close()  # type: ignore[attr-defined]


def looked(running: PlantServer, store: LogStore, options: dict[str, str]) -> None:
    """Take values and make none of them durable."""
    place = ingest(running.url, store, options)
    run = Run(SystemClock(), time.sleep, options, follow=True)
    reading = iter(place.connector.read(running.url, since=place.saved(), run=run))
    assert next(reading).items
    reading.close()  # type: ignore[attr-defined]


def reasons(store: LogStore) -> list[str]:
    return [event["ct:reason"] for event in logged(store) if "ct:missed" in event]


@pytest.mark.parametrize("wanted", [{}, {"reads": 1}])
def test_read__what_came_before_a_first_value_was_durable(
    wanted: dict[str, Any], tmp_path: Path, options: dict[str, str]
) -> None:
    """The history is read from the value that was so when the source began, and not from before."""
    with plant_server([TEMPERATURE, OTHER], history="memory", **wanted) as running, open_log(tmp_path / "log.db") as store:
        running.set(*[(TEMPERATURE, number, number) for number in range(5)])
        begun(running, store, options)
        assert temperatures(store) == []
        running.set(*[(TEMPERATURE, number, number) for number in range(5, 10)], (OTHER, 7, 1), (OTHER, 8, 2))
        take_all(running.url, store, options | ANOTHER)
        assert temperatures(store) == list(range(4, 10))
        assert temperatures(store, "Saw") == [7, 8]
        assert missing(store) == 0


def test_read__control_that_does_not_know_from_when_on_it_watches_loses_values_and_says_so(
    tmp_path: Path, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Last, "watch", lambda self, address, at: None)
    with plant_server([TEMPERATURE, OTHER], history="memory") as running, open_log(tmp_path / "log.db") as store:
        begun(running, store, options)
        running.set(*[(TEMPERATURE, number, number) for number in range(10)])
        take_all(running.url, store, options | ANOTHER)
        assert temperatures(store) == [9]
        assert missing(store) == 1


def test_read__a_server_that_forgets_a_message_before_a_first_value_is_durable(tmp_path: Path, options: dict[str, str]) -> None:
    """The server of the library forgets a message that it sends again, whether it arrived or not."""
    with plant_server([TEMPERATURE], history="memory") as running, open_log(tmp_path / "log.db") as store:
        take_all(running.url, store, options)
        running.set(*[(TEMPERATURE, number, number) for number in range(10)])
        looked(running, store, options)
        looked(running, store, options)
        running.set((TEMPERATURE, 10, 10))
        take_all(running.url, store, options)
        assert temperatures(store) == list(range(11))
        assert missing(store) == 0


def test_read__a_variable_that_a_rule_is_new_for(tmp_path: Path, options: dict[str, str]) -> None:
    """It is watched from then on, beside others that are watched longer."""
    narrow = tmp_path / "narrow.toml"
    text = MAPPING.replace("Line1/{machine}/Temperature", TEMPERATURE).replace('device = "{machine}"', 'device = "Press"')
    narrow.write_text(text, encoding="utf-8")
    with plant_server([TEMPERATURE, OTHER], history="memory") as running, open_log(tmp_path / "log.db") as store:
        begun(running, store, options | {"mapping": str(narrow)})
        running.set((TEMPERATURE, 1, 1), (OTHER, 1, 1), (OTHER, 2, 2))
        begun(running, store, options)
        running.set((TEMPERATURE, 2, 2), (OTHER, 3, 3), (OTHER, 4, 4), (OTHER, 5, 5))
        take_all(running.url, store, options | ANOTHER)
        assert temperatures(store) == [1, 2]
        assert temperatures(store, "Saw") == [2, 3, 4, 5]
        assert missing(store) == 0


def test_read__where_nobody_knows_from_when_on_a_gap_is_told(tmp_path: Path, options: dict[str, str]) -> None:
    """A server that says only its own time of a variable without a value; its source has another clock."""
    history = str(tmp_path / "history.db")
    with plant_server([TEMPERATURE], history=history, timeless=True) as running, open_log(tmp_path / "log.db") as store:
        begun(running, store, options)
        running.set((TEMPERATURE, 1, 1), (TEMPERATURE, 2, 2))
        take_all(running.url, store, options | ANOTHER)
        assert temperatures(store) == [2]
        (reason,) = reasons(store)
        assert f"{TEMPERATURE} is without a time to read the history from" in reason
        running.set((TEMPERATURE, 3, 3), (TEMPERATURE, 4, 4))
        take_all(running.url, store, options)
        assert temperatures(store) == [2, 3, 4]
        assert missing(store) == 1, "with a value it is known"
