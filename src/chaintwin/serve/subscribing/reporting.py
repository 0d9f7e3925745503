"""The next part of the answer of a standing query: what came since the last part arrived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from chaintwin.events.queries import EventQuery, MasterData, Position, find_page
from chaintwin.events.queries.query import Field
from chaintwin.serve.events_seen import seen
from chaintwin.store.interface import Store
from chaintwin.store.records import Entry

BATCH = 100
"""Events in one message at most."""


@dataclass(frozen=True, slots=True)
class Report:
    """Part of an answer.

    Parameters
    ----------
    entries : of the events. cursor : where the next part begins. is_last : whether nothing more is there now.
    """

    entries: tuple[Entry, ...]
    cursor: tuple[int, int]
    is_last: bool


def next_report(store: Store, query: EventQuery, *, cursor: tuple[int, int], master: Callable[[], MasterData]) -> Report:
    """Return the events that meet a query and were recorded after ``cursor``, as many as one message holds.

    Parameters
    ----------
    cursor : (time of record, number) of the last entry that was looked at.
    """
    upto = store.head().sequence
    if upto <= cursor[1]:
        return Report((), cursor, is_last=True)
    ordered = replace(query, order=Field("recordTime"), descending=False, first=None, refused_above=None)
    page = find_page(store, ordered, see=seen, at=Position(upto, cursor if cursor[1] else None), limit=BATCH, master=master())
    if page.next is not None and page.next.after is not None:
        return Report(page.entries, page.next.after, is_last=False)
    (last,) = store.entries_of([upto])
    return Report(page.entries, (last.recorded_at, upto), is_last=True)
