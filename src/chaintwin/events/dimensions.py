"""The five dimensions of an event as bytes: what, when, where, why, how. Each field belongs to exactly one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chaintwin.events.canonical import joined

DIMENSIONS: Final = ("what", "when", "where", "why", "how")


def dimensions_of(fields: Mapping[str, bytes]) -> tuple[tuple[str, bytes], ...]:
    """Return name and bytes of each dimension of a canonical event, so that one can be shown and the others kept back.

    Extensions, sensors and certificates are of how; instance and lot master data of what; a declaration of error and the
    id that the sender gave of why. The prefixes of an event are in each dimension that has names with one.

    Parameters
    ----------
    fields : of ``field_bytes``, of a canonical event as it lies in the log, without values that name a person.

    Example
    -------
    >>> dict(dimensions_of(field_bytes({"type": "ObjectEvent", "eventTimeZoneOffset": "+01:00"})))["when"]
    b'{"eventTimeZoneOffset":"+01:00"}'
    """
    what: list[bytes] = []
    when: list[bytes] = []
    where: list[bytes] = []
    why: list[bytes] = []
    how: list[bytes] = []
    parts = (what, when, where, why, how)
    context = fields.get("@context")
    for name, written in fields.items():
        if context is None or name != "@context":
            part = parts[_DIMENSION.get(name, _HOW)]
            if context is not None and not part:
                part.append(context)
            part.append(written)
    return tuple(zip(DIMENSIONS, map(joined, parts), strict=True))


_FIELDS: Final = (
    "type action epcList quantityList parentID childEPCs childQuantityList inputEPCList inputQuantityList outputEPCList "
    "outputQuantityList transformationID ilmd",
    "eventTime eventTimeZoneOffset",
    "readPoint bizLocation",
    "bizStep disposition persistentDisposition bizTransactionList sourceList destinationList errorDeclaration eventID",
)
_DIMENSION: Final = {name: place for place, names in enumerate(_FIELDS) for name in names.split()}
_HOW: Final = DIMENSIONS.index("how")
