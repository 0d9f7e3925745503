"""Tables from plain rows or from whole columns: every column of the catalog, its type, its default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

import polars as pl

from chaintwin.network.network import Network, Settings
from chaintwin.network.tables.catalog import CATALOG, table
from chaintwin.network.tables.cells.columns import fill_defaults
from chaintwin.network.tables.schema import Kind

Cell = str | float | int | bool | date | None
Row = Sequence[Cell]

DTYPES: Mapping[Kind, pl.DataType] = MappingProxyType(
    {
        Kind.ID: pl.String(),
        Kind.TEXT: pl.String(),
        Kind.CHOICE: pl.String(),
        Kind.CLOCK: pl.String(),
        Kind.LAW: pl.String(),
        Kind.NUMBER: pl.Float64(),
        Kind.INTEGER: pl.Int64(),
        Kind.BOOLEAN: pl.Boolean(),
        Kind.DATE: pl.Date(),
    }
)
"""Type in memory of each kind of column."""


def rows_as_table(name: str, columns: Sequence[str], *, rows: Sequence[Row]) -> pl.DataFrame:
    """Return one table of the catalog from plain rows.

    Parameters
    ----------
    name : name of the table.
    columns : names of the columns that the rows give, in their order; all others get their default or stay blank.
    rows : one sequence a row, as long as ``columns``.

    Example
    -------
    >>> rows_as_table("products", ("product_id", "value"), rows=[("beer", 2)]).select("product_id", "unit", "value").rows()
    [('beer', 'each', 2.0)]
    """
    described = table(name)
    schema = {column: DTYPES[described.column(column).kind] for column in columns}
    given = {
        column: pl.Series(column, [row[place] for row in rows], dtype=schema[column], strict=False)
        for place, column in enumerate(columns)
    }
    return columns_as_table(name, pl.DataFrame(given))


def columns_as_table(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return one table of the catalog from a frame that has some of its columns.

    Parameters
    ----------
    name : name of the table.
    frame : one or more of the table's columns, in any order; blanks get their default.
    """
    described = table(name)
    dtypes = {column.name: DTYPES[column.kind] for column in described.columns}
    given = frame.select(pl.col(column).cast(dtypes[column]) for column in frame.columns)
    missing = [pl.lit(None, dtype=dtype).alias(column) for column, dtype in dtypes.items() if column not in frame.columns]
    return fill_defaults(given.with_columns(missing), described).select(*dtypes)


def as_network(settings: Settings, tables: Mapping[str, pl.DataFrame]) -> Network:
    """Return the network of some tables; those not given are empty."""
    empty = {
        item.name: pl.DataFrame(schema={column.name: DTYPES[column.kind] for column in item.columns})
        for item in CATALOG
        if item.name not in tables
    }
    found = {**tables, **empty}
    return Network(settings, {item.name: found[item.name] for item in CATALOG})
