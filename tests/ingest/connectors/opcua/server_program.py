"""A server of OPC UA as a program: it makes variables, and sets them as the lines of its input say.

A line is a JSON object: ``{"set": [[ADDRESS, VALUE, MILLISECONDS, STATUS], ...]}`` sets variables and answers ``set``;
``{"count": [ADDRESS, FIRST, END, SECONDS]}`` sets numbers one after the other with so many seconds between, and answers
``counted`` at the end. Times count from the begin of 2026.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import pickle
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asyncua import Server, ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server import address_space, internal_subscription, subscription_service
from asyncua.server.history_sql import HistorySQLite
from asyncua.server.internal_server import InternalServer
from cryptography.hazmat.primitives.serialization import Encoding

START = datetime(2026, 1, 1, microsecond=1, tzinfo=UTC)
"""The history in SQLite cannot read a moment without a fraction of a second."""

SPACE = "urn:example:plant"
OVERFLOW = 0x480


def conform() -> None:
    """Have the server of the library do what the standard says where it does not.

    It keeps messages that it sends again until they are acknowledged, sends to the session that took a subscription over, and
    marks the value behind those that did not fit into a queue.
    """
    subscription, service = internal_subscription.InternalSubscription, subscription_service.SubscriptionService
    transfer = service.transfer_subscriptions

    def republish(self: Any, number: int) -> Any:
        result = self._not_acknowledged_results.get(number)
        return result.NotificationMessage if result else ua.NotificationMessage()

    async def transfer_subscriptions(self: Any, params: Any, session_id: Any, callback: Any) -> Any:
        results = await transfer(self, params, session_id, callback)
        for number in params.SubscriptionIds:
            if number in self.subscriptions:
                self.subscriptions[number].pub_request_callback = callback.__self__.get_publish_request
        return results

    async def enqueue(self: Any, mid: int, event: Any, size: int, queue: Any) -> None:
        waiting = queue.setdefault(mid, [])
        waiting.append(event)
        if size and len(waiting) > size:
            waiting.pop(0)
            value = waiting[0].Value
            marked = dataclasses.replace(value, StatusCode=ua.StatusCode(value.StatusCode.value | OVERFLOW))
            waiting[0] = ua.MonitoredItemNotification(waiting[0].ClientHandle, marked)
        if len(waiting) == 1:
            await self._trigger_publish()

    subscription.republish = republish  # type: ignore[method-assign]
    subscription._enqueue_event = enqueue  # type: ignore[method-assign]
    service.transfer_subscriptions = transfer_subscriptions  # type: ignore[method-assign]


def bound(most: int) -> None:
    """Have the server of the library refuse to answer with more values than so many."""
    service = address_space.AttributeService
    read = service.read

    def bounded(self: Any, params: Any) -> Any:
        if sum(one.AttributeId == ua.AttributeIds.Value for one in params.NodesToRead) > most:
            raise ServiceError(ua.StatusCodes.BadResponseTooLarge)
        return read(self, params)

    service.read = bounded  # type: ignore[method-assign]


def keep_nodes(path: Path) -> None:
    """Have the nodes that every server has be made once; to make them takes longer than most tests."""
    make = InternalServer.load_standard_address_space

    async def load(self: Any, shelf_file: Any = None) -> None:
        if path.exists():
            self.aspace._nodes = pickle.loads(path.read_bytes())
            return
        await make(self, shelf_file)
        made = path.with_suffix(".made")
        made.write_bytes(pickle.dumps(self.aspace._nodes, protocol=pickle.HIGHEST_PROTOCOL))
        made.rename(path)

    InternalServer.load_standard_address_space = load  # type: ignore[method-assign]


class Users:
    """Lets one user in, or everybody where none is named."""

    def __init__(self, users: dict[str, str], *, role: UserRole = UserRole.User) -> None:
        self.users, self.role = users, role

    def get_user(self, iserver: Any, username: Any = None, password: Any = None, certificate: Any = None) -> User | None:
        if not self.users or (username in self.users and self.users[username] == password):
            return User(role=self.role, name=username or "")
        return None


class Plant:
    """The variables of a server; without times they say no time of their source until they have a value."""

    def __init__(self, server: Server, space: int, *, has_times: bool = True) -> None:
        self.server, self.space, self.begin = server, space, START if has_times else None
        self.nodes: dict[str, Any] = {}

    async def make(self, address: str) -> None:
        parent, levels = self.server.nodes.objects, address.split("/")
        for depth, level in enumerate(levels[:-1], start=1):
            path = "/".join(levels[:depth])
            if path not in self.nodes:
                self.nodes[path] = await parent.add_object(ua.NodeId(path, self.space), f"{self.space}:{level}")
            parent = self.nodes[path]
        status = ua.StatusCode(ua.StatusCodes.BadWaitingForInitialData)
        now = datetime.now(UTC)
        waiting = ua.DataValue(ua.Variant(None), StatusCode=status, SourceTimestamp=self.begin, ServerTimestamp=now)
        kind = b"" if levels[-1] == "Bytes" else "" if levels[0] == "Events" else 0.0
        # The history in SQLite takes numbers only into the names of its tables.
        name = ua.NodeId(1_000 + len(self.nodes), self.space)
        node = await parent.add_variable(name, f"{self.space}:{levels[-1]}", kind)
        self.nodes[address] = node
        await self.server.write_attribute_value(node.nodeid, waiting)

    async def set(self, address: str, value: Any, at: float, status: int = 0) -> None:
        moment = START + timedelta(milliseconds=at)
        held = value.encode() if address.endswith("/Bytes") else float(value) if isinstance(value, int) else value
        found = ua.DataValue(
            ua.Variant(held), StatusCode=ua.StatusCode(status), SourceTimestamp=moment, ServerTimestamp=datetime.now(UTC)
        )
        await self.server.write_attribute_value(self.nodes[address].nodeid, found)

    async def count(self, address: str, first: int, end: int, seconds: float) -> None:
        for number in range(first, end):
            await self.set(address, number, number)
            if seconds:
                await asyncio.sleep(seconds)
            elif number % 500 == 499:
                await asyncio.sleep(0)
        print("counted", flush=True)


async def serve(wanted: dict[str, Any]) -> None:
    keep_nodes(Path(wanted["shelf"]) / "nodes")
    if wanted.get("conforms"):
        conform()
    if wanted.get("reads"):
        bound(wanted["reads"])
    users = Users(wanted.get("users", {}), role=UserRole.Admin if wanted.get("admin") else UserRole.User)
    server = Server(user_manager=users)  # type: ignore[arg-type]
    history = wanted.get("history", "")
    if history and history != "memory":
        server.iserver.history_manager.set_storage(HistorySQLite(history))
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{wanted['port']}/line")
    server.iserver.max_monitored_item_queue_size = wanted.get("queue", 10_000)
    policies = [ua.SecurityPolicyType.NoSecurity]
    if wanted.get("secure"):
        folder = Path(wanted["secure"])
        await server.set_application_uri("urn:example:server")
        await server.load_certificate(folder / "server.der")
        await server.load_private_key(folder / "server.key.pem")
        policies = [ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt, ua.SecurityPolicyType.Basic256Sha256_Sign]
        known = (folder / "twin.der").read_bytes()

        async def check(certificate: Any, description: Any) -> None:
            del description
            if certificate.public_bytes(Encoding.DER) != known:
                raise ServiceError(ua.StatusCodes.BadCertificateUntrusted)

        server.set_certificate_validator(check)
    server.set_security_policy(policies)
    server.set_identity_tokens([ua.AnonymousIdentityToken, ua.UserNameIdentityToken])
    plant = Plant(server, await server.register_namespace(SPACE), has_times=not wanted.get("timeless"))
    for address in wanted["addresses"]:
        await plant.make(address)
    remembered = wanted.get("historized", wanted["addresses"]) if history else []
    async with server:
        for address in remembered:
            node = plant.nodes[address]
            await server.historize_node_data_change(node, period=None, count=0)  # type: ignore[arg-type]
            storage = server.iserver.history_manager.storage
            values, _ = await storage.read_node_history(node.nodeid, None, None, 1)
            if values:
                await server.write_attribute_value(node.nodeid, values[0])
        print("ready", flush=True)
        await obey(plant)


async def obey(plant: Plant) -> None:
    loop, counting = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    lines = asyncio.StreamReader(limit=2**26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        asked = json.loads(line)
        if "set" in asked:
            for address, value, at, *status in asked["set"]:
                await plant.set(address, value, at, *status)
            print("set", flush=True)
        elif "count" in asked:
            counting.add(asyncio.create_task(plant.count(*asked["count"])))


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
