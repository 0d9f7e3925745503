"""Shipment logs dropped as tables: each line becomes the placing, the shipping and the receiving of an order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chaintwin.errors import InputError, amount_of
from chaintwin.ingest.connectors.files.parts import Part
from chaintwin.ingest.connectors.files.probing import TABLE_BYTES, named, probed_files
from chaintwin.ingest.connectors.files.walking import Opened, file_batches
from chaintwin.ingest.connectors.files.watching import AFTER, SETTLE
from chaintwin.ingest.connectors.interface import Batch, Connector, Item, Option, Problem, Run, chosen
from chaintwin.ingest.connectors.tables.line_events import events_of_lines
from chaintwin.ingest.connectors.tables.reading import unreadable

ENDINGS = (".csv", ".tsv", ".xlsx", ".parquet")

MAPPING = Option(
    "mapping",
    "Mapping file (TOML) of the shipment log, or the name of one that comes along (scms); guessed by default.",
    is_file=True,
    words=("scms", "supplygraph"),
)


class TableDrop(Connector):
    """Shipment logs as ``chaintwin import`` reads them, with the same mapping files and the same guesses.

    A line is named by its shipment id; without one by what it says, so that the same line dropped again is the same line.
    """

    name = "table-drop"
    description = (
        "Shipment logs as CSV, XLSX or Parquet, a file or a folder: each line is an order, its shipping and its receipt."
    )
    options: tuple[Option, ...] = (MAPPING, SETTLE, AFTER)

    def accepts(self, source: str) -> bool:
        place = Path(source)
        if place.is_dir():
            return any(path.suffix.lower() in ENDINGS for path in place.iterdir())
        return place.suffix.lower() in ENDINGS

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        options = chosen(self, run)
        mapping = options["mapping"]

        def parts(opened: Opened) -> Iterator[Part]:
            for number, (what, share) in enumerate(_of_file(opened.found.path, mapping, run), start=1):
                if number > opened.skip:
                    yield Part(what, number, share=share)

        return file_batches(source, parts, endings=ENDINGS, since=since, run=run, options=options)

    def probe(self, source: str, *, run: Run) -> str:
        from chaintwin.ingest.shipment_log.importing import typed_log
        from chaintwin.ingest.shipment_log.mapping.mapping import read_mapping, shipped_names

        options = chosen(self, run)
        mapping = options["mapping"]
        files = probed_files(source, endings=ENDINGS, options=options)
        if mapping and mapping not in shipped_names():
            read_mapping(mapping)
        first = next((file for file in files if file.size <= TABLE_BYTES), None)
        if first is None:
            return named(files)
        lines, _ = typed_log(first.path, mapping=mapping or None)
        return f"{named(files)}; {first.name} has {amount_of(lines.frame.height, 'line')}"


def _of_file(path: Path, mapping: str, run: Run) -> Iterator[tuple[Item | Problem, float]]:
    from chaintwin.ingest.shipment_log.importing import typed_log

    try:
        lines, chosen_mapping = typed_log(path, mapping=mapping or None)
    except InputError as fault:
        yield unreadable(path.name, fault), 1.0
        return
    if chosen_mapping.confidence:
        pairs = ", ".join(f"{name} = {' | '.join(headers)}" for name, headers in chosen_mapping.columns.items())
        run.note(f"{path.name}: the meaning of columns was guessed: {pairs}.")
    for finding in lines.findings:
        run.note(str(finding))
    yield from events_of_lines(lines, chosen_mapping)
