"""Gaps in the numbers that sources give their events: what was sent and never came."""

from __future__ import annotations

from typing import Any

import msgspec

STREAMS_MAX = 10_000
"""So many streams of numbers are watched; the one that was quiet for longest makes room."""

RANGES = (2**8, 2**16, 2**32)
"""Ends of the ranges in which devices count; then they begin at 0 again."""

NEAR = 16
"""A device has begun again where one number lies in the last part of so many of a range, and the next one in the first."""

_MARKS = (b"ct:sequence", b"ct:missed")


class Sequences:
    """Counts gaps.

    A connector that numbers what it receives says in ``ct:missed`` how much is missing before an event, and is believed. Where
    events that are of no instrument carry ``ct:sequence`` only, their own sender numbers them: each device by ones.
    """

    def __init__(self) -> None:
        self.gaps = 0
        self.missing = 0
        self._last: dict[str, tuple[int, int]] = {}

    def saw(self, content: bytes) -> None:
        """Take note of an event that was accepted.

        Parameters
        ----------
        content : the event as JSON.
        """
        if not any(mark in content for mark in _MARKS):
            return
        try:
            event = _DECODER.decode(content)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return
        if isinstance(event.missed, int | float) and not isinstance(event.missed, bool):
            self._add(int(event.missed))
        elif event.sequence is not None and event.signal is None:
            self._follow(str(event.device or ""), event.sequence)

    def _follow(self, stream: str, sequence: int) -> None:
        last, size = self._last.pop(stream, (sequence - 1, 0))
        step, size = _step(last, sequence, size=size)
        self._add(step - 1)
        # What comes late fills no gap again, but must not open one either.
        self._last[stream] = (sequence if step > 0 else last, size)
        if len(self._last) > STREAMS_MAX:
            del self._last[next(iter(self._last))]

    def _add(self, missing: int) -> None:
        if missing > 0:
            self.gaps += 1
            self.missing += missing


def _step(last: int, sequence: int, *, size: int) -> tuple[int, int]:
    """Return how far a number is after the last one, 0 or less for one before, and the range of its device, 0 for none seen."""
    if sequence < last:
        for one in RANGES:
            if 0 <= sequence < one // NEAR and one - one // NEAR <= last < one:
                return sequence + one - last, one
    elif size and last < size // NEAR and size - size // NEAR <= sequence < size:
        # From before the beginning, and late.
        return sequence - size - last, size
    return sequence - last, size


class _Numbered(msgspec.Struct):
    sequence: int | None = msgspec.field(default=None, name="ct:sequence")
    missed: Any = msgspec.field(default=None, name="ct:missed")
    signal: Any = msgspec.field(default=None, name="ct:signal")
    device: Any = msgspec.field(default=None, name="ct:device")


_DECODER = msgspec.json.Decoder(_Numbered)
