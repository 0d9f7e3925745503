"""Named queries and subscriptions as they are kept."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from chaintwin.events.queries import EventQuery, Spelling, query_of_body
from chaintwin.serve.subscribing.schedule import Schedule, schedule_of
from chaintwin.store.interface import Search, Store
from chaintwin.store.records import Amended

QUERIES = "named queries"
SUBSCRIPTIONS = "subscriptions"


class NamedQuery(msgspec.Struct, frozen=True):
    """A query with a name.

    Parameters
    ----------
    query : as it was sent. prefixes : what its CURIEs were declared to stand for. created_at : microseconds since 1970.
    """

    name: str
    query: dict[str, Any]
    prefixes: dict[str, str]
    created_at: int

    def read(self) -> EventQuery:
        """Return what it asks for."""
        return query_of_body(self.query, spelling=Spelling().declaring(self.prefixes))


class Subscription(msgspec.Struct, frozen=True):
    """A query that is run again and again for one receiver.

    Parameters
    ----------
    id, query : its own, and the name of its query. dest : address it is sent to. token : what it is signed with; may be empty.
    schedule : fields of its schedule; None to send whatever comes at once. report_if_empty : send an empty answer as well.
    created_at : microseconds since 1970. epcs : how names of things are written.
    cursor : (time of record, number) of the last entry that was looked at and, if it met the query, arrived.
    notified_at : when an answer last arrived, 0 for never. failures : tries since then that failed. failure : why the last did.
    """

    id: str
    query: str
    dest: str
    token: str
    schedule: dict[str, str] | None
    report_if_empty: bool
    created_at: int
    epcs: str
    cursor: tuple[int, int]
    initial: int | None = None
    notified_at: int = 0
    failures: int = 0
    failure: str = ""

    def times(self) -> Schedule | None:
        """Return its schedule; None if it sends at once."""
        return None if self.schedule is None else schedule_of(self.schedule)


def new_subscription_id() -> str:
    """Return an id that cannot be guessed."""
    return secrets.token_hex(16)


def keep_query(store: Store, query: NamedQuery) -> None:
    """Keep a query, durably."""
    store.put(QUERIES, query.name, content=_ENCODER.encode(query))


def query_named(store: Store, name: str) -> NamedQuery | None:
    """Return a query by its name."""
    content = store.get(QUERIES, name)
    return None if content is None else _QUERY.decode(content)


def keep_subscription(store: Store, subscription: Subscription) -> None:
    """Keep a subscription, durably."""
    store.put(SUBSCRIPTIONS, subscription.id, content=_ENCODER.encode(subscription))


def keep_progress(store: Store, subscription: Subscription) -> bool:
    """Keep how far a subscription is, durably; one that was removed meanwhile stays away. Return whether it was there."""
    content = _ENCODER.encode(subscription)
    is_there = False

    def amend(before: bytes | None) -> bytes | None:
        nonlocal is_there
        is_there = before is not None
        return content if is_there else None

    store.append([], received_at=0, report=lambda _: [Amended(SUBSCRIPTIONS, subscription.id, amend)])
    return is_there


def subscription_of(store: Store, subscription_id: str) -> Subscription | None:
    """Return a subscription by its id."""
    content = store.get(SUBSCRIPTIONS, subscription_id)
    return None if content is None else _SUBSCRIPTION.decode(content)


def subscriptions_kept(store: Store) -> list[Subscription]:
    """Return all subscriptions."""
    found = (subscription_of(store, name) for name in store.names(SUBSCRIPTIONS))
    return [one for one in found if one is not None]


def cursor_before(store: Store, recorded_at: int | None) -> tuple[int, int]:
    """Return (time of record, number) of the last entry before a time; of the last of all for None; (0, 0) for none."""
    search = Search(recorded=(None, recorded_at), by_recorded=True, descending=True)
    found = store.find(search, limit=1)
    return found[0] if found else (0, 0)


_ENCODER = msgspec.json.Encoder()
_QUERY = msgspec.json.Decoder(NamedQuery)
_SUBSCRIPTION = msgspec.json.Decoder(Subscription)
