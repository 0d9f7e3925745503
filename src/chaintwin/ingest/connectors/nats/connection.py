"""One connection to a stream: messages come as they are asked for, in order, and are acknowledged when they are durable."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

import msgspec

from chaintwin.ingest.connectors.linked.standing import NotConnectedError
from chaintwin.ingest.connectors.nats.addresses import ALL, NatsAddress
from chaintwin.ingest.connectors.nats.settings import Settings, security_of
from chaintwin.ingest.connectors.nats.streams import (
    API,
    NANOSECONDS,
    Retention,
    Stream,
    counts_of,
    make_consumer,
    remove_consumer,
    stream_named,
)
from chaintwin.ingest.connectors.nats.wire import CLOSE_SECONDS, Delivery, Wire, published

LINGER, PATIENCE = 0.02, 1.0
"""Seconds that are waited for more messages of a batch: where the stream has no more, and where it has."""

ASKED_SECONDS, HEARTBEAT_SECONDS = 30.0, 5.0
"""How long the server waits for messages that are asked for, and how often it says meanwhile that it does."""

SILENT_SECONDS = 3 * HEARTBEAT_SECONDS
"""A consumer from which nothing is heard for so long is gone."""

STILL_SECONDS = 0.2
"""A connection over which nothing came for so long has nothing on its way."""

ACK_SECONDS = 60
"""After so long the server sends again what was not acknowledged."""

WAITING_BYTES = 64 * 2**20
"""So much waits here; more is not asked for."""

LEFT_BEHIND_SECONDS = 300
"""After so long the server removes a consumer that nobody uses and that keeps nothing."""

HEADERS_BYTES = 2**16

MADE, LOOKING = ("-a", "-b"), ("-look-a", "-look-b")
"""Ends of the names of a consumer and its successor: of one that takes messages, and of one that looks at them."""

VERSION_LEAST = (2, 9)
"""Servers before it do not say that they still wait."""

_MARK = "$JS.ACK."
_GOES_ON = ("no messages", "request timeout", "message size exceeds maxbytes", "batch completed")


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a stream.

    Parameters
    ----------
    address : its subject with slashes for points. payload : of it. time : when the stream took it, microseconds.
    sequence : in the stream. number : of this delivery. pending : how many more the stream had for us then.
    reply : where it is acknowledged. properties : headers of its sender.
    dropped : how many messages, of any subject, the stream dropped before this one that nobody looked at for us; where a filter
        hides what is missing.
    """

    address: str
    payload: bytes
    time: int
    sequence: int
    number: int
    pending: int
    reply: str
    properties: tuple[tuple[str, str], ...] = ()
    dropped: int = 0


