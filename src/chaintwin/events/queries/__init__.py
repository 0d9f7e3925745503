"""Queries of events: every parameter of EPCIS, what an index can tell of them, and what each event is asked."""

from chaintwin.events.queries.matching import MasterData, predicate_of
from chaintwin.events.queries.query import EventQuery
from chaintwin.events.queries.reading import query_of_body, query_of_parameters
from chaintwin.events.queries.searching import (
    Page,
    Position,
    QueryTooComplexError,
    QueryTooLargeError,
    find_page,
    search_of,
)
from chaintwin.events.queries.seen import Seen
from chaintwin.events.queries.spelling import Spelling

__all__ = [
    "EventQuery",
    "MasterData",
    "Page",
    "Position",
    "QueryTooComplexError",
    "QueryTooLargeError",
    "Seen",
    "Spelling",
    "find_page",
    "predicate_of",
    "query_of_body",
    "query_of_parameters",
    "search_of",
]
