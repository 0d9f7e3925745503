"""Personal values in the log: encrypted when written, readable while the key of their subject exists."""

from __future__ import annotations

from collections.abc import Sequence

from chaintwin.errors import StoreDamagedError, UsageError
from chaintwin.guard.subjects import decrypt, encrypt, master_mark, new_key, subject_digest, unwrap, wrap
from chaintwin.store.log.database import Reader, Row, Writer
from chaintwin.store.log.personal.keys import MasterKey
from chaintwin.store.log.preparing import PreparedRecord

_AT_ONCE = 500
"""Entries whose values are read by one statement."""


class Sealer:
    """Encrypts and decrypts the personal values of one log.

    Parameters
    ----------
    key : where the master key lies.
    """

    __slots__ = ("_key",)

    def __init__(self, key: MasterKey) -> None:
        self._key = key

    def write(self, writer: Writer, records: Sequence[tuple[int, PreparedRecord]], *, at: int) -> None:
        """Write the personal values of records with their numbers; make keys for subjects that are new.

        Parameters
        ----------
        at : when, microseconds since 1970 in UTC.
        """
        master = self._master(writer)
        keys: dict[str, tuple[int, bytes]] = {}
        rows: list[Row] = []
        for sequence, record in records:
            for place, value in enumerate(record.personal):
                if value.subject not in keys:
                    keys[value.subject] = _subject_key(writer, value.subject, master=master, at=at)
                number, data_key = keys[value.subject]
                sealed = encrypt(value.value, data_key=data_key, bound_to=_bound_to(record.key, place, path=value.path))
                rows.append((sequence, place, number, value.path, sealed))
        writer.insert("personal", rows)

    def read(self, reader: Reader, keys: dict[int, str]) -> dict[int, tuple[tuple[str, bytes | None], ...]]:
        """Return (path, value) of the personal values of entries; the value is None once its subject was erased.

        Parameters
        ----------
        keys : key of each entry, by its number.
        """
        rows: list[Row] = []
        numbers = sorted(keys)
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            rows += reader.rows(
                "SELECT p.sequence, p.place, p.path, p.value, s.id, s.wrapped FROM personal p "
                "JOIN subjects s ON s.id = p.subject "
                f"WHERE p.sequence IN ({', '.join('?' * len(some))}) ORDER BY p.sequence, p.place",
                some,
            )
        found: dict[int, list[tuple[str, bytes | None]]] = {}
        opened: dict[int, bytes] = {}
        for sequence, place, path, sealed, number, wrapped in rows:
            value = None
            if wrapped is not None:
                try:
                    if number not in opened:
                        opened[number] = unwrap(wrapped, self._key.read())
                    value = decrypt(sealed, data_key=opened[number], bound_to=_bound_to(keys[sequence], place, path=path))
                except ValueError as error:
                    raise StoreDamagedError(f"entry {sequence}, personal value {path}: found that {error}") from error
            found.setdefault(sequence, []).append((path, value))
        return {sequence: tuple(values) for sequence, values in found.items()}

    def erase(self, writer: Writer, subject: str, *, at: int) -> int:
        """Destroy the keys of a subject; return how many entries had values of it.

        Parameters
        ----------
        at : when, microseconds since 1970 in UTC.
        """
        if not self._key.exists():
            return 0
        digest = subject_digest(subject, self._key.read())
        rows = writer.rows("SELECT id FROM subjects WHERE digest = ? AND wrapped IS NOT NULL", (digest,))
        count = 0
        for (number,) in rows:
            found = writer.rows("SELECT count(DISTINCT sequence) FROM personal WHERE subject = ?", (number,))
            count += int(found[0][0])
            writer.run("UPDATE subjects SET wrapped = NULL, erased_at = ? WHERE id = ?", (at, number))
        return count

    def _master(self, writer: Writer) -> bytes:
        rows = writer.rows("SELECT value FROM settings WHERE name = 'master'")
        master = self._key.make() if not rows else self._key.read()
        mark = master_mark(master)
        if not rows:
            writer.insert("settings", [("master", mark)])
        elif bytes(rows[0][0]) != mark:
            raise UsageError(f"{self._key.place}: found another master key; allowed: the one the store was written with")
        return master


def _subject_key(writer: Writer, subject: str, *, master: bytes, at: int) -> tuple[int, bytes]:
    digest = subject_digest(subject, master)
    rows = writer.rows("SELECT id, wrapped FROM subjects WHERE digest = ? AND wrapped IS NOT NULL", (digest,))
    if rows:
        return int(rows[0][0]), unwrap(bytes(rows[0][1]), master)
    number = int(writer.rows("SELECT coalesce(max(id), 0) + 1 FROM subjects")[0][0])
    data_key = new_key()
    writer.insert("subjects", [(number, digest, wrap(data_key, master), at, None)])
    return number, data_key


def _bound_to(key: str, place: int, *, path: str) -> bytes:
    return f"{place}\x00{path}\x00{key}".encode()
