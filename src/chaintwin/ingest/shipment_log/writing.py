"""Writes an import: the project and the report beside it, all or nothing, over nothing that no import wrote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from chaintwin.errors import UsageError
from chaintwin.ingest.shipment_log.importing import ImportResult
from chaintwin.ingest.shipment_log.report import FITS_FILE, MAPPING_FILE, REPORT_FILE, write_json
from chaintwin.network.tables.catalog import TABLE_NAMES
from chaintwin.network.tables.feeds.reading import keeping_feeds
from chaintwin.network.tables.files.exchanging import check_before, write_folder, write_group
from chaintwin.network.tables.files.folder import SETTINGS_FILE, TABLE_ENDINGS, match_table
from chaintwin.network.tables.writing import Layout, check_workbook, filler, project_files

REPORT_FOLDER = "import"

_REPORTS = (REPORT_FILE, FITS_FILE, MAPPING_FILE)
_REPORT_BYTES_MAX = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the parts of an import go.

    Parameters
    ----------
    home : the folder that the names below are relative to.
    project : what the report calls its project: the name of the workbook, ``.`` for the folder that the report lies in.
    reports : name of the folder with the report.
    workbook : name of the workbook, empty if the tables are files.
    """

    home: Path
    project: str
    reports: str
    workbook: str

    @property
    def target(self) -> Path:
        """The folder or file that was asked for."""
        return self.home if self.project == "." else self.home / self.project


def write_import(result: ImportResult, target: Path | str, *, layout: Layout = Layout.CSV, replace: bool = False) -> list[Path]:
    r"""Write the network of an import as a project, with report (JSON), lead-time fits (CSV) and mapping (TOML) beside it.

    All files appear or none. The report goes into the folder ``import`` of the project, for a workbook such as ``mine.xlsx`` into
    the folder ``mine-import`` beside it.

    Parameters
    ----------
    result : what the import returned.
    target : a new or empty folder, or a new file that ends in ``.xlsx``.
    layout : how the tables are stored; a workbook in a folder gets the folder's name.
    replace : take the place of an earlier import to the same target. Only the files that its report names are replaced, and
        the ``[[sources]]`` of its project file are kept.

    Returns
    -------
    The files written, the report first.

    Raises
    ------
    InputError
        The network holds cells that no project may hold.
    UsageError
        The target holds something that no import wrote, or that an import wrote and ``replace`` was not asked for.

    Example
    -------
    >>> import tempfile
    >>> from chaintwin.ingest import import_log
    >>> log = "item,from,to,ordered,delivered,qty\nbolt,Mill,Shop,2025-01-01,2025-01-05,3\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "log.csv").write_text(log)
    ...     result = import_log(Path(folder) / "log.csv")
    ...     [path.name for path in write_import(result, Path(folder) / "mine")][:3]
    ['report.json', 'lead_time_fits.csv', 'mapping.toml']
    """
    place = _place(Path(target), layout)
    check_import(target, layout=layout, replace=replace)
    fill_project = filler(keeping_feeds(result.network, place.target), layout=Layout.XLSX if place.workbook else layout)
    names: list[str] = []

    def fill(staging: Path) -> None:
        fill_project(staging / place.workbook if place.workbook else staging)
        written = sorted(path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file())
        names.extend([*(f"{place.reports}/{name}" for name in _REPORTS), *written])
        reports = staging / place.reports
        reports.mkdir()
        result.lane_fits.write_csv(reports / FITS_FILE)
        (reports / MAPPING_FILE).write_text(result.mapping.to_toml(), encoding="utf-8")
        write_json(result.report, result.findings, path=reports / REPORT_FILE, project=place.project, files=names)

    def stale(_home: Path) -> Sequence[str]:
        earlier = _earlier_files(place, replace=replace)
        _refuse_others(place, names, earlier=earlier)
        return [name for name in earlier if (place.home / name).is_file()]

    if place.project == ".":
        write_folder(place.home, fill, stale=stale)
    else:
        write_group(place.target, fill, stale=stale)
    return [place.home / name for name in names]


def check_import(target: Path | str, *, layout: Layout = Layout.CSV, replace: bool = False) -> None:
    """Refuse a target that an import cannot be written to, before time is spent on it.

    Parameters
    ----------
    target, layout, replace : as for ``write_import``.

    Raises
    ------
    UsageError
        The target holds something that must not be replaced.
    """
    place = _place(Path(target), layout)
    check_before(place.home, lambda: _check(place, replace=replace))


