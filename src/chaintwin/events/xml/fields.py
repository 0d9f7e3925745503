"""From the elements of an event to the fields of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from chaintwin.events.vocabulary import NAMESPACE
from chaintwin.events.xml.marks import CERTIFICATION, FIELD, FIELDS, FORM, NAME, TEXT, UNQUALIFIED
from chaintwin.events.xml.naming import Names
from chaintwin.events.xml.rules.checking import XSI, local_name
from chaintwin.events.xml.rules.editions import EVENTS
from chaintwin.events.xml.words import (
    COMPONENT,
    DISPOSITION,
    MEASUREMENT,
    PARTY,
    REASON,
    STEP,
    TRANSACTION,
    Vocabulary,
    short_word,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


class EventReader:
    """Reads the events of one document.

    Parameters
    ----------
    names : prefixes of the document, which reading adds to.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.readers = _readers(self)

    def event(self, element: Element) -> dict[str, Any]:
        """Return an event as JSON has it."""
        tag = str(element.tag)
        local = local_name(tag)
        known = local in EVENTS or local == "QuantityEvent"
        event: dict[str, Any] = {"type": local if known else self.names.key(tag, element)}
        self.attributes(element, event, ignored=_DOCUMENT_ATTRIBUTES)
        self.add_fields(element, event)
        if local == "QuantityEvent":
            event["type"] = "ObjectEvent"
            event.setdefault("action", "OBSERVE")
            quantity = {name: event.pop(name) for name in ("epcClass", "quantity") if name in event}
            event["quantityList"] = [quantity]
        return event

    def add_fields(self, element: Element, fields: dict[str, Any]) -> None:
        """Add what is in an element to fields; wrappers for extensions are taken off."""
        readers = self.readers
        for child in element:
            tag = str(child.tag)
            read = readers.get(tag)
            if read is None and tag[0] == "{" and tag.startswith(_EPCIS):
                tag = local_name(tag)
                read = readers.get(tag)
            if read is not None:
                value = read(child)
                if value is not None:
                    fields[tag] = value
            elif tag in ("extension", "baseExtension"):
                self.add_fields(child, fields)
            elif tag == CERTIFICATION:
                add(fields, "certificationInfo", _text(child))
            elif tag[0] == "{":
                add(fields, self.name(child), self.value(child))
            else:
                add(self.bare(fields, child), tag, self.value(child))

    def name(self, element: Element) -> str:
        """Return the name of the field that an element holds."""
        tag = str(element.tag)
        if tag == FIELD:
            return self.names.key(element.get(NAME) or "", element)
        return self.names.key(tag, element)

    def bare(self, fields: dict[str, Any], element: Element) -> dict[str, Any]:
        """Return the object that holds what has no namespace where JSON wants one."""
        self.names.key(f"{{{NAMESPACE}}}unqualified", element)
        found: dict[str, Any] = fields.setdefault(UNQUALIFIED, {})
        return found

    def attributes(self, element: Element, fields: dict[str, Any], *, ignored: frozenset[str] = frozenset()) -> None:
        """Add the attributes of an element that are not of EPCIS to fields."""
        for name, value in element.attrib.items():
            tag = str(name)
            if tag.startswith(XSI) or tag in ignored:
                continue
            if tag[0] == "{":
                add(fields, self.names.key(tag, element), str(value).strip())
            else:
                add(self.bare(fields, element), tag, str(value).strip())

    def value(self, element: Element) -> Any:
        """Return the value of a foreign element: its text, or an object of its attributes, elements and text."""
        text = (element.text or "").strip()
        if not len(element) and not element.attrib:
            return text
        if element.get(FORM) == "json":
            try:
                return json.loads(text)
            except ValueError:
                return text
        found: dict[str, Any] = {}
        for name, attribute in element.attrib.items():
            if not str(name).startswith(XSI) and name not in (FORM, NAME):
                add(found, self.names.key(str(name), element), str(attribute).strip())
        for child in element:
            add(found, self.name(child), self.value(child))
        if not found:
            return text
        if text:
            found[TEXT] = text
        return found

    def place(self, element: Element) -> dict[str, Any]:
        """Return a read point or business location."""
        found: dict[str, Any] = {}
        for child in element:
            tag = str(child.tag)
            if local_name(tag) == "id" and (tag[0] != "{" or tag.startswith(_EPCIS)):
                found["id"] = _text(child)
            elif tag == "extension":
                for one in child:
                    add(found, self.name(one), self.value(one))
            else:
                add(found, self.name(child), self.value(child))
        return found

    def unqualified(self, element: Element, fields: dict[str, Any]) -> None:
        """Add what stands without a namespace in a wrapper for extensions."""
        for child in element:
            tag = str(child.tag)
            if tag[0] == "{":
                add(fields, self.name(child), self.value(child))
            elif tag == "extension":
                self.unqualified(child, fields)
            else:
                add(self.bare(fields, child), tag, self.value(child))

    def master(self, element: Element) -> dict[str, Any]:
        """Return instance or lot master data."""
        found: dict[str, Any] = {}
        self.attributes(element, found)
        self.unqualified(element, found)
        return found

    def declaration(self, element: Element) -> dict[str, Any]:
        """Return a declaration of error."""
        found: dict[str, Any] = {}
        self.attributes(element, found)
        for child in element:
            tag = local_name(str(child.tag)) if str(child.tag).startswith(_EPCIS) else str(child.tag)
            if tag == "declarationTime":
                found[tag] = _text(child)
            elif tag == "reason":
                found[tag] = short_word(_text(child), REASON)
            elif tag == "correctiveEventIDs":
                found[tag] = [_text(one) for one in child]
            elif tag == "extension":
                self.unqualified(child, found)
            else:
                add(found, self.name(child), self.value(child))
        return found

    def sensors(self, element: Element) -> list[dict[str, Any]] | None:
        """Return the sensor elements; None where a schema that does not know them let something else stand there."""
        elements = []
        for child in element:
            tag = local_name(str(child.tag))
            if tag == "sensorElement":
                elements.append(self.sensor(child))
        return elements or None

    def sensor(self, element: Element) -> dict[str, Any]:
        """Return one sensor element: metadata and reports."""
        found: dict[str, Any] = {}
        reports = []
        for child in element:
            tag = local_name(str(child.tag)) if str(child.tag).startswith(_EPCIS) else str(child.tag)
            if tag == "sensorReport":
                reports.append(self.measured(child))
            elif tag == "sensorMetadata":
                found[tag] = self.measured(child)
            elif tag == "extension":
                self.unqualified(child, found)
            else:
                add(found, self.name(child), self.value(child))
        found["sensorReport"] = reports
        return found

    def measured(self, element: Element) -> dict[str, Any]:
        """Return the attributes of sensor metadata or of a report."""
        found: dict[str, Any] = {}
        for name, value in element.attrib.items():
            tag = str(name)
            text = str(value).strip()
            if tag in _NUMBERS:
                found[tag] = number(text)
            elif tag in ("type", "exception"):
                found[tag] = short_word(self.names.value(text, element), MEASUREMENT)
            elif tag == "component":
                found[tag] = short_word(self.names.value(text, element), COMPONENT)
            elif tag == "booleanValue":
                found[tag] = text in ("true", "1") if text in ("true", "false", "1", "0") else text
            elif tag == FIELDS:
                self.more(text, found, element)
            elif not tag.startswith(XSI):
                add(found, self.names.key(tag, element) if tag[0] == "{" else tag, text)
        own = (element.text or "").strip()
        if own:
            add(found, self.names.key(f"{{{NAMESPACE}}}text", element), own)
        for child in element:
            add(found, self.name(child), self.value(child))
        return found

    def more(self, text: str, fields: dict[str, Any], element: Element) -> None:
        """Add fields that are written as JSON in one attribute."""
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            add(fields, self.names.key(FIELDS, element), text)
            return
        for name, value in found.items():
            fields[self.names.key(name, element)] = value


