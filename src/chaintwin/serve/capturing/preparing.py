"""Reading and checking a document; done in a process of its own, so it takes and gives plain data."""

from __future__ import annotations

from typing import Any

from chaintwin.errors import Finding
from chaintwin.events.capturing import Captured, CapturedEvent, capture
from chaintwin.events.checking.reading import read_json
from chaintwin.events.contexts import CONTEXT_ADDRESS
from chaintwin.serve.capturing.prepared import Form, Most, Prepared, PreparedEvent
from chaintwin.store.log.preparing import PreparedRecord
from chaintwin.store.log.preparing import prepare as prepare_records


def prepare(content: bytes, form: Form, *, source: str, most: Most, prefixes: dict[str, str]) -> Prepared:
    """Return a document, read and checked, as records for the log.

    Parameters
    ----------
    source : who sent it. most : what it may hold; with more it is refused by ``document.events`` or ``document.elements``.
    prefixes : of fields in an event that comes without a context of its own.
    """
    if form is Form.XML:
        excess = _excess(content.count(b"<eventTime"), content.count(b"<VocabularyElement "), most=most)
        return excess or _prepared(capture(content, media_type="application/xml", source=source), most=most)
    document, problems = read_json(content)
    if problems:
        return Prepared(findings=tuple(problem.finding() for problem in problems))
    excess = _excess(_length(document), _elements(document), most=most)
    if excess is not None:
        return excess
    if prefixes and isinstance(document, dict) and "@context" not in document:
        document = {"@context": [CONTEXT_ADDRESS, prefixes], **document}
    return _prepared(capture(document, source=source), most=most)


def _prepared(captured: Captured, *, most: Most) -> Prepared:
    if captured.is_refused:
        return Prepared(findings=tuple(problem.finding() for problem in captured.problems if problem.refuses))
    excess = _excess(len(captured.events), len(captured.master), most=most)
    if excess is not None:
        return excess
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


def _elements(document: Any) -> int:
    """Return how many elements of master data a document seems to have, before it is checked."""
    for name in ("epcisHeader", "epcisMasterData"):
        document = document.get(name) if isinstance(document, dict) else None
    found = document.get("vocabularyList") if isinstance(document, dict) else None
    vocabularies = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    lists = [one.get("vocabularyElementList") for one in vocabularies]
    return sum(len(one) for one in lists if isinstance(one, list))


def _excess(events: int, elements: int, *, most: Most) -> Prepared | None:
    """Return the refusal of a document that holds more than it may; None where it does not."""
    finding = None
    if events > most.events:
        finding = Finding("document.events", "more events", f"at most {most.events:,}", fix="send the events in parts")
    elif elements > most.elements:
        allowed = f"at most {most.elements:,}"
        finding = Finding("document.elements", "more elements of master data", allowed, fix="send the master data in parts")
    return None if finding is None else Prepared(findings=(finding,))
