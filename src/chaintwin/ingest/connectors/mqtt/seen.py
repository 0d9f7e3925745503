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

    A broker may give the number of a message that it has the acknowledgement of to another at once. Messages of one topic come
    again in the order in which they came, so what is alike is settled up to the one that comes again, and all of it where that
    one never came before. What has such a number then is another message.

    Parameters
    ----------
    cursor : what was kept.
    """

    __slots__ = ("_awaited", "_is_behind", "receipts")

    def __init__(self, cursor: MqttCursor) -> None:
        self._is_behind = False
        self._awaited: dict[bytes, OrderedDict[int, Receipt]] = {}
        self.receipts: OrderedDict[int, Receipt] = OrderedDict()
        for text, is_durable in ((cursor.done, True), (cursor.due, False)):
            for number, digest, at, occurrence in _PACKED.iter_unpack(b64decode(text)):
                self.receipts[number] = Receipt(digest, at, occurrence, is_durable)
        self.reconnected()

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
        is_known = found is not None and found.digest == digest
        self._pass(digest, until=message.id if is_known else 0)
        return found if is_known else None

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
        self.receipts, self._awaited = OrderedDict(self._in_order()), {}
        for place, receipt in self.receipts.items():
            receipt.number = 0
            self._awaited.setdefault(receipt.digest, OrderedDict())[place] = receipt

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
        self._awaited.clear()

    def packed(self, *, is_durable: bool) -> str:
        """Return those that are durable, or those that may not be."""
        parts = [
            _PACKED.pack(number, receipt.digest, receipt.at, min(receipt.occurrence, 65_535))
            for number, receipt in self._in_order()
            if receipt.is_durable == is_durable
        ]
        return b64encode(b"".join(parts)).decode()

    def _pass(self, digest: bytes, *, until: int) -> None:
        """Let go of messages of the last connection that are like one that comes again and came before it.

        Parameters
        ----------
        digest : of that one. until : its number, where it came before; else 0, for all of them.
        """
        awaited = self._awaited.get(digest)
        if awaited is None or (until and until not in awaited):
            return
        while awaited:
            place, receipt = awaited.popitem(last=False)
            if place == until:
                return
            if self.receipts.get(place) is receipt:
                del self.receipts[place]

    def _in_order(self) -> list[tuple[int, Receipt]]:
        """Return all in the order in which the broker sent them: what has not come again yet was sent behind what has."""
        return sorted(self.receipts.items(), key=lambda pair: pair[1].number == 0)


def digest_of(message: Message) -> bytes:
    """Return a digest of topic and payload."""
    return blake2b(message.topic.encode() + b"\0" + message.payload, digest_size=DIGEST_BYTES).digest()


_PACKED = struct.Struct(f">H{DIGEST_BYTES}sqH")
