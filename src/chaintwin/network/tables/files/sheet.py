"""A table as it stands in a file, every cell a text: what all file formats are read to before anything is understood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from chaintwin.errors import Finding, Severity, amount_of
from chaintwin.network.tables.cells.nearest import plain_name

FILE_BYTES_MAX = 200 * 1024 * 1024
"""Largest file that is read. A table of 1,000,000 rows takes 50 to 150 MB as CSV; beyond that it is more likely a mistake."""

ROWS_MAX = 5_000_000
"""Most rows of one table: a compressed Parquet file of a few bytes could claim any number of them."""

COLUMNS_MAX = 500
"""Most columns of one table; the catalog's widest has 19."""

HEAD_ROWS = 40
"""Rows among which a header is looked for where there may be a title above it."""

RAGGED_MAX = 20
"""Ragged rows named one by one; the rest are counted."""

_FIGURES = re.compile(r"[\d\s.,:;/%€$£+-]+")


class DateSystem(StrEnum):
    """How a bare number in a date column is meant: not at all, or as the day count of a workbook."""

    NONE = "none"
    FROM_1900 = "1900"
    FROM_1904 = "1904"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table as text.

    Parameters
    ----------
    table : name of the catalog's table it is read as.
    file : how findings name it, ``lanes.csv`` or ``network.xlsx[lanes]``.
    frame : one String column for each header cell, blank cells null; blank rows are left out.
    rows : UInt32, the spreadsheet's number of each row of ``frame``; the header is row 1 unless there is a title above it.
    dates : meaning of bare numbers in date columns.
    headers : for columns renamed while reading, the name the file has for them.
    short : rows with fewer cells than the header has, filled up with blanks: number of the row and of its cells. Only where a
        reader asks to judge them itself; else they are findings.
    width : cells of the header where there are short rows.
    """

    table: str
    file: str
    frame: pl.DataFrame
    rows: pl.Series
    dates: DateSystem = DateSystem.NONE
    headers: dict[str, str] = field(default_factory=dict)
    short: tuple[tuple[int, int], ...] = ()
    width: int = 0

    def header(self, column: str) -> str:
        """Return the name the file has for a column of the frame."""
        return self.headers.get(column, column)


def sheet_of(
    columns: Sequence[pl.Series], *, table: str, file: str, dates: DateSystem, above: int = 0
) -> tuple[Sheet | None, list[Finding]]:
    """Turn a grid of text, header included, into a sheet; None if its first row is blank.

    Parameters
    ----------
    columns : String series of equal length; their first cell is the header.
    table, file, dates : as in ``Sheet``.
    above : rows of the file above the header, which are not in the columns.

    Returns
    -------
    sheet and findings
        Headers that are blank above filled cells or stand twice are errors; the later column of the same name is not read.
    """
    findings = [_titled(file, above)] if above else []
    kept: dict[str, pl.Series] = {}
    if columns and len(columns[0]) and all(not (cells[0] or "").strip() for cells in columns):
        fix = "remove the blank rows above the header"
        return None, [fault(file, "header.missing", found="a blank row 1", allowed="the header in row 1", fix=fix)]
    for index, cells in enumerate(columns):
        header = (cells[0] or "").strip() if len(cells) else ""
        body = cells.slice(1)
        if header == "":
            filled = body.is_not_null() & (body.str.strip_chars() != "")
            first = filled.arg_max() if filled.any() else None
            if first is not None:
                findings.append(_headless(file, index, row=first + 2 + above, above=above, found=body[first]))
        elif header in kept:
            fix = "remove or rename one of the two columns"
            findings.append(
                Finding("header.twice", f"{header} again", "each column once", fix=fix, file=file, row=1 + above, column=header)
            )
        else:
            kept[header] = body.alias(header)
    frame = pl.DataFrame(list(kept.values()))
    rows = pl.Series("row", range(2 + above, 2 + above + frame.height), dtype=pl.UInt32)
    if frame.height and frame.width:
        is_blank = pl.all_horizontal((pl.all().str.strip_chars() == "").fill_null(True))
        full = frame.select(~is_blank).to_series()
        if not full.all():
            frame, rows = frame.filter(full), rows.filter(full)
    return Sheet(table=table, file=file, frame=frame, rows=rows, dates=dates), findings


def header_row(rows: Sequence[Sequence[str | None]]) -> int:
    """Return the index of the header among the first rows of a table that may have a title or blank rows above it.

    A title fills at most half of the columns; the header is then the first row that fills most of them with texts of which no two
    are alike and none is a number or day. It is the first row, index 0, where no such row is found.

    Parameters
    ----------
    rows : the cells of each row.
    """
    texts = [[cell.strip() for cell in row if cell and cell.strip()] for row in rows[:HEAD_ROWS]]
    widest = max(map(len, texts), default=0)
    if widest < 2 or len(texts[0]) > widest / 2:
        return 0
    for index, row in enumerate(texts):
        is_header = len(row) > 0.6 * widest and len(set(row)) == len(row) and not any(map(_FIGURES.fullmatch, row))
        if is_header:
            return index
    return 0


def rename_headers(sheet: Sheet, *, known: Sequence[str]) -> tuple[Sheet, list[Finding]]:
    """Take headers that differ from a known name only in case, spaces or hyphens for that name, with a note for each."""
    wanted = {plain_name(name): name for name in known}
    findings: list[Finding] = []
    renamed: dict[str, str] = {}
    taken = set(sheet.frame.columns)
    for header in sheet.frame.columns:
        name = wanted.get(plain_name(header), header)
        if name == header or name in taken:
            continue
        taken.add(name)
        renamed[header] = name
        findings.append(
            Finding(
                "header.spelling",
                header,
                name,
                fix=f"rename it to {name}",
                file=sheet.file,
                row=1,
                column=header,
                severity=Severity.NOTE,
            )
        )
    if not renamed:
        return sheet, []
    headers = {**sheet.headers, **{name: header for header, name in renamed.items()}}
    frame = sheet.frame.rename(renamed)
    return Sheet(sheet.table, file=sheet.file, frame=frame, rows=sheet.rows, dates=sheet.dates, headers=headers), findings


def fault(file: str, code: str, *, found: str, allowed: str, fix: str) -> Finding:
    """Return an error about a file as a whole."""
    return Finding(code, found, allowed, fix=fix, file=file)


def ragged_findings(ragged: Sequence[tuple[int, int]], width: int, *, file: str) -> list[Finding]:
    """Return an error for each row with more or fewer cells than the header, the rest counted in the last.

    Parameters
    ----------
    ragged : number of each such row and of its cells.
    width : cells of the header.
    file : name of the file.
    """
    findings: list[Finding] = []
    for index, (row, count) in enumerate(ragged[:RAGGED_MAX]):
        fix = "put cells that hold the separator between quotes" if count > width else "fill in the missing separators"
        rest = len(ragged) - RAGGED_MAX if index == RAGGED_MAX - 1 else 0
        found, allowed = amount_of(count, "cell"), f"{width}, as in the header"
        findings.append(Finding("row.ragged", found, allowed, fix=fix, file=file, row=row, count=1 + max(rest, 0)))
    return findings


def column_letters(index: int) -> str:
    """Return the letters a spreadsheet gives the column of that 0-based index."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _titled(file: str, above: int) -> Finding:
    found, fix = f"{amount_of(above, 'row')} above the header", "left out; the header is taken from this row"
    return Finding("file.title", found, "the header in row 1", fix, file, above + 1, severity=Severity.NOTE)


def _headless(file: str, index: int, *, row: int, above: int, found: str) -> Finding:
    letter = column_letters(index)
    fix = f"name the column in cell {letter}{1 + above}, or clear column {letter}"
    return Finding(
        "header.blank",
        f"{found} in column {letter}, which has no name",
        "a name above every filled column",
        fix=fix,
        file=file,
        row=row,
    )
