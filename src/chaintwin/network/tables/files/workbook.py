"""XLSX workbooks: one sheet for each table."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import fastexcel
import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.network.tables.files.sheet import COLUMNS_MAX, HEAD_ROWS, DateSystem, Sheet, fault, header_row, sheet_of
from chaintwin.network.tables.files.workbook_cells import cell_findings
from chaintwin.network.tables.files.workbook_safety import SAVE_AS_XLSX, SheetPart

_FAILURES = (
    fastexcel.FastExcelError,
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
)
"""What the libraries raise for a workbook that is not in order."""


def sheet_label(path: Path, name: str) -> str:
    """Return how findings name a sheet: the file, and the sheet in brackets."""
    return f"{path.name}[{name}]"


def open_workbook(path: Path) -> tuple[fastexcel.ExcelReader | None, list[Finding]]:
    """Open a workbook that ``inspect_workbook`` found safe; None with a finding if it cannot be understood."""
    try:
        return fastexcel.read_excel(path), []
    except _FAILURES as error:
        return None, [_unreadable(path.name, error)]


def read_worksheet(
    reader: fastexcel.ExcelReader, part: SheetPart, *, path: Path, dates: DateSystem, table: str, may_have_title: bool = False
) -> tuple[Sheet | None, list[Finding]]:
    """Read one worksheet as text; None if it cannot be read.

    Parameters
    ----------
    reader : the open workbook of that path.
    part : the worksheet.
    path : the workbook.
    dates : the day its serial dates count from.
    table : name of the table it is read as.
    may_have_title : rows above the header are looked for and left out.

    Returns
    -------
    sheet and findings
        Numbers as their shortest text, dates as ``YYYY-MM-DD hh:mm:ss``, formulas as their saved values.
    """
    file = sheet_label(path, part.name)
    try:
        findings = cell_findings(path, part, file=file)
        # skip_rows=0 keeps blank rows above the header, without which the row numbers would be wrong.
        texts = reader.load_sheet(part.name, header_row=None, skip_rows=0, dtypes="string").to_polars()
        numbers = reader.load_sheet(part.name, header_row=None, skip_rows=0, dtypes="float").to_polars()
        frame = _with_all_digits(texts, numbers)
    except _FAILURES as error:
        return None, [_unreadable(file, error)]
    if part.is_hidden:
        found = "a hidden sheet; it is read"
        findings.append(
            Finding("sheet.hidden", found, "visible sheets", fix="show or delete it", file=file, severity=Severity.WARNING)
        )
    if frame.width > COLUMNS_MAX:
        # Stray formatting far to the right makes sheets wide without any content there.
        frame = frame.select(series for series in frame if series.null_count() < len(series))
    if frame.width > COLUMNS_MAX:
        found, allowed = f"{frame.width} columns", f"at most {COLUMNS_MAX}"
        return None, [*findings, fault(file, "file.wide", found=found, allowed=allowed, fix="check the sheet")]
    if frame.height == 0:
        fix = "write the header and the rows, or delete the sheet"
        return None, [*findings, fault(file, "file.empty", found="an empty sheet", allowed="a header row", fix=fix)]
    above = header_row(frame.head(HEAD_ROWS).rows()) if may_have_title else 0
    # Merged cells of a title hide nothing.
    findings = [finding for finding in findings if not (finding.code == "cell.merged" and 0 < finding.row <= above)]
    sheet, more = sheet_of(frame.slice(above).get_columns(), table=table, file=file, dates=dates, above=above)
    return sheet, findings + more


def _with_all_digits(texts: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """Return the texts with numbers in full: the library cuts them to nine decimals when it turns them into text.

    A text cell and its number agree, ``007`` and 7, so that only number cells that lost digits are replaced.
    """
    if texts.shape != numbers.shape:
        return texts
    columns = []
    for text, number in zip(texts, numbers, strict=True):
        lost = number.is_not_null() & (text.cast(pl.Float64, strict=False) != number)
        columns.append(text.zip_with(~lost.fill_null(False), number.cast(pl.String)) if lost.any() else text)
    return pl.DataFrame(columns)


def _unreadable(file: str, error: BaseException) -> Finding:
    reason = str(error).split("\n", 1)[0][:120]
    return fault(file, "workbook.broken", found=f"no readable sheet: {reason}", allowed="an XLSX workbook", fix=SAVE_AS_XLSX)
