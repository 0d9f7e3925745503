"""Which sheets of a workbook are the log: the one that looks most like a table of shipments, and those with the same columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.network.tables.files.sheet import Sheet
from chaintwin.network.tables.files.workbook import open_workbook, read_worksheet
from chaintwin.network.tables.files.workbook_safety import Inspection, SheetPart, inspect_workbook

NAMED_MAX = 10
"""More sheets are counted."""


@dataclass(frozen=True, slots=True)
class _Read:
    """One worksheet as read: its table (None where nothing could be read) and what was found in it."""

    part: SheetPart
    sheet: Sheet | None
    findings: list[Finding]

    @property
    def is_empty(self) -> bool:
        return any(finding.code == "file.empty" for finding in self.findings)


def read_sheets(
    path: Path, *, named: Sequence[str], meant: Callable[[pl.DataFrame], Sequence[str]] | None
) -> tuple[list[Sheet], list[Finding]]:
    """Return the sheets of a workbook that hold the log, the main one first, and what was found.

    Parameters
    ----------
    path : the workbook.
    named : names of the sheets to be read; empty chooses among the visible ones.
    meant : returns the headers of a table that mean something; None takes all of them and reads only the main sheet.

    Returns
    -------
    sheets and findings
        Faults of sheets that are not part of the log are left out; a warning names those sheets.
    """
    inspection = inspect_workbook(path)
    findings = list(inspection.findings)
    visible = [part for part in inspection.sheets if not part.is_hidden] or list(inspection.sheets)
    if not visible:
        return [], findings
    parts = [part for part in inspection.sheets if part.name in named] if named else visible
    absent = [_absent(path, name, inspection) for name in named if name not in {part.name for part in parts}]
    reader, more = open_workbook(path)
    findings += [*absent, *more]
    if reader is None or absent:
        return [], findings
    read = [
        _Read(part, *read_worksheet(reader, part, path=path, dates=inspection.dates, table="log", may_have_title=True))
        for part in parts
    ]
    taken = read if named else _chosen(read, meant)
    findings += [finding for one in taken for finding in one.findings]
    sheets = [one.sheet for one in taken if one.sheet is not None]
    left = [one.part for one in read if one not in taken and not one.is_empty]
    left += [] if named else [part for part in inspection.sheets if part not in parts]
    return sheets, [*findings, *_remarks(path, sheets=taken, left=left)]


def _chosen(read: Sequence[_Read], meant: Callable[[pl.DataFrame], Sequence[str]] | None) -> list[_Read]:
    """Return the sheet with most headers that mean something, of equals the longest, then the others that have them all."""
    filled = [one for one in read if one.sheet is not None and one.sheet.frame.height and one.sheet.frame.width]
    if len(filled) < 2:
        return filled or list(read[:1])
    headers = [_headers(one, meant) for one in filled]
    best = max(range(len(filled)), key=lambda place: (len(headers[place]), _height(filled[place]), -place))
    wanted = headers[best]
    others = [
        one for one, own in zip(filled, headers, strict=True) if meant and wanted and wanted <= own and one is not filled[best]
    ]
    return [filled[best], *others]


def _headers(one: _Read, meant: Callable[[pl.DataFrame], Sequence[str]] | None) -> set[str]:
    assert one.sheet is not None
    return set(one.sheet.frame.columns if meant is None else meant(one.sheet.frame))


def _height(one: _Read) -> int:
    return one.sheet.frame.height if one.sheet is not None else 0


def _absent(path: Path, name: str, inspection: Inspection) -> Finding:
    there = ", ".join(part.name for part in inspection.sheets)
    return Finding("log.sheet_absent", f'no sheet "{name}"', f"one of {there}", "correct sheet in the mapping", path.name)


def _remarks(path: Path, *, sheets: Sequence[_Read], left: Sequence[SheetPart]) -> list[Finding]:
    remarks = []
    if len(sheets) > 1:
        found = f"{len(sheets)} sheets with the same columns: {_names([one.part for one in sheets])}"
        fix = 'read as one log; name one with sheet = "..." above the sections of the mapping if that is wrong'
        remarks.append(Finding("log.sheets_read", found, "sheets of one log", fix, path.name, severity=Severity.NOTE))
    if left:
        one = "1 sheet that is" if len(left) == 1 else f"{len(left)} sheets that are"
        found = f"{one} not read: {_names(left)}"
        taken = _names([one.part for one in sheets])
        fix = f'read is {taken}; for others write sheet = ["...", "..."] above the sections of the mapping'
        remarks.append(
            Finding("log.sheets_unread", found, "sheets with the columns of the log", fix, path.name, severity=Severity.WARNING)
        )
    return remarks


def _names(parts: Sequence[SheetPart]) -> str:
    more = f" and {len(parts) - NAMED_MAX} more" if len(parts) > NAMED_MAX else ""
    return ", ".join(f"{part.name}{' (hidden)' if part.is_hidden else ''}" for part in parts[:NAMED_MAX]) + more
