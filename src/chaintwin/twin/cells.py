"""What a twin knows, cell by cell: every value under its family and key, who put it there and when."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from chaintwin.errors import StoreDamagedError
from chaintwin.twin.closing import CLOSINGS, EARLIER, SLACK

Key = tuple[Any, ...]
Value = tuple[Any, ...]
Touch = tuple["Family", Key, Value | None]
"""A family, a key of it, and what stood there before."""

FAMILIES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], int]] = MappingProxyType(
    {
        "stock": (("site", "product", "lot", "quality"), ("quantity", "since", "variance"), 2),
        "foreign": (("site", "product", "lot", "unit"), ("quantity",), 0),
        "pending": (("site", "product"), ("quantity", "period"), 0),
        "count": (("site", "product"), ("counted_at", "drift", "intervals", "variance"), 0),
        "shipment": (
            ("shipment",),
            ("status", "origin", "destination", "departed_at", "planned_at", "predicted_at", "names"),
            0,
        ),
        "alias": (("name",), ("shipment",), 0),
        "inbound": (("destination", "shipment"), (), 1),
        "cargo": (("shipment", "product", "lot", "quality"), ("quantity",), 1),
        "consignment": (("activity", "started", "due"), ("units", "status"), 2),
        "order": (
            ("order", "product"),
            ("status", "origin", "destination", "quantity", "open", "placed_at", "wanted_at", "due_at"),
            1,
        ),
        "ahead": (("order", "product"), ("quantity",), 0),
        "queue": (("activity", "due"), ("units",), 0),
        "backlog": (("stream",), ("quantity", "site", "product"), 0),
        "resource": (("resource",), ("share", "status", "site"), 0),
        "use": (("resource",), ("quantity",), 0),
        "condition": (
            ("place", "measured"),
            ("value", "unit", "low", "high", "mean", "deviation", "device", "alert", "signal_quality", "bad_since"),
            0,
        ),
        "device": (("device",), ("present", "since", "reason", "site"), 0),
        "person": (("person",), ("site", "present", "role"), 0),
        "vehicle": (("vehicle",), ("site", "present", "longitude", "latitude", "shipment"), 0),
        "cash": (("account", "currency"), ("amount",), 0),
        "price": (("product", "partner"), ("price", "currency", "unit"), 0),
        "forecast": (("stock_point",), ("expected",), 0),
        "disruption": (("disruption",), ("strength",), 0),
        "instance": (("name",), ("whereabouts", "place", "product", "lot", "quality", "disposition"), 0),
        "parent": (("child",), ("container",), 0),
        "child": (("container", "child"), (), 1),
        "content": (("container", "product", "lot", "quality"), ("quantity",), 1),
        "association": (("child",), ("parent",), 0),
        "disposition": (("site", "product", "lot"), ("disposition",), 0),
        "persistent": (("name", "disposition"), (), 0),
        "lot": (("product", "lot"), ("made_at", "expires_at"), 0),
        "transaction": (("kind", "transaction"), ("step",), 0),
        "flow": (("site", "product", "step"), ("quantity", "events"), 0),
        "desired": (("path",), ("value", "at", "command"), 0),
        "predicted": (("path",), ("value", "at"), 0),
        "unknown": (("what", "name"), ("reason", "times"), 0),
        "discrepancy": (("reason", "subject"), ("amount", "times", "key"), 0),
        "network": (("edited_at", "key"), ("content",), 0),
    }
)
"""Families of cells: names of the parts of a key, names of the values, and how many parts of a key lead to all that share them.

