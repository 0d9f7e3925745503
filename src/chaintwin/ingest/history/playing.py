"""Plays recorded events at a multiple of the speed at which they happened, into whatever takes them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from chaintwin.clock import SECOND
from chaintwin.ingest.connectors.interface import Item
from chaintwin.ingest.history.ordering import Recorded

SENT_ITEMS = 500
"""Most events that are handed over at once."""

DIGEST_BYTES = 16

NEAR = 0.05
"""Events that are due within so many seconds go together."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of events that were handed over.

    Parameters
    ----------
    accepted, duplicate, conflict, rejected : how many. reasons : how often each reason was given.
    """

    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def plus(self, more: Sent) -> Sent:
        """Return the sum."""
        reasons = dict(self.reasons)
        for reason, count in more.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + count
        return Sent(
            self.accepted + more.accepted,
            self.duplicate + more.duplicate,
            self.conflict + more.conflict,
            self.rejected + more.rejected,
            reasons,
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a replay has come, and by which events.

    Parameters
    ----------
    count : events that were handed over. digest : of them, whatever their order; empty for none.
    """

    count: int = 0
    digest: str = ""

    def behind(self, recorded: Iterable[Recorded]) -> Mark:
        """Return the mark behind further events."""
        count, total = self.count, int(self.digest or "0", 16)
        for one in recorded:
            count += 1
            total += int.from_bytes(hashlib.blake2b(one.item.content, digest_size=DIGEST_BYTES).digest(), "big")
        return Mark(count, f"{total % (1 << 8 * DIGEST_BYTES):x}") if count else Mark()

    def text(self) -> str:
        """Return it as it is kept."""
        return f"{self.count} {self.digest}"

    @staticmethod
    def of_text(text: str) -> Mark:
        """Return what was kept; the begin for what is no mark."""
        count, _, digest = text.strip().partition(" ")
        if not (count.isascii() and count.isdigit()):
            return Mark()
        try:
            return Mark(int(count), f"{int(digest, 16):x}")
        except ValueError:
            return Mark()


class Target(Protocol):
    """Takes events, and keeps how far a replay has come."""

    def send(self, items: Sequence[Item]) -> Sent:
        """Hand events over; return when they are durable there."""

    def played(self) -> Mark:
        """Return how far this replay came already."""

    def keep(self, mark: Mark) -> None:
        """Keep how far it came."""


@dataclass(frozen=True, slots=True)
class Played:
    """How far a replay has come.

    Parameters
    ----------
    count : events handed over, those of earlier runs among them. at : event time of the last, microseconds. sent : what became
        of those of this run.
    """

    count: int
    at: int
    sent: Sent


def confirmed(recorded: Iterable[Recorded], mark: Mark) -> Mark:
    """Return a mark if the events before it still are those that were played; else the begin.

    A source may have gained or lost events between two runs. Behind the mark that does no harm. Before it the count tells nothing
    any more, so all is played again: what was taken already is a duplicate.

    Parameters
    ----------
    recorded : events in their order; can be iterated again afterwards. mark : that was kept.
    """
    return mark if Mark().behind(islice(recorded, mark.count)) == mark else Mark()


def play(
    recorded: Iterable[Recorded],
    target: Target,
    *,
    speed: float,
    tick: Callable[[], float],
    sleep: Callable[[float], None],
    begin: Mark | None = None,
) -> Iterator[Played]:
    """Hand events over in the order of their event times, each when its time has come; yield after every group.

    A replay that was stopped goes on behind the last group that was handed over. A group that was handed over and not noted is
    handed over again, which does no harm.

    Parameters
    ----------
    recorded : events in their order. target : where they go.
    speed : seconds of event time in one second; infinity hands them over as fast as they are taken.
    tick : seconds on a clock that never goes back. sleep : waits for so many seconds.
    begin : mark to go on behind, one that was confirmed; None for that of the target, where it holds.
    """
    mark = confirmed(recorded, target.played()) if begin is None else begin
    sent, started, origin = Sent(), None, 0
    for group in _groups(islice(recorded, mark.count, None), speed):
        at = group[0].occurred_at
        if not math.isinf(speed) and at:
            if started is None:
                started, origin = tick(), at
            ahead = (at - origin) / SECOND / speed - (tick() - started)
            if ahead > 0:
                sleep(ahead)
        sent = sent.plus(target.send([one.item for one in group]))
        mark = mark.behind(group)
        target.keep(mark)
        yield Played(mark.count, group[-1].occurred_at, sent)


def _groups(recorded: Iterable[Recorded], speed: float) -> Iterator[list[Recorded]]:
    """Yield events that go together: due at nearly one moment, and not too many."""
    near = math.inf if math.isinf(speed) else NEAR * speed * SECOND
    group: list[Recorded] = []
    for one in recorded:
        if group and (len(group) >= SENT_ITEMS or one.occurred_at - group[0].occurred_at > near):
            yield group
            group = []
        group.append(one)
    if group:
        yield group
