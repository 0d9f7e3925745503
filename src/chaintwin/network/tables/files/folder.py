"""Which files and sheets of a project hold which tables."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chaintwin.errors import Finding, Severity
from chaintwin.network.tables.cells.cells import shown
from chaintwin.network.tables.cells.nearest import Names, names_of, plain_name
from chaintwin.network.tables.files.sheet import FILE_BYTES_MAX, fault
from chaintwin.network.tables.files.workbook_safety import SAVE_AS_XLSX

SETTINGS_FILE = "chaintwin.toml"
MARKER_FILE = ".chaintwin-writing"
"""Stands in a folder only while its tables are being exchanged."""

TABLE_ENDINGS = (".csv", ".parquet")
OTHER_WORKBOOKS = (".xls", ".ods", ".xlsb", ".xlsm", ".numbers", ".fods")
ENTRIES_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Project:
    """The files of a project.

    Parameters
    ----------
    tables : file of each table, in the order of the catalog.
    workbook : the workbook that holds all tables instead, None if there is none.
    settings : ``chaintwin.toml``, None if there is none.
    folder : where files named in cells are found.
    broken : tables whose file cannot be read at all.
    strangers : CSV and Parquet files that are no tables and are unlike any.
    findings : faults and remarks about the files.
    """

    tables: dict[str, Path] = field(default_factory=dict)
    workbook: Path | None = None
    settings: Path | None = None
    folder: Path | None = None
    broken: tuple[str, ...] = ()
    strangers: tuple[Path, ...] = ()
    findings: list[Finding] = field(default_factory=list)


def find_project(path: Path, known: Sequence[str]) -> Project:
    """Find the tables of a project.

    Parameters
    ----------
    path : a folder or an XLSX file.
    known : names of the tables.
    """
    name = path.name or str(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            with os.scandir(path) as entries:
                files = sorted(Path(entry.path) for entry in entries)
            return _in_folder(path, files, known=known)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        fix = "check the path; chaintwin init makes a new project"
        return Project(
            findings=[fault(shown(name), "project.missing", found=reason, allowed="a project folder or an .xlsx file", fix=fix)]
        )
    if path.suffix.lower() == ".xlsx":
        findings = check_file(path)
        return Project(workbook=None if findings else path, folder=path.parent, findings=findings)
    fix = SAVE_AS_XLSX if path.suffix.lower() in OTHER_WORKBOOKS else "name the folder that holds the tables"
    found = f"a file {shown(path.suffix) if path.suffix else 'without ending'}"
    return Project(findings=[fault(name, "project.format", found=found, allowed="a project folder or an .xlsx file", fix=fix)])


def is_marked(folder: Path) -> bool:
    """Tell whether the files of a folder are being exchanged, or were when the program that did it was killed.

    A marker without content is that of a program that has not moved anything yet.
    """
    try:
        return (folder / MARKER_FILE).lstat().st_size > 0
    except OSError:
        return False


def check_file(path: Path) -> list[Finding]:
    """Return findings if a file is no plain file, cannot be opened or is too large."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return [fault(path.name, "file.kind", found="something that is no file", allowed="a file", fix="remove or rename it")]
        with path.open("rb"):
            pass
    except OSError as error:
        return [
            fault(
                path.name,
                "file.unreadable",
                found=error.strerror or "no access",
                allowed="a readable file",
                fix="check its permissions",
            )
        ]
    if status.st_size > FILE_BYTES_MAX:
        found, allowed = f"{status.st_size / 2**20:.0f} MiB", f"at most {FILE_BYTES_MAX // 2**20} MiB"
        return [
            fault(path.name, "file.large", found=found, allowed=allowed, fix="split the project, or write the table as Parquet")
        ]
    return []


def match_table(name: str, known: Sequence[str]) -> str:
    """Return the table a file or sheet of that name holds, ignoring case and punctuation; empty if none."""
    return {plain_name(table): table for table in known}.get(plain_name(name), "")


