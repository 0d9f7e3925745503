"""Writes a project in any of its layouts, complete or not at all, so that reading it gives the same network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

import polars as pl

from chaintwin.errors import Finding, InputError, Severity, UsageError
from chaintwin.laws.grammar import parse_many
from chaintwin.laws.law import Law
from chaintwin.network.network import Network
from chaintwin.network.tables.catalog import CATALOG, TABLE_NAMES
from chaintwin.network.tables.cells.cells import shown
from chaintwin.network.tables.cells.columns import DTYPES, default_of, type_table
from chaintwin.network.tables.feeds.feeds import FEEDS_SHEET, feeds_frame, feeds_text
from chaintwin.network.tables.feeds.reading import keeping_feeds
from chaintwin.network.tables.files.exchanging import check_before, write_file, write_folder
from chaintwin.network.tables.files.folder import SETTINGS_FILE, TABLE_ENDINGS, is_marked, match_table
from chaintwin.network.tables.files.sheet import Sheet
from chaintwin.network.tables.files.workbook_safety import inspect_workbook
from chaintwin.network.tables.files.workbook_writing import ROWS_IN_SHEET_MAX, write_workbook
from chaintwin.network.tables.schema import Column, Kind, Table
from chaintwin.network.tables.settings import MEANINGS, SETTINGS_SHEET, settings_text, settings_values


class Layout(StrEnum):
    """How the tables of a project are stored."""

    CSV = "csv"  # a folder with one CSV file a table
    XLSX = "xlsx"  # one workbook with one sheet a table
    PARQUET = "parquet"  # a folder with one Parquet file a table


def write(network: Network, path: str | Path, *, layout: Layout = Layout.CSV) -> None:
    """Write a network as a project.

    An existing project at the path is replaced, other files in its folder are left alone; a network that was not read from a
    project file keeps the ``[[sources]]`` of events that stand there. A workbook is replaced as a whole, so
    one with sheets that belong to no project is refused. Nothing is written half: after a fault or an interruption the old
    project is there as it was. Reading the project gives an equal network.

    Parameters
    ----------
    network : the network.
    path : the project folder, or for a workbook a file ending in ``.xlsx``.
    layout : how the tables are stored.

    Raises
    ------
    InputError
        The network holds cells that no project may hold, such as NaN; nothing is written.
    UsageError
        The path does not fit the layout, is a folder or a workbook that holds other things than a project, or another program
        is writing there all the time.

    Example
    -------
    >>> import tempfile
    >>> from chaintwin.network.tables.reading import read
    >>> from chaintwin.network.tables.template import write_template
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_template(Path(folder) / "mine")
    ...     write(read(Path(folder) / "mine"), Path(folder) / "mine.xlsx", layout=Layout.XLSX)
    ...     read(Path(folder) / "mine.xlsx")["lanes"].height
    4
    """
    target = Path(path)
    _check_path(target, layout)
    network = keeping_feeds(network, target)
    if layout is Layout.XLSX:
        check_workbook(target)
        fill = filler(network, layout=layout)
        for sample in sample_files(network):
            _copy_beside(network, sample, folder=target.parent)
        write_file(target, fill)
        return
    if target.exists():
        check_before(target, lambda: _check_folder(target))

    def stale(folder: Path) -> Sequence[str]:
        _check_folder(folder)
        return project_files(folder)

    write_folder(target, filler(network, layout=layout), stale=stale)


def filler(network: Network, *, layout: Layout) -> Callable[[Path], None]:
    """Check a network and return what writes it: into the folder it is given, or as the workbook it is given.

    Parameters
    ----------
    network : the network.
    layout : how the tables are stored. Files that laws name go along into a folder, not beside a workbook.

    Raises
    ------
    InputError, UsageError
        The network cannot be written; see ``write``.
    """
    tables = _tables_to_write(network)
    if layout is Layout.XLSX:
        long = [name for name, frame in tables.items() if frame.height > ROWS_IN_SHEET_MAX]
        if long:
            raise UsageError(
                f"{', '.join(long)}: found more than {ROWS_IN_SHEET_MAX} rows; allowed: at most that; fix: write CSV or Parquet"
            )
        values = settings_values(network.settings)
        settings = {name: (values[name], meaning) for name, meaning in MEANINGS}
        if network.feeds:
            tables[FEEDS_SHEET] = feeds_frame(network.feeds)
        return lambda file: write_workbook(file, settings, sheet=SETTINGS_SHEET, tables=tables)
    samples = sample_files(network)

    def fill(folder: Path) -> None:
        (folder / SETTINGS_FILE).write_text(settings_text(network.settings) + feeds_text(network.feeds or ()), encoding="utf-8")
        for name, frame in tables.items():
            _write_table(frame, folder / name, layout=layout)
        for sample in samples:
            _copy_sample(network, sample, folder=folder)

    return fill


def project_files(folder: Path) -> Sequence[str]:
    """Return the names of the files in a folder that hold a table or the settings.

    Parameters
    ----------
    folder : an existing folder.
    """
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.is_file()
        and (path.name == SETTINGS_FILE or (path.suffix.lower() in TABLE_ENDINGS and match_table(path.stem, TABLE_NAMES) != ""))
    )


def check_workbook(path: Path) -> None:
    """Refuse to replace a file that is not the workbook of a project and nothing else.

    Parameters
    ----------
    path : the file; it need not exist.

    Raises
    ------
    UsageError
        It is no workbook, or has sheets that would be lost.
    """
    if not path.exists():
        return
    allowed = "allowed: a new file, or a workbook that holds a project and nothing else; fix: choose another name"
    names = [sheet.name for sheet in inspect_workbook(path).sheets]
    if not names:
        raise UsageError(f"{path.name}: found a file that is no workbook; {allowed}")
    strange = [name for name in names if match_table(name, (*TABLE_NAMES, SETTINGS_SHEET, FEEDS_SHEET)) == ""]
    if strange:
        sheets = f"{'sheet' if len(strange) == 1 else 'sheets'} {', '.join(map(shown, strange[:3]))}"
        more = f" and {len(strange) - 3} more" if len(strange) > 3 else ""
        raise UsageError(f"{path.name}: found {sheets}{more}, which would be lost; {allowed}")


def normalized(network: Network) -> Network:
    """Return the network as it would be after writing and reading: blanks by default, text trimmed.

    Raises
    ------
    InputError
        It holds cells that no project may hold.
    """
    frames: dict[str, pl.DataFrame] = {}
    findings: list[Finding] = []
    for described in CATALOG:
        frame = network[described.name]
        _check_columns(frame, described)
        if frame.is_empty():
            frames[described.name] = frame
            continue
        sheet = Sheet(
            table=described.name,
            file=described.name,
            frame=frame.select(pl.all().cast(pl.String)),
            rows=pl.Series("row", range(2, 2 + frame.height), dtype=pl.UInt32),
        )
        typed = type_table(sheet, described, folder=network.folder)
        findings += [finding for finding in typed.findings if finding.severity is Severity.ERROR]
        frames[described.name] = typed.frame
    if findings:
        raise InputError(findings)
    return Network(settings=network.settings, tables=frames, folder=network.folder, feeds=network.feeds)


def sample_files(network: Network) -> list[str]:
    """Return the files named in laws, relative to the network's folder.

    Parameters
    ----------
    network : the network.
    """
    if network.folder is None:
        return []
    columns = [(t.name, c.name) for t in CATALOG for c in t.columns if c.kind is Kind.LAW]
    cells = pl.concat([network[table][column] for table, column in columns])
    texts = cells.filter(cells.str.contains("(?i)empirical").fill_null(False)).unique(maintain_order=True).to_list()
    files: dict[str, None] = {}
    for law in parse_many(texts, folder=network.folder):
        inner = law if isinstance(law, Law) else None
        while inner is not None:
            if inner.source:
                files[inner.source.split(", column=", maxsplit=1)[0]] = None
            inner = inner.inner
    return list(files)


def _check_columns(frame: pl.DataFrame, described: Table) -> None:
    wanted = [(column.name, DTYPES[column.kind]) for column in described.columns]
    if list(frame.schema.items()) != wanted:
        raise UsageError(f"{described.name}: found columns {dict(frame.schema)}; allowed: exactly {dict(wanted)}")


def _check_path(target: Path, layout: Layout) -> None:
    is_file = target.suffix.lower() == ".xlsx"
    if is_file != (layout is Layout.XLSX):
        wanted = "a file ending in .xlsx" if layout is Layout.XLSX else "a folder"
        raise UsageError(f"{target.name}: found a path that does not fit layout {layout.value}; allowed: {wanted}")
    if is_file and target.is_dir():
        raise UsageError(f"{target.name}: found a folder; allowed: a file")
    if not is_file and target.exists() and not target.is_dir():
        raise UsageError(f"{target.name}: found a file; allowed: a folder")


def _check_folder(folder: Path) -> None:
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    # After a kill the tables may lie in a hidden folder.
    if entries and not project_files(folder) and not is_marked(folder):
        raise UsageError(
            f"{folder.name or folder}: found a folder with other things than a project; "
            "allowed: a project, an empty or a new folder"
        )


def _tables_to_write(network: Network) -> dict[str, pl.DataFrame]:
    """Return the tables that have rows or are required, without the columns that would say nothing.

    A column is left out if all its cells are blank or hold the default, which reading puts there again.
    """
    whole = normalized(network)
    tables = {}
    for described in CATALOG:
        frame = whole[described.name]
        if frame.is_empty() and not described.required:
            continue
        kept = [
            column.name
            for column in described.columns
            if column.required or not (frame[column.name].null_count() == frame.height or _is_default(frame, column))
        ]
        tables[described.name] = frame.select(kept)
    return tables


def _is_default(frame: pl.DataFrame, column: Column) -> bool:
    held = (pl.col(column.name) == default_of(column)).fill_null(value=False)
    return column.default is not None and bool(frame.select(held.all()).item())


def _write_table(frame: pl.DataFrame, path: Path, *, layout: Layout) -> None:
    if layout is Layout.CSV:
        frame.write_csv(path.with_suffix(".csv"))
    else:
        frame.write_parquet(path.with_suffix(".parquet"))


def _copy_sample(network: Network, name: str, *, folder: Path) -> None:
    if network.folder is None:
        return
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(network.folder / name, folder / name)


def _copy_beside(network: Network, name: str, *, folder: Path) -> None:
    """Copy a file that a law names to the folder of the workbook, unless it is there; another of its name is not overwritten."""
    if network.folder is None:
        return
    source, target = network.folder / name, folder / name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)

        def fill(file: Path) -> None:
            shutil.copyfile(source, file)

        write_file(target, fill)
    elif target.read_bytes() != source.read_bytes():
        raise UsageError(
            f"{name}: found another file of that name beside the workbook; allowed: none; fix: choose another folder"
        )
