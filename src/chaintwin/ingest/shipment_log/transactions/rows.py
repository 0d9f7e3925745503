"""The lines of a transaction log, typed by its mapping, with every oddity counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from chaintwin.errors import Finding, InputError
from chaintwin.ingest.shipment_log.cells.classifying import CellKind, Cells, read_dates
from chaintwin.ingest.shipment_log.cells.reading import LogTable
from chaintwin.ingest.shipment_log.cells.units import Measure, Measured, read_measured
from chaintwin.ingest.shipment_log.mapping.content import SAMPLE_ROWS, mode_of
from chaintwin.ingest.shipment_log.mapping.currencies import with_codes
from chaintwin.ingest.shipment_log.mapping.fields import FIELDS, FieldKind
from chaintwin.ingest.shipment_log.mapping.guessing import guess_mapping
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping, check_headers
from chaintwin.ingest.shipment_log.mapping.vocabulary import header_words
from chaintwin.ingest.shipment_log.transactions.cell_findings import cell_findings, unit_findings
from chaintwin.ingest.shipment_log.transactions.countries import with_country_codes

POINTING = ("weight", "freight")
"""Fields whose cells may point to another line."""

MEASURES = {"quantity": Measure.COUNT, "pack_size": Measure.COUNT, "weight": Measure.MASS}
"""What number fields count; the others hold money."""


@dataclass(frozen=True, slots=True)
class LogLines:
    """The lines of a log.

    Parameters
    ----------
    frame : one row a line: ``file``, ``row`` (as a spreadsheet counts), one column a field of the mapping vocabulary (null
        where the log has none), text fields with words that mean "nothing" blanked; dates of several columns as
        ``ordered_0``, ``ordered_1``...; countries as ISO codes; ``mode_word``, ``is_hub``;
        for ``weight`` and ``freight`` also ``..._kind``,
        ``..._meaning`` and ``..._reference``.
    raw : the texts of the same lines by field, as in the log.
    cells : number of cells by header and kind.
    texts : number of cells by header and text, for cells that are words or could not be read.
    findings : what was odd, folded by kind and column.
    unit : what quantities count: ``piece``, ``pallet``, ``kg``...
    """

    frame: pl.DataFrame
    raw: pl.DataFrame
    cells: Mapping[str, Mapping[str, int]]
    texts: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]
    unit: str = "piece"


def read_lines(tables: Sequence[LogTable], mapping: LogMapping) -> LogLines:
    """Type the lines of a log.

    Parameters
    ----------
    tables : tables of the log; all have the columns of the mapping.
    mapping : what the columns mean.

    Raises
    ------
    InputError
        A table lacks columns the mapping names.
    """
    headers = mapping.all_headers()
    complete = next((table.file for table in tables if set(headers) <= set(table.frame.columns)), "")
    absent = [finding for table in tables for finding in _absent(table, mapping, beside=complete)]
    if absent:
        raise InputError(absent)
    text = pl.concat(
        table.frame.select(pl.lit(table.file).alias("\0file"), table.rows.cast(pl.Int64).alias("\0row"), *headers)
        for table in tables
    )
    place = text.select(file="\0file", row="\0row")
    columns: list[pl.Series] = [*place.get_columns(), _others(tables, headers)]
    raw: list[pl.Series] = []
    read: list[Cells] = []
    measured: dict[str, Measured] = {}
    for item in FIELDS:
        names = mapping.headers(item.name)
        if names:
            raw.append(text[names[0]].alias(item.name))
        words = mapping.words.get(item.name, {})
        if item.kind is FieldKind.TEXT:
            columns.append(_text(text, names, name=item.name, words=words))
        elif item.kind is FieldKind.DATE:
            for index, header in enumerate(names or ("",)):
                name = f"ordered_{index}" if item.name == "ordered" else item.name
                if header:
                    read.append(read_dates(text[header], words=words, given_format=mapping.date_formats.get(header, "")))
                    columns.append(read[-1].frame["value"].alias(name))
                else:
                    columns.append(pl.Series(name, [None] * text.height, dtype=pl.Date))
        else:
            if names:
                measured[item.name] = _numbers(text, mapping, name=item.name)
                read.append(measured[item.name].cells)
            columns += _number_columns(measured.get(item.name), item.name, height=text.height)
    frame, unknown = with_country_codes(_with_modes(pl.DataFrame(columns), mapping), mapping)
    counts = {cells.header: cells.counts() for cells in read}
    texts = {cells.header: found for cells in read if (found := _texts(cells))}
    findings = [finding for table in tables for finding in table.findings]
    findings += [finding for cells in read for finding in cell_findings(cells, place, mapping=mapping)]
    findings += [finding for name, found in measured.items() for finding in unit_findings(found, place, field=name)]
    unit = measured["quantity"].unit if "quantity" in measured else "piece"
    return LogLines(frame, pl.DataFrame(raw), counts, texts, (*findings, *unknown), unit)


def _absent(table: LogTable, mapping: LogMapping, *, beside: str) -> list[Finding]:
    """Return a finding for each header that a table lacks, with what its own headers seem to mean."""

    def guess() -> LogMapping:
        return guess_mapping(table.frame.columns, table.frame.head(SAMPLE_ROWS))

    return check_headers(mapping, table.frame.columns, file=table.file, guess=guess, beside=beside)


def _others(tables: Sequence[LogTable], headers: Sequence[str]) -> pl.Series:
    """Return what each line says in columns that mean nothing here, to tell lines apart that are not the same."""
    parts = []
    for table in tables:
        names = sorted(set(table.frame.columns) - set(headers))
        texts = [pl.lit(""), *(pl.col(name).fill_null("") for name in names)]
        # The column beside the text gives it its height.
        parts.append(table.frame.select(pl.first(), pl.concat_str(texts, separator="\x1f").alias("\0others"))["\0others"])
    return pl.concat(parts).alias("others")


def _text(text: pl.DataFrame, names: tuple[str, ...], *, name: str, words: Mapping[str, str]) -> pl.Series:
    if not names:
        return pl.Series(name, [None] * text.height, dtype=pl.String)
    # Control characters cannot stand in an id.
    cleaned = pl.col(names[0]).str.replace_all(r"\p{Cc}+", " ").str.strip_chars()
    return text.select(
        pl.when(~pl.col(names[0]).str.to_lowercase().is_in([meant.lower() for meant in words])).then(cleaned).alias(name)
    ).to_series()


def _numbers(text: pl.DataFrame, mapping: LogMapping, *, name: str) -> Measured:
    cells = text[mapping.headers(name)[0]]
    words = header_words(cells.name)
    measure = MEASURES.get(name, Measure.MONEY)
    if measure is Measure.MONEY:
        for header in mapping.headers("currency")[:1]:
            cells = with_codes(cells, text[header], currency=mapping.money)
    return read_measured(
        cells,
        measure=measure,
        header_unit=words.currency if measure is Measure.MONEY else words.unit,
        currency=mapping.money,
        given=mapping.units.get(name, {}),
        words=mapping.words.get(name, {}),
        pattern=mapping.reference_pattern if name in POINTING else "",
        decimal_comma=cells.name in mapping.decimal_commas,
    )


def _number_columns(measured: Measured | None, name: str, *, height: int) -> list[pl.Series]:
    """Return the value of a number field and, where its cells may point elsewhere, what each cell is."""
    if measured is None:
        empty = [pl.Series(name, [None] * height, dtype=pl.Float64)]
        if name in POINTING:
            empty += [pl.Series(f"{name}_{part}", [None] * height, dtype=pl.String) for part in ("kind", "meaning", "reference")]
        return empty
    frame = measured.cells.frame
    found = [frame["value"].alias(name)]
    if name in POINTING:
        found += [frame[part].alias(f"{name}_{part}") for part in ("kind", "meaning", "reference")]
    return found


def _with_modes(frame: pl.DataFrame, mapping: LogMapping) -> pl.DataFrame:
    # What the mapping says is stronger than the words everybody uses, and may say that a word means nothing.
    words = frame["mode"].drop_nulls().unique().sort().to_list()
    known = {word: usual for word in words if (usual := mapping.modes.get(word, mode_of(word)))}
    mode = (
        pl.col("mode_word").replace_strict(known, default=None, return_dtype=pl.String)
        if known
        else pl.lit(None, dtype=pl.String)
    )
    return frame.rename({"mode": "mode_word"}).with_columns(
        mode.alias("mode"), pl.col("route").is_in(list(mapping.hub_routes)).fill_null(value=False).alias("is_hub")
    )


def _texts(cells: Cells) -> dict[str, int]:
    """Return the texts of words and unread cells with their number, the most frequent first, at most 50."""
    odd = cells.frame.filter(pl.col("kind").is_in([CellKind.WORD, CellKind.UNREAD]))
    counted = odd.group_by("text", maintain_order=True).len().sort(["len", "text"], descending=[True, False]).head(50)
    return dict(counted.iter_rows())
