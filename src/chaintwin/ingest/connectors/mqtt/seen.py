"""What is known of messages that the broker may send again: which are durable, and when the others were received."""

from __future__ import annotations

import struct
from base64 import b64decode, b64encode
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b

import msgspec

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.mqtt.connection import Message

DIGEST_BYTES = 6


class MqttCursor(msgspec.Struct, omit_defaults=True, frozen=True):
    """Where a source of messages stands.

    Parameters
    ----------
    client : name of the session at the broker. clock : latest time of receipt that was given, microseconds.
    done : messages that are durable and that the broker may send again. due : those that were taken and may not be durable.
    memory : what is remembered of signals. state : what the reader of payloads remembers.
    told : whether the source was last said to be there; None for never. was_open : whether a session was ever begun.
    """

    client: str
    clock: int = 0
    done: str = ""
    due: str = ""
    memory: msgspec.Raw = msgspec.Raw(b"{}")
    state: msgspec.Raw = msgspec.Raw(b"{}")
    told: bool | None = None
    was_open: bool = False


@dataclass(slots=True)
class Receipt:
    """How a message was taken.

    Parameters
    ----------
    digest : of topic and payload. at : time of receipt, microseconds. occurrence : which of those of its topic at that time.
    is_durable : whether its events are.
    """

    digest: bytes
    at: int
    occurrence: int
    is_durable: bool


class Seen:
    """The last messages by their numbers on the way.

    The broker sends again, with the same number, what it has no acknowledgement of. That are at most as many of the last
    messages as it may send without one.

    Parameters
    ----------
    most : as many. cursor : what was kept.
    """

    __slots__ = ("most", "receipts")

    def __init__(self, most: int, cursor: MqttCursor) -> None:
        self.most = most
        self.receipts: OrderedDict[int, Receipt] = OrderedDict()
        for text, is_durable in ((cursor.done, True), (cursor.due, False)):
            for number, digest, at, occurrence in _PACKED.iter_unpack(b64decode(text)):
                self.receipts[number] = Receipt(digest, at, occurrence, is_durable)

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

    def take(self, number: int, receipt: Receipt) -> None:
        """Note how a message is taken."""
        self.receipts.pop(number, None)
        self.receipts[number] = receipt
        while len(self.receipts) > self.most:
            self.receipts.popitem(last=False)

    def settle(self) -> None:
        """Note that all so far will be durable with the cursor that is written next."""
        for receipt in self.receipts.values():
            receipt.is_durable = True

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


def cursor_of(text: str | None) -> MqttCursor | None:
    """Return what a text of a cursor says; None without one.

    Raises
    ------
    UsageError
        It is none.
    """
    if text is None:
        return None
    try:
        return _DECODER.decode(text)
    except (msgspec.DecodeError, msgspec.ValidationError) as fault:
        raise UsageError(f"cursor: found {text[:60]!r} ({fault}); allowed: one that the same connector gave") from fault


def text_of_cursor(cursor: MqttCursor) -> str:
    """Return a cursor as text."""
    return _ENCODER.encode(cursor).decode()


_PACKED = struct.Struct(f">H{DIGEST_BYTES}sqH")
_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(MqttCursor)
