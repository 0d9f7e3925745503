"""From the fields of JSON to the elements of an event of EPCIS XML 2.0."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from chaintwin.clock import text_of
from chaintwin.events.contexts import Prefixes, split_name
from chaintwin.events.identity.times import instant
from chaintwin.events.vocabulary import NAMESPACE
from chaintwin.events.xml.marks import (
    CERTIFICATION,
    FIELD,
    FIELDS,
    FORM,
    NAME,
    TEXT,
    as_json,
    is_name,
    is_text,
    writable,
)
from chaintwin.events.xml.rules.editions import EVENTS, edition
from chaintwin.events.xml.rules.forms import forms, is_stamp
from chaintwin.events.xml.words import (
    COMPONENT,
    DISPOSITION,
    MEASUREMENT,
    PARTY,
    REASON,
    STEP,
    TRANSACTION,
    Vocabulary,
    long_word,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

NIL: Final = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class EventWriter:
    """Writes events below one element.

    Parameters
    ----------
    prefixes : those in force for the events.
    """

    def __init__(self, prefixes: Prefixes) -> None:
        from lxml import etree

        self.prefixes = prefixes
        self.child = etree.SubElement
        self.writers = _writers(self)

    def event(self, parent: Element, event: Mapping[str, Any]) -> None:
        """Write an event of EPCIS, or of a type of an extension, in the wrapper that the schema has for it."""
        kind = str(event["type"])
        if kind in EVENTS:
            element = self.child(parent, kind)
            order = tuple(edition("2.0").kinds[kind].parts)
        else:
            wrapper = self.child(parent, "extension")
            namespace, local = split_name(kind, self.prefixes)
            element = self.child(wrapper, f"{{{namespace or NAMESPACE}}}{local if is_name(local) else 'Event'}")
            order = _ANY_ORDER
        for name in order:
            value = event.get(name)
            if value is not None and name in self.writers:
                self.writers[name](element, name, value)
        certificates = event.get("certificationInfo")
        if isinstance(certificates, list):
            for certificate in certificates[1:]:
                self.child(element, CERTIFICATION).text = certificate
        known = self.writers
        for name, value in event.items():
            if name not in known and name not in _SPECIAL:
                self.field(element, name, value)

    def field(self, parent: Element, name: str, value: Any) -> None:
        """Write a field of an extension; a list becomes several elements."""
        if value is None or value == []:
            return
        namespace, local = split_name(name, self.prefixes)
        own = namespace == NAMESPACE
        listed = isinstance(value, list) and not any(isinstance(item, list) or item is None for item in value)
        if listed and not own:
            for item in value:
                self.one(parent, name, item)
        else:
            self.one(parent, name, value, as_it_is=own and not isinstance(value, str) and local != "unqualified")

    def one(self, parent: Element, name: str, value: Any, *, as_it_is: bool = False) -> None:
        """Write one value of a field.

        Parameters
        ----------
        parent : where. name : of the field. value : of it. as_it_is : whether it is to come back with the types of JSON.
        """
        namespace, local = split_name(name, self.prefixes)
        tag = f"{{{namespace}}}{local}" if namespace else local
        if is_name(local):
            element = self.child(parent, tag)
        else:
            element = self.child(parent, FIELD)
            element.set(NAME, writable(tag))
        if as_it_is or isinstance(value, list) or (isinstance(value, str) and not is_text(value)):
            element.set(FORM, "json")
            element.text = as_json(value)
        elif isinstance(value, dict):
            for key, item in value.items():
                if key == TEXT and not isinstance(item, (dict, list)):
                    element.text = writable(plain_text(item))
                else:
                    self.field(element, key, item)
        else:
            element.text = plain_text(value)

    def place(self, parent: Element, name: str, value: Mapping[str, Any]) -> None:
        """Write a read point or business location."""
        element = self.child(parent, name)
        self.child(element, "id").text = str(value["id"])
        bare = {key: item for key, item in value.items() if ":" not in key and key != "id"}
        if bare:
            wrapper = self.child(element, "extension")
            for key, item in bare.items():
                self.field(wrapper, key, item)
        self.extensions(element, value, known=("id", *bare))

    def extensions(self, element: Element, value: Mapping[str, Any], *, known: tuple[str, ...] = ()) -> None:
        """Write the fields of extensions of an object."""
        for key, item in value.items():
            if key not in known:
                self.field(element, key, item)

    def master(self, parent: Element, name: str, value: Mapping[str, Any]) -> None:
        """Write instance or lot master data."""
        self.extensions(self.child(parent, name), value)

    def declaration(self, parent: Element, name: str, value: Mapping[str, Any]) -> None:
        """Write a declaration of error."""
        element = self.child(parent, name)
        self.child(element, "declarationTime").text = stamp(value["declarationTime"])
        if reason := value.get("reason"):
            self.child(element, "reason").text = long_word(reason, REASON)
        if ids := value.get("correctiveEventIDs"):
            wrapper = self.child(element, "correctiveEventIDs")
            for one in ids:
                self.child(wrapper, "correctiveEventID").text = one
        self.extensions(element, value, known=("declarationTime", "reason", "correctiveEventIDs"))

    def sensors(self, parent: Element, name: str, value: list[Mapping[str, Any]]) -> None:
        """Write sensor elements."""
        if not value:
            return
        wrapper = self.child(parent, name)
        for one in value:
            element = self.child(wrapper, "sensorElement")
            if metadata := one.get("sensorMetadata"):
                self.measured(element, "sensorMetadata", metadata)
            for report in one["sensorReport"]:
                self.measured(element, "sensorReport", report)
            self.extensions(element, one, known=("sensorMetadata", "sensorReport"))

    def measured(self, parent: Element, name: str, value: Mapping[str, Any]) -> None:
        """Write sensor metadata or a report: only attributes may stand there."""
        element = self.child(parent, name)
        known = edition("2.0").kinds[name[0].upper() + name[1:]].attributes
        more: dict[str, Any] = {}
        for key, item in value.items():
            form = known.get(key, ("string", False))[0]
            namespace, local = split_name(key, self.prefixes)
            tag = f"{{{namespace}}}{local}" if namespace else key
            if item is None:
                continue
            text = self.attribute(key, item, form)
            if text is None or not is_name(local):
                more[tag] = item
            else:
                element.set(tag, text)
        if more:
            element.set(FIELDS, as_json(more))

    def attribute(self, name: str, value: Any, form: str) -> str | None:
        """Return a value as text of an attribute; None where only JSON can say it."""
        if isinstance(value, (dict, list)) or (isinstance(value, str) and not is_text(value)):
            return None
        if form == "stamp":
            return stamp(value)
        text = plain_text(value)
        if name in ("type", "exception"):
            text = long_word(text, MEASUREMENT)
        elif name == "component":
            text = long_word(text, COMPONENT)
        return text if forms()[form].accepts(text) else None


def stamp(text: str) -> str:
    """Return a time as the schema of EPCIS XML has it; leap seconds and small letters are rewritten."""
    return text if is_stamp(text) else text_of(instant(text))


def plain_text(value: Any) -> str:
    """Return a text, a number or a truth as text."""
    if isinstance(value, str):
        return writable(value)
    return as_json(value)


def _writers(writer: EventWriter) -> dict[str, Callable[[Element, str, Any], None]]:
    """Return what writes each field of an event that EPCIS knows."""
    child = writer.child

    def text(parent: Element, name: str, value: Any) -> None:
        child(parent, name).text = plain_text(value[0] if isinstance(value, list) else value)

    def time(parent: Element, name: str, value: Any) -> None:
        child(parent, name).text = stamp(value)

    def objects(parent: Element, name: str, value: Any) -> None:
        element = child(parent, name)
        for one in value:
            child(element, "epc").text = one

    def quantities(parent: Element, name: str, value: Any) -> None:
        element = child(parent, name)
        for one in value:
            part = child(element, "quantityElement")
            child(part, "epcClass").text = one["epcClass"]
            quantity, uom = one.get("quantity"), one.get("uom")
            if quantity is not None:
                child(part, "quantity").text = decimal_text(quantity)
            elif uom is not None:
                child(part, "quantity").set(NIL, "true")
            if uom is not None:
                child(part, "uom").text = uom

    def typed(item: str, vocabulary: Vocabulary) -> Callable[[Element, str, Any], None]:
        def write(parent: Element, name: str, value: Any) -> None:
            if not value:
                return
            element = child(parent, name)
            for one in value:
                part = child(element, item)
                if (kind := one.get("type")) is not None:
                    part.set("type", long_word(kind, vocabulary))
                part.text = one[item]

        return write

    def word(vocabulary: Vocabulary) -> Callable[[Element, str, Any], None]:
        def write(parent: Element, name: str, value: Any) -> None:
            child(parent, name).text = long_word(value, vocabulary)

        return write

    def persistent(parent: Element, name: str, value: Any) -> None:
        element = child(parent, name)
        for part in ("unset", "set"):
            for one in value.get(part, ()):
                child(element, part).text = long_word(one, DISPOSITION)

    names: Mapping[Callable[[Element, str, Any], None], tuple[str, ...]] = {
        time: ("eventTime", "recordTime"),
        text: ("eventTimeZoneOffset", "eventID", "certificationInfo", "parentID", "action", "transformationID"),
        objects: ("epcList", "childEPCs", "inputEPCList", "outputEPCList"),
        quantities: ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"),
        writer.place: ("readPoint", "bizLocation"),
        word(STEP): ("bizStep",),
        word(DISPOSITION): ("disposition",),
        typed("bizTransaction", TRANSACTION): ("bizTransactionList",),
        typed("source", PARTY): ("sourceList",),
        typed("destination", PARTY): ("destinationList",),
        persistent: ("persistentDisposition",),
        writer.declaration: ("errorDeclaration",),
        writer.sensors: ("sensorElementList",),
        writer.master: ("ilmd",),
    }
    return {name: write for write, listed in names.items() for name in listed}


def decimal_text(value: float) -> str:
    """Return a number without an exponent, which quantities may not have in XML.

    Example
    -------
    >>> decimal_text(1e-7), decimal_text(200.0), decimal_text(1e21)
    ('0.0000001', '200.0', '1000000000000000000000')
    """
    text = as_json(value)
    if "e" not in text and "E" not in text:
        return text
    from decimal import Decimal

    return format(Decimal(text), "f")


_SPECIAL: Final = frozenset({"type", "@context", "isA"})
_ANY_ORDER: Final = (
    "eventTime",
    "recordTime",
    "eventTimeZoneOffset",
    "eventID",
    "errorDeclaration",
    "certificationInfo",
    "inputEPCList",
    "inputQuantityList",
    "outputEPCList",
    "outputQuantityList",
    "transformationID",
    "parentID",
    "epcList",
    "childEPCs",
    "action",
    "bizStep",
    "disposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "quantityList",
    "childQuantityList",
    "sourceList",
    "destinationList",
    "sensorElementList",
    "persistentDisposition",
    "ilmd",
)
