"""A file that was cut or changed anywhere gives what was written, a beginning of it, or a refusal; never anything else."""

from __future__ import annotations

import shutil
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import pytest

from chaintwin.clock import SetClock
from chaintwin.errors import ChaintwinError, StoreDamagedError
from chaintwin.store.interface import Search
from chaintwin.store.log.personal.keys import MasterKey
from chaintwin.store.log.store import LogStore
from chaintwin.store.log.writing.queueing import Limits
from chaintwin.store.opening import open_store
from chaintwin.store.records import Entry
from chaintwin.store.sqlite.database import SqliteDatabase
from chaintwin.store.sqlite.wholeness import check_whole
from chaintwin.store.verifying import verify
from tests.sizes import scaled
from tests.store.making import record_of

COUNT = 24
STEP = scaled(ci=193, full=1)
LOG_STEP = scaled(ci=997, full=1)


@dataclass(frozen=True)
class Contents:
    """All that can be read from a store of so many entries."""

    entries: list[Entry]
    facts: list[object]
    by_time: list[object]
    found: list[list[tuple[int, int]]]
    numbers: list[int | None]
    salts: list[dict[str, tuple[bytes, bytes]]]
    proofs: list[list[bytes]]


def contents(store: LogStore) -> Contents:
    count = store.head().sequence
    searches = [Search(), Search(terms=(("third:1",),)), Search(terms=(("all",),), by_recorded=True)]
    return Contents(
        store.entries(),
        [row for block in store.facts() for row in block],
        [row for block in store.facts_by_time() for row in block],
        [store.find(search, limit=1_000) for search in searches],
        [store.sequence_of(record_of(number).key) for number in range(COUNT)] + [store.sequence_of("sent as 1")],
        [store.disclose(number + 1) for number in range(0, count, 5)],
        [store.proof(number + 1) for number in range(0, count, 11)],
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[int, Contents]]:
    """A closed store, one that was never closed (its files as a crash leaves them), and what each beginning holds."""
    folder = tmp_path_factory.mktemp("damage")
    beginnings: dict[int, Contents] = {}
    database = SqliteDatabase(folder / "log.db", page_size=512)
    limits = Limits(recent_records=COUNT - 5)
    with LogStore(database, clock=SetClock(), key=MasterKey(None), limits=limits) as store:
        beginnings[0] = contents(store)
        for start in range(0, COUNT, 4):
            aliases = ("sent as 1",) if start == 0 else ()
            store.append([record_of(start + i, aliases=aliases if i == 0 else (), size=300) for i in range(4)], received_at=start)
            beginnings[start + 4] = contents(store)
        (folder / "open").mkdir()
        for name in ("log.db", "log.db-wal"):
            shutil.copy(folder / name, folder / "open" / name)
    return folder / "log.db", folder / "open" / "log.db", beginnings


def look(path: Path, beginnings: dict[int, Contents]) -> str:
    """Return ``same``, ``beginning`` or ``refused``; anything else is a failure."""
    try:
        with open_store(path, read_only=True) as store:
            found = contents(store)
    except ChaintwinError as error:
        assert str(error)
        return "refused"
    count = len(found.entries)
    assert found == beginnings[count], "a changed byte was returned as if it had been written"
    return "same" if count == COUNT else "beginning"


def outcomes(source: Path, damaged: str, *, beginnings: dict[int, Contents], cut: bool, folder: Path) -> dict[str, int]:
    content = (source.parent / damaged).read_bytes()
    counts: dict[str, int] = {}
    path = folder / "log.db"
    others = {name: (source.parent / name).read_bytes() for name in ("log.db", "log.db-wal") if (source.parent / name).exists()}
    for offset in range(0, len(content), STEP if damaged == "log.db" else LOG_STEP):
        changed = bytearray(content[:offset] if cut else content)
        if not cut:
            changed[offset] ^= 1 << offset % 8
        for name, whole in others.items():
            (folder / name).write_bytes(changed if name == damaged else whole)
        (folder / "log.db-shm").unlink(missing_ok=True)
        outcome = look(path, beginnings)
        counts[outcome] = counts.get(outcome, 0) + 1
        for name in ("log.db", "log.db-wal"):
            (folder / name).unlink(missing_ok=True)
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("cut", [False, True], ids=["flipped", "cut"])
def test_open_store__a_damaged_file(written: tuple[Path, Path, dict[int, Contents]], tmp_path: Path, cut: bool) -> None:
    closed, _, beginnings = written
    assert 50_000 <= closed.stat().st_size <= 90_000
    counts = outcomes(closed, "log.db", beginnings=beginnings, cut=cut, folder=tmp_path)
    assert counts["refused"] > 0.5 * sum(counts.values())
    assert "beginning" not in counts


