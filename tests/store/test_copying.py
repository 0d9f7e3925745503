"""Copies of a log: the same entries, leaves, salts and roots, from and to each kind, whole and up to any point."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from chaintwin.errors import StoreDamagedError, UsageError
from chaintwin.store.copying import backup, copy, restore
from chaintwin.store.interface import PROGRESS_SHELVES, Search
from chaintwin.store.log.store import LogStore
from chaintwin.store.log.writing.queueing import Limits
from chaintwin.store.opening import open_store
from chaintwin.store.records import Outcome
from chaintwin.store.verifying import verify
from tests.shared_data import REPOSITORY
from tests.store.making import key_of, record_of

NewUrl = Callable[[], str]
SEARCHES = (Search(), Search(terms=(("third:1",),)), Search(terms=(("all",), ("only:5", "only:6")), by_recorded=True))
# What all tables of the log itself hold; ``recent`` and the tables it is moved to may divide them otherwise.
SAME = ("facts", "documents", "batches", "salts", "nodes", "personal", "subjects", "conflicts", "shelves")


def fill(store: LogStore, batches: int = 30) -> None:
    for batch in range(batches):
        store.append(
            [
                record_of(
                    20 * batch + i,
                    subject="ada" if i == 3 else "",
                    aliases=(f"sent as {batch}",) if i == 5 else (),
                )
                for i in range(20)
            ],
            received_at=10 * batch,
        )
    store.append([record_of(1, meaning=2)], received_at=1_000)
    store.append([record_of(2, aliases=("came later",))], received_at=1_000)
    store.put("shelf", "a", content=b"1")


def rows(store: LogStore, table: str) -> list[tuple[object, ...]]:
    with store.database.reader() as reader:
        return sorted(reader.rows(f"SELECT * FROM {table}"), key=repr)


def same(one: LogStore, other: LogStore) -> None:
    for table in SAME:
        assert rows(one, table) == rows(other, table), table
    assert one.head() == other.head()
    assert one.entries(limit=10_000) == other.entries(limit=10_000)
    for search in SEARCHES:
        assert one.find(search, limit=1_000) == other.find(search, limit=1_000)
    for name in ("sent as 0", "came later", key_of(3)):
        assert one.sequence_of(name) == other.sequence_of(name)


@pytest.mark.parametrize("target_kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("recent", [100, 8_192])
def test_copy__between_the_kinds_and_back(
    new_url: NewUrl, postgresql_url: NewUrl, tmp_path: Path, target_kind: str, recent: int
) -> None:
    url = postgresql_url() if target_kind == "postgresql" else str(tmp_path / "target.db")
    with open_store(new_url(), key_file=tmp_path / "key", limits=Limits(recent_records=recent)) as store:
        fill(store)
        head = copy(store, url, key_file=tmp_path / "other.key")
        assert head == store.head()
        with open_store(url, key_file=tmp_path / "other.key") as target:
            same(store, target)
            assert verify(target).findings == ()
            for other in (store, target):
                other.append([record_of(9_000), record_of(5)], received_at=2_000)
                other.append([record_of(9_001)], received_at=2_000)
            assert target.sequence_of(key_of(9_001)) == store.sequence_of(key_of(9_001)) == 602
            assert [row[3:] for row in rows(store, "conflicts")] == [row[3:] for row in rows(target, "conflicts")]
        with pytest.raises(UsageError, match="an empty place"):
            copy(store, url, key_file=tmp_path / "other.key")


def test_backup__while_it_is_written(new_url: NewUrl, tmp_path: Path) -> None:
    with open_store(new_url(), key_file=tmp_path / "key") as store:
        fill(store)
        stop = threading.Event()

        def work() -> None:
            number = 10_000
            while not stop.is_set():
                store.append([record_of(number)], received_at=number)
                number += 1

        worker = threading.Thread(target=work)
        worker.start()
        try:
            heads = [backup(store, tmp_path / "backup.db") for _ in range(3)]
        finally:
            stop.set()
            worker.join()
        assert 600 <= heads[0].sequence <= heads[-1].sequence <= store.head().sequence
        entries = store.entries(limit=heads[-1].sequence)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("backup")) == ["backup.db", "backup.db.key"]
    with open_store(tmp_path / "backup.db", read_only=True) as kept:
        assert kept.head() == heads[-1]
        assert kept.entries(limit=100_000) == entries
        assert verify(kept).findings == ()


@pytest.mark.parametrize("upto", [0, 1, 255, 256, 257, 590, 600])
def test_restore__up_to_an_entry(new_url: NewUrl, tmp_path: Path, upto: int) -> None:
    url = new_url()
    with open_store(tmp_path / "log.db", limits=Limits(recent_records=100)) as store:
        fill(store)
        backup(store, tmp_path / "backup.db")
        expected = store.entries(limit=upto)
        proofs = [store.proof(sequence, size=upto) for sequence in range(1, upto + 1, 50)]
    head = restore(tmp_path / "backup.db", url, upto_sequence=upto, key_file=tmp_path / "target.key")
    with open_store(url, key_file=tmp_path / "target.key") as store:
        assert store.head() == head
        assert head.sequence == upto
        assert store.entries(limit=1_000) == expected
        assert [store.proof(sequence) for sequence in range(1, upto + 1, 50)] == proofs
        assert verify(store).findings == ()
        again = store.append([record_of(number) for number in range(600)], received_at=5_000)
        assert [receipt.outcome for receipt in again].count(Outcome.ACCEPTED) == 600 - upto
        assert verify(store).findings == ()


@pytest.mark.parametrize(("until", "expected"), [(-1, 0), (0, 20), (95, 200), (100, 220), (10_000, 600)])
def test_restore__until_a_time_of_record(tmp_path: Path, until: int, expected: int) -> None:
    with open_store(tmp_path / "log.db") as store:
        fill(store)
        backup(store, tmp_path / "backup.db")
    assert restore(tmp_path / "backup.db", tmp_path / "new.db", until=until).sequence == expected
    with open_store(tmp_path / "new.db") as store:
        assert all(entry.recorded_at <= until for entry in store.entries())
        assert verify(store).findings == ()


def test_restore__erases_again(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db") as store:
        store.append([record_of(1, subject="ada"), record_of(2, subject="bob")], received_at=1)
        backup(store, tmp_path / "backup.db")
        store.erase("ada")
        backup(store, tmp_path / "later.db")
    restore(tmp_path / "backup.db", tmp_path / "new.db", erased=["ada"])
    restore(tmp_path / "later.db", tmp_path / "newer.db")
    for name in ("new.db", "newer.db"):
        with open_store(tmp_path / name) as store:
            assert [entry.personal[0][1] for entry in store.entries()] == [None, b"name of 2"]


def test_erase__leaves_no_byte_of_the_key_in_the_files(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db") as store:
        for number in range(300):
            store.append([record_of(number, subject=f"person {number}")], received_at=number)
        wrapped = [bytes(row[2]) for row in sorted(rows(store, "subjects"))]
        files = [tmp_path / "log.db", tmp_path / "log.db-wal"]
        assert any(wrapped[150] in file.read_bytes() for file in files)
        assert store.erase("person 150") == 1
        for file in files:
            content = file.read_bytes()
            assert wrapped[150] not in content
            assert wrapped[150][12:44] not in content
        assert any(wrapped[151] in file.read_bytes() for file in files)
        assert store.entries_of([150, 151])[0].personal[0][1] == b"name of 149"
        assert verify(store).findings == ()


def test_restore__refusals(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db") as store:
        store.append([record_of(1)], received_at=1)
        backup(store, tmp_path / "backup.db")
        with pytest.raises(UsageError, match="allowed: 0 to 1"):
            copy(store, tmp_path / "new.db", upto_sequence=2)
    with pytest.raises(UsageError, match="found no file"):
        restore(tmp_path / "absent.db", tmp_path / "new.db")
    content = bytearray((tmp_path / "backup.db").read_bytes())
    content[5_000] ^= 1
    (tmp_path / "backup.db").write_bytes(content)
    with pytest.raises(StoreDamagedError, match="not what was written"):
        restore(tmp_path / "backup.db", tmp_path / "new.db")


def test_copy__that_was_cut_short_is_no_log(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db") as store:
        store.append([record_of(1)], received_at=1)
        copy(store, tmp_path / "new.db")
    from chaintwin.store.sqlite.connecting import connect

    connection = connect(tmp_path / "new.db", writing=True)
    connection.execute("INSERT INTO settings VALUES ('unfinished', x'')")
    connection.close()
    with pytest.raises(UsageError, match="copy again"):
        open_store(tmp_path / "new.db")
    with pytest.raises(UsageError, match="copy again"):
        open_store(tmp_path / "new.db", read_only=True)


@pytest.mark.parametrize("ends_at", [0.0, 0.5])
def test_copy__that_is_stopped_leaves_nothing(new_url: NewUrl, tmp_path: Path, ends_at: float) -> None:
    url = new_url()

    def stop(share: float) -> None:
        if share > ends_at:
            raise KeyboardInterrupt

    with open_store(tmp_path / "source.db") as store:
        fill(store)
        with pytest.raises(KeyboardInterrupt):
            copy(store, url, key_file=tmp_path / "target.key", progress=stop)
        assert not list(tmp_path.glob("log*.db"))
        # What is left can be copied to again.
        assert copy(store, url, key_file=tmp_path / "target.key") == store.head()
        with pytest.raises(KeyboardInterrupt):
            backup(store, tmp_path / "backup.db", progress=stop)
    assert not list(tmp_path.glob("backup.db*part*"))
    assert not (tmp_path / "backup.db").exists()


def test_copy__tells_how_far_it_is(new_url: NewUrl, tmp_path: Path) -> None:
    with open_store(new_url(), key_file=tmp_path / "key") as store:
        fill(store)
        for work in (
            lambda report: backup(store, str(tmp_path / "backup.db"), progress=report),
            lambda report: copy(store, str(tmp_path / "copy.db"), progress=report),
            lambda report: verify(store, progress=report),
        ):
            shares: list[float] = []
            work(shares.append)
            assert shares == sorted(shares)
            assert shares[-1] == 1.0


@pytest.mark.parametrize("name", ["log.db", "", "no/such.db", "postgresql://host/db"])
def test_backup__to_what_is_no_file(tmp_path: Path, name: str) -> None:
    with open_store(str(tmp_path / "log.db"), key_file=str(tmp_path / "key")) as store:
        store.append([record_of(1)], received_at=1)
        with pytest.raises(UsageError, match="allowed"):
            backup(store, name if "://" in name else str(tmp_path / name))
        assert verify(store).findings == ()


def killed_writer(path: Path, *, events: int) -> None:
    """Leave a log as a writer that was killed does: the last entries in the write-ahead log, the lock free."""
    script = (
        "import os, sys; from chaintwin.store.opening import open_store; from tests.store.making import record_of\n"
        "store = open_store(sys.argv[1])\n"
        "store.append([record_of(number) for number in range(int(sys.argv[2]))], received_at=1)\n"
        "os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path), str(events)], cwd=REPOSITORY, check=False)
    assert done.returncode == 9
    assert path.with_name(path.name + "-wal").stat().st_size


def test_backup__in_place_of_a_log_whose_writer_was_killed(tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    killed_writer(old, events=8)
    with open_store(tmp_path / "log.db") as store:
        store.append([record_of(100 + number) for number in range(20)], received_at=1)
        assert backup(store, old).sequence == 20
    with open_store(old, read_only=True) as found:
        assert [entry.key for entry in found.entries()] == [key_of(100 + number) for number in range(20)]
        assert verify(found).findings == ()


def test_open_store__beside_the_last_entries_of_another_log(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    killed_writer(path, events=8)
    path.rename(tmp_path / "away.db")
    with (
        open_store(tmp_path / "other.db") as store,
        pytest.raises(UsageError, match=r"log\.db-wal of a log that is not there.*fix"),
    ):
        copy(store, path)
    # Nothing was lost: put back, the log has all that it had.
    (tmp_path / "away.db").rename(path)
    with open_store(path) as found:
        assert found.head().sequence == 8


def test_backup__two_to_one_file(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.db") as one, open_store(tmp_path / "b.db") as other:
        one.append([record_of(number) for number in range(6)], received_at=1)
        other.append([record_of(number) for number in range(3)], received_at=1)

        def meanwhile(share: float) -> None:
            with pytest.raises(UsageError, match="open for writing"):
                backup(other, tmp_path / "x.bak")

        assert backup(one, tmp_path / "x.bak", progress=meanwhile).sequence == 6
    with open_store(tmp_path / "x.bak", read_only=True) as found:
        assert found.head().sequence == 6


def test_copy__personal_values_without_their_key(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db", key_file=tmp_path / "elsewhere.key") as store:
        store.append([record_of(1, subject="ada")], received_at=1)
    with open_store(tmp_path / "log.db", read_only=True) as store:
        for act in (lambda: backup(store, tmp_path / "x.bak"), lambda: copy(store, tmp_path / "y.db")):
            with pytest.raises(UsageError, match=r"no key there, but .* has personal values.*fix: --key-file"):
                act()
    assert not (tmp_path / "x.bak").exists()
    assert not (tmp_path / "y.db").exists()


def test_restore__in_part_forgets_how_far_things_had_come(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db") as store:
        store.append([record_of(number) for number in range(20)], received_at=1)
        for shelf in (*PROGRESS_SHELVES, "subscriptions"):
            store.put(shelf, "a", content=b"20")
        backup(store, tmp_path / "x.bak")
    for upto, kept in ((20, b"20"), (7, None)):
        restore(tmp_path / "x.bak", tmp_path / f"{upto}.db", upto_sequence=upto)
        with open_store(tmp_path / f"{upto}.db") as found:
            assert {found.get(shelf, "a") for shelf in PROGRESS_SHELVES} == {kept}
            assert found.get("subscriptions", "a") == b"20"
