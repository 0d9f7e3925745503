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
    conditions, parameters = _limits(search, first=first, upto=upto, last=last)
    counted = sorted((_count(reader, group), group) for group in groups)
    lead: list[bytes] | None = None
    if counted and (counted[0][0] <= RARE or (not search.by_recorded and len(counted[0][1]) == 1)):
        lead = counted[0][1]
    others = [group for _, group in counted if group is not lead]
    way = "DESC" if search.descending else "ASC"
    order = f"e.sequence {way}" if search.by_recorded else f"e.occurred_at {way}, e.sequence {way}"
    for group in others:
        # The place in ``terms`` is fully given, so each entry costs one look.
        conditions.append(
            f"EXISTS (SELECT 1 FROM terms t WHERE t.term IN ({_marks(group)}) AND t.occurred_at = e.occurred_at "
            "AND t.sequence = e.sequence)"
        )
        parameters += group
    if lead is None:
        table, distinct = "facts e", ""
    elif search.by_recorded:
        table, distinct = "terms l JOIN facts e ON e.sequence = l.sequence", "DISTINCT " if len(lead) > 1 else ""
        conditions.append(f"l.term IN ({_marks(lead)})")
        parameters += lead
    else:
        table, distinct = "terms e", "DISTINCT " if len(lead) > 1 else ""
        conditions.append(f"e.term IN ({_marks(lead)})")
        parameters += lead
    selected = "e.recorded_at, e.sequence" if search.by_recorded else "e.occurred_at, e.sequence"
    statement = f"SELECT {distinct}{selected} FROM {table} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ?"
    return [(int(at), int(sequence)) for at, sequence in reader.rows(statement, (*parameters, limit))]


def _limits(search: Search, *, first: int, upto: int, last: int) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    parameters: list[Any] = []

    def add(condition: str, *values: Any) -> None:
        conditions.append(condition)
        parameters.extend(values)

    if first > 1:
        add("e.sequence >= ?", first)
    if upto < last or search.upto is not None or not conditions:
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
    first = 1 if start is None else _first_at(reader, start, upto=upto)
    last = upto if end is None else _first_at(reader, end, upto=upto) - 1
    return first, last


def _first_at(reader: Reader, at: int, *, upto: int) -> int:
    low, high = 1, upto + 1
    while low < high:
        middle = (low + high) // 2
        if reader.rows("SELECT recorded_at FROM facts WHERE sequence = ?", (middle,))[0][0] >= at:
            high = middle
        else:
            low = middle + 1
    return low


def _count(reader: Reader, group: list[bytes]) -> int:
    statement = f"SELECT count(*) FROM (SELECT 1 FROM terms WHERE term IN ({_marks(group)}) LIMIT ?) c"
    return int(reader.rows(statement, (*group, RARE + 1))[0][0])


def _marks(values: list[bytes]) -> str:
    return ", ".join("?" * len(values))
