"""What is said about cells that could not be read, and about units and currencies beside numbers."""

from __future__ import annotations

from datetime import date

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.ingest.shipment_log.cells.classifying import YEARS, CellKind, Cells
from chaintwin.ingest.shipment_log.cells.units import PIECE, Measured, find_currency, find_unit
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping

TEXTS_MAX = 5
"""Texts of one column reported one by one; the rest are counted."""

DAY = date(2026, 3, 31)
"""A day that shows how dates are written: its day is no month."""

MONEY = ("value", "unit_price", "freight", "insurance")


def cell_findings(cells: Cells, place: pl.DataFrame, *, mapping: LogMapping) -> list[Finding]:
    """Return findings about the cells of a column that are neither value, word nor pointer, and about its dates.

    Parameters
    ----------
    cells : the column.
    place : ``file`` and ``row`` of each cell.
    mapping : what the columns mean.
    """
    findings = []
    unread = cells.frame.with_columns(place).filter(pl.col("kind") == CellKind.UNREAD)
    if "refused" in unread.columns:
        unread = unread.filter(pl.col("refused").is_null())
    field = next(name for name, headers in mapping.columns.items() if cells.header in headers)
    if "is_outside" in unread.columns:
        outside, unread = unread.filter("is_outside"), unread.filter(~pl.col("is_outside"))
        if outside.height:
            text = outside["text"][0]
            fix = f'correct the cells, or say under [words.{field}] in the mapping what such a day means: "{text}" = "not_known"'
            allowed = f"a year from {YEARS[0]} to {YEARS[1]}"
            findings.append(_finding("log.year_outside", f'"{text}"', allowed, fix, hit=outside, column=cells.header))
    what = f"a date like {DAY.strftime(cells.format)}" if cells.format else "a number"
    counted = sorted(_groups(unread, "text"), key=lambda pair: (-pair[1].height, pair[0]))
    for text, group in counted[:TEXTS_MAX]:
        fix = f'correct the cell, or say under [words.{field}] in the mapping what it means: "{text}" = "not_known"'
        if any(letter.isdigit() for letter in text) and not any(letter.isalpha() for letter in text):
            # Figures and signs are a number or date gone wrong, never a word.
            where = "the format under [date_formats]" if cells.format else "decimal_commas under [numbers]"
            fix = f"correct the cell, or {where} in the mapping"
        findings.append(_finding("log.cell_unread", f'"{text}"', what, fix, hit=group, column=cells.header))
    if len(counted) > TEXTS_MAX:
        found = f"{len(counted)} different texts in all"
        fix = "correct the cells or the format in the mapping"
        findings.append(_finding("log.cell_unread", found, what, fix, hit=unread, column=cells.header))
    if cells.is_ambiguous:
        found = f"every date fits day first and month first; read as if 31 March 2026 were {DAY.strftime(cells.format)}"
        fix = f'say which under [date_formats] in the mapping: "{cells.header}" = "%d/%m/%Y"'
        findings.append(
            Finding("log.date_ambiguous", found, "dates that fit one order", fix, "", 0, cells.header, Severity.WARNING)
        )
    return findings


def unit_findings(measured: Measured, place: pl.DataFrame, *, field: str) -> list[Finding]:
    """Return findings about units beside the numbers of a column: read, converted, or refused and how to have them read.

    Parameters
    ----------
    measured : the column.
    place : ``file`` and ``row`` of each cell.
    field : name of its field.
    """
    header = measured.cells.header
    unit = "the column's unit" if measured.unit == PIECE else measured.unit
    findings = []
    read = {word: count for word, count in measured.read.items() if word not in measured.factors}
    if read:
        words = ", ".join(f'"{word}" ({count:,})' for word, count in sorted(read.items(), key=lambda pair: -pair[1]))
        findings.append(
            Finding(
                "log.unit_read",
                f"numbers with {words} beside them",
                "numbers",
                f"read as numbers in {measured.unit}s" if measured.unit == PIECE else f"read as {measured.unit}",
                "",
                0,
                header,
                Severity.NOTE,
            )
        )
    if measured.factors:
        rates = ", ".join(f'"{word}" = {factor:g}' for word, factor in measured.factors.items())
        fix = f"converted: {rates}; give another factor under [units.{field}] in the mapping if that is wrong"
        findings.append(
            Finding("log.unit_converted", f"numbers in {', '.join(measured.factors)}", unit, fix, "", 0, header, Severity.NOTE)
        )
    refused = measured.cells.frame.with_columns(place).filter(pl.col("refused").is_not_null())
    for word, group in sorted(_groups(refused, "refused"), key=lambda pair: (-pair[1].height, pair[0]))[:TEXTS_MAX]:
        findings.append(_refused(word, group, measured, field=field))
    return findings


def _refused(word: str, group: pl.DataFrame, measured: Measured, *, field: str) -> Finding:
    code, key = "log.unit_mixed", word
    known = find_unit(word)
    if field in MONEY:
        code, key = "log.currency_mixed", find_currency(word) or word
        allowed = one = measured.unit
    elif field == "weight":
        allowed = one = "kg"
    else:
        one = "kg" if measured.unit == "kg" else "pieces" if measured.unit == PIECE else f"{measured.unit}s"
        allowed = f"one unit in a column, here {one}"
    found = f'numbers in "{word}", such as "{group["text"][0]}"'
    if group["word"].null_count() == group.height and code == "log.unit_mixed":
        found = f'numbers alone among numbers in "{word}", such as "{group["text"][0]}"'
        if known is not None and measured.unit in (known.name, "kg" if known.is_mass else ""):
            one, key = "pieces", '" = N and "'.join(_words_of(measured, first=word))
    fix = f'write "{key}" = N under [units.{field}], with N the {one} in one'
    return _finding(code, found, allowed, fix, hit=group, column=measured.cells.header)


def _words_of(measured: Measured, *, first: str) -> list[str]:
    """Return a word for each unit that is read as the column's: numbers alone are pieces only once all have a factor."""
    words: dict[tuple[str, float], str] = {}
    for word in (first, *sorted(measured.read, key=lambda word: (-measured.read[word], word))):
        unit = find_unit(word)
        if unit is not None and measured.unit in (unit.name, "kg" if unit.is_mass else ""):
            words.setdefault((unit.name, unit.factor), word)
    return list(words.values())


def _groups(frame: pl.DataFrame, name: str) -> list[tuple[str, pl.DataFrame]]:
    return [(str(key[0]), group) for key, group in frame.group_by(name, maintain_order=True)]


def _finding(code: str, found: str, allowed: str, fix: str, *, hit: pl.DataFrame, column: str) -> Finding:
    first = hit.row(0, named=True)
    return Finding(code, found, allowed, fix, first["file"], first["row"], column, Severity.WARNING, hit.height)
