"""CSV files: separator, quotes, ragged rows, and a record number for every row."""

from __future__ import annotations

import csv
import io
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import Finding, Severity
from chaintwin.network.tables.cells.nearest import plain_name
from chaintwin.network.tables.files.decoding import Decoded, decode
from chaintwin.network.tables.files.sheet import (
    COLUMNS_MAX,
    HEAD_ROWS,
    ROWS_MAX,
    DateSystem,
    Sheet,
    fault,
    header_row,
    ragged_findings,
    sheet_of,
)

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}

CHUNK_ROWS = 50_000
"""Rows held as Python lists at a time; more only costs memory."""

HEAD_BYTES = 256 * 1024
"""Bytes among which a header is looked for where there may be a title above it."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """Columns of text, header included, and the first physical line of every record, empty if each is one line.

    ``ragged`` has the number of each record that is not as wide as the header, and of its cells.
    """

    columns: list[pl.Series]
    lines: list[int]
    ragged: list[tuple[int, int]]
    findings: list[Finding]


def read_delimited(
    path: Path, *, table: str, known: Sequence[str], may_have_title: bool = False, may_be_short: bool = False
) -> tuple[Sheet | None, list[Finding]]:
    """Read a CSV file as text; None if nothing can be read.

    Parameters
    ----------
    path : the file, at most FILE_BYTES_MAX bytes.
    table : name of the table.
    known : column names of the table, by which the separator is recognized.
    may_have_title : rows above the header are looked for and left out.
    may_be_short : rows with too few cells are listed in the sheet for the caller to judge, and are no findings.

    Returns
    -------
    sheet and findings
        Rows are numbered by record, as a spreadsheet does: a cell with a line break inside does not shift the rows below it.
    """
    file = path.name
    try:
        decoded = decode(path.read_bytes())
    except UnicodeDecodeError as error:
        found = f"a byte that is no {error.encoding} at position {error.start}"
        return None, [fault(file, "file.encoding", found=found, allowed="UTF-8", fix="save the file again as CSV UTF-8")]
    data = _without_hint(decoded.data)
    if not data.strip():
        fix = "write the header and the rows, or delete the file"
        return None, [fault(file, "file.empty", found="an empty file", allowed="a header row", fix=fix)]
    data, above, lines_above = _without_title(data) if may_have_title else (data, 0, 0)
    if data[:1] in b"\r\n":
        fix = "remove the blank rows above the header"
        return None, [fault(file, "header.missing", found="a blank row 1", allowed="the header in row 1", fix=fix)]
    separator = find_separator(data, known)
    grid = read_regular(data, separator) if not decoded.odd_lines else None
    if grid is None:
        parsed = read_records(data, separator, file=file)
        columns, lines, findings, ragged = parsed.columns, parsed.lines, parsed.findings, parsed.ragged
    else:
        columns, lines, findings, ragged = grid, [], [], []
    width = len(columns)
    short = [(row, count) for row, count in ragged if may_be_short and count < width]
    uneven = [(row, count) for row, count in ragged if not may_be_short or count >= width]
    findings = ragged_findings(uneven, width, file=file) + findings
    lines = [line + lines_above for line in lines]
    findings = _remarks(decoded, separator, lines=lines, file=file) + findings
    if above:
        findings = [replace(finding, row=finding.row + above) if finding.row else finding for finding in findings]
    if len(columns) > COLUMNS_MAX:
        found = f"{len(columns)} columns"
        return None, [*findings, fault(file, "file.wide", found=found, allowed=f"at most {COLUMNS_MAX}", fix="check the file")]
    if columns and len(columns[0]) > ROWS_MAX:
        found = f"{len(columns[0])} rows"
        return None, [*findings, fault(file, "file.long", found=found, allowed=f"at most {ROWS_MAX}", fix="split the project")]
    sheet, more = sheet_of(columns, table=table, file=file, dates=DateSystem.NONE, above=above)
    if sheet is not None and short:
        sheet = replace(sheet, short=tuple((row + above, count) for row, count in short), width=width)
    return sheet, findings + more


def find_separator(data: bytes, known: Sequence[str]) -> str:
    """Return the separator with which the header shows the most known column names, a comma if none shows any."""
    first = data.lstrip(b"\r\n").split(b"\n", 1)[0][:65536].decode("utf-8", errors="replace")
    wanted = {plain_name(name) for name in known}

    def score(separator: str) -> tuple[int, int]:
        names = [cell.strip().strip('"') for cell in first.split(separator)]
        return sum(plain_name(name) in wanted for name in names), len(names)

    # max keeps the first of equals, and the comma stands first.
    return max(SEPARATORS, key=score)


def read_regular(data: bytes, separator: str) -> list[pl.Series] | None:
    """Read a file in which every record has the same number of cells and every quote is in order; None if it is not so.

    Polars reads such files ten times as fast as the general reader and in the same way; the condition is checked on the bytes.
    """
    if b'"' in data and (_is_spaced(data, separator) or not _quotes_in_order(data, separator)):
        return None
    if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
        return None
    if not _is_rectangular(data, separator):
        return None
    try:
        frame = pl.read_csv(data, has_header=False, infer_schema=False, separator=separator, quote_char='"')
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None
    return frame.get_columns()


def read_records(data: bytes, separator: str, *, file: str) -> _Grid:
    """Read any CSV, record by record: ragged rows and broken quotes become findings."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    # Without this a quote after a space would not count as one.
    reader = csv.reader(text, delimiter=separator, strict=True, skipinitialspace=_is_spaced(data, separator))
    lines: list[int] = []
    ragged: list[tuple[int, int]] = []
    chunks: list[list[pl.Series]] = []
    broken: list[Finding] = []
    width = 0
    is_open = True
    while is_open:
        rows: list[list[str]] = []
        try:
            for row in islice(reader, CHUNK_ROWS):
                lines.append(reader.line_num)
                width = width or len(row)
                if row and (len(row) < width or any(row[width:])):
                    ragged.append((len(lines), len(row)))
                rows.append(row[:width] + [""] * (width - len(row)))
        except csv.Error as error:
            broken.append(_broken(str(error), row=len(lines) + 1, file=file))
            is_open = False
        is_open = is_open and bool(rows)
        if rows and width:
            chunks.append([pl.Series(str(i), cells, dtype=pl.String) for i, cells in enumerate(zip(*rows, strict=True))])
    columns = [pl.concat(parts) for parts in zip(*chunks, strict=True)]
    return _Grid(columns, lines, ragged, broken)


