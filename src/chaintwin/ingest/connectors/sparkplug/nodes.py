"""What is known of an edge node: its birth, its devices, the names of its metrics, and its place in the sequence of messages."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

SEQUENCES = 256
"""Messages are numbered from 0 to 255 and then from 0 again."""

WAITING_MAX, WAITING_BYTES = 64, 16 * 2**20
"""Messages of a node that wait for one before them, and bytes of all that wait; where more come, that one is taken for lost."""

NODES_MAX = 10_000
"""Edge nodes that are remembered. Of those that are gone the one that was heard of least lately leaves for a new one."""

NAMES_MAX = 100_000
"""Devices and names of metrics that are remembered of all nodes; they are written with each batch."""

RECENT_MAX = 32
"""Digests of messages that are remembered of a node, so that one that comes twice is known."""


class Waiting(msgspec.Struct, array_like=True):
    """A message that came before one that belongs before it.

    Parameters
    ----------
    topic, payload : of it. received_at : microseconds. occurrence : which of those of its topic at that time.
    """

    topic: str
    payload: bytes
    received_at: int
    occurrence: int = 1


class Known(msgspec.Struct, array_like=True):
    """A metric as a birth told it.

    Parameters
    ----------
    name : of it. alias : its number; None for none. datatype : of its values.
    """

    name: str
    alias: int | None
    datatype: int


class Node(msgspec.Struct, omit_defaults=True):
    """An edge node.

    Parameters
    ----------
    is_alive : whether it was born and has not died. birth : number of its session (bdSeq); None where it was never told.
    sequence : of the last message that was taken; None before any. devices : those that are there, by name.
    metrics : by device, empty for the node itself. waiting : messages by their number.
    gap_since : when the first of them came, microseconds; 0 where none waits. asked_at : when a birth was asked for; 0 for never.
    last_time : latest time that it told, microseconds. born : time of its birth, and told : of the last message that was taken in
    order, both as they say themselves, milliseconds. recent : digests of the last messages.
    """

    is_alive: bool = False
    birth: int | None = None
    sequence: int | None = None
    devices: dict[str, bool] = msgspec.field(default_factory=dict)
    metrics: dict[str, list[Known]] = msgspec.field(default_factory=dict)
    waiting: dict[str, Waiting] = msgspec.field(default_factory=dict)
    gap_since: int = 0
    asked_at: int = 0
    last_time: int = 0
    born: int = 0
    told: int = 0
    recent: list[str] = msgspec.field(default_factory=list)

    @property
    def expected(self) -> int | None:
        """Number of the message that comes next; None where any may."""
        return None if self.sequence is None else (self.sequence + 1) % SEQUENCES

    @property
    def size(self) -> int:
        """Devices and names of metrics that are remembered."""
        return len(self.devices) + sum(len(names) for names in self.metrics.values())

    @property
    def bytes_waiting(self) -> int:
        """Bytes of the messages that wait."""
        return sum(len(one.payload) for one in self.waiting.values())

    def is_late(self, sequence: int, stamp: int | None) -> bool:
        """Return whether a number lies behind the one that comes next, and the time of the message does not say otherwise.

        Parameters
        ----------
        sequence : of the message. stamp : its time as it says itself, milliseconds; None where it has none.
        """
        expected = self.expected
        is_behind = expected is not None and (sequence - expected) % SEQUENCES >= SEQUENCES // 2
        return is_behind and (stamp is None or stamp <= self.told)

    def is_known(self, content: bytes) -> bool:
        """Return whether a message was taken not long ago, and remember it."""
        digest = blake2b(content, digest_size=6).hexdigest()
        if digest in self.recent:
            return True
        self.recent.append(digest)
        del self.recent[:-RECENT_MAX]
        return False

    def next_waiting(self) -> int | None:
        """Return the number of the message that waits and comes first; None where none waits."""
        if not self.waiting:
            return None
        start = self.expected or 0
        return min((int(number) for number in self.waiting), key=lambda number: (number - start) % SEQUENCES)


class Names:
    """Names and types of the metrics of one device, by alias and by name.

    Parameters
    ----------
    known : as the birth told them.
    """

    __slots__ = ("by_alias", "by_name")

    def __init__(self, known: list[Known]) -> None:
        self.by_alias = {one.alias: one for one in known if one.alias is not None}
        self.by_name = {one.name: one for one in known}
