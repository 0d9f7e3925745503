"""What messages say: an interpreter reads payloads and tells which events they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chaintwin.ingest.connectors.mqtt.connection import Farewell, Message
from chaintwin.ingest.connectors.signals.signal import Signal
from chaintwin.ingest.connectors.signals.turning import Made, SignalTurner


@dataclass(frozen=True, slots=True)
class Sent:
    """A message to be sent.

    Parameters
    ----------
    topic, payload : of it. is_kept : whether the broker keeps it for newcomers.
    """

    topic: str
    payload: bytes
    is_kept: bool = False


class Interpreter(Protocol):
    """Reads payloads. What it returns depends on messages, times of receipt and its state alone."""

    @property
    def assumed(self) -> int:
        """Events so far whose time is that of the receipt."""

    def farewell(self, now: int) -> Farewell | None:
        """Return what the broker is to send for us where the connection breaks that is made now.

        Parameters
        ----------
        now : microseconds.
        """

    def take(self, message: Message, *, received_at: int, occurrence: int) -> Sequence[Made]:
        """Return what a message becomes.

        Parameters
        ----------
        message : as it came. received_at : microseconds. occurrence : which of those of its topic at that time.
        """

    def due(self, now: int) -> Sequence[Made]:
        """Return what has to be said because time has passed.

        Parameters
        ----------
        now : microseconds.
        """

    def opened(self, now: int, *, is_session_kept: bool) -> None:
        """Note that a connection stands.

        Parameters
        ----------
        now : microseconds. is_session_kept : whether the broker kept all that was sent meanwhile with acknowledgement.
        """

    def requests(self) -> Sequence[Sent]:
        """Return what is to be sent now, once."""

    def parting(self, now: int) -> Sequence[Sent]:
        """Return what is to be sent before a connection is closed in order."""

    def plain(self) -> Mapping[str, Any] | None:
        """Return its state as plain values for JSON; None where it is what it was when it was asked last."""


class PlainInterpreter:
    """Each message is a signal: its topic the address, its payload the value.

    Parameters
    ----------
    turner : makes events of signals.
    """

    def __init__(self, turner: SignalTurner) -> None:
        self.turner = turner

    @property
    def assumed(self) -> int:
        """Events so far whose time is that of the receipt."""
        return self.turner.assumed

    def farewell(self, now: int) -> Farewell | None:
        """Return None: nobody waits for us."""
        del now
        return None

    def take(self, message: Message, *, received_at: int, occurrence: int) -> Sequence[Made]:
        """Return what a message becomes."""
        properties = dict(message.properties) if message.properties else {}
        return self.turner.turn(Signal(message.topic, message.payload, received_at, occurrence=occurrence, properties=properties))

    def due(self, now: int) -> Sequence[Made]:
        """Return nothing."""
        del now
        return ()

    def opened(self, now: int, *, is_session_kept: bool) -> None:
        """Do nothing."""
        del now, is_session_kept

    def requests(self) -> Sequence[Sent]:
        """Return nothing."""
        return ()

    def parting(self, now: int) -> Sequence[Sent]:
        """Return nothing."""
        del now
        return ()

    def plain(self) -> Mapping[str, Any] | None:
        """Return None: there is no state."""
        return None
