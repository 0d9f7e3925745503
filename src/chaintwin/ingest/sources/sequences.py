"""Gaps in the numbers that sources give their events: what was sent and never came."""

from __future__ import annotations

from typing import Any

import msgspec

STREAMS_MAX = 10_000
"""So many streams of numbers are watched; the one that was quiet for longest makes room."""

_MARKS = (b"ct:sequence", b"ct:missed")


class Sequences:
    """Counts gaps.

    A connector that numbers what it receives says in ``ct:missed`` how much is missing before an event, and is believed. Where
    events that are of no instrument carry ``ct:sequence`` only, their own sender numbers them: each device by ones.
    """

    def __init__(self) -> None:
        self.gaps = 0
        self.missing = 0
        self._last: dict[str, int] = {}

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
        last = self._last.pop(stream, None)
        if last is not None:
            self._add(sequence - last - 1)
        # What comes late fills no gap again, but must not open one either.
        self._last[stream] = sequence if last is None else max(sequence, last)
        if len(self._last) > STREAMS_MAX:
            del self._last[next(iter(self._last))]

    def _add(self, missing: int) -> None:
        if missing > 0:
            self.gaps += 1
            self.missing += missing


class _Numbered(msgspec.Struct):
    sequence: int | None = msgspec.field(default=None, name="ct:sequence")
    missed: Any = msgspec.field(default=None, name="ct:missed")
    signal: Any = msgspec.field(default=None, name="ct:signal")
    device: Any = msgspec.field(default=None, name="ct:device")


_DECODER = msgspec.json.Decoder(_Numbered)
