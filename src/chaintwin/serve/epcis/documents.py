"""Documents of answers: events of the log in an EPCIS query document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from chaintwin.events.checking.checker import Kind
from chaintwin.events.contexts import CONTEXT_ADDRESS
from chaintwin.events.rendering import document_of, event_of
from chaintwin.serve.epcis.headers import EpcFormat
from chaintwin.serve.epcis.translating import translated
from chaintwin.store.records import Entry


def query_document(
    entries: Iterable[Entry], *, now: int, epcs: EpcFormat, query: str = "SimpleEventQuery", subscription: str = ""
) -> dict[str, Any]:
    """Return an EPCIS query document of entries of the log.

    Parameters
    ----------
    now : microseconds since 1970 in UTC. epcs : how names of things are written.
    query : name of the query. subscription : id of the subscription that it is sent to; empty for none.
    """
    events = [translated(event_of(entry), epcs) for entry in entries]
    return document_of(events, kind=Kind.QUERY_DOCUMENT, created_at=now, query_name=query, subscription_id=subscription)


def collection(members: Sequence[str], *, context: Any = CONTEXT_ADDRESS) -> dict[str, Any]:
    """Return a collection, as the resource trees answer."""
    return {"@context": context, "type": "Collection", "member": list(members)}


def encoded(document: Any) -> bytes:
    """Return a document as JSON."""
    return msgspec.json.encode(document)