@pytest.mark.slow
@pytest.mark.parametrize("cut", [False, True], ids=["flipped", "cut"])
def test_open_store__a_damaged_write_ahead_log(
    written: tuple[Path, Path, dict[int, Contents]], tmp_path: Path, cut: bool
) -> None:
    _, crashed, beginnings = written
    counts = outcomes(crashed, "log.db-wal", beginnings=beginnings, cut=cut, folder=tmp_path)
    assert counts["beginning"] > 0.5 * sum(counts.values())


def test_open_store__control_without_checksums_returns_changed_bytes(
    written: tuple[Path, Path, dict[int, Contents]], tmp_path: Path
) -> None:
    import apsw

    closed, _, _ = written
    content = bytearray(closed.read_bytes())
    place = content.index(b"content 7 ")
    content[place] ^= 1
    path = tmp_path / "log.db"
    path.write_bytes(content)
    plain = apsw.Connection(str(path), vfs="unix")
    changed = plain.execute("SELECT count(*) FROM documents WHERE substr(content, 1, 10) = CAST('bontent 7 ' AS BLOB)")
    assert changed.fetchall() == [(1,)]
    plain.close()
    with pytest.raises(StoreDamagedError, match="not what was written"), open_store(path) as store:
        store.entries()


def test_verify__finds_what_was_changed_with_checksums_in_order(tmp_path: Path) -> None:
    changes = {
        "store.checksum": "UPDATE documents SET content = x'00' WHERE sequence = 3",
        "store.leaf": "UPDATE documents SET leaf = randomblob(32) WHERE sequence = 3",
        "store.root": "UPDATE batches SET root = randomblob(32) WHERE batch = 2",
        "store.batch": "DELETE FROM batches WHERE batch = 2",
        "store.gap": "DELETE FROM documents WHERE sequence = 3",
        "store.name": "DELETE FROM names WHERE sequence = 3",
        "store.index": "UPDATE terms SET occurred_at = occurred_at + 1 WHERE sequence = 3",
        "store.node": "UPDATE nodes SET hash = randomblob(32)",
        "store.recorded": "UPDATE facts SET recorded_at = 9 WHERE sequence = 3",
        "store.read": "UPDATE personal SET value = randomblob(60)",
    }
    from chaintwin.store.sqlite.connecting import connect

    for code, statement in changes.items():
        path = tmp_path / f"{code}.db"
        with open_store(path, limits=Limits(recent_records=300)) as store:
            for batch in range(3):
                store.append([record_of(100 * batch + i, subject="ada" if i == 3 else "") for i in range(100)], received_at=batch)
            store.put("shelf", "what is done after the move", content=b"")
            assert verify(store).findings == ()
        connection = connect(path, writing=True)
        connection.execute(statement)
        assert connection.changes() > 0
        connection.close()
        with open_store(path, read_only=True) as store:
            found = {finding.code for finding in verify(store).findings}
        assert code in found or (code == "store.read" and "store.page" in found), (code, found)


def test_open_store__an_end_that_does_not_hang_together_is_refused(tmp_path: Path) -> None:
    from chaintwin.store.sqlite.connecting import connect

    for number, statement in enumerate(
        (
            "DELETE FROM facts WHERE sequence = 4",
            "DELETE FROM documents WHERE sequence = 4",
            "DELETE FROM batches WHERE batch = 2",
            "UPDATE documents SET leaf = randomblob(32) WHERE sequence = 2",
        )
    ):
        path = tmp_path / f"{number}.db"
        with open_store(path) as store:
            store.append([record_of(1), record_of(2)], received_at=1)
            store.append([record_of(3), record_of(4)], received_at=1)
        connection = connect(path, writing=True)
        connection.execute(statement)
        connection.close()
        with pytest.raises(StoreDamagedError, match="restore a backup"):
            open_store(path)


@pytest.mark.parametrize("pages", [2**30, 2**32 - 1])
def test_check_whole__a_damaged_count_of_pages_takes_no_memory(
    written: tuple[Path, Path, dict[int, Contents]], tmp_path: Path, pages: int
) -> None:
    closed, _, _ = written
    content = bytearray(closed.read_bytes())
    content[28:32] = pages.to_bytes(4, "big")
    path = tmp_path / "log.db"
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(StoreDamagedError, match="its end is cut off"):
            check_whole(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