Behind the values of a family every cell has the event time and the source of what was written last.
"""


class Family:
    """The cells of one kind.

    Parameters
    ----------
    name : as in ``FAMILIES``. prefix : how many parts of a key ``under`` looks for, 0 for none.

    Attributes
    ----------
    closing : when cells are over, or None where they never are. is_plain : whether a cell may be set in ``cells`` itself.
    is_steady : whether that may be done where there is one already.
    """

    __slots__ = ("_index", "_over", "cells", "closing", "is_plain", "is_steady", "name", "prefix")

    def __init__(self, name: str, prefix: int) -> None:
        self.name, self.prefix, self.closing = name, prefix, CLOSINGS.get(name)
        self.is_steady = self.closing is None
        self.is_plain = self.is_steady and not prefix
        self.cells: dict[Key, Value] = {}
        self._index: dict[Key, dict[Key, None]] | None = None
        self._over: int | None = None

    @property
    def index(self) -> dict[Key, dict[Key, None]]:
        """Keys by their first parts; made when it is first asked for, which a state that is only read never does."""
        if self._index is None:
            found: defaultdict[Key, dict[Key, None]] = defaultdict(dict)
            prefix = self.prefix
            for key in self.cells:
                found[key[:prefix]][key] = None
            found.default_factory = None
            self._index = found
        return self._index

    def get(self, key: Key) -> Value | None:
        """Return the value of a cell, or None."""
        return self.cells.get(key)

    def under(self, prefix: Key) -> list[Key]:
        """Return the keys that begin with so many parts, in an order that no replay changes."""
        found = self.index.get(prefix)
        if not found:
            return []
        return list(found) if len(found) == 1 else sorted(found)

    @property
    def over(self) -> int:
        """How many cells are over; counted when it is first asked for, and kept up from then on."""
        if self._over is None:
            self._over = len(self.ended())
        return self._over

    def ended(self) -> list[tuple[int, Key]]:
        """Return event times and keys of the cells that are over, in no order."""
        closing = self.closing
        if closing is None:
            return []
        is_over = closing.is_over
        return [(value[-2], key) for key, value in self.cells.items() if is_over(key, value)]

    def become(self, cells: dict[Key, Value]) -> None:
        """Hold other cells from now on, in the same ``cells``."""
        self.cells.clear()
        self.cells.update(cells)
        self._index = self._over = None

    def write(self, key: Key, value: Value | None) -> None:
        """Set a cell, or take it away."""
        cells = self.cells
        if self._over is not None and self.closing is not None:
            is_over, before = self.closing.is_over, cells.get(key)
            self._over += (value is not None and is_over(key, value)) - (before is not None and is_over(key, before))
        if value is None:
            if key in cells:
                if self.prefix:
                    self._forget(key)
                del cells[key]
        else:
            if self.prefix and self._index is not None and key not in cells:
                self._index.setdefault(key[: self.prefix], {})[key] = None
            cells[key] = value

    def _forget(self, key: Key) -> None:
        index = self._index
        if index is not None:
            prefix = key[: self.prefix]
            group = index[prefix]
            del group[key]
            if not group:
                del index[prefix]


class Lots(Family):
    """Stock; the lots of a place can be had in the order in which they came."""

    __slots__ = ("_ages",)

    def __init__(self, name: str, prefix: int) -> None:
        super().__init__(name, prefix)
        # Every write may change the order.
        self.is_steady = self.is_plain = False
        self._ages: dict[Key, list[tuple[int, Key]]] = {}

    def by_age(self, place: Key) -> list[tuple[int, Key]]:
        """Return since when each lot of a site and product is there, and its key, the oldest first; not to be changed."""
        ages = self._ages.get(place)
        if ages is None:
            cells = self.cells
            ages = self._ages[place] = sorted([(cells[key][1], key) for key in self.index.get(place, ())])
        return ages

    def become(self, cells: dict[Key, Value]) -> None:
        """Hold other cells from now on, in the same ``cells``."""
        super().become(cells)
        self._ages = {}

    def write(self, key: Key, value: Value | None) -> None:
        """Set a cell, or take it away."""
        ages = self._ages.get(key[:2])
        if ages is not None:
            before = self.cells.get(key)
            since, was = None if value is None else value[1], None if before is None else before[1]
            if since != was:
                if was is not None:
                    del ages[bisect_left(ages, (was, key))]
                if since is not None:
                    insort(ages, (since, key))
        super().write(key, value)


class Cells:
    """All families; ``put`` keeps what was there before, as long as somebody asks for it."""

    __slots__ = ("families", "journal")

    def __init__(self) -> None:
        self.families: dict[str, Family] = {name: _family(name, spec[2]) for name, spec in FAMILIES.items()}
        self.journal: list[Touch] | None = None

    def __getitem__(self, name: str) -> Family:
        return self.families[name]

    @property
    def stock(self) -> Lots:
        """The lots of all places."""
        found = self.families["stock"]
        assert isinstance(found, Lots)
        return found

    def __len__(self) -> int:
        return sum(len(family.cells) for family in self.families.values())

    def put(self, family: Family, key: Key, *, value: Value | None) -> None:
        """Set a cell, or take it away with None, and note what was there."""
        cells = family.cells
        if self.journal is not None:
            self.journal.append((family, key, cells.get(key)))
        if value is not None and (family.is_plain or (family.is_steady and key in cells)):
            cells[key] = value
            return
        family.write(key, value)
        if family.closing is not None and value is not None and family.over >= family.closing.kept + SLACK:
            self._let_go(family)

    def replace(self, family: Family, key: Key, *, value: Value) -> None:
        """Set a cell that is there, to a value that changes no order and no count of the family."""
        cells = family.cells
        if self.journal is not None:
            self.journal.append((family, key, cells[key]))
        cells[key] = value

    def undo(self, journal: list[Touch]) -> None:
        """Take back what a journal noted, the last first; families are found by name, so a copy may be undone too."""
        families = self.families
        for family, key, before in reversed(journal):
            families[family.name].write(key, before)

    def copy(self) -> Cells:
        """Return cells of their own with the same values."""
        found = Cells()
        for name, family in self.families.items():
            found.families[name].cells = dict(family.cells)
        return found

    def digest(self) -> str:
        """Return the hash of all values, hexadecimal; sources do not count, because a duplicate may come from another one."""
        total = blake2b(digest_size=32)
        for name, family in self.families.items():
            if family.cells:
                values = [(key, value[:-1]) for key, value in sorted(family.cells.items(), key=_first)]
                total.update(_ENCODER.encode((name, values)))
        return total.hexdigest()

    def packed(self) -> bytes:
        """Return all cells as MessagePack."""
        return _ENCODER.encode({name: family.cells for name, family in self.families.items() if family.cells})

    def become(self, content: bytes, *, is_lasting: bool = False) -> None:
        """Hold the cells of their MessagePack, as ``packed`` gives it, in place of those there are; none for no bytes.

        Those of all families are let go before new ones are made, so that never all are there twice.

        Parameters
        ----------
        is_lasting : whether equal texts become one, which takes as long again and saves half of the memory.

        Raises
        ------
        StoreDamagedError
            It is none; there are no cells then.
        """
        families = self.families
        for family in families.values():
            family.become({})
        shared: dict[str, str] = {}
        try:
            for name, packed in (_DECODER.decode(content) if content else {}).items():
                cells = _CELLS_DECODER.decode(packed)
                families[name].become(_with_shared(cells, shared) if is_lasting else cells)
        except (msgspec.DecodeError, KeyError, TypeError) as fault:
            for family in families.values():
                family.become({})
            raise StoreDamagedError(f"snapshot: found {fault}; allowed: cells as MessagePack") from fault

    def items(self) -> Iterator[tuple[str, Key, Value]]:
        """Yield every cell with the name of its family, in order."""
        for name, family in self.families.items():
            for key, value in sorted(family.cells.items(), key=_first):
                yield name, key, value

    def _let_go(self, family: Family) -> None:
        """Take away the cells that were over first, and put what stays of them where sums stand."""
        added = None if family.closing is None else family.closing.added
        for _, key in sorted(family.ended())[:SLACK]:
            if added is not None:
                total = (*key[:-1], EARLIER)
                self._note(family, total)
                family.write(total, added(family.cells.get(total), family.cells[key]))
            self._note(family, key)
            family.write(key, None)

    def _note(self, family: Family, key: Key) -> None:
        if self.journal is not None:
            self.journal.append((family, key, family.cells.get(key)))


def path_of(family: str, key: Key) -> str:
    """Return the path of a cell: its family and the parts of its key, each quoted as in a URL, joined by slashes.

    Example
    -------
    >>> path_of("stock", ("plant 1", "milk", "", ""))
    'stock/plant%201/milk//'
    """
    return "/".join([family, *map(_quoted, key)])


def key_of(path: str) -> tuple[str, Key] | None:
    """Return family and key that a path names, or None where it names none.

    Example
    -------
    >>> key_of("stock/plant%201/milk//")
    ('stock', ('plant 1', 'milk', '', ''))
    """
    family, *parts = path.split("/")
    names = FAMILIES[family][0] if family in FAMILIES else ()
    if not names or len(parts) != len(names):
        return None
    try:
        return family, tuple(int(part) if name in WHOLE else unquote(part) for name, part in zip(names, parts, strict=True))
    except ValueError:
        return None


WHOLE = frozenset({"started", "due", "edited_at"})
"""Parts of keys that are whole numbers; all others are text."""


@lru_cache(maxsize=16_384)
def _quoted(part: object) -> str:
    # Few sites and products are in most paths, and quoting takes longer than all else that a change is told with.
    return quote(str(part), safe="")


def _family(name: str, prefix: int) -> Family:
    return (Lots if name == "stock" else Family)(name, prefix)


def _with_shared(cells: dict[Key, Value], shared: dict[str, str]) -> dict[Key, Value]:
    """Return cells whose equal texts are one and the same; ``shared`` holds those met so far."""
    one = shared.setdefault
    # Texts only: 1, 1.0 and True are equal too, and have to stay what they are.
    return {
        tuple([one(part, part) if type(part) is str else part for part in key]): tuple(
            [one(part, part) if type(part) is str else part for part in value]
        )
        for key, value in cells.items()
    }


def _first(pair: tuple[Key, Value]) -> Key:
    return pair[0]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
_CELLS_DECODER = msgspec.msgpack.Decoder(dict[tuple[Any, ...], tuple[Any, ...]])
