"""Older versions of the tables: one step for each version, applied in turn while a project is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.network.network import Period, Settings
from chaintwin.network.tables.files.sheet import Sheet
from chaintwin.network.tables.schema import SCHEMA_VERSION

Sheets = Mapping[str, Sheet]


@dataclass(frozen=True, slots=True)
class Migrated:
    """Sheets in the present version.

    Parameters
    ----------
    sheets : by table.
    settings : with the present version.
    findings : a note for each change; errors where a change cannot be made.
    """

    sheets: Sheets
    settings: Settings
    findings: list[Finding]


def version_findings(settings: Settings, *, file: str) -> list[Finding]:
    """Return an error if the project was written by a newer program than this one."""
    if settings.schema_version <= SCHEMA_VERSION:
        return []
    fix = "install a newer chaintwin, or write the project again with the older version"
    found = f"version {settings.schema_version} of the tables"
    return [Finding("schema.newer", found, f"versions 1 to {SCHEMA_VERSION}", fix=fix, file=file, column="schema_version")]


def migrate(sheets: Sheets, settings: Settings) -> Migrated:
    """Bring the sheets of a project to the present version of the tables.

    Parameters
    ----------
    sheets : the sheets as they were read, by table.
    settings : settings of the project; their ``schema_version`` says which steps are needed.

    Returns
    -------
    Migrated
        Findings about migrated columns still name them as the file does.
    """
    findings: list[Finding] = []
    for version in range(settings.schema_version, SCHEMA_VERSION):
        sheets, found = MIGRATIONS[version](sheets, settings)
        findings += found
    return Migrated(sheets, replace(settings, schema_version=SCHEMA_VERSION), findings)


def from_draft(sheets: Sheets, settings: Settings) -> tuple[Sheets, list[Finding]]:
    """Bring version 1, the draft of the format, to version 2.

    ``demand`` named the market ``customer`` and the quantity ``mean``; ``lanes`` named its ends ``from`` and ``to`` and counted
    the lead time in days whatever the period.
    """
    changed = dict(sheets)
    findings: list[Finding] = []
    if "demand" in changed:
        changed["demand"], found = _renamed(changed["demand"], {"customer": "market", "mean": "quantity"})
        findings += found
    if "lanes" in changed:
        lanes, found = _renamed(changed["lanes"], {"from": "from_site", "to": "to_site"})
        lanes, more = _in_periods(lanes, settings.period)
        changed["lanes"] = lanes
        findings += found + more
    return changed, findings


MIGRATIONS: Mapping[int, Callable[[Sheets, Settings], tuple[Sheets, list[Finding]]]] = MappingProxyType({1: from_draft})
"""For each older version, the step to the version after it."""


def _renamed(sheet: Sheet, names: Mapping[str, str]) -> tuple[Sheet, list[Finding]]:
    moves = {old: new for old, new in names.items() if old in sheet.frame.columns and new not in sheet.frame.columns}
    notes = [_note(sheet, old, f"{new}; {old} is its name in version 1") for old, new in moves.items()]
    headers = {**sheet.headers, **{new: old for old, new in moves.items()}}
    return replace(sheet, frame=sheet.frame.rename(moves), headers=headers), notes


def _in_periods(lanes: Sheet, period: Period) -> tuple[Sheet, list[Finding]]:
    """Turn lead times in days into lead times in periods; a law can be kept only where a period is a day."""
    old, new = "lead_time_days", "lead_time"
    if old not in lanes.frame.columns or new in lanes.frame.columns:
        return lanes, []
    findings = [_note(lanes, old, f"{new}, in periods; {old} is its name in version 1")]
    cells = lanes.frame[old]
    if period is not Period.DAY:
        days = cells.str.strip_chars().cast(pl.Float64, strict=False)
        is_law = cells.is_not_null() & (cells.str.strip_chars() != "") & days.is_null()
        fix = f"write the lead time in a column lead_time, counted in {period.value}s, and set schema_version = {SCHEMA_VERSION}"
        findings += [
            Finding("migration.law", text, "numbers of days in version 1", fix=fix, file=lanes.file, row=row, column=old)
            for text, row in zip(cells.filter(is_law), lanes.rows.filter(is_law), strict=True)
        ]
        cells = (days * 24 / period.hours).cast(pl.String)
    frame = lanes.frame.with_columns(cells.alias(old)).rename({old: new})
    return replace(lanes, frame=frame, headers={**lanes.headers, new: old}), findings


def _note(sheet: Sheet, column: str, meaning: str) -> Finding:
    fix = "write the project anew to have the present names in the file"
    return Finding(
        "migration.column", f"column {column}", meaning, fix=fix, file=sheet.file, row=1, column=column, severity=Severity.NOTE
    )
