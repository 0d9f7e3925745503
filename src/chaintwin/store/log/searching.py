"""Searches as statements: the rarest group of terms is looked up, or the order is walked until enough was found."""

from __future__ import annotations

from typing import Any

from chaintwin.store.interface import Search
from chaintwin.store.log.database import Reader
from chaintwin.store.log.preparing import term_digest

RARE = 5_000
"""Entries of a group of terms that are sorted rather than walked to in order."""


def find(reader: Reader, search: Search, *, limit: int, last: int) -> list[tuple[int, int]]:
    """Return (value of the order, sequence) of entries that match, in their order.

    Parameters
    ----------
    limit : how many at most. last : number of the last entry that counts.
    """
    groups = [sorted({term_digest(term) for term in group}) for group in search.terms]
    upto = last if search.upto is None else min(last, search.upto)
    first, upto = _recorded(reader, search, upto=upto)
    if limit <= 0 or upto < first or not all(groups):
        return []
    limits = _limits(search, first=first, upto=upto)
    found = _ask(reader, search, *_of_recent(reader, groups, limits=limits), limit=limit) if groups else []
    found += _ask(reader, search, *_of_indexed(reader, search, groups, limits=limits), limit=limit)
    # An entry whose terms were moved between the two questions is found by both.
    # Time of record never goes back, so both orders are by value and then by number.
    return sorted(set(found), reverse=search.descending)[:limit]


def first_recorded_at(reader: Reader, at: int, *, upto: int) -> int:
    """Return the number of the first entry recorded at a time or later, ``upto + 1`` if there is none up to there."""
    low, high = 1, upto + 1
    while low < high:
        middle = (low + high) // 2
        if reader.rows("SELECT recorded_at FROM facts WHERE sequence = ?", (middle,))[0][0] >= at:
            high = middle
        else:
            low = middle + 1
    return low


def _ask(
    reader: Reader, search: Search, table: str, conditions: list[str], parameters: list[Any], *, limit: int
) -> list[tuple[int, int]]:
    way = "DESC" if search.descending else "ASC"
    if search.by_recorded:
        if not table.startswith("facts e"):
            table += " JOIN facts f ON f.sequence = e.sequence"
            selected = "f.recorded_at, e.sequence"
        else:
            selected = "e.recorded_at, e.sequence"
        order = f"e.sequence {way}"
    else:
        selected, order = "e.occurred_at, e.sequence", f"e.occurred_at {way}, e.sequence {way}"
    statement = f"SELECT {selected} FROM {table} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ?"
    return [(int(at), int(sequence)) for at, sequence in reader.rows(statement, (*parameters, limit))]


def _of_recent(
    reader: Reader, groups: list[list[bytes]], *, limits: tuple[list[str], list[Any]]
) -> tuple[str, list[str], list[Any]]:
    """Return table, conditions and parameters for entries whose terms are not in order yet."""
    contains = reader.contains("e.terms")
    conditions = [f"({' OR '.join([contains] * len(group))})" for group in groups]
    return "recent e", limits[0] + conditions, limits[1] + [term for group in groups for term in group]


def _of_indexed(
    reader: Reader, search: Search, groups: list[list[bytes]], *, limits: tuple[list[str], list[Any]]
) -> tuple[str, list[str], list[Any]]:
    """Return table, conditions and parameters for entries whose terms are in order; all of them where no terms are wanted."""
    conditions, parameters = list(limits[0]), list(limits[1])
    table = "facts e"
    counted = sorted((_count(reader, group), group) for group in groups)
    if counted and (counted[0][0] <= RARE or not search.by_recorded):
        group = counted.pop(0)[1]
        if len(group) == 1:
            table = "terms e"
            conditions.append("e.term = ?")
        else:
            table = f"(SELECT DISTINCT occurred_at, sequence FROM terms WHERE term IN ({_marks(group)})) e"
            parameters[:0] = group
            group = []
        parameters += group
    for _, group in counted:
        # The place in ``terms`` is fully given, so each entry costs one look.
        conditions.append(
            f"EXISTS (SELECT 1 FROM terms t WHERE t.term IN ({_marks(group)}) AND t.occurred_at = e.occurred_at "
            "AND t.sequence = e.sequence)"
        )
        parameters += group
    return table, conditions, parameters


def _limits(search: Search, *, first: int, upto: int) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    parameters: list[Any] = []

    def add(condition: str, *values: Any) -> None:
        conditions.append(condition)
        parameters.extend(values)

    if first > 1:
        add("e.sequence >= ?", first)
    add("e.sequence <= ?", upto)
    start, end = search.occurred
    if start is not None:
        add("e.occurred_at >= ?", start)
    if end is not None:
        add("e.occurred_at < ?", end)
    if search.after is not None:
        at, sequence = search.after
        sign = "<" if search.descending else ">"
        if search.by_recorded:
            add(f"e.sequence {sign} ?", sequence)
        else:
            add(f"e.occurred_at {sign}= ? AND (e.occurred_at {sign} ? OR e.sequence {sign} ?)", at, at, sequence)
    return conditions, parameters


def _recorded(reader: Reader, search: Search, *, upto: int) -> tuple[int, int]:
    """Return the first and last entry within the times of record; these never go back, so halving finds them."""
    start, end = search.recorded
    first = 1 if start is None else first_recorded_at(reader, start, upto=upto)
    last = upto if end is None else first_recorded_at(reader, end, upto=upto) - 1
    return first, last


def _count(reader: Reader, group: list[bytes]) -> int:
    statement = f"SELECT count(*) FROM (SELECT 1 FROM terms WHERE term IN ({_marks(group)}) LIMIT ?) c"
    return int(reader.rows(statement, (*group, RARE + 1))[0][0])


def _marks(values: list[bytes]) -> str:
    return ", ".join("?" * len(values))