def stranger(file: str, name: str, *, names: Names, kind: str) -> tuple[Finding, bool]:
    """Return a finding about a file or sheet that is no table, and whether it is nearly one."""
    near = names.nearest(name)
    if near:
        fix = f"did you mean {near}?"
        return Finding("table.unknown", f"unknown table {shown(name)}", ", ".join(names.all), fix=fix, file=file), True
    fix = f"remove it, or move it away if it is no table; the tables are {', '.join(names.all)}"
    found = f"{kind} {shown(name)}, not used"
    return Finding("table.unknown", found, "tables", fix=fix, file=file, severity=Severity.WARNING), False


def _in_folder(folder: Path, files: Sequence[Path], *, known: Sequence[str]) -> Project:
    findings: list[Finding] = []
    tables: dict[str, Path] = {}
    strangers: list[Path] = []
    if len(files) > ENTRIES_MAX:
        found, fix = f"{len(files)} files", "name the folder that holds the tables"
        return Project(findings=[fault(folder.name, "project.crowded", found=found, allowed=f"at most {ENTRIES_MAX}", fix=fix)])
    if is_marked(folder):
        found = "a write that was interrupted"
        fix = f"write the project again, or move back what lies in the hidden folder that {MARKER_FILE} names, and delete both"
        findings.append(fault(MARKER_FILE, "project.interrupted", found=found, allowed="a complete project", fix=fix))
    visible = [path for path in files if not path.name.startswith((".", "~$"))]
    for path in visible:
        ending = path.suffix.lower()
        if ending not in TABLE_ENDINGS:
            continue
        name = match_table(path.stem, known)
        if not name:
            strangers.append(path)
        elif name in tables:
            fix = "remove one of the two files"
            findings.append(
                fault(path.name, "table.twice", found=f"{name} again", allowed=f"one file; {tables[name].name} is one", fix=fix)
            )
        else:
            tables[name] = path
    names = names_of(name for name in known if name not in tables)
    unlike = []
    for path in strangers:
        finding, is_near = stranger(path.name, path.stem, names=names, kind="file")
        if is_near:
            findings.append(finding)
        else:
            unlike.append(path)
    workbooks = [path for path in visible if path.suffix.lower() == ".xlsx"]
    workbook, more = _workbook(workbooks, visible, has_tables=bool(tables), known=known)
    settings = next((path for path in visible if path.name == SETTINGS_FILE), None)
    faults = {name: check_file(path) for name, path in tables.items()}
    broken = tuple(name for name, found in faults.items() if found)
    usable = {name: tables[name] for name in known if name in tables and name not in broken}
    findings += more + [finding for found in faults.values() for finding in found]
    return Project(usable, workbook, settings, folder, broken, tuple(unlike), findings)


def _workbook(
    workbooks: Sequence[Path], visible: Sequence[Path], *, has_tables: bool, known: Sequence[str]
) -> tuple[Path | None, list[Finding]]:
    if has_tables:
        tables = [path for path in visible if path.suffix.lower() in OTHER_WORKBOOKS and match_table(path.stem, known)]
        return None, _old_workbooks(tables) + [
            Finding(
                "workbook.unused",
                "a workbook beside table files, not used",
                "tables as files, or one workbook",
                fix="remove one of them",
                file=path.name,
                severity=Severity.WARNING,
            )
            for path in workbooks
        ]
    if len(workbooks) > 1:
        found = f"{len(workbooks)} workbooks: {', '.join(path.name for path in workbooks)}"
        return None, [
            fault(
                workbooks[0].name, "workbook.twice", found=found, allowed="one", fix="name the one to read, or remove the others"
            )
        ]
    if workbooks:
        findings = check_file(workbooks[0])
        return (None if findings else workbooks[0]), findings
    return None, _old_workbooks([path for path in visible if path.suffix.lower() in OTHER_WORKBOOKS])


def _old_workbooks(paths: Sequence[Path]) -> list[Finding]:
    return [
        fault(path.name, "workbook.format", found=f"a workbook {path.suffix}", allowed=".xlsx or .csv", fix=SAVE_AS_XLSX)
        for path in paths
    ]
