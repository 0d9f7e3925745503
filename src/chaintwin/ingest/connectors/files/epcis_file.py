"""EPCIS documents in files: one file, or every finished file of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chaintwin.ingest.connectors.files.parts import JSON, LINES, XML, Part, parts_of
from chaintwin.ingest.connectors.files.probing import counted, probed_files
from chaintwin.ingest.connectors.files.walking import Opened, file_batches
from chaintwin.ingest.connectors.files.watching import AFTER, SETTLE
from chaintwin.ingest.connectors.interface import Batch, Connector, Option, Run, chosen

ENDINGS = (*JSON, *LINES, *XML)


class EpcisFile(Connector):
    """EPCIS 2.0 as JSON or JSON lines, and EPCIS 2.0 or 1.2 as XML, in a file or a folder of them.

    A file in a folder is read once it has stood still. A file that was changed later is read again from its begin, which does no
    harm, or, where it has only grown and has an event a line, from where its old end was.
    """

    name = "epcis-file"
    description = "EPCIS documents in a file or a folder: JSON (.json, .jsonld), an event a line (.jsonl, .ndjson), XML (.xml)."
    options: tuple[Option, ...] = (SETTLE, AFTER)

    def accepts(self, source: str) -> bool:
        place = Path(source)
        if place.is_dir():
            return any(path.suffix.lower() in ENDINGS for path in place.iterdir())
        return place.suffix.lower() in ENDINGS

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        return file_batches(source, _parts, endings=ENDINGS, since=since, run=run, options=chosen(self, run))

    def probe(self, source: str, *, run: Run) -> str:
        files = probed_files(source, endings=ENDINGS, options=chosen(self, run))
        return counted(files, _parts)


def _parts(opened: Opened) -> Iterator[Part]:
    return parts_of(
        opened.content,
        name=opened.found.name,
        ending=opened.found.path.suffix.lower(),
        skip=opened.skip,
        at=opened.at,
        whole_lines=opened.whole_lines,
    )
