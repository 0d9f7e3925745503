"""Values that the broker keeps of topics for newcomers: which of them were taken before, and are none that are new."""

from __future__ import annotations

import struct
from base64 import b64decode, b64encode
from collections import OrderedDict
from hashlib import blake2b

from chaintwin.ingest.connectors.mqtt.connection import Message
from chaintwin.ingest.connectors.mqtt.seen import DIGEST_BYTES

TOPICS_MAX = 5_000
"""Topics of which it is remembered what the broker keeps; the one that was told of least lately leaves."""


class Retained:
    """The last value that the broker is known to keep of each topic.

    To who subscribes anew the broker sends what it keeps, and so it does where it has forgotten the session. What it kept before
    already was taken then; without a time of its own it would be another event each time. What is published while the
    subscription stands is always new, kept or not, even where it says the same again.

    Parameters
    ----------
    packed : what ``packed`` gave.
    """

    __slots__ = ("_awaited", "_last")

    def __init__(self, packed: str = "") -> None:
        self._last: OrderedDict[bytes, bytes] = OrderedDict(_PACKED.iter_unpack(b64decode(packed)))
        self._awaited: set[bytes] = set()

    def subscribed(self, *, is_new: bool) -> None:
        """Note that there is a connection.

        Parameters
        ----------
        is_new : whether the broker takes the subscription for a new one, and sends what it keeps.
        """
        self._awaited = set(self._last) if is_new else set()

    def is_known(self, message: Message, digest: bytes) -> bool:
        """Return whether a message is a value that the broker kept before, and note what it keeps now.

        Parameters
        ----------
        message : a new one, not one that is sent again. digest : of it.
        """
        if not message.is_retained:
            return False
        topic = blake2b(message.topic.encode(), digest_size=DIGEST_BYTES).digest()
        is_first, before = topic in self._awaited, self._last.pop(topic, None)
        self._awaited.discard(topic)
        if message.payload:
            # Without a payload the broker keeps nothing any more.
            self._last[topic] = digest
        while len(self._last) > TOPICS_MAX:
            self._last.popitem(last=False)
        return is_first and before == digest

    def packed(self) -> str:
        """Return all of it as text."""
        return b64encode(b"".join([_PACKED.pack(*pair) for pair in self._last.items()])).decode()


_PACKED = struct.Struct(f">{DIGEST_BYTES}s{DIGEST_BYTES}s")
