"""Names and terms in two stages: first beside each other as they come, later in order.

A name or a term that is written where it belongs in order touches a page of its own. So they are first kept in the table
``recent``, one row an entry, and moved in order by the hundred; a page then takes many at once. What is not moved yet
is found by looking through ``recent``, which is short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chaintwin.store.log.database import Reader, Row, Writer
from chaintwin.store.log.preparing import NAME_BYTES

SHORT = 64
"""Digests of an entry that the database takes apart itself; the table ``numbers`` counts up to it."""


AT_ONCE = 500
"""Names that are looked up by one statement."""


def recent_names(reader: Reader) -> dict[bytes, int]:
    """Return the digests of names that are not in the table of names yet, with the numbers of their entries, in their order."""
    names: dict[bytes, int] = {}
    for sequence, joined in reader.rows("SELECT sequence, names FROM recent ORDER BY sequence"):
        for digest in parts_of(bytes(joined)):
            names[digest] = sequence
    return names


def move_recent(writer: Writer, *, upto: int) -> None:
    """Move the names and terms of entries up to a number to where they belong, inside a transaction."""
    for table, column, rest, order in (
        ("names", "names", "r.sequence", "1"),
        ("terms", "terms", "r.occurred_at, r.sequence", "1, 2, 3"),
    ):
        limit = SHORT * NAME_BYTES
        part = f"substr(r.{column}, CAST(numbers.i * {NAME_BYTES} + 1 AS INT), {NAME_BYTES})"
        writer.run(
            f"INSERT INTO {table} SELECT {part}, {rest} FROM recent r CROSS JOIN numbers "
            f"WHERE r.sequence <= ? AND length(r.{column}) <= {limit} AND numbers.i < length(r.{column}) / {NAME_BYTES} "
            f"ORDER BY {order}",
            (upto,),
        )
        long = writer.rows(
            f"SELECT r.{column}, {rest} FROM recent r WHERE r.sequence <= ? AND length(r.{column}) > {limit}", (upto,)
        )
        rows: list[Row] = [(part, *row[1:]) for row in long for part in parts_of(bytes(row[0]))]
        if rows:
            writer.insert(table, sorted(rows))
    writer.run("DELETE FROM recent WHERE sequence <= ?", (upto,))


def sequence_of(reader: Reader, digest: bytes) -> int | None:
    """Return the number of the entry that a name is of."""
    # What is recent is asked for first: between two questions it can only move to where the second one looks.
    contains = reader.contains("names")
    for statement in (
        f"SELECT sequence FROM recent WHERE {contains}",
        "SELECT sequence FROM names WHERE digest = ?",
        "SELECT sequence FROM aliases WHERE digest = ?",
    ):
        rows = reader.rows(statement, (digest,))
        if rows:
            return int(rows[0][0])
    return None


def sequences_of(reader: Reader, digests: Sequence[bytes], *, recent: Mapping[bytes, int]) -> dict[bytes, int]:
    """Return the numbers of the entries that many names are of, of one moment, without those that are not found.

    Parameters
    ----------
    reader : of a snapshot. digests : of the names. recent : what ``recent_names`` returns of the same snapshot.
    """
    found = {digest: recent[digest] for digest in digests if digest in recent}
    for table in ("names", "aliases"):
        missing = [digest for digest in digests if digest not in found]
        for start in range(0, len(missing), AT_ONCE):
            part = missing[start : start + AT_ONCE]
            marks = ", ".join("?" * len(part))
            for digest, sequence in reader.rows(f"SELECT digest, sequence FROM {table} WHERE digest IN ({marks})", part):
                found[bytes(digest)] = int(sequence)
    return found


def parts_of(joined: bytes) -> list[bytes]:
    """Return digests that were joined one after another."""
    return [joined[start : start + NAME_BYTES] for start in range(0, len(joined), NAME_BYTES)]
