"""Sources taken side by side: none stops another, what fails is tried again, and nothing is lost or doubled."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from chaintwin.clock import SystemClock
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.interface import Batch, Connector, Option, Place, Run, item_of
from chaintwin.ingest.connectors.running import Ingest
from chaintwin.ingest.sources.configured import ConfiguredSource, configured_sources
from chaintwin.ingest.sources.feeding import Feeding, Manner
from chaintwin.ingest.sources.health import State, kept_health
from chaintwin.store.opening import open_store
from tests.ingest.connectors.sources import Repository, event, recorded_events, served
from tests.ingest.sources.projects import drop, feeding_of, keys_of, project

SOURCE = '[[sources]]\nname = "{name}"\nconnector = "epcis-file"\nsource = "{name}"\nevery = 0.1\noptions.settle = 0.1\n'


def until(holds: Callable[[], bool], *, within: float = 60.0) -> None:
    end = monotonic() + within
    while not holds():
        assert monotonic() < end, "did not come true in time"
        threading.Event().wait(0.05)


def test_feeding__all_once_and_one_that_is_not_there(tmp_path: Path) -> None:
    drop(tmp_path / "a", range(700))
    drop(tmp_path / "b", range(600, 900))
    place, notes = project(tmp_path, "".join(SOURCE.format(name=name) for name in "abc")), list[tuple[str, str]]()
    with open_store(tmp_path / "log.db") as store:
        with feeding_of(place, store, notes=notes) as feeding:
            assert not feeding.wait(60)
            # Each counts exactly what became of its own events, and together they are all of them once.
            first, second, third = feeding.health()
        assert (first.accepted + first.duplicate, second.accepted + second.duplicate) == (700, 300)
        assert first.accepted + second.accepted == 900 == store.head().sequence
        assert len(set(keys_of(store))) == 900
        assert [fed.error == "" for fed in feeding.fed()] == [True, True, False]
        assert "found nothing there" in third.error
        assert [name for name, _ in notes] == ["c"]
        kept = kept_health(store, "a")
        assert kept is not None
        assert (kept.state, kept.accepted) == (State.STOPPED, first.accepted)
        # The next time nothing is new; from the begin all is a duplicate.
        with feeding_of(place, store) as feeding:
            feeding.wait(60)
        assert [fed.summary.read for fed in feeding.fed()] == [0, 0, 0]
        assert feeding.fed()[0].read_at is not None
        with feeding_of(place, store, anew=True) as feeding:
            feeding.wait(60)
        assert [fed.summary.duplicate for fed in feeding.fed()] == [700, 300, 0]
        assert store.head().sequence == 900


def test_feeding__dry_writes_nothing(tmp_path: Path) -> None:
    drop(tmp_path / "a", range(5))
    place = project(tmp_path, SOURCE.format(name="a") + 'options.after = "move"\n')
    with open_store(tmp_path / "log.db") as store:
        with feeding_of(place, store, dry=True) as feeding:
            feeding.wait(60)
        assert feeding.fed()[0].summary.accepted == 5
        assert (store.head().sequence, kept_health(store, "a"), store.names("connectors")) == (0, None, [])
    assert (tmp_path / "a" / "events.jsonl").exists()


def test_feeding__goes_away_and_comes_back(tmp_path: Path) -> None:
    drop(tmp_path / "a", range(10))
    repository = Repository(recorded_events(30, first=1_000))
    with served(repository) as address, open_store(tmp_path / "log.db") as store:
        far = f'[[sources]]\nname = "far"\nsource = "{address}"\nevery = 0.1\noptions = {{ tries = 1, overlap = 0 }}\n'
        place, notes = project(tmp_path, SOURCE.format(name="a") + far), list[tuple[str, str]]()
        with feeding_of(place, store, notes=notes, follow=True) as feeding:
            until(lambda: store.head().sequence == 40)
            shutil.move(tmp_path / "a", tmp_path / "gone")
            until(lambda: feeding.health()[0].state is State.FAILING)
            failing = feeding.health()[0]
            assert failing.next_at is not None
            # The other one goes on meanwhile.
            repository.events += recorded_events(30, first=1_030)
            until(lambda: store.head().sequence == 70)
            drop(tmp_path / "gone", range(10, 15), name="later.jsonl")
            shutil.move(tmp_path / "gone", tmp_path / "a")
            until(lambda: store.head().sequence == 75)
            until(lambda: feeding.health()[0].accepted == 15)
            here = feeding.health()[0]
            assert (here.failures, here.duplicate, here.state is State.FAILING) == (0, 0, False)
            assert "found nothing there" in here.error
        assert [text.partition(";")[0].rpartition(": ")[2] for name, text in notes if name == "a"] == [
            "found nothing there",
            "works again",
        ]
        assert len(set(keys_of(store))) == 75


class Hasty(Connector):
    """Gives one batch with a fault of its author behind it, then waits without end in its own way."""

    name = "hasty"
    description = "For tests."
    options: tuple[Option, ...] = ()

    def __init__(self) -> None:
        self.hangs = threading.Event()
        self.asked: list[str | None] = []

    def accepts(self, source: str) -> bool:
        return False

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        self.asked.append(since)
        number = len(self.asked)
        if number < 3:
            yield Batch((item_of(event(number), place=Place(source, number)),), (), str(number))
            raise ZeroDivisionError("a slip")
        run.connected()
        self.hangs.set()
        threading.Event().wait(600)
        yield Batch((item_of(event(99), place=Place(source, 99)),), (), "99")


def test_feeding__a_connector_with_a_fault_that_hangs(tmp_path: Path) -> None:
    hasty, notes = Hasty(), list[tuple[str, str]]()
    sources = [ConfiguredSource("hasty", hasty, "x")]
    with open_store(tmp_path / "log.db") as store:
        manner = Manner(follow=True)
        feeding = Feeding(
            sources, store=store, clock=SystemClock(), manner=manner, note=lambda name, text: notes.append((name, text))
        )
        feeding.start()
        assert hasty.hangs.wait(60)
        # It went on behind what was durable, and a connection that stands is told before the first event.
        assert hasty.asked == [None, "1", "2"]
        assert feeding.health()[0].state is State.RECEIVING
        assert "ZeroDivisionError" in notes[0][1]
        began = monotonic()
        feeding.close(patience=0.5)
        assert monotonic() - began < 30
        assert feeding.health()[0].state is State.STOPPED
        assert store.head().sequence == 2


def test_feeding__gentle_takes_all_the_same(tmp_path: Path) -> None:
    for name in "ab":
        drop(tmp_path / name, range(1_200) if name == "a" else range(2_000, 3_200))
    place = project(tmp_path, "".join(SOURCE.format(name=name) for name in "ab"))
    with open_store(tmp_path / "log.db") as store, feeding_of(place, store, follow=True, gentle=True) as feeding:
        # What is durable is counted a moment later.
        until(lambda: [health.accepted for health in feeding.health()] == [1_200, 1_200])
        assert store.head().sequence == 2_400


@pytest.mark.parametrize("count", [1, 3])
def test_feeding__ends_in_the_middle_of_a_wait(tmp_path: Path, count: int) -> None:
    place = project(tmp_path, "".join(SOURCE.format(name=f"s{n}").replace("0.1", "3600", 1) for n in range(count)))
    for number in range(count):
        drop(tmp_path / f"s{number}", [number])
    with open_store(tmp_path / "log.db") as store:
        with feeding_of(place, store, follow=True) as feeding:
            until(lambda: all(health.state is State.WAITING for health in feeding.health()))
            began = monotonic()
        assert monotonic() - began < 5


MAPPING = (
    'name = "{step}"\n[[events]]\nwhen = "Day"\ntype = "ObjectEvent"\naction = "OBSERVE"\nstep = "{step}"\n'
    'location = "brewery"\nproduct = "{{Item}}"\nquantity = "{{Pieces}}"\n'
)
TWICE = (
    '[[sources]]\nname = "{step}"\nconnector = "event-table"\nsource = "made.csv"\n'
    'options = {{ mapping = "{step}.toml", settle = 0.1 }}\n'
)


def two_readings(folder: Path) -> Path:
    """Write a table that two sources read with a mapping each."""
    (folder / "made.csv").write_text("Day,Item,Pieces\n2026-01-01,beer,12\n2026-01-02,beer,9\n")
    for step in ("shipping", "receiving"):
        (folder / f"{step}.toml").write_text(MAPPING.format(step=step))
    return project(folder, "".join(TWICE.format(step=step) for step in ("shipping", "receiving")))


def test_feeding__one_address_read_in_two_ways(tmp_path: Path) -> None:
    place = two_readings(tmp_path)
    with open_store(tmp_path / "log.db") as store:
        for _ in range(2):
            with feeding_of(place, store) as feeding:
                feeding.wait(60)
        assert store.head().sequence == 4


def test_feeding__control_with_one_cursor_for_an_address_loses_events(tmp_path: Path) -> None:
    sources = configured_sources(two_readings(tmp_path))
    with open_store(tmp_path / "log.db") as store:
        for source in sources:
            ingest = Ingest(source.connector, source.source, store, captured, SystemClock(), lambda _: None, source.options)
            *_, last = ingest.run()
        assert store.head().sequence == 2
        assert last.read == 0
