"""Taking in named queries and subscriptions: one after the other, so that no name is given twice and no limit is passed."""

from __future__ import annotations

import threading

from chaintwin.serve.problems import ProblemError
from chaintwin.serve.settings import Settings
from chaintwin.serve.subscribing.kept import (
    QUERIES,
    SUBSCRIPTIONS,
    NamedQuery,
    Subscription,
    keep_query,
    keep_subscription,
    query_named,
    subscriptions_kept,
)
from chaintwin.store.interface import Store


class Register:
    """Adds and removes what is kept; a log has one server at a time, so one lock is enough.

    Parameters
    ----------
    store : where it is kept. settings : how much.
    """

    def __init__(self, store: Store, *, settings: Settings) -> None:
        self._store = store
        self._limits = settings.limits
        self._lock = threading.Lock()

    def add_query(self, query: NamedQuery) -> None:
        """Keep a new query, durably.

        Raises
        ------
        ProblemError
            409 where there is one of its name, 400 where there may be no more.
        """
        with self._lock:
            if query_named(self._store, query.name) is not None:
                raise ProblemError(409, "ResourceAlreadyExistsException", detail=f"A query is called {query.name!r} already")
            self._check_room(QUERIES, most=self._limits.queries, kind="ValidationException")
            keep_query(self._store, query)

    def add_subscription(self, subscription: Subscription) -> None:
        """Keep a new subscription, durably.

        Raises
        ------
        ProblemError
            404 where its query is gone, 400 where there may be no more.
        """
        with self._lock:
            if query_named(self._store, subscription.query) is None:
                raise ProblemError(404, "NoSuchNameException", detail=f"No query is called {subscription.query!r}")
            self._check_room(SUBSCRIPTIONS, most=self._limits.subscriptions, kind="SubscriptionControlsException")
            keep_subscription(self._store, subscription)

    def remove_query(self, name: str) -> list[str]:
        """Take a query and its subscriptions away, durably, and return the ids of these, whose tasks are to be ended."""
        with self._lock:
            ended = [one.id for one in subscriptions_kept(self._store) if one.query == name]
            # The query goes last: without it a subscription that is left would wait for another one of its name.
            for one in ended:
                self._store.remove(SUBSCRIPTIONS, one)
            self._store.remove(QUERIES, name)
            return ended

    def _check_room(self, shelf: str, *, most: int, kind: str) -> None:
        if len(self._store.names(shelf)) >= most:
            raise ProblemError(400, kind, detail=f"{most} {shelf} are kept, which is all there may be; remove one")
