"""The client protocol of NATS: a connection with messages, requests and their answers; nothing of streams.

Lines of text and payloads of known length, a handful of verbs. One thread reads; whoever has something to say writes.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from queue import Empty, SimpleQueue
from secrets import token_hex
from time import monotonic
from typing import Any

import msgspec

from chaintwin.ingest.connectors.linked.standing import NotConnectedError

READ_BYTES = 2**18
"""So much is read at once."""

LINE_BYTES_MAX = 2**20
"""A longer line is none of this protocol."""

CLOSE_SECONDS = 2.0
"""How long a connection that is closed in order waits for the server to have all that was said."""

MESSAGES, ANSWERS = b"1", b"2"
"""Names of the two subscriptions: of messages, and of answers to requests."""

NO_RESPONDERS, FORBIDDEN = 503, 403
"""Status of a request that nobody is there to answer, and ours of one that the server does not allow."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that came.

    Parameters
    ----------
    subject, payload, headers : of it. reply : where an answer goes. status : 0 for a message, else the number of what is told.
    remark : what it says.
    """

    subject: str
    reply: str
    payload: bytes
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 0
    remark: str = ""


Login = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Returns what is said to be let in, given what the server says of itself."""


class Wire:
    """A connection that stands until it is closed or lost.

    Parameters
    ----------
    place : host and port. security : of TLS; None for a connection without. login : is asked once TLS stands.
    timeout : seconds for anything that is waited for. keep_alive : seconds of silence after which the server is probed.
    take : is called by the thread that reads with what comes to ``inbox``. end : is called when the connection is lost.

    Attributes
    ----------
    lost : why the connection broke, empty while it stands. server : what the server says of itself.
    heard : when something last came, by the clock of ``monotonic``.
    """

    def __init__(
        self,
        place: tuple[str, int],
        security: ssl.SSLContext | None,
        *,
        login: Login,
        timeout: float,
        keep_alive: float,
        take: Callable[[Delivery], None] = lambda _: None,
        end: Callable[[], None] = lambda: None,
    ) -> None:
        self.place, self.security, self.timeout, self.keep_alive = place, security, timeout, keep_alive
        self.inbox, self._answers = f"_INBOX.{token_hex(11)}", f"_INBOX.{token_hex(11)}"
        self.lost, self.heard = "", monotonic()
        self.server: Mapping[str, Any] = {}
        self._login, self._take, self._take_end = login, take, end
        self._buffer = bytearray()
        self._numbers = count(1)
        self._boxes: dict[str, SimpleQueue[Delivery | None]] = {}
        self._pongs = threading.Semaphore(0)
        self._writing, self._socket_lock = threading.Lock(), threading.Lock()
        self._socket: socket.socket | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._read, name=f"nats {place[0]}", daemon=True)

    def open(self) -> None:
        """Connect.

        Raises
        ------
        NotConnectedError
            That did not work.
        """
        until = monotonic() + self.timeout
        try:
            self._greet(until)
        except ssl.SSLError as fault:
            self._drop()
            is_final = isinstance(fault, ssl.SSLCertVerificationError)
            raise NotConnectedError(f"TLS: {fault.reason or fault}", is_final=is_final, fix=_TRUST) from None
        except OSError as fault:
            self._drop()
            found = f"no server ({fault.strerror or str(fault) or type(fault).__name__})"
            raise NotConnectedError(found, allowed="one that answers", fix="see that it runs, and correct the address") from None
        except NotConnectedError:
            self._drop()
            raise
        assert self._socket is not None
        self._socket.setblocking(False)
        self._thread.start()

    def send(self, content: bytes) -> None:
        """Write lines as they are.

        Raises
        ------
        NotConnectedError
            They cannot be written.
        """
        until, rest = monotonic() + self.timeout, memoryview(content)
        with self._writing:
            while rest:
                if self.lost or self._socket is None:
                    raise NotConnectedError(self.lost or "the connection is closed")
                try:
                    with self._socket_lock:
                        rest = rest[self._socket.send(rest) :]
                except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    if monotonic() > until:
                        self.fail(f"the server takes nothing for {self.timeout:g} s")
                        continue
                    _is_ready(self._socket, select.POLLOUT, seconds=0.1)
                except (OSError, ValueError) as fault:
                    self.fail(str(fault))

    def publish(self, subject: str, payload: bytes = b"", *, reply: str = "") -> None:
        """Send a message.

        Parameters
        ----------
        subject, payload : of it. reply : where the answer goes.
        """
        self.send(published(subject, payload, reply=reply))

    def request(self, subject: str, payload: bytes = b"") -> Delivery:
        """Send a message and return the answer.

        Raises
        ------
        NotConnectedError
            None comes in time.
        """
        number, box = str(next(self._numbers)), SimpleQueue[Delivery | None]()
        self._boxes[number] = box
        try:
            self.publish(subject, payload, reply=f"{self._answers}.{number}")
            answer = box.get(timeout=self.timeout)
        except Empty:
            raise NotConnectedError(f"no answer to {subject} within {self.timeout:g} s") from None
        finally:
            del self._boxes[number]
        if answer is None:
            raise NotConnectedError(self.lost or "the connection is closed")
        if answer.status == FORBIDDEN:
            raise NotConnectedError(f"the server refuses: {answer.remark}", is_final=True, fix=_ALLOW)
        return answer

    def flush(self, seconds: float) -> bool:
        """Return whether the server has all that was sent, after so many seconds at most."""
        while self._pongs.acquire(blocking=False):
            pass
        self.send(_PING)
        return self._pongs.acquire(timeout=seconds)

    def fail(self, why: str) -> None:
        """Give the connection up.

        Parameters
        ----------
        why : in words; of several reasons the first counts.
        """
        self.lost = self.lost or why
        for box in tuple(self._boxes.values()):
            box.put(None)
        self._take_end()

    def close(self) -> None:
        """End the connection: what was sent arrives before."""
        if self._is_closed:
            return
        self._is_closed = True
        if not self.lost and self._thread.is_alive():
            with suppress(NotConnectedError):
                self.flush(CLOSE_SECONDS)
        self.fail("the connection is closed")
        if self._socket is not None:
            with suppress(OSError):
                # Whoever waits for something to read is woken.
                self._socket.shutdown(socket.SHUT_RDWR)
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(CLOSE_SECONDS)
        self._drop()

    def _greet(self, until: float) -> None:
        self._socket = socket.create_connection(self.place, timeout=self.timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = self._line(until)
        if not line.startswith(b"INFO "):
            raise NotConnectedError(f"no server of NATS: it says {line[:60]!r}")
        try:
            self.server = _JSON.decode(line[5:])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise NotConnectedError(f"no server of NATS: it says {line[:60]!r}") from None
        is_wanted, is_offered = (bool(self.server.get(name)) for name in ("tls_required", "tls_available"))
        if self.security is not None:
            if not (is_wanted or is_offered):
                # Whoever was promised TLS sends neither a name nor a secret without it.
                fix = "set TLS up at the server, or write nats://"
                raise NotConnectedError("a server that offers no TLS", is_final=True, fix=fix)
            self._socket = self.security.wrap_socket(self._socket, server_hostname=self.place[0])
        elif is_wanted:
            raise NotConnectedError("a server that wants TLS", is_final=True, fix="write natss:// in place of nats://")
        said = {"verbose": False, "pedantic": False, "lang": "chaintwin", "version": "1", "protocol": 1, "headers": True,
                "no_responders": True, "echo": False, "name": "chaintwin"}  # fmt: skip
        said["tls_required"] = self.security is not None
        hello = b"CONNECT %b\r\n" % msgspec.json.encode(said | dict(self._login(self.server)))
        subscriptions = b"SUB %b.* %b\r\nSUB %b.* %b\r\n" % (self.inbox.encode(), MESSAGES, self._answers.encode(), ANSWERS)
        self._socket.sendall(hello + subscriptions + _PING)
        while (line := self._line(until)) != b"PONG":
            if line.startswith(b"-ERR"):
                why = _remark(line)
                is_final = "authorization" in why.lower()
                raise NotConnectedError(f"the server refuses: {why}", is_final=is_final, fix=_LET_IN if is_final else "")

    def _line(self, until: float) -> bytes:
        """Return the next line of a greeting."""
        assert self._socket is not None
        while (end := self._buffer.find(_END)) < 0:
            left = until - monotonic()
            if left <= 0:
                raise NotConnectedError(f"no answer within {self.timeout:g} s")
            self._socket.settimeout(left)
            try:
                more = self._socket.recv(READ_BYTES)
            except TimeoutError:
                continue
            if not more or len(self._buffer) > LINE_BYTES_MAX:
                raise NotConnectedError("the server breaks off")
            self._buffer += more
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _read(self) -> None:
        """Read until the connection breaks; the thread of it."""
        is_probed = False
        try:
            self.heard = monotonic()
            self._parse()
            while not self.lost:
                more = self._received(0.5)
                if more is None:
                    silent = monotonic() - self.heard
                    if silent > 2 * self.keep_alive:
                        self.fail(f"no sign of life for {silent:.0f} s")
                    elif silent > self.keep_alive and not is_probed:
                        is_probed = True
                        self.send(_PING)
                elif more:
                    self.heard, is_probed = monotonic(), False
                    self._buffer += more
                    self._parse()
                else:
                    self.fail("the server broke off")
        except (NotConnectedError, OSError, ValueError, LookupError) as fault:
            self.fail(str(fault) or type(fault).__name__)

    def _received(self, seconds: float) -> bytes | None:
        """Return what came, empty at the end, None where nothing came in time."""
        link = self._socket
        assert link is not None
        if not (isinstance(link, ssl.SSLSocket) and link.pending()) and not _is_ready(link, select.POLLIN, seconds=seconds):
            return None
        try:
            with self._socket_lock:
                return link.recv(READ_BYTES)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None

    def _parse(self) -> None:
        """Hand on all that is complete in the buffer."""
        buffer, place = self._buffer, 0
        while (end := buffer.find(_END, place)) >= 0:
            line = bytes(buffer[place:end])
            verb = line[:4].upper()
            if verb in (b"MSG ", b"HMSG"):
                parts = line.split()
                size, begin = int(parts[-1]), end + 2
                if len(buffer) < begin + size + 2:
                    break
                is_headed = verb == b"HMSG"
                head = int(parts[-2]) if is_headed else 0
                content = bytes(buffer[begin : begin + size])
                reply = parts[3] if len(parts) - is_headed > 4 else b""
                self._deliver(parts[2], _delivery(parts[1], reply, head=content[:head], payload=content[head:]))
                place = begin + size + 2
                continue
            place = end + 2
            if verb == b"PING":
                self.send(b"PONG\r\n")
            elif verb == b"PONG":
                self._pongs.release()
            elif verb == b"-ERR":
                self._complained(_remark(line))
            elif verb == b"INFO":
                with suppress(msgspec.DecodeError, UnicodeDecodeError):
                    self.server = _JSON.decode(line[5:])
            elif verb.rstrip() != b"+OK":
                raise ValueError(f"the server says {line[:40]!r}, which is nothing of NATS")
        del buffer[:place]
        if buffer.find(_END) < 0 and len(buffer) > LINE_BYTES_MAX:
            raise ValueError(f"the server says a line of more than {LINE_BYTES_MAX:,} bytes")

    def _deliver(self, subscription: bytes, delivery: Delivery) -> None:
        if subscription == MESSAGES:
            self._take(delivery)
        else:
            box = self._boxes.get(delivery.subject.rpartition(".")[2])
            if box is not None:
                box.put(delivery)

    def _complained(self, why: str) -> None:
        waiting = tuple(self._boxes.values())
        if waiting and "permissions violation" in why.lower():
            # The connection stands; what was asked for gets no other answer.
            for box in waiting:
                box.put(Delivery("", "", b"", status=FORBIDDEN, remark=why))
        else:
            self.fail(f"the server refuses: {why}")

    def _drop(self) -> None:
        link, self._socket = self._socket, None
        if link is not None:
            with suppress(OSError):
                link.close()


def published(subject: str, payload: bytes = b"", *, reply: str = "") -> bytes:
    """Return a message as it is written.

    Parameters
    ----------
    subject, payload : of it. reply : where the answer goes.
    """
    return b"PUB %b %b %d\r\n%b\r\n" % (subject.encode(), reply.encode(), len(payload), payload)


def _is_ready(link: socket.socket, event: int, *, seconds: float) -> bool:
    """Wait until a connection can be read or written; of any number, which ``select`` does not know."""
    poll = select.poll()
    poll.register(link, event)
    return bool(poll.poll(seconds * 1_000))


def _delivery(subject: bytes, reply: bytes, *, head: bytes, payload: bytes) -> Delivery:
    """Return what came; what is no UTF-8 of names and headers has signs in its place that say so."""
    names = subject.decode("utf-8", "replace"), reply.decode("utf-8", "replace")
    if not head:
        return Delivery(*names, payload)
    first, *lines = head.decode("utf-8", "replace").split("\r\n")
    _, _, told = first.partition(" ")
    number, _, remark = told.strip().partition(" ")
    pairs = (line.partition(":") for line in lines if line)
    headers = tuple((name.strip(), value.strip()) for name, _, value in pairs)
    return Delivery(*names, payload, headers, int(number) if number.isdecimal() else 0, remark)


def _remark(line: bytes) -> str:
    return line[4:].decode("utf-8", "replace").strip().strip("'")[:200]


_LET_IN = "name what lets one in: token-file, username and password-file, or creds-file"
_TRUST = "name the certificates that its own is checked with: ca-file, and see that its name is that of the address"
_ALLOW = "let this user publish to $JS.API.> and $JS.ACK.>, and subscribe to _INBOX.>"
_END, _PING = b"\r\n", b"PING\r\n"
_JSON = msgspec.json.Decoder(dict[str, Any])
