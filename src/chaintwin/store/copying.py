"""Copies of a log: backups while it is written, restoring to a point, moving from one kind of database to another.

Entries, leaves, salts and batches are the same in a copy, and so are the roots.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from chaintwin.errors import StoreDamagedError, StoreFailedError, UsageError
from chaintwin.guard.merkle import root_of
from chaintwin.store.interface import PROGRESS_SHELVES, Head, Progress
from chaintwin.store.log.database import Database, Reader, Row, Writer
from chaintwin.store.log.personal.keys import MasterKey
from chaintwin.store.log.reading.searching import first_recorded_at
from chaintwin.store.log.store import LogStore
from chaintwin.store.log.tables import TABLES
from chaintwin.store.log.tip import read_head, read_tip, subtree_in
from chaintwin.store.log.writing.committing import checksum_of
from chaintwin.store.migrating import UNFINISHED
from chaintwin.store.opening import file_of, open_database, open_store

_ROWS = 2_000
_APART = ("batches", "salts", "numbers")
_BY_SEQUENCE = ("facts", "documents", "recent", "personal")
_COLUMNS = {table.name: ", ".join(name for name, _ in table.columns) for table in TABLES}


def backup(store: LogStore, path: str | Path, *, progress: Progress | None = None) -> Head:
    """Copy a log, as it is at one moment, into a SQLite file while it goes on being written; return how far the copy goes.

    The key file goes along, with ``.key`` behind the name; keep it elsewhere if a backup alone should not show
    personal values. An existing file is only replaced once the copy is whole and durable.

    Parameters
    ----------
    store : open. path : of the backup. progress : is told the share that is done, 0 to 1.

    Raises
    ------
    UsageError
        The file cannot be one of a backup: it is the log itself, or a log that somebody writes, or lies in no folder.
    """
    from chaintwin.store.sqlite.database import SqliteDatabase
    from chaintwin.store.sqlite.locking import WriterLock
    from chaintwin.store.sqlite.moving import move_durably

    path = _checked_target(store, path)
    # Nobody else may back up to it, or open it as a log, before the copy has its place.
    lock = WriterLock(path)
    try:
        partial = path.with_name(path.name + ".part")
        _remove(partial)
        key = MasterKey(path.with_name(path.name + ".key"))
        try:
            if isinstance(store.database, SqliteDatabase):
                _check_key(store)
                store.database.copy_pages(partial, progress=progress)
                _copy_key(store.key, key)
            else:
                _copy(store, SqliteDatabase(partial), key=key, upto=None, progress=progress)
            head = _settled(partial)
            _let_old_go(path)
            move_durably(partial, path)
        except BaseException:
            _remove(partial)
            raise
    finally:
        lock.remove()
    return head


def restore(
    path: str | Path,
    target: str | Path,
    *,
    upto_sequence: int | None = None,
    until: int | None = None,
    erased: Sequence[str] = (),
    key_file: str | Path | None = None,
    progress: Progress | None = None,
) -> Head:
    """Make a log from a backup, whole or up to a point; return how far it goes.

    Parameters
    ----------
    path : of the backup. target : URL or path of a log that is not there yet, or is empty.
    upto_sequence : last entry that is wanted. until : only what the log knew at this time of record, microseconds.
    erased : subjects that were erased since the backup was made; they are erased again.
    key_file : of the target; as in ``open_store``. progress : is told the share that is done, 0 to 1.

    Raises
    ------
    UsageError
        The target holds a log, or the point lies outside the backup.
    StoreDamagedError
        The backup is not what was written.
    """
    with open_store(path, read_only=True) as source:
        head = copy(source, target, upto_sequence=upto_sequence, until=until, key_file=key_file, progress=progress)
    if erased:
        with open_store(target, key_file=key_file) as store:
            for subject in erased:
                store.erase(subject)
    return head


def copy(
    store: LogStore,
    target: str | Path,
    *,
    upto_sequence: int | None = None,
    until: int | None = None,
    key_file: str | Path | None = None,
    progress: Progress | None = None,
) -> Head:
    """Copy a log, as it is at one moment, to another place, which may be of another kind; return how far the copy goes.

    Where it does not come to its end, the other place is left as empty as it was.

    Parameters
    ----------
    store : open. target : URL or path of a log that is not there yet, or is empty.
    upto_sequence : last entry that is wanted. until : only what the log knew at this time of record, microseconds.
    key_file : of the target; as in ``open_store``. progress : is told the share that is done, 0 to 1.

    Raises
    ------
    UsageError
        The target holds a log, or the point lies outside the log.
    """
    last = store.head().sequence
    upto = last if upto_sequence is None else upto_sequence
    if not 0 <= upto <= last:
        raise UsageError(f"upto_sequence: found {upto}; allowed: 0 to {last}, the last entry of the log")
    if until is not None:
        with store.database.reader() as reader:
            upto = min(upto, first_recorded_at(reader, until + 1, upto=last) - 1)
    file = file_of(target)
    is_new = file is not None and not file.exists()
    database, beside = open_database(target, read_only=False)
    key = MasterKey(beside if key_file is None else Path(key_file))
    new_file = file if is_new else None
    return _copy(store, database, key=key, upto=None if upto == last else upto, progress=progress, new_file=new_file)


def _settled(path: Path) -> Head:
    """Return how far a copy of pages goes, all of it in one file."""
    from chaintwin.store.sqlite.database import SqliteDatabase

    if not path.is_file():
        raise StoreFailedError(f"{path}: found that it is gone; allowed: the copy that was made; fix: back up once more")
    database = SqliteDatabase(path)
    writer = database.writer()
    try:
        head = read_tip(writer, place=str(path)).head
        writer.settle()
    finally:
        writer.close()
        database.close()
    for tail in ("-wal", "-shm", ".lock"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
    return head


def _let_old_go(path: Path) -> None:
    """Take away what a log that lay at a place left beside it, which would be taken for a part of the new one."""
    for tail in ("-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)


def _copy(
    store: LogStore,
    database: Database,
    *,
    key: MasterKey,
    upto: int | None,
    progress: Progress | None,
    new_file: Path | None = None,
) -> Head:
    """Copy up to an entry, or all with what may have come since; closes the database.

    ``new_file`` is taken away if that does not come to its end, while nobody else may open it.
    """
    try:
        writer = database.writer()
        try:
            if writer.rows("SELECT 1 FROM facts LIMIT 1") or writer.rows("SELECT 1 FROM shelves LIMIT 1"):
                raise UsageError(
                    f"store {database.place}: found a log in it; allowed: an empty place to copy to; fix: name another place, "
                    "or move that log away, with its -wal, -shm and .key"
                )
            try:
                return _filled(store, writer, key=key, upto=upto, place=database.place, progress=progress)
            except BaseException:
                _emptied(writer)
                raise
        finally:
            writer.close()
    except BaseException:
        if new_file is not None:
            for tail in ("", "-wal", "-shm"):
                new_file.with_name(new_file.name + tail).unlink(missing_ok=True)
        raise
    finally:
        database.close()


def _filled(store: LogStore, writer: Writer, *, key: MasterKey, upto: int | None, place: str, progress: Progress | None) -> Head:
    _check_key(store)
    _copy_key(store.key, key)
    with store.database.snapshot() as reader:
        head = read_head(reader)
        last = head.sequence if upto is None else upto
        _in_transaction(writer, [(UNFINISHED, b"")])
        _rows(reader, writer, last=last, is_part=last < head.sequence, progress=progress)
        _batches(reader, writer, last=last, place=place)
    writer.begin()
    writer.run(f"DELETE FROM settings WHERE name = '{UNFINISHED}'")
    writer.commit()
    copied = read_tip(writer, place=place).head
    if upto is None and copied != head:
        raise StoreDamagedError(f"{place}: found another head in the copy than in {store.database.place}")
    return copied


def _emptied(writer: Writer) -> None:
    """Take away all tables, so that what was copied in part can be copied again."""
    with suppress(Exception):
        writer.rollback()
        writer.begin()
        for table in TABLES:
            writer.run(f"DROP TABLE IF EXISTS {table.name}")
        writer.commit()


def _rows(reader: Reader, writer: Writer, *, last: int, is_part: bool, progress: Progress | None) -> None:
    copied = [table for table in TABLES if table.name not in _APART]
    total, done = 0, 0
    for table in copied if progress is not None else ():
        condition, values = _condition(table.name, last, is_part=is_part)
        total += int(reader.rows(f"SELECT count(*) FROM {table.name} WHERE {condition}", values)[0][0])
    for table in copied:
        name, columns = table.name, _COLUMNS[table.name]
        condition, values = _condition(name, last, is_part=is_part)
        keys = ", ".join(table.key)
        after: Row | None = None
        while True:
            where, parameters = condition, list(values)
            if after is not None:
                where += f" AND ({keys}) > ({', '.join('?' * len(after))})"
                parameters += after
            rows = reader.rows(f"SELECT {columns} FROM {name} WHERE {where} ORDER BY {keys} LIMIT ?", (*parameters, _ROWS))
            if not rows:
                break
            places = [[column for column, _ in table.columns].index(part) for part in table.key]
            after = tuple(rows[-1][place] for place in places)
            writer.begin()
            writer.insert(name, rows)
            writer.commit()
            writer.tidy()
            done += len(rows)
            if progress is not None:
                progress(min(done / max(total, 1), 1.0))


def _condition(table: str, last: int, *, is_part: bool) -> tuple[str, tuple[int | str, ...]]:
    if table in ("names", "aliases", "terms", *_BY_SEQUENCE):
        return "sequence <= ?", (last,)
    if table == "nodes":
        # A node is complete with the leaves up to the end of the range it covers.
        return "((position + 1) << CAST(level AS INT)) <= ?", (last,)
    if table == "settings":
        return "name = 'master'", ()
    if table == "shelves" and is_part:
        # What says how far something has come would skip what comes again behind the point.
        return f"shelf NOT IN ({', '.join('?' * len(PROGRESS_SHELVES))})", PROGRESS_SHELVES
    return "1 = 1", ()


def _batches(reader: Reader, writer: Writer, *, last: int, place: str) -> None:
    columns = _COLUMNS["batches"]
    batch = 0
    while True:
        rows = reader.rows(
            f"SELECT {columns} FROM batches WHERE batch > ? AND first <= ? ORDER BY batch LIMIT ?", (batch, last, 100)
        )
        if not rows:
            return
        batch = rows[-1][0]
        salts = reader.rows("SELECT batch, salts FROM salts WHERE batch >= ? AND batch <= ? ORDER BY batch", (rows[0][0], batch))
        if rows[-1][2] > last:
            rows[-1], salts[-1] = _cut(writer, rows[-1], salts[-1], last=last, place=place)
        writer.begin()
        writer.insert("batches", rows)
        writer.insert("salts", salts)
        writer.commit()


def _cut(writer: Writer, row: Row, salts: Row, *, last: int, place: str) -> tuple[Row, Row]:
    """Return a batch, and its salts, that ends earlier than it did."""
    first = row[1]
    facts = writer.rows(f"SELECT {_COLUMNS['facts']} FROM facts WHERE sequence >= ? ORDER BY sequence", (first,))
    documents = writer.rows(f"SELECT {_COLUMNS['documents']} FROM documents WHERE sequence >= ? ORDER BY sequence", (first,))
    root = root_of(last, subtree_in(writer, place=place))
    count = last - first + 1
    commitments = msgspec.msgpack.encode(msgspec.msgpack.decode(row[6])[:count])
    kept = msgspec.msgpack.encode(msgspec.msgpack.decode(salts[1])[:count])
    return (row[0], first, last, facts[-1][3], root, checksum_of(facts, documents), commitments), (salts[0], kept)


def _in_transaction(writer: Writer, settings: list[Row]) -> None:
    writer.begin()
    writer.insert("settings", settings)
    writer.commit()


def _check_key(store: LogStore) -> None:
    """Refuse to copy personal values without their key, which would be lost with the log."""
    if store.key.exists():
        return
    with store.database.reader() as reader:
        if reader.rows("SELECT 1 FROM settings WHERE name = 'master'"):
            raise UsageError(
                f"{store.key.place}: found no key there, but the log {store.database.place} has personal values; allowed: the "
                "file of their key; fix: --key-file FILE"
            )


def _copy_key(source: MasterKey, target: MasterKey) -> None:
    if not source.exists():
        return
    if target.file is None:
        raise UsageError("key file: found none for the copy; allowed: a file for the key of personal values; fix: give key_file")
    if target.exists() and target.read() != source.read():
        raise UsageError(f"{target.place}: found another key in it; allowed: none, or the key of the log that is copied")
    if not target.exists():
        target.keep(source.read())


def _checked_target(store: LogStore, path: str | Path) -> Path:
    """Return where a backup may be written."""
    from chaintwin.store.sqlite.database import SqliteDatabase

    if "://" in str(path):
        raise UsageError(f"backup: found {path}; allowed: the path of a file; fix: copy goes to a database")
    path = Path(path)
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(f"backup: found {path}; allowed: a file in an existing folder")
    if isinstance(store.database, SqliteDatabase) and path.exists() and path.samefile(store.database.path):
        raise UsageError(f"backup: found {path}, which is the log itself; allowed: another file")
    return path


def _remove(path: Path) -> None:
    for tail in ("", "-wal", "-shm", ".lock"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
