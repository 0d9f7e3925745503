"""Reads a project: all its tables, typed and checked, with every fault found on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from chaintwin.errors import Finding, InputError, Severity
from chaintwin.network.network import Network, Settings
from chaintwin.network.tables.catalog import CATALOG, TABLE_NAMES, table
from chaintwin.network.tables.cells.columns import empty_frame, type_table
from chaintwin.network.tables.cells.keys import key_findings
from chaintwin.network.tables.cells.nearest import names_of
from chaintwin.network.tables.cells.references import Place, reference_findings
from chaintwin.network.tables.feeds.feeds import FEEDS_SHEET, feeds_of_sheet, feeds_of_text
from chaintwin.network.tables.files.columnar import read_columnar, unreadable_files
from chaintwin.network.tables.files.delimited import read_delimited
from chaintwin.network.tables.files.folder import SETTINGS_FILE, Project, find_project, match_table, stranger
from chaintwin.network.tables.files.sheet import Sheet
from chaintwin.network.tables.files.workbook import open_workbook, read_worksheet, sheet_label
from chaintwin.network.tables.files.workbook_safety import inspect_workbook
from chaintwin.network.tables.migrating import migrate, version_findings
from chaintwin.network.tables.schema import Kind
from chaintwin.network.tables.settings import SETTINGS_SHEET, load_settings, settings_file, settings_of_sheet


def read(path: str | Path) -> Network:
    """Read a project.

    Parameters
    ----------
    path : a folder with ``chaintwin.toml`` and one CSV or Parquet file for each table, a folder with one XLSX workbook, or the
        workbook itself.

    Returns
    -------
    Network
        Typed tables with defaults filled in.

    Raises
    ------
    InputError
        The project has faults; the exception carries all of them.

    Example
    -------
    >>> import tempfile
    >>> from chaintwin.network.tables.template import write_template
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_template(Path(folder) / "mine")
    ...     network = read(Path(folder) / "mine")
    >>> network["sites"].height
    5
    """
    network, findings = read_project(path)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise InputError(errors)
    return network


def read_project(path: str | Path) -> tuple[Network, list[Finding]]:
    """Read a project as far as possible, and return what is wrong with it instead of raising.

    Parameters
    ----------
    path : as for ``read``.

    Returns
    -------
    network and findings
        In the order of files and rows. With errors among them the network is partial: wrong cells are blank, tables that cannot
        be read are empty.
    """
    network, findings, _ = read_placed(path)
    return network, findings


def read_placed(path: str | Path) -> tuple[Network, list[Finding], Mapping[str, Place]]:
    """Read a project as ``read_project`` does, and also return where the rows of each table that was read come from.

    Parameters
    ----------
    path : as for ``read``.
    """
    project = find_project(Path(path), TABLE_NAMES)
    loaded = _load(project)
    loaded.findings[:0] = project.findings
    loaded.unreadable.update(project.broken)
    place = project.settings.name if project.settings else SETTINGS_FILE
    newer = version_findings(loaded.settings, file=place)
    if newer:
        return _nothing(loaded.settings, project), [*loaded.findings, *newer], {}
    migrated = migrate(loaded.sheets, loaded.settings)
    findings = loaded.findings + migrated.findings
    frames: dict[str, pl.DataFrame] = {}
    places: dict[str, Place] = {}
    for described in CATALOG:
        sheet = migrated.sheets.get(described.name)
        if sheet is None:
            frames[described.name] = empty_frame(described)
            continue
        typed = type_table(sheet, described, folder=project.folder)
        frames[described.name] = typed.frame
        places[described.name] = Place(sheet.file, sheet.rows, typed.sheet.headers)
        findings += typed.findings
        if described.key and any(
            name not in typed.sheet.frame.columns for name in described.key if described.column(name).required
        ):
            loaded.unreadable.add(described.name)
        else:
            findings += key_findings(described, typed.frame, rows=sheet.rows, file=sheet.file)
    findings += _missing_tables(places, loaded.unreadable, project)
    findings += reference_findings(frames, places, unreadable=loaded.unreadable)
    findings += _strangers(project, frames, loaded.sheets)
    network = Network(settings=migrated.settings, tables=frames, folder=project.folder, feeds=loaded.feeds)
    return network, sorted(findings, key=lambda finding: (_rank(finding.file), finding.row)), places


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What the files hold, as text."""

    sheets: dict[str, Sheet] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    feeds: tuple[Mapping[str, Any], ...] = ()
    findings: list[Finding] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)


def _load(project: Project) -> _Loaded:
    loaded = _Loaded()
    if project.workbook is not None:
        loaded = _load_workbook(project.workbook)
    damaged = unreadable_files([path for path in project.tables.values() if _is_columnar(path)])
    for name, path in project.tables.items():
        if _is_columnar(path):
            sheet, findings = read_columnar(path, table=name, is_tried=path not in damaged)
        else:
            sheet, findings = read_delimited(path, table=name, known=[column.name for column in table(name).columns])
        loaded.findings.extend(findings)
        if sheet is None or any(finding.code == "row.quotes" for finding in findings):
            loaded.unreadable.add(name)
        if sheet is not None:
            loaded.sheets[name] = sheet
    if project.settings is not None:
        settings, findings = load_settings(project.settings)
        loaded.findings[:0] = findings
        feeds = feeds_of_text(settings_file(project.settings)[0])
        return replace(loaded, settings=settings, feeds=tuple(feed.values for feed in feeds))
    return loaded


