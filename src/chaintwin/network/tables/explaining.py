"""Says which defaults and rules stand in for what a project does not say."""

from __future__ import annotations

import polars as pl

from chaintwin.network.network import Network
from chaintwin.network.tables.catalog import CATALOG
from chaintwin.network.tables.cells.columns import default_of
from chaintwin.network.tables.reference import default_text

EXPLANATION_SCHEMA = pl.Schema(
    {
        "table": pl.String,
        "column": pl.String,
        "rows": pl.Int64,
        "of": pl.Int64,
        "value": pl.String,
        "kind": pl.String,
        "meaning": pl.String,
    }
)


def explain(network: Network) -> pl.DataFrame:
    """Return every default and rule that is in force, one row a column of the tables.

    Parameters
    ----------
    network : the network.

    Returns
    -------
    polars.DataFrame
        ``table``, ``column``; ``rows``, how many rows hold the default or are blank, ``of`` how many there are; ``value``, the
        default, or what holds instead of a blank; ``kind``, ``default`` or ``rule``; ``meaning`` of the column. A cell in which
        the default was written out counts like a blank one: both mean the same.

    Example
    -------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from chaintwin.network.tables.reading import read
    >>> from chaintwin.network.tables.template import write_template
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_template(Path(folder) / "mine")
    ...     frame = explain(read(Path(folder) / "mine"))
    >>> frame.filter(pl.col("column") == "time_zone").select("table", "rows", "value").row(0)
    ('sites', 5, 'UTC')
    """
    lines = []
    for table in CATALOG:
        frame = network[table.name]
        for column in table.columns:
            if column.required or frame.is_empty():
                continue
            values = frame[column.name]
            if column.default is not None:
                count, kind = int((values == frame.select(default_of(column)).to_series()).sum()), "default"
                value = default_text(column.default)
                if (other := column.other_default) and (frame[other[0]] == other[1]).any():
                    value += f"; {other[0]} {other[1]}: {default_text(other[2])}"
            else:
                count, kind, value = values.null_count(), "rule", column.rule or "left blank"
            if count:
                lines.append((table.name, column.name, count, frame.height, value, kind, column.meaning))
    return pl.DataFrame(lines, schema=EXPLANATION_SCHEMA, orient="row")
