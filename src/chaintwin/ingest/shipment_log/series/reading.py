"""A log of daily series: units of each product at the points of a chain, and the table of places."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import Finding, InputError, Severity, amount_of
from chaintwin.ingest.shipment_log.cells.classifying import read_dates, read_numbers
from chaintwin.ingest.shipment_log.cells.reading import ENDINGS, read_cells
from chaintwin.ingest.shipment_log.mapping.mapping import SERIES_POINTS, LogMapping
from chaintwin.ingest.shipment_log.mapping.nearest import nearest_headers

KILOGRAMS = {"kg": 1.0, "t": 1000.0, "g": 0.001, "lb": 0.45359237}
"""Kilograms in each unit of weight a mapping may name."""


@dataclass(frozen=True, slots=True)
class SeriesLog:
    """The series of a log.

    Parameters
    ----------
    products : headers of the series, in the order of the first file.
    days : the days all series cover.
    units : by point of the chain, float64[day, product].
    places : table of places as texts: ``product``, ``plant``, ``storage``, null where blank.
    groups : group by product.
    weights_kg : weight of one unit by product, where known.
    cells : number of cells by file and kind.
    findings : what was odd.
    """

    products: tuple[str, ...]
    days: tuple[date, ...]
    units: Mapping[str, NDArray[np.float64]]
    places: pl.DataFrame
    groups: Mapping[str, str]
    weights_kg: Mapping[str, float]
    cells: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]


def read_series(folder: Path, mapping: LogMapping) -> SeriesLog:
    """Read the files of a log of daily series.

    Parameters
    ----------
    folder : where the files are; they are found by the patterns of the mapping, and several files of one point are put together.
    mapping : the layout.

    Raises
    ------
    InputError
        Every file, column and day that is missing, at once.
    """
    findings: list[Finding] = []
    frames = {point: _read_point(folder, mapping, point=point, findings=findings) for point in SERIES_POINTS}
    places = _read_places(folder, mapping, findings=findings)
    _check_alike(frames, findings=findings)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise InputError(errors)
    first = frames[SERIES_POINTS[0]].values
    products = tuple(name for name in first.columns if name != "day")
    units = {}
    for point, read in frames.items():
        table = read.values.select(products).fill_null(0.0).to_numpy()
        units[point] = np.ascontiguousarray(table, dtype=np.float64)
        negative = int((table < 0).sum())
        if negative:
            fix = "kept in the sums, taken as 0 where demand or production is replayed"
            findings.append(
                Finding("log.negative", f"{negative} negative quantities", "0 or more", fix, point, severity=Severity.WARNING)
            )
    cells = {point: read.cells for point, read in frames.items()}
    groups = _read_groups(folder, mapping)
    weights = _read_weights(folder, mapping, findings=findings)
    return SeriesLog(products, tuple(first["day"].to_list()), units, places, groups, weights, cells, tuple(findings))


@dataclass(frozen=True, slots=True)
class _Point:
    values: pl.DataFrame
    cells: dict[str, int]


def find_file(folder: Path, pattern: str) -> list[Path]:
    """Return the tables of a folder whose name fits a pattern, sorted by name; also JSON files, which hold weights."""
    endings = (*ENDINGS, ".json")
    return sorted(
        path for path in folder.iterdir() if path.suffix.lower() in endings and fnmatch(path.name.lower(), pattern.lower())
    )


def _read_point(folder: Path, mapping: LogMapping, *, point: str, findings: list[Finding]) -> _Point:
    files = find_file(folder, mapping.series[point])
    empty = _Point(pl.DataFrame(schema={"day": pl.Date}), {})
    if not files:
        findings.append(
            Finding(
                "log.file_absent", f"no file like {mapping.series[point]}", "one file for each point of the chain", file=point
            )
        )
        return empty
    parts, counts = [], {"value": 0, "blank": 0, "unread": 0}
    for path in files:
        table = read_cells(path)
        cells = table.frame
        header = mapping.series["date"]
        if header not in cells.columns:
            near = ", ".join(nearest_headers(header, cells.columns)) or ", ".join(cells.columns[:5])
            findings.append(
                Finding(
                    "mapping.column_absent",
                    f'no column "{header}"',
                    "a header of the log",
                    f"did you mean {near}?",
                    path.name,
                    1,
                    "date",
                )
            )
            continue
        days = read_dates(cells[header], words={}, given_format=mapping.date_formats.get(header, ""))
        unread = days.frame["value"].null_count()
        if unread:
            findings.append(
                Finding(
                    "log.cell_unread", f"{amount_of(unread, 'cell')} without a date", "a date", "mend them", path.name, 0, header
                )
            )
        columns = [days.frame["value"].alias("day")]
        for name in cells.columns:
            if name != header:
                read = read_numbers(cells[name], words={}, decimal_comma=name in mapping.decimal_commas)
                columns.append(read.frame["value"].alias(name))
                for kind, count in read.counts().items():
                    counts[kind] = counts.get(kind, 0) + count
                bad = read.unread()
                if bad.height:
                    found = f'"{bad["text"][0]}"'
                    findings.append(
                        Finding(
                            "log.cell_unread",
                            found,
                            "a number",
                            "taken as 0",
                            path.name,
                            bad["row"][0],
                            name,
                            Severity.WARNING,
                            bad.height,
                        )
                    )
        parts.append(pl.DataFrame(columns))
    if not parts:
        return empty
    values = pl.concat(parts, how="diagonal").sort("day", maintain_order=True)
    _check_days(values["day"], findings=findings, point=point)
    return _Point(values, counts)


def _check_days(days: pl.Series, *, findings: list[Finding], point: str) -> None:
    days = days.drop_nulls()
    repeated = days.filter(days.is_duplicated()).unique().sort()
    if repeated.len():
        findings.append(
            Finding(
                "log.day_repeated",
                f"{repeated[0]} twice",
                "each day once",
                "leave one of the rows out",
                point,
                count=repeated.len(),
            )
        )
    if days.len() and (days.max() - days.min()).days + 1 > days.n_unique():  # type: ignore[operator, union-attr]
        absent = (days.max() - days.min()).days + 1 - days.n_unique()  # type: ignore[operator, union-attr]
        findings.append(
            Finding(
                "log.day_absent",
                f"{amount_of(absent, 'day')} missing between the first and the last",
                "every day",
                "add them, with 0 where nothing moved",
                point,
            )
        )


def _check_alike(frames: Mapping[str, _Point], *, findings: list[Finding]) -> None:
    """All points must cover the same days and products, or sums and differences over them would mean nothing."""
    read = {point: frame.values for point, frame in frames.items() if frame.values.width > 1}
    if not read:
        return
    first_point, first = next(iter(read.items()))
    for point, frame in read.items():
        extra = sorted(set(frame.columns) ^ set(first.columns))
        if extra:
            findings.append(
                Finding(
                    "log.products_differ",
                    ", ".join(extra),
                    f"the products of {first_point}",
                    "give every point every product",
                    point,
                )
            )
        if frame["day"].to_list() != first["day"].to_list():
            found = amount_of(frame.height, "day")
            findings.append(
                Finding("log.days_differ", found, f"the days of {first_point}", "cut the files to the same days", point)
            )


def _read_places(folder: Path, mapping: LogMapping, *, findings: list[Finding]) -> pl.DataFrame:
    names = ("product", "plant", "storage")
    empty = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    files = find_file(folder, mapping.places["file"])
    if not files:
        findings.append(
            Finding("log.file_absent", f"no file like {mapping.places['file']}", "a table of places", column="places")
        )
        return empty
    parts = []
    for path in files:
        cells = read_cells(path).frame
        absent = [name for name in names if mapping.places[name] not in cells.columns]
        for name in absent:
            near = ", ".join(nearest_headers(mapping.places[name], cells.columns))
            found = f'no column "{mapping.places[name]}"'
            findings.append(
                Finding(
                    "mapping.column_absent",
                    found,
                    "a header of the table",
                    f"did you mean {near}?",
                    path.name,
                    1,
                    f"places.{name}",
                )
            )
        if not absent:
            # Names of places are often numbers that a spreadsheet has turned into 2030.0.
            parts.append(
                cells.select(pl.col(mapping.places[name]).str.replace(r"^(\d+)\.0$", "${1}").alias(name) for name in names)
            )
    return pl.concat(parts) if parts else empty


def _read_groups(folder: Path, mapping: LogMapping) -> dict[str, str]:
    if not mapping.groups:
        return {}
    groups: dict[str, str] = {}
    for path in find_file(folder, mapping.groups["file"]):
        cells = read_cells(path).frame
        if {mapping.groups["product"], mapping.groups["group"]} <= set(cells.columns):
            groups |= dict(cells.select(mapping.groups["product"], mapping.groups["group"]).drop_nulls().iter_rows())
    return groups


def _read_weights(folder: Path, mapping: LogMapping, *, findings: list[Finding]) -> dict[str, float]:
    """Return the weight of a unit by product, from a JSON object or a table of two columns."""
    if not mapping.weights:
        return {}
    factor = KILOGRAMS[mapping.weights.get("unit", "kg")]
    weights: dict[str, float] = {}
    for path in find_file(folder, mapping.weights["file"]):
        pairs: Sequence[tuple[str, object]]
        if path.suffix.lower() == ".json":
            try:
                loaded = json.loads(path.read_text(encoding="utf-8"))
            except (ValueError, OSError, RecursionError) as error:
                findings.append(
                    Finding("log.unreadable", str(error), "a JSON object of weights", file=path.name, severity=Severity.WARNING)
                )
                continue
            pairs = list(loaded.items()) if isinstance(loaded, dict) else []
        else:
            table = read_cells(path).frame
            pairs = list(zip(table.to_series(0), read_numbers(table.to_series(1), words={}).frame["value"], strict=True))
        weights |= {name: float(value) * factor for name, value in pairs if isinstance(value, int | float) and value > 0}
    return weights
