"""Plays recorded events at a multiple of the speed at which they happened, into whatever takes them."""

from __future__ import annotations

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


class Target(Protocol):
    """Takes events, and keeps how far a replay has come."""

    def send(self, items: Sequence[Item]) -> Sent:
        """Hand events over; return when they are durable there."""

    def played(self) -> int:
        """Return how many events of this replay were handed over already."""

    def keep(self, played: int) -> None:
        """Keep how many events were handed over."""


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


def play(
    recorded: Iterable[Recorded],
    target: Target,
    *,
    speed: float,
    tick: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[Played]:
    """Hand events over in the order of their event times, each when its time has come; yield after every group.

    A replay that was stopped goes on behind the last group that was handed over. A group that was handed over and not noted is
    handed over again, which does no harm.

    Parameters
    ----------
    recorded : events in their order. target : where they go.
    speed : seconds of event time in one second; infinity hands them over as fast as they are taken.
    tick : seconds on a clock that never goes back. sleep : waits for so many seconds.
    """
    count = target.played()
    sent, begin, origin = Sent(), None, 0
    for group in _groups(islice(recorded, count, None), speed):
        at = group[0].occurred_at
        if not math.isinf(speed) and at:
            if begin is None:
                begin, origin = tick(), at
            ahead = (at - origin) / SECOND / speed - (tick() - begin)
            if ahead > 0:
                sleep(ahead)
        sent = sent.plus(target.send([one.item for one in group]))
        count += len(group)
        target.keep(count)
        yield Played(count, group[-1].occurred_at, sent)


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
