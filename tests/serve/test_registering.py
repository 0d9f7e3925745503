"""Named queries and subscriptions when many come and go at one time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from chaintwin.clock import SystemClock
from chaintwin.errors import StoreFailedError
from chaintwin.events.capturing import capture
from chaintwin.serve.capturing.masterdata import MasterShelf
from chaintwin.serve.settings import Settings
from chaintwin.serve.subscribing.dispatching import Dispatcher
from chaintwin.serve.subscribing.kept import QUERIES, NamedQuery, Subscription, query_named, subscriptions_kept
from chaintwin.serve.subscribing.registering import Register
from chaintwin.serve.threads import Threads
from chaintwin.store.interface import Store
from chaintwin.store.opening import open_store
from tests.serve.documents import document, event
from tests.serve.early import LateStore
from tests.serve.receiving import receiver
from tests.serve.running import Running, server

AT_ONCE = 12


def at_once(running: Running, ask: Callable[[httpx.Client, int], httpx.Response]) -> list[int]:
    """Return the statuses of requests that are made at one time, in order."""

    def one(number: int) -> int:
        with running.client() as client:
            return ask(client, number).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sorted(pool.map(one, range(AT_ONCE)))


def test_queries__one_of_each_name_and_no_more_than_the_limit(tmp_path: Path) -> None:
    with server(tmp_path, limits={"queries": 8}) as running, running.client() as client:
        for name in ("first", "second", "third"):
            body = {"name": name, "query": {"EQ_action": ["ADD"]}}
            found = at_once(running, lambda client, _, body=body: client.post("/epcis/queries", json=body))  # type: ignore[misc]
            assert found == [201] + [409] * (AT_ONCE - 1)
        made = at_once(
            running,
            lambda client, number: client.post("/epcis/queries", json={"name": f"other {number}", "query": {}}),
        )
        assert made == [201] * 5 + [400] * (AT_ONCE - 5)
        assert len(client.get("/epcis/queries", params={"perPage": 100}).json()) == 8


def test_subscriptions__no_more_than_the_limit(tmp_path: Path) -> None:
    with server(tmp_path, limits={"subscriptions": 5}) as running, running.client() as client, receiver() as received:
        path = client.post("/epcis/queries", json={"name": "q", "query": {"EQ_action": ["ADD"]}}).headers["location"]
        body = {"dest": received.url, "stream": True}
        made = at_once(running, lambda client, _: client.post(f"{path}/subscriptions", json=body))
        assert made == [201] * 5 + [400] * (AT_ONCE - 5)
        assert len(client.get(f"{path}/subscriptions").json()) == 5


def subscription() -> Subscription:
    # Nothing listens at that port, so every try fails and is kept.
    return Subscription("s", "q", "http://127.0.0.1:9/", "", None, False, 1, "Never_Translates", (0, 0))


def test_dispatcher__a_subscription_removed_while_it_is_kept_stays_away(tmp_path: Path) -> None:
    async def remove_while_kept(store: Any) -> None:
        threads, clock = Threads(), SystemClock()
        late = LateStore(store, seconds=0.5)
        dispatcher = Dispatcher(late, threads=threads, clock=clock, settings=Settings(()), master=MasterShelf(store))
        await dispatcher.start()
        while not late.waiting:
            await asyncio.sleep(0.01)
        assert await dispatcher.drop("s")
        await asyncio.sleep(1)
        await dispatcher.close()
        threads.close()

    with open_store(tmp_path / "log.db") as store:
        register = Register(store, settings=Settings(()))
        register.add_query(NamedQuery("q", {"EQ_action": ["OBSERVE"]}, {}, 1))
        register.add_subscription(subscription())
        store.append(capture(document(event())).records, received_at=1)
        asyncio.run(remove_while_kept(store))
        assert subscriptions_kept(store) == []


def test_dispatcher__a_subscription_removed_before_it_is_taken_up_is_served_no_more(tmp_path: Path) -> None:
    async def take_up_too_late(store: Any) -> None:
        threads, clock = Threads(), SystemClock()
        dispatcher = Dispatcher(store, threads=threads, clock=clock, settings=Settings(()), master=MasterShelf(store))
        assert await dispatcher.drop("s")
        dispatcher.take_up(subscription())
        # Its first try fails, which would be kept, and then it would be tried again.
        await asyncio.wait_for(asyncio.gather(*dispatcher.tasks()), 20)
        await dispatcher.close()
        threads.close()

    with open_store(tmp_path / "log.db") as store:
        register = Register(store, settings=Settings(()))
        register.add_query(NamedQuery("q", {"EQ_action": ["OBSERVE"]}, {}, 1))
        register.add_subscription(subscription())
        store.append(capture(document(event())).records, received_at=1)
        asyncio.run(take_up_too_late(store))
        assert subscriptions_kept(store) == []


def test_dispatcher__tries_that_failed_are_kept(tmp_path: Path) -> None:
    async def try_twice(store: Any) -> None:
        threads = Threads()
        master = MasterShelf(store)
        dispatcher = Dispatcher(store, threads=threads, clock=SystemClock(), settings=Settings(()), master=master)
        await dispatcher.start()
        end = time.monotonic() + 30
        while subscriptions_kept(store)[0].failures < 2 and time.monotonic() < end:
            await asyncio.sleep(0.05)
        await dispatcher.close()
        threads.close()

    with open_store(tmp_path / "log.db") as store:
        register = Register(store, settings=Settings(()))
        register.add_query(NamedQuery("q", {"EQ_action": ["OBSERVE"]}, {}, 1))
        register.add_subscription(subscription())
        store.append(capture(document(event())).records, received_at=1)
        asyncio.run(try_twice(store))
        (kept,) = subscriptions_kept(store)
        assert kept.failures >= 2
        assert "not reached" in kept.failure


def test_queries__removed_in_part_leave_no_receiver_behind(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db") as store:
        register = Register(store, settings=Settings(()))
        register.add_query(NamedQuery("q", {}, {}, 1))
        register.add_subscription(subscription())
        failing = FailingRemoval(store, shelf=QUERIES)
        with pytest.raises(StoreFailedError):
            Register(failing, settings=Settings(())).remove_query("q")  # type: ignore[arg-type]
        assert subscriptions_kept(store) == []
        assert register.remove_query("q") == []
        assert query_named(store, "q") is None


class FailingRemoval:
    """Passes everything on, but cannot remove from one shelf."""

    def __init__(self, store: Store, *, shelf: str) -> None:
        self._store, self._shelf = store, shelf

    def remove(self, shelf: str, name: str) -> bool:
        if shelf == self._shelf:
            raise StoreFailedError("no space left")
        return self._store.remove(shelf, name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
