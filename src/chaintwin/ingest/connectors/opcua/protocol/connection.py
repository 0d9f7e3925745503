"""A connection to an OPC UA server, with a thread of its own in which all is said and heard."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeVar

from chaintwin.clock import Clock
from chaintwin.ingest.connectors.linked.standing import TICK, NotConnectedError
from chaintwin.ingest.connectors.opcua.addresses import OpcuaAddress, Wanted
from chaintwin.ingest.connectors.opcua.protocol.history import AT_ONCE, Page, page_behind
from chaintwin.ingest.connectors.opcua.protocol.nodes import Variable, wanted_variables
from chaintwin.ingest.connectors.opcua.protocol.session import Session
from chaintwin.ingest.connectors.opcua.protocol.subscription import Subscription, Told, new_subscription, taken_over
from chaintwin.ingest.connectors.opcua.protocol.watching import present_times
from chaintwin.ingest.connectors.opcua.settings import Settings

LINGER = 0.02
"""Seconds that are waited for more values of a batch."""

CLOSE_SECONDS = 8.0
"""Longest that the end of a connection may take."""

T = TypeVar("T")


class Way(Enum):
    """How a subscription came to be."""

    KEPT = auto()
    """It went on behind a connection that broke."""
    TAKEN = auto()
    """It was left by an earlier session."""
    NEW = auto()
    """It was made, so that it tells of what is so now and changes from now on."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a subscription that may still be at the server.

    Parameters
    ----------
    subscription : its number, 0 for none. started : when its server was started, microseconds. made : of which settings.
    next_number : of the message that is wanted next. addresses : of its variables, in the order of their handles.
    watched : variables of which it is known from when on they are watched.
    """

    subscription: int = 0
    started: int = 0
    made: str = ""
    next_number: int = 1
    addresses: Sequence[str] = ()
    watched: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A subscription that tells.

    Parameters
    ----------
    way : how it came to be. subscription, started : as in ``Known``. addresses : of its variables, in the order of their handles.
    queue : values of a variable that the server keeps back, at least.
    refused : variables that it does not tell of, with its reasons.
    begun : variables that it tells of from now on and that were not known to be watched, with the time of their values before.
    """

    way: Way
    subscription: int
    started: int
    addresses: tuple[str, ...]
    queue: int
    refused: tuple[tuple[str, str], ...] = ()
    begun: tuple[tuple[str, int], ...] = ()


