"""A log in memory with what a twin reads of a store, done in the plainest way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from chaintwin.events.facts import Facts, packed
from chaintwin.store.interface import Head, Search
from chaintwin.store.records import FactsRow

BLOCK = 500


class PlainStore:
    """Rows in a list; the shelf in a dictionary."""

    def __init__(self) -> None:
        self.rows: list[FactsRow] = []
        self.keys: set[str] = set()
        self.shelf: dict[tuple[str, str], bytes] = {}
        self.listeners: list[Callable[[int], None]] = []

    def log(self, key: str, facts: Facts, *, recorded_at: int = 0, source: str = "test") -> bool:
        """Log an event unless its key is there; times of record never go back."""
        if key in self.keys:
            return False
        self.keys.add(key)
        at = max(recorded_at, self.rows[-1].recorded_at if self.rows else recorded_at)
        self.rows.append(FactsRow(len(self.rows) + 1, key, facts.occurred_at, at, source, packed(facts)))
        return True

    def facts(self, *, after: int = 0, upto: int | None = None) -> Iterator[list[FactsRow]]:
        rows = self.rows[after : len(self.rows) if upto is None else upto]
        for at in range(0, len(rows), BLOCK):
            yield rows[at : at + BLOCK]

    def facts_by_time(
        self, *, start: tuple[int, str] | None = None, end: int | None = None, upto: int | None = None
    ) -> Iterator[list[FactsRow]]:
        rows = sorted(self.rows[: len(self.rows) if upto is None else upto], key=lambda row: (row.occurred_at, row.key))
        rows = [
            row
            for row in rows
            if (start is None or (row.occurred_at, row.key) > start) and (end is None or row.occurred_at <= end)
        ]
        for at in range(0, len(rows), BLOCK):
            yield rows[at : at + BLOCK]

    def find(self, search: Search, *, limit: int) -> list[tuple[int, int]]:
        before = search.recorded[1]
        assert search.by_recorded and search.descending and before is not None and not search.terms
        found = [(row.recorded_at, row.sequence) for row in self.rows if row.recorded_at < before]
        return sorted(found, reverse=True)[:limit]

    def head(self) -> Head:
        return Head(len(self.rows), 0, b"")

    def put(self, shelf: str, name: str, content: bytes) -> None:
        self.shelf[shelf, name] = content

    def get(self, shelf: str, name: str) -> bytes | None:
        return self.shelf.get((shelf, name))

    def remove(self, shelf: str, name: str) -> bool:
        return self.shelf.pop((shelf, name), None) is not None

    def remove_all(self, shelf: str, names: Collection[str]) -> int:
        return sum(self.remove(shelf, name) for name in names)

    def names(self, shelf: str) -> list[str]:
        return sorted(name for kind, name in self.shelf if kind == shelf)


def logged(events: Sequence[tuple[str, Facts]]) -> PlainStore:
    """Return a log of keys and facts, in this order."""
    store = PlainStore()
    for number, (key, facts) in enumerate(events):
        store.log(key, facts, recorded_at=number)
    return store
