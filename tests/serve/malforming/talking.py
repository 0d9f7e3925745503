"""A client that sends very many requests on a few connections, several at a time, and notes what comes back."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from tests.serve.malforming.requests import Sent

CONNECTIONS = 4
AHEAD = 3
"""Requests that are sent on one connection before the first of them is answered, at most."""

LIMIT = 30.0
"""Seconds after which an answer is given up, far beyond what is allowed."""


@dataclass
class Found:
    """What came back.

    Attributes
    ----------
    statuses : how often each status came for each kind of request; 0 for none. slowest : (seconds, number, request).
    unanswered : whole requests whose connection was closed. failed : answers of 500 and above, and answers without a form.
    """

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    slowest: list[tuple[float, int, Sent]] = field(default_factory=list)
    unanswered: list[tuple[str, bytes]] = field(default_factory=list)
    failed: list[tuple[int, str, bytes, bytes]] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many requests were sent."""
        return self.statuses.total()

    def by_status(self) -> dict[int, int]:
        """Return how often each status came."""
        found: Counter[int] = Counter()
        for (_, status), count in self.statuses.items():
            found[status] += count
        return dict(sorted(found.items()))

    def note(self, sent: Sent, *, status: int, seconds: float, head: bytes, body: bytes) -> None:
        """Note an answer, 0 for none."""
        self.statuses[sent.kind, status] += 1
        heapq.heappush(self.slowest, (seconds, self.count, sent))
        if len(self.slowest) > KEPT:
            heapq.heappop(self.slowest)
        has_form = b"application/problem+json" in head or b"application/problem+xml" in head
        is_formed = status < 400 or has_form or (status in NOT_HTTP and sent.is_alone)
        if (status >= 500 or not is_formed) and len(self.failed) < KEPT:
            self.failed.append((status, sent.kind, sent.content[:4_000], body[:400]))


KEPT = 20
"""Examples that are kept of each kind of failure."""

NOT_HTTP = (400, 426)
"""What is no HTTP at all, or no handshake, is refused before any route sees it."""


def talk(places: list[tuple[str, int]], requests: Iterator[Sent], *, found: Found) -> None:
    """Send all requests, to each place in turn; a connection that is closed is opened again."""
    import uvloop

    async def all_connections() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(CONNECTIONS * len(places)):
                group.create_task(_connection(places[number % len(places)], requests, found=found, chance=Random(number)))

    uvloop.run(all_connections())


def slow_by_themselves(places: list[tuple[str, int]], found: Found, *, seconds: float) -> list[tuple[float, str, bytes]]:
    """Return what took too long and does so again where nothing else is sent: the best of some tries, kind and first bytes.

    A machine that does other work beside makes any answer late once; what is slow to answer is slow each time.
    """
    slow = []
    for _, _, sent in filter(lambda one: one[0] >= seconds, found.slowest):
        for place in places:
            best = min(_alone_again(place, sent) for _ in range(TRIES))
            if best >= seconds:
                slow.append((best, sent.kind, sent.content[:400]))
    return slow


TRIES = 3


def _alone_again(place: tuple[str, int], sent: Sent) -> float:
    again = Found()
    talk([place], iter([sent]), found=again)
    return again.slowest[0][0]


class _Closed(Exception):  # noqa: N818
    """The other end closed the connection."""


async def _connection(place: tuple[str, int], requests: Iterator[Sent], *, found: Found, chance: Random) -> None:
    reader, writer = await asyncio.open_connection(*place, limit=1 << 24)
    waiting: list[Sent] = []
    while True:
        while len(waiting) < 1 + chance.randrange(AHEAD):
            if (sent := next(requests, None)) is None:
                break
            if sent.is_alone:
                await _alone(place, sent, found)
            else:
                waiting.append(sent)
        if not waiting:
            break
        try:
            await _together(reader, writer, waiting, found)
        except (_Closed, ConnectionError):
            writer.close()
            reader, writer = await asyncio.open_connection(*place, limit=1 << 24)
    writer.close()


async def _together(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, waiting: list[Sent], found: Found) -> None:
    """Send requests and take their answers; each that is answered is taken out of the list."""
    writer.write(b"".join([sent.content for sent in waiting]))
    began = monotonic()
    while waiting:
        sent = waiting[0]
        try:
            async with asyncio.timeout(LIMIT):
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            del waiting[0]
            found.note(sent, status=0, seconds=monotonic() - began, head=b"", body=b"")
            if len(found.unanswered) < KEPT:
                found.unanswered.append((sent.kind, sent.content[:4_000]))
            raise _Closed from None
        now = monotonic()
        found.note(waiting.pop(0), status=int(head[9:12]), seconds=now - began, head=head, body=body)
        # The next one may have been begun no earlier than this one was answered.
        began = now
        if b"connection: close" in head.lower():
            raise _Closed


async def _alone(place: tuple[str, int], sent: Sent, found: Found) -> None:
    """Send what breaks a connection on one of its own; there may be no answer to it."""
    began = monotonic()
    head = b""
    reader, writer = await asyncio.open_connection(*place)
    try:
        writer.write(sent.content)
        if sent.patience:
            try:
                async with asyncio.timeout(sent.patience):
                    head = await reader.read(65_536)
            except TimeoutError:
                began = monotonic()
        if writer.can_write_eof():
            writer.write_eof()
        async with asyncio.timeout(LIMIT):
            while more := await reader.read(65_536):
                head = head or more
    except ConnectionError:
        pass
    except TimeoutError:
        found.failed.append((0, sent.kind, sent.content[:4_000], b"the connection stays open"))
    finally:
        writer.close()
    status = int(head[9:12]) if head.startswith(b"HTTP/1.1 ") else 0
    found.note(sent, status=status, seconds=monotonic() - began, head=head, body=head)


def _length(head: bytes) -> int:
    at = head.find(b"content-length: ")
    if at < 0 or head.startswith(b"HTTP/1.1 204"):
        return 0
    return int(head[at + 16 : head.index(b"\r", at)])
