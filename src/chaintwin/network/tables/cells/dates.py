"""Date and clock cells: ISO only, with the likely meaning of anything else as a suggestion."""

from __future__ import annotations

import re
from datetime import date, timedelta

import polars as pl

from chaintwin.errors import Severity
from chaintwin.network.tables.cells.cells import Cells, Fault, Reading, faults_where, shown
from chaintwin.network.tables.files.sheet import DateSystem

FIRST_DAY = date(1900, 3, 1)
LAST_DAY = date(9999, 12, 31)
"""The days a spreadsheet can hold; before 1 March 1900 programs disagree, because one of them knows a 29 February 1900."""

ALLOWED = "a date such as 2025-03-31"
ALLOWED_CLOCK = "a time of day from 00:00 to 23:59"

_EPOCHS = {DateSystem.NONE: date(1899, 12, 30), DateSystem.FROM_1900: date(1899, 12, 30), DateSystem.FROM_1904: date(1904, 1, 1)}
_SERIAL = re.compile(r"\d{4,7}(\.0+)?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_PARTS = re.compile(r"(\d{1,4})[./\- ](\d{1,2})[./\- ](\d{1,4})")
_NAMED = re.compile(r"(?:(\d{1,2})[. \-]*)?([A-Za-z]{3,9})[. \-]*(?:(\d{1,2}),?[. \-]+)?(\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"^([01]?[0-9]|2[0-3]):[0-5][0-9](:00(\.0+)?)?$"
# How a spreadsheet reader shows a cell that holds a time without a day.
_CLOCK_OF_DAY_ZERO = r"^(1899-12-3[01]|1904-01-01) "
_SPOKEN = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm)?", re.IGNORECASE)


def read_dates(cells: Cells) -> Reading:
    """Return dates. A midnight after the day is accepted; in a workbook, so is a bare day count, with a note."""
    text = cells.values.str.replace(r"[ T]00:00(:00)?(\.0+)?(Z|\+00:00)?$", "")
    is_iso = text.str.contains(r"^\d{4}-\d{2}-\d{2}$")
    days = text.zip_with(is_iso.fill_null(False), pl.Series([None], dtype=pl.String)).str.to_date("%Y-%m-%d", strict=False)
    findings = []
    if cells.dates is not DateSystem.NONE:
        counts = text.str.contains(r"^\d{4,7}(\.0+)?$") & days.is_null()
        numbers = (
            text.zip_with(counts.fill_null(False), pl.Series([None], dtype=pl.String))
            .cast(pl.Float64)
            .cast(pl.Int32, strict=False)
        )
        epoch = (_EPOCHS[cells.dates] - date(1970, 1, 1)).days
        days = days.zip_with(~counts.fill_null(False), (numbers + epoch).cast(pl.Date))
        findings += faults_where(
            cells, counts & (days >= FIRST_DAY) & (days <= LAST_DAY), judge=lambda t: _count_note(t, cells.dates)
        )
    early = (days < FIRST_DAY) | (days > LAST_DAY)
    wrong = cells.values.is_not_null() & days.is_null()
    findings += faults_where(cells, wrong, judge=date_fault)
    allowed = f"{FIRST_DAY} to {LAST_DAY}"
    findings += faults_where(cells, early, judge=lambda t: Fault("date.range", shown(t), allowed, "leave it blank for no limit"))
    return Reading(days.zip_with(~early.fill_null(False), pl.Series([None], dtype=pl.Date)), findings)


def read_clocks(cells: Cells) -> Reading:
    """Return times of day as ``HH:MM``."""
    text = cells.values.str.replace(_CLOCK_OF_DAY_ZERO, "")
    good = text.str.contains(_CLOCK)
    wrong = cells.values.is_not_null() & ~good
    padded = text.str.extract(r"^(\d{1,2}:\d\d)", 1).str.zfill(5)
    return Reading(
        padded.zip_with(good.fill_null(False), pl.Series([None], dtype=pl.String)), faults_where(cells, wrong, judge=_clock_fault)
    )


def date_fault(text: str) -> Fault:
    """Say what is wrong with a text that is no ISO date, with the date or the two dates it may mean."""
    plain = text.strip()
    if _ISO.match(plain):
        if _made(*(int(part) for part in plain[:10].split("-"))) is None:
            return Fault("date.impossible", shown(text), ALLOWED, "no calendar has this day")
        return Fault("date.time", shown(text), "a day without a time", f"write {plain[:10]}")
    if _SERIAL.fullmatch(plain) and not re.fullmatch(r"(19|20|21)\d{2}|(19|20|21)\d{6}", plain):
        return _serial_fault(text, int(float(plain)))
    parts = _PARTS.fullmatch(plain)
    if parts:
        return _parts_fault(text, *(int(part) for part in parts.groups()))
    if re.fullmatch(r"\d{8}", plain):
        day = _made(int(plain[:4]), int(plain[4:6]), int(plain[6:]))
        return Fault("date.format", shown(text), ALLOWED, f"write {day}" if day else "")
    named = _NAMED.fullmatch(plain)
    if named and named.group(2)[:3].lower() in _MONTHS:
        first, month, second, year = named.groups()
        day = _made(int(year), _MONTHS.index(month[:3].lower()) + 1, int(first or second or 0))
        return Fault("date.format", shown(text), ALLOWED, f"write {day}" if day else "write the day too")
    return Fault("date.wrong", shown(text), ALLOWED, "write year, month and day with hyphens")


def _serial_fault(text: str, count: int) -> Fault:
    days = [
        _EPOCHS[system] + timedelta(days=count) for system in (DateSystem.FROM_1900, DateSystem.FROM_1904) if count < 2_900_000
    ]
    fix = f"write {days[0]} (or {days[1]} if the workbook counts from 1904)" if days else ""
    return Fault("date.serial", f"{shown(text)}, a spreadsheet's day count", ALLOWED, fix)


def _parts_fault(text: str, first: int, second: int, third: int) -> Fault:
    if first > 31:
        day = _made(first, second, third)
        return Fault("date.format", shown(text), ALLOWED, f"write {day}" if day else "no calendar has this day")
    year = third if third > 99 else 2000 + third
    readings = sorted({d for d in (_made(year, second, first), _made(year, first, second)) if d})
    if not readings:
        return Fault("date.impossible", shown(text), ALLOWED, "no calendar has this day")
    if len(readings) == 2:
        return Fault("date.ambiguous", shown(text), ALLOWED, f"write {readings[0]} or {readings[1]}")
    return Fault("date.format", shown(text), ALLOWED, f"write {readings[0]}")


def _count_note(text: str, dates: DateSystem) -> Fault:
    day = _EPOCHS[dates] + timedelta(days=int(float(text)))
    return Fault(
        "date.serial", f"{shown(text)}, read as {day}", "a date cell", "format the cell as a date", severity=Severity.NOTE
    )


def _clock_fault(text: str) -> Fault:
    spoken = _SPOKEN.fullmatch(text.strip())
    if spoken:
        hour, minute, half = int(spoken.group(1)), int(spoken.group(2) or 0), (spoken.group(3) or "").lower()
        hour = hour % 12 + 12 if half == "pm" else hour % 12 if half == "am" else hour
        if hour < 24 and minute < 60:
            return Fault("clock.wrong", shown(text), ALLOWED_CLOCK, f"write {hour:02d}:{minute:02d}")
    return Fault("clock.wrong", shown(text), ALLOWED_CLOCK, "write it as hours:minutes")


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
