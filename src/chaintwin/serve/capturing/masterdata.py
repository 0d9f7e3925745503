"""Master data that came in the headers of documents: what is known of places and products beside events."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from chaintwin.events.capturing import MasterElement
from chaintwin.events.names import canonical_name
from chaintwin.events.queries import MasterData
from chaintwin.store.interface import Store
from chaintwin.store.records import Amended

T = TypeVar("T")

SHELF = "master data"

HELD_BYTES = 32 * 2**20
"""Master data that is held in memory, of the things that were asked for last; all of it lies in the store."""

ENTRY_BYTES = 400
"""What a thing takes in memory besides what is known of it."""


class Described(msgspec.Struct, frozen=True):
    """What is kept of one thing: values by the full name of the attribute, and what lies directly below."""

    attributes: dict[str, str]
    children: tuple[str, ...] = ()


class MasterShelf:
    """Keeps master data; what came last about an attribute counts.

    Parameters
    ----------
    store : where it is kept. held_bytes : of it in memory at most.
    """

    def __init__(self, store: Store, *, held_bytes: int = HELD_BYTES) -> None:
        self._store, self._held_bytes = store, held_bytes
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[Described, int]] = OrderedDict()
        self.held = 0

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
        """Read it anew the next time, because more was kept."""
        with self._lock:
            self._held.clear()
            self.held = 0

    def read(self) -> MasterData:
        """Return all of it, each thing read when it is asked for."""
        return MasterData(_Part(self, lambda one: one.attributes), _Part(self, lambda one: one.children))

    def names(self) -> list[str]:
        """Return the names of all things that anything is known of."""
        return self._store.names(SHELF)

    def described(self, name: str) -> Described:
        """Return what is known of a thing; nothing for one that nothing is known of."""
        # What is read is held before anybody can say that more was kept, so nothing old stays.
        with self._lock:
            found = self._held.get(name)
            if found is None:
                content = self._store.get(SHELF, name)
                size = ENTRY_BYTES + len(name) + (0 if content is None else 2 * len(content))
                found = self._held[name] = (Described({}) if content is None else _DECODER.decode(content), size)
                self.held += size
                while self.held > self._held_bytes and len(self._held) > 1:
                    _, (_, gone) = self._held.popitem(last=False)
                    self.held -= gone
            self._held.move_to_end(name)
            return found[0]


class _Part(Mapping[str, T]):
    """One part of what is known of things, by name; those of which nothing is known have none."""

    def __init__(self, shelf: MasterShelf, part: Callable[[Described], T]) -> None:
        self._shelf, self._part = shelf, part

    def __getitem__(self, name: str) -> T:
        found = self._part(self._shelf.described(name))
        if not found:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._shelf.names() if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


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
