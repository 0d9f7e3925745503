"""From the log to what is answered: events with their personal values and times of record, documents with one context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from chaintwin.clock import text_of
from chaintwin.events.canonical import event_read
from chaintwin.events.checking.checker import Kind
from chaintwin.events.contexts import BUILT_IN, CONTEXT_ADDRESS
from chaintwin.events.identity.hashing import hash_id_in
from chaintwin.events.personal import with_personal
from chaintwin.store.records import Entry

SCHEMA_VERSION: Final = "2.0"


def event_of(entry: Entry, *, context: bool = False) -> dict[str, Any]:
    """Return the event of an entry of the log as EPCIS JSON.

    Values that name a person are back in their places, those of an erased subject say ``erased``. The time of record is
    that of the log, and an event that came without an id has its hash id.

    Parameters
    ----------
    entry : of the log. context : whether the event stands alone and names the context of GS1.
    """
    event, _ = event_read(entry.content)
    if entry.personal:
        event = with_personal(event, entry.personal)
    event.setdefault("eventID", hash_id_in(entry.key))
    event["recordTime"] = text_of(entry.recorded_at)
    if context:
        own = event.pop("@context", None)
        return {"@context": [CONTEXT_ADDRESS, own] if own else [CONTEXT_ADDRESS], **event}
    return event


def document_of(
    events: Iterable[Mapping[str, Any]],
    *,
    kind: Kind = Kind.DOCUMENT,
    created_at: int = 0,
    query_name: str = "SimpleEventQuery",
    subscription_id: str = "",
) -> dict[str, Any]:
    """Return a document of events with one context.

    Prefixes that mean the same in all events move to the context of the document; an event in which one means something
    else keeps its own.

    Parameters
    ----------
    events : of ``event_of``. kind : ``DOCUMENT`` or ``QUERY_DOCUMENT``. created_at : microseconds since 1970 in UTC.
    query_name, subscription_id : what a query document answers; the second is left out where it is empty.

    Example
    -------
    >>> document_of([])["epcisBody"]
    {'eventList': []}
    """
    context, listed = _merged(events)
    document: dict[str, Any] = {
        "@context": [CONTEXT_ADDRESS, context] if context else [CONTEXT_ADDRESS],
        "type": kind.value,
        "schemaVersion": SCHEMA_VERSION,
        "creationDate": text_of(created_at),
    }
    if kind is Kind.QUERY_DOCUMENT:
        results: dict[str, Any] = {"queryName": query_name, "resultsBody": {"eventList": listed}}
        if subscription_id:
            results["subscriptionID"] = subscription_id
        document["epcisBody"] = {"queryResults": results}
    else:
        document["epcisBody"] = {"eventList": listed}
    return document


def _merged(events: Iterable[Mapping[str, Any]]) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the context of the document, and the events with what of theirs differs from it."""
    context: dict[str, str] = {}
    listed = []
    for event in events:
        own = event.get("@context")
        if not isinstance(own, dict):
            # An event that relies on the built-in meaning of a prefix must not be given another by its neighbors.
            listed.append(dict(event))
            continue
        rest = {}
        for name, namespace in own.items():
            is_other = BUILT_IN.get(name, namespace) != namespace
            if is_other or context.setdefault(name, namespace) != namespace:
                rest[name] = namespace
        kept = {name: value for name, value in event.items() if name != "@context"}
        listed.append({"@context": rest, **kept} if rest else kept)
    return dict(sorted(context.items())), listed
