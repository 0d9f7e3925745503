"""Recorded events in the order of their event times, however many they are: sorted in runs that lie in files, then merged."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

import msgspec

from chaintwin.clock import microseconds_of
from chaintwin.ingest.connectors.interface import Batch, Item, Problem

RUN_ITEMS = 50_000
"""So many events are sorted in memory at a time."""

RUN_BYTES = 64 * 2**20
"""And so many bytes of them."""

RUNS_MAX = 200
"""When there are so many runs they are merged into one, so that few files are open."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded event.

    Parameters
    ----------
    occurred_at : event time, microseconds; 0 where the event has none that can be read, so that it is told first.
    number : place in the source, from 0. item : the event.
    """

    occurred_at: int
    number: int
    item: Item


@dataclass(frozen=True, slots=True)
class Ordered:
    """Events in the order of (event time, place in the source), and what could not be read at all.

    Parameters
    ----------
    count : number of events. first, last : event times, microseconds; 0 if there are none.
    problems : what could not become events.
    """

    count: int
    first: int
    last: int
    problems: tuple[Problem, ...]
    runs: tuple[Iterable[Recorded], ...]

    def __iter__(self) -> Iterator[Recorded]:
        return heapq.merge(*self.runs, key=_key)


def in_order(batches: Iterable[Batch], *, after: int | None = None, before: int | None = None) -> Ordered:
    """Read all events of a source and put them in order; may be iterated again, but not twice at one time.

    Parameters
    ----------
    batches : of a connector.
    after, before : only events at or after the first time and before the second, microseconds; None is open.
    """
    runs: list[Iterable[Recorded]] = []
    held: list[Recorded] = []
    problems: list[Problem] = []
    number = count = size = last = 0
    first: int | None = None
    for batch in batches:
        problems += batch.problems
        for item in batch.items:
            occurred_at = _event_time(item.content)
            number += 1
            if occurred_at and ((after is not None and occurred_at < after) or (before is not None and occurred_at >= before)):
                continue
            count += 1
            size += len(item.content)
            if occurred_at:
                first = occurred_at if first is None else min(first, occurred_at)
                last = max(last, occurred_at)
            held.append(Recorded(occurred_at, number - 1, item))
        if len(held) >= RUN_ITEMS or size >= RUN_BYTES:
            runs.append(_in_file(sorted(held, key=_key)))
            held, size = [], 0
        if len(runs) >= RUNS_MAX:
            runs = [_in_file(heapq.merge(*runs, key=_key))]
    runs.append(sorted(held, key=_key))
    return Ordered(count, first or 0, last, tuple(problems), tuple(runs))


def _in_file(recorded: Iterable[Recorded]) -> Iterable[Recorded]:
    """Write events to a file that nobody else sees, and return them as they are read back."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  It closes when nobody can read it any more.
    for one in recorded:
        packed = _ENCODER.encode(one)
        file.write(len(packed).to_bytes(4, "big") + packed)
    return _Run(file)


@dataclass(frozen=True, slots=True)
class _Run:
    """Events in a file, read from its begin whenever they are iterated."""

    file: BinaryIO

    def __iter__(self) -> Iterator[Recorded]:
        self.file.seek(0)
        while head := self.file.read(4):
            yield _DECODER.decode(self.file.read(int.from_bytes(head, "big")))


def _event_time(content: bytes) -> int:
    try:
        return microseconds_of(_TIMED.decode(content).eventTime)
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError):
        return 0


def _key(recorded: Recorded) -> tuple[int, int]:
    return recorded.occurred_at, recorded.number


class _Timed(msgspec.Struct):
    eventTime: datetime  # noqa: N815


_TIMED = msgspec.json.Decoder(_Timed)
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Recorded)
