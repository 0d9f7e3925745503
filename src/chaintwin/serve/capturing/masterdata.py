"""Master data that came in the headers of documents: what is known of places and products beside events."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

import msgspec

from chaintwin.events.capturing import MasterElement
from chaintwin.events.names import canonical_name
from chaintwin.events.queries import MasterData
from chaintwin.store.interface import Store
from chaintwin.store.records import Amended

SHELF = "master data"


class Described(msgspec.Struct, frozen=True):
    """What is kept of one thing: values by the full name of the attribute, and what lies directly below."""

    attributes: dict[str, str]
    children: tuple[str, ...] = ()


class MasterShelf:
    """Keeps master data; what came last about an attribute counts.

    Parameters
    ----------
    store : where it is kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._read: MasterData | None = None

    def amended(self, elements: Sequence[MasterElement]) -> list[Amended]:
        """Return what elements make of what is kept, to be shelved in one transaction; ``forget`` follows it."""
        told: dict[str, Described] = {}
        for element in elements:
            attributes = {uri: _text(value) for uri, value in element.attributes}
            described = Described(attributes, tuple(map(canonical_name, element.children)))
            name = canonical_name(element.id)
            told[name] = _joined(told[name], described) if name in told else described
        return [Amended(SHELF, name, partial(_amend, described)) for name, described in told.items()]

    def forget(self) -> None:
        """Read all of it anew the next time, because more was kept."""
        with self._lock:
            self._read = None

    def read(self) -> MasterData:
        """Return all of it."""
        with self._lock:
            if self._read is None:
                found = {name: self._store.get(SHELF, name) for name in self._store.names(SHELF)}
                described = {name: _DECODER.decode(content) for name, content in found.items() if content is not None}
                self._read = MasterData(
                    {name: one.attributes for name, one in described.items()},
                    {name: one.children for name, one in described.items() if one.children},
                )
            return self._read


def _amend(described: Described, content: bytes | None) -> bytes:
    known = Described({}) if content is None else _DECODER.decode(content)
    return _ENCODER.encode(_joined(known, described))


def _joined(known: Described, described: Described) -> Described:
    children = tuple(dict.fromkeys((*known.children, *described.children)))
    return Described(known.attributes | described.attributes, children)


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Described)
