"""Whether a source over a connection is there: what was said of it last, since when it is gone, when it is tried again."""

from __future__ import annotations

from time import monotonic

from chaintwin.ingest.connectors.http.pages import SourceFailedError
from chaintwin.ingest.connectors.signals.signal import Presence
from chaintwin.ingest.sources.waiting import pause

TICK = 0.25
"""Seconds that something is waited for before other things are looked after."""

HEARTBEAT = 5.0
"""Seconds without a batch after which an empty one says that all is well."""


class NotConnectedError(Exception):
    """There is no connection; says why.

    Parameters
    ----------
    is_final : whether it is no use to come again: who is asked knows us and refuses.
    """

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class Standing:
    """How a source stands. It is a device, named as connector and address, so that what it told is stale while it is gone.

    Parameters
    ----------
    source : its name. told : whether it was last said to be there; None for never.
    grace : seconds without a connection after which it is told to be gone. tries : how often a first connection is tried.

    Attributes
    ----------
    told : what was said last. is_lost : whether it is gone at present, told or not.
    """

    __slots__ = ("_fails", "_grace", "_lost_at", "_lost_time", "_tries", "source", "told")

    def __init__(self, source: str, *, told: bool | None, grace: float, tries: int) -> None:
        self.source, self.told = source, told
        self._grace, self._tries = grace, tries
        self._lost_at: float | None = None
        self._lost_time, self._fails = 0, 0

    @property
    def is_lost(self) -> bool:
        """Whether the source is gone at present."""
        return self._lost_at is not None

    def lost(self, now: int) -> None:
        """Note that there is no connection; that there was none before counts from then.

        Parameters
        ----------
        now : microseconds.
        """
        if self._lost_at is None:
            self._lost_at, self._lost_time = monotonic(), now

    def failed(self, fault: NotConnectedError, *, goes_on: bool, allowed: str, key: str) -> float:
        """Return the seconds until the next try.

        Parameters
        ----------
        fault : why there is no connection. goes_on : whether it is tried for ever, because there was one before.
        allowed : what would be right, for the message. key : spreads the tries of those who lost the same source.

        Raises
        ------
        SourceFailedError
            Trying again is of no use, or was tried often enough.
        """
        self._fails += 1
        if fault.is_final or (self._fails >= self._tries and not goes_on):
            times = f", {self._fails} times" if self._fails > 1 else ""
            raise SourceFailedError(f"{self.source}: found {fault}{times}; allowed: {allowed}")
        return pause(self._fails, key=f"{key} {self._fails}")

    def gone(self, why: str) -> Presence | None:
        """Return that the source is gone, where it is gone for long and that is not told yet; else None.

        Parameters
        ----------
        why : there is no connection.
        """
        if self.told is not True or self._lost_at is None or monotonic() - self._lost_at < self._grace:
            return None
        self.told = False
        return Presence(self.source, False, f"no connection: {why}"[:200], self._lost_time)

    def back(self, now: int, *, reason: str = "connected", missed: int = 0) -> Presence | None:
        """Note that there is a connection; return that the source is there, where that is not told yet or something is missing.

        Parameters
        ----------
        now : microseconds. reason : in words. missed : signals that are known to be missing.
        """
        self._lost_at, self._fails = None, 0
        if self.told is True and not missed:
            return None
        self.told = True
        return Presence(self.source, True, reason, now, missed=missed)
