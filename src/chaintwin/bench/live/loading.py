"""A client that loads a server: documents made before, sent over a few connections, each answer timed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from chaintwin.errors import ChaintwinError


class LoadError(ChaintwinError):
    """Raised when a server answered with anything but the acknowledgement that was waited for."""

    code = "load"


@dataclass(frozen=True, slots=True)
class Load:
    """What a load showed.

    Parameters
    ----------
    seconds : from the first request to the last answer. waits : seconds from each request to its answer.
    """

    seconds: float
    waits: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """Return the wait that so large a share of the answers did not exceed, seconds."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(share * len(self.waits)))]


def requests_of(count: int, *, batch: int, url: str, token: str, first: int = 0) -> list[bytes]:
    """Return requests that capture so many events, all different.

    Parameters
    ----------
    batch : events in one document. first : number of the first event; events of one number are equal.
    """
    host = urlsplit(url).netloc
    found = []
    for begin in range(first, first + count, batch):
        body = json.dumps(_document([_event(number) for number in range(begin, min(begin + batch, first + count))])).encode()
        head = (
            f"POST /epcis/capture HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        found.append(head.encode() + body)
    return found


def send(requests: Sequence[bytes], *, url: str, connections: int, every: float = 0.0) -> Load:
    """Send requests and return how long each waited for its acknowledgement.

    Parameters
    ----------
    connections : how many are open. every : seconds from one request to the next; 0 sends the next when an answer came.

    Raises
    ------
    LoadError
        A request was not acknowledged.
    """
    return asyncio.run(_send(list(requests), url=url, connections=connections, every=every))


async def _send(requests: list[bytes], *, url: str, connections: int, every: float) -> Load:
    target = urlsplit(url)
    waits: list[float] = []
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(await asyncio.open_connection(target.hostname, target.port))
    began = time.perf_counter()

    async def one(request: bytes, *, due: float) -> None:
        connection = await free.get()
        since = due if every else time.perf_counter()
        await _ask(*connection, request=request)
        waits.append(time.perf_counter() - since)
        free.put_nowait(connection)

    async def all_at_their_time() -> None:
        async with asyncio.TaskGroup() as group:
            for number, request in enumerate(requests):
                due = began + number * every
                if every:
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(one(request, due=due))

    await all_at_their_time()
    seconds = time.perf_counter() - began
    while not free.empty():
        _, writer = free.get_nowait()
        writer.close()
    return Load(seconds, tuple(waits))


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, request: bytes) -> None:
    writer.write(request)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 202"):
        raise LoadError(f"the server answered {head[:40]!r} {body[:200]!r}; allowed: 202")


def _document(events: list[dict[str, object]]) -> dict[str, object]:
    return {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-01T00:00:00Z",
        "epcisBody": {"eventList": events},
    }


def _event(number: int) -> dict[str, object]:
    clock = f"{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.{number % 1000:03d}"
    return {
        "type": "ObjectEvent",
        "eventTime": f"2026-01-{1 + number // 86400 % 28:02d}T{clock}Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "epcList": [f"urn:epc:id:sgtin:0614141.107346.{number}"],
        "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200 + number % 7, "uom": "KGM"}],
        "readPoint": {"id": "urn:epc:id:sgln:0614141.00777.0"},
        "bizTransactionList": [{"type": "po", "bizTransaction": f"urn:epcglobal:cbv:bt:0614141073467:{number // 10}"}],
    }
