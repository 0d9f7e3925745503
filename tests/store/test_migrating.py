"""A log of an earlier version becomes one of the present version and holds the same; a later one is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chaintwin.errors import UsageError
from chaintwin.store.log.indexing import move_recent
from chaintwin.store.log.tables import SCHEMA_VERSION
from chaintwin.store.opening import open_database, open_store
from chaintwin.store.records import Outcome
from chaintwin.store.verifying import verify
from tests.store.making import key_of, record_of


def as_version_0(url: str) -> None:
    """Turn a log into what version 0 wrote: all names and terms in order, no tables for what is recent or came later."""
    database, _ = open_database(url, read_only=False)
    writer = database.writer()
    writer.begin()
    move_recent(writer, upto=1 << 60)
    for table in ("recent", "aliases", "numbers"):
        writer.run(f"DROP TABLE {table}")
    writer.run("DELETE FROM settings WHERE name = 'schema'")
    writer.commit()
    writer.close()
    database.close()


def test_open_store__a_log_of_version_0(new_url: Callable[[], str], tmp_path: Path) -> None:
    url = new_url()
    with open_store(url) as store:
        store.append([record_of(number, aliases=(f"sent as {number}",)) for number in range(10)], received_at=1)
        entries, head = store.entries(), store.head()
    as_version_0(url)
    with pytest.raises(UsageError, match="open it for writing once"):
        open_store(url, read_only=True)
    with open_store(url) as store:
        assert (store.entries(), store.head()) == (entries, head)
        assert store.sequence_of("sent as 4") == store.sequence_of(key_of(4)) == 5
        outcomes = [receipt.outcome for receipt in store.append([record_of(9), record_of(10)], received_at=2)]
        assert outcomes == [Outcome.DUPLICATE, Outcome.ACCEPTED]
        assert verify(store).findings == ()
        with store.database.reader() as reader:
            assert reader.rows("SELECT value FROM settings WHERE name = 'schema'") == [(str(SCHEMA_VERSION).encode(),)]
    with open_store(url, read_only=True) as store:
        assert store.head().sequence == 11


def test_open_store__a_log_of_a_later_version(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db") as store:
        store.append([record_of(1)], received_at=1)
    from chaintwin.store.sqlite.connecting import connect

    connection = connect(tmp_path / "log.db", writing=True)
    connection.execute("UPDATE settings SET value = CAST('99' AS BLOB) WHERE name = 'schema'")
    connection.close()
    before = (tmp_path / "log.db").read_bytes()
    for read_only in (False, True):
        with pytest.raises(UsageError, match="found version 99"):
            open_store(tmp_path / "log.db", read_only=read_only)
    assert (tmp_path / "log.db").read_bytes() == before
