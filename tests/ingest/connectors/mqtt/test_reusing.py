"""A broker that gives the number of an acknowledged message to the next at once: two that are alike stay two."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.ingest.connectors.mqtt.receiving import Receiver
from chaintwin.ingest.connectors.mqtt.seen import Seen
from tests.ingest.connectors.mqtt.reading import amounts, mapping_file, open_log, take_all
from tests.ingest.connectors.mqtt.reusing import reusing_broker

PIECE = ("plant/m1/piece", b"1")
"""A message without a time, so that only its number tells it from another."""

COUNT, WINDOW, CUT_AT = 12, 4, 2


def taken(folder: Path) -> float:
    """Return how many pieces of a broker are taken that cuts the connection behind its first acknowledgements."""
    options = {"mapping": mapping_file(folder), "idle": "1", "batch": str(CUT_AT), "receive-maximum": str(WINDOW)}
    with reusing_broker([PIECE] * COUNT, window=WINDOW, cut_at=CUT_AT) as running, open_log(folder / "log.db") as store:
        take_all(f"{running.url}/plant/#", store, options)
        assert not running.waiting
        assert not running.flying
        return float(amounts(store)["piece"])


def test_read__numbers_that_are_used_again_before_a_connection_breaks(tmp_path: Path) -> None:
    assert taken(tmp_path) == COUNT


def test_read__control_that_goes_by_the_number_alone_loses_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Seen, "_pass", lambda self, digest, *, until: None)
    assert taken(tmp_path) == COUNT - CUT_AT


def pulses(folder: Path) -> float:
    """Return how many pieces are taken of a first one, and of a second that got lost on the way while nobody was there."""
    options = {"mapping": mapping_file(folder), "idle": "1"}
    with reusing_broker([PIECE], window=WINDOW) as running, open_log(folder / "log.db") as store:
        take_all(f"{running.url}/plant/#", store, options)
        running.lose(PIECE)
        take_all(f"{running.url}/plant/#", store, options)
        return float(amounts(store)["piece"])


def test_read__what_is_settled_is_not_known_any_more_at_the_next_begin(tmp_path: Path) -> None:
    assert pulses(tmp_path) == 2


def test_read__control_that_keeps_what_is_settled_loses_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Receiver, "_settle", lambda self, connection: self.seen.confirm(connection.confirmed))
    assert pulses(tmp_path) == 1
