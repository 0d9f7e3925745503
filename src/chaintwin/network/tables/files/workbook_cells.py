"""What a spreadsheet reader does not tell: formulas without values, error values, merged cells, by the name of the cell."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaintwin.errors import Finding, Severity
from chaintwin.network.tables.files.workbook_safety import SheetPart, pieces

CELLS_NAMED_MAX = 20
"""Cells of a kind named one by one; the rest are counted."""

_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_REFERENCE = re.compile(rb'\br="([A-Z]+[0-9]+)"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]+)|<(?:\w+:)?is>")
_IS_TEXT = re.compile(rb'\bt="(?:str|s|inlineStr)"')
_IS_ERROR = re.compile(rb'\bt="e"')
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:]+)"')


@dataclass(frozen=True, slots=True)
class _Seen:
    """Cells of one worksheet that need a word, as (name, value)."""

    formulas: list[tuple[str, str]] = field(default_factory=list)
    uncalculated: list[tuple[str, str]] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    merged: list[tuple[str, str]] = field(default_factory=list)


def cell_findings(path: Path, sheet: SheetPart, *, file: str) -> list[Finding]:
    """Return findings about formulas, error values and merged cells of one worksheet.

    Parameters
    ----------
    path : the workbook, found safe by ``inspect_workbook``.
    sheet : the worksheet.
    file : how findings name the sheet.
    """
    seen = _Seen()
    with zipfile.ZipFile(path) as archive:
        for piece in pieces(archive, sheet.part, end=b"</row>"):
            _look_at(piece, seen)
    findings = [
        *_named(
            seen.merged,
            "cell.merged",
            found="merged cells {}",
            allowed="a value in every cell",
            fix="unmerge them and fill in each",
            file=file,
        ),
        *_named(
            seen.uncalculated,
            "cell.uncalculated",
            found="a formula without its value in {}",
            allowed="values, or formulas saved with their values",
            fix="open the file in a spreadsheet program, let it calculate, and save it",
            file=file,
        ),
        *_named(
            seen.errors, "cell.error", found="{} in {}", allowed="a value", fix="mend the formula or write the value", file=file
        ),
    ]
    if seen.formulas:
        first = seen.formulas[0][0]
        found = f"formulas, the first in {first}; their saved values are used"
        findings.append(
            Finding(
                "cell.formula",
                found,
                "values and these",
                file=file,
                row=_row(first),
                severity=Severity.NOTE,
                count=len(seen.formulas),
            )
        )
    return findings


def _look_at(piece: bytes, seen: _Seen) -> None:
    """Note the cells of one piece of XML; pieces without formulas and errors, nearly all, cost two searches."""
    seen.merged.extend((match.group(1).decode(), "") for match in _MERGE.finditer(piece))
    if not _FORMULA.search(piece) and not _IS_ERROR.search(piece):
        return
    for cell in _CELL.finditer(piece):
        attributes, content = cell.group(1), cell.group(2) or b""
        reference = _REFERENCE.search(attributes)
        name = reference.group(1).decode() if reference else "?"
        value = _VALUE.search(content)
        if _IS_ERROR.search(attributes):
            seen.errors.append(((value.group(1) or b"").decode(errors="replace") if value else "an error", name))
        elif _FORMULA.search(content):
            # A formula may well give an empty text, which is saved as an empty value of type text.
            is_calculated = value is not None or _IS_TEXT.search(attributes) is not None
            (seen.formulas if is_calculated else seen.uncalculated).append((name, ""))


def _named(cells: Sequence[tuple[str, str]], code: str, *, found: str, allowed: str, fix: str, file: str) -> list[Finding]:
    findings = []
    for index, words in enumerate(cells[:CELLS_NAMED_MAX]):
        name = words[1] or words[0]
        rest = max(len(cells) - CELLS_NAMED_MAX, 0) if index == CELLS_NAMED_MAX - 1 else 0
        findings.append(Finding(code, found.format(*words), allowed, fix=fix, file=file, row=_row(name), count=1 + rest))
    return findings


def _row(cell: str) -> int:
    """Return the row of a cell or of the first cell of a range."""
    digits = re.search(r"[0-9]+", cell)
    return int(digits.group()) if digits else 0
