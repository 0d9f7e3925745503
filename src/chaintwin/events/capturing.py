"""The front door: from what was sent to records for the log, event by event, with every fault."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from chaintwin.errors import Finding, InputError, Severity
from chaintwin.events.canonical import canonical_event, field_bytes, joined
from chaintwin.events.checking.checker import Checked, CheckedEvent, Kind, check, times_without_calendar
from chaintwin.events.checking.problems import Problem, path_text, shown_text
from chaintwin.events.checking.reading import read_json
from chaintwin.events.contexts import Prefixes
from chaintwin.events.deriving import facts_of
from chaintwin.events.dimensions import dimensions_of
from chaintwin.events.facts import packed
from chaintwin.events.identity.hashing import hash_id_of, key_of
from chaintwin.events.identity.prehash import IGNORED_FIELD, Prehash, UnhashableError, bracketed, prehash
from chaintwin.events.personal import without_personal
from chaintwin.events.terms import terms_of
from chaintwin.events.vocabulary import NAMESPACE
from chaintwin.store.records import Personal, Record

EVENT_BYTES_MAX: Final = 16 * 1024 * 1024
"""What one event may take as JSON."""


@dataclass(frozen=True, slots=True)
class MasterElement:
    """One element of the master data in the header of a document.

    Parameters
    ----------
    vocabulary : type of it, such as ``urn:epcglobal:epcis:vtype:BusinessLocation``. id : what it describes.
    attributes : (full URI, value). children : ids of what belongs to it.
    """

    vocabulary: str
    id: str
    attributes: tuple[tuple[str, Any], ...] = ()
    children: tuple[str, ...] = ()


class CapturedEvent(msgspec.Struct, frozen=True):
    """What became of one event.

    Parameters
    ----------
    place : from 0 on in its document. path : JSON path of it. record : for the log; None if the event is refused.
    problems : its faults and remarks.
    """

    place: int
    path: str
    record: Record | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Captured:
    """What became of a document.

    Parameters
    ----------
    kind : what was sent. events : in order, the refused ones too. problems : those of what is around the events.
    master : master data of the header.
    """

    kind: Kind
    events: tuple[CapturedEvent, ...]
    problems: tuple[Problem, ...] = ()
    master: tuple[MasterElement, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether what is around the events is bad, so that none of them can be taken."""
        return any(problem.refuses for problem in self.problems)

    @property
    def ok(self) -> bool:
        """Whether all of it can be logged."""
        return not self.is_refused and all(event.record is not None for event in self.events)

    @property
    def records(self) -> tuple[Record, ...]:
        """Records of the good events, in order; none if the document is refused."""
        if self.is_refused:
            return ()
        return tuple(event.record for event in self.events if event.record is not None)

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """Problems of the document and of every event, in order."""
        return (*self.problems, *(problem for event in self.events for problem in event.problems))


def capture(body: bytes | dict[str, Any] | list[Any], *, media_type: str = "application/json", source: str = "") -> Captured:
    """Read, check, identify and derive what was sent. It depends on nothing but its arguments and never raises for bad input.

    Parameters
    ----------
    body : an EPCISDocument, an EPCISQueryDocument, an event or a list of events; as bytes, or as JSON that was read.
    media_type : of bytes; JSON and XML are told apart by it. source : who sent it.

    Returns
    -------
    Captured
        A record for every good event and every problem of all others.

    Example
    -------
    >>> capture(b"[]").ok, capture(b"{").all_problems[0].code
    (True, 'document.json')
    """
    problems: tuple[Problem, ...] = ()
    document: Any = body
    is_xml = isinstance(body, bytes) and _is_xml(media_type)
    if isinstance(body, bytes):
        document, problems = _read_xml(body) if is_xml else read_json(body)
    else:
        problems = _not_json(body)
    if problems:
        return Captured(Kind.DOCUMENT, (), problems)
    checked = check(document, times=False, of_xml=is_xml)
    ignored = _ignored(document, checked.prefixes)
    events = tuple(_captured(event, ignored, source) for event in checked.events)
    return Captured(checked.kind, events, checked.problems, _master(document, checked))


def _not_json(value: Any) -> tuple[Problem, ...]:
    """Return what is wrong with a value of Python that no JSON can say."""
    found = "a value that reads back as another one"
    try:
        if msgspec.json.decode(msgspec.json.encode(value)) == value:
            return ()
    except (TypeError, ValueError, RecursionError) as error:
        found = shown_text(str(error))
    return (Problem("document.json", "$", found, "objects with texts as names, lists, texts, finite numbers, truths and null"),)


def _is_xml(media_type: str) -> bool:
    return media_type.partition(";")[0].strip().lower().endswith(("/xml", "+xml"))


def _read_xml(body: bytes) -> tuple[Any, tuple[Problem, ...]]:
    from chaintwin.events.xml import read_xml

    try:
        return read_xml(body), ()
    except InputError as error:
        return None, tuple(_of_finding(finding) for finding in error.findings)


def _of_finding(finding: Finding) -> Problem:
    place = f"line {finding.row}: {finding.column}" if finding.row else finding.column or "$"
    return Problem(finding.code, place, finding.found, finding.allowed, finding.fix, severity=finding.severity)


