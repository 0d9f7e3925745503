"""The only clock: microseconds since 1970 in UTC, passed as an argument wherever time matters."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

MICROSECOND = 1
SECOND = 1_000_000
DAY = 86_400 * SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> int:
        """Return the time, microseconds since 1970-01-01T00:00Z."""


class SystemClock:
    """The clock of the machine. It may jump when the machine is set; nothing is ordered by it alone."""

    __slots__ = ()

    def now(self) -> int:
        """Return the time of the machine, microseconds since 1970 in UTC."""
        return time.time_ns() // 1000


class SetClock:
    """A clock that stands still until it is set, for replays, simulated worlds and tests.

    Parameters
    ----------
    now : microseconds since 1970 in UTC.

    Example
    -------
    >>> clock = SetClock(now=5)
    >>> clock.advance(2)
    >>> clock.now()
    7
    """

    __slots__ = ("_now",)

    def __init__(self, *, now: int = 0) -> None:
        self._now = now

    def now(self) -> int:
        """Return what was set, microseconds since 1970 in UTC."""
        return self._now

    def set(self, now: int) -> None:
        """Set the time, microseconds since 1970 in UTC; it may go back, as real clocks do."""
        self._now = now

    def advance(self, by: int) -> None:
        """Let ``by`` microseconds pass."""
        self._now += by


def microseconds_of(moment: datetime) -> int:
    """Return a moment that knows its time zone as microseconds since 1970 in UTC.

    Raises
    ------
    ValueError
        The moment is naive.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone has no place in UTC")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(microseconds: int) -> datetime:
    """Return microseconds since 1970 in UTC as a moment in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def text_of(microseconds: int) -> str:
    """Return a time as ISO 8601 in UTC, with milliseconds, or microseconds where they are not zero.

    Example
    -------
    >>> text_of(1_500)
    '1970-01-01T00:00:00.001500Z'
    >>> text_of(1_000)
    '1970-01-01T00:00:00.001Z'
    """
    fine = "microseconds" if microseconds % 1000 else "milliseconds"
    return moment_of(microseconds).isoformat(timespec=fine).replace("+00:00", "Z")
