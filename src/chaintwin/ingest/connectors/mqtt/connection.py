"""One connection to a broker: what it sends waits in order, and nothing is acknowledged before it is said to be durable."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.linked.standing import NotConnectedError
from chaintwin.ingest.connectors.mqtt.addresses import MqttAddress
from chaintwin.ingest.connectors.mqtt.settings import Settings

if TYPE_CHECKING:
    from paho.mqtt.client import Client

WAITING_MAX, WAITING_BYTES = 10_000, 64 * 2**20
"""Messages that wait here, and bytes of them; more are left on their way, whatever the broker thinks it may send."""

NOBODY = "chaintwin/nobody"
"""A filter of topics that nobody subscribes to. Its end can be asked for at any time, and the answer comes behind all that was
sent before: so it is known that the broker has the acknowledgements."""

LINGER = 0.02
"""Seconds that are waited for more messages of a batch."""

QUALITY_OF_SERVICE = 1
"""Messages are acknowledged one by one; a second one of the same is told from it by what it says."""


FINAL = frozenset(
    {
        "Bad user name or password",
        "Not authorized",
        "Client identifier not valid",
        "Banned",
        "Bad authentication method",
        "Unsupported protocol version",
        "Malformed packet",
    }
)
"""Answers after which it is no use to come again."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message.

    Parameters
    ----------
    topic, payload : of it. id : its number on its way, 0 where it is not to be acknowledged.
    is_again : whether the broker sent it before. is_retained : whether the broker keeps it for newcomers.
    properties : of its sender.
    """

    topic: str
    payload: bytes
    id: int = 0
    is_again: bool = False
    is_retained: bool = False
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Farewell:
    """A message that the broker sends for us where our connection breaks.

    Parameters
    ----------
    topic, payload : of it. It is kept for newcomers.
    """

    topic: str
    payload: bytes


def client_of(
    address: MqttAddress, settings: Settings, *, name: str, acknowledges_itself: bool = True, reconnects: bool = True
) -> Client:
    """Return a client of the library that may connect to a broker, with its user and, where the address is secure, with TLS.

    Parameters
    ----------
    address, settings : of the broker. name : of the session; empty for one that the broker makes up.
    acknowledges_itself : whether the library acknowledges a message when it has it.
    reconnects : whether the library connects again by itself.

    Raises
    ------
    UsageError
        A file of TLS cannot be used.
    """
    from paho.mqtt.client import Client, MQTTv5
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=name,
        protocol=MQTTv5,
        manual_ack=not acknowledges_itself,
        reconnect_on_failure=reconnects,
    )
    client.connect_timeout = settings.timeout
    if settings.username:
        client.username_pw_set(settings.username, settings.password or None)
    if address.is_secure:
        try:
            client.tls_set(settings.ca_file or None, settings.cert_file or None, settings.key_file or None)
        except (OSError, ValueError) as fault:
            raise UsageError(f"TLS: found files that cannot be used ({fault}); allowed: certificates and a key in PEM") from None
    return client


class Connection:
    """A connection that stands until it is closed or lost.

    Parameters
    ----------
    address : broker and topics. settings : of it. client_id : of the session.
    filters : of topics that are subscribed to. farewell : what is sent for us where the connection breaks.

    Attributes
    ----------
    is_session_kept : whether the broker still had the session. lost : why the connection broke, empty while it stands.
    confirmed : number of the last acknowledgement that the broker is known to have.
    unconfirmed : filters whose messages the broker sends without waiting for an acknowledgement.
    """

    def __init__(
        self,
        address: MqttAddress,
        settings: Settings,
        *,
        client_id: str,
        filters: Sequence[str],
        farewell: Farewell | None = None,
    ) -> None:
        self.address, self.settings, self.filters = address, settings, filters
        self.is_session_kept, self.lost, self.confirmed = False, "", 0
        self.unconfirmed: tuple[str, ...] = ()
        self._asked: dict[int, int] = {}
        self._progress = threading.Event()
        self._is_awaited = False
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        self._lock, self._bytes = threading.Lock(), 0
        self._ready = threading.Event()
        self._refused: NotConnectedError | None = None
        self._is_closed = False
        self._client = self._made(client_id, farewell)

    def open(self) -> None:
        """Connect and subscribe.

        Raises
        ------
        NotConnectedError
            That did not work.
        """
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        settings, client = self.settings, self._client
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = settings.session_seconds if settings.acknowledges else 0
        properties.ReceiveMaximum = settings.receive_maximum
        properties.MaximumPacketSize = settings.message_bytes + 2**16
        try:
            client.connect(
                self.address.host,
                self.address.port,
                keepalive=settings.keep_alive,
                clean_start=not settings.acknowledges,
                properties=properties,
            )
        except ssl.SSLError as fault:
            raise NotConnectedError(
                f"TLS: {fault.reason or fault}", is_final=isinstance(fault, ssl.SSLCertVerificationError)
            ) from None
        except (OSError, ValueError) as fault:
            raise NotConnectedError(f"{type(fault).__name__} {fault}".strip()) from None
        client.loop_start()
        if not self._ready.wait(settings.timeout):
            self.close()
            raise NotConnectedError(f"no answer within {settings.timeout:g} s")
        if self._refused is not None or self.lost:
            self.close()
            raise self._refused or NotConnectedError(self.lost)

    def gather(self, wait: float) -> list[Message]:
        """Return messages in the order in which they came, as many as become durable together; none where none comes in time.

        Parameters
        ----------
        wait : seconds that a first message is waited for.
        """
        most, found, size = self.settings.batch, list[Message](), 0
        until = monotonic() + wait
        try:
            while len(found) < most and size < WAITING_BYTES:
                left = until - monotonic()
                message = self._messages.get(timeout=left) if left > 0 else self._messages.get_nowait()
                if message is None:
                    break
                if not found:
                    until = monotonic() + LINGER
                found.append(message)
                size += len(message.payload)
        except Empty:
            pass
        with self._lock:
            self._bytes -= size
        return found

    def acknowledge(self, messages: Sequence[Message], *, number: int = 0) -> None:
        """Tell the broker that messages are durable; does nothing where the connection broke.

        Parameters
        ----------
        messages : in the order in which they came. number : what ``confirmed`` becomes once the broker has it; 0 for nothing.
        """
        if self.lost or not self.settings.acknowledges:
            return
        for message in messages:
            if message.id:
                self._client.ack(message.id, QUALITY_OF_SERVICE)
        if number:
            _, asked = self._client.unsubscribe(NOBODY)
            if asked is not None:
                self._asked[asked] = number

    def await_confirmation(self, wait: float) -> None:
        """Wait until the broker is known to have more acknowledgements, or so many seconds."""
        self._is_awaited = True
        self._progress.wait(wait)
        self._progress.clear()
        self._is_awaited = False

    def publish(self, topic: str, payload: bytes, *, is_kept: bool = False) -> None:
        """Send a message; one that is kept for newcomers is sent until the broker has it.

        Parameters
        ----------
        topic, payload : of it. is_kept : whether the broker keeps it.
        """
        if not self.lost:
            self._client.publish(topic, payload, qos=QUALITY_OF_SERVICE if is_kept else 0, retain=is_kept)

    def close(self) -> None:
        """End the connection in order: what was acknowledged is sent before; a farewell is not."""
        if self._is_closed:
            return
        self._is_closed = True
        self._client.disconnect()
        self._client.loop_stop()

    def _made(self, client_id: str, farewell: Farewell | None) -> Client:
        client = client_of(self.address, self.settings, name=client_id, acknowledges_itself=False, reconnects=False)
        if farewell is not None:
            client.will_set(farewell.topic, farewell.payload, qos=QUALITY_OF_SERVICE, retain=True)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe, client.on_message = self._on_subscribe, self._on_message
        client.on_unsubscribe = self._on_unsubscribe
        return client

    def _on_connect(self, client: Client, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        del data, properties
        if reason.is_failure:
            self._refuse(f"the broker refuses: {reason}", is_final=reason.getName() in FINAL)
            return
        self.is_session_kept = bool(flags.session_present)
        self._subscribe(client)

    def _subscribe(self, client: Client) -> None:
        from paho.mqtt.subscribeoptions import SubscribeOptions

        handling = (
            SubscribeOptions.RETAIN_SEND_IF_NEW_SUB if self.settings.takes_retained else SubscribeOptions.RETAIN_DO_NOT_SEND
        )
        # With ``retainAsPublished`` a value says that the broker keeps it also where it comes to a subscription that stands.
        options = SubscribeOptions(qos=QUALITY_OF_SERVICE, retainAsPublished=True, retainHandling=handling)
        client.subscribe([(wanted, options) for wanted in self.filters])

    def _on_subscribe(self, client: Client, data: Any, mid: int, reasons: Any, properties: Any) -> None:
        del client, data, mid, properties
        failed = [f"{wanted}: {reason}" for wanted, reason in zip(self.filters, reasons, strict=False) if reason.is_failure]
        if failed:
            self._refuse(f"the broker refuses the subscription to {', '.join(failed)}", is_final=True)
        self.unconfirmed = tuple(wanted for wanted, reason in zip(self.filters, reasons, strict=False) if reason.value == 0)
        self._ready.set()

    def _on_unsubscribe(self, client: Client, data: Any, mid: int, reasons: Any, properties: Any) -> None:
        del client, data, reasons, properties
        self.confirmed = max(self.confirmed, self._asked.pop(mid, 0))
        self._progress.set()

    def _on_disconnect(self, client: Client, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        del client, data, flags, properties
        self.lost = f"the connection broke: {reason}"
        self._ready.set()
        self._progress.set()
        self._messages.put(None)

    def _on_message(self, client: Client, data: Any, message: Any) -> None:
        del client, data
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "(a topic that is no UTF-8)"
        user = getattr(message.properties, "UserProperty", None) if message.properties is not None else None
        with self._lock:
            self._bytes += len(message.payload)
        self._messages.put(
            Message(topic, message.payload, message.mid if message.qos else 0, message.dup, message.retain, tuple(user or ()))
        )
        while self._is_full() and not (self._is_closed or self._is_awaited):
            # Not to read on is how a sender learns to wait that does not wait for acknowledgements.
            sleep(0.01)

    def _is_full(self) -> bool:
        return self._messages.qsize() > WAITING_MAX or self._bytes > WAITING_BYTES

    def _refuse(self, why: str, *, is_final: bool) -> None:
        self._refused = NotConnectedError(why, is_final=is_final)
        self._ready.set()
