"""Entries of the log as the conditions of a query see them."""

from __future__ import annotations

from chaintwin.events.queries import Seen, Spelling
from chaintwin.events.rendering import event_of
from chaintwin.store.records import Entry


def seen(entry: Entry) -> Seen:
    """Return an entry as the conditions of a query see it."""
    event = event_of(entry)
    ids = frozenset({entry.key.partition("!")[0], event["eventID"]})
    return Seen(event, Spelling().declaring(event.get("@context")), ids, entry.occurred_at, entry.recorded_at)
