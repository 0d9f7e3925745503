"""A world told over MQTT 5: an event a message, on a topic for each site, with QoS 1, kept while the broker is away."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Item
from chaintwin.ingest.connectors.mqtt.addresses import MqttAddress, mqtt_address
from chaintwin.ingest.connectors.mqtt.connection import FINAL, client_of
from chaintwin.ingest.connectors.mqtt.settings import CONNECTION, settings_of
from chaintwin.ingest.history.playing import Mark, Sent, Target
from chaintwin.ingest.history.targets import TargetFailedError
from chaintwin.world.targets.kept import KeptMark
from chaintwin.world.targets.naming import TOPIC, topic_of

if TYPE_CHECKING:
    from paho.mqtt.client import Client

OPTIONS = ("username", "password-file", "ca-file", "cert-file", "key-file", "client-id", "keep-alive", "timeout", "tries")
"""Options of a connection that a sender has too; they mean what they mean to the connector."""

TICK = 0.25

TELL_AFTER = 2.0
"""Seconds without an acknowledgement after which a person is told that the broker is waited for."""


class BrokerTarget(Target):
    """Publishes events and returns when the broker has acknowledged all of them, however long it is away.

    Parameters
    ----------
    address : broker and first levels of the topics. options : by name, of ``OPTIONS``. kept : how far it came.
    sleep : waits. note : takes remarks.

    Raises
    ------
    UsageError
        An option means nothing, or the address names a pattern of topics.
    """

    def __init__(
        self,
        address: str,
        kept: KeptMark,
        *,
        options: Mapping[str, str],
        sleep: Callable[[float], None],
        note: Callable[[str], None],
    ) -> None:
        unknown = sorted(set(options) - set(OPTIONS))
        if unknown:
            raise UsageError(f"--option: found {', '.join(unknown)}; allowed with mqtt: {', '.join(OPTIONS)}")
        self.settings = settings_of({option.name: option.default for option in CONNECTION} | dict(options))
        self.address = world_address(address)
        self.kept, self.sleep, self.note = kept, sleep, note
        self._acknowledged: set[int] = set()
        self._refused: list[str] = []
        self._changed = threading.Condition()
        self._client: Client | None = None

    def send(self, items: Sequence[Item]) -> Sent:
        client = self._client or self._connected()
        # No lock is held here: the library calls back under one of its own, which it also takes to publish.
        sent = {client.publish(topic_of(self.address.filter, item.place.file), item.content, qos=1).mid for item in items}
        silent_since, left, is_told = monotonic(), len(sent), False
        while True:
            with self._changed:
                if self._refused:
                    raise TargetFailedError(
                        f"{self.address.host}: found {self._refused[0]}; allowed: a topic that may be written"
                    )
                waiting = len(sent - self._acknowledged)
                if not waiting:
                    self._acknowledged -= sent
                    return Sent(accepted=len(items))
                self._changed.wait(TICK)
            if waiting < left:
                silent_since, left = monotonic(), waiting
            elif not is_told and monotonic() - silent_since > TELL_AFTER:
                self.note(f"{self.address.host}:{self.address.port}: waiting for the broker; {left:,} messages are kept.")
                is_told = True

    def played(self) -> Mark:
        return self.kept.played()

    def keep(self, mark: Mark) -> None:
        self.kept.keep(mark)

    def close(self) -> None:
        """End the connection in order."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None

    def _connected(self) -> Client:
        client, settings, place = self._made(), self.settings, f"{self.address.host}:{self.address.port}"
        pause = 0.5
        for last in range(settings.tries - 1, -1, -1):
            try:
                client.connect(self.address.host, self.address.port, keepalive=settings.keep_alive)
                break
            except (OSError, ValueError) as fault:
                is_final = isinstance(fault, ssl.SSLCertVerificationError)
                if is_final or not last:
                    said = f"{type(fault).__name__} {fault}".strip()
                    raise TargetFailedError(f"{place}: found {said}; allowed: a broker that answers") from None
                self.note(f"{place}: {fault}; trying again in {pause:.1f} s.")
                self.sleep(pause)
                pause = min(2 * pause, 30.0)
        client.loop_start()
        self._client = client
        return client

    def _made(self) -> Client:
        client = client_of(self.address, self.settings, name=self.settings.client_id)
        client.reconnect_delay_set(1, 10)
        client.on_publish, client.on_connect = self._on_publish, self._on_connect
        return client

    def _on_publish(self, client: Client, data: Any, mid: int, reason: Any, properties: Any) -> None:
        del client, data, properties
        with self._changed:
            if reason.is_failure:
                self._refused.append(f"that the broker refuses a message: {reason}")
            self._acknowledged.add(mid)
            self._changed.notify_all()

    def _on_connect(self, client: Client, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        del client, data, flags, properties
        # A broker that is busy, or not ready yet, is one that is away: the library comes again.
        if reason.is_failure and reason.getName() in FINAL:
            with self._changed:
                self._refused.append(f"that the broker refuses the connection: {reason}")
                self._changed.notify_all()


def world_address(text: str) -> MqttAddress:
    """Return broker and first levels of the topics of an address; ``world`` where it names none.

    Raises
    ------
    UsageError
        It is no address, or names a pattern of topics.

    Example
    -------
    >>> world_address("mqtt://127.0.0.1:1883").filter
    'world'
    """
    scheme, _, rest = text.partition("://")
    place, _, path = rest.partition("/")
    found = mqtt_address(f"{scheme}://{place}/{path.strip('/') or TOPIC}")
    if "+" in found.filter or "#" in found.filter or found.filter.startswith("$"):
        raise UsageError(f"--to: found the pattern {found.filter} of topics; allowed: the first levels of one, such as {TOPIC}")
    return found
