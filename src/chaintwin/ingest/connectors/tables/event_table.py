"""Any table whose rows a mapping turns into events: histories that were recorded, exports of other systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaintwin.clock import SECOND, text_of
from chaintwin.errors import Finding, InputError, UsageError, amount_of
from chaintwin.events.vocabulary import PREFIX, Name, Thing, own_uri
from chaintwin.ingest.connectors.files.parts import Part
from chaintwin.ingest.connectors.files.probing import TABLE_BYTES, named, probed_files
from chaintwin.ingest.connectors.files.walking import Opened, file_batches
from chaintwin.ingest.connectors.files.watching import AFTER, SETTLE
from chaintwin.ingest.connectors.interface import Batch, Connector, Item, Option, Place, Problem, Run, chosen, item_of
from chaintwin.ingest.connectors.tables.event_mapping import (
    CELL,
    COLUMN,
    FILE,
    PLACEHOLDER,
    ROW,
    EventMapping,
    EventTemplate,
    Kind,
    read_event_mapping,
)
from chaintwin.ingest.connectors.tables.reading import problem_of_row, unreadable

if TYPE_CHECKING:
    import polars as pl

    from chaintwin.ingest.shipment_log.cells.reading import LogTable

ENDINGS = (".csv", ".tsv", ".xlsx", ".parquet")

NOTHING, NO_COLUMN = "nothing", "no such column"
"""What is found where nothing is."""

MAPPING = Option("mapping", "Mapping file (TOML) that says what events a row gives.", is_file=True)


class EventTable(Connector):
    """Tables whose rows become events as a mapping of templates says.

    Two rows that say the same are two events: the second is told apart by ``ct:occurrence``.
    """

    name = "event-table"
    description = "Any CSV, XLSX or Parquet table, or a folder of them, with a mapping that says what events a row gives."
    options: tuple[Option, ...] = (MAPPING, SETTLE, AFTER)

    def accepts(self, source: str) -> bool:
        # Without a mapping nobody knows what a table says.
        del source
        return False

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        options = chosen(self, run)
        mapping = _mapping_of(options)

        def parts(opened: Opened) -> Iterator[Part]:
            for number, (what, share) in enumerate(_of_file(opened.found.path, mapping), start=1):
                if number > opened.skip:
                    yield Part(what, number, share=share)

        return file_batches(source, parts, endings=ENDINGS, since=since, run=run, options=options)

    def probe(self, source: str, *, run: Run) -> str:
        from chaintwin.ingest.shipment_log.cells.reading import read_tables

        options = chosen(self, run)
        mapping = _mapping_of(options)
        files = probed_files(source, endings=ENDINGS, options=options)
        fitting = [file for file in files if _templates(mapping, file.name)]
        first = next((file for file in fitting if file.size <= TABLE_BYTES), None)
        if first is None:
            return f"{named(files)}; {'none has a template' if files and not fitting else 'none was looked into'}"
        tables = read_tables(first.path)
        for table in tables:
            absent = _absent(table, _templates(mapping, first.name))
            if absent is not None:
                raise InputError([absent])
        rows = sum(table.frame.height for table in tables)
        return f"{named(files)}; {first.name} has {amount_of(rows, 'row')}"


def _mapping_of(options: Mapping[str, str]) -> EventMapping:
    if not options["mapping"]:
        raise UsageError("event-table: found no mapping; allowed: the option mapping with a TOML file")
    return read_event_mapping(options["mapping"])


def _templates(mapping: EventMapping, name: str) -> list[EventTemplate]:
    return [event for event in mapping.events if fnmatch(name.lower(), event.file.lower())]


def _of_file(path: Path, mapping: EventMapping) -> Iterator[tuple[Item | Problem, float]]:
    """Yield the events of a file, and the part of its rows that were read with each."""
    from chaintwin.ingest.shipment_log.cells.reading import read_tables

    wanted = _templates(mapping, path.name)
    if not wanted:
        return
    try:
        tables = read_tables(path)
    except InputError as fault:
        yield unreadable(path.name, fault), 1.0
        return
    for table in tables:
        yield from _of_table(table, wanted, mapping)


def _of_table(table: LogTable, templates: list[EventTemplate], mapping: EventMapping) -> Iterator[tuple[Item | Problem, float]]:
    absent = _absent(table, templates)
    if absent is not None:
        yield Problem(Place(table.file, 1), (absent,)), 1.0
        return
    reader = _Reader(table, templates, mapping)
    height = max(table.frame.height, 1)
    for place, cells in enumerate(table.frame.iter_rows()):
        row = int(table.rows[place])
        for what in reader.row(place, row=row, cells=cells):
            yield what, (place + 1) / height


def _absent(table: LogTable, templates: list[EventTemplate]) -> Finding | None:
    """Return what is to be said of headers that templates name and a table lacks."""
    absent = sorted({header for event in templates for header in event.headers()} - set(table.frame.columns))
    if not absent:
        return None
    headers, found = ", ".join(table.frame.columns[:8]), f"no column {', '.join(absent)}"
    return Finding("mapping.column_absent", found, f"headers of the table: {headers}", "mend the mapping", table.file, 1)


class _Reader:
    """Makes events of the rows of one table."""

    def __init__(self, table: LogTable, templates: list[EventTemplate], mapping: EventMapping) -> None:
        self.table, self.file, self.frame, self.templates, self.mapping = table, table.file, table.frame, templates, mapping
        self.column = {header: place for place, header in enumerate(table.frame.columns)}
        self.days: dict[tuple[str, str], pl.Series] = {}
        self.numbers: dict[str, pl.Series] = {}
        self.plain: dict[str, pl.Series] = {}
        self.seen: dict[bytes, int] = {}
        self.faults: list[Finding] = []

    def row(self, place: int, *, row: int, cells: tuple[str | None, ...]) -> Iterator[Item | Problem]:
        """Yield what one row gives; one problem for each event that it should have given and did not."""
        for template in self.templates:
            headers = [""]
            if template.each_cell:
                kept = {template.when, *template.left_out}
                headers = [header for header in self.frame.columns if header not in kept]
            for header in headers:
                self.faults = []
                event = self._event(template, place, row=row, cells=cells, header=header)
                if self.faults:
                    named = dict(zip(self.frame.columns, cells, strict=True))
                    yield problem_of_row(self.file, row, findings=self.faults, cells=named)
                elif event is not None:
                    yield self._counted(event, row)

    def _tell(self, header: str, found: str, allowed: str, *, place: int) -> None:
        """Note a cell that cannot be what the mapping says; the row goes on to be read, so that all of them are told."""
        fix = "fill in the cell" if found == NOTHING else "mend the mapping" if found == NO_COLUMN else "mend the cell"
        finding = Finding("source.cell", found, allowed, fix, self.file, int(self.table.rows[place]), header)
        if finding not in self.faults:
            self.faults.append(finding)

    def _counted(self, event: dict[str, Any], row: int) -> Item:
        item = item_of(event, place=Place(self.file, row))
        times = self.seen.get(item.content, 0) + 1
        self.seen[item.content] = times
        return item if times == 1 else item_of(event | {f"{PREFIX}:occurrence": times}, place=item.place)

    def _event(
        self, template: EventTemplate, place: int, *, row: int, cells: tuple[str | None, ...], header: str
    ) -> dict[str, Any] | None:
        """Return the event of a template, or None where the row has no day, or no quantity, for it, or cannot be read."""
        day = self._day(template.when, place, template.date_format)
        if day is None and not self.faults:
            return None
        values = {COLUMN: header, ROW: str(row), FILE: self.file}
        if header:
            values[CELL] = cells[self.column[header]] or ""

        def text(pattern: str) -> str:
            return PLACEHOLDER.sub(lambda found: self._text(found.group(1), values, cells), pattern)

        said = {name: text(pattern) for name, pattern in template.texts.items()}
        event: dict[str, Any] = {
            "type": said["type"],
            "eventTime": text_of((day or 0) + template.at),
            "eventTimeZoneOffset": "+00:00",
        }
        if template.quantity:
            quantity = self._number(template.quantity, place, header=header)
            if not self.faults and (quantity is None or (quantity == 0 and not template.keeps_zero)):
                return None
            if quantity is not None and quantity < 0:
                self._tell(header or template.quantity, f"{quantity:g}", "a quantity of 0 or more", place=place)
            if not said.get("product"):
                self._tell("product", NOTHING, "a product beside a quantity", place=place)
            event["quantityList"] = [_amount(said, quantity or 0.0)]
        event |= _standard(said)
        for own in template.own:
            found = self._own(own.kind, own.template, place, text=text, header=header)
            if found is not None:
                event[f"{PREFIX}:{own.name}"] = found
        return event

    def _own(self, kind: Kind, pattern: str, place: int, *, text: Any, header: str) -> Any:
        if kind == "number":
            return self._number(pattern, place, header=header)
        if kind == "date":
            day = self._day(PLACEHOLDER.sub(r"\1", pattern), place, "")
            return None if day is None else text_of(day)
        return text(pattern) or None

    def _text(self, name: str, values: Mapping[str, str], cells: tuple[str | None, ...]) -> str:
        found = values[name] if name.startswith("@") and name in values else cells[self.column[name]] or ""
        return "" if found.lower() in self.mapping.blank else found

    def _day(self, header: str, place: int, form: str) -> int | None:
        """Return the midnight of a day, microseconds; None where the cell is blank."""
        from chaintwin.ingest.shipment_log.cells.classifying import read_dates

        key = (header, form)
        if header not in self.column:
            self._tell(header, NO_COLUMN, "a header of the table", place=place)
            return None
        if key not in self.days:
            read = read_dates(self._plain(header), words={}, given_format=form).frame["value"]
            self.days[key] = read.to_physical()
        found = self.days[key][place]
        if found is None and self._plain(header)[place] is not None:
            self._tell(header, f'"{self.frame[header][place]}"', "a day such as 2026-03-31", place=place)
        return None if found is None else int(found) * 86_400 * SECOND

    def _number(self, pattern: str, place: int, *, header: str) -> float | None:
        """Return the number that a template names by one header in braces, or says itself; None where the cell is blank."""
        from chaintwin.ingest.shipment_log.cells.classifying import read_numbers

        named = PLACEHOLDER.fullmatch(pattern)
        name = pattern if named is None else named.group(1)
        column = header if name == CELL else name
        if column not in self.column:
            try:
                return float(pattern)
            except ValueError:
                self._tell(column, NO_COLUMN, "a header of the table, or a number", place=place)
                return None
        if column not in self.numbers:
            commas = column in self.mapping.decimal_commas
            self.numbers[column] = read_numbers(self._plain(column), words={}, decimal_comma=commas).frame["value"]
        found = self.numbers[column][place]
        if found is None and self._plain(column)[place] is not None:
            self._tell(column, f'"{self.frame[column][place]}"', "a number", place=place)
        return None if found is None else float(found)

    def _plain(self, header: str) -> pl.Series:
        """Return a column with words that mean nothing as blanks."""
        import polars as pl

        if header not in self.plain:
            nothing = self.frame[header].str.to_lowercase().is_in(sorted(self.mapping.blank))
            self.plain[header] = pl.select(pl.when(~nothing).then(self.frame[header])).to_series().alias(header)
        return self.plain[header]


def _amount(said: Mapping[str, str], quantity: float) -> dict[str, Any]:
    product, lot = said.get("product", ""), said.get("lot", "")
    name = Name(Thing.LOT, product, lot=lot) if lot else Name(Thing.PRODUCT, product)
    amount: dict[str, Any] = {"epcClass": own_uri(name), "quantity": quantity}
    return amount | ({"uom": said["unit"]} if said.get("unit") else {})


def _standard(said: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of EPCIS that texts give."""
    event: dict[str, Any] = {}
    for name, field in (("action", "action"), ("step", "bizStep"), ("disposition", "disposition")):
        if said.get(name):
            event[field] = said[name]
    for name, field in (("location", "bizLocation"), ("read_point", "readPoint")):
        if said.get(name):
            event[field] = {"id": own_uri(Name(Thing.SITE, said[name]))}
    for name in ("source", "destination"):
        if said.get(name):
            event[f"{name}List"] = [{"type": "location", name: own_uri(Name(Thing.SITE, said[name]))}]
    if said.get("order"):
        order = own_uri(Name(Thing.ORDER, said["order"]))
        event["bizTransactionList"] = [{"type": "po", "bizTransaction": order}]
    return event
