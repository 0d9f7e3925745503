"""From a shipment log to a network: the front door of the importer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from chaintwin.errors import Finding, InputError
from chaintwin.ingest.shipment_log.building.transactions import build_from_lines
from chaintwin.ingest.shipment_log.cells.reading import LogTable, find_tables, read_tables
from chaintwin.ingest.shipment_log.guesses.findings import arrival_findings, guess_findings, refuse_incomplete
from chaintwin.ingest.shipment_log.mapping.content import SAMPLE_ROWS
from chaintwin.ingest.shipment_log.mapping.currencies import with_currency
from chaintwin.ingest.shipment_log.mapping.guessing import guess_mapping
from chaintwin.ingest.shipment_log.mapping.mapping import (
    SERIES_POINTS,
    Layout,
    LogMapping,
    check_headers,
    check_headers_of_file,
    read_mapping,
    shipped_mapping,
    shipped_names,
)
from chaintwin.ingest.shipment_log.report import ImportReport
from chaintwin.ingest.shipment_log.series.building import build_from_series
from chaintwin.ingest.shipment_log.series.facts import gather_series_facts
from chaintwin.ingest.shipment_log.series.reading import find_file, read_series
from chaintwin.ingest.shipment_log.transactions.facts import gather_facts
from chaintwin.ingest.shipment_log.transactions.references import share_totals
from chaintwin.ingest.shipment_log.transactions.rows import LogLines, read_lines
from chaintwin.ingest.shipment_log.transactions.spellings import merge_spellings
from chaintwin.ingest.shipment_log.transactions.usable import choose_usable
from chaintwin.network.network import Network

Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A network made from a log, with everything a person needs to trust or correct it.

    Parameters
    ----------
    network : the network, complete enough to check and simulate.
    report : figures of the log and counts of what was done with it.
    findings : what was odd in the log and what was assumed; none of them an error.
    lane_fits : one row a lane: ``lane``, ``mode``, ``n`` (shipments), ``censored`` (of them open), ``method``, ``mean``, ``sd``,
        ``p95`` (periods), ``law``, ``start`` (the column the clock starts at).
    mapping : the mapping used; guessed if it has a ``confidence``.
    """

    network: Network
    report: ImportReport
    findings: tuple[Finding, ...]
    lane_fits: pl.DataFrame
    mapping: LogMapping


