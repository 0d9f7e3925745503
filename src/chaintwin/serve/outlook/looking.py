"""Looks ahead from the live state whenever a period has passed in it, beside the jobs that people ask for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import monotonic
from typing import Any, NamedTuple

import polars as pl

from chaintwin.clock import text_of
from chaintwin.errors import ChaintwinError
from chaintwin.serve.jobs.asking import Fork
from chaintwin.serve.jobs.job import Job, State
from chaintwin.serve.jobs.scheduling import Scheduler
from chaintwin.serve.live.growth import Growth
from chaintwin.serve.outlook.warning import Warned, warned_of
from chaintwin.serve.settings import OutlookSettings
from chaintwin.serve.threads import Threads
from chaintwin.twin import Twin

_LOG = logging.getLogger("chaintwin.serve")

BY = "outlook"
"""Who asks for the jobs of the server's own."""

LOOK_SECONDS = 10.0
"""How often at most it is seen whether a period has passed, once something was seen: the whole state is read for that."""

WAIT_SECONDS = 1.0
"""How often it is seen whether there is anything to look at for the first time, and whether other jobs are over."""

GIVE_WAY_SECONDS = 0.1
"""How soon it gives way to a job that somebody waits for."""

KEPT = 2
"""Jobs of its own that are kept when they are done: the last, and the one before, which somebody may be reading."""

KEPT_UNDONE = 1
"""Jobs of its own that are kept although they failed or were given up: the last, which says why."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look ahead.

    Parameters
    ----------
    job : which found it. period : of the state that it starts from. head : entry of the log that this state goes to.
    warned : what it warns of. is_first : whether no look came before it, since the server was started.
    """

    job: Job
    period: int
    head: int
    warned: Warned
    is_first: bool


class _There(NamedTuple):
    """Where the state stands: event time of its latest event, period of that, entry of the log; and the period of any moment."""

    latest: int
    period: int
    head: int
    period_at: Callable[[int], int]


