"""Facts of an event: what projections read, with canonical names and full URIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chaintwin.events.checking.words import EVENT_TYPES
from chaintwin.events.contexts import (
    BUILT_IN,
    BUSINESS_STEP,
    COMPONENT,
    DISPOSITION,
    MEASUREMENT,
    PARTY_TYPE,
    TRANSACTION_TYPE,
    Prefixes,
    full_name,
    split_name,
    word_uri,
)
from chaintwin.events.facts import Facts, Item, Reading
from chaintwin.events.identity.times import instant, remembered_instant_text
from chaintwin.events.names import canonical_name
from chaintwin.events.personal import is_personal, pseudonym
from chaintwin.events.vocabulary import NAMESPACE


def facts_of(
    event: Mapping[str, Any],
    prefixes: Prefixes = BUILT_IN,
    *,
    occurred_at: int | None = None,
    own: Mapping[str, str] | None = None,
) -> Facts:
    """Return the facts of an event.

    Values that name a person are replaced by a pseudonym.

    Parameters
    ----------
    event : checked event. prefixes : those in force for it. occurred_at : its time, if that is known already.
    own : local name of each of its fields of our own, if that is known already.

    Example
    -------
    >>> event = {
    ...     "type": "ObjectEvent",
    ...     "eventTime": "1970-01-01T00:00:01Z",
    ...     "eventTimeZoneOffset": "+00:00",
    ...     "action": "OBSERVE",
    ...     "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"],
    ...     "bizStep": "shipping",
    ... }
    >>> facts_of(event).items[0].name
    'https://id.gs1.org/01/10614141073464/21/2017'
    """
    get = event.get
    when = instant(event["eventTime"]) if occurred_at is None else occurred_at
    step, disposition = get("bizStep"), get("disposition")
    declaration, persistent = get("errorDeclaration"), get("persistentDisposition")
    parent = get("parentID") or get("transformationID")
    place, location = get("readPoint"), get("bizLocation")
    names = own_names(event, prefixes) if own is None else own
    return Facts(
        kind=kind_of(event["type"], prefixes),
        occurred_at=when,
        action=get("action", ""),
        step=word_uri(step, BUSINESS_STEP, prefixes=prefixes) if step else "",
        disposition=word_uri(disposition, DISPOSITION, prefixes=prefixes) if disposition else "",
        read_point=canonical_name(place["id"]) if place else "",
        location=canonical_name(location["id"]) if location else "",
        parent=canonical_name(parent) if parent else "",
        items=_items(event, _OBJECTS, _QUANTITIES),
        outputs=_items(event, ("outputEPCList",), ("outputQuantityList",)),
        transactions=_typed(get("bizTransactionList"), "bizTransaction", TRANSACTION_TYPE, prefixes=prefixes),
        sources=_typed(get("sourceList"), "source", PARTY_TYPE, prefixes=prefixes),
        destinations=_typed(get("destinationList"), "destination", PARTY_TYPE, prefixes=prefixes),
        set_dispositions=_dispositions(persistent, "set", prefixes=prefixes),
        unset_dispositions=_dispositions(persistent, "unset", prefixes=prefixes),
        readings=_readings(event["sensorElementList"], when, prefixes=prefixes) if "sensorElementList" in event else (),
        master={full_name(name, prefixes): _own("", value, prefixes=prefixes) for name, value in event["ilmd"].items()}
        if "ilmd" in event
        else {},
        own={local: _own(name, event[name], prefixes=prefixes) for name, local in names.items() if local != _IGNORED},
        declares_error=declaration is not None,
        corrected_by=tuple(declaration.get("correctiveEventIDs", ())) if declaration else (),
    )


def kind_of(kind: str, prefixes: Prefixes) -> str:
    """Return the type of an event as facts and terms have it: one of EPCIS or of ours bare, any other in full."""
    if kind in EVENT_TYPES:
        return kind
    namespace, local = split_name(kind, prefixes)
    return local if namespace == NAMESPACE else namespace + local


def own_names(event: Mapping[str, Any], prefixes: Prefixes) -> dict[str, str]:
    """Return the local name of each field of our namespace by the name that the event has."""
    names = {}
    for name in event:
        if ":" in name:
            namespace, local = split_name(name, prefixes)
            if namespace == NAMESPACE:
                names[name] = local
    return names


INTEGER_LEAST: Final = -(2**63)
INTEGER_MOST: Final = 2**64 - 1
"""Whole numbers that MessagePack has; facts hold larger ones as doubles."""

_OBJECTS: Final = ("epcList", "childEPCs", "inputEPCList")
_QUANTITIES: Final = ("quantityList", "childQuantityList", "inputQuantityList")
_IGNORED: Final = "ignoreFields"


def _items(event: Mapping[str, Any], objects: tuple[str, ...], quantities: tuple[str, ...]) -> tuple[Item, ...]:
    items: list[Item] = []
    for name in objects:
        if found := event.get(name):
            items += [Item(canonical_name(text), None, None, True) for text in found]
    for name in quantities:
        for element in event.get(name, ()):
            quantity = element.get("quantity")
            amount = None if quantity is None else float(quantity)
            items.append(Item(canonical_name(element["epcClass"]), amount, element.get("uom"), False))
    return tuple(items)


def _typed(elements: Any, item: str, base: str, *, prefixes: Prefixes) -> tuple[tuple[str, str], ...]:
    if not elements:
        return ()
    return tuple(
        (word_uri(element["type"], base, prefixes=prefixes) if "type" in element else "", canonical_name(element[item]))
        for element in elements
    )


def _dispositions(persistent: Any, name: str, *, prefixes: Prefixes) -> tuple[str, ...]:
    if not persistent:
        return ()
    return tuple(word_uri(word, DISPOSITION, prefixes=prefixes) for word in persistent.get(name, ()))


def _own(name: str, value: Any, *, prefixes: Prefixes) -> Any:
    if is_personal(name, prefixes):
        return pseudonym(value)
    if isinstance(value, dict):
        return {key: _own(key, item, prefixes=prefixes) for key, item in value.items()}
    if isinstance(value, list):
        return [_own("", item, prefixes=prefixes) for item in value]
    if isinstance(value, int) and not INTEGER_LEAST <= value <= INTEGER_MOST:
        return float(value)
    return canonical_name(value) if isinstance(value, str) and value.startswith("urn:epc:") else value


def _readings(elements: list[dict[str, Any]], occurred_at: int, *, prefixes: Prefixes) -> tuple[Reading, ...]:
    readings = []
    for element in elements:
        metadata = element.get("sensorMetadata", {})
        stated = metadata.get("time") or metadata.get("endTime")
        when = remembered_instant_text(stated)[1] if stated else occurred_at
        for report in element["sensorReport"]:
            get = report.get
            time = get("time")
            device = get("deviceID") or metadata.get("deviceID")
            alert, component = get("exception"), get("component")
            readings.append(
                Reading(
                    kind=word_uri(report.get("type") or report["exception"], MEASUREMENT, prefixes=prefixes),
                    occurred_at=remembered_instant_text(time)[1] if time else when,
                    value=_value(report),
                    unit=get("uom"),
                    low=_number(get("minValue")),
                    high=_number(get("maxValue")),
                    mean=_number(get("meanValue")),
                    deviation=_number(get("sDev")),
                    device=canonical_name(device) if device else None,
                    alert=word_uri(alert, MEASUREMENT, prefixes=prefixes) if alert else None,
                    component=word_uri(component, COMPONENT, prefixes=prefixes) if component else None,
                )
            )
    return tuple(readings)


def _value(report: dict[str, Any]) -> float | str | bool | None:
    value = report.get("value")
    if value is not None:
        return float(value)
    for name in ("booleanValue", "stringValue", "uriValue", "hexBinaryValue"):
        if name in report:
            found: str | bool = report[name]
            return found
    return None


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