def _is_spaced(data: bytes, separator: str) -> bool:
    """Tell whether a quote may follow a separator and a space, which is common in files typed by hand."""
    return (separator + ' "').encode() in data


def _quotes_in_order(data: bytes, separator: str) -> bool:
    """Tell whether every quote opens a cell, closes one, or is doubled inside one."""
    codes = np.frombuffer(data, dtype=np.uint8)
    at = np.flatnonzero(codes == ord('"'))
    if len(at) % 2:
        return False
    # The quotes alternate between opening and closing; a doubled quote inside a cell counts as closing and opening at once.
    opening, closing = at[0::2], at[1::2]
    before = np.where(opening > 0, codes[np.maximum(opening - 1, 0)], ord("\n"))
    after = np.where(closing + 1 < len(codes), codes[np.minimum(closing + 1, len(codes) - 1)], ord("\n"))
    is_start = (before == ord(separator)) | (before == ord("\n"))
    is_end = (after == ord(separator)) | (after == ord("\n")) | (after == ord("\r"))
    doubled = np.zeros(len(opening) + 1, dtype=bool)
    doubled[1:-1] = closing[:-1] + 1 == opening[1:]
    return bool((is_start | doubled[:-1]).all() and (is_end | doubled[1:]).all())


def _is_rectangular(data: bytes, separator: str) -> bool:
    """Tell whether every record has as many cells as the first, and none is blank."""
    codes = np.frombuffer(data, dtype=np.uint8)
    breaks, cuts = np.flatnonzero(codes == ord("\n")), np.flatnonzero(codes == ord(separator))
    if len(cuts) == 0:
        return False  # A blank line and a blank cell look alike in a single column.
    quotes = np.flatnonzero(codes == ord('"'))
    if len(quotes):
        breaks, cuts = (_outside(places, quotes) for places in (breaks, cuts))
    if len(breaks) == 0 or breaks[-1] != len(codes) - 1:
        breaks = np.append(breaks, len(codes))
    counts = np.diff(np.searchsorted(cuts, breaks), prepend=0)
    return bool((counts == counts[0]).all() and counts[0] > 0)


