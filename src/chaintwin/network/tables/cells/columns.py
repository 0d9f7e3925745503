"""From a sheet of text to a typed table: every column by its kind, blanks by their default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.network.tables.cells.cells import Cells, Fault, Reading, faults_where, fold, shown
from chaintwin.network.tables.cells.dates import read_clocks, read_dates
from chaintwin.network.tables.cells.laws import read_laws
from chaintwin.network.tables.cells.nearest import names_of
from chaintwin.network.tables.cells.numbers import read_booleans, read_integers, read_numbers
from chaintwin.network.tables.cells.words import read_choices, read_words
from chaintwin.network.tables.files.sheet import Sheet, rename_headers
from chaintwin.network.tables.schema import Column, Kind, Table

DTYPES: Mapping[Kind, pl.DataType] = MappingProxyType(
    {
        Kind.ID: pl.String(),
        Kind.TEXT: pl.String(),
        Kind.CHOICE: pl.String(),
        Kind.NUMBER: pl.Float64(),
        Kind.INTEGER: pl.Int64(),
        Kind.BOOLEAN: pl.Boolean(),
        Kind.DATE: pl.Date(),
        Kind.CLOCK: pl.String(),
        Kind.LAW: pl.String(),
    }
)
"""Type in memory of each kind of cell."""

_READERS: Mapping[Kind, Callable[[Cells], Reading]] = MappingProxyType(
    {
        Kind.ID: read_words,
        Kind.TEXT: read_words,
        Kind.CHOICE: read_choices,
        Kind.NUMBER: read_numbers,
        Kind.INTEGER: read_integers,
        Kind.BOOLEAN: read_booleans,
        Kind.DATE: read_dates,
        Kind.CLOCK: read_clocks,
    }
)


@dataclass(frozen=True, slots=True)
class TypedTable:
    """A table with the catalog's columns and types.

    Parameters
    ----------
    frame : its rows, defaults filled in, null where blank or wrong.
    sheet : the sheet they were read from, headers known.
    findings : faults and remarks about its cells.
    """

    frame: pl.DataFrame
    sheet: Sheet
    findings: list[Finding]


def type_table(sheet: Sheet, table: Table, *, folder: Path | None) -> TypedTable:
    """Turn text into values, column by column.

    Parameters
    ----------
    sheet : the table as text.
    table : what the catalog says about it.
    folder : where files named in laws are found; None if there is none.
    """
    sheet, findings = rename_headers(sheet, known=[column.name for column in table.columns])
    findings += _header_findings(sheet, table)
    height = len(sheet.rows)
    values: list[pl.Series] = []
    for column in table.columns:
        if column.name in sheet.frame.columns:
            reading = read_column(sheet, column, folder=folder)
            findings += reading.findings
            values.append(reading.values.alias(column.name))
        else:
            values.append(pl.Series(column.name, [None], dtype=DTYPES[column.kind]).new_from_index(0, height))
    frame = fill_defaults(pl.DataFrame(values), table)
    return TypedTable(frame, sheet, findings)


def read_column(sheet: Sheet, column: Column, *, folder: Path | None) -> Reading:
    """Turn the text of one column into values.

    Parameters
    ----------
    sheet : a table as text, with the column.
    column : what the catalog says about it.
    folder : where files named in laws are found; None if there is none.
    """
    raw = sheet.frame[column.name]
    stripped = raw.str.strip_chars()
    values = stripped.zip_with((stripped != "").fill_null(False), pl.Series([None], dtype=pl.String))
    cells = Cells(values, raw, sheet.rows, column, file=sheet.file, header=sheet.header(column.name), dates=sheet.dates)
    reading = read_laws(cells, folder) if column.kind is Kind.LAW else _READERS[column.kind](cells)
    if not column.required or not values.null_count():
        return reading
    missing = faults_where(
        cells, values.is_null(), judge=lambda _: Fault("cell.blank", "a blank cell", _wanted(column), "fill it in")
    )
    return Reading(reading.values, [*reading.findings, *missing])


def empty_frame(table: Table) -> pl.DataFrame:
    """Return the table without rows, typed."""
    return pl.DataFrame(schema={column.name: DTYPES[column.kind] for column in table.columns})


def fill_defaults(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return the frame with the catalog's defaults in blank cells."""
    filled = [pl.col(column.name).fill_null(default_of(column)) for column in table.columns if column.default is not None]
    return frame.with_columns(filled)


def default_of(column: Column) -> pl.Expr:
    """Return what stands in for a blank cell of each row; null where nothing does."""
    dtype = DTYPES[column.kind]
    usual = pl.lit(column.default, dtype=dtype)
    if column.other_default is None:
        return usual
    name, choice, value = column.other_default
    return pl.when(pl.col(name) == choice).then(pl.lit(value, dtype=dtype)).otherwise(usual)


def _wanted(column: Column) -> str:
    if column.references:
        return f"an id of {column.references}"
    if column.choices:
        return ", ".join(column.choices)
    return {Kind.NUMBER: "a number", Kind.INTEGER: "a whole number", Kind.DATE: "a date", Kind.LAW: "a number or a law"}.get(
        column.kind, "a text"
    )


def _header_findings(sheet: Sheet, table: Table) -> list[Finding]:
    known = [column.name for column in table.columns]
    absent = [name for name in known if name not in sheet.frame.columns]
    findings = [
        Finding(
            "column.missing",
            f"no column {column.name}",
            f"the columns {', '.join(c.name for c in table.columns if c.required)} at least",
            fix=f"add a column {column.name}: {column.meaning}",
            file=sheet.file,
            row=1,
            column=column.name,
        )
        for column in table.columns
        if column.required and column.name in absent
    ]
    names = names_of(absent)
    for header in sheet.frame.columns:
        if header in known or header.startswith("#"):
            continue
        near = names.nearest(header)
        # A slip of the pen would silently lose data, so it is an error; a column of the user's own is only not used.
        severity = Severity.ERROR if near else Severity.WARNING
        fix = f"did you mean {near}?" if near else "remove it, or begin its name with # to keep it as a comment"
        allowed = f"columns of the table {table.name}"
        found = f"unknown column {shown(header)}" + ("" if near else ", not used")
        findings += fold([(1, Fault("column.unknown", found, allowed, fix, severity=severity))], file=sheet.file, header=header)
    return findings
