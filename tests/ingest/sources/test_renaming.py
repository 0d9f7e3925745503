"""A source that is named otherwise goes on with what waits under its earlier name, or says that it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.ingest.connectors.running import CURSORS
from chaintwin.ingest.sources import feeding as feeding_module
from chaintwin.store.log.store import LogStore
from chaintwin.store.opening import open_store
from tests.ingest.connectors.mqtt.brokers import Broker, broker, publish
from tests.ingest.connectors.mqtt.reading import amounts, mapping_file
from tests.ingest.sources.projects import drop, feeding_of, project

DROPS = '[[sources]]\nname = "{name}"\nconnector = "epcis-file"\nsource = "drops"\noptions = {{ settle = {settle} }}\n'


def plant(name: str, running: Broker, *, batch: int = 100) -> str:
    options = f'{{ mapping = "signals.toml", idle = 0.5, batch = {batch} }}'
    return f'[[sources]]\nname = "{name}"\nsource = "{running.url}/plant/#"\noptions = {options}\n'


def fed(folder: Path, text: str, store: LogStore) -> list[str]:
    """Take the sources of a project once, and return what was said of them."""
    notes = list[tuple[str, str]]()
    with feeding_of(project(folder, text), store, notes=notes) as feeding:
        feeding.wait(60)
        assert [one.error for one in feeding.fed()] == [""] * len(feeding.fed())
    return [f"{name}: {said}" for name, said in notes]


def renamed(folder: Path, running: Broker, *, batch: int = 100) -> tuple[float, list[str]]:
    """Have pieces wait for a source that is named otherwise then; return how many were counted, and what was said."""
    mapping_file(folder)
    with open_store(folder / "log.db") as store:
        assert fed(folder, plant("press", running), store) == []
        publish(running.port, [("plant/m1/piece", b"1")] * 20)
        said = fed(folder, plant("line-1", running, batch=batch), store)
        return amounts(store)["piece"], said


def test_taken_over__what_waits_at_the_broker_is_taken_under_the_new_name(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as running:
        count, (said,) = renamed(tmp_path, running)
        assert count == 20
        assert said.startswith("line-1: goes on where press stopped")
        with open_store(tmp_path / "log.db") as store:
            assert [key.rpartition(" ")[2] for key in store.names(CURSORS)] == ["line-1"]
            assert fed(tmp_path, plant("line-1", running), store) == [], "it is said once"


def test_taken_over__control_that_begins_anew_leaves_what_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeding_module, "taken_over", lambda *_: "")
    with broker(tmp_path / "broker") as running:
        assert renamed(tmp_path, running) == (0, [])


def test_taken_over__with_other_options_it_begins_anew_and_says_so(tmp_path: Path) -> None:
    with broker(tmp_path / "broker") as running:
        count, (said,) = renamed(tmp_path, running, batch=50)
        assert count == 0
        assert said.startswith("line-1: is new and begins anew, though press read mqtt://")


def test_taken_over__what_another_source_of_the_project_reads_is_its_own(tmp_path: Path) -> None:
    """Also where it is not taken just now."""
    drop(tmp_path / "drops", range(5))
    with open_store(tmp_path / "log.db") as store:
        first = DROPS.format(name="a", settle=0)
        assert fed(tmp_path, first, store) == []
        both = first + "enabled = false\n" + DROPS.format(name="b", settle=0)
        assert fed(tmp_path, both, store) == []
        assert len(store.names(CURSORS)) == 2
        # Of two that are gone, the one that was read last is gone on with.
        (said,) = fed(tmp_path, DROPS.format(name="c", settle=0), store)
        assert "where b stopped" in said


def test_taken_over__anew_is_anew(tmp_path: Path) -> None:
    drop(tmp_path / "drops", range(5))
    with open_store(tmp_path / "log.db") as store:
        fed(tmp_path, DROPS.format(name="a", settle=0), store)
        with feeding_of(project(tmp_path, DROPS.format(name="b", settle=0)), store, anew=True) as feeding:
            feeding.wait(60)
            assert feeding.fed()[0].summary.duplicate == 5
