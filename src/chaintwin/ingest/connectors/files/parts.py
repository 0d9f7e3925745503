"""The events of one file of EPCIS, whatever its form: each with its number, or what is wrong with it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import msgspec

from chaintwin.errors import Finding, InputError
from chaintwin.ingest.connectors.files.splitting_json import BrokenJsonError, events_of, outline_of
from chaintwin.ingest.connectors.files.splitting_xml import BrokenXmlError, xml_events
from chaintwin.ingest.connectors.interface import ITEM_BYTES_MAX, KEPT_BYTES, Item, Place, Problem

JSON, LINES, XML = (".json", ".jsonld"), (".jsonl", ".ndjson"), (".xml",)
"""Endings of the forms that a file may have."""

WHOLE_BYTES = 4 * 2**20
"""A file of XML that is no larger is read as a whole."""


@dataclass(frozen=True, slots=True)
class Part:
    """One event of a file, or what is wrong there.

    Parameters
    ----------
    what : the event or the problem.
    number : how many parts, or lines, were taken with it; 0 where nobody can go on behind it.
    end : byte behind it, where the file can be read on from there; else 0.
    share : part of the file that was read with it, 0 to 1; None where the place in the file tells.
    """

    what: Item | Problem
    number: int
    end: int = 0
    share: float | None = None


def parts_of(file: BinaryIO, *, name: str, ending: str, skip: int = 0, at: int = 0, whole_lines: bool = False) -> Iterator[Part]:
    """Yield the events of a file in their order; what is broken is yielded as a problem.

    Parameters
    ----------
    file : open for reading. name : how it is called. ending : of its name, which says what form it has.
    skip : so many parts or lines are left out. at : byte behind them, for lines.
    whole_lines : a last line without its end is left out.
    """
    if ending in LINES:
        file.seek(at)
        yield from _lines(file, name=name, number=skip, at=at, whole_lines=whole_lines)
        return
    file.seek(0)
    for part in _xml(file, name) if ending in XML else _json(file, name):
        if part.number > skip:
            yield part


def _json(file: BinaryIO, name: str) -> Iterator[Part]:
    number = 0
    try:
        document = outline_of(file)
        file.seek(0)
        for piece in events_of(file):
            number += 1
            place = Place(name, number)
            yield Part(Item(place, piece.content, document) if piece.whole else _too_large(place, piece.content), number)
    except BrokenJsonError as fault:
        yield Part(_broken(Place(name, number + 1), str(fault), _rest(file, fault.at), code="source.json"), number + 1)


def _lines(file: BinaryIO, *, name: str, number: int, at: int, whole_lines: bool) -> Iterator[Part]:
    """Yield the events of a file that has one, or one document, a line."""
    while line := file.readline(ITEM_BYTES_MAX + 1):
        number, at = number + 1, at + len(line)
        found: list[Item | Problem]
        if len(line) > ITEM_BYTES_MAX:
            found = [_too_large(Place(name, number), line)]
            while line and not line.endswith(b"\n"):
                line = file.readline(ITEM_BYTES_MAX)
                at += len(line)
        elif whole_lines and not line.endswith(b"\n"):
            return
        else:
            found = _line(line.strip(), Place(name, number))
        # Nobody can go on between the events of one line, nor behind a line that may still grow.
        last = len(found) - 1 if line.endswith(b"\n") else -1
        for place, what in enumerate(found):
            yield Part(what, number, at) if place == last else Part(what, 0)


def _line(line: bytes, place: Place) -> list[Item | Problem]:
    if not line:
        return []
    if b'"epcisBody"' not in line:
        return [Item(place, line)]
    parts = _json(io.BytesIO(line), place.file)
    found: list[Item | Problem] = []
    for part in parts:
        what = part.what
        found.append(
            Item(place, what.content, what.document) if isinstance(what, Item) else Problem(place, what.findings, what.content)
        )
    return found


def _xml(file: BinaryIO, name: str) -> Iterator[Part]:
    """Yield the events of an XML document: of one that is small as a whole, with all that is to be said of it."""
    content = file.read(WHOLE_BYTES + 1)
    if len(content) <= WHOLE_BYTES:
        found = _read(content, Place(name))
        if isinstance(found, Problem):
            yield Part(found, 1)
        else:
            for number, (event, document) in enumerate(found, start=1):
                yield Part(Item(Place(name, number), event, document), number)
        return
    file.seek(0)
    number = 0
    try:
        for single in xml_events(file):
            number += 1
            if single is None:
                yield Part(_too_large(Place(name, number), b""), number)
                continue
            one = _read(single, Place(name, number))
            if isinstance(one, Problem):
                yield Part(one, number)
            else:
                yield from (Part(Item(Place(name, number), *pair), number) for pair in one)
    except BrokenXmlError as fault:
        yield Part(_broken(Place(name, number + 1), str(fault), b"", code="source.xml"), number + 1)


def _read(content: bytes, place: Place) -> list[tuple[bytes, bytes]] | Problem:
    """Return the events of a document in XML as JSON, each with the document around it."""
    from chaintwin.events.xml import read_xml

    try:
        document = read_xml(content)
    except InputError as fault:
        row = place.position
        findings = tuple(replace(finding, file=place.file, row=row or finding.row) for finding in fault.findings)
        return Problem(place, findings, content[:KEPT_BYTES])
    body = document.get("epcisBody")
    if body is None:
        return [(msgspec.json.encode(document), b"")]
    results = body.get("queryResults", {}).get("resultsBody", body)
    events = results.get("eventList")
    if events is None:
        return _broken(place, f"{', '.join(body) or 'nothing'} in the body", content[:KEPT_BYTES], code="source.xml")
    results["eventList"] = []
    outline = msgspec.json.encode(document)
    return [(msgspec.json.encode(event), outline) for event in events]


def _too_large(place: Place, content: bytes) -> Problem:
    found = f"an event of more than {ITEM_BYTES_MAX // 2**20} MiB"
    finding = Finding("source.large", found, f"at most {ITEM_BYTES_MAX // 2**20} MiB", "split it", place.file, place.position)
    return Problem(place, (finding,), content[:KEPT_BYTES])


def _broken(place: Place, found: str, content: bytes, *, code: str) -> Problem:
    fix = "mend the file and put it there again; what was read before this place has been taken"
    return Problem(place, (Finding(code, found, "a whole EPCIS document", fix, place.file, place.position),), content)


def _rest(file: BinaryIO, at: int) -> bytes:
    file.seek(at)
    return file.read(KEPT_BYTES)