class Outlook:
    """Keeps one look ahead that is up to date; its methods are called in the loop that answers.

    Parameters
    ----------
    twin : state of the log; None for a server of the log alone, which sees nothing. growth : tells how far the state is.
    scheduler : has jobs done. settings : how far, how often and of what.
    """

    def __init__(
        self,
        twin: Twin | None,
        *,
        growth: Growth | None,
        scheduler: Scheduler,
        threads: Threads,
        settings: OutlookSettings,
    ) -> None:
        self._twin, self._growth, self._scheduler, self._threads = twin, growth, scheduler, threads
        self.settings = settings
        self.seen: Seen | None = None
        self.fault = ""
        self._task: asyncio.Task[None] | None = None

    @property
    def is_on(self) -> bool:
        """Whether it looks ahead at all."""
        return self._twin is not None and self.settings.days > 0 and self._scheduler.limits.at_once > 0

    def start(self) -> None:
        """Begin to look ahead."""
        if self.is_on:
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        assert self._growth is not None
        settings, head, looked_at, rest = self.settings, -1, -inf, self.settings.seconds
        while True:
            head = await self._growth.beyond(head, within=settings.refresh_seconds)
            pause = WAIT_SECONDS if self.seen is None else max(WAIT_SECONDS, min(LOOK_SECONDS, settings.seconds))
            await asyncio.sleep(max(pause, looked_at + rest - monotonic()))
            state = await self._tried(is_due=monotonic() - looked_at > settings.refresh_seconds)
            if state is State.DONE:
                looked_at, rest = monotonic(), settings.seconds
            elif state is State.FAILED:
                # What fails again and again is asked for less and less often.
                looked_at, rest = monotonic(), min(2 * rest, max(settings.seconds, settings.refresh_seconds))
            elif state is State.CANCELLED:
                # It gave way, and looks again also where nothing comes any more.
                head = -1

    async def _tried(self, *, is_due: bool) -> State | None:
        """Look ahead as ``_look`` does; what goes wrong is told as the fault, until a look is done."""
        try:
            return await self._look(is_due=is_due)
        except Exception as error:
            # What was seen last stays, with its time; the next try may do better.
            self.fault = str(error) if isinstance(error, ChaintwinError) else type(error).__name__
            if not isinstance(error, ChaintwinError):
                _LOG.exception("the server cannot look ahead")
            return State.FAILED

    async def _look(self, *, is_due: bool) -> State | None:
        """Look ahead if a period has passed, or something came and it is due; return how that ended, None for no look."""
        there = await self._threads.read(self._there)
        if there is None:
            return None
        seen = self.seen
        if seen is not None and there.period <= seen.period and not (is_due and there.head > seen.head):
            return None
        if await self._waited():
            there = await self._threads.read(self._there) or there
        job = self._taken(there) or await self._asked(there.latest)
        try:
            if job.state is State.DONE:
                self.seen, self.fault = Seen(job, there.period, job.sequence, await self._warned(job), seen is None), ""
            elif job.state is State.FAILED:
                self.fault = str(job.problem.get("detail", "The look ahead failed"))
        finally:
            await self._forget()
        return job.state

    def _there(self) -> _There | None:
        """Return where the state stands, None for one without events; waits for whoever applies events, so not for the loop."""
        assert self._twin is not None
        live = self._twin.now()
        latest = live.latest
        return None if latest is None else _There(latest, live.period_at(latest + 1), live.head, live.period_at)

    async def _warned(self, job: Job) -> Warned:
        """Return what a look that is done warns of."""
        file = self._scheduler.files.part(job) / "shortages.parquet"
        rows = await self._threads.read(lambda: pl.read_parquet(file).to_dicts())
        before = self.seen.warned if self.seen is not None else None
        return warned_of(rows, time=job.time, likely=self.settings.likely, least=self.settings.least, before=before)

    async def _waited(self) -> bool:
        """Wait until no job is under way; return whether there was one."""
        was_busy = False
        while any(not job.is_over for job in self._scheduler.jobs()):
            was_busy = True
            await asyncio.sleep(WAIT_SECONDS)
        return was_busy

    def _taken(self, there: _There) -> Job | None:
        """Return a look newer than the last that somebody else had taken and that is as good as one of its own; None for none."""
        settings, known = self.settings, self.seen.head if self.seen is not None else 0
        for job in self._scheduler.jobs():
            asked = job.asked
            if job.state is not State.DONE or not isinstance(asked, Fork) or not asked.is_plain or job.sequence <= known:
                continue
            is_same = (asked.days, asked.likely) == (settings.days, settings.likely) and job.replications >= settings.replications
            if is_same and there.period_at(job.time + 1) == there.period:
                return job
        return None

    async def _asked(self, time: int) -> Job:
        """Have a look taken, and give way to whoever else waits for a job."""
        scheduler = self._scheduler
        asked = Fork(
            at=text_of(time), days=self.settings.days, replications=self.settings.replications, likely=self.settings.likely
        )
        job = await scheduler.make(asked, by=BY)
        while not job.is_over:
            job = await scheduler.changed(job.id, after=job.change, within=GIVE_WAY_SECONDS)
            if not job.is_over and any(not other.is_over for other in scheduler.jobs() if other.id != job.id):
                await scheduler.cancel(job.id)
        return job

    async def _forget(self) -> None:
        """Let go of the jobs of its own that nobody needs, so that they push out none of those that people asked for."""
        own = [job for job in self._scheduler.jobs() if job.by == BY and job.is_over]
        done = [job for job in own if job.state is State.DONE]
        undone = [job for job in own if job.state is not State.DONE]
        for job in (*done[KEPT:], *undone[KEPT_UNDONE:]):
            if self.seen is None or job.id != self.seen.job.id:
                await self._scheduler.remove(job.id)


def outlook_document(outlook: Outlook, *, now: int) -> dict[str, Any]:
    """Return what the server expects, as JSON has it.

    Parameters
    ----------
    now : microseconds since 1970 in UTC; what is told of age is as of then.
    """
    seen, settings = outlook.seen, outlook.settings
    document: dict[str, Any] = {
        "state": "off" if not outlook.is_on else "ready" if seen is not None else "waiting",
        "days": settings.days,
        "likely": settings.likely,
        "least": settings.least,
        "fault": outlook.fault or None,
        "jobID": None,
        "time": None,
        "madeAt": None,
        "sequence": 0,
        "isFirst": False,
        "replications": 0,
        "count": 0,
        "warnings": [],
    }
    if seen is None:
        return document
    return document | {
        "jobID": seen.job.id,
        "time": text_of(seen.job.time),
        "madeAt": text_of(seen.job.finished_at or now),
        "sequence": seen.head,
        "isFirst": seen.is_first,
        "replications": seen.job.replications,
        "count": seen.warned.count,
        "warnings": [_told(row) for row in seen.warned.rows],
    }


def _told(row: dict[str, Any]) -> dict[str, Any]:
    first, earliest = row["first_date"], row["earliest_date"]
    return {
        "site": row["site_id"],
        "product": row["product_id"],
        "stockPoint": row["stock_point"],
        "probability": round(row["probability"], 4),
        "firstDate": first.isoformat().replace("+00:00", "Z") if first is not None else None,
        "earliestDate": earliest.isoformat().replace("+00:00", "Z"),
        "units": row["units"],
        "fillRate": row["fill_rate"],
        "since": text_of(row["since"]),
    }
