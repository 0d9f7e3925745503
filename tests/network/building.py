"""Networks from plain rows, with the catalog's defaults, for tests that do not want files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from chaintwin.network.network import Network, Settings
from chaintwin.network.tables.catalog import CATALOG
from chaintwin.network.tables.cells.columns import fill_defaults
from chaintwin.network.tables.schema import Kind, Table

DTYPES: dict[Kind, pl.DataType] = {
    Kind.NUMBER: pl.Float64(),
    Kind.INTEGER: pl.Int64(),
    Kind.BOOLEAN: pl.Boolean(),
    Kind.DATE: pl.Date(),
}


def network_of(tables: Mapping[str, Sequence[Mapping[str, Any]]], settings: Settings | None = None) -> Network:
    """Return the network of rows given as dictionaries; blanks get the catalog's defaults."""
    frames = {
        table.name: frame_of(table, pl.DataFrame(_full(table, tables.get(table.name, ())), schema=schema_of(table)))
        for table in CATALOG
    }
    return Network(settings or Settings(), frames)


def schema_of(table: Table) -> dict[str, pl.DataType]:
    return {column.name: DTYPES.get(column.kind, pl.String()) for column in table.columns}


def frame_of(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with missing columns added and blanks filled."""
    schema = schema_of(table)
    missing = [pl.lit(None, dtype=schema[name]).alias(name) for name in schema if name not in frame.columns]
    frame = frame.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in schema.items())
    return fill_defaults(frame, table)


def _full(table: Table, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    known = {column.name for column in table.columns}
    for row in rows:
        assert set(row) <= known, f"{table.name} has no column {set(row) - known}"
    return [{name: row.get(name) for name in known} for row in rows]
