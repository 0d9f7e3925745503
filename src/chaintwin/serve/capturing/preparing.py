"""Reading and checking a document; done in a process of its own, so it takes and gives plain data."""

from __future__ import annotations

from typing import Any

from chaintwin.errors import Finding
from chaintwin.events.capturing import Captured, CapturedEvent, capture
from chaintwin.events.checking.reading import read_json
from chaintwin.events.contexts import CONTEXT_ADDRESS
from chaintwin.serve.capturing.prepared import Form, Prepared, PreparedEvent
from chaintwin.store.log.preparing import PreparedRecord
from chaintwin.store.log.preparing import prepare as prepare_records


def prepare(content: bytes, form: Form, *, source: str, events_max: int, prefixes: dict[str, str]) -> Prepared:
    """Return a document, read and checked, as records for the log.

    Parameters
    ----------
    source : who sent it. events_max : events it may have; with more it is refused by the finding ``document.events``.
    prefixes : of fields in an event that comes without a context of its own.
    """
    if form is Form.XML:
        if content.count(b"<eventTime") > events_max:
            return _too_many(events_max)
        return _prepared(capture(content, media_type="application/xml", source=source), events_max=events_max)
    document, problems = read_json(content)
    if problems:
        return Prepared(findings=tuple(problem.finding() for problem in problems))
    if _length(document) > events_max:
        return _too_many(events_max)
    if prefixes and isinstance(document, dict) and "@context" not in document:
        document = {"@context": [CONTEXT_ADDRESS, prefixes], **document}
    return _prepared(capture(document, source=source), events_max=events_max)


def _prepared(captured: Captured, *, events_max: int) -> Prepared:
    if captured.is_refused:
        return Prepared(findings=tuple(problem.finding() for problem in captured.problems if problem.refuses))
    if len(captured.events) > events_max:
        return _too_many(events_max)
    following = iter(prepare_records(captured.records))
    events = [_event(event, None if event.record is None else next(following)) for event in captured.events]
    return Prepared(tuple(events), vocabulary=captured.master)


def _event(event: CapturedEvent, record: PreparedRecord | None) -> PreparedEvent:
    findings = tuple([problem.finding() for problem in event.problems])
    return PreparedEvent("" if record is None else record.key, record, findings)


def _length(document: Any) -> int:
    """Return how many events a document seems to have, before it is checked."""
    if isinstance(document, list):
        return len(document)
    for name in ("epcisBody", "queryResults", "resultsBody"):
        if isinstance(document, dict) and isinstance(document.get(name), dict):
            document = document[name]
    found = document.get("eventList") if isinstance(document, dict) else None
    return len(found) if isinstance(found, list) else 1


def _too_many(events_max: int) -> Prepared:
    finding = Finding("document.events", "more events", f"at most {events_max:,}", fix="send the events in parts")
    return Prepared(findings=(finding,))
