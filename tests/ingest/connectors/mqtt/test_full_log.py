"""A log that is full for a while: what the broker sent stays in its order, and nothing is lost or comes twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chaintwin.errors import BusyError
from chaintwin.ingest.connectors.running import Ingest, set_aside
from tests.ingest.connectors.mqtt.brokers import broker, publish
from tests.ingest.connectors.mqtt.reading import amounts, ingest, logged, mapping_file, open_log, take_all
from tests.ingest.connectors.test_running import Busy

COUNTS = 200


def messages() -> list[tuple[str, bytes]]:
    """Return states of a count, and pieces of which every tenth is none."""
    found = []
    for number in range(COUNTS):
        found.append(("plant/m1/count", str(3 * number).encode()))
        found.append(("plant/m1/piece", b"1" if number % 10 else b"many"))
    return found


def taken(folder: Path) -> tuple[dict[str, float], list[float], int]:
    """Return what was produced, the states of the count in the order of the log, and how much was set aside."""
    options = {"mapping": mapping_file(folder), "idle": "0.5", "batch": "25", "receive-maximum": "60"}
    with broker(folder / "broker") as running, open_log(folder / "log.db") as store:
        source = f"{running.url}/plant/#"
        take_all(source, store, options)
        publish(running.port, messages())
        busy: Any = Busy(store, wait=0.01)
        *_, last = ingest(source, busy, options).run()
        assert busy.writes > 2 * 2 * COUNTS / 25
        assert last.duplicate == 0
        totals = [event["ct:total"] for event in logged(store) if "ct:total" in event]
        return dict(amounts(store)), totals, len(list(set_aside(store)))


def test_read__a_full_log_loses_and_reorders_nothing(tmp_path: Path) -> None:
    produced, totals, aside = taken(tmp_path)
    assert produced == {"piece": 0.9 * COUNTS, "counted by m1": 3 * (COUNTS - 1)}
    assert totals == [3.0 * number for number in range(1, COUNTS)]
    assert aside == COUNTS // 10


def test_read__control_that_does_not_wait_breaks_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ingest, "_patiently", lambda _, write: write())
    with pytest.raises(BusyError):
        taken(tmp_path)
