"""Master data that came in the headers of documents: what is known of places and products beside events."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import msgspec

from chaintwin.events.capturing import MasterElement
from chaintwin.events.names import canonical_name
from chaintwin.events.queries import MasterData
from chaintwin.store.interface import Store

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

    def keep(self, elements: Sequence[MasterElement]) -> None:
        """Keep elements; on return they are durable."""
        with self._lock:
            for element in elements:
                name = canonical_name(element.id)
                content = self._store.get(SHELF, name)
                known = _DECODER.decode(content) if content is not None else Described({})
                attributes = known.attributes | {uri: _text(value) for uri, value in element.attributes}
                children = tuple(dict.fromkeys((*known.children, *map(canonical_name, element.children))))
                described = Described(attributes, children)
                if described != known or content is None:
                    self._store.put(SHELF, name, content=_ENCODER.encode(described))
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


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Described)
