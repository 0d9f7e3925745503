"""Waiting that can be ended, and how long to wait before a source is tried again."""

from __future__ import annotations

import hashlib
import threading

from chaintwin.errors import CancelledError

FIRST_SECONDS, MOST_SECONDS = 0.5, 60.0
"""Longest wait before the second try, and before any."""


class Ending:
    """Tells threads that they are to end, in the middle of a wait."""

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def is_set(self) -> bool:
        """Whether the end was asked for."""
        return self._event.is_set()

    def set(self) -> None:
        """Ask for the end."""
        self._event.set()

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds.

        Raises
        ------
        CancelledError
            The end was asked for.
        """
        if self._event.wait(seconds):
            raise CancelledError("the sources are not taken any more")


def pause(failures: int, *, key: str) -> float:
    """Return the seconds to wait after so many failures in a row: twice as long each time, at most a minute, spread by the key.

    The upper half of each span is spread, so that sources that failed together do not come back together.

    Parameters
    ----------
    failures : in a row, at least 1. key : differs between sources, and from one time to another.

    Example
    -------
    >>> 0.25 <= pause(1, key="dock 1") <= 0.5, 30 <= pause(20, key="dock 20") <= 60
    (True, True)
    """
    longest = min(FIRST_SECONDS * 2.0 ** min(failures - 1, 30), MOST_SECONDS)
    share = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64
    return longest * (0.5 + 0.5 * share)
