"""Tables of risk as files: CSV, Parquet or a workbook, complete or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from chaintwin.network.tables.files.exchanging import write_file
from chaintwin.network.tables.files.workbook_writing import write_workbook
from chaintwin.simulation.comparing.comparison import check_file
from chaintwin.simulation.writing import harmless

About = Mapping[str, tuple[str | float, str]]


def check_table_file(path: Path | str) -> None:
    """Refuse a file that a table cannot be written to, before time is spent on one.

    Raises
    ------
    UsageError
        Another ending than .csv, .parquet and .xlsx, a folder, or no folder to write to.
    """
    check_file(path)


def write_table(path: Path | str, frame: pl.DataFrame, *, name: str, about: About) -> None:
    """Write a table; it appears complete or not at all. In CSV a text that looks like a formula gets an apostrophe.

    Parameters
    ----------
    path : ends in ``.csv``, ``.parquet`` or ``.xlsx``.
    frame : the table.
    name : of its sheet in a workbook. about : value and meaning of what else a workbook says.

    Raises
    ------
    UsageError
        Another ending, or no folder to write to.
    """
    check_file(path)
    target = Path(path)
    ending = target.suffix.lower()
    if ending == ".csv":
        write_file(target, harmless(frame).write_csv)
    elif ending == ".parquet":
        write_file(target, frame.write_parquet)
    else:
        # A sheet has no infinite numbers and no time zones.
        finite = frame.with_columns(pl.col(pl.Float64).replace([float("inf")], [None]))
        moments = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
        finite = finite.with_columns(pl.col(name).dt.to_string("iso:strict") for name in moments)
        write_file(target, lambda file: write_workbook(file, about, sheet="about", tables={name: finite}))
