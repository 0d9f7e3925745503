"""What is known of messages that the broker may send again: which are durable, and when the others were received."""

from __future__ import annotations

import struct
from base64 import b64decode, b64encode
from collections import OrderedDict
from hashlib import blake2b

import msgspec

from chaintwin.ingest.connectors.mqtt.connection import Message

DIGEST_BYTES = 6


class MqttCursor(msgspec.Struct, omit_defaults=True, frozen=True):
    """Where a source of messages stands.

    Parameters
    ----------
    client : name of the session at the broker. clock : latest time of receipt that was given, microseconds.
    done : messages that are durable and that the broker may send again. due : those that were taken and may not be durable.
    retained : values that the broker keeps for newcomers and that are durable.
    memory : what is remembered of signals. state : what the reader of payloads remembers.
    told : whether the source was last said to be there; None for never. was_open : whether a session was ever begun.
    """

    client: str
    clock: int = 0
    done: str = ""
    due: str = ""
    retained: str = ""
    memory: msgspec.Raw = msgspec.Raw(b"{}")
    state: msgspec.Raw = msgspec.Raw(b"{}")
    told: bool | None = None
    was_open: bool = False


class Receipt(msgspec.Struct):
    """How a message was taken.

    Parameters
    ----------
    digest : of topic and payload. at : time of receipt, microseconds. occurrence : which of those of its topic at that time.
    is_durable : whether its events are.
    number : of the acknowledgement that it is part of; 0 for one over a connection that broke.
    """

    digest: bytes
    at: int
    occurrence: int
    is_durable: bool
    number: int = 0


class Seen:
    """Messages by their numbers on the way, as long as the broker is not known to have their acknowledgement.

    Until then it may send them again, with the same number. Over a new connection it does so before it sends anything new, so
    that with the first new message those of the last connection are settled too.

    Parameters
    ----------
    cursor : what was kept.
    """

    __slots__ = ("_is_behind", "receipts")

    def __init__(self, cursor: MqttCursor) -> None:
        self._is_behind = False
        self.receipts: OrderedDict[int, Receipt] = OrderedDict()
        for text, is_durable in ((cursor.done, True), (cursor.due, False)):
            for number, digest, at, occurrence in _PACKED.iter_unpack(b64decode(text)):
                self.receipts[number] = Receipt(digest, at, occurrence, is_durable)

    @property
    def unconfirmed(self) -> int:
        """How many were taken over this connection and may come again."""
        return sum(1 for receipt in self.receipts.values() if receipt.number)

    def known(self, message: Message, digest: bytes) -> Receipt | None:
        """Return how a message that the broker sends again was taken; None for a new one.

        Parameters
        ----------
        message : as it came. digest : of it.
        """
        if not message.is_again:
            return None
        found = self.receipts.get(message.id)
        return found if found is not None and found.digest == digest else None

    def take(self, message: Message, receipt: Receipt, *, number: int) -> None:
        """Note how a message is taken.

        Parameters
        ----------
        message : as it came. receipt : how. number : of the acknowledgement that it will be part of.
        """
        receipt.number = number
        self.receipts.pop(message.id, None)
        self.receipts[message.id] = receipt
        if not message.is_again and not self._is_behind:
            self._is_behind = True
            for other in self.receipts.values():
                other.number = other.number or number

    def reconnected(self) -> None:
        """Note that acknowledgements over the last connection may be lost."""
        self._is_behind = False
        for receipt in self.receipts.values():
            receipt.number = 0

    def confirm(self, number: int) -> None:
        """Let go of what the broker has the acknowledgement of.

        Parameters
        ----------
        number : of the last that it has.
        """
        if number:
            for place in [place for place, receipt in self.receipts.items() if 0 < receipt.number <= number]:
                del self.receipts[place]

    def forget(self) -> None:
        """Let go of all: the broker has no session any more, so that numbers mean other messages."""
        self.receipts.clear()

    def packed(self, *, is_durable: bool) -> str:
        """Return those that are durable, or those that may not be."""
        parts = [
            _PACKED.pack(number, receipt.digest, receipt.at, min(receipt.occurrence, 65_535))
            for number, receipt in self.receipts.items()
            if receipt.is_durable == is_durable
        ]
        return b64encode(b"".join(parts)).decode()


def digest_of(message: Message) -> bytes:
    """Return a digest of topic and payload."""
    return blake2b(message.topic.encode() + b"\0" + message.payload, digest_size=DIGEST_BYTES).digest()


_PACKED = struct.Struct(f">H{DIGEST_BYTES}sqH")