def _outside(places: NDArray[np.int64], quotes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places with an even number of quotes before them."""
    is_outside: NDArray[np.bool_] = np.searchsorted(quotes, places) % 2 == 0
    return places[is_outside]


def _without_hint(data: bytes) -> bytes:
    """Drop the line ``sep=;`` that some spreadsheets put above the header and do not show as a row."""
    head, _, rest = data.partition(b"\n")
    return rest if len(head) <= 7 and head.strip().lower()[:4] == b"sep=" else data


def _without_title(data: bytes) -> tuple[bytes, int, int]:
    """Return the data from the header on, and how many records and lines stand above it."""
    head = list(io.StringIO(data[:HEAD_BYTES].decode("utf-8", errors="replace"), newline=""))
    records, ends = max((_first_records(head, separator) for separator in SEPARATORS), key=lambda read: _regularity(read[0]))
    above = header_row(records)
    lines = ends[above - 1] if above else 0
    return data[len("".join(head[:lines]).encode()) :], above, lines


def _first_records(lines: Sequence[str], separator: str) -> tuple[list[list[str]], list[int]]:
    """Return the first records and the number of the line each ends on; what cannot be read ends them."""
    reader = csv.reader(lines, delimiter=separator)
    records, ends = [], []
    try:
        for record in islice(reader, HEAD_ROWS):
            records.append(record)
            ends.append(reader.line_num)
    except csv.Error:
        pass
    return records, ends


def _regularity(records: Sequence[Sequence[str]]) -> int:
    """Return how well a separator suits: the number of cells in records of the most common length, if that is above 1."""
    lengths = [len(record) for record in records if len(record) > 1]
    return max((length * lengths.count(length) for length in set(lengths)), default=0)


def _broken(message: str, *, row: int, file: str) -> Finding:
    if "field larger" in message:
        found, fix = "a cell of more than 131072 characters", "close the quote that opens it, or shorten it"
    else:
        found, fix = "a quote that does not close its cell", 'write a quote inside a cell twice ("") and close every quote'
    return Finding(
        "row.quotes", f"{found}; nothing below is read", "quotes in pairs around whole cells", fix=fix, file=file, row=row
    )


def _remarks(decoded: Decoded, separator: str, *, lines: list[int], file: str) -> list[Finding]:
    remarks: list[Finding] = []
    if decoded.odd_lines:
        row = bisect_left(lines, decoded.odd_lines[0]) + 1
        found = "bytes that are no UTF-8; read as Western European (cp1252)"
        remarks.append(
            Finding(
                "file.encoding",
                found,
                "UTF-8",
                fix="check the accents, then save the file again as CSV UTF-8",
                file=file,
                row=row,
                severity=Severity.WARNING,
                count=len(decoded.odd_lines),
            )
        )
    elif decoded.encoding != "utf-8":
        remarks.append(_note("file.encoding", decoded.encoding, "UTF-8 and this", file=file))
    if separator != ",":
        remarks.append(_note("file.separator", SEPARATORS[separator], "commas and these", file=file))
    return remarks


def _note(code: str, found: str, allowed: str, *, file: str) -> Finding:
    return Finding(code, found, allowed, file=file, severity=Severity.NOTE)
