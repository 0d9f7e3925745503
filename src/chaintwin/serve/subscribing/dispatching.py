"""Runs all subscriptions: each has a task that sends what came, again and again until it arrives."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from math import inf
from time import monotonic

import msgspec

from chaintwin.clock import SECOND, Clock
from chaintwin.errors import ChaintwinError
from chaintwin.events.queries import EventQuery
from chaintwin.serve.capturing.masterdata import MasterShelf
from chaintwin.serve.epcis.documents import query_document
from chaintwin.serve.epcis.headers import EpcFormat
from chaintwin.serve.live.growth import Growth
from chaintwin.serve.settings import Settings
from chaintwin.serve.subscribing.addresses import AddressError
from chaintwin.serve.subscribing.kept import (
    SUBSCRIPTIONS,
    Subscription,
    keep_progress,
    query_named,
    subscriptions_kept,
)
from chaintwin.serve.subscribing.reporting import Report, next_report
from chaintwin.serve.subscribing.schedule import next_run
from chaintwin.serve.subscribing.webhooks import DeliveryError, client, send, wait_after
from chaintwin.serve.threads import Threads
from chaintwin.store.interface import Store

_LOG = logging.getLogger("chaintwin.serve")

LOOK_SECONDS = 30.0
"""How long a task waits at most before it looks at the log by itself."""


REST_SECONDS = 0.5
"""Least time between two times that the log is asked for one subscription: what comes between is sent together."""


class _GoneError(ChaintwinError):
    """Raised where a subscription is no longer kept."""


class Dispatcher:
    """Sends the answers of subscriptions.

    Parameters
    ----------
    master : master data that queries may ask for.
    """

    def __init__(self, store: Store, *, threads: Threads, clock: Clock, settings: Settings, master: MasterShelf) -> None:
        self._store = store
        self._threads = threads
        self._clock = clock
        self._settings = settings
        self._master = master
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._client = client()
        self.heads = Growth(store.head().sequence)
        self._end = store.watch(self.heads.tell)

    async def start(self) -> None:
        """Take up every subscription that is kept."""
        last = self._store.head().sequence
        end = await self._threads.read(self._end_of_log)
        for kept in await self._threads.read(lambda: subscriptions_kept(self._store)):
            # Where the log was restored to an earlier point, what comes behind that is new.
            self.take_up(msgspec.structs.replace(kept, cursor=end) if kept.cursor[1] > last else kept)

    def take_up(self, subscription: Subscription) -> None:
        """Begin to serve a subscription that is kept."""
        task = self._tasks[subscription.id] = asyncio.create_task(self._serve(subscription))
        task.add_done_callback(partial(self._forget, subscription.id))

    def tasks(self) -> tuple[asyncio.Task[None], ...]:
        """Return what serves subscriptions now; a task ends when its subscription is gone."""
        return tuple(self._tasks.values())

    async def drop(self, subscription_id: str) -> bool:
        """End a subscription, durably; return whether there was one."""
        task = self._tasks.pop(subscription_id, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return await self._threads.write(lambda: self._store.remove(SUBSCRIPTIONS, subscription_id))

    async def report(self, query: EventQuery, cursor: tuple[int, int]) -> Report:
        """Return the next part of the answer of a standing query."""
        return await self._threads.read(lambda: next_report(self._store, query, cursor=cursor, master=self._master.read))

    async def coming(self, number: int, *, asked_at: float, within: float) -> None:
        """Wait until the log goes beyond a number, or ``within`` seconds, and in any case until it may be asked again.

        Parameters
        ----------
        number : of the last entry that was looked at. asked_at : when the log was asked last, as ``monotonic`` tells it.
        """
        await self.heads.beyond(number, within=within)
        await asyncio.sleep(max(0.0, asked_at + REST_SECONDS - monotonic()))

    async def close(self) -> None:
        """End all tasks; what has not arrived is sent when the server runs again."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._end()
        await self._client.aclose()

    def _forget(self, subscription_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(subscription_id) is task:
            del self._tasks[subscription_id]

    def _end_of_log(self) -> tuple[int, int]:
        last = self._store.head().sequence
        return (self._store.entries_of([last])[0].recorded_at, last) if last else (0, 0)

    async def _serve(self, subscription: Subscription) -> None:
        while True:
            try:
                named = await self._threads.read(partial(query_named, self._store, subscription.query))
                if named is None:
                    return
                query, asked_at = named.read(), -inf
                while True:
                    subscription, asked_at = await self._round(subscription, query, asked_at=asked_at)
            except _GoneError:
                # It was removed before its task had begun.
                return
            except ChaintwinError as error:
                _LOG.warning("subscription %s waits: %s", subscription.id, error)
                await asyncio.sleep(wait_after(5))
            except Exception:
                _LOG.exception("subscription %s failed", subscription.id)
                await asyncio.sleep(wait_after(5))

    async def _round(self, subscription: Subscription, query: EventQuery, *, asked_at: float) -> tuple[Subscription, float]:
        """Wait until there is something to do, do it, and return the subscription as it is then, and when the log was asked."""
        times = subscription.times()
        if times is None:
            await self.coming(subscription.cursor[1], asked_at=asked_at, within=LOOK_SECONDS)
        else:
            now = self._clock.now()
            at = next_run(times, after=now)
            wait = LOOK_SECONDS if at is None else min(LOOK_SECONDS, (at - now) / SECOND)
            await asyncio.sleep(wait)
            if at is None or self._clock.now() < at:
                return subscription, asked_at
        has_sent, asked_at = False, monotonic()
        while True:
            report = await self.report(query, subscription.cursor)
            if report.entries or (report.is_last and times is not None and subscription.report_if_empty and not has_sent):
                subscription = await self._deliver(subscription, report)
                has_sent = True
            else:
                subscription = msgspec.structs.replace(subscription, cursor=report.cursor)
            if report.is_last:
                return subscription, asked_at

    async def _deliver(self, subscription: Subscription, report: Report) -> Subscription:
        """Send a part of an answer until it arrives, and return the subscription as it is kept then."""
        document = await self._threads.read(
            lambda: query_document(
                report.entries,
                now=self._clock.now(),
                epcs=EpcFormat(subscription.epcs),
                query=subscription.query,
                subscription=subscription.id,
            )
        )
        failures = 0
        while True:
            try:
                await send(
                    self._client,
                    subscription.dest,
                    document=document,
                    token=subscription.token,
                    allowed=self._settings.webhook_hosts,
                )
            except (DeliveryError, AddressError) as error:
                failures += 1
                kept = msgspec.structs.replace(subscription, failures=failures, failure=str(error))
                await self._keep(kept)
                await asyncio.sleep(wait_after(failures))
            else:
                kept = msgspec.structs.replace(
                    subscription, cursor=report.cursor, notified_at=self._clock.now(), failures=0, failure=""
                )
                await self._keep(kept)
                return kept

    async def _keep(self, subscription: Subscription) -> None:
        if not await self._threads.write(partial(keep_progress, self._store, subscription)):
            raise _GoneError("it was removed")