class Connection:
    """A connection that stands until it is closed or lost.

    Parameters
    ----------
    address, settings : of the source. client : begin of the names of its consumers.
    """

    def __init__(self, address: NatsAddress, settings: Settings, *, client: str) -> None:
        self.address, self.settings, self.client = address, settings, client
        self.pending = 0
        self._stream: Stream | None = None
        self._consumer = ""
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._number, self._left, self._bytes = 0, 0, 0
        self._received, self._dropped, self._is_fulfilled = 0, 0, False
        self._wire = Wire(
            (address.host, address.port),
            security_of(settings) if address.is_secure else None,
            login=self._login,
            timeout=settings.timeout,
            keep_alive=settings.keep_alive,
            take=self._take,
            end=lambda: self._messages.put(None),
        )

    @property
    def _is_filtered(self) -> bool:
        return self._stream is not None and not self._stream.is_whole(self.address.filter)

    @property
    def lost(self) -> str:
        """Why the connection broke; empty while it stands."""
        return self._wire.lost

    def open(self) -> Stream:
        """Connect, and return the stream as it is.

        Raises
        ------
        NotConnectedError
            That did not work.
        """
        self._wire.open()
        version = str(self._wire.server.get("version", ""))
        try:
            if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < VERSION_LEAST:
                raise NotConnectedError(f"a server of version {version}", is_final=True, allowed="2.9 or later")
            self._stream = stream_named(self._wire, self.address.stream)
        except NotConnectedError:
            self._wire.close()
            raise
        return self._stream

    def consume(self, start: int) -> None:
        """Begin to take messages.

        A new consumer is made each time, for one that was used before would send what was on its way after what is new. It is
        there before the last one goes, so that a stream which keeps messages for its consumers keeps them all.

        Parameters
        ----------
        start : sequence of the first message that is wanted.

        Raises
        ------
        NotConnectedError
            That did not work.
        """
        assert self._stream is not None
        wire, stream, settings = self._wire, self._stream, self.settings
        is_queue = stream.retention is Retention.WORK_QUEUE
        if is_queue and not settings.acknowledges:
            raise NotConnectedError("a work queue, of which nothing can be seen without taking it", is_final=True)
        if is_queue and not settings.takes_all:
            # What is left out would be acknowledged, and be gone.
            raise NotConnectedError("start = new for a work queue", is_final=True, allowed="all")
        names = [self.client + end for end in (MADE if settings.acknowledges else LOOKING)]
        used = [name for name in names if counts_of(wire, stream.name, name=name) is not None]
        while used and (is_queue or len(used) == len(names)):
            # A work queue has one consumer for a subject, and what it keeps does not hang on that.
            remove_consumer(wire, stream.name, name=used.pop(0))
        self._consumer = next(name for name in names if name not in used)
        self.pending = make_consumer(wire, stream.name, name=self._consumer, config=self._config(start))
        for name in used:
            remove_consumer(wire, stream.name, name=name)
        self._received = start - 1
        self._ask()

    def gather(self, wait: float) -> list[Message]:
        """Return messages in the order of the stream, as many as become durable together; none where none comes in time.

        Parameters
        ----------
        wait : seconds that a first message is waited for.
        """
        since = monotonic()
        found, size, until = list[Message](), 0, since + wait
        try:
            while len(found) < self.settings.batch and size < WAITING_BYTES:
                if self._messages.empty():
                    self._ask()
                left = until - monotonic()
                message = self._messages.get(timeout=left) if left > 0 else self._messages.get_nowait()
                if message is None:
                    break
                now = monotonic()
                since = since if found else now
                # Not longer than that in all: a stream that has more may be slow in saying so, or wrong.
                until = since + PATIENCE if message.pending else min(until, now + LINGER) if found else now + LINGER
                self.pending = message.pending
                size += len(message.payload)
                found.append(message)
        except Empty:
            pass
        if not found and not self.lost and monotonic() - self._wire.heard > SILENT_SECONDS:
            self.fail("the consumer gives no sign of life")
        with self._lock:
            self._bytes -= size
        self._ask()
        return found

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the server that messages are durable; does nothing where the connection broke."""
        if self.settings.acknowledges and messages and not self.lost:
            try:
                self._wire.send(b"".join([published(message.reply, b"+ACK") for message in messages]))
            except NotConnectedError as fault:
                self.fail(str(fault))

    def examined(self, number: int) -> int:
        """Return the sequence until which the stream has nothing more for us; 0 where it has, or where something is on its way.

        Parameters
        ----------
        number : of the last delivery that was taken.

        Raises
        ------
        NotConnectedError
            The server does not answer.
        """
        assert self._stream is not None
        if monotonic() - self._wire.heard < STILL_SECONDS:
            # A large message comes over a slow link, and an answer would come behind it.
            return 0
        last = stream_named(self._wire, self._stream.name).last
        return last if counts_of(self._wire, self._stream.name, name=self._consumer) == (number, 0) else 0

    def fail(self, why: str) -> None:
        """Give the connection up."""
        self._wire.fail(why)

    def close(self) -> None:
        """End the connection: what was acknowledged arrives before, and no consumer stays that keeps nothing."""
        stream, self._wire.timeout = self._stream, min(self._wire.timeout, CLOSE_SECONDS)
        if self._consumer and stream is not None and not self.lost:
            is_kept = stream.retention is Retention.INTEREST and self.settings.acknowledges
            try:
                if not is_kept:
                    remove_consumer(self._wire, stream.name, name=self._consumer)
            except NotConnectedError:
                # It goes by itself, as that of a process that is killed does.
                pass
        self._wire.close()

    def _login(self, server: Mapping[str, Any]) -> Mapping[str, Any]:
        settings = self.settings
        if settings.credentials is not None:
            return settings.credentials.answer(str(server.get("nonce", "")))
        if settings.username:
            return {"user": settings.username, "pass": settings.password}
        return {"auth_token": settings.token} if settings.token else {}

    def _config(self, start: int) -> dict[str, Any]:
        assert self._stream is not None
        settings, retention = self.settings, self._stream.retention
        config: dict[str, Any] = {"description": "chaintwin"}
        if self.address.filter != ALL:
            config["filter_subject"] = self.address.filter
        if retention is Retention.WORK_QUEUE:
            config["deliver_policy"] = "all"
        else:
            config |= {"deliver_policy": "by_start_sequence", "opt_start_seq": start}
        if not settings.acknowledges:
            return config | {"ack_policy": "none", "inactive_threshold": LEFT_BEHIND_SECONDS * NANOSECONDS}
        kept = settings.keep_seconds if retention is Retention.INTEREST else LEFT_BEHIND_SECONDS
        return config | {
            "ack_policy": "explicit",
            "ack_wait": ACK_SECONDS * NANOSECONDS,
            "max_ack_pending": settings.receive_maximum,
            "inactive_threshold": kept * NANOSECONDS,
        }

    def _ask(self) -> None:
        """Ask for more, where there is room for it and nothing is asked for yet.

        It is called by the thread that reads, too, but not where a filter is set: then it waits for an answer first.
        """
        with self._lock:
            room = self.settings.receive_maximum - self._messages.qsize()
            count = min(self.settings.batch, room)
            if self._left or self.lost or count < 1 or self._bytes > WAITING_BYTES:
                return
        dropped = self._unseen()
        with self._lock:
            self._dropped += dropped
            self._number, self._left = self._number + 1, count
            most = max(WAITING_BYTES // 2, int(self._wire.server.get("max_payload", 0)) + HEADERS_BYTES)
            asked = {
                "batch": count,
                "max_bytes": most,
                "expires": int(ASKED_SECONDS * NANOSECONDS),
                "idle_heartbeat": int(HEARTBEAT_SECONDS * NANOSECONDS),
            }
            subject = f"{API}.CONSUMER.MSG.NEXT.{self.address.stream}.{self._consumer}"
            reply = f"{self._wire.inbox}.{self._number}"
            self._is_fulfilled = False
        try:
            self._wire.publish(subject, msgspec.json.encode(asked), reply=reply)
        except NotConnectedError as fault:
            self.fail(str(fault))

    def _unseen(self) -> int:
        """Return how many messages the stream has dropped behind the last one that came, where a filter hides that.

        Between two requests the server does not look at the stream for us. What goes then can only be told by looking first.
        """
        if not self._is_filtered or not self._is_fulfilled:
            return 0
        try:
            return max(stream_named(self._wire, self.address.stream).first - 1 - self._received, 0)
        except NotConnectedError as fault:
            self.fail(str(fault))
            return 0

    def _take(self, delivery: Delivery) -> None:
        """Take what comes; called by the thread that reads."""
        if not delivery.status and delivery.reply.startswith(_MARK):
            with self._lock:
                message = _message(delivery, self._dropped)
                self._left, self._dropped = self._left - 1, 0
                self._bytes += len(message.payload)
                self._received = max(self._received, message.sequence)
                is_done = self._is_fulfilled = self._left <= 0
            self._messages.put(message)
            if is_done and not self._is_filtered:
                self._ask()
        elif delivery.status >= 400 and delivery.subject == f"{self._wire.inbox}.{self._number}":
            if delivery.status == 409 and delivery.remark.lower() not in _GOES_ON:
                self.fail(f"the server ends the consumer: {delivery.remark}")
                return
            with self._lock:
                self._left = 0
            if not self._is_filtered:
                self._ask()
        elif delivery.status == 503:
            self.fail("the consumer is gone")


def _message(delivery: Delivery, dropped: int) -> Message:
    """Return a message with what the subject of its acknowledgement says of it."""
    parts = delivery.reply.split(".")
    # Newer servers put a domain and an account before the name of the stream.
    at = 2 if len(parts) < 11 else 4
    _, _, _, sequence, number, time, pending = parts[at : at + 7]
    return Message(
        delivery.subject.replace(".", "/"),
        delivery.payload,
        int(time) // 1_000,
        int(sequence),
        int(number),
        int(pending),
        delivery.reply,
        delivery.headers,
        dropped,
    )
