"""Reads where the events of a project come from, and nothing else of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from chaintwin.errors import Finding, Severity, UsageError
from chaintwin.network.network import Network
from chaintwin.network.tables.catalog import TABLE_NAMES
from chaintwin.network.tables.feeds.feeds import FEEDS_KEY, FEEDS_SHEET, Feed, feeds_of_sheet, feeds_of_text
from chaintwin.network.tables.files.folder import SETTINGS_FILE, find_project, match_table
from chaintwin.network.tables.files.workbook import open_workbook, read_worksheet, sheet_label
from chaintwin.network.tables.files.workbook_safety import inspect_workbook
from chaintwin.network.tables.settings import read_settings, settings_file

_NAMED = re.compile(rf'^\s*(\[\[?\s*)?"?{FEEDS_KEY}"?\s*[\].=]', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Feeds:
    """What a project file says of where events come from.

    Parameters
    ----------
    file : how findings name the file or sheet. folder : that paths in it are relative to.
    tables : in their order, unchecked. findings : why it could not be read.
    is_named : whether the file seems to say some, be they readable or not.
    """

    file: str
    folder: Path
    tables: tuple[Feed, ...] = ()
    findings: tuple[Finding, ...] = ()
    is_named: bool = False


def read_feeds(path: str | Path) -> Feeds:
    r"""Return the tables ``[[sources]]`` of a project: of its ``chaintwin.toml``, or else of the sheet ``event_sources``.

    Parameters
    ----------
    path : folder or workbook of a project; faults of its other tables do not matter.

    Example
    -------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "chaintwin.toml").write_text('[[sources]]\nname = "dock"\n')
    ...     read_feeds(folder).tables[0].values["name"]
    'dock'
    """
    project = find_project(Path(path), TABLE_NAMES)
    folder = project.folder or Path(path)
    if project.settings is not None:
        file = project.settings.name
        text, findings = settings_file(project.settings)
        if not findings:
            findings = [fault for fault in read_settings(text, file=file)[1] if _is_of_feeds(fault)]
        is_named = _NAMED.search(project.settings.read_text(encoding="utf-8", errors="replace")) is not None
        return Feeds(file, folder, feeds_of_text(text), tuple(findings), is_named)
    if project.workbook is not None:
        return _of_workbook(project.workbook, folder)
    return Feeds(SETTINGS_FILE, folder)


def keeping_feeds(network: Network, target: Path) -> Network:
    """Return a network with the feeds of the project that it is going to replace, if it does not say its own.

    Parameters
    ----------
    network : that is to be written. target : folder or workbook that it is written to; there may be nothing.

    Raises
    ------
    UsageError
        The project file that is there cannot be read, and seems to have some, which would be lost.
    """
    if network.feeds is not None or not target.exists():
        return network
    found = read_feeds(target)
    if found.findings and found.is_named:
        raise UsageError(
            f"{found.file}: found [[{FEEDS_KEY}]] that cannot be read, which would be lost "
            f"({found.findings[0]}); allowed: a file that can be read; fix: mend it, or move it away"
        )
    return replace(network, feeds=tuple(feed.values for feed in found.tables))


def _is_of_feeds(fault: Finding) -> bool:
    """Tell whether a fault of the settings keeps the tables from being read."""
    return fault.code == "settings.toml" or fault.column == FEEDS_KEY


def _of_workbook(path: Path, folder: Path) -> Feeds:
    inspection = inspect_workbook(path)
    part = next((sheet for sheet in inspection.sheets if match_table(sheet.name, (FEEDS_SHEET,))), None)
    if part is None:
        faults = tuple(finding for finding in inspection.findings if finding.severity is Severity.ERROR)
        # A file that is a project by itself, and no workbook, is refused for that.
        return Feeds(sheet_label(path, FEEDS_SHEET), folder, (), faults, is_named=folder != path)
    file = sheet_label(path, part.name)
    reader, findings = open_workbook(path)
    if reader is None:
        return Feeds(file, folder, (), tuple(findings), is_named=True)
    sheet, findings = read_worksheet(reader, part, path=path, dates=inspection.dates, table=FEEDS_SHEET)
    errors = tuple(finding for finding in findings if finding.severity is Severity.ERROR)
    is_named = any(finding.code != "file.empty" for finding in errors)
    return Feeds(file, folder, feeds_of_sheet(sheet) if sheet is not None else (), errors, is_named)
