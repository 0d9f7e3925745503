"""An import as a job: a shipment log becomes a network, a workbook of a project is checked; both are kept as a project."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from chaintwin.errors import Finding, InputError, Severity
from chaintwin.network.tables.catalog import TABLE_NAMES
from chaintwin.network.tables.files.workbook_safety import inspect_workbook
from chaintwin.network.tables.writing import Layout, write
from chaintwin.serve.jobs.asking import Import
from chaintwin.serve.jobs.files import PROJECT, UPLOADED
from chaintwin.serve.jobs.messages import Found
from chaintwin.serve.jobs.work.task import Task


def make_network(task: Task, asked: Import) -> Found:
    """Make a network of a file that was uploaded; it lies as a project in the folder of the job then.

    Parameters
    ----------
    task : the job. asked : what for.

    Raises
    ------
    InputError
        The file cannot be used; the exception carries all faults.
    """
    file, name = task.order.upload
    # Readers tell the kind of a file by its name, so it gets back the one it had.
    folder = task.folder / UPLOADED
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    source = folder / Path(name).name
    shutil.copyfile(file, source)
    try:
        project = task.folder / PROJECT
        shutil.rmtree(project, ignore_errors=True)
        return _workbook(task, source, project=project) if _is_project(source) else _log(task, asked, source, project=project)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_project(source: Path) -> bool:
    """Tell whether a file is the workbook of a project: two of its sheets are called as tables are."""
    if source.suffix.lower() != ".xlsx":
        return False
    names = {sheet.name.strip().lower() for sheet in inspect_workbook(source).sheets}
    return len(names & set(TABLE_NAMES)) > 1


def _workbook(task: Task, source: Path, *, project: Path) -> Found:
    from chaintwin.network.doctor import check

    report = check(source)
    task.step(0.8)
    errors = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    if errors or report.network is None:
        raise InputError(errors)
    write(report.network, project, layout=Layout.CSV)
    about = {"form": "workbook", "file": source.name, "name": report.network.settings.name, "project": True}
    frames = {"findings": _findings(report.findings), "rows": _rows(report.network)}
    return task.found(frames, about, is_last=True)


def _log(task: Task, asked: Import, source: Path, *, project: Path) -> Found:
    from chaintwin.ingest.shipment_log.importing import import_log
    from chaintwin.ingest.shipment_log.mapping.mapping import Layout as Kind
    from chaintwin.ingest.shipment_log.mapping.mapping import parse_mapping, shipped_mapping, shipped_names
    from chaintwin.ingest.shipment_log.writing import write_import

    mapping = None
    if asked.mapping:
        mapping = shipped_mapping(asked.mapping) if asked.mapping in shipped_names() else parse_mapping(asked.mapping)
        if mapping.kind is Kind.DAILY_SERIES:
            # Such a mapping names further files, which would be files of this machine.
            fix = "import it with chaintwin import, which takes a folder"
            raise InputError(
                [Finding("upload.layout", "a mapping of daily series", "one of transactions", fix, column="mapping")]
            )
    day = date.fromisoformat(asked.as_of) if asked.as_of else None
    result = import_log(source, mapping=mapping, name=asked.name or None, as_of=day, progress=lambda share, _: task.step(share))
    write_import(result, project, layout=Layout.CSV)
    about = {
        "form": "log",
        "file": source.name,
        "name": result.network.settings.name,
        "project": True,
        "mapping": result.mapping.to_toml(),
        "report": result.report.to_dict(),
    }
    frames = {"findings": _findings(result.findings), "lane_fits": result.lane_fits, "rows": _rows(result.network)}
    return task.found(frames, about, is_last=True)


def _findings(findings: tuple[Finding, ...]) -> pl.DataFrame:
    names = ("severity", "code", "file", "row", "column", "found", "allowed", "fix", "count")
    rows = [tuple(str(value) if name == "severity" else value for name, value in _named(finding, names)) for finding in findings]
    schema = {name: pl.Int64 if name in ("row", "count") else pl.String for name in names}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _named(finding: Finding, names: tuple[str, ...]) -> list[tuple[str, Any]]:
    return [(name, getattr(finding, name)) for name in names]


def _rows(network: Any) -> pl.DataFrame:
    filled = [(name, frame.height) for name, frame in network.tables.items() if frame.height]
    return pl.DataFrame(filled, schema={"table": pl.String, "rows": pl.Int64}, orient="row")
