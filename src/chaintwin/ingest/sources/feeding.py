"""All sources of a project taken side by side into one store: each in a thread of its own, so that none waits for another."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from time import monotonic

from chaintwin.clock import SECOND, Clock
from chaintwin.errors import CancelledError, ChaintwinError
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.interface import Item
from chaintwin.ingest.connectors.running import Capture, Captured, Ingest, Summary
from chaintwin.ingest.sources.configured import ConfiguredSource
from chaintwin.ingest.sources.health import HEARTBEAT_SECONDS, Health, Meter, keep_health, kept_health
from chaintwin.ingest.sources.renaming import taken_over
from chaintwin.ingest.sources.waiting import Ending, pause
from chaintwin.store.interface import Store

_LOG = logging.getLogger("chaintwin.ingest")

LOOK_SECONDS, KEEP_SECONDS = 0.5, 2.0
"""How often it is looked whether the health of a source changed, and how often a change of its numbers is kept at most."""

PATIENCE_SECONDS = 10.0
"""How long a reading may take to notice that it is to end; then it is left, and the store takes nothing more of it."""

BREATH_SECONDS = 0.25
"""Longest rest after a batch where others need the processor too."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How sources are taken.

    Parameters
    ----------
    follow : go on for ever, and try again what fails. every : seconds between two looks; those of each source for None.
    anew : begin at the begin. dry : write nothing.
    gentle : check one batch at a time of all sources, and rest after each as long as it took, to leave time to other work.
    """

    follow: bool = False
    every: float | None = None
    anew: bool = False
    dry: bool = False
    gentle: bool = False


@dataclass(frozen=True, slots=True)
class Fed:
    """What was taken of one source.

    Parameters
    ----------
    source : which. summary : what was taken since the start. read_at : when it was read before, None for never.
    error : why its reading ended; empty where it did not fail.
    """

    source: ConfiguredSource
    summary: Summary = field(default_factory=Summary)
    read_at: int | None = None
    error: str = ""


class Feeding:
    """Takes sources into a store from ``start`` to ``close``.

    Parameters
    ----------
    sources : which. store : where to; open until this is closed. clock : tells the time. manner : how.
    note : takes remarks of connectors, and what fails and works again: name of the source and text. It is called by any thread.
    capture : checks events, in another process maybe.
    """

    def __init__(
        self,
        sources: Sequence[ConfiguredSource],
        *,
        store: Store,
        clock: Clock,
        manner: Manner,
        note: Callable[[str, str], None] = lambda _, __: None,
        capture: Capture = captured,
    ) -> None:
        self._ending = Ending()
        check = _Turn(self._ending, capture).captured if manner.gentle else capture
        self._feeders = [
            _Feeder(source, store=store, clock=clock, manner=manner, note=note, ending=self._ending, capture=check)
            for source in sources
        ]
        self._keeper = None if manner.dry else _Keeper([feeder.meter for feeder in self._feeders], store=store)

    def start(self) -> None:
        """Begin to take them."""
        for feeder in self._feeders:
            feeder.thread.start()
        if self._keeper is not None:
            self._keeper.thread.start()

    def is_running(self) -> bool:
        """Tell whether any of them is still being taken."""
        return any(feeder.thread.is_alive() for feeder in self._feeders)

    def wait(self, seconds: float) -> bool:
        """Wait for so many seconds, or until all have ended; return whether any is still being taken."""
        end = monotonic() + seconds
        for feeder in self._feeders:
            feeder.thread.join(max(0.0, end - monotonic()))
        return self.is_running()

    def health(self) -> list[Health]:
        """Return how the sources are, in their order."""
        return [feeder.meter.health() for feeder in self._feeders]

    def fed(self) -> list[Fed]:
        """Return what was taken of each, in their order."""
        return [feeder.fed for feeder in self._feeders]

    def close(self, *, patience: float = PATIENCE_SECONDS) -> None:
        """End all readings, each behind the batch it is at.

        Parameters
        ----------
        patience : seconds after which one that does not end is left to itself; what it still brings is not taken.
        """
        self._ending.set()
        self.wait(patience)
        for feeder in self._feeders:
            feeder.meter.stopped()
        if self._keeper is not None:
            self._keeper.close()

    def __enter__(self) -> Feeding:
        self.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()


class _Turn:
    """Checks one batch at a time for all sources, and rests after each as long as it took."""

    def __init__(self, ending: Ending, capture: Capture) -> None:
        self._ending, self._capture = ending, capture
        self._lock = threading.Lock()
        self._rests_until = 0.0

    def captured(self, items: Sequence[Item], source: str) -> Captured:
        with self._lock:
            self._ending.sleep(max(self._rests_until - monotonic(), 0.0))
            began = monotonic()
            found = self._capture(items, source)
            now = monotonic()
            self._rests_until = now + min(now - began, BREATH_SECONDS)
            return found


class _Feeder:
    """Takes one source, in a thread of its own."""

    def __init__(
        self,
        source: ConfiguredSource,
        *,
        store: Store,
        clock: Clock,
        manner: Manner,
        note: Callable[[str, str], None],
        ending: Ending,
        capture: Capture,
    ) -> None:
        self.meter = Meter(source, clock=clock, before=None if manner.dry else kept_health(store, source.name))
        self.thread = threading.Thread(target=self._run, name=f"source {source.name}", daemon=True)
        self._source, self._clock, self._manner, self._ending, self._note = source, clock, manner, ending, note
        self._every = source.every if manner.every is None else manner.every
        self._said: set[str] = set()
        self._ingest = Ingest(
            source.connector,
            source.source,
            store,
            capture,
            clock,
            ending.sleep,
            source.options,
            note=self._remark,
            dry=manner.dry,
            anew=manner.anew,
            label=source.name,
            seen=self.meter.seen,
            connected=self.meter.connected,
            lost=self.meter.lost,
        )
        self.fed = Fed(source)

    def _run(self) -> None:
        failures = 0
        while not self._is_ending():
            before = self.fed.summary
            try:
                if self.fed.read_at is None:
                    remark = taken_over(self._ingest, self._source.others)
                    if remark:
                        self._remark(remark)
                    self.fed = replace(self.fed, read_at=self._ingest.read_at())
                self._take(before)
                break
            except CancelledError:
                break
            except Exception as fault:
                if self._is_ending():
                    break
                text = _told(fault)
                failures = 1 if self.fed.summary is not before else failures + 1
                self._failed(text, failures)
                if not self._manner.follow:
                    self.fed = replace(self.fed, error=text)
                    return
        self.meter.stopped()

    def _take(self, before: Summary) -> None:
        """Take what there is, for ever or once; ``before`` was taken until now."""
        last, was_failing = Summary(), bool(self.meter.health().failures)
        for summary in self._ingest.run(follow=self._manner.follow, every=self._every):
            self.meter.counted(last, summary)
            self.fed = replace(self.fed, summary=_sum(before, summary))
            last = summary
            if was_failing and not self.meter.health().failures:
                was_failing = False
                self._note(self._source.name, "works again")
            if summary.batches:
                # Only the first reading begins at the begin.
                self._ingest = replace(self._ingest, anew=False)
            if summary.is_idle:
                self.meter.waiting(self._every)

    def _failed(self, text: str, failures: int) -> None:
        again = pause(failures, key=f"{self._source.name} {self._clock.now()}") if self._manner.follow else None
        if self.meter.failed(text, again=again):
            self._note(self._source.name, text + ("" if again is None else f"; trying again in {again:.1f} s"))
        if again is not None:
            with suppress(CancelledError):
                self._ending.sleep(again)

    def _is_ending(self) -> bool:
        return self._ending.is_set

    def _remark(self, text: str) -> None:
        """Tell a remark of the connector; what is said at every look is told once."""
        if text not in self._said:
            self._said = self._said | {text} if len(self._said) < 100 else {text}
            self._note(self._source.name, text)


class _Keeper:
    """Keeps the health of sources in the store, seldom enough to be no burden and often enough to be believed."""

    def __init__(self, meters: Sequence[Meter], *, store: Store) -> None:
        self._meters, self._store = meters, store
        self._ended = threading.Event()
        self._kept: dict[str, Health] = {}
        self.thread = threading.Thread(target=self._run, name="source health", daemon=True)

    def close(self) -> None:
        """Keep the last of it and end."""
        self._ended.set()
        if self.thread.ident is not None:
            self.thread.join()
        self._keep(is_last=True)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._keep(is_last=False)
            self._ended.wait(LOOK_SECONDS)

    def _keep(self, *, is_last: bool) -> None:
        for meter in self._meters:
            health = meter.health()
            kept = self._kept.get(health.name)
            if kept is not None and not is_last and not _is_due(kept, health):
                continue
            # A store that takes nothing at present says so itself; the document is only a help.
            with suppress(ChaintwinError):
                keep_health(self._store, health)
                self._kept[health.name] = health


def _is_due(kept: Health, health: Health) -> bool:
    age = (health.at - kept.at) / SECOND
    if health.state is not kept.state or health.error != kept.error:
        return True
    is_changed = replace(health, at=kept.at) != kept
    return age >= (KEEP_SECONDS if is_changed else HEARTBEAT_SECONDS)


def _sum(before: Summary, now: Summary) -> Summary:
    """Return what two readings of a source took."""
    reasons = dict(before.reasons)
    for reason, count in now.reasons.items():
        reasons[reason] = reasons.get(reason, 0) + count
    counts = {name: getattr(before, name) + getattr(now, name) for name in _COUNTS}
    return replace(now, reasons=reasons, examples={**now.examples, **before.examples}, **counts)


def _told(fault: Exception) -> str:
    """Return a failure in words."""
    if isinstance(fault, ChaintwinError):
        return str(fault)
    if isinstance(fault, OSError):
        place = f"{fault.filename}: " if fault.filename else ""
        return f"{place}{fault.strerror or fault}"
    # Where it arose helps who mends the connector; the others go on.
    _LOG.error("a source ended with a fault", exc_info=fault)
    return f"a fault of the connector ({type(fault).__name__}: {fault})"


_COUNTS = ("accepted", "duplicate", "conflict", "rejected", "batches")
