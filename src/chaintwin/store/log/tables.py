"""The tables of a log, the same in every database; types are named as SQLite does."""

from __future__ import annotations

from dataclasses import dataclass

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Parameters
    ----------
    name : of the table. columns : (name, type) in order; the type is INTEGER, TEXT or BLOB.
    key : columns of the primary key. indexes : (name, columns) of further orders.
    by_key : whether the rows lie in the order of the key itself, which suits small rows.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    by_key: bool = False


TABLES: tuple[Table, ...] = (
    Table("settings", (("name", "TEXT"), ("value", "BLOB")), ("name",), by_key=True),
    Table(
        "facts",
        (
            ("sequence", "INTEGER"),
            ("key", "TEXT"),
            ("occurred_at", "INTEGER"),
            ("recorded_at", "INTEGER"),
            ("source", "TEXT"),
            ("meaning", "BLOB"),
            ("facts", "BLOB"),
        ),
        ("sequence",),
        (("facts_by_time", ("occurred_at", "key")),),
    ),
    Table("documents", (("sequence", "INTEGER"), ("content", "BLOB"), ("leaf", "BLOB"), ("aliases", "BLOB")), ("sequence",)),
    Table("names", (("digest", "BLOB"), ("sequence", "INTEGER")), ("digest",), by_key=True),
    Table("aliases", (("digest", "BLOB"), ("sequence", "INTEGER"), ("alias", "TEXT")), ("digest",), by_key=True),
    Table(
        "terms",
        (("term", "BLOB"), ("occurred_at", "INTEGER"), ("sequence", "INTEGER")),
        ("term", "occurred_at", "sequence"),
        by_key=True,
    ),
    Table("numbers", (("i", "INTEGER"),), ("i",)),
    Table(
        "recent",
        (("sequence", "INTEGER"), ("occurred_at", "INTEGER"), ("names", "BLOB"), ("terms", "BLOB")),
        ("sequence",),
    ),
    Table(
        "batches",
        (
            ("batch", "INTEGER"),
            ("first", "INTEGER"),
            ("last", "INTEGER"),
            ("recorded_at", "INTEGER"),
            ("root", "BLOB"),
            ("checksum", "BLOB"),
            ("commitments", "BLOB"),
        ),
        ("batch",),
        (("batches_by_first", ("first",)),),
    ),
    Table("salts", (("batch", "INTEGER"), ("salts", "BLOB")), ("batch",)),
    Table("nodes", (("level", "INTEGER"), ("position", "INTEGER"), ("hash", "BLOB")), ("level", "position"), by_key=True),
    Table(
        "personal",
        (("sequence", "INTEGER"), ("place", "INTEGER"), ("subject", "INTEGER"), ("path", "TEXT"), ("value", "BLOB")),
        ("sequence", "place"),
        (("personal_by_subject", ("subject",)),),
    ),
    Table(
        "subjects",
        (("id", "INTEGER"), ("digest", "BLOB"), ("wrapped", "BLOB"), ("created_at", "INTEGER"), ("erased_at", "INTEGER")),
        ("id",),
        (("subjects_by_digest", ("digest",)),),
    ),
    Table(
        "conflicts",
        (
            ("id", "INTEGER"),
            ("key", "TEXT"),
            ("meaning", "BLOB"),
            ("digest", "BLOB"),
            ("received_at", "INTEGER"),
            ("source", "TEXT"),
            ("reason", "TEXT"),
        ),
        ("id",),
    ),
    Table("shelves", (("shelf", "TEXT"), ("name", "TEXT"), ("content", "BLOB")), ("shelf", "name"), by_key=True),
)

NUMBERED = frozenset({"conflicts"})
"""Tables whose rows the database numbers itself."""
