"""How a source is: what it does, what came of it and when, how late, what is missing; kept in numbers and as a document."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import median
from typing import Any

import msgspec

from chaintwin.clock import SECOND, Clock, text_of
from chaintwin.ingest.connectors.running import Summary, Taken
from chaintwin.ingest.sources.configured import ConfiguredSource
from chaintwin.ingest.sources.sequences import Sequences
from chaintwin.store.interface import SOURCE_HEALTH, Store
from chaintwin.store.records import Outcome

LAGS = 1_000
"""So many of the last events tell how late events come."""

ERROR_SIGNS = 1_000
"""So much of an error is kept."""

HEARTBEAT_SECONDS = 10.0
"""The kept document of a source that is being taken is renewed at least so often."""

SILENT_SECONDS = 3 * HEARTBEAT_SECONDS
"""Who has not renewed it for so long is not running any more, and was not ended in good form."""


class State(StrEnum):
    """What a source does."""

    CONNECTING = "connecting"
    """It was not reached yet."""
    RECEIVING = "receiving"
    """Events are being taken, or it is connected and listens."""
    WAITING = "waiting"
    """It has no more for now and is asked again later."""
    FAILING = "failing"
    """It could not be read, and is tried again."""
    STOPPED = "stopped"
    """Nobody takes it."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a source is; times are microseconds since 1970 in UTC, None for never.

    Parameters
    ----------
    name, connector, source : which it is. state : what it does. since : when that began. at : when this was noted.
    started_at : when this process began to take it; all numbers count from then.
    received_at, occurred_at : when the last event was taken, and when it happened; of an earlier process if none came since.
    accepted, duplicate, conflict, rejected : events, by what became of them.
    lag_median, lag_worst : seconds from an event to its taking, of the last ``LAGS`` events; None if none came.
    gaps, missing : how often events are known to be missing by the numbers of the source, and how many of them.
    error, error_at : why it last failed, and when; kept after it works again. failures : in a row. next_at : next try or look.
    """

    name: str
    connector: str
    source: str
    state: State = State.CONNECTING
    since: int = 0
    at: int = 0
    started_at: int = 0
    received_at: int | None = None
    occurred_at: int | None = None
    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    rejected: int = 0
    lag_median: float | None = None
    lag_worst: float | None = None
    gaps: int = 0
    missing: int = 0
    error: str = ""
    error_at: int | None = None
    failures: int = 0
    next_at: int | None = None


class Meter:
    """Takes note of one source while it is taken; any thread may ask.

    Parameters
    ----------
    source : which. clock : tells the time. before : what an earlier process kept of it, for the last event.
    """

    def __init__(self, source: ConfiguredSource, *, clock: Clock, before: Health | None = None) -> None:
        now = clock.now()
        self._clock = clock
        self._lock = threading.Lock()
        self._lags: deque[float] = deque(maxlen=LAGS)
        self._sequences = Sequences()
        self._is_connected: bool | None = None
        self._health = Health(source.name, source.connector.name, source.source, since=now, at=now, started_at=now)
        if before is not None and before.source == source.source:
            self._health = replace(self._health, received_at=before.received_at, occurred_at=before.occurred_at)

    def health(self) -> Health:
        """Return how the source is now."""
        with self._lock:
            lags = sorted(self._lags)
            return replace(
                self._health,
                at=self._clock.now(),
                lag_median=median(lags) if lags else None,
                lag_worst=lags[-1] if lags else None,
                gaps=self._sequences.gaps,
                missing=self._sequences.missing,
            )

    def connected(self) -> None:
        """Note that a connection stands."""
        with self._lock:
            self._is_connected = True
            self._turn(State.RECEIVING, failures=0, next_at=None)

    def lost(self, error: str, again: float) -> None:
        """Note that a connection is lost, and after how many seconds it is tried again, until it is told to stand."""
        self._is_connected = False
        self.failed(error, again=again)

    def seen(self, taken: Sequence[Taken]) -> None:
        """Note what was taken of a batch."""
        now = self._clock.now()
        with self._lock:
            for item, record, receipt in taken:
                if receipt.outcome is Outcome.ACCEPTED:
                    self._lags.append((now - record.occurred_at) / SECOND)
                    self._sequences.saw(item.content)
                    self._health = replace(self._health, received_at=now, occurred_at=record.occurred_at)

    def counted(self, before: Summary, after: Summary) -> None:
        """Note what a step of an ingest added, and whether it has more for now."""
        with self._lock:
            counts = {
                name: getattr(self._health, name) + getattr(after, name) - getattr(before, name)
                for name in ("accepted", "duplicate", "conflict", "rejected")
            }
            is_new = self._health.state is State.CONNECTING and not (after.read or after.is_idle)
            if self._is_connected is False or is_new:
                # What is told without a connection, such as its loss, says nothing of the source.
                self._health = replace(self._health, **counts)
            else:
                # A source that is connected listens where it has no more for now; nobody has to ask it again.
                is_waiting = after.is_idle and self._is_connected is None
                self._turn(State.WAITING if is_waiting else State.RECEIVING, failures=0, next_at=None, **counts)

    def waiting(self, seconds: float) -> None:
        """Note when the source is asked again."""
        with self._lock:
            if self._health.state is not State.WAITING:
                return
            self._health = replace(self._health, next_at=self._clock.now() + round(seconds * SECOND))

    def failed(self, error: str, *, again: float | None) -> bool:
        """Note a failure and after how many seconds it is tried again, None for never; tell whether it is another than before."""
        now = self._clock.now()
        with self._lock:
            if self._is_connected:
                self._is_connected = False
            is_new = not self._health.failures or error[:ERROR_SIGNS] != self._health.error
            self._turn(
                State.FAILING,
                error=error[:ERROR_SIGNS],
                error_at=now,
                failures=self._health.failures + 1,
                next_at=None if again is None else now + round(again * SECOND),
            )
            return is_new

    def stopped(self) -> None:
        """Note that nobody takes it any more."""
        with self._lock:
            self._turn(State.STOPPED, next_at=None)

    def _turn(self, state: State, **changes: Any) -> None:
        since = self._health.since if state is self._health.state else self._clock.now()
        self._health = replace(self._health, state=state, since=since, **changes)


def keep_health(store: Store, health: Health) -> None:
    """Keep how a source is, for other processes and later ones.

    Parameters
    ----------
    store : open for writing. health : of the source.
    """
    store.put(SOURCE_HEALTH, health.name, content=_ENCODER.encode(health))


def kept_health(store: Store, name: str) -> Health | None:
    """Return what was kept of a source; None where there is nothing.

    Parameters
    ----------
    store : open. name : of the source.
    """
    content = store.get(SOURCE_HEALTH, name)
    try:
        return None if content is None else _DECODER.decode(content)
    except (msgspec.DecodeError, msgspec.ValidationError):
        # Another version wrote it; the next process that takes the source writes it anew.
        return None


def health_now(health: Health, *, now: int) -> Health:
    """Return a kept health as it is to be told: who was silent for too long has stopped, whatever it kept last.

    Parameters
    ----------
    health : as it was kept. now : microseconds.
    """
    is_silent = health.state is not State.STOPPED and now - health.at > SILENT_SECONDS * SECOND
    return replace(health, state=State.STOPPED, since=health.at, next_at=None) if is_silent else health


def told_health(health: Health, *, now: int) -> dict[str, Any]:
    """Return how a source is as JSON: times in ISO 8601, spans in seconds, null for what there is not.

    Parameters
    ----------
    health : of the source. now : microseconds, for the age of the last event.
    """
    moments = {"since": health.since, "receivedAt": health.received_at, "occurredAt": health.occurred_at}
    return {
        "name": health.name,
        "connector": health.connector,
        "source": health.source,
        "state": health.state.value,
        **{name: None if at is None else text_of(at) for name, at in moments.items()},
        "ageSeconds": None if health.received_at is None else (now - health.received_at) / SECOND,
        "countsSince": text_of(health.started_at),
        "accepted": health.accepted,
        "duplicate": health.duplicate,
        "conflict": health.conflict,
        "rejected": health.rejected,
        "lagSeconds": None if health.lag_median is None else {"median": health.lag_median, "worst": health.lag_worst},
        "gaps": health.gaps,
        "missing": health.missing,
        "failures": health.failures,
        "error": None if health.error_at is None else {"text": health.error, "at": text_of(health.error_at)},
        "nextAt": None if health.next_at is None else text_of(health.next_at),
    }


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Health)
