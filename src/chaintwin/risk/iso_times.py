"""Dates and moments in tables that were read as text."""

from __future__ import annotations

import polars as pl

DAY = r"^\d{4}-\d{2}-\d{2}$"
MOMENT = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}"


def with_iso_times(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table in which columns of text that hold ISO 8601 dates, or moments without a zone, are such.

    Other orders of day and month stay text, because 03/04 may be either; whoever needs a date then refuses the column.

    Parameters
    ----------
    frame : any table.

    Example
    -------
    >>> with_iso_times(pl.DataFrame({"a": ["2026-03-01"], "b": ["03/04/2026"]})).dtypes
    [Date, String]
    """
    found = []
    for column in frame.select(pl.col(pl.String)).iter_columns():
        known = column.drop_nulls()
        if known.len() and known.str.contains(DAY).all():
            found.append(column.str.to_date("%Y-%m-%d"))
        elif known.len() and known.str.contains(MOMENT).all():
            found.append(column.str.to_datetime(strict=True))
    return frame.with_columns(found)
