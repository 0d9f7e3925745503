"""The text that the hash id of an event is made of, after the Core Business Vocabulary 2.0, section 8.9.

Fields come in a fixed order whatever the order of the document, lists are sorted, names and numbers have one spelling. What
that text leaves out although it is part of what an event says is collected beside it: two events of one hash id that
differ there are a conflict and not a duplicate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from chaintwin.errors import ChaintwinError
from chaintwin.events.checking.words import EVENT_TYPES
from chaintwin.events.contexts import (
    BUSINESS_STEP,
    COMPONENT,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT,
    PARTY_TYPE,
    TRANSACTION_TYPE,
    Prefixes,
    split_name,
)
from chaintwin.events.identity.times import instant_text, remembered_instant_text
from chaintwin.events.identity.values import EXACT_INTEGER, canonical_word, number_text, says_more, value_text
from chaintwin.events.vocabulary import NAMESPACE

DEPTH_MAX: Final = 64
"""Extensions nested deeper than this are refused."""

IGNORED_FIELD: Final = "ignoreFields"
"""Field of our namespace that says in an event which of its fields its repository keeps out of the hash id."""


class UnhashableError(ChaintwinError):
    """Raised when an event holds what no hash id can be made of; says where and why.

    Parameters
    ----------
    path : names and places that lead there from the event on. reason : why, in words.
    """

    code = "unhashable"

    def __init__(self, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Prehash:
    """What an event is identified by.

    Parameters
    ----------
    text : what is hashed. lost : what the event says beyond it, in an order that does not depend on the document.
    occurred_at : event time, microseconds since 1970 in UTC.
    """

    text: str
    lost: tuple[str, ...]
    occurred_at: int


def prehash(event: Mapping[str, Any], prefixes: Prefixes, *, ignored: frozenset[str] = frozenset()) -> Prehash:
    """Return what the hash id of an event is made of.

    Parameters
    ----------
    event : checked event of EPCIS JSON. prefixes : those in force for it.
    ignored : names of extension fields as ``{namespace}name`` that its repository keeps out of the hash id.

    Raises
    ------
    UnhashableError
        It holds a number that is not finite, a time outside of the calendar, or is nested too deep.

    Source
    ------
    GS1 Core Business Vocabulary 2.0, section 8.9.2, and the vectors published with it.
    """
    writer = _Writer(prefixes, ignored)
    text, occurred_at = writer.event(event)
    return Prehash(text, tuple(sorted(writer.lost)), occurred_at)


def bracketed(name: str, prefixes: Prefixes) -> str:
    """Return a name of an extension as the hash id has it.

    Example
    -------
    >>> bracketed("ct:order", BUILT_IN)
    '{urn:chaintwin:v1:}order'
    """
    namespace, local = split_name(name, prefixes)
    return f"{{{namespace}}}{local}" if namespace else local


_LISTS: Final = ("quantityList", "childQuantityList", "inputQuantityList")

_EPCIS_FIELDS: Final = (
    "@context type eventID recordTime errorDeclaration certificationInfo eventTime eventTimeZoneOffset epcList parentID "
    "inputEPCList childEPCs quantityList childQuantityList inputQuantityList outputEPCList outputQuantityList action "
    "transformationID bizStep disposition persistentDisposition readPoint bizLocation bizTransactionList destinationList "
    "sourceList sensorElementList"
)
_HANDLED: Final = frozenset(_EPCIS_FIELDS.split())

_SORTED_LAST: Final = (
    ("bizTransactionList", "bizTransaction", TRANSACTION_TYPE),
    ("destinationList", "destination", PARTY_TYPE),
    ("sourceList", "source", PARTY_TYPE),
)

_COMMENTS: Final = frozenset(
    ("{http://www.w3.org/2000/01/rdf-schema#}comment", "{http://www.w3.org/2000/01/rdf-schema#/}comment")
)

_METADATA: Final = ("time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")

_REPORT_FIELDS: Final = (
    "type exception deviceID deviceMetadata rawData dataProcessingMethod time microorganism chemicalSubstance value component "
    "stringValue booleanValue hexBinaryValue uriValue minValue maxValue meanValue sDev percRank percValue uom "
    "coordinateReferenceSystem"
)
_REPORT: Final = tuple(_REPORT_FIELDS.split())

_TIMES: Final = frozenset(("time", "startTime", "endTime"))

_WORDS: Final = {"type": MEASUREMENT, "exception": MEASUREMENT, "component": COMPONENT}


class _Writer:
    """Writes one event and collects what its text loses."""

    __slots__ = ("ignored", "lost", "names", "prefixes")

    def __init__(self, prefixes: Prefixes, ignored: frozenset[str]) -> None:
        self.prefixes = prefixes
        self.ignored = ignored
        self.lost: list[str] = []
        self.names: dict[str, str] = {}

    def event(self, event: Mapping[str, Any]) -> tuple[str, int]:
        get = event.get
        kind = event["type"]
        moment, occurred_at = self.time("eventTime", event["eventTime"])
        parts = [
            f"eventType={kind if kind in EVENT_TYPES else self.name(kind)}eventTime={moment}"
            f"eventTimeZoneOffset={event['eventTimeZoneOffset']}"
        ]
        add = parts.append
        if value := get("epcList"):
            add(_objects("epcList", value))
        if value := get("parentID"):
            add("parentID=" + value_text(value))
        if value := get("inputEPCList"):
            add(_objects("inputEPCList", value))
        if value := get("childEPCs"):
            add(_objects("childEPCs", value))
        for name in _LISTS:
            if value := get(name):
                add(self.quantities(name, value))
        if value := get("outputEPCList"):
            add(_objects("outputEPCList", value))
        if value := get("outputQuantityList"):
            add(self.quantities("outputQuantityList", value))
        if value := get("action"):
            add("action=" + value)
        if value := get("transformationID"):
            add("transformationID=" + value_text(value))
        if value := get("bizStep"):
            add("bizStep=" + canonical_word(value, BUSINESS_STEP))
        if value := get("disposition"):
            add("disposition=" + canonical_word(value, DISPOSITION))
        if value := get("persistentDisposition"):
            add(self.persistent(value))
        if value := get("readPoint"):
            add(self.place("readPoint", value))
        if value := get("bizLocation"):
            add(self.place("bizLocation", value))
        last: list[str] = []
        if value := get("sensorElementList"):
            text, unplaced = self.sensors(value)
            add(text)
            if unplaced:
                last.append(unplaced)
        for name, item, base in _SORTED_LAST:
            if value := get(name):
                last.append(self.typed(name, value, item, base))
        for name, value in event.items():
            if name not in _HANDLED:
                last += self.extension(name, value, (name,))
        last.sort()
        if value := get("errorDeclaration"):
            self.declaration(value)
        if value := get("certificationInfo"):
            named = [value] if value.__class__ is str else value
            self.lost.append("certificationInfo=" + " ".join(sorted(map(value_text, named))))
        return "".join(parts) + "".join(last), occurred_at

    def name(self, name: str) -> str:
        found = self.names.get(name)
        if found is None:
            found = self.names[name] = bracketed(name, self.prefixes)
        return found

    def time(self, name: str, text: str) -> tuple[str, int]:
        try:
            moment, microseconds = instant_text(text) if name == "eventTime" else remembered_instant_text(text)
        except ValueError as error:
            raise UnhashableError((name,), str(error)) from None
        if microseconds % 1000:
            self.lost.append(f"{name}={microseconds}")
        return moment, microseconds

    def quantities(self, name: str, elements: list[dict[str, Any]]) -> str:
        texts = []
        for element in elements:
            text = "quantityElementepcClass=" + value_text(element["epcClass"])
            quantity = element.get("quantity")
            if quantity is not None:
                text += "quantity=" + self.number("quantity", quantity)
            if uom := element.get("uom"):
                text += "uom=" + value_text(uom)
            texts.append(text)
        texts.sort()
        return name + "".join(texts)

    def number(self, name: str, number: int | float) -> str:
        try:
            text = number_text(number)
        except ValueError as error:
            raise UnhashableError((name,), str(error)) from None
        if isinstance(number, int) and abs(number) > EXACT_INTEGER:
            self.lost.append(f"{name}={number}")
        return text

    def persistent(self, value: dict[str, Any]) -> str:
        parts = ["persistentDisposition"]
        for name in ("set", "unset"):
            parts += sorted(f"{name}={canonical_word(word, DISPOSITION)}" for word in value.get(name, ()))
        return "".join(parts) if len(parts) > 1 else ""

    def place(self, name: str, place: dict[str, Any]) -> str:
        text = f"{name}id={value_text(place['id'])}"
        return text if len(place) == 1 else text + "".join(self.extensions(place, ("id",), (name,)))

    def typed(self, name: str, elements: list[dict[str, Any]], item: str, base: str) -> str:
        texts = []
        for element in elements:
            kind = element.get("type")
            text = f"{item}={value_text(element[item])}"
            texts.append(text if kind is None else f"type={canonical_word(kind, base)}{text}")
        texts.sort()
        return name + "".join(texts)

    def declaration(self, declaration: dict[str, Any]) -> None:
        """Collect a declaration of error: the hash id is that of the event it takes back."""
        moment, microseconds = self.time("declarationTime", declaration["declarationTime"])
        parts = [f"errorDeclaration={moment}{microseconds % 1000}"]
        if reason := declaration.get("reason"):
            parts.append("reason=" + canonical_word(reason, ERROR_REASON))
        parts += sorted("correctiveEventID=" + name for name in declaration.get("correctiveEventIDs", ()))
        self.lost.append("".join(parts + self.extensions(declaration, _DECLARATION, ("errorDeclaration",))))

    def sensors(self, elements: list[dict[str, Any]]) -> tuple[str, str]:
        """Return the sensor elements, and of what has no place in their order the part that goes behind."""
        texts, unplaced = [], []
        for place, element in enumerate(elements):
            path = ("sensorElementList", place)
            text = "sensorElement"
            if metadata := element.get("sensorMetadata"):
                text += self.fields("sensorMetadata", metadata, _METADATA, path=path)
            reports, rest = [], []
            for report in element["sensorReport"]:
                reports.append(self.fields("sensorReport", report, _REPORT, path=path))
                if rules := report.get("bizRules"):
                    rest.append("sensorReportbizRules=" + value_text(rules))
            texts.append(text + "".join(sorted(reports)) + "".join(self.extensions(element, _ELEMENT, path)))
            if rest:
                unplaced.append("sensorElement" + "".join(sorted(rest)))
        texts.sort()
        behind = "sensorElementList" + "".join(sorted(unplaced)) if unplaced else ""
        return "sensorElementList" + "".join(texts), behind

    def fields(self, name: str, values: dict[str, Any], order: tuple[str, ...], *, path: tuple[str | int, ...]) -> str:
        """Return one object of a sensor element: its fields in their order, then its extensions."""
        text = name
        found = 0
        for field_name in order:
            value = values.get(field_name)
            if value is None:
                continue
            found += 1
            if field_name in _TIMES:
                text += f"{field_name}={self.time(field_name, value)[0]}"
            elif field_name in _WORDS:
                text += f"{field_name}={canonical_word(value, _WORDS[field_name])}"
            elif shown := self.scalar(field_name, value):
                text += f"{field_name}={shown}"
        if found < len(values):
            text += "".join(self.extensions(values, (*order, "bizRules"), (*path, name)))
        return text if len(text) > len(name) else ""

    def scalar(self, name: str, value: Any) -> str:
        if value.__class__ is str:
            if says_more(value):
                self.lost.append(f"{name}={value}")
            return value_text(value)
        if value is True or value is False:
            return "true" if value else "false"
        return self.number(name, value)

    def extensions(self, values: dict[str, Any], known: tuple[str, ...], path: tuple[str | int, ...]) -> list[str]:
        """Return the fields that are not known ones, sorted."""
        texts: list[str] = []
        for name, value in values.items():
            if name not in known:
                texts += self.extension(name, value, (*path, name))
        texts.sort()
        return texts

    def extension(self, name: str, value: Any, path: tuple[str | int, ...]) -> list[str]:
        """Return one field of an extension, once for each of its values; an empty text is a name alone, null is no field."""
        shown = self.name(name)
        if shown in _COMMENTS or shown == _MARK or (len(path) == 1 and shown in self.ignored):
            return []
        if shown.startswith(_OWN) and value.__class__ in (list, dict):
            self.lost.append(f"{shown}={_exact(value)}")
        return self.valued(shown, value, path)

    def valued(self, shown: str, value: Any, path: tuple[str | int, ...]) -> list[str]:
        kind = value.__class__
        if value is None:
            return []
        if kind is dict or kind is list:
            if len(path) > DEPTH_MAX:
                raise UnhashableError(path[:4], f"nested deeper than {DEPTH_MAX}")
            if kind is list:
                return [text for place, item in enumerate(value) for text in self.valued(shown, item, (*path, place))]
            own = value.get(TEXT)
            text = self.scalar(shown, own) if own is not None else ""
            return [shown + (f"={text}" if text else "") + "".join(self.extensions(value, (TEXT,), path))]
        text = self.scalar(shown, value)
        return [f"{shown}={text}" if text else shown]


TEXT: Final = "#text"
"""Where an element of XML that has both text and attributes keeps its text."""

_DECLARATION: Final = ("declarationTime", "reason", "correctiveEventIDs")
_ELEMENT: Final = ("sensorMetadata", "sensorReport")
_OWN: Final = f"{{{NAMESPACE}}}"
_MARK: Final = f"{_OWN}{IGNORED_FIELD}"


def _objects(name: str, objects: list[str]) -> str:
    return f"{name}epc=" + "epc=".join(sorted(map(value_text, objects)))


def _exact(value: Any) -> str:
    """Return JSON with its keys in order; lists keep theirs."""
    return msgspec.json.encode(value, order="deterministic").decode()
