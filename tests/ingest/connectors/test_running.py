"""Taking a source into a store: full queues, faults, conflicts, going on, plug-ins."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chaintwin.clock import SetClock
from chaintwin.errors import BusyError, UsageError
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.files import watching
from chaintwin.ingest.connectors.files.epcis_file import EpcisFile
from chaintwin.ingest.connectors.files.watching import Found
from chaintwin.ingest.connectors.registry import OURS, connector_for, connector_named, connector_names
from chaintwin.ingest.connectors.running import CURSORS, Ingest, set_aside
from chaintwin.store.log.store import LogStore
from chaintwin.store.opening import open_store
from chaintwin.store.records import Receipt, Record
from tests.ingest.connectors.sources import event
from tests.shared_data import REPOSITORY

NOW = 4_000_000_000_000_000


def lines(path: Path, events: Sequence[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(one) + "\n" for one in events))
    return str(path)


class Busy:
    """A store that is full every other time that something is written."""

    def __init__(self, store: LogStore, *, wait: float = 2.5) -> None:
        self.store, self.wait, self.writes = store, wait, 0

    def append(self, records: Sequence[Record], *, received_at: int) -> list[Receipt]:
        self.refuse()
        return self.store.append(records, received_at=received_at)

    def put(self, shelf: str, name: str, *, content: bytes) -> None:
        self.refuse()
        self.store.put(shelf, name, content=content)

    def refuse(self) -> None:
        self.writes += 1
        if self.writes % 2:
            raise BusyError("full", retry_after=self.wait)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


def test_run__waits_where_the_store_is_full(tmp_path: Path) -> None:
    """For events, for what is set aside and for the cursor: a reading that broke off in between would begin again."""
    source, slept = lines(tmp_path / "a.jsonl", [*[event(number) for number in range(700)], {"type": "ObjectEvent"}]), []
    with open_store(tmp_path / "log.db", clock=SetClock()) as store:
        busy: Any = Busy(store)
        *_, last = Ingest(EpcisFile(), source, busy, captured, SetClock(), slept.append).run()
        assert (last.accepted, last.rejected) == (700, 1)
        assert store.head().sequence == 700
        assert len(list(set_aside(store))) == 1
        assert slept == [2.5] * (busy.writes // 2)
        assert busy.writes >= 2 * 5, "two batches, their cursors and what was set aside"
        # Nothing was left to be read again.
        *_, again = Ingest(EpcisFile(), source, store, captured, SetClock(), slept.append).run()
        assert again.read == 0


def test_run__faults_and_conflicts_are_counted_and_set_aside_once(tmp_path: Path) -> None:
    twice = event(1) | {"eventID": "urn:uuid:1", "epcList": ["urn:epc:id:sgtin:4012345.011111.77"]}
    good = [event(1) | {"eventID": "urn:uuid:1"}, event(2)]
    source = lines(tmp_path / "a.jsonl", [*good, twice, {"type": "ObjectEvent"}, event(2)])
    with open_store(tmp_path / "log.db", clock=SetClock()) as store:
        for _ in range(2):
            ingest = Ingest(EpcisFile(), source, store, captured, SetClock(), lambda _: None)
            ingest.forget()
            *_, last = ingest.run()
            assert (last.conflict, last.rejected) == (1, 1)
            assert last.accepted + last.duplicate == 3
        aside = list(set_aside(store))
        assert sorted(entry["position"] for entry in aside) == [3, 4]
        assert {reason["code"] for entry in aside for reason in entry["reasons"]} >= {"event.conflict", "event.missing"}
        assert json.loads(aside[0]["content"])["type"] == "ObjectEvent"
        assert store.head().sequence == 2


def test_run__dry_writes_nothing(tmp_path: Path) -> None:
    source = lines(tmp_path / "a.jsonl", [event(1), {}])
    with open_store(tmp_path / "log.db", clock=SetClock()) as store:
        *_, last = Ingest(EpcisFile(), source, store, captured, SetClock(), lambda _: None, dry=True).run()
        assert (last.accepted, last.rejected) == (1, 1)
        assert store.head().sequence == 0
        assert not store.names(CURSORS)
        assert not list(set_aside(store))


def test_run__dry_moves_nothing_away(tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    lines(folder / "a.jsonl", [event(1)])
    for is_dry in (True, False):
        with open_store(tmp_path / "log.db", clock=SetClock()) as store:
            options = {"after": "move", "settle": "0"}
            *_, last = Ingest(
                EpcisFile(), str(folder), store, captured, SetClock(now=NOW), lambda _: None, options=options, dry=is_dry
            ).run()
            assert last.accepted == 1
        assert (folder / "a.jsonl").exists() == is_dry


def test_remembered__forgets_files_that_are_gone_before_it_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "JOURNAL_MAX", 3)
    for name in ("a", "b", "d"):
        (tmp_path / name).touch()
    done = {name: [1, 1] for name in ("a", "b", "c")}
    assert sorted(watching.remembered(done, Found(tmp_path / "d", "d", 1, 1))) == ["a", "b", "d"]
    (tmp_path / "c").touch()
    with pytest.raises(UsageError, match="more than 3 files"):
        watching.remembered(done, Found(tmp_path / "d", "d", 1, 1))


def test_run__follow_takes_what_is_added(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    source = lines(path, [event(1)])
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        with path.open("a") as file:
            file.write(json.dumps(event(1 + len(waits))) + "\n")

    with open_store(tmp_path / "log.db", clock=SetClock()) as store:
        steps = Ingest(EpcisFile(), source, store, captured, SetClock(), sleep).run(follow=True, every=3.0)
        while len(waits) < 4:
            last = next(steps)
        assert last.duplicate == 0
        assert last.accepted >= 4
        assert set(waits) == {3.0}


def test_connector_named__ours_are_those_of_the_project_file() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["entry-points"]["chaintwin.connectors"] == OURS
    assert set(connector_names()) >= set(OURS)
    for name in OURS:
        assert connector_named(name).name == name
    with pytest.raises(UsageError, match="allowed: edi-file, epcis-file"):
        connector_named("fax")


def test_connector_for__what_sources_look_like(tmp_path: Path) -> None:
    (tmp_path / "drops").mkdir()
    (tmp_path / "drops" / "log.csv").write_text("a,b\n")
    assert connector_for("https://epcis.example.org/v2").name == "epcis-http"
    assert connector_for("events.jsonl").name == "epcis-file"
    assert connector_for(str(tmp_path / "drops")).name == "table-drop"
    (tmp_path / "picture.png").touch()
    with pytest.raises(UsageError, match="--connector"):
        connector_for(str(tmp_path / "picture.png"))
    with pytest.raises(UsageError, match="found nothing there"):
        connector_for("picture.png")
