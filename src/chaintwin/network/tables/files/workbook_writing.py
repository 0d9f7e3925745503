"""Writes XLSX: ids and text always as text, dates as dates, numbers exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

ROWS_IN_SHEET_MAX = 1_048_575
"""Rows of a sheet below its header; a limit of the format."""

WIDTHS = (10, 40)
"""Least and greatest width of a column, in characters; the program shows what is wider when it is asked to."""

_OPTIONS = {
    "constant_memory": True,
    # Nothing in a cell is interpreted: "=A1" and "007" are names like any other.
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "in_memory": False,
}


def write_workbook(
    path: Path, settings: Mapping[str, tuple[str | float | date, str]], *, sheet: str, tables: Mapping[str, pl.DataFrame]
) -> None:
    """Write settings and tables as sheets of one workbook.

    Parameters
    ----------
    path : the file.
    settings : value and meaning of each setting.
    sheet : name of the sheet of settings.
    tables : frames by sheet, each at most ROWS_IN_SHEET_MAX rows.
    """
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        page = book.add_worksheet(sheet)
        page.set_column(0, 1, 18)
        for row, cells in enumerate(
            [("key", "value", "meaning"), *((key, value, text) for key, (value, text) in settings.items())]
        ):
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    page.write_string(row, column, cell, bold if row == 0 else None)
                elif isinstance(cell, date):
                    page.write_datetime(row, column, cell, day)
                else:
                    page.write_number(row, column, cell)
        for name, frame in tables.items():
            _write_sheet(book.add_worksheet(name), frame, bold=bold, day=day)


def _write_sheet(page: xlsxwriter.worksheet.Worksheet, frame: pl.DataFrame, *, bold: object, day: object) -> None:
    page.freeze_panes(1, 0)
    for column, name in enumerate(frame.columns):
        longest = frame[name].str.len_chars().max() if frame[name].dtype == pl.String else 0
        page.set_column(column, column, max(WIDTHS[0], len(name) + 2, min(WIDTHS[1], int(str(longest or 0)) + 2)))
        page.write_string(0, column, name, bold)

    def put_date(row: int, column: int, value: Any) -> None:
        page.write_datetime(row, column, value, day)

    def put_number(row: int, column: int, value: Any) -> None:
        # The library writes 16 digits. The few numbers that need 17 are written as text, which is read as the same number.
        if float(f"{value:.16G}") == value:
            page.write_number(row, column, value)
        else:
            page.write_string(row, column, repr(value))

    puts: list[Callable[[int, int, Any], object]] = []
    for dtype in frame.dtypes:
        if dtype == pl.Date:
            puts.append(put_date)
        elif dtype.is_numeric():
            puts.append(put_number)
        elif dtype == pl.Boolean:
            puts.append(page.write_boolean)
        else:
            puts.append(page.write_string)
    for row, cells in enumerate(frame.iter_rows(), start=1):
        for column, cell in enumerate(cells):
            if cell is not None:
                puts[column](row, column, cell)
