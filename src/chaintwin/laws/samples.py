"""Values of an empirical law, read from a file of the project."""

from __future__ import annotations

import csv
import math
from collections import Counter
from pathlib import Path

from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LARGEST, LawError, LawKind

LARGEST_FILE_BYTES = 64 * 2**20
"""A larger file is refused: no law needs more than some million observations."""


def read_samples(folder: Path, name: str, *, column: str = "") -> Law:
    """Return the empirical law of the numbers in a CSV file of the project.

    Parameters
    ----------
    folder : the project folder.
    name : path of the file inside the folder, as the user wrote it.
    column : header of the column to read; empty for the only column, or for a file without header.

    Raises
    ------
    LawError : the file lies outside the folder, is absent, too large or not text, has no such column, or holds something
        that is not a finite number.
    """
    path = _path_inside(folder, name)
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise _error(name, f"{path.stat().st_size} bytes", allowed=f"up to {LARGEST_FILE_BYTES} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise _error(name, "bytes that are not UTF-8 text", allowed="a CSV file in UTF-8") from None
    except OSError:
        raise _error(name, "no readable file", allowed="a CSV file in the project folder") from None
    delimiter = ";" if text.split("\n", 1)[0].count(";") else ","
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise _error(name, f"a line that is no CSV ({error})", allowed="a CSV file") from None
    if not rows:
        raise _error(name, "no values", allowed="at least one number")
    index, start = _find_column(name, rows[0], column=column)
    counts: Counter[float] = Counter()
    for number, row in enumerate(rows[start:], start=start + 1):
        counts[_number(name, row[index].strip() if index < len(row) else "", row=number)] += 1
    if not counts:
        raise _error(name, "a header and no values", allowed="at least one number")
    values = tuple(sorted(counts))
    source = f"{name}, column={column}" if column else name
    return Law(LawKind.EMPIRICAL, values=values, weights=tuple(float(counts[value]) for value in values), source=source)


def _path_inside(folder: Path, name: str) -> Path:
    root = folder.resolve()
    try:
        path = (root / name).resolve()
        is_inside = path.is_relative_to(root) and path != root
    except (OSError, ValueError, RuntimeError):
        is_inside = False
    if not is_inside:
        raise _error(name, "a path outside the project folder", allowed="a file inside the project folder")
    return path


def _find_column(name: str, header: list[str], *, column: str) -> tuple[int, int]:
    """Return the position of the column and of the first row that holds values."""
    titles = [cell.strip() for cell in header]
    if column:
        if column not in titles:
            raise _error(name, f"no column {column!r}", allowed=f"one of {', '.join(titles)}")
        return titles.index(column), 1
    if len(titles) > 1:
        raise _error(name, f"{len(titles)} columns", allowed="one column, or the name of one", fix=f"column={titles[0]}")
    try:
        float(titles[0])
    except ValueError:
        return 0, 1
    return 0, 0


def _number(name: str, cell: str, *, row: int) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not abs(value) <= LARGEST:
        raise _error(name, f"{cell!r} in row {row}", allowed=f"a number up to {LARGEST:g} in size")
    return value + 0.0


def _error(name: str, found: str, *, allowed: str, fix: str = "") -> LawError:
    return LawError(f"empirical {name}", found, allowed=allowed, fix=fix)