class Connection:
    """A connection that is opened again and again, until it is closed.

    Parameters
    ----------
    address, settings : of the server. wanted : which variables. clock : tells the time.
    sleep : is called with 0 while something is waited for, and ends the wait where it raises.

    Attributes
    ----------
    lost : why there is no connection at present; empty while it stands. variables : by address, once it was opened.
    """

    def __init__(
        self, address: OpcuaAddress, settings: Settings, *, wanted: Wanted, clock: Clock, sleep: Callable[[float], None]
    ) -> None:
        self.address, self.settings, self.wanted, self.clock = address, settings, wanted, clock
        self.lost = ""
        self.variables: dict[str, Variable] = {}
        self._sleep = sleep
        self._told: SimpleQueue[Told | None] = SimpleQueue()
        self._session: Session | None = None
        self._subscription: Subscription | None = None
        self._running: asyncio.Task[None] | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._turn, name=f"opcua {address.host}", daemon=True)
        self._thread.start()

    def open(self, known: Known) -> Opened:
        """Connect, and go on with the subscription where the server still has it, else make one.

        Parameters
        ----------
        known : of the subscription.

        Raises
        ------
        NotConnectedError
            That did not work.
        """
        self.lost = ""
        return self._await(self._open(known))

    def look(self) -> list[Variable]:
        """Connect, and return the variables that rules are for; nothing is subscribed to.

        Raises
        ------
        NotConnectedError
            That did not work.
        """
        return self._await(self._look())

    def gather(self, wait: float) -> list[Told]:
        """Return messages in the order of their numbers, about as many as become durable together; none where none comes in time.

        Parameters
        ----------
        wait : seconds that a first message is waited for.
        """
        found, values, until = list[Told](), 0, monotonic() + wait
        with suppress(Empty):
            while values < self.settings.batch:
                left = until - monotonic()
                told = self._told.get(timeout=left) if left > 0 else self._told.get_nowait()
                if told is None:
                    break
                if not found:
                    until = monotonic() + LINGER
                found.append(told)
                values += len(told.values)
        return found

    def confirm(self, numbers: Sequence[int], values: int) -> None:
        """Note what became durable; the server is told with the next request.

        Parameters
        ----------
        numbers : of messages. values : how many.
        """
        subscription = self._subscription
        if subscription is not None:
            self._loop.call_soon_threadsafe(subscription.confirm, list(numbers), values)

    def histories(self, wanted: Sequence[tuple[Variable, int]]) -> Iterator[tuple[Variable, Page]]:
        """Yield what the server remembers of variables, each from a moment on, page by page and one variable after the other.

        Parameters
        ----------
        wanted : variables, and microseconds.

        Raises
        ------
        NotConnectedError
            The connection broke.
        """
        for first in range(0, len(wanted), AT_ONCE):
            part = wanted[first : first + AT_ONCE]
            pages = self._await(self._pages([(variable, Page(start=start)) for variable, start in part]))
            for (variable, _), page in zip(part, pages, strict=True):
                yield variable, page
                while page.start is not None:
                    (page,) = self._await(self._pages([(variable, page)]))
                    yield variable, page

    def close(self) -> None:
        """End the connection; the subscription stays at the server, where one is to be left behind."""
        if not self._thread.is_alive():
            return
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(CLOSE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_SECONDS)

    def _turn(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _await(self, doing: Coroutine[Any, Any, T]) -> T:
        """Return what is done in the other thread; the wait ends where the reading does."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(doing, self._loop)
        try:
            while True:
                with suppress(TimeoutError):
                    return future.result(TICK)
                if future.done():
                    return future.result()
                self._sleep(0)
        except TimeoutError:
            raise NotConnectedError(f"no answer within {self.settings.timeout:g} s") from None
        except OSError as fault:
            raise NotConnectedError(f"the connection broke: {str(fault) or type(fault).__name__}") from None
        finally:
            future.cancel()

    async def _open(self, known: Known) -> Opened:
        await self._halt()
        # What was not taken any more is asked for again.
        with suppress(Empty):
            while True:
                self._told.get_nowait()
        session, subscription = self._session, self._subscription
        if session is not None and subscription is not None and not subscription.is_over and await session.take_up():
            subscription.begin_again(known.next_number)
            return self._begun(Way.KEPT, session, subscription)
        self._session = self._subscription = None
        session = Session(self.address, self.settings, clock=self.clock)
        await session.open()
        try:
            async with session.explained():
                return await self._subscribed(session, known)
        except BaseException:
            session.drop()
            raise

    async def _subscribed(self, session: Session, known: Known) -> Opened:
        variables = await wanted_variables(session.services, self.wanted)
        if not variables:
            patterns = ", ".join(self.wanted.texts)[:300] or "none"
            raise NotConnectedError(f"no variable below Objects that a rule is for ({patterns})", is_final=not known.subscription)
        self.variables = {variable.address: variable for variable in variables}
        is_there = bool(known.subscription) and known.started == session.started and self.settings.keeps
        subscription = None
        if is_there:
            subscription = await taken_over(
                session,
                known.subscription,
                settings=self.settings,
                next_number=known.next_number,
                addresses=known.addresses,
            )
        if subscription is not None and known.made != self.settings.made:
            # It cannot be changed to other settings, and would fill its queues for nobody.
            with suppress(Exception):
                await subscription.delete()
            subscription = None
        if subscription is not None:
            # There are servers, that of the library among them, that go on sending to the connection of the session before. To
            # take up the session over a new connection is all that moves the messages there.
            if not await session.take_up():
                raise NotConnectedError("the server forgot the session")
            told = set(subscription.addresses)
            way, more = Way.TAKEN, [variable for variable in variables if variable.address not in told]
        else:
            subscription = await new_subscription(session, self.settings)
            way, more = Way.NEW, variables
        # What is so before the server begins to tell is asked for before, or what changes in between would be behind no begin.
        unknown = [variable for variable in more if variable.address not in known.watched]
        times = await present_times(session.services, unknown)
        refused = await subscription.monitor(more)
        for address, _ in refused:
            times.pop(address, None)
        return self._begun(way, session, subscription, refused=refused, begun=tuple(times.items()))

    def _begun(
        self,
        way: Way,
        session: Session,
        subscription: Subscription,
        *,
        refused: Sequence[tuple[str, str]] = (),
        begun: tuple[tuple[str, int], ...] = (),
    ) -> Opened:
        self._session, self._subscription = session, subscription
        self._running = asyncio.create_task(self._run(subscription))
        addresses = tuple(subscription.addresses)
        return Opened(way, subscription.number, session.started, addresses, subscription.queue, tuple(refused), begun)

    async def _run(self, subscription: Subscription) -> None:
        why = await subscription.run(self._told.put)
        if self._session is not None:
            self._session.drop()
        self.lost = why
        self._told.put(None)

    async def _look(self) -> list[Variable]:
        session = Session(self.address, self.settings, clock=self.clock)
        await session.open()
        try:
            async with session.explained():
                return await wanted_variables(session.services, self.wanted)
        finally:
            await session.close()

    async def _pages(self, wanted: Sequence[tuple[Variable, Page]]) -> list[Page]:
        session = self._session
        if session is None:
            raise NotConnectedError("the connection broke")
        now = self.clock.now()
        asked = [page_behind(session.services, variable, before=page, now=now) for variable, page in wanted]
        async with session.explained():
            return list(await asyncio.gather(*asked))

    async def _halt(self) -> None:
        """Stop asking for messages."""
        running, self._running = self._running, None
        if running is not None and not running.done():
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def _close(self) -> None:
        await self._halt()
        session, subscription = self._session, self._subscription
        if session is not None:
            if subscription is not None and not self.lost:
                with suppress(Exception):
                    await asyncio.wait_for(subscription.leave(keeps=self.settings.keeps), CLOSE_SECONDS / 4)
            await session.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
