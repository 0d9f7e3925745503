"""One capture from first to last: read, check, log, report; acknowledged when all of it is durable."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from chaintwin.clock import SECOND, Clock
from chaintwin.errors import BusyError, Finding, StoreFailedError
from chaintwin.serve.capturing.jobs import (
    REFUSALS,
    SHELF,
    Behaviour,
    EventReport,
    Job,
    Refusal,
    new_job_id,
    packed,
    shelved,
)
from chaintwin.serve.capturing.masterdata import MasterShelf
from chaintwin.serve.capturing.prepared import Form, Most, Prepared, PreparedEvent
from chaintwin.serve.capturing.workers import Workers
from chaintwin.serve.problems import ProblemError, finding_document
from chaintwin.serve.settings import ELEMENTS_HEADER, EVENTS_HEADER, Settings
from chaintwin.serve.threads import Threads
from chaintwin.store.interface import Store
from chaintwin.store.log.preparing import PreparedRecord
from chaintwin.store.records import Amended, Outcome, Receipt, Shelved

TIDY_EVERY = 500
"""After how many captures old reports are looked for."""

REFUSALS_A_SECOND = 20
"""Refused documents of which something is kept within a second, so that who sends nothing else leaves the disk to others."""


class Capturing:
    """Takes documents into the log.

    Parameters
    ----------
    store : the log. workers : what reads documents. threads : where the log may be waited for. clock : tells when they came.
    """

    def __init__(self, store: Store, *, workers: Workers, threads: Threads, clock: Clock, settings: Settings) -> None:
        self.master = MasterShelf(store)
        self._store = store
        self._workers = workers
        self._threads = threads
        self._clock = clock
        self._settings = settings
        self._count = itertools.count(1)
        self._refusals = itertools.count(1)
        self._kept: list[int] = []
        self._missed = 0
        self.refused = 0

    async def read(
        self, content: bytes, form: Form, *, prefixes: dict[str, str], by: str, behaviour: Behaviour = "rollback"
    ) -> Prepared:
        """Return a document, read and checked.

        Parameters
        ----------
        by : who sent it. behaviour : asked for in case of a fault.

        Raises
        ------
        ProblemError
            400 with the faults of the document, 413 for more events or master data than one capture may have; it is kept that
            the document was refused.
        """
        try:
            return await self._read(content, form, prefixes=prefixes)
        except ProblemError as problem:
            raise await self.refusal(problem, content, by=by, behaviour=behaviour) from None

    async def _read(self, content: bytes, form: Form, *, prefixes: dict[str, str]) -> Prepared:
        limits = self._settings.limits
        most = Most(limits.capture_events, limits.capture_elements)
        prepared = await self._workers.prepare(content, form, source=self._settings.source, most=most, prefixes=prefixes)
        for code, header, amount, noun in (
            ("document.events", EVENTS_HEADER, most.events, "events"),
            ("document.elements", ELEMENTS_HEADER, most.elements, "elements of master data"),
        ):
            if any(finding.code == code for finding in prepared.findings):
                detail = f"The document has more than {amount:,} {noun}; send it in parts"
                raise ProblemError(413, "CaptureLimitExceededException", detail=detail, headers={header: str(amount)})
        if prepared.findings:
            raise invalid(prepared.findings)
        return prepared

    async def refusal(self, problem: ProblemError, content: bytes, *, by: str, behaviour: Behaviour = "rollback") -> ProblemError:
        """Keep that a document was refused as a whole, and return the answer to it.

        Parameters
        ----------
        problem : why. content : the document, of which size and digest are kept. by, behaviour : as for ``read``.
        """
        now = self._clock.now()
        self.refused += 1
        self._kept = [time for time in self._kept if now - SECOND < time <= now]
        if len(self._kept) >= REFUSALS_A_SECOND:
            self._missed += 1
            return problem
        self._kept.append(now)
        missed, self._missed = self._missed, 0

        def keep() -> None:
            job = Job(new_job_id(now), now, now, behaviour, (), Refusal.of(problem, content, by=by, missed=missed))
            # Where nothing can be written, who sent it is told all the same.
            with suppress(BusyError, StoreFailedError):
                self._store.put(REFUSALS, job.id, content=packed(job))
                if next(self._refusals) % TIDY_EVERY == 0:
                    self._store.keep_last(REFUSALS, self._settings.limits.refusals)

        await self._threads.write(keep)
        return problem

    async def capture(self, content: bytes, form: Form, *, behaviour: Behaviour, prefixes: dict[str, str], by: str) -> Job:
        """Take a document and return the report of it; events and report are durable then.

        Parameters
        ----------
        by : who sent it.

        Raises
        ------
        ProblemError
            400 where the document is none, or where one event is not valid and all or none are to be taken.
        BusyError, StoreFailedError
            Nothing is acknowledged.
        """
        began = self._clock.now()
        prepared = await self.read(content, form, prefixes=prefixes, by=by, behaviour=behaviour)
        faults = [finding for event in prepared.events if event.record is None for finding in event.findings]
        if behaviour == "rollback" and any(event.record is None for event in prepared.events):
            raise await self.refusal(invalid(faults), content, by=by)
        return await self._threads.write(lambda: self._log(prepared, began=began, behaviour=behaviour))

    async def capture_one(self, event: PreparedEvent, record: PreparedRecord) -> Receipt:
        """Take a single event, of which ``record`` is written, and return what became of it; it is durable then."""
        now = self._clock.now()

        def report(receipts: Sequence[Receipt]) -> list[Shelved | Amended]:
            # Whoever looks for what was refused finds it among the captures.
            if receipts[0].outcome is not Outcome.CONFLICT:
                return []
            return [shelved(Job(new_job_id(now), now, self._clock.now(), "rollback", (_reported(receipts[0], event=event),)))]

        def log() -> Receipt:
            (receipt,) = self._store.append_prepared([record], received_at=now, report=report)
            self._tidy()
            return receipt

        return await self._threads.write(log)

    def _log(self, prepared: Prepared, *, began: int, behaviour: Behaviour) -> Job:
        job = Job(new_job_id(began), began, began, behaviour, ())

        amended = self.master.amended(prepared.vocabulary)

        def report(receipts: Sequence[Receipt]) -> list[Shelved | Amended]:
            nonlocal job
            following = iter(receipts)
            events = [
                _refused(event) if event.record is None else _reported(next(following), event=event) for event in prepared.events
            ]
            job = msgspec.structs.replace(job, finished_at=self._clock.now(), events=tuple(events))
            is_refused = behaviour == "rollback" and any(receipt.outcome is Outcome.CONFLICT for receipt in receipts)
            return [shelved(job), *(() if is_refused else amended)]

        records = [event.record for event in prepared.events if event.record is not None]
        self._store.append_prepared(records, received_at=began, together=behaviour == "rollback", report=report)
        if amended:
            self.master.forget()
        self._tidy()
        return job

    def _tidy(self) -> None:
        if next(self._count) % TIDY_EVERY == 0:
            self._store.keep_last(SHELF, self._settings.limits.jobs)


def invalid(findings: Sequence[Finding]) -> ProblemError:
    """Return the error for content that is not valid, with all its faults."""
    first = str(findings[0]) if findings else "the content is not valid"
    detail = first if len(findings) < 2 else f"{len(findings)} faults; the first: {first}"
    return ProblemError(400, "ValidationException", detail=detail, findings=findings)


def _refused(event: PreparedEvent) -> EventReport:
    return EventReport("invalid", event.key, faults=tuple(finding_document(finding) for finding in event.findings))


def _reported(receipt: Receipt, *, event: PreparedEvent) -> EventReport:
    faults: tuple[dict[str, str], ...] = ()
    if receipt.outcome is Outcome.CONFLICT:
        found = receipt.reason
        if receipt.rival is not None:
            found = f"the event of index {receipt.rival} in the same document has this identifier and says something else"
        faults = ({"code": "event.conflict", "found": found, "allowed": "an identifier that is not in use"},)
    return EventReport(receipt.outcome.value, event.key, receipt.sequence, faults)
