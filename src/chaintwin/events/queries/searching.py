"""Finding events: what an index can tell goes to the store, the rest is looked at in each event it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chaintwin.errors import ChaintwinError
from chaintwin.events.queries.matching import MasterData, Predicate, order_value, predicate_of
from chaintwin.events.queries.patterns import is_pattern
from chaintwin.events.queries.query import Condition, EventQuery, Operator, Place
from chaintwin.events.queries.seen import Seen
from chaintwin.events.terms import LENGTH_MAX
from chaintwin.store.interface import Search, Store
from chaintwin.store.records import Entry

SCANNED_MAX = 200_000
"""How many events a query without paging may look at before it is refused as too complex."""

BLOCK = 500


class QueryTooLargeError(ChaintwinError):
    """Raised when more events match than the query allows (``maxEventCount``)."""

    code = "query_too_large"


class QueryTooComplexError(ChaintwinError):
    """Raised when an answer would have to look at more events than one query may."""

    code = "query_too_complex"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of an answer ended.

    Parameters
    ----------
    upto : last entry of the log when the first page was asked for; later pages see no more.
    after : (value of the order, sequence) of the last event looked at; None before the first.
    skipped : events given so far where the answer is ordered by an extension field. given : events given so far.
    """

    upto: int
    after: tuple[int, int] | None = None
    skipped: int = 0
    given: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an answer.

    Parameters
    ----------
    entries : of the events, in the order asked for. next : where the next page begins; None if this is the last.
    """

    entries: tuple[Entry, ...]
    next: Position | None


def search_of(query: EventQuery, *, master: MasterData | None = None) -> Search:
    """Return what an index can tell of a query: every event that meets the query meets the search.

    Parameters
    ----------
    master : what lies below which place, for ``WD_`` parameters.
    """
    terms = []
    occurred: list[int | None] = [None, None]
    recorded: list[int | None] = [None, None]
    for condition in query.conditions:
        bounds = {"eventTime": occurred, "recordTime": recorded}.get(condition.field.name)
        if bounds is not None:
            _bound(bounds, condition)
        else:
            group = _terms(condition, master=master or MasterData())
            # Long terms and those of persons are in no index, so the events themselves are looked at.
            if group and not any(len(term.encode("utf-8", "surrogatepass")) > LENGTH_MAX for term in group):
                terms.append(group)
    return Search(
        tuple(terms),
        occurred=(occurred[0], occurred[1]),
        recorded=(recorded[0], recorded[1]),
        by_recorded=query.order.name == "recordTime",
        descending=query.descending,
    )


def find_page(
    store: Store,
    query: EventQuery,
    *,
    see: Callable[[Entry], Seen],
    at: Position,
    limit: int,
    master: MasterData | None = None,
    scanned_max: int = 20_000,
) -> Page:
    """Return one page of the events that meet a query.

    Parameters
    ----------
    see : how an entry is shown to the conditions. at : where the page begins. limit : events on it at most, from 1 on.
    scanned_max : how many entries are looked at for one page; a page may then hold fewer events and still not be the last.

    Raises
    ------
    QueryTooLargeError
        More events match than ``maxEventCount`` allows.
    QueryTooComplexError
        The answer is to be counted or to be ordered by an extension field, and that takes too many events.
    """
    holds = predicate_of(query, master=master)
    search = search_of(query, master=master)
    if query.refused_above is not None and at.given == 0:
        _count(store, search, holds=holds, see=see, upto=at.upto, most=query.refused_above)
    wanted = limit if query.first is None else min(limit, query.first - at.given)
    if query.order.extension:
        return _ordered_page(store, query, search=search, holds=holds, see=see, at=at, wanted=wanted)
    found: list[Entry] = []
    last = at.after
    for scanned, (place, entry) in enumerate(_matches(store, search, upto=at.upto, after=at.after)):
        if len(found) == wanted or scanned == scanned_max:
            finished = query.first is not None and at.given + len(found) >= query.first
            return Page(tuple(found), None if finished else Position(at.upto, last, given=at.given + len(found)))
        last = place
        if holds(see(entry)):
            found.append(entry)
    return Page(tuple(found), None)


def _bound(bounds: list[int | None], condition: Condition) -> None:
    value = int(condition.values[0])
    if condition.operator is Operator.AT_LEAST:
        bounds[0] = value if bounds[0] is None else max(bounds[0], value)
    else:
        bounds[1] = value if bounds[1] is None else min(bounds[1], value)


def _terms(condition: Condition, *, master: MasterData) -> tuple[str, ...]:
    """Return terms of which an event that meets a condition has at least one; none where no term tells."""
    where = condition.field
    if where.extension:
        inner = (
            where.inner or where.place is not Place.EVENT or condition.operator in (Operator.HAS_ATTRIBUTE, Operator.ATTRIBUTE)
        )
        return () if inner else (f"has={where.name}",)
    if condition.operator is Operator.EXISTS:
        return ("error=declared",) if where.name == "errorDeclaration" else (f"has={where.name}",)
    values = tuple(str(value) for value in condition.values)
    if condition.operator is Operator.WITHIN:
        values = tuple(sorted(master.within(values)))
    elif condition.operator is Operator.MATCH:
        if any(is_pattern(value) for value in values):
            return ()
    elif condition.operator is not Operator.EQUAL:
        return _ERRORS if where.name == "errorDeclarationTime" else ()
    if where.name in _BY_TYPE:
        return tuple(f"{where.name}/{where.qualifier}={value}" for value in values)
    return tuple(f"{name}={value}" for name in _TERMS.get(where.name, ()) for value in values)


def _matches(
    store: Store, search: Search, *, upto: int, after: tuple[int, int] | None
) -> Iterator[tuple[tuple[int, int], Entry]]:
    size = 50
    while True:
        step = Search(
            search.terms,
            occurred=search.occurred,
            recorded=search.recorded,
            after=after,
            upto=upto,
            by_recorded=search.by_recorded,
            descending=search.descending,
        )
        places = store.find(step, limit=size)
        if not places:
            return
        yield from zip(places, store.entries_of([sequence for _, sequence in places]), strict=True)
        if len(places) < size:
            return
        after, size = places[-1], BLOCK


def _count(store: Store, search: Search, *, holds: Predicate, see: Callable[[Entry], Seen], upto: int, most: int) -> None:
    count = 0
    for scanned, (_, entry) in enumerate(_matches(store, search, upto=upto, after=None)):
        if scanned == SCANNED_MAX:
            raise QueryTooComplexError(f"counting takes more than {SCANNED_MAX:,} events; ask for a shorter span of time")
        count += holds(see(entry))
        if count > most:
            raise QueryTooLargeError(f"more events match than maxEventCount {most} allows; narrow the query")


def _ordered_page(
    store: Store,
    query: EventQuery,
    *,
    search: Search,
    holds: Predicate,
    see: Callable[[Entry], Seen],
    at: Position,
    wanted: int,
) -> Page:
    ordered = []
    lacking = []
    for scanned, (_, entry) in enumerate(_matches(store, search, upto=at.upto, after=None)):
        if scanned == SCANNED_MAX:
            raise QueryTooComplexError(f"ordering takes more than {SCANNED_MAX:,} events; ask for a shorter span of time")
        seen = see(entry)
        if holds(seen):
            value = order_value(seen, query.order)
            if value is None:
                lacking.append(entry.sequence)
            else:
                ordered.append((value, entry.sequence))
    ordered.sort(reverse=query.descending)
    places = [sequence for _, sequence in ordered] + lacking
    if query.first is not None:
        places = places[: query.first]
    page = places[at.skipped : at.skipped + wanted]
    end = at.skipped + len(page)
    following = Position(at.upto, skipped=end, given=end) if end < len(places) else None
    return Page(tuple(store.entries_of(page)), following)


_BY_TYPE = ("bizTransaction", "source", "destination")
_ERRORS = ("error=declared",)

_TERMS: dict[str, tuple[str, ...]] = {
    "eventType": ("type",),
    "action": ("action",),
    "bizStep": ("bizStep",),
    "disposition": ("disposition",),
    "persistentDisposition_set": ("persistentDisposition/set",),
    "persistentDisposition_unset": ("persistentDisposition/unset",),
    "readPoint": ("readPoint",),
    "bizLocation": ("bizLocation",),
    "transformationID": ("transformationID",),
    "parentID": ("parentID",),
    "epc": ("epcList", "childEPCs"),
    "inputEPC": ("inputEPCList",),
    "outputEPC": ("outputEPCList",),
    "anyEPC": ("epcList", "childEPCs", "parentID", "inputEPCList", "outputEPCList"),
    "epcClass": ("quantityList", "childQuantityList"),
    "inputEPCClass": ("inputQuantityList",),
    "outputEPCClass": ("outputQuantityList",),
    "anyEPCClass": ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"),
    "eventID": ("eventID",),
    "correctiveEventID": ("correctiveEventID",),
    "errorReason": ("errorReason",),
    "type": ("sensorType",),
}
"""Terms of which an event that has a value in a field has one."""
