"""Whether what was captured is EPCIS 2.0.1, event by event, with every fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from chaintwin.errors import Severity
from chaintwin.events.checking.explaining import explained
from chaintwin.events.checking.own_types import EVERY_EVENT, OWN_TYPES, own_schema, own_type, with_own_prefix
from chaintwin.events.checking.problems import Problem, path_text, shown, shown_text
from chaintwin.events.checking.schema import (
    EXTENDED,
    document_schema,
    event_schema,
    plain_fields_schema,
    query_document_schema,
)
from chaintwin.events.checking.words import EVENT_TYPES
from chaintwin.events.contexts import Prefixes, prefixes_of, split_name
from chaintwin.events.identity.times import instant_text
from chaintwin.events.vocabulary import NAMESPACE, Own

if TYPE_CHECKING:
    from jsonschema_rs import Validator

    from chaintwin.events.checking.schema import Schema

EVENTS_MAX: Final = 100_000
"""Documents with more events are refused."""

PROBLEMS_MAX: Final = 2_000
"""After so many problems of a document, other bad events are refused without saying why."""


class Kind(StrEnum):
    """What was captured."""

    DOCUMENT = "EPCISDocument"
    QUERY_DOCUMENT = "EPCISQueryDocument"
    EVENT = "event"
    EVENT_LIST = "event list"


class CheckedEvent(msgspec.Struct, frozen=True):
    """One event and what is wrong with it.

    Parameters
    ----------
    place : from 0 on. path : JSON path. event : as it came. prefixes : those in force for it.
    own : its type if it is one of ours. own_names : local name of each of its fields of ours by the name it came with.
    problems : faults and remarks.
    """

    place: int
    path: str
    event: dict[str, Any]
    prefixes: Prefixes
    own: Own | None
    own_names: dict[str, str]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether it has no fault."""
        return not self.problems or not any(problem.refuses for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Checked:
    """A document and what is wrong with it.

    Parameters
    ----------
    kind : what it is. problems : those of what is around the events. events : in order, the bad ones too.
    prefixes : those of the document.
    """

    kind: Kind
    problems: tuple[Problem, ...]
    events: tuple[CheckedEvent, ...]
    prefixes: Prefixes

    @property
    def ok(self) -> bool:
        """Whether neither it nor any event has a fault."""
        return not any(problem.refuses for problem in self.problems) and all(event.ok for event in self.events)


def check(document: Any, *, times: bool = True, of_xml: bool = False) -> Checked:
    """Check a document, an event, or a list of events.

    The verdict is that of the schema of EPCIS 2.0.1 with formats asserted, and on top of it: times that no calendar has,
    misused persistent dispositions, fields of extended types, the fields of our own types.

    Parameters
    ----------
    document : JSON as Python has it.
    times : whether times that no calendar has are looked for; ``prehash`` refuses them too, but only tells the first.
    of_xml : whether it was read from XML, see ``event_schema``.

    Returns
    -------
    Checked
        Every fault of every event; one bad event hides nothing of the others.
    """
    ways = _Ways(times, of_xml)
    if isinstance(document, list):
        return _checked_events(Kind.EVENT_LIST, (), document, root="$", context=None, ways=ways)
    if not isinstance(document, dict):
        problem = Problem(
            "document.value", "$", shown(document), "an EPCISDocument, an EPCISQueryDocument, an event or a list of them"
        )
        return Checked(Kind.DOCUMENT, (problem,), (), prefixes_of(None)[0])
    kind = document.get("type")
    if kind == Kind.DOCUMENT or (kind is None and "epcisBody" in document):
        return _checked_document(document, Kind.DOCUMENT, ways=ways)
    if kind == Kind.QUERY_DOCUMENT:
        return _checked_document(document, Kind.QUERY_DOCUMENT, ways=ways)
    problems: tuple[Problem, ...] = ()
    if "@context" not in document:
        allowed = "a context, since there is no document around the event"
        fix = '"@context": "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"'
        problems = (Problem("event.missing", "$['@context']", "nothing", allowed, fix, event=0),)
    return _checked_events(Kind.EVENT, problems, [document], root="", context=None, ways=ways)


def events_of(document: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """Return the list of events of a document and the path to it; None where there is none."""
    path: tuple[str, ...] = ("epcisBody", "eventList")
    if document.get("type") == Kind.QUERY_DOCUMENT:
        path = ("epcisBody", "queryResults", "resultsBody", "eventList")
    found: Any = document
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found, path


def times_without_calendar(event: dict[str, Any], *, place: int, path: str) -> list[Problem]:
    """Return the times of a well-formed event that have the form of one and that no calendar has.

    Parameters
    ----------
    event : of which all else was checked. place : of the event. path : JSON path of it.
    """
    problems = _bad_times(event, ("eventTime",), path, place)
    if "errorDeclaration" in event:
        problems += _bad_times(event["errorDeclaration"], ("declarationTime",), f"{path}.errorDeclaration", place)
    for position, element in enumerate(event.get("sensorElementList", ())):
        here = f"{path}.sensorElementList[{position}]"
        metadata = element.get("sensorMetadata", {})
        problems += _bad_times(metadata, ("time", "startTime", "endTime"), f"{here}.sensorMetadata", place)
        for number, report in enumerate(element["sensorReport"]):
            problems += _bad_times(report, ("time",), f"{here}.sensorReport[{number}]", place)
    return problems


def schema_verdict(document: Any) -> bool:
    """Tell whether a document or an event is what the schema of EPCIS 2.0.1 takes, and nothing beyond."""
    if not isinstance(document, dict):
        return False
    kind = document.get("type")
    if kind in (Kind.DOCUMENT, Kind.QUERY_DOCUMENT):
        events, path = events_of(document)
        shell = _without(document, path) if isinstance(events, list) else document
        return _shell_validator(Kind(kind)).is_valid(shell) and all(
            _event_validator(_schema_name(event), False).is_valid(event) for event in events
        )
    return "@context" in document and _event_validator(_schema_name(document), False).is_valid(document)


class _Ways(NamedTuple):
    """How events are checked."""

    times: bool
    of_xml: bool
    explains: bool = True


def _checked_document(document: dict[str, Any], kind: Kind, *, ways: _Ways) -> Checked:
    events, path = events_of({**document, "type": kind.value})
    problems: list[Problem] = []
    shell = document
    if isinstance(events, list):
        shell = _without(document, path)
        if len(events) > EVENTS_MAX:
            found = f"{len(events):,} events"
            problems.append(
                Problem("document.size", path_text(path), found, f"at most {EVENTS_MAX:,} events", "send them in parts")
            )
            events = []
    if not _shell_validator(kind).is_valid(shell):
        problems += explained(shell, _shell_validator(kind), schema=_shell_schema(kind), root="$", event=-1)
    problems += _bad_times(document, ("creationDate",), "$", -1)
    return _checked_events(
        kind,
        tuple(problems),
        events if isinstance(events, list) else [],
        root=path_text(path),
        context=document.get("@context"),
        ways=ways,
    )


def _checked_events(
    kind: Kind, problems: tuple[Problem, ...], events: list[Any], *, root: str, context: Any, ways: _Ways
) -> Checked:
    prefixes, remarks = prefixes_of(context)
    around = [
        Problem("document.context", "$['@context']", shown_text(remark.found), remark.allowed, severity=Severity.NOTE)
        for remark in remarks
    ]
    checked: list[CheckedEvent] = []
    told = 0
    for place, event in enumerate(events):
        if told > PROBLEMS_MAX:
            ways = ways._replace(explains=False)
        found = _checked_event(event, place, f"{root}[{place}]" if root else "$", prefixes=prefixes, ways=ways)
        told += len(found.problems)
        checked.append(found)
    if kind is Kind.EVENT and problems:
        checked = [msgspec.structs.replace(checked[0], problems=(*problems, *checked[0].problems))]
        problems = ()
    return Checked(kind, (*problems, *around), tuple(checked), prefixes)


def _checked_event(event: Any, place: int, path: str, *, prefixes: Prefixes, ways: _Ways) -> CheckedEvent:
    name = _schema_name(event)
    problems: list[Problem] = []
    try:
        validator = _event_validator(name, ways.of_xml)
        if not validator.is_valid(event):
            if ways.explains:
                problems = explained(event, validator, schema=_event_schema(name, ways.of_xml), root=path, event=place)
            else:
                fix = f"mend the first {PROBLEMS_MAX:,} and send the document again to be told"
                problems = [Problem("event.more", path, "more faults", "an event of EPCIS 2.0.1", fix, event=place)]
    except ValueError as error:
        problems = [Problem("event.value", path, shown_text(str(error)), "JSON that is not nested too deep", event=place)]
    if not isinstance(event, dict):
        return CheckedEvent(place, path, {}, prefixes, None, {}, tuple(problems))
    if "@context" in event:
        prefixes, remarks = prefixes_of(event["@context"], prefixes)
        problems += [
            Problem(
                "event.context",
                path_text(["@context"], path),
                shown_text(remark.found),
                remark.allowed,
                event=place,
                severity=Severity.NOTE,
            )
            for remark in remarks
        ]
    names: dict[str, str] = {}
    own: Own | None = None
    for key in event:
        if ":" in key:
            namespace, local = split_name(key, prefixes)
            if namespace == NAMESPACE:
                names[key] = local
    kind = event.get("type")
    if name == EXTENDED and isinstance(kind, str):
        namespace, local = split_name(kind, prefixes)
        if namespace == NAMESPACE:
            own = own_type(local)
            if own is None:
                allowed = ", ".join(f"ct:{known.value}" for known in Own)
                problems.append(Problem("event.type", path_text(["type"], path), shown(kind), allowed, event=place))
    if not problems or not any(problem.refuses for problem in problems):
        if name == EXTENDED or names or "persistentDisposition" in event:
            problems += _further(event, place, path, name=name, own=own, names=names)
        if ways.times and not any(problem.refuses for problem in problems):
            problems += times_without_calendar(event, place=place, path=path)
    return CheckedEvent(place, path, event, prefixes, own, names, tuple(problems))


def _further(event: dict[str, Any], place: int, path: str, *, name: str, own: Own | None, names: dict[str, str]) -> list[Problem]:
    """Return the faults that the schema of EPCIS does not see."""
    problems: list[Problem] = []
    if name == EXTENDED or "persistentDisposition" in event:
        plain = _plain_validator()
        if not plain.is_valid(event):
            problems += explained(event, plain, schema=_plain_schema(), root=path, event=place)
    if own or names:
        written = with_own_prefix(event, names)
        validator = _own_validator(own)
        if not validator.is_valid(written):
            problems += explained(written, validator, schema=_own_schema(own), root=path, event=place)
        if own:
            taken = {*EVERY_EVENT, *OWN_TYPES[own].fields, "ignoreFields"}
            problems += [
                Problem(
                    "event.own_field",
                    path_text([key], path),
                    f"the field {shown_text(key)}",
                    f"fields that {own.value} takes: {', '.join(OWN_TYPES[own].fields) or 'those of every event'}",
                    "it is kept and has no effect",
                    event=place,
                    severity=Severity.NOTE,
                )
                for key, local in names.items()
                if local not in taken
            ]
    return problems


def _bad_times(values: dict[str, Any], names: tuple[str, ...], path: str, place: int) -> list[Problem]:
    """Return the times that have the form of one and are none."""
    problems = []
    for name in names:
        value = values.get(name)
        if isinstance(value, str) and len(value) >= 20 and value[4:5] == "-":
            try:
                instant_text(value)
            except ValueError as error:
                allowed = "a date and time of the calendar in the years 1 to 9999"
                problem = Problem("event.time", path_text([name], path), f"{shown(value)} ({error})", allowed, event=place)
                problems.append(problem)
    return problems


def _without(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return a document whose list of events is empty."""
    if len(path) == 1:
        return {**document, path[0]: []}
    return {**document, path[0]: _without(document[path[0]], path[1:])}


def _schema_name(event: Any) -> str:
    kind = event.get("type") if isinstance(event, dict) else None
    return kind if isinstance(kind, str) and kind in EVENT_TYPES else EXTENDED


def _validator(schema: Schema) -> Validator:
    from jsonschema_rs import Draft7Validator

    return Draft7Validator(schema, validate_formats=True)


@cache
def _event_schema(name: str, of_xml: bool) -> Schema:
    return event_schema(name, of_xml=of_xml)


@cache
def _event_validator(name: str, of_xml: bool) -> Validator:
    return _validator(_event_schema(name, of_xml))


@cache
def _shell_schema(kind: Kind) -> Schema:
    return document_schema() if kind is Kind.DOCUMENT else query_document_schema()


@cache
def _shell_validator(kind: Kind) -> Validator:
    return _validator(_shell_schema(kind))


@cache
def _plain_schema() -> Schema:
    return plain_fields_schema()


@cache
def _plain_validator() -> Validator:
    return _validator(_plain_schema())


@cache
def _own_schema(own: Own | None) -> Schema:
    return own_schema(own)


@cache
def _own_validator(own: Own | None) -> Validator:
    return _validator(_own_schema(own))
