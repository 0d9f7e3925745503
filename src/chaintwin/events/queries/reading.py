"""Reading a query, from the parameters of a URL or from a JSON body; every fault of it is told at once."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chaintwin.errors import Finding, InputError
from chaintwin.events.checking.words import EVENT_TYPES
from chaintwin.events.queries.parameters import ATTRIBUTED, CONTROLS, PAGING, Meaning, fixed_parameters, written_parameter
from chaintwin.events.queries.patterns import is_pattern, pattern_fault
from chaintwin.events.queries.query import Condition, EventQuery, Field, Kind, Operator, Value
from chaintwin.events.queries.spelling import Spelling, moment_of_text, number_of, words_of

CONDITIONS_MAX = 200
VALUES_MAX = 1_000


def query_of_parameters(parameters: Sequence[tuple[str, str]], *, spelling: Spelling) -> EventQuery:
    """Return the query that the parameters of a URL ask for.

    Parameters
    ----------
    parameters : name and value, decoded; values of a list are joined by ``|``. spelling : prefixes that CURIEs may use.

    Raises
    ------
    InputError
        Names each unknown parameter and each value that is none, and parameters that contradict each other.

    Example
    -------
    >>> query_of_parameters([("EQ_action", "ADD|DELETE")], spelling=Spelling()).conditions[0].values
    ('ADD', 'DELETE')
    """
    given: dict[str, list[Any]] = {}
    faults = []
    for name, value in parameters:
        if name in PAGING:
            continue
        if name in given:
            faults.append(_fault("query.repeated", name, found="it twice", allowed="once", fix="join its values by |"))
            continue
        given[name] = value.split("|") if _takes_list(name) else [value]
    return _query(given, spelling=spelling, faults=faults)


def query_of_body(body: Mapping[str, Any], *, spelling: Spelling) -> EventQuery:
    """Return the query that a JSON object asks for: the value of ``query`` of a named query, or a file of one.

    Parameters
    ----------
    body : parameters and their values, lists as arrays; ``@context`` may declare further prefixes.

    Raises
    ------
    InputError
        As for ``query_of_parameters``.
    """
    spelling = spelling.declaring(body.get("@context"))
    given: dict[str, list[Any]] = {}
    for name, value in body.items():
        if name != "@context" and name not in PAGING:
            given[name] = list(value) if isinstance(value, list) else [value]
    return _query(given, spelling=spelling, faults=[])


@dataclass(frozen=True, slots=True)
class _Reading:
    spelling: Spelling
    faults: list[Finding]
    conditions: list[Condition] = field(default_factory=list)


def _query(given: dict[str, list[Any]], *, spelling: Spelling, faults: list[Finding]) -> EventQuery:
    reading = _Reading(spelling, faults)
    controls = {name: _only(reading, name, values=given.pop(name)) for name in CONTROLS if name in given}
    if len(given) > CONDITIONS_MAX:
        faults.append(_fault("query.large", "", found=f"{len(given)} parameters", allowed=f"at most {CONDITIONS_MAX}"))
        raise InputError(faults)
    fixed = fixed_parameters()
    for name, values in given.items():
        meaning = fixed.get(name) or _written(reading, name)
        if meaning is not None:
            _condition(reading, name, values=values, meaning=meaning)
    query = _controlled(reading, controls)
    if faults:
        raise InputError(faults)
    return query


def _written(reading: _Reading, name: str) -> Meaning | None:
    written = written_parameter(name)
    if written is None:
        reading.faults.append(_unknown(name))
        return None
    meaning = written.meaning
    if meaning.operator in _OF_ATTRIBUTES and not written.name and meaning.field.name not in ATTRIBUTED:
        allowed = f"a field whose values have master data ({', '.join(ATTRIBUTED)}), or an extension field"
        reading.faults.append(_fault("query.field", name, found=meaning.field.name, allowed=allowed))
        return None
    if written.type:
        uri = reading.spelling.word(written.type, vocabulary=meaning.word)
        meaning = replace(meaning, field=replace(meaning.field, qualifier=uri or written.type))
        if uri is None:
            allowed = f"one of {', '.join(words_of(meaning.word))}, a URI, or a CURIE with a declared prefix"
            reading.faults.append(_fault("query.type", name, found=f"type {written.type!r}", allowed=allowed))
    elif written.name:
        uri = reading.spelling.expanded(written.name)
        if uri is None:
            prefix = written.name.partition(":")[0]
            allowed = f"a URI, or a CURIE with a declared prefix ({', '.join(sorted(reading.spelling.prefixes))})"
            fix = f"declare it: GS1-Extensions: {prefix}=https://example.org/, or @context in a JSON query"
            reading.faults.append(_fault("query.prefix", name, found=f"prefix {prefix!r}", allowed=allowed, fix=fix))
            return None
        meaning = replace(meaning, field=replace(meaning.field, name=uri))
    return meaning


def _condition(reading: _Reading, name: str, *, values: list[Any], meaning: Meaning) -> None:
    if meaning.kind is Kind.PRESENCE:
        truth = _truth(values[0]) if len(values) == 1 and values[0] not in (None, "") else True
        if truth is None:
            reading.faults.append(_fault("query.value", name, found=repr(values[0]), allowed="true, false, or nothing"))
        elif truth:
            reading.conditions.append(Condition(name, meaning.field, meaning.operator))
        return
    if not 1 <= len(values) <= VALUES_MAX:
        reading.faults.append(_fault("query.values", name, found=f"{len(values)} values", allowed=f"1 to {VALUES_MAX}"))
        return
    if len(values) > 1 and meaning.operator in _ORDERED:
        reading.faults.append(_fault("query.values", name, found=f"{len(values)} values", allowed="one"))
        return
    read = []
    for value in values:
        got, allowed = _value(reading, value, meaning=meaning)
        if got is None:
            reading.faults.append(_fault("query.value", name, found=_shown(value), allowed=allowed))
        else:
            read.append(got)
    reading.conditions.append(Condition(name, meaning.field, meaning.operator, tuple(read)))


def _value(reading: _Reading, value: Any, *, meaning: Meaning) -> tuple[Value | None, str]:
    """Return a value in the form it is compared in, or None and what is allowed."""
    kind, spelling = meaning.kind, reading.spelling
    if kind is Kind.TIME:
        return (moment_of_text(value) if isinstance(value, str) else None), "a time with a zone, such as 2026-01-31T09:30:00Z"
    if kind is Kind.NUMBER:
        return number_of(value), "a finite number"
    if kind is Kind.TRUTH:
        return _truth(value), "true or false"
    if kind is Kind.ANY:
        return _any(value, ordered=meaning.operator in _ORDERED)
    if not isinstance(value, str) or not value:
        return None, "a text that is not empty"
    if kind is Kind.ACTION:
        return (value if value in ("ADD", "OBSERVE", "DELETE") else None), "ADD, OBSERVE or DELETE"
    if kind is Kind.WORD:
        allowed = f"a URI, a CURIE with a declared prefix, or one of {', '.join(words_of(meaning.word))}"
        return spelling.word(value, vocabulary=meaning.word), allowed
    if kind is Kind.TYPE:
        found = value if value in EVENT_TYPES else spelling.kind(value)
        return found, f"{', '.join(EVENT_TYPES)}, a URI, or a CURIE with a declared prefix"
    if kind is Kind.NAME:
        return spelling.name(value), "a URI, such as urn:epc:id:sgln:0614141.00777.0 or https://id.gs1.org/414/0614141007773"
    if kind is Kind.PATTERN:
        fault = pattern_fault(value)
        allowed = "a URI or a pattern, such as urn:epc:idpat:sgtin:0614141.107346.*"
        name = value if is_pattern(value) and spelling.name(value) else spelling.name(value)
        return (name if fault is None else None), fault or allowed
    return value, "a text"


def _any(value: Any, *, ordered: bool) -> tuple[Value | None, str]:
    number = number_of(value)
    if isinstance(value, str):
        if not ordered:
            # Equality is tried as text, as number and as time, so the text is kept as it is.
            return (value if value else None), "a text that is not empty, a number or a time"
        moment = moment_of_text(value)
        # A time is kept as text, so that it cannot be taken for a number of microseconds.
        return (number if number is not None else value if moment is not None else None), "a finite number or a time with a zone"
    return number, "a finite number, or a time with a zone"


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).lower())


_SEVERAL = object()
"""Stands for the value of a control that has not one value, which is told already."""


def _only(reading: _Reading, name: str, *, values: list[Any]) -> Any:
    if len(values) == 1:
        return values[0]
    reading.faults.append(_fault("query.values", name, found=f"{len(values)} values", allowed="one"))
    return _SEVERAL


def _controlled(reading: _Reading, controls: dict[str, Any]) -> EventQuery:
    faults = reading.faults
    order = Field("eventTime")
    if controls.get("orderBy", _SEVERAL) is not _SEVERAL:
        order = _order(reading, controls["orderBy"]) or order
    direction = controls.get("orderDirection", "DESC" if "orderBy" in controls else "ASC")
    if direction not in ("ASC", "DESC", _SEVERAL):
        faults.append(_fault("query.value", "orderDirection", found=_shown(direction), allowed="ASC or DESC"))
    counts: dict[str, int | None] = {}
    for name in ("eventCountLimit", "maxEventCount"):
        counts[name] = _count(reading, name, controls=controls)
    if "eventCountLimit" in controls and "maxEventCount" in controls:
        fix = "leave one of them out: the first cuts the answer, the second refuses a larger one"
        faults.append(
            _fault("query.contradiction", "eventCountLimit", found="maxEventCount as well", allowed="one of them", fix=fix)
        )
    if "eventCountLimit" in controls and "orderBy" not in controls:
        fix = "add orderBy=eventTime, so that it is known which events come first"
        faults.append(_fault("query.contradiction", "eventCountLimit", found="no orderBy", allowed="with orderBy", fix=fix))
    return EventQuery(
        tuple(reading.conditions),
        order,
        direction == "DESC",
        first=counts["eventCountLimit"],
        refused_above=counts["maxEventCount"],
    )


def _order(reading: _Reading, name: Any) -> Field | None:
    if name in ("eventTime", "recordTime"):
        return Field(name)
    uri = reading.spelling.expanded(name) if isinstance(name, str) and ":" in name else None
    if uri is None:
        allowed = "eventTime, recordTime, or an extension field as a URI or a CURIE with a declared prefix"
        reading.faults.append(_fault("query.value", "orderBy", found=_shown(name), allowed=allowed))
        return None
    return Field(uri, extension=True)


def _count(reading: _Reading, name: str, *, controls: dict[str, Any]) -> int | None:
    value = controls.get(name, _SEVERAL)
    if value is _SEVERAL:
        return None
    number = number_of(value)
    if number is None or number != int(number) or number < 1:
        reading.faults.append(_fault("query.value", name, found=_shown(value), allowed="a whole number from 1 on"))
        return None
    return int(number)


def _takes_list(name: str) -> bool:
    meaning = fixed_parameters().get(name)
    if meaning is None:
        written = written_parameter(name)
        meaning = written.meaning if written else None
    if meaning is None or meaning.kind in (Kind.TIME, Kind.TRUTH, Kind.PRESENCE):
        return False
    return meaning.operator not in _ORDERED


def _unknown(name: str) -> Finding:
    fixed = list(fixed_parameters()) + list(CONTROLS) + list(PAGING)
    near = difflib.get_close_matches(name[:100], fixed, n=3)
    allowed = "a parameter of SimpleEventQuery, such as " + ", ".join(near or ("EQ_bizStep", "GE_eventTime", "MATCH_epc"))
    return _fault("query.unknown", name[:100], found="no parameter of this name", allowed=allowed)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "…"


def _fault(code: str, parameter: str, *, found: str, allowed: str, fix: str = "") -> Finding:
    return Finding(code, found, allowed, fix=fix, column=parameter)


_OF_ATTRIBUTES = (Operator.HAS_ATTRIBUTE, Operator.ATTRIBUTE)
_ORDERED = (Operator.GREATER, Operator.AT_LEAST, Operator.LESS, Operator.AT_MOST)
