"""Items of a batch become records of the log: checked, identified and derived by the room of events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import msgspec

from chaintwin.errors import Finding, Severity
from chaintwin.events.capturing import CapturedEvent, capture
from chaintwin.events.checking.problems import Problem as EventProblem
from chaintwin.events.checking.reading import read_json
from chaintwin.events.contexts import CONTEXT_ADDRESS
from chaintwin.ingest.connectors.interface import KEPT_BYTES, Item, Problem
from chaintwin.ingest.connectors.running import Captured
from chaintwin.store.records import Record

HEAD = {"type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "1970-01-01T00:00:00Z"}
"""What a document needs around its events; nothing depends on it."""


def captured(items: Sequence[Item], source: str) -> Captured:
    """Return records for all good items, and problems for all others, each in the order of the items.

    Parameters
    ----------
    items : events as they came. source : who sent them, as the log will say.
    """
    results: list[Record | Problem | None] = [None] * len(items)
    groups: dict[bytes, list[tuple[int, Any]]] = {}
    for place, item in enumerate(items):
        value, problems = read_json(item.content)
        if problems:
            results[place] = _problem(item, problems)
        elif isinstance(value, dict) and "@context" in value:
            # An event with a context of its own is a document of its own.
            results[place] = _alone(item, value, source)
        else:
            groups.setdefault(item.document, []).append((place, value))
    for document, members in groups.items():
        for place, found in zip((place for place, _ in members), _group(document, members, source), strict=True):
            results[place] = found if isinstance(found, Record) else _problem(items[place], found)
    pairs = list(zip(items, results, strict=True))
    return Captured(
        tuple((item, found) for item, found in pairs if isinstance(found, Record)),
        tuple(found for _, found in pairs if isinstance(found, Problem)),
    )


def document_of(events: Sequence[bytes], *, outline: bytes) -> bytes:
    """Return events as one document.

    Parameters
    ----------
    events : each as JSON. outline : the document around them with an empty list of events; empty for a plain one.
    """
    document, _ = read_json(outline) if outline else (_plain(), ())
    _around(document)["eventList"] = [msgspec.Raw(event) for event in events]
    return msgspec.json.encode(document)


def _group(outline: bytes, members: list[tuple[int, Any]], source: str) -> list[Record | tuple[EventProblem, ...]]:
    """Return what became of events of one document."""
    events = [value for _, value in members]
    document = _plain()
    if outline:
        document, problems = read_json(outline)
        if problems:
            return [problems] * len(members)
    _around(document)["eventList"] = events
    result = capture(document, source=source)
    if result.is_refused or len(result.events) != len(events):
        return [tuple(one for one in result.all_problems if one.refuses)] * len(members)
    return [_outcome(event) for event in result.events]


def _alone(item: Item, event: dict[str, Any], source: str) -> Record | Problem:
    result = capture(event, source=source)
    if result.is_refused or len(result.events) != 1:
        return _problem(item, result.problems)
    found = _outcome(result.events[0])
    return found if isinstance(found, Record) else _problem(item, found)


def _outcome(event: CapturedEvent) -> Record | tuple[EventProblem, ...]:
    return event.problems if event.record is None else event.record


def _problem(item: Item, problems: Sequence[EventProblem]) -> Problem:
    """Return what is wrong with an item, told by its place in the source instead of that in a document."""
    place = item.place
    findings = tuple(
        Finding(one.code, one.found, one.allowed, one.fix, place.file, place.position, _inside(one.path), one.severity)
        for one in problems
        if one.severity is Severity.ERROR
    )
    nothing = Finding("event.refused", "an event that was refused without a reason", "a valid event", "", str(place))
    return Problem(place, findings or (nothing,), item.content[:KEPT_BYTES])


def _inside(path: str) -> str:
    """Return the part of a JSON path that lies within the event."""
    return "$" + path.partition("]")[2] if path.startswith("$.epcisBody.eventList[") else path


def _plain() -> Any:
    return {**HEAD, "@context": [CONTEXT_ADDRESS], "epcisBody": {"eventList": []}}


def _around(document: Any) -> dict[str, Any]:
    """Return the part of a document that holds its list of events."""
    around = document
    for name in ("epcisBody", "queryResults", "resultsBody"):
        inside = around.get(name)
        around = inside if isinstance(inside, dict) else around
    return cast("dict[str, Any]", around)