def add(fields: dict[str, Any], name: str, value: Any) -> None:
    """Add a value to fields; several of one name become a list."""
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]


def number(text: str) -> int | float | str:
    """Return the number that a text is; what JSON has no number for stays text, so that it is refused where it stands.

    Example
    -------
    >>> number("26.0"), number("12"), number("INF")
    (26.0, 12, 'INF')
    """
    try:
        return int(text) if text.lstrip("+-").isdigit() and len(text) < _DIGITS_MAX else _finite(float(text), text)
    except ValueError:
        return text


def _finite(value: float, text: str) -> float | str:
    return value if abs(value) < float("inf") else text


def _readers(reader: EventReader) -> dict[str, Callable[[Element], Any]]:
    """Return what reads each field of an event that EPCIS knows."""
    readers: dict[str, Callable[[Element], Any]] = dict.fromkeys(
        (
            "eventTime",
            "recordTime",
            "eventTimeZoneOffset",
            "eventID",
            "certificationInfo",
            "parentID",
            "action",
            "transformationID",
        ),
        _text,
    )
    readers["epcClass"] = _text
    readers["quantity"] = lambda element: number(_text(element))
    readers |= dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _texts)
    readers |= dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _quantities)
    readers |= dict.fromkeys(("readPoint", "bizLocation"), reader.place)
    readers["bizStep"] = lambda element: short_word(_text(element), STEP)
    readers["disposition"] = lambda element: short_word(_text(element), DISPOSITION)
    readers["bizTransactionList"] = lambda element: _typed(element, TRANSACTION)
    readers["sourceList"] = readers["destinationList"] = lambda element: _typed(element, PARTY)
    readers["persistentDisposition"] = _persistent
    readers["errorDeclaration"] = reader.declaration
    readers["sensorElementList"] = reader.sensors
    readers["ilmd"] = reader.master
    return readers


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _texts(element: Element) -> list[str]:
    return [(child.text or "").strip() for child in element]


def _quantities(element: Element) -> list[dict[str, Any]]:
    found = []
    for child in element:
        quantity: dict[str, Any] = {}
        for part in child:
            tag = local_name(str(part.tag))
            text = _text(part)
            if tag == "quantity":
                if part.get(XSI + "nil") in ("true", "1"):
                    continue
                quantity[tag] = number(text)
            else:
                quantity[tag] = text
        found.append(quantity)
    return found


def _typed(element: Element, vocabulary: Vocabulary) -> list[dict[str, str]]:
    found = []
    for child in element:
        tag = local_name(str(child.tag))
        kind = child.get("type")
        one = {} if kind is None else {"type": short_word(kind.strip(), vocabulary)}
        one[tag] = _text(child)
        found.append(one)
    return found


def _persistent(element: Element) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for child in element:
        found.setdefault(local_name(str(child.tag)), []).append(short_word(_text(child), DISPOSITION))
    return found


_EPCIS: Final = "{urn:epcglobal:epcis:xsd:"
_DOCUMENT_ATTRIBUTES: Final = frozenset({"schemaVersion", "creationDate"})
_NUMBERS: Final = frozenset({"value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"})
_DIGITS_MAX: Final = 400
