"""Tables of a result in the form that is asked for: JSON by pages, CSV or Parquet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import polars as pl

from chaintwin.serve.answering.parameters import bad
from chaintwin.serve.problems import ProblemError

CSV_CELLS_MAX = 5_000_000
"""Cells of a table that is given as CSV; a larger one is had as Parquet, as it lies on the disk."""


class TableForm(StrEnum):
    """Forms that a table is given in."""

    JSON = "application/json"
    CSV = "text/csv"
    PARQUET = "application/vnd.apache.parquet"


def form_wanted(accept: str) -> TableForm:
    """Return the form that is accepted with the highest weight, the first of several.

    Parameters
    ----------
    accept : value of the header.

    Raises
    ------
    ProblemError
        406 where there is none.

    Example
    -------
    >>> str(form_wanted("text/csv;q=0.9, application/json;q=0.1"))
    'text/csv'
    """
    best, found = 0.0, None
    for part in (accept or "*/*").split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if match := re.fullmatch(r"q\s*=\s*([01](?:\.\d{0,3})?)", parameter):
                weight = float(match[1])
        form = next((form for form in TableForm if name in (form.value, "*/*", form.value.split("/")[0] + "/*")), None)
        if form is not None and weight > best:
            best, found = weight, form
    if found is None:
        detail = f"Accept: found {accept[:100]!r}; allowed: {', '.join(TableForm)}"
        raise ProblemError(406, "NotAcceptableException", detail=detail)
    return found


POINT_COLUMNS = ("stock_point", "buffer_id")
"""Columns that name a stock point."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of a table are wanted.

    Parameters
    ----------
    points : stock points whose rows alone count; none of them for all. site, period : of the rows; None for all.
    begin : first of them, from 0. size : how many; None for all behind it.
    """

    points: tuple[str, ...] = ()
    site: str | None = None
    period: int | None = None
    begin: int = 0
    size: int | None = None


def rows_of(file: Path, wanted: Wanted) -> tuple[list[dict[str, Any]], bool]:
    """Return rows of a table by column, and whether there are more behind them.

    Parameters
    ----------
    file : Parquet. wanted : which of them.

    Raises
    ------
    ProblemError
        400 where rows are chosen by what the table does not have.
    """
    frame = pl.scan_parquet(file)
    columns = frame.collect_schema().names()
    if wanted.points:
        column = next((name for name in POINT_COLUMNS if name in columns), None)
        if column is None:
            raise bad("stockPoint", found=f"one beside the table {file.stem}", allowed="a table of stock points")
        frame = frame.filter(pl.col(column).is_in(list(wanted.points)))
    for name, column, value in (("site", "site_id", wanted.site), ("period", "period", wanted.period)):
        if value is None:
            continue
        if column not in columns:
            raise bad(name, found=f"one beside the table {file.stem}", allowed=f"a table with the column {column}")
        frame = frame.filter(pl.col(column).cast(pl.String if name == "site" else pl.Int64) == value)
    if wanted.size is None:
        return frame.slice(wanted.begin).collect().to_dicts(), False
    rows = frame.slice(wanted.begin, wanted.size + 1).collect().to_dicts()
    return rows[: wanted.size], len(rows) > wanted.size


def csv_of(file: Path) -> bytes:
    """Return a table as CSV, in which a text that a spreadsheet would take for a formula has an apostrophe before it.

    Raises
    ------
    ProblemError
        413 for a table that is too large.
    """
    from chaintwin.simulation.writing import harmless

    # The end of the file tells its size; all of it is read only where that is little, since this is the memory of the server.
    width, height = len(pl.read_parquet_schema(file)), int(pl.scan_parquet(file).select(pl.len()).collect().item())
    if height * width > CSV_CELLS_MAX:
        cells = f"{height:,} rows of {width} columns; allowed: {CSV_CELLS_MAX:,} cells"
        detail = f"The table has {cells}; fix: ask for Parquet"
        raise ProblemError(413, "QueryTooLargeException", detail=detail)
    return harmless(pl.read_parquet(file)).write_csv().encode()
