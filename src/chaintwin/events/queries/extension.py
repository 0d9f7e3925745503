"""Fields of other namespaces in an event: found by their full name, at one level or at any depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chaintwin.events.queries.query import Field, Place
from chaintwin.events.queries.seen import Seen


def extension_values(seen: Seen, field: Field) -> Iterator[Any]:
    """Yield every value of an extension field: text, number, truth, or the object it holds.

    Parameters
    ----------
    field : with ``inner`` the field is looked for at any depth below the part of the event, else directly in it.
    """
    for part in _parts(seen, field.place):
        if field.inner:
            for key, value in part.items():
                # Fields of the standard are parts of their own; an inner field lies within an extension field.
                if _is_extension(key) or field.place not in (Place.EVENT, Place.SENSOR_ELEMENT):
                    yield from _within(seen, value, name=field.name)
        else:
            yield from _of(seen, part, name=field.name)


def _parts(seen: Seen, place: Place) -> Iterator[dict[str, Any]]:
    event = seen.event
    if place is Place.EVENT:
        yield dict(event)
    elif place in _DIRECT:
        yield from _objects(event.get(_DIRECT[place]))
    else:
        for element in _objects(event.get("sensorElementList")):
            if place is Place.SENSOR_ELEMENT:
                yield element
            else:
                yield from _objects(element.get("sensorMetadata" if place is Place.SENSOR_METADATA else "sensorReport"))


def _of(seen: Seen, part: dict[str, Any], *, name: str) -> Iterator[Any]:
    for key, value in part.items():
        if _is_extension(key) and seen.spelling.expanded(key) == name:
            yield from value if isinstance(value, list) else [value]


def _within(seen: Seen, value: Any, *, name: str) -> Iterator[Any]:
    # Documents nest as deep as their reader allows, so no call nests with them.
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting.extend(found)
        elif isinstance(found, dict):
            yield from _of(seen, found, name=name)
            waiting.extend(found.values())


def _is_extension(key: str) -> bool:
    return ":" in key


def _objects(found: Any) -> Iterator[dict[str, Any]]:
    for item in found if isinstance(found, list) else [found]:
        if isinstance(item, dict):
            yield item


_DIRECT = {
    Place.ILMD: "ilmd",
    Place.ERROR_DECLARATION: "errorDeclaration",
    Place.READ_POINT: "readPoint",
    Place.LOCATION: "bizLocation",
}