def _captured(checked: CheckedEvent, ignored: frozenset[str], source: str) -> CapturedEvent:
    if not checked.ok:
        return CapturedEvent(checked.place, checked.path, None, checked.problems)
    try:
        record, problems = _record(checked, ignored, source)
    except UnhashableError as error:
        return CapturedEvent(checked.place, checked.path, None, (*checked.problems, *_unhashable(checked, error)))
    return CapturedEvent(checked.place, checked.path, record, (*checked.problems, *problems))


def _record(checked: CheckedEvent, ignored: frozenset[str], source: str) -> tuple[Record | None, tuple[Problem, ...]]:
    event, prefixes = checked.event, checked.prefixes
    own = bool(checked.own_names) or checked.own is not None
    if checked.own_names:
        ignored = _with_marked(event, ignored, checked.own_names)
    used = frozenset(shown for name in event if (shown := bracketed(name, prefixes)) in ignored) if ignored else ignored
    identity = prehash(event, prefixes, ignored=used)
    hash_id = hash_id_of(identity.text)
    canonical = canonical_event(event, prefixes, ignored=used, own=own)
    personal: tuple[Personal, ...] = ()
    if checked.own_names:
        canonical, personal = without_personal(canonical, prefixes)
    fields = field_bytes(canonical)
    content = joined(fields.values())
    if len(content) > EVENT_BYTES_MAX:
        found, allowed = f"{len(content):,} bytes", f"at most {EVENT_BYTES_MAX:,} bytes an event"
        return None, (Problem("event.size", checked.path, found, allowed, event=checked.place),)
    facts = facts_of(event, prefixes, occurred_at=identity.occurred_at, own=checked.own_names)
    key = key_of(hash_id, event)
    given: str = event.get("eventID", hash_id)
    aliases = (given + key[len(hash_id) :],) if given != hash_id else ()
    record = Record(
        key=key,
        meaning=_meaning(identity),
        content=content,
        facts=packed(facts),
        occurred_at=identity.occurred_at,
        source=source,
        aliases=aliases,
        personal=personal,
        dimensions=dimensions_of(fields),
        terms=terms_of(canonical, facts, ids=(hash_id, given) if aliases else (hash_id,), prefixes=prefixes),
    )
    if aliases and given.startswith("ni:///sha-256;"):
        return record, (_other_hash_id(checked, hash_id),)
    return record, ()


def _unhashable(checked: CheckedEvent, error: UnhashableError) -> list[Problem]:
    allowed = "finite numbers, times of the calendar, extensions of at most 64 levels"
    path = path_text(error.path, checked.path)
    return times_without_calendar(checked.event, place=checked.place, path=checked.path) or [
        Problem("event.value", path, shown_text(error.reason), allowed, event=checked.place)
    ]


def _meaning(identity: Prehash) -> bytes:
    text = "\n".join((identity.text, *identity.lost)) if identity.lost else identity.text
    return hashlib.sha256(text.encode()).digest()


def _other_hash_id(checked: CheckedEvent, hash_id: str) -> Problem:
    return Problem(
        "event.hash_id",
        path_text(["eventID"], checked.path),
        "a hash id that is not that of the event",
        hash_id,
        "it is kept as another name of the event",
        event=checked.place,
        severity=Severity.WARNING,
    )


def _ignored(document: Any, prefixes: Prefixes) -> frozenset[str]:
    """Return the fields that a document keeps out of its hash ids, as ``{namespace}name``; none of EPCIS and none of ours."""
    if not isinstance(document, dict):
        return frozenset()
    found: list[Any] = []
    body = document.get("epcisBody")
    results = body.get("queryResults") if isinstance(body, dict) else None
    for part in (document, results):
        if isinstance(part, dict) and len(part) > 2:
            found += [value for name, value in part.items() if name.endswith(f":{IGNORED_FIELD}")]
    names = [name for value in found if isinstance(value, list) for name in value if isinstance(name, str) and ":" in name]
    shown = {bracketed(name, prefixes) for name in names}
    return frozenset(name for name in shown if not name.startswith(f"{{{NAMESPACE}}}"))


def _with_marked(event: dict[str, Any], ignored: frozenset[str], own_names: dict[str, str]) -> frozenset[str]:
    """Return the fields kept out of the hash id with those that a canonical event names itself."""
    marked = [event[name] for name, local in own_names.items() if local == IGNORED_FIELD]
    names = [name for value in marked if isinstance(value, list) for name in value if isinstance(name, str)]
    return ignored | {name for name in names if name.startswith("{") and not name.startswith(f"{{{NAMESPACE}}}")}


def _master(document: Any, checked: Checked) -> tuple[MasterElement, ...]:
    """Return the master data of a header; a document with faults has none."""
    if not isinstance(document, dict) or any(problem.refuses for problem in checked.problems):
        return ()
    header = document.get("epcisHeader")
    if not isinstance(header, dict):
        return ()
    elements = []
    for vocabulary in header.get("epcisMasterData", {}).get("vocabularyList", ()):
        for element in vocabulary.get("vocabularyElementList", ()):
            attributes = tuple((entry["id"], entry.get("attribute")) for entry in element.get("attributes", ()))
            elements.append(MasterElement(vocabulary["type"], element["id"], attributes, tuple(element.get("children", ()))))
    return tuple(elements)
