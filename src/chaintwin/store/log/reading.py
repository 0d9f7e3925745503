"""Reading a log: entries, facts in the order of the log and in the order of event time, documents, disclosures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

import msgspec

from chaintwin.errors import UsageError
from chaintwin.store.log.database import Reader, Row
from chaintwin.store.log.sealing import Sealer
from chaintwin.store.records import Entry, FactsRow

BLOCK_ROWS = 2_000
"""Rows that are read at once; no reading holds a state of the database longer than it takes to read these."""

_CHUNK = 500
_ENTRY = (
    "SELECT f.sequence, f.key, f.occurred_at, f.recorded_at, f.source, d.content, f.facts, d.leaf "
    "FROM facts f JOIN documents d ON d.sequence = f.sequence"
)
_FACTS = "SELECT sequence, key, occurred_at, recorded_at, source, facts FROM facts"

Lend = Callable[[], AbstractContextManager[Reader]]


def entries(reader: Reader, sealer: Sealer, *, after: int, limit: int) -> list[Entry]:
    """Return entries in the order of the log, from the one after ``after`` on."""
    found = reader.rows(f"{_ENTRY} WHERE f.sequence > ? ORDER BY f.sequence LIMIT ?", (after, max(limit, 0)))
    return _entries(reader, sealer, rows=found)


def entries_of(reader: Reader, sealer: Sealer, *, sequences: Sequence[int]) -> list[Entry]:
    """Return the entries with these numbers, in this order.

    Raises
    ------
    UsageError
        There is no entry with one of these numbers.
    """
    found: dict[int, Entry] = {}
    wanted = sorted(set(sequences))
    for start in range(0, len(wanted), _CHUNK):
        some = wanted[start : start + _CHUNK]
        rows = reader.rows(f"{_ENTRY} WHERE f.sequence IN ({', '.join('?' * len(some))})", some)
        found.update((entry.sequence, entry) for entry in _entries(reader, sealer, rows=rows))
    missing = [sequence for sequence in wanted if sequence not in found]
    if missing:
        raise UsageError(f"entry: found {', '.join(map(str, missing[:5]))}; allowed: numbers of the log, from 1 on")
    return [found[sequence] for sequence in sequences]


def facts(lend: Lend, *, after: int, upto: int) -> Iterator[list[FactsRow]]:
    """Yield facts in blocks, in the order of the log."""
    while after < upto:
        with lend() as reader:
            rows = reader.rows(
                f"{_FACTS} WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?", (after, upto, BLOCK_ROWS)
            )
        if not rows:
            return
        yield [FactsRow(*row) for row in rows]
        after = rows[-1][0]


def facts_by_time(lend: Lend, *, start: tuple[int, str] | None, end: int | None, upto: int) -> Iterator[list[FactsRow]]:
    """Yield facts in blocks, ordered by (event time, key)."""
    tail = "" if end is None else " AND occurred_at <= ?"
    ends = () if end is None else (end,)
    while True:
        head = "" if start is None else " AND occurred_at >= ? AND (occurred_at > ? OR key > ?)"
        starts = () if start is None else (start[0], start[0], start[1])
        statement = f"{_FACTS} WHERE sequence <= ?{head}{tail} ORDER BY occurred_at, key LIMIT ?"
        with lend() as reader:
            rows = reader.rows(statement, (upto, *starts, *ends, BLOCK_ROWS))
        if rows:
            yield [FactsRow(*row) for row in rows]
            start = (rows[-1][2], rows[-1][1])
        if len(rows) < BLOCK_ROWS:
            return


def disclose(reader: Reader, sequence: int) -> dict[str, tuple[bytes, bytes]]:
    """Return (salt, digest) of each dimension of an entry.

    Raises
    ------
    UsageError
        There is no such entry.
    """
    rows = reader.rows(
        "SELECT b.first, b.commitments, s.salts FROM batches b JOIN salts s ON s.batch = b.batch "
        "WHERE b.first <= ? AND b.last >= ? ORDER BY b.first DESC LIMIT 1",
        (sequence, sequence),
    )
    if not rows:
        raise UsageError(f"entry: found {sequence}; allowed: numbers of the log, from 1 on")
    first, commitments, salts = rows[0]
    names, digests = msgspec.msgpack.decode(commitments, type=list[tuple[tuple[str, ...], bytes]])[sequence - first]
    salt = msgspec.msgpack.decode(salts, type=list[bytes])[sequence - first]
    return {name: (salt[16 * i : 16 * i + 16], digests[32 * i : 32 * i + 32]) for i, name in enumerate(names)}


def _entries(reader: Reader, sealer: Sealer, *, rows: list[Row]) -> list[Entry]:
    personal = sealer.read(reader, {row[0]: row[1] for row in rows})
    return [Entry(*row, personal=personal.get(row[0], ())) for row in rows]
