"""The canonical form of an event: EPCIS 2.0.1 JSON that stands by itself, equal in meaning to what was captured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from chaintwin.events.contexts import BUILT_IN, Prefixes, prefixes_of, used_prefixes
from chaintwin.events.identity.prehash import IGNORED_FIELD
from chaintwin.events.names.remembering import remembering
from chaintwin.events.vocabulary import NAMESPACE, PREFIX

IGNORED: Final = f"{PREFIX}:{IGNORED_FIELD}"
"""Where a canonical event says which of its fields are no part of its hash id."""


def canonical_event(
    event: Mapping[str, Any], prefixes: Prefixes, *, ignored: frozenset[str] = frozenset(), own: bool = False
) -> dict[str, Any]:
    """Return an event that needs no document around it.

    Its ``@context`` holds the prefixes that it uses and that the context of GS1 does not define, in order, and is left out
    where there are none. The time of record is left out, since the log sets it. All else stays as it was written.

    Parameters
    ----------
    event : checked event. prefixes : those in force for it.
    ignored : fields as ``{namespace}name`` that its document kept out of the hash id.
    own : whether it has fields of our own or is of a type of our own.
    """
    canonical = {name: value for name, value in event.items() if name not in _SET_BY_OTHERS}
    if ignored:
        canonical[IGNORED] = sorted(ignored)
        prefixes = {**prefixes, PREFIX: NAMESPACE}
    if prefixes is not BUILT_IN or own or ignored:
        context = used_prefixes(canonical, prefixes)
        if context:
            canonical["@context"] = context
    return canonical


def event_bytes(event: Mapping[str, Any]) -> bytes:
    """Return an event as compact JSON with its fields in the order of their names; the same event gives the same bytes."""
    return joined(field_bytes(event).values())


def field_bytes(event: Mapping[str, Any]) -> dict[str, bytes]:
    """Return name and value of each field as JSON, by name in the order of names."""
    encode = _ENCODER.encode
    return {name: _name_bytes(name) + encode(event[name]) for name in sorted(event)}


def joined(fields: Iterable[bytes]) -> bytes:
    """Return the JSON object that fields of ``field_bytes`` make."""
    return b"{" + b",".join(fields) + b"}"


def event_read(content: bytes) -> tuple[dict[str, Any], Prefixes]:
    """Return a canonical event of its bytes, and the prefixes in force for it."""
    event = _DECODER.decode(content)
    return event, prefixes_of(event.get("@context"))[0]


@remembering(4096)
def _name_bytes(name: str) -> bytes:
    return _ENCODER.encode(name) + b":"


_SET_BY_OTHERS: Final = frozenset(("recordTime", "@context"))
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_DECODER: Final = msgspec.json.Decoder(dict[str, Any])
