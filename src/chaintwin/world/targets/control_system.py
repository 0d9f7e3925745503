"""A world told as a server of OPC UA: a variable for each site, whose values are events, with a history of all that was told.

Who subscribes is told each value; who comes late, or was away, reads the history. So nothing has to be acknowledged: what is in
the history is there for as long as the world runs, and a world that goes on fills it again from the begin.
"""

from __future__ import annotations

import asyncio
import math
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Item, number_of
from chaintwin.ingest.connectors.opcua.addresses import OpcuaAddress, opcua_address
from chaintwin.ingest.history.playing import Mark, Sent, Target
from chaintwin.ingest.history.targets import TargetFailedError
from chaintwin.world.targets.kept import KeptMark
from chaintwin.world.targets.naming import EVENTS, TOPIC, site_level

if TYPE_CHECKING:
    from asyncua import Server, ua
    from asyncua.server.internal_subscription import InternalSubscription

SPACE = "urn:chaintwin:world"
"""Namespace of its nodes."""

LINGER = "linger"
"""Option: seconds that it serves on when all is told."""

HERE = ("127.0.0.1", "localhost", "::1")
"""Hosts that are this machine: a world has no users and no certificates."""

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Times of values count milliseconds from here, by the number of the delivery: the same whenever the world runs."""

PAGE = 5_000
"""Values of a history in one answer, at most."""

WAITING_MAX = 4_000
"""Values that wait for a subscriber before telling waits for it."""

PATIENCE_SECONDS = 10.0
"""A subscriber that takes nothing for so long is away: its subscription ends, and when it comes it reads the history."""

LOOK_SECONDS, REST_SECONDS = 0.02, 0.5
"""Seconds between two looks at who is waited for, and at whether there is an end of serving."""

T = TypeVar("T")


class ServerTarget(Target):
    """Is a server while it tells, at an address of this machine, without encryption.

    Parameters
    ----------
    url : ``opc.tcp://127.0.0.1:PORT/PATH``. kept : how far it came. sites : that tell events.
    options : by name; ``linger`` says how many seconds it serves on when all is told, for ever by default.
    sleep : waits. note : takes remarks.

    Raises
    ------
    UsageError
        The address is none of this machine, or an option means nothing.
    TargetFailedError
        Nobody can listen there.
    """

    def __init__(
        self,
        url: str,
        kept: KeptMark,
        *,
        sites: Iterable[str],
        options: Mapping[str, str],
        sleep: Callable[[float], None],
        note: Callable[[str], None],
    ) -> None:
        from chaintwin.ingest.connectors.opcua.protocol.session import need_library

        unknown = sorted(set(options) - {LINGER})
        if unknown:
            raise UsageError(f"--option: found {', '.join(unknown)}; allowed with opc.tcp: {LINGER}")
        self.linger = number_of({LINGER: "inf"} | dict(options), LINGER, least=0.0, most=math.inf)
        self.address, self.kept, self.sleep, self.note = server_address(url), kept, sleep, note
        need_library()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._turn, name="world as a server", daemon=True)
        self._thread.start()
        try:
            self._plant = self._do(_started(self.address, sorted({site_level(site) for site in sites})))
        except OSError as fault:
            self._end()
            found = fault.strerror or str(fault)
            raise TargetFailedError(f"{url}: found {found}; allowed: a port of this machine that is free") from None
        note(f"Serving at {self.address.url}.")

    def remember(self, items: Iterable[Item]) -> None:
        """Take what was told before into the history, for who has not read it yet."""
        self._plant.remember(items)

    def send(self, items: Sequence[Item]) -> Sent:
        self._do(self._plant.tell(items, first=self.kept.played().count))
        return Sent(accepted=len(items))

    def played(self) -> Mark:
        return self.kept.played()

    def keep(self, mark: Mark) -> None:
        self.kept.keep(mark)

    def serve_on(self) -> None:
        """Serve for who has not read all yet: until Ctrl-C, or for as long as the option says."""
        if self.linger:
            self.note("All is told and can be read on; stop with Ctrl-C.")
        until = monotonic() + self.linger
        try:
            while (left := until - monotonic()) > 0:
                self.sleep(min(left, REST_SECONDS))
        except KeyboardInterrupt:
            pass

    def close(self) -> None:
        """Stop serving."""
        self._do(self._plant.close())
        self._end()

    def _turn(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


def server_address(text: str) -> OpcuaAddress:
    """Return where a world serves.

    Raises
    ------
    UsageError
        It is no address, or none of this machine.

    Example
    -------
    >>> server_address("opc.tcp://127.0.0.1:48400/world").port
    48400
    """
    found = opcua_address(text)
    if found.host not in HERE:
        raise UsageError(
            f"--to: found the host {found.host}; allowed: {', '.join(HERE)}, for the world is a server itself, without users and "
            "encryption"
        )
    return found


def moment_of(number: int) -> datetime:
    """Return the time of a value by the number of its delivery."""
    return EPOCH + timedelta(milliseconds=number)


class _Plant:
    """The variables, and what they were."""

    def __init__(self, server: Server, nodes: Mapping[str, ua.NodeId], history: _History) -> None:
        self.server, self.nodes, self.history = server, nodes, history

    def remember(self, items: Iterable[Item]) -> None:
        for number, item in enumerate(items):
            self.history.keep(*self._value(item, number))

    async def tell(self, items: Sequence[Item], *, first: int) -> None:
        for number, item in enumerate(items, first):
            node, value = self._value(item, number)
            self.history.keep(node, value)
            await self.server.write_attribute_value(node, value)
        await self._until_taken()

    async def close(self) -> None:
        """Stop serving, and all that the library goes on doing for who has not left in order."""
        service = self.server.iserver.subscription_service
        await service.delete_subscriptions(list(service.subscriptions))
        await self.server.stop()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _value(self, item: Item, number: int) -> tuple[ua.NodeId, ua.DataValue]:
        from asyncua import ua

        held = ua.Variant(item.content.decode(), ua.VariantType.String)
        return self.nodes[site_level(item.place.file)], ua.DataValue(held, SourceTimestamp=moment_of(number))

    async def _until_taken(self) -> None:
        """Wait for subscribers who have much to take; who is away is not waited for.

        The library drops the oldest of what does not fit into a queue and says nothing of it. To end the subscription before that
        loses nothing: who comes again makes another, and reads in the history what was told since the last value that it has.
        """
        service = self.server.iserver.subscription_service
        since, before = monotonic(), math.inf
        await asyncio.sleep(0)
        while full := {number: count for number, one in service.subscriptions.items() if (count := _waiting(one)) > WAITING_MAX}:
            total = sum(full.values())
            if total < before:
                since, before = monotonic(), total
            elif monotonic() - since > PATIENCE_SECONDS:
                await service.delete_subscriptions(list(full))
                return
            await asyncio.sleep(LOOK_SECONDS)


def _waiting(subscription: InternalSubscription) -> int:
    """Return how many values wait to be sent."""
    return sum(map(len, subscription._triggered_datachanges.values()))


class _History:
    """All values of all variables, as the library asks for them; nothing is lost between telling and keeping."""

    max_history_data_response_size = PAGE

    def __init__(self) -> None:
        self.values: dict[ua.NodeId, list[ua.DataValue]] = {}

    def keep(self, node: ua.NodeId, value: ua.DataValue) -> None:
        """Add a value behind those before; one that is told again, after a stop, is there already."""
        values = self.values.setdefault(node, [])
        if not values or _time(values[-1]) < _time(value):
            values.append(value)

    async def init(self) -> None:
        """Nothing has to be made."""

    async def stop(self) -> None:
        """Nothing has to be closed."""

    async def read_node_history(
        self, node_id: ua.NodeId, start: datetime | None, end: datetime | None, nb_values: int | None
    ) -> tuple[list[ua.DataValue], datetime | None]:
        """Return values between two moments, and the moment of the next where there are more."""
        values = self.values.get(node_id, [])
        first = 0 if start is None or start < EPOCH else bisect_left(values, start, key=_time)
        last = len(values) if end is None or end < EPOCH else bisect_right(values, end, key=_time)
        behind = min(first + min(nb_values or PAGE, PAGE), last)
        return values[first:behind], _time(values[behind]) if behind < last else None


def _time(value: ua.DataValue) -> datetime:
    found: datetime = value.SourceTimestamp
    return found


async def _started(address: OpcuaAddress, names: Sequence[str]) -> _Plant:
    """Return a server that listens, with a variable for each name.

    Raises
    ------
    OSError
        Nobody can listen at the address.
    """
    from asyncua import Server, ua

    server, history = Server(), _History()
    # Otherwise whoever says to be the admin might write what the world tells.
    server.iserver.allow_remote_admin = False
    # The library asks for no more of a history than these methods.
    server.iserver.history_manager.set_storage(history)
    await server.init()
    server.set_endpoint(address.url)
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    space = await server.register_namespace(SPACE)
    top = await server.nodes.objects.add_object(ua.NodeId(TOPIC, space), f"{space}:{TOPIC}")
    nodes = dict[str, ua.NodeId]()
    for name in names:
        folder = await top.add_object(ua.NodeId(f"{TOPIC}/{name}", space), ua.QualifiedName(name, space))
        node = await folder.add_variable(ua.NodeId(f"{TOPIC}/{name}/{EVENTS}", space), f"{space}:{EVENTS}", "")
        waiting = ua.DataValue(ua.Variant(None), StatusCode=ua.StatusCode(ua.StatusCodes.BadWaitingForInitialData))
        await server.write_attribute_value(node.nodeid, waiting)
        for attribute in (ua.AttributeIds.AccessLevel, ua.AttributeIds.UserAccessLevel):
            await node.set_attr_bit(attribute, ua.AccessLevel.HistoryRead)
        await node.write_attribute(ua.AttributeIds.Historizing, ua.DataValue(True))
        nodes[name] = node.nodeid
    await server.start()
    return _Plant(server, nodes, history)
