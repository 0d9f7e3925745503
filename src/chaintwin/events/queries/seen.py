"""An event as a query sees it, and the values of its standard fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chaintwin.events.queries.query import Value
from chaintwin.events.queries.spelling import Spelling, moment_of_text


@dataclass(frozen=True, slots=True)
class Seen:
    """An event and what the log knows of it.

    Parameters
    ----------
    event : its JSON. spelling : its prefixes. ids : every id that names it.
    occurred_at, recorded_at : microseconds since 1970 in UTC.
    """

    event: Mapping[str, Any]
    spelling: Spelling
    ids: frozenset[str]
    occurred_at: int
    recorded_at: int


def standard_values(field: str, *, qualifier: str = "") -> Callable[[Seen], Iterator[Value]]:
    """Return what yields the values of a standard field in the form they are compared in.

    Parameters
    ----------
    field : as ``Field.name``. qualifier : as ``Field.qualifier``.
    """
    if field in _LISTS:
        names = _LISTS[field]
        return lambda seen: _names(seen, names=names)
    if field in _TYPED:
        return lambda seen: _typed(seen, field=field, of_type=qualifier)
    if field == "quantity":
        return lambda seen: _quantities(seen, unit=qualifier)
    if field in _MEASURED:
        return lambda seen: _measured(seen, field=field, unit=qualifier)
    return _READERS[field]


def _names(seen: Seen, *, names: tuple[tuple[str, str], ...]) -> Iterator[Value]:
    for key, inner in names:
        found = seen.event.get(key)
        for item in found if isinstance(found, list) else [found]:
            name = item.get(inner) if inner and isinstance(item, dict) else item
            if isinstance(name, str):
                yield seen.spelling.name(name) or name


def _typed(seen: Seen, *, field: str, of_type: str) -> Iterator[Value]:
    vocabulary = "BTT" if field == "bizTransaction" else "SDT"
    for item in _objects(seen.event.get(f"{field}List")):
        name, found = item.get(field), item.get("type")
        kind = _word(seen, found, vocabulary=vocabulary) if isinstance(found, str) else ""
        if isinstance(name, str) and of_type in ("", kind):
            yield seen.spelling.name(name) or name


def _quantities(seen: Seen, *, unit: str) -> Iterator[Value]:
    for key in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"):
        for item in _objects(seen.event.get(key)):
            if _is_number(item.get("quantity")) and (not unit or item.get("uom") == unit):
                yield item["quantity"]


def _measured(seen: Seen, *, field: str, unit: str) -> Iterator[Value]:
    for report in _reports(seen):
        if _is_number(report.get(field)) and (not unit or report.get("uom") == unit):
            yield report[field]


def _sensed(field: str, *, metadata: bool, named: bool) -> Callable[[Seen], Iterator[Value]]:
    def read(seen: Seen) -> Iterator[Value]:
        for part in (*_reports(seen), *(_metadata(seen) if metadata else ())):
            value = part.get(field)
            if isinstance(value, str):
                yield (seen.spelling.name(value) or value) if named else value
            elif isinstance(value, bool):
                yield value

    return read


def _sensed_time(field: str) -> Callable[[Seen], Iterator[Value]]:
    def read(seen: Seen) -> Iterator[Value]:
        for part in (*_reports(seen), *_metadata(seen)):
            moment = moment_of_text(part[field]) if isinstance(part.get(field), str) else None
            if moment is not None:
                yield moment

    return read


def _kind(seen: Seen) -> Iterator[Value]:
    kind = seen.event.get("type", "")
    yield seen.spelling.kind(kind) or kind


def _word_of(field: str, *, vocabulary: str) -> Callable[[Seen], Iterator[Value]]:
    def read(seen: Seen) -> Iterator[Value]:
        value = seen.event.get(field)
        if isinstance(value, str):
            yield _word(seen, value, vocabulary=vocabulary)

    return read


def _persistent(part: str) -> Callable[[Seen], Iterator[Value]]:
    def read(seen: Seen) -> Iterator[Value]:
        found = seen.event.get("persistentDisposition")
        words = found.get(part) if isinstance(found, dict) else None
        for word in words if isinstance(words, list) else [words]:
            if isinstance(word, str):
                yield _word(seen, word, vocabulary="Disp")

    return read


def _error_time(seen: Seen) -> Iterator[Value]:
    for error in _objects(seen.event.get("errorDeclaration")):
        text = error.get("declarationTime")
        moment = moment_of_text(text) if isinstance(text, str) else None
        if moment is not None:
            yield moment


def _error_reason(seen: Seen) -> Iterator[Value]:
    for error in _objects(seen.event.get("errorDeclaration")):
        if isinstance(error.get("reason"), str):
            yield _word(seen, error["reason"], vocabulary="ER")


def _corrective(seen: Seen) -> Iterator[Value]:
    for error in _objects(seen.event.get("errorDeclaration")):
        ids = error.get("correctiveEventIDs")
        yield from (one for one in (ids if isinstance(ids, list) else [ids]) if isinstance(one, str))


def _reading_type(seen: Seen) -> Iterator[Value]:
    for report in _reports(seen):
        if isinstance(report.get("type"), str):
            yield _word(seen, report["type"], vocabulary="Measurement")


def _there(key: str) -> Callable[[Seen], Iterator[Value]]:
    def read(seen: Seen) -> Iterator[Value]:
        if seen.event.get(key):
            yield True

    return read


def _word(seen: Seen, value: str, *, vocabulary: str) -> str:
    return seen.spelling.word(value, vocabulary=vocabulary) or value


def _objects(found: Any) -> Iterator[dict[str, Any]]:
    for item in found if isinstance(found, list) else [found]:
        if isinstance(item, dict):
            yield item


def _reports(seen: Seen) -> Iterator[dict[str, Any]]:
    for element in _objects(seen.event.get("sensorElementList")):
        yield from _objects(element.get("sensorReport"))


def _metadata(seen: Seen) -> Iterator[dict[str, Any]]:
    for element in _objects(seen.event.get("sensorElementList")):
        yield from _objects(element.get("sensorMetadata"))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_PARENT = (("parentID", ""),)
_EPC = (("epcList", ""), ("childEPCs", ""))
_INPUT, _OUTPUT = (("inputEPCList", ""),), (("outputEPCList", ""),)
_CLASS = (("quantityList", "epcClass"), ("childQuantityList", "epcClass"))
_INPUT_CLASS, _OUTPUT_CLASS = (("inputQuantityList", "epcClass"),), (("outputQuantityList", "epcClass"),)

_LISTS: dict[str, tuple[tuple[str, str], ...]] = {
    "epc": _EPC,
    "parentID": _PARENT,
    "inputEPC": _INPUT,
    "outputEPC": _OUTPUT,
    "anyEPC": _EPC + _PARENT + _INPUT + _OUTPUT,
    "epcClass": _CLASS,
    "inputEPCClass": _INPUT_CLASS,
    "outputEPCClass": _OUTPUT_CLASS,
    "anyEPCClass": _CLASS + _INPUT_CLASS + _OUTPUT_CLASS,
    "readPoint": (("readPoint", "id"),),
    "bizLocation": (("bizLocation", "id"),),
    "transformationID": (("transformationID", ""),),
}
"""Keys of an event whose values are names, and below each the key of the name in its items."""

_TYPED = ("bizTransaction", "source", "destination")
_MEASURED = ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue", "percRank")

_READERS: dict[str, Callable[[Seen], Iterator[Value]]] = {
    "eventType": _kind,
    "eventTime": lambda seen: iter((seen.occurred_at,)),
    "recordTime": lambda seen: iter((seen.recorded_at,)),
    "eventID": lambda seen: iter(seen.ids),
    "action": lambda seen: iter((seen.event.get("action", ""),)),
    "bizStep": _word_of("bizStep", vocabulary="BizStep"),
    "disposition": _word_of("disposition", vocabulary="Disp"),
    "persistentDisposition_set": _persistent("set"),
    "persistentDisposition_unset": _persistent("unset"),
    "errorDeclaration": _there("errorDeclaration"),
    "errorDeclarationTime": _error_time,
    "errorReason": _error_reason,
    "correctiveEventID": _corrective,
    "sensorElementList": _there("sensorElementList"),
    "type": _reading_type,
    "time": _sensed_time("time"),
    "startTime": _sensed_time("startTime"),
    "endTime": _sensed_time("endTime"),
    "deviceID": _sensed("deviceID", metadata=True, named=True),
    "dataProcessingMethod": _sensed("dataProcessingMethod", metadata=True, named=True),
    "bizRules": _sensed("bizRules", metadata=True, named=True),
    "microorganism": _sensed("microorganism", metadata=False, named=True),
    "chemicalSubstance": _sensed("chemicalSubstance", metadata=False, named=True),
    "uriValue": _sensed("uriValue", metadata=False, named=True),
    "stringValue": _sensed("stringValue", metadata=False, named=False),
    "hexBinaryValue": _sensed("hexBinaryValue", metadata=False, named=False),
    "booleanValue": _sensed("booleanValue", metadata=False, named=False),
}
