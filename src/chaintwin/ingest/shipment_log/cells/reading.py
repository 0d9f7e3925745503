"""A log as it stands: every cell a text, whatever the file format.

Types are given later, field by field, because the columns of a log mix numbers with words that mean something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from chaintwin.errors import Finding, InputError, Severity
from chaintwin.ingest.shipment_log.cells.sheets import read_sheets
from chaintwin.ingest.shipment_log.cells.totals import without_totals
from chaintwin.network.tables.files.columnar import read_columnar
from chaintwin.network.tables.files.delimited import read_delimited
from chaintwin.network.tables.files.sheet import FILE_BYTES_MAX, Sheet, ragged_findings

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")
"""Endings of the files a log can be read from."""


@dataclass(frozen=True, slots=True)
class LogTable:
    """One table of a log.

    Parameters
    ----------
    file : how findings name it.
    frame : one String column a header, trimmed, blank cells null; blank rows are left out.
    rows : spreadsheet number of each row.
    findings : remarks about the file, none of them an error.
    """

    file: str
    frame: pl.DataFrame
    rows: pl.Series
    findings: tuple[Finding, ...] = ()


def read_cells(path: Path) -> LogTable:
    """Return the table of a file, of a workbook the one sheet that looks most like a table; as ``read_tables`` reads it.

    Parameters
    ----------
    path : the file.

    Raises
    ------
    InputError
        As ``read_tables`` does.
    """
    return read_tables(path)[0]


def read_tables(
    path: Path, *, sheets: Sequence[str] = (), meant: Callable[[pl.DataFrame], Sequence[str]] | None = None
) -> list[LogTable]:
    """Read a CSV, XLSX or Parquet file with every cell as text, without a title above the header and rows that add up others.

    Encoding and separator of a CSV file are recognized. Of a workbook the visible sheet with most columns that mean something is
    read (of equals the one with most rows), and every other that has those columns too.

    Parameters
    ----------
    path : the file.
    sheets : names of the sheets of a workbook to be read; empty chooses them.
    meant : returns the headers of a table that mean something; None takes all, and reads one sheet.

    Returns
    -------
    The tables, the main one first; never empty.

    Raises
    ------
    InputError
        The file is absent, empty, too large or not what its ending says, or lacks a named sheet; every fault at once.
    """
    if path.suffix.lower() not in ENDINGS:
        found = f"a file ending in {path.suffix}" if path.suffix else "a file without an ending"
        allowed = f"a file ending in {', '.join(ENDINGS)}"
        raise InputError([Finding("log.format", found, allowed, "save it as CSV", path.name)])
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError([Finding("log.absent", str(error.strerror), "a readable file", "check the path", path.name)]) from error
    if size > FILE_BYTES_MAX:
        found, allowed = f"{size / 2**20:.0f} MiB", f"at most {FILE_BYTES_MAX // 2**20} MiB"
        raise InputError([Finding("log.large", found, allowed, "split the log and import the folder", path.name)])
    ending = path.suffix.lower()
    if ending == ".xlsx":
        read, findings = read_sheets(path, named=sheets, meant=meant)
    else:
        sheet, findings = (
            read_columnar(path, table="log")
            if ending == ".parquet"
            else read_delimited(path, table="log", known=(), may_have_title=True, may_be_short=True)
        )
        read = [] if sheet is None else [sheet]
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not read or errors:
        raise InputError(errors or [Finding("log.unreadable", "nothing that can be read", "a table", file=path.name)])
    tables = [_table(sheet) for sheet in read]
    return [replace(tables[0], findings=(*findings, *tables[0].findings)), *tables[1:]]


def find_tables(source: Path) -> list[Path]:
    """Return the tables of a log: the file itself, or every table in a folder, sorted by name.

    Parameters
    ----------
    source : a file or folder.

    Raises
    ------
    InputError
        There is no such file or folder, or no table in it.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise InputError([Finding("log.absent", "nothing there", "an existing file or folder", "check the path", str(source))])
    tables = sorted(
        path for path in source.iterdir() if path.suffix.lower() in ENDINGS and path.is_file() and path.name[0] not in ".~"
    )
    # Text files beside a log are licences and notes; only a folder without any other table is read from them.
    tables = [path for path in tables if path.suffix.lower() != ".txt"] or tables
    if not tables:
        allowed = f"a file ending in {', '.join(ENDINGS)}"
        raise InputError([Finding("log.absent", "a folder without tables", allowed, "name the log itself", str(source))])
    return tables


def _table(sheet: Sheet) -> LogTable:
    """Return a sheet as a table of a log, without rows of sums; rows with too few cells that are no sums are refused."""
    if sheet.frame.width == 0 or sheet.frame.height == 0:
        raise InputError([Finding("log.empty", "no rows", "a header and at least one row", file=sheet.file)])
    frame = sheet.frame.select(_trimmed(name) for name in sheet.frame.columns)
    frame, rows, totals = without_totals(frame, sheet.rows, file=sheet.file)
    if sheet.short:
        # Blanks are not filled in for a row of shipments: where a separator is missing inside, cells would move to other columns.
        kept = set(rows)
        ragged = [(row, count) for row, count in sheet.short if row in kept]
        if ragged:
            raise InputError(ragged_findings(ragged, sheet.width, file=sheet.file))
    return LogTable(sheet.file, frame, rows, tuple(totals))


def _trimmed(name: str) -> pl.Expr:
    """Return a column trimmed, blank cells null, numbers and days of spreadsheets without an empty fraction or clock time."""
    text = pl.col(name).str.strip_chars()
    text = text.str.replace(r"^(-?\d{1,15})\.0$", "${1}").str.replace(r"^(\d{4}-\d{2}-\d{2})[ T]00:00:00(\.0+)?$", "${1}")
    return pl.when(text != "").then(text).alias(name)