def _is_columnar(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _load_workbook(path: Path) -> _Loaded:
    inspection = inspect_workbook(path)
    loaded = _Loaded(findings=list(inspection.findings))
    if not inspection.sheets:
        loaded.unreadable.update(TABLE_NAMES)
        return loaded
    reader, findings = open_workbook(path)
    loaded.findings.extend(findings)
    if reader is None:
        loaded.unreadable.update(TABLE_NAMES)
        return loaded
    settings, feeds = Settings(), loaded.feeds
    others = []
    for part in inspection.sheets:
        name = match_table(part.name, (*TABLE_NAMES, SETTINGS_SHEET, FEEDS_SHEET))
        if not name:
            others.append(part.name)
            continue
        if name in loaded.sheets:
            file = sheet_label(path, part.name)
            loaded.findings.append(
                Finding("table.twice", f"{name} again", "one sheet for a table", fix="remove one of the two", file=file)
            )
            continue
        sheet, findings = read_worksheet(reader, part, path=path, dates=inspection.dates, table=name)
        loaded.findings.extend(findings)
        if sheet is None:
            loaded.unreadable.add(name)
        elif name == SETTINGS_SHEET:
            settings, findings = settings_of_sheet(_pairs(sheet), file=sheet.file)
            loaded.findings.extend(findings)
        elif name == FEEDS_SHEET:
            feeds = tuple(feed.values for feed in feeds_of_sheet(sheet))
        else:
            loaded.sheets[name] = sheet
    names = names_of(name for name in (*TABLE_NAMES, SETTINGS_SHEET, FEEDS_SHEET) if name not in loaded.sheets)
    loaded.findings.extend(stranger(sheet_label(path, name), name, names=names, kind="sheet")[0] for name in others)
    return replace(loaded, settings=settings, feeds=feeds)


def _pairs(sheet: Sheet) -> list[tuple[str, str]]:
    """Return the first two columns as they stand in the sheet, header and blank rows included."""
    if sheet.frame.width < 2:
        return []
    first, second = sheet.frame.columns[:2]
    pairs = {1: (first, second)}
    pairs |= {
        row: (key or "", value or "") for row, key, value in zip(sheet.rows, sheet.frame[first], sheet.frame[second], strict=True)
    }
    return [pairs.get(row, ("", "")) for row in range(1, max(pairs) + 1)]


def _missing_tables(places: Mapping[str, Place], unreadable: set[str], project: Project) -> list[Finding]:
    if not places and not unreadable:
        if any(finding.severity is Severity.ERROR for finding in project.findings):
            return []
        where = project.folder.name if project.folder else ""
        fix = "name the folder that holds the tables, or make a new project with chaintwin init"
        return [Finding("project.empty", "no tables", "a folder with tables, or one workbook", fix=fix, file=where)]
    findings = [
        Finding(
            "table.missing",
            f"no table {described.name}",
            f"the tables {', '.join(t.name for t in CATALOG if t.required)} at least",
            fix=f"add {described.name}: {described.meaning}",
            file=described.name,
        )
        for described in CATALOG
        if described.required and described.name not in places and described.name not in unreadable
    ]
    if project.settings is None and project.workbook is None:
        found = f"no {SETTINGS_FILE}; its defaults hold: period day, currency USD"
        fix = "add the file to choose period, currency, start and horizon"
        findings.append(
            Finding("settings.missing", found, "one beside the tables", fix=fix, file=SETTINGS_FILE, severity=Severity.NOTE)
        )
    return findings


def _strangers(project: Project, frames: Mapping[str, pl.DataFrame], sheets: Mapping[str, Sheet]) -> list[Finding]:
    """Return warnings for files that are neither tables nor named in any law."""
    if not project.strangers:
        return []
    laws = [frames[t.name][c.name] for t in CATALOG if t.name in sheets for c in t.columns if c.kind is Kind.LAW]
    texts = "\n".join(text for cells in laws for text in cells.filter(cells.str.contains("(", literal=True)).unique())
    names = names_of(name for name in TABLE_NAMES if name not in sheets)
    return [stranger(path.name, path.stem, names=names, kind="file")[0] for path in project.strangers if path.name not in texts]


def _nothing(settings: Settings, project: Project) -> Network:
    return Network(settings=settings, tables={t.name: empty_frame(t) for t in CATALOG}, folder=project.folder)


def _rank(file: str) -> int:
    """Return the place of a file in the report: the project as a whole first, then the tables in the catalog's order."""
    stem = file.partition("[")[2].rstrip("]") or Path(file).stem
    name = match_table(stem, TABLE_NAMES)
    return TABLE_NAMES.index(name) + 1 if name else 0
