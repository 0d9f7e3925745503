"""Values that name a person: taken out of an event before it is logged, put back when it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from chaintwin.events.contexts import Prefixes, split_name
from chaintwin.events.vocabulary import NAMESPACE, PERSONAL
from chaintwin.store.records import Personal

ERASED: Final = "erased"
"""What stands in place of a value whose subject was erased."""

DEPTH_MAX: Final = 16
"""Values that name a person are looked for down to this depth."""


def without_personal(event: dict[str, Any], prefixes: Prefixes) -> tuple[dict[str, Any], tuple[Personal, ...]]:
    """Return an event without the values that name a person, and those values.

    The subject of ``person_name`` is the ``person`` beside it, of any other value that value itself.

    Parameters
    ----------
    event : canonical event with fields of our own. prefixes : those in force for it.
    """
    content = msgspec.json.encode(event)
    if not any(mark in content for mark in _MARKS):
        # Nearly every event; to look for the names in its JSON takes a tenth of the time of going through its values.
        return event, ()
    found: list[Personal] = []
    return _kept(event, prefixes, "", found, 0), tuple(found)


def with_personal(event: dict[str, Any], personal: Iterable[tuple[str, bytes | None]]) -> dict[str, Any]:
    """Return an event with the values that name a person in their places, ``ERASED`` where one was erased.

    Parameters
    ----------
    event : canonical event of the log. personal : path and value, None for one that was erased.
    """
    for path, value in personal:
        *way, name = (part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:])
        place: Any = event
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[name] = ERASED if value is None else msgspec.json.decode(value)
    return event


def pseudonym(value: Any) -> str:
    """Return what stands for a person in facts: the same for the same value, and of no use once the value is forgotten.

    Example
    -------
    >>> pseudonym("ann")
    'person:1c5af57b0c5ad1d3'
    """
    return f"person:{hashlib.sha256(b'chaintwin person ' + msgspec.json.encode(value)).hexdigest()[:16]}"


def is_personal(name: str, prefixes: Prefixes) -> bool:
    """Tell whether a field names a person."""
    if name.rpartition(":")[2] not in PERSONAL or ":" not in name:
        # Nearly every field, so that most names need no namespace.
        return False
    namespace, local = split_name(name, prefixes)
    return namespace == NAMESPACE and local in PERSONAL


_MARKS: Final = tuple(f'{name}"'.encode() for name in sorted(PERSONAL))
"""How the names of those fields end in JSON, whatever the prefix."""


def _kept(values: Mapping[str, Any], prefixes: Prefixes, path: str, found: list[Personal], depth: int) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, str | int | float) and name.rpartition(":")[2] not in PERSONAL:
            kept[name] = value
            continue
        here = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
        if is_personal(name, prefixes):
            subject = value
            if split_name(name, prefixes)[1] == "person_name":
                subject = next((v for k, v in values.items() if split_name(k, prefixes) == (NAMESPACE, "person")), value)
            text = subject if isinstance(subject, str) else msgspec.json.encode(subject).decode()
            found.append(Personal(text, here, msgspec.json.encode(value)))
        else:
            kept[name] = _kept_value(value, prefixes, here, found, depth + 1)
    return kept


def _kept_value(value: Any, prefixes: Prefixes, path: str, found: list[Personal], depth: int) -> Any:
    if depth > DEPTH_MAX:
        return value
    if isinstance(value, dict):
        return _kept(value, prefixes, path, found, depth)
    if isinstance(value, list):
        return [_kept_value(item, prefixes, f"{path}/{place}", found, depth + 1) for place, item in enumerate(value)]
    return value
