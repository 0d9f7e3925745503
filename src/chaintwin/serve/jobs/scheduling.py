"""Which job is done when: a queue that is bounded, few at one time, each cancelled, resumed and forgotten in good form."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from chaintwin.clock import SECOND, Clock
from chaintwin.errors import ChaintwinError
from chaintwin.fidelity.versions.shelf import in_force
from chaintwin.serve.capturing.jobs import new_job_id
from chaintwin.serve.jobs.asking import AnyAsked, Fork, Import
from chaintwin.serve.jobs.beginning import Beginning, Position, beginning_of, check_imported, kept_parameters, position_of
from chaintwin.serve.jobs.crew import Bounds, Crew
from chaintwin.serve.jobs.files import JobFiles
from chaintwin.serve.jobs.job import Job, State
from chaintwin.serve.jobs.messages import Failed, Found, Order, Prepare, Progressed, Said, Stopped
from chaintwin.serve.problems import ProblemError, problem_of
from chaintwin.serve.settings import JobLimits
from chaintwin.serve.threads import Threads
from chaintwin.serve.uploading.uploads import Uploads
from chaintwin.store.interface import Store
from chaintwin.twin import Twin

_LOG = logging.getLogger("chaintwin.serve")

TIDY_SECONDS = 60.0
"""How often what has expired is looked for."""

RESUMES_MAX = 10
"""How often a job goes on after a restart: one that ends the server, for want of memory say, must not do so for ever."""


class Scheduler:
    """Takes in jobs and has them done; its methods are called in the loop that answers.

    Parameters
    ----------
    twin : state of the log; None for a server of the log alone. files : where jobs lie. uploads : what imports are made of.
    limits : how many at one time, how long the queue, and more.
    """

    def __init__(
        self,
        store: Store,
        *,
        twin: Twin | None,
        files: JobFiles,
        uploads: Uploads,
        threads: Threads,
        clock: Clock,
        limits: JobLimits,
    ) -> None:
        self._store, self._twin, self.files, self._uploads = store, twin, files, uploads
        self._threads, self._clock, self.limits = threads, clock, limits
        self._jobs: dict[str, Job] = {}
        self._keys: dict[str, str] = {}
        self._queue: deque[str] = deque()
        self._coming = asyncio.Event()
        self._changed: dict[str, asyncio.Event] = {}
        self._stops: dict[str, threading.Event] = {}
        self._making = asyncio.Lock()
        self._ending = threading.Event()
        self._crews = [Crew(Bounds(limits.seconds, limits.memory_bytes)) for _ in range(limits.at_once)]
        self._hands = ThreadPoolExecutor(max(1, limits.at_once), thread_name_prefix="jobs")
        self._tasks: list[asyncio.Task[None]] = []
        self.spent: dict[tuple[str, str], tuple[int, float]] = {}

    @property
    def is_warm(self) -> bool:
        """Whether a job that is asked for now would begin at once."""
        return bool(self._crews) and all(crew.is_warm for crew in self._crews)

    @property
    def pids(self) -> list[int]:
        """Numbers of the processes of jobs."""
        return [crew.pid for crew in self._crews if crew.pid is not None]

    async def start(self) -> None:
        """Take up the jobs that are kept: what waited waits again, what was worked on goes on or is told as interrupted."""
        for job in await self._threads.read(self.files.jobs):
            self._jobs[job.id] = job
            if job.key:
                self._keys[job.key] = job.id
            if job.state is State.RUNNING and (not job.goes_on or job.resumed >= RESUMES_MAX):
                await self._over(job, State.FAILED, problem=_interrupted(job))
            elif not job.is_over:
                kept = msgspec.structs.replace(job, state=State.QUEUED, resumed=job.resumed + (job.state is State.RUNNING))
                self._put(kept)
                self._queue.append(job.id)
        self._coming.set()
        self._tasks = [asyncio.create_task(self._serve(crew)) for crew in self._crews]
        self._tasks.append(asyncio.create_task(self._tidy()))

    async def close(self) -> None:
        """End all work; what the engine saved of it goes on when a server runs again."""
        self._ending.set()
        for stop in self._stops.values():
            stop.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._hands.shutdown, wait=True, cancel_futures=True)
        for crew in self._crews:
            await asyncio.to_thread(crew.close)

    async def make(self, asked: AnyAsked, *, by: str, key: str = "", body: str = "") -> Job:
        """Take in a job, durably, and return it; the one that was made with the same key, if there is one.

        Parameters
        ----------
        asked : what for. by : who asks. key : of idempotency; empty for none. body : hash of what came with it.

        Raises
        ------
        ProblemError
            404, 400 where it cannot be run; 422 for a key that was used for something else; 429 where too many wait; 503 where
            the disk takes nothing.
        """
        if not self._crews:
            detail = "This server does no jobs; it was started with --jobs 0"
            raise ProblemError(404, "NoSuchResourceException", detail=detail)
        key = f"{by}\n{key}" if key else ""
        async with self._making:
            known = self._jobs.get(self._keys.get(key, "")) if key else None
            if known is not None:
                if known.body != body:
                    detail = (
                        f"Idempotency-Key: found the key of job {known.id}, which asks for something else; allowed: a new key"
                    )
                    raise ProblemError(422, "idempotency", detail=detail)
                return known
            self._refuse_full()
            await self._threads.read(partial(self._refuse_missing, asked))
            position = await self._threads.read(partial(position_of, asked, twin=self._twin, store=self._store))
            job = self._new(asked, by=by, key=key, body=body, position=position)
            try:
                await self._threads.write(partial(self.files.make, job))
            except OSError as error:
                raise ProblemError(
                    503, "store-failed", detail=f"The job cannot be kept: {error.strerror}", headers=_again(10)
                ) from None
            self._jobs[job.id] = job
            if key:
                self._keys[key] = job.id
        self._queue.append(job.id)
        self._coming.set()
        return job

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises
        ------
        ProblemError
            404.
        """
        found = self._jobs.get(job_id)
        if found is None:
            raise ProblemError(404, "NoSuchResourceException", detail=f"No job has the id {job_id[:60]!r}; it may have expired")
        return found

    def jobs(self) -> list[Job]:
        """Return all jobs, the latest first."""
        return list(self._jobs.values())[::-1]

    async def changed(self, job_id: str, *, after: int, within: float) -> Job:
        """Return a job as soon as it has changed since ``after``, or after ``within`` seconds."""
        try:
            async with asyncio.timeout(within):
                while (job := self.get(job_id)).change <= after:
                    await self._changed.setdefault(job_id, asyncio.Event()).wait()
        except TimeoutError:
            job = self.get(job_id)
        return job

    async def cancel(self, job_id: str) -> Job:
        """Stop a job, or take it out of the queue; one that is over stays as it is."""
        job = self.get(job_id)
        if job.state is State.QUEUED:
            with suppress(ValueError):
                self._queue.remove(job_id)
            job = await self._over(job, State.CANCELLED)
        elif job.state is State.RUNNING and job_id in self._stops:
            self._stops[job_id].set()
        return job

    async def remove(self, job_id: str) -> None:
        """Stop a job and forget it with all that it found."""
        job = await self.cancel(job_id)
        while not job.is_over:
            job = await self.changed(job_id, after=job.change, within=1.0)
        self._forget(job)
        await self._threads.write(partial(self.files.remove, job_id))

    def _refuse_full(self) -> None:
        if len(self._queue) >= self.limits.queued:
            detail = f"{self.limits.queued} jobs wait already, which is all there may be; come again, or cancel one"
            running = [job for job in self._jobs.values() if job.state is State.RUNNING]
            spent = max(((self._clock.now() - job.started_at) / SECOND for job in running), default=0.0)
            raise ProblemError(429, "busy", detail=detail, headers=_again(min(60, max(2, int(spent)))))

    def _refuse_missing(self, asked: AnyAsked) -> None:
        """Refuse a job of a file or of an import that is not there."""
        if isinstance(asked, Import):
            self._uploads.file(asked.upload)
        elif not isinstance(asked, Fork) and asked.network:
            check_imported(asked.network, self._jobs.get(asked.network), files=self.files)

    def _new(self, asked: AnyAsked, *, by: str, key: str, body: str, position: Position) -> Job:
        from chaintwin import __version__

        now = self._clock.now()
        return Job(
            id=new_job_id(now),
            asked=asked,
            by=by,
            key=key,
            body=body,
            created_at=now,
            version=str(__version__),
            sequence=position.sequence,
            known_at=position.known_at,
            time=position.time,
            parameters=position.parameters,
            change=1,
        )

    def _put(self, job: Job) -> Job:
        """Let a job be as it is given from now on, and wake who waits for that."""
        job = msgspec.structs.replace(job, change=self._jobs[job.id].change + 1)
        self._jobs[job.id] = job
        waiting = self._changed.pop(job.id, None)
        if waiting is not None:
            waiting.set()
        return job

    async def _keep(self, job: Job) -> Job:
        job = self._put(job)
        try:
            await self._threads.write(partial(self.files.save, job))
        except OSError:
            # It goes on in memory; a restart finds it as it was kept last, or not where it was taken away.
            if job.id in self._jobs:
                _LOG.warning("job %s cannot be kept", job.id)
        return job

    async def _over(self, job: Job, state: State, *, problem: dict[str, Any] | None = None) -> Job:
        now = self._clock.now()
        over = msgspec.structs.replace(
            job,
            state=state,
            finished_at=now,
            expires_at=now + self.limits.kept_seconds * SECOND,
            progress=1.0 if state is State.DONE else job.progress,
            problem=problem or {},
        )
        name = (over.kind, state.value)
        count, seconds = self.spent.get(name, (0, 0.0))
        self.spent[name] = (count + 1, seconds + (now - job.started_at) / SECOND if job.started_at else seconds)
        over = await self._keep(over)
        await self._threads.write(partial(self.files.clear, over))
        return over

    def _forget(self, job: Job) -> None:
        self._jobs.pop(job.id, None)
        if self._keys.get(job.key) == job.id:
            del self._keys[job.key]
        waiting = self._changed.pop(job.id, None)
        if waiting is not None:
            waiting.set()

    async def _serve(self, crew: Crew) -> None:
        """Have one job after the other done by one process."""
        await self._warm(crew)
        while True:
            while not self._queue:
                self._coming.clear()
                await self._coming.wait()
            job_id = self._queue.popleft()
            try:
                await self._do(crew, self._jobs[job_id])
            except asyncio.CancelledError:
                raise
            except Exception as error:
                if not isinstance(error, ChaintwinError):
                    _LOG.exception("job %s failed", job_id)
                problem = problem_of(error)
                told = {"type": f"urn:chaintwin:problem:{problem.kind}", "title": "The job failed", "status": problem.status}
                if job_id in self._jobs:
                    await self._over(self._jobs[job_id], State.FAILED, problem=told | {"detail": problem.detail})

    async def _warm(self, crew: Crew) -> None:
        """Load kernels and network in the background, before the first job."""
        order = Prepare()
        twin = self._twin
        if twin is not None:

            def prepared() -> Prepare:
                live = twin.now()
                network = self.files.keep(live.network)
                version = in_force(self._store, self._clock.now())
                parameters = kept_parameters(self._store, "" if version is None else version.id)
                return Prepare(network, str(self.files.network(network)), parameters, max(live.next_period, 0))

            try:
                order = await self._threads.write(prepared)
            except Exception:
                # What is wrong is told by the first job that meets it.
                _LOG.warning("jobs are not prepared", exc_info=True)
        await self._in_hand(partial(crew.prepare, order, ending=self._ending))

    async def _do(self, crew: Crew, job: Job) -> None:
        stop = self._stops[job.id] = threading.Event()
        try:
            job = await self._keep(msgspec.structs.replace(job, state=State.RUNNING, started_at=self._clock.now()))
            network = "" if isinstance(job.asked, Fork | Import) else job.asked.network
            imported = self._jobs.get(network)
            begun = await self._threads.read(
                partial(beginning_of, job, twin=self._twin, store=self._store, files=self.files, imported=imported)
            )
            job = self._put(msgspec.structs.replace(job, network=begun.network))
            order = self._order(job, begun)
            loop = asyncio.get_running_loop()

            def told(said: Said) -> None:
                loop.call_soon_threadsafe(self._told, job.id, said)

            last = await self._in_hand(partial(crew.run, order, told=told, stop=stop))
            await self._end(self._jobs[job.id], last)
        finally:
            self._stops.pop(job.id, None)

    def _order(self, job: Job, begun: Beginning) -> Order:
        upload = self._uploads.file(job.asked.upload) if isinstance(job.asked, Import) else ("", "")
        return Order(
            asked=job.asked,
            folder=str(self.files.folder(job.id)),
            part=job.part,
            threads=self.limits.threads or max(1, (os.cpu_count() or 1) - 1),
            network=begun.network,
            place=begun.place,
            upload=upload,
            cells=begun.cells,
            time=begun.time,
            head=begun.head,
            parameters=begun.parameters,
        )

    def _told(self, job_id: str, said: Said) -> None:
        job = self._jobs.get(job_id)
        if job is None or job.is_over:
            return
        if isinstance(said, Progressed):
            self._put(msgspec.structs.replace(job, progress=max(job.progress, min(said.share, 0.999))))
        elif isinstance(said, Found):
            self._put(_with_result(job, said))

    async def _end(self, job: Job, last: Said) -> None:
        """Note how a job ended; one that is cut off because the server ends stays as it is kept, and goes on with the next."""
        if isinstance(last, Found):
            await self._over(_with_result(job, last), State.DONE)
        elif self._ending.is_set():
            return
        elif isinstance(last, Stopped):
            await self._over(job, State.CANCELLED)
        elif isinstance(last, Failed):
            problem: dict[str, Any] = {
                "type": f"urn:chaintwin:problem:{last.kind}",
                "title": "The job failed",
                "status": 400 if last.kind in ("input", "usage", "graph") else 500,
                "detail": last.detail,
            }
            await self._over(job, State.FAILED, problem=problem | ({"faults": last.faults} if last.faults else {}))

    async def _in_hand(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._hands, work)

    async def _tidy(self) -> None:
        """Forget what has expired, and the oldest where all together take too much."""
        while True:
            try:
                await self._tidied()
            except Exception:
                # The next time may go better; without a next time what is kept would have no bound.
                _LOG.exception("jobs cannot be tidied")
            await asyncio.sleep(TIDY_SECONDS)

    async def _tidied(self) -> None:
        for job in await self._threads.read(self._too_much):
            self._forget(job)
            await self._threads.write(partial(self.files.remove, job.id))
        # A job that is about to begin has a network that it does not name yet.
        if all(job.network for job in self._jobs.values() if job.state is State.RUNNING and not isinstance(job.asked, Import)):
            used = {job.network for job in self._jobs.values() if job.network}
            await self._threads.write(partial(self.files.keep_only, used))
        await self._threads.write(self._uploads.tidy)

    def _too_much(self) -> list[Job]:
        now, total, count, gone = self._clock.now(), 0, 0, []
        for job in list(self._jobs.values())[::-1]:
            if not job.is_over:
                continue
            size = self.files.size(job.id)
            if job.expires_at < now or total + size > self.limits.kept_bytes or count >= self.limits.kept:
                gone.append(job)
            else:
                total, count = total + size, count + 1
        return gone


def _interrupted(job: Job) -> dict[str, Any]:
    times = f", {job.resumed + 1} times so far" if job.resumed else ""
    return {
        "type": "urn:chaintwin:problem:interrupted",
        "title": "The job was interrupted",
        "status": 503,
        "detail": f"The server was stopped while it was worked on{times}; it can be started again.",
    }


def _with_result(job: Job, found: Found) -> Job:
    return msgspec.structs.replace(job, part=found.part, tables=found.tables, about=found.about, replications=found.replications)


def _again(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}
