"""Whether a source over a connection is there: what was said of it last, since when it is gone, when it is tried again."""

from __future__ import annotations

from time import monotonic

from chaintwin.ingest.connectors.http.pages import SourceFailedError
from chaintwin.ingest.connectors.interface import Run
from chaintwin.ingest.connectors.signals.signal import Presence
from chaintwin.ingest.sources.waiting import pause

TICK = 0.25
"""Seconds that something is waited for before other things are looked after."""

HEARTBEAT = 5.0
"""Seconds without a batch after which an empty one says that all is well."""


class NotConnectedError(Exception):
    """There is no connection, or no answer over it; says why.

    Parameters
    ----------
    is_final : whether it is no use to come again: who is asked knows us and refuses.
    allowed : what would have been right; empty for what the connector says of all its faults. fix : what mends it; empty where
        nobody knows.
    """

    def __init__(self, message: str, *, is_final: bool = False, allowed: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.is_final, self.allowed, self.fix = is_final, allowed, fix

    def told(self, allowed: str, *, times: int = 1) -> str:
        """Return what was found, what is allowed and what mends it, as messages say it.

        Parameters
        ----------
        allowed : what would have been right, where the fault itself does not say. times : how often it was tried.
        """
        often = f", {times} times" if times > 1 else ""
        return f"found {self}{often}; allowed: {self.allowed or allowed}" + (f"; fix: {self.fix}" if self.fix else "")


class Standing:
    """How a source stands. It is a device, named as connector and address, so that what it told is stale while it is gone.

    Parameters
    ----------
    source : its name. run : of the reading, which hears of losses and waits.
    told : whether it was last said to be there; None for never. tries : how often a first connection is tried.
    grace : seconds without a connection after which it is told to be gone. misses : tries that failed by then, at least.

    Attributes
    ----------
    told : what was said last. is_lost : whether it is gone at present, told or not.
    """

    __slots__ = ("_fails", "_grace", "_is_over", "_lost_at", "_lost_time", "_misses", "_run", "_tries", "source", "told")

    def __init__(self, source: str, run: Run, *, told: bool | None, grace: float, tries: int, misses: int = 1) -> None:
        self.source, self.told = source, told
        self._run, self._grace, self._tries, self._misses = run, grace, tries, misses
        self._lost_at: float | None = None
        self._lost_time, self._fails, self._is_over = 0, 0, False

    @property
    def is_lost(self) -> bool:
        """Whether the source is gone at present."""
        return self._lost_at is not None

    def broke(self, why: str, *, now: int) -> None:
        """Note that a connection broke which stood; it is tried again at once.

        Parameters
        ----------
        why : it broke. now : microseconds.
        """
        self._leave(now)
        self._run.note(f"{self.source}: {why}; connecting again.")
        self._run.lost(f"{self.source}: {why}", 0.0)

    def failed(self, fault: NotConnectedError, *, now: int, goes_on: bool) -> Presence | None:
        """Note a try that failed; return that the source is gone where that is to be told now, else None.

        It is told once the source is gone for long, and at once where nobody will try again: else what it told would pass for
        fresh.

        Parameters
        ----------
        fault : why there is no connection. now : microseconds.
        goes_on : whether it is tried for ever, because there was a connection before.
        """
        self._leave(now)
        self._fails += 1
        self._is_over = fault.is_final or (self._fails >= self._tries and not goes_on)
        is_long = self._lost_at is not None and monotonic() - self._lost_at >= self._grace and self._fails >= self._misses
        if self.told is not True or not (is_long or self._is_over):
            return None
        self.told = False
        return Presence(self.source, False, f"no connection: {fault}"[:200], self._lost_time)

    def wait(self, fault: NotConnectedError, *, allowed: str, key: str) -> None:
        """Wait for the next try, behind one that failed.

        Parameters
        ----------
        fault : why. allowed : what would be right, for the message. key : spreads the tries of those who lost the same source.

        Raises
        ------
        SourceFailedError
            Trying again is of no use, or was tried often enough.
        """
        if self._is_over:
            raise SourceFailedError(f"{self.source}: {fault.told(allowed, times=self._fails)}")
        seconds = pause(self._fails, key=f"{key} {self._fails}")
        self._run.note(f"{self.source}: {fault}; trying again in {seconds:.1f} s.")
        self._run.lost(f"{self.source}: {fault.told(allowed)}", seconds)
        self._run.sleep(seconds)

    def back(self, now: int, *, reason: str = "connected", missed: int = 0, is_assumed: bool = True) -> Presence | None:
        """Note that there is a connection; return that the source is there, where that is not told yet or something is missing.

        Parameters
        ----------
        now : microseconds. reason : in words. missed : signals that are known to be missing.
        is_assumed : whether ``now`` is a time of ours, for want of one that the source gives.
        """
        self._lost_at, self._fails = None, 0
        if self.told is True and not missed:
            return None
        self.told = True
        return Presence(self.source, True, reason, now, is_assumed, missed)

    def _leave(self, now: int) -> None:
        """Note that there is no connection; that there was none before counts from then."""
        if self._lost_at is None:
            self._lost_at, self._lost_time = monotonic(), now