def import_log(
    source: Path | str,
    *,
    mapping: LogMapping | Path | str | None = None,
    name: str | None = None,
    as_of: date | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Make a network from a shipment log.

    Parameters
    ----------
    source : a CSV, XLSX or Parquet file, or a folder of them; tables of a folder of transactions are put together.
    mapping : what the columns mean: a mapping, a mapping file, or the name of one that comes with the program (``scms``,
        ``supplygraph``). None takes a shipped mapping that fits, else guesses one from the headers.
    name : name of the project; None takes that of the mapping.
    as_of : day up to which the log is complete; later arrivals count as open. None takes the last day on which anything
        happened in the log. Daily series have no open shipments, so nothing depends on it there.
    progress : told the share done, 0 to 1, and what is being done.

    Returns
    -------
    The network with its report, findings and lead-time fits.

    Raises
    ------
    InputError
        Files that cannot be read, columns that are missing (with the nearest headers), or no line that is usable; all at once.
    """
    path = Path(source)
    tell: Progress = progress or (lambda _share, _what: None)
    tell(0.0, "looking for tables")
    files = find_tables(path)
    chosen = _given_mapping(mapping, files[0])
    if chosen is None and _is_series(path):
        chosen = shipped_mapping("supplygraph")
    if chosen is not None and chosen.kind is Layout.DAILY_SERIES:
        return _import_series(path if path.is_dir() else path.parent, chosen, name=name, tell=tell)
    return _import_transactions(files, chosen, name=name, as_of=as_of, tell=tell)


def find_mapping(source: Path | str) -> LogMapping:
    """Return the mapping an import of this log would use when none is given, to be shown before anything is imported.

    A guess may lack fields a network needs; ``import_log`` refuses it then, and a person can add them to ``to_toml()``.

    Parameters
    ----------
    source : as in ``import_log``.
    """
    path = Path(source)
    files = find_tables(path)
    if _is_series(path):
        return shipped_mapping("supplygraph")
    return _fitting_mapping(files[0], _read(files[:1], None)[0].frame)


def typed_log(source: Path | str, *, mapping: LogMapping | Path | str | None = None) -> tuple[LogLines, LogMapping]:
    """Return the lines of a log of transactions, typed, and the mapping they were read by, without making a network of them.

    Parameters
    ----------
    source, mapping : as in ``import_log``.

    Raises
    ------
    InputError
        Files that cannot be read, columns that are missing, or a mapping of daily series; all at once.
    """
    files = find_tables(Path(source))
    chosen = _given_mapping(mapping, files[0])
    tables = _read(files, chosen)
    if chosen is None:
        chosen = _fitting_mapping(files[0], tables[0].frame)
        refuse_incomplete(chosen, tables[0].frame.head(SAMPLE_ROWS), file=files[0].name)
    if chosen.kind is not Layout.TRANSACTIONS:
        finding = Finding("mapping.kind", str(chosen.kind), str(Layout.TRANSACTIONS), "name another mapping", files[0].name)
        raise InputError([finding])
    chosen, said = with_currency(chosen, [table.frame for table in tables])
    lines = read_lines(tables, chosen)
    return replace(lines, findings=(*lines.findings, *said)), chosen


def _given_mapping(mapping: LogMapping | Path | str | None, file: Path) -> LogMapping | None:
    if mapping is None or isinstance(mapping, LogMapping):
        return mapping
    if isinstance(mapping, str) and mapping in shipped_names():
        return shipped_mapping(mapping)
    try:
        return read_mapping(mapping)
    except InputError as error:
        # Headers that the log lacks are said along with the other faults.
        absent = check_headers_of_file(mapping, _read([file], None)[0].frame.columns, file=file.name)
        raise InputError([*error.findings, *absent]) from error


def _read(files: Sequence[Path], mapping: LogMapping | None) -> list[LogTable]:
    """Return the tables of the files; without a mapping, sheets of a workbook are chosen by what the headers seem to mean."""

    def meant(frame: pl.DataFrame) -> Sequence[str]:
        if mapping is None:
            return _fitting_mapping(files[0], frame).all_headers()
        return [header for header in mapping.all_headers() if header in frame.columns]

    named = mapping.sheets if mapping is not None else ()
    return [table for file in files for table in read_tables(file, sheets=named, meant=meant)]


def _is_series(path: Path) -> bool:
    """Tell whether a folder, or the folder of a file, holds a file for each point of the shipped layout of daily series."""
    series = shipped_mapping("supplygraph").series
    folder = path if path.is_dir() else path.parent
    inside = all(find_file(folder, series[point]) for point in SERIES_POINTS)
    return inside and (path.is_dir() or any(path in find_file(folder, series[point]) for point in SERIES_POINTS))


def _fitting_mapping(file: Path, cells: pl.DataFrame) -> LogMapping:
    """Return a shipped mapping whose columns are all there, else a guess."""
    for name in shipped_names():
        shipped = shipped_mapping(name)
        if shipped.kind is Layout.TRANSACTIONS and not check_headers(shipped, cells.columns, file=file.name):
            return shipped
    return guess_mapping(cells.columns, cells.head(SAMPLE_ROWS), name=file.stem)


def _import_transactions(
    files: list[Path], mapping: LogMapping | None, *, name: str | None, as_of: date | None, tell: Progress
) -> ImportResult:
    tell(0.02, "reading")
    tables = _read(files, mapping)
    chosen = mapping if mapping is not None else _fitting_mapping(files[0], tables[0].frame)
    if mapping is None:
        refuse_incomplete(chosen, tables[0].frame.head(SAMPLE_ROWS), file=files[0].name)
    chosen, said = with_currency(chosen, [table.frame for table in tables])
    lines = read_lines(tables, chosen)
    tell(0.1, "counting")
    # The figures of the log are those of its cells as they stand; names are brought to one spelling only for the network.
    facts = gather_facts(lines, chosen)
    named, merged, spellings = merge_spellings(lines.frame, chosen)
    shared = share_totals(named)
    usable = choose_usable(replace(lines, frame=shared.frame), chosen, as_of=as_of)
    built = build_from_lines(
        usable, chosen, name=name or chosen.name, progress=lambda share, what: tell(0.15 + 0.85 * share, what)
    )
    used = set(chosen.all_headers())
    unused = tuple(dict.fromkeys(header for table in tables for header in table.frame.columns if header not in used))
    report = ImportReport(
        source=tuple(file.name for file in files),
        layout=str(chosen.kind),
        mapping=chosen.name,
        facts=facts,
        cells=lines.cells,
        texts=lines.texts,
        references=shared.counts,
        steps={**built.counts, "spellings_merged": spellings},
        unused_columns=unused,
        as_of=usable.as_of.isoformat(),
        coverage=built.coverage,
    )
    guessed = guess_findings(chosen, tables[0].frame.head(SAMPLE_ROWS), file=tables[0].file)
    doubtful = arrival_findings(chosen, observed=built.counts["lead_times"]["observed"])
    parts = (guessed, doubtful, said, lines.findings, merged, shared.findings, usable.findings, built.findings)
    findings = tuple(finding for part in parts for finding in part)
    tell(1.0, "done")
    return ImportResult(built.network, report, findings, built.lane_fits, chosen)


def _import_series(folder: Path, mapping: LogMapping, *, name: str | None, tell: Progress) -> ImportResult:
    tell(0.02, "reading")
    log = read_series(folder, mapping)
    tell(0.6, "counting")
    facts = gather_series_facts(log)
    tell(0.7, "network")
    built = build_from_series(log, mapping, name=name or mapping.name)
    patterns = [mapping.series[point] for point in SERIES_POINTS] + [mapping.places["file"]]
    patterns += [section["file"] for section in (mapping.groups, mapping.weights) if section]
    report = ImportReport(
        source=tuple(file.name for pattern in patterns for file in find_file(folder, pattern)),
        layout=str(mapping.kind),
        mapping=mapping.name,
        facts=facts,
        cells=log.cells,
        texts={},
        references={},
        steps=built.counts,
        unused_columns=(),
        as_of=log.days[-1].isoformat(),
        coverage=built.coverage,
    )
    tell(1.0, "done")
    return ImportResult(built.network, report, (*log.findings, *built.findings), built.lane_fits, mapping)
