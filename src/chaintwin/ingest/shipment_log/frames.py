"""Frames with exactly the columns of the catalog, from the few an import knows."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from chaintwin.network.network import Network, Settings
from chaintwin.network.tables.catalog import CATALOG, table
from chaintwin.network.tables.cells.columns import fill_defaults
from chaintwin.network.tables.schema import Kind

TYPES: Mapping[Kind, pl.DataType] = {
    Kind.NUMBER: pl.Float64(),
    Kind.INTEGER: pl.Int64(),
    Kind.BOOLEAN: pl.Boolean(),
    Kind.DATE: pl.Date(),
}
"""Polars type by kind; every other kind is text."""


def complete(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame as the catalog has it: every column in order and typed, blanks filled with their default.

    Parameters
    ----------
    name : name of the table.
    frame : some of its columns; others must not occur.
    """
    columns = table(name).columns
    unknown = set(frame.columns) - {column.name for column in columns}
    if unknown:
        raise KeyError(f"{name} has no column {', '.join(sorted(unknown))}")
    whole = []
    for column in columns:
        dtype = TYPES.get(column.kind, pl.String())
        cells = pl.col(column.name) if column.name in frame.columns else pl.lit(None, dtype=dtype).alias(column.name)
        whole.append(cells.cast(dtype))
    return fill_defaults(frame.select(whole), table(name))


def to_network(settings: Settings, frames: Mapping[str, pl.DataFrame]) -> Network:
    """Return a network of completed frames; tables that are not given are empty.

    Parameters
    ----------
    settings : of the project.
    frames : columns that are known, by name of the table.
    """
    tables = {}
    for item in CATALOG:
        empty = pl.DataFrame(schema={column.name: TYPES.get(column.kind, pl.String()) for column in item.columns})
        tables[item.name] = complete(item.name, frames[item.name]) if item.name in frames else empty
    return Network(settings, tables)


def ordered_sum(values: str | pl.Expr) -> pl.Expr:
    """Return the sum of a group, the same to the last bit whatever the order of rows and the number of threads.

    Grouping sums parts in parallel and so in no fixed order; values that are sorted first are summed as a whole.

    Parameters
    ----------
    values : name of a column, or an expression.
    """
    return (pl.col(values) if isinstance(values, str) else values).sort().sum()
