"""Opening a store: which URLs mean one, who may write it, and what is said otherwise."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path

import pytest

from chaintwin.errors import StoreDamagedError, UsageError
from chaintwin.guard.subjects import KEY_BYTES
from chaintwin.store.opening import open_store
from tests.store.making import record_of
from tests.store.programs import start_program


def test_open_store__paths_and_urls_mean_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a log.db"
    with open_store(path) as store:
        store.append([record_of(1)], received_at=1)
    for url in (str(path), f"sqlite:///{path}", f"sqlite:///{tmp_path}/a%20log.db"):
        with open_store(url) as store:
            assert store.head().sequence == 1


@pytest.mark.parametrize("url", ["", "mysql://host/db", "sqlite:///", "sqlite://", "http://x"])
def test_open_store__refuses_what_means_nothing(url: str) -> None:
    with pytest.raises(UsageError, match="allowed: a path, sqlite:///path, postgresql://"):
        open_store(url)


def test_open_store__refuses_places_it_cannot_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="existing folder"):
        open_store(tmp_path / "absent" / "log.db")
    with pytest.raises(UsageError, match="found no file"):
        open_store(tmp_path / "log.db", read_only=True)
    with pytest.raises(UsageError, match="cannot be reached"):
        open_store(f"postgresql://nobody@/none?host={tmp_path}")


def test_open_store__refuses_foreign_files(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("not a log")
    foreign = tmp_path / "foreign.db"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    for path in (text, foreign):
        before = path.read_bytes()
        with pytest.raises(StoreDamagedError, match="damaged or foreign"):
            open_store(path)
        assert path.read_bytes() == before


def test_open_store__another_process_writes_until_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    process = start_program("tests.store.appending", str(path), "0", "late")
    assert process.stdout is not None
    assert process.stdout.readline() == b"open\n"
    with pytest.raises(UsageError, match=rf"by process {process.pid}, probably a chaintwin serve.*; allowed: one writer"):
        open_store(path)
    with open_store(path, read_only=True) as reader:
        assert reader.head().sequence >= 0
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    process.wait()
    with open_store(path) as store:
        assert store.health().writable


def test_open_store__key_file(tmp_path: Path) -> None:
    path, key = tmp_path / "log.db", tmp_path / "log.db.key"
    with open_store(path) as store:
        store.append([record_of(1)], received_at=1)
        assert not key.exists()
        store.append([record_of(2, subject="ada")], received_at=1)
    assert (key.stat().st_mode & 0o777, len(key.read_bytes())) == (0o600, KEY_BYTES)
    whole = key.read_bytes()
    assert whole not in path.read_bytes()
    key.write_bytes(b"short")
    with open_store(path) as store, pytest.raises(UsageError, match="found 5 bytes"):
        store.entries()
    key.write_bytes(bytes(KEY_BYTES))
    with open_store(path) as store:
        with pytest.raises(UsageError, match="found another master key"):
            store.append([record_of(3, subject="bob")], received_at=1)
        assert store.append([record_of(3)], received_at=1)[0].sequence == 3
        assert store.health().writable
    key.unlink()
    with open_store(path) as store, pytest.raises(UsageError, match="cannot be read"):
        store.entries()
    key.write_bytes(whole)
    with open_store(path) as store:
        assert store.entries()[1].personal == (("who.driver", b"name of 2"),)


def test_append__personal_values_need_a_key_file(postgresql_url, tmp_path: Path) -> None:
    with open_store(postgresql_url()) as store:
        with pytest.raises(UsageError, match="fix: give key_file"):
            store.append([record_of(1, subject="ada")], received_at=1)
        assert store.append([record_of(2)], received_at=1)[0].sequence == 1