def _place(target: Path, layout: Layout) -> _Place:
    if target.suffix.lower() == ".xlsx":
        return _Place(target.parent, target.name, f"{target.stem}-import", target.name)
    workbook = f"{target.resolve().name}.xlsx" if layout is Layout.XLSX else ""
    return _Place(target, ".", REPORT_FOLDER, workbook)


def _check(place: _Place, *, replace: bool) -> None:
    _earlier_files(place, replace=replace)


def _earlier_files(place: _Place, *, replace: bool) -> list[str]:
    """Return the files of an earlier import that may be replaced; refuse the place if anything else is in the way."""
    target, reports = place.target, place.home / place.reports
    is_folder = place.project == "."
    if target.exists() and target.is_dir() != is_folder:
        found, allowed = ("a file", "a folder, or a file that ends in .xlsx") if is_folder else ("a folder", "a file")
        raise UsageError(f"{target}: found {found}; allowed: {allowed}")
    if reports.is_symlink() or (reports.exists() and not reports.is_dir()):
        raise UsageError(f"{target}: found {reports}, which is no folder; allowed: a folder for the report of the import")
    earlier = _files_of_report(place)
    if earlier and not replace:
        raise UsageError(f"{target}: found an earlier import; allowed: another place, or --replace to write over it")
    if not is_folder:
        if not earlier and target.exists():
            raise UsageError(
                f"{target}: found a file, and no report in {reports.name} which says that an import wrote it; "
                "allowed: a new file; fix: choose another name, or move the file away"
            )
        if not earlier and _entries(reports):
            raise UsageError(
                f"{target}: found files in {reports} that are of no import to it, and the report would go there; "
                "allowed: a new or an empty folder; fix: choose another name, or move them away"
            )
    elif not earlier and _entries(place.home):
        if not project_files(place.home):
            raise UsageError(f"{target}: found files; allowed: something new, or an empty folder")
        raise UsageError(
            f"{target}: found a project without {place.reports}/{REPORT_FILE}, the report which says that an import wrote it; "
            "allowed: something new, an empty folder, or with --replace an import; fix: choose another place, or move it away"
        )
    for name in earlier:
        if name.lower().endswith(".xlsx"):
            check_workbook(place.home / name)
    return earlier


def _refuse_others(place: _Place, names: Iterable[str], *, earlier: Iterable[str]) -> None:
    """Refuse files that no import wrote and that stand where the new ones go, or hold a table that the new ones hold too."""
    arriving = [PurePosixPath(name) for name in names]
    tables = {match_table(name.stem, TABLE_NAMES) for name in arriving if len(name.parts) == 1 and name.suffix in TABLE_ENDINGS}
    found = {str(name) for name in arriving if (place.home / name).exists()}
    if place.project == "." and place.home.is_dir():
        table_files = [Path(name) for name in project_files(place.home) if name != SETTINGS_FILE]
        found |= {name.name for name in table_files if place.workbook or match_table(name.stem, TABLE_NAMES) in tables}
        if place.workbook:
            found |= {entry for entry in _entries(place.home) if entry.lower().endswith(".xlsx")}
    others = sorted(found - set(earlier))
    if others:
        raise UsageError(
            f"{place.target}: found {', '.join(others)}, which the earlier import did not write; "
            "allowed: only its files in the place of the new ones; fix: move it away, or choose another place"
        )


def _files_of_report(place: _Place) -> list[str]:
    """Return the files that an earlier import to this place says it wrote; none if there was no such import.

    A project may come from somebody else: only names are believed that an import gives its files.
    """
    path = place.home / place.reports / REPORT_FILE
    try:
        if path.stat().st_size > _REPORT_BYTES_MAX:
            return []
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    if not isinstance(report, dict) or report.get("project") != place.project or not isinstance(report.get("files"), list):
        return []
    return [name for name in report["files"] if isinstance(name, str) and _is_of_import(name, place)]


def _is_of_import(name: str, place: _Place) -> bool:
    if name in {f"{place.reports}/{report}" for report in _REPORTS}:
        return True
    if place.project != ".":
        return name == place.project
    path = PurePosixPath(name)
    is_table = path.suffix in TABLE_ENDINGS and path.stem in TABLE_NAMES
    return path.name == name and (name == SETTINGS_FILE or is_table or path.suffix == ".xlsx")


def _entries(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith(".")) if folder.is_dir() else []
