"""A world told to whoever listens, event by event, at a speed, from where it was stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, runtime_checkable

from chaintwin.ingest.connectors.interface import Item, Place
from chaintwin.ingest.history.ordering import Recorded
from chaintwin.ingest.history.playing import Mark, Played, Target, confirmed, play
from chaintwin.world.instruments import Reading
from chaintwin.world.wire import Deliveries


@dataclass(frozen=True, slots=True)
class Story:
    """What is told: readings in the order in which the wire delivers them. May be iterated again.

    Parameters
    ----------
    readings : events by number. deliveries : which arrives when.
    """

    readings: Sequence[Reading]
    deliveries: Deliveries

    def __len__(self) -> int:
        """Return the number of deliveries."""
        return int(self.deliveries.index.size)

    def __iter__(self) -> Iterator[Recorded]:
        """Yield the deliveries; the place of an item is the site that sends it."""
        times = zip(self.deliveries.index.tolist(), self.deliveries.at.tolist(), strict=True)
        for number, (event, at) in enumerate(times):
            reading = self.readings[event]
            yield Recorded(at, number, Item(Place(reading.site, event), reading.content))


@runtime_checkable
class Serving(Protocol):
    """What a target has besides that is asked for events, keeps them for as long as it runs, and forgets them when it ends."""

    def remember(self, items: Iterable[Item]) -> None:
        """Take in what was told before it ran."""

    def serve_on(self) -> None:
        """Be there for who has not got all yet, when all is told."""


def tell(
    story: Story,
    target: Target,
    *,
    speed: float,
    is_resumed: bool,
    tick: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[Played]:
    """Tell a story, each delivery when its time has come; yield after every group that was acknowledged.

    One that was stopped, however, goes on behind the last group that was acknowledged; a group whose acknowledgement was lost is
    sent again, which has no effect, because an event has one identity.

    Parameters
    ----------
    story : what is told. target : who listens.
    speed : seconds of the world in one second; infinity for as fast as it is taken.
    is_resumed : go on from where the target says that it came to. tick, sleep : as for ``play``.
    """
    begin = confirmed(story, target.played()) if is_resumed else Mark()
    target.keep(begin)
    if isinstance(target, Serving):
        target.remember(one.item for one in islice(story, begin.count))
    yield from play(story, target, speed=speed, tick=tick, sleep=sleep, begin=begin)


def story_name(*parts: object) -> str:
    """Return a name for the file that keeps how far a story came: other settings have another one.

    Parameters
    ----------
    parts : all that the story hangs on, each told in full by its text.
    """
    said = "\n".join(map(str, parts))
    return hashlib.sha256(said.encode()).hexdigest()[:24]
