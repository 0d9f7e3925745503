"""What reading files would have said about a network that was made in memory."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.laws import LawError, parse_many
from chaintwin.network.doctor.marks import Subject
from chaintwin.network.tables.catalog import CATALOG
from chaintwin.network.tables.cells.keys import key_findings
from chaintwin.network.tables.cells.references import Place, reference_findings
from chaintwin.network.tables.schema import Kind


def check_memory(subject: Subject) -> list[Finding]:
    """Report names that stand twice, names of nothing, and laws that cannot be understood."""
    findings: list[Finding] = []
    places: dict[str, Place] = {}
    for table in CATALOG:
        frame = subject.network[table.name]
        rows = subject.table(table.name)["row"]
        file = subject.file(table.name)
        if frame.height:
            places[table.name] = Place(file, rows, {column.name: column.name for column in table.columns})
        findings += key_findings(table, frame, rows=rows, file=file)
        for column in table.columns:
            if column.kind is Kind.LAW:
                findings += _laws(subject, frame[column.name], rows=rows, file=file)
    return findings + reference_findings(subject.network.tables, places, unreadable=set())


def _laws(subject: Subject, cells: pl.Series, *, rows: pl.Series, file: str) -> list[Finding]:
    written = cells.filter(cells.is_not_null() & cells.cast(pl.Float64, strict=False).is_null()).unique().to_list()
    parsed = zip(written, parse_many(written, folder=subject.network.folder), strict=True)
    faults = {text: law for text, law in parsed if isinstance(law, LawError)}
    if not faults:
        return []
    places = zip(rows.to_list(), cells.to_list(), strict=True)
    return [faults[text].as_finding(file=file, row=row, column=cells.name) for row, text in places if text in faults]
