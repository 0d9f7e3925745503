"""Which names there are in the log: each is listed where it came up first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from enum import StrEnum

from chaintwin.events.facts import Facts, unpacked
from chaintwin.store.interface import Search, Store

NAMES_MAX = 100_000
"""Names of each kind that are held in memory; those that came up later are looked for in the log."""


class Tree(StrEnum):
    """A resource whose members are names in events."""

    EPCS = "epcs"
    STEPS = "bizSteps"
    LOCATIONS = "bizLocations"
    READ_POINTS = "readPoints"
    DISPOSITIONS = "dispositions"
    TYPES = "eventTypes"


TERMS: dict[Tree, tuple[str, ...]] = {
    Tree.EPCS: ("epcList", "childEPCs", "inputEPCList", "outputEPCList", "parentID"),
    Tree.STEPS: ("bizStep",),
    Tree.LOCATIONS: ("bizLocation",),
    Tree.READ_POINTS: ("readPoint",),
    Tree.DISPOSITIONS: ("disposition",),
    Tree.TYPES: ("type",),
}
"""Terms that find the events of a member."""


class Known:
    """Lists names of the log.

    Parameters
    ----------
    store : the log.
    """

    def __init__(self, store: Store, *, names_max: int = NAMES_MAX) -> None:
        self._store = store
        self._names_max = names_max
        self._lock = threading.Lock()
        self._upto = 0
        self._held: dict[Tree, dict[str, int]] = {tree: {} for tree in Tree}
        self._full_from: dict[Tree, int] = {}

    def page(self, tree: Tree, *, after: tuple[int, int], limit: int) -> tuple[list[str], tuple[int, int] | None]:
        """Return names of a kind and where the next page begins, None if there are no more.

        Parameters
        ----------
        after : (entry, names of it) that were listed already; (0, 0) for the first page.
        """
        found: list[str] = []
        last = after
        with self._lock:
            self._catch_up()
            for sequence, place, name in self._all(tree, after=after):
                if len(found) == limit:
                    return found, last
                found.append(name)
                last = (sequence, place + 1)
        return found, None

    def exists(self, tree: Tree, name: str) -> bool:
        """Tell whether any event has a name."""
        terms = tuple(f"{term}={name}" for term in TERMS[tree])
        return bool(self._store.find(Search((terms,)), limit=1))

    def _all(self, tree: Tree, *, after: tuple[int, int]) -> Iterator[tuple[int, int, str]]:
        """Yield (entry, place within it, name) of names in the order they came up in."""
        place, before = 0, 0
        for name, sequence in self._held[tree].items():
            place = place + 1 if sequence == before else 0
            before = sequence
            if (sequence, place) >= after:
                yield sequence, place, name
        start = self._full_from.get(tree)
        if start is None:
            return
        for rows in self._store.facts(after=max(start, after[0]) - 1):
            for row in rows:
                place = 0
                for name in _names(unpacked(row.facts), tree):
                    if name not in self._held[tree] and self._first(tree, name) == row.sequence:
                        if (row.sequence, place) >= after:
                            yield row.sequence, place, name
                        place += 1

    def _first(self, tree: Tree, name: str) -> int:
        terms = tuple(f"{term}={name}" for term in TERMS[tree])
        found = self._store.find(Search((terms,), by_recorded=True), limit=1)
        return found[0][1] if found else 0

    def _catch_up(self) -> None:
        upto = self._store.head().sequence
        if upto <= self._upto:
            return
        for rows in self._store.facts(after=self._upto, upto=upto):
            for row in rows:
                facts = unpacked(row.facts)
                for tree, held in self._held.items():
                    if tree not in self._full_from:
                        self._hold(tree, held, facts=facts, sequence=row.sequence)
        self._upto = upto

    def _hold(self, tree: Tree, held: dict[str, int], *, facts: Facts, sequence: int) -> None:
        names = [name for name in _names(facts, tree) if name not in held]
        if len(held) + len(names) > self._names_max:
            self._full_from[tree] = sequence
            return
        for name in names:
            held[name] = sequence


def _names(facts: Facts, tree: Tree) -> list[str]:
    if tree is Tree.EPCS:
        names = [item.name for item in (*facts.items, *facts.outputs) if item.instance]
        if facts.parent and facts.kind != "TransformationEvent":
            names.append(facts.parent)
    else:
        names = [
            {
                Tree.STEPS: facts.step,
                Tree.LOCATIONS: facts.location,
                Tree.READ_POINTS: facts.read_point,
                Tree.DISPOSITIONS: facts.disposition,
                Tree.TYPES: facts.kind,
            }[tree]
        ]
    return list(dict.fromkeys(name for name in names if name))
