"""The five dimensions of an event as bytes: what, when, where, why, how. Each field belongs to exactly one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chaintwin.events.canonical import event_bytes

DIMENSIONS: Final = ("what", "when", "where", "why", "how")


def dimensions_of(event: Mapping[str, Any]) -> tuple[tuple[str, bytes], ...]:
    """Return name and bytes of each dimension of a canonical event, so that one can be shown and the others kept back.

    Extensions, sensors and certificates are of how; instance and lot master data of what; a declaration of error and the
    id that the sender gave of why. The prefixes of an event are in each dimension that has names with one.

    Parameters
    ----------
    event : canonical event as it lies in the log, without values that name a person.
    """
    parts: dict[str, dict[str, Any]] = {name: {} for name in DIMENSIONS}
    for name, value in event.items():
        parts[_DIMENSION.get(name, "how")][name] = value
    context = parts["how"].pop("@context", None)
    if context is not None:
        for part in parts.values():
            if part:
                part["@context"] = context
    return tuple((name, event_bytes(part)) for name, part in parts.items())


_FIELDS: Final = {
    "what": "type action epcList quantityList parentID childEPCs childQuantityList inputEPCList inputQuantityList outputEPCList "
    "outputQuantityList transformationID ilmd",
    "when": "eventTime eventTimeZoneOffset",
    "where": "readPoint bizLocation",
    "why": "bizStep disposition persistentDisposition bizTransactionList sourceList destinationList errorDeclaration eventID",
}
_DIMENSION: Final = {field: name for name, fields in _FIELDS.items() for field in fields.split()}
