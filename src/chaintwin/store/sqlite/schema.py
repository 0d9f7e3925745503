"""The tables of a log as statements of SQLite."""

from __future__ import annotations

from collections.abc import Collection

from chaintwin.store.log.tables import TABLES, Table


def statements(names: Collection[str]) -> list[str]:
    """Return what makes the tables with these names."""
    made = []
    for table in TABLES:
        if table.name not in names:
            continue
        made.append(_create(table))
        made += [f"CREATE INDEX {name} ON {table.name} ({', '.join(columns)})" for name, columns in table.indexes]
    return made


def _create(table: Table) -> str:
    if len(table.key) == 1 and dict(table.columns)[table.key[0]] == "INTEGER" and not table.by_key:
        columns = [f"{name} INTEGER PRIMARY KEY" if name == table.key[0] else f"{name} {kind}" for name, kind in table.columns]
        return f"CREATE TABLE {table.name} ({', '.join(columns)}) STRICT"
    columns = [f"{name} {kind}" for name, kind in table.columns]
    options = "STRICT, WITHOUT ROWID" if table.by_key else "STRICT"
    return f"CREATE TABLE {table.name} ({', '.join(columns)}, PRIMARY KEY ({', '.join(table.key)})) {options}"
