"""A log as it stands: every cell a text, whatever the file format.

Types are given later, field by field, because the columns of a log mix numbers with words that mean something.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from chaintwin.errors import Finding, InputError, Severity
from chaintwin.ingest.shipment_log.cells.totals import without_totals
from chaintwin.network.tables.files.columnar import read_columnar
from chaintwin.network.tables.files.delimited import read_delimited
from chaintwin.network.tables.files.sheet import FILE_BYTES_MAX, Sheet
from chaintwin.network.tables.files.workbook import open_workbook, read_worksheet
from chaintwin.network.tables.files.workbook_safety import inspect_workbook

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
    """Read a CSV, XLSX or Parquet file with every cell as text, without a title above the header and rows that add up others.

    Encoding and separator of a CSV file are recognized; of a workbook the first visible sheet is read.

    Parameters
    ----------
    path : the file.

    Raises
    ------
    InputError
        The file is absent, empty, too large or not what its ending says; every fault at once.
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
    sheet, findings = _read_sheet(path)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if sheet is None or errors:
        raise InputError(errors or [Finding("log.unreadable", "nothing that can be read", "a table", file=path.name)])
    if sheet.frame.width == 0 or sheet.frame.height == 0:
        raise InputError([Finding("log.empty", "no rows", "a header and at least one row", file=path.name)])
    frame = sheet.frame.select(_trimmed(name) for name in sheet.frame.columns)
    frame, rows, totals = without_totals(frame, sheet.rows, file=sheet.file)
    return LogTable(sheet.file, frame, rows, (*findings, *totals))


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


def _read_sheet(path: Path) -> tuple[Sheet | None, list[Finding]]:
    ending = path.suffix.lower()
    if ending == ".parquet":
        return read_columnar(path, table="log")
    if ending != ".xlsx":
        return read_delimited(path, table="log", known=(), may_have_title=True)
    inspection = inspect_workbook(path)
    findings = list(inspection.findings)
    visible = [part for part in inspection.sheets if not part.is_hidden] or list(inspection.sheets)
    if not visible:
        return None, findings
    reader, more = open_workbook(path)
    findings += more
    if reader is None:
        return None, findings
    sheet, more = read_worksheet(reader, visible[0], path=path, dates=inspection.dates, table="log", may_have_title=True)
    return sheet, findings + more


def _trimmed(name: str) -> pl.Expr:
    """Return a column trimmed, blank cells null, numbers and days of spreadsheets without an empty fraction or clock time."""
    text = pl.col(name).str.strip_chars()
    text = text.str.replace(r"^(-?\d{1,15})\.0$", "${1}").str.replace(r"^(\d{4}-\d{2}-\d{2})[ T]00:00:00(\.0+)?$", "${1}")
    return pl.when(text != "").then(text).alias(name)
