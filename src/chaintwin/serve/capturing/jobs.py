"""Reports of captures: kept durably before they are promised, one line for each event."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any, Literal

import msgspec

from chaintwin.clock import text_of
from chaintwin.serve.problems import TITLES, ProblemError, finding_document
from chaintwin.store.interface import Store
from chaintwin.store.records import Shelved

SHELF, REFUSALS = "capture jobs", "capture refusals"
"""Shelves of reports of documents that were taken, and of those that were refused as a whole; each has a bound of its own, so
that who sends what cannot be used pushes no other report out."""

FAULTS_KEPT = 20
"""Faults of a refused document that are kept in full; their number is kept besides."""

SIGNS_KEPT = 300
"""Signs of a text in such a fault."""

Behaviour = Literal["rollback", "proceed"]


class EventReport(msgspec.Struct, array_like=True, frozen=True):
    """What became of one event.

    Parameters
    ----------
    outcome : accepted, duplicate, conflict, invalid or not_tried. key : hash id, empty where the event is none.
    sequence : number in the log, 0 for none. faults : why it was refused, as in an error.
    """

    outcome: str
    key: str
    sequence: int = 0
    faults: tuple[dict[str, Any], ...] = ()


class Refusal(msgspec.Struct, frozen=True):
    """A document that was refused as a whole; its content is not kept.

    Parameters
    ----------
    by : who sent it. size : bytes. digest : SHA-256 of them, hexadecimal. status, kind, detail : of the answer.
    faults : the first of them, as in an error. count : how many there were.
    missed : documents refused before this one of which nothing is kept, because there were too many at one time.
    """

    by: str
    size: int
    digest: str
    status: int
    kind: str
    detail: str
    faults: tuple[dict[str, str], ...]
    count: int
    missed: int = 0

    @staticmethod
    def of(problem: ProblemError, content: bytes, *, by: str, missed: int = 0) -> Refusal:
        """Return what is kept of a document and of the answer to it."""
        faults = [finding_document(finding) for finding in problem.findings[:FAULTS_KEPT]]
        return Refusal(
            by,
            len(content),
            sha256(content).hexdigest(),
            problem.status,
            problem.kind,
            problem.detail[:SIGNS_KEPT],
            tuple({name: value[:SIGNS_KEPT] for name, value in fault.items()} for fault in faults),
            len(problem.findings),
            missed,
        )


class Job(msgspec.Struct, frozen=True):
    """A capture that was worked off.

    Parameters
    ----------
    id : of the job; later ones sort behind earlier ones. created_at, finished_at : microseconds since 1970 in UTC.
    behaviour : what was asked for in case of a fault. events : in the order of the document.
    refusal : why the document was refused as a whole; None where it was not.
    """

    id: str
    created_at: int
    finished_at: int
    behaviour: str
    events: tuple[EventReport, ...]
    refusal: Refusal | None = None


def new_job_id(now: int) -> str:
    """Return an id for a job that begins now, microseconds since 1970; it cannot be guessed."""
    return f"{now:016x}{secrets.token_hex(6)}"


def shelved(job: Job) -> Shelved:
    """Return a report as it is kept."""
    return Shelved(SHELF, job.id, packed(job))


def packed(job: Job) -> bytes:
    """Return a report as it is kept."""
    return _ENCODER.encode(job)


def job_of(store: Store, job_id: str) -> Job | None:
    """Return a report, or None."""
    content = store.get(SHELF, job_id)
    if content is None:
        content = store.get(REFUSALS, job_id)
    return None if content is None else _DECODER.decode(content)


def job_ids(store: Store) -> list[str]:
    """Return the ids of all reports, those of refused documents among them, the oldest first."""
    return sorted([*store.names(SHELF), *store.names(REFUSALS)])


def job_document(job: Job, *, with_events: bool = True) -> dict[str, Any]:
    """Return the JSON of a report, with the fields of the standard and one line for each event."""
    refused = [(place, event) for place, event in enumerate(job.events) if event.outcome not in ("accepted", "duplicate")]
    counts: dict[str, int] = {}
    for event in job.events:
        counts[event.outcome] = counts.get(event.outcome, 0) + 1
    document: dict[str, Any] = {
        "captureID": job.id,
        "createdAt": text_of(job.created_at),
        "finishedAt": text_of(job.finished_at),
        "running": False,
        "success": not refused and job.refusal is None,
        "captureErrorBehaviour": job.behaviour,
        "errors": [_error(place, event) for place, event in refused],
        "counts": counts,
    }
    if job.refusal is not None:
        document |= _refused(job.refusal)
    if with_events:
        document["events"] = [_line(place, event) for place, event in enumerate(job.events)]
    return document


def _refused(refusal: Refusal) -> dict[str, Any]:
    kind = f"epcisException:{refusal.kind}" if refusal.kind.endswith("Exception") else refusal.kind
    title = TITLES.get(refusal.kind, "The document was refused")
    error: dict[str, Any] = {"type": kind, "title": title, "status": refusal.status}
    error |= {"detail": refusal.detail, "faults": list(refusal.faults), "faultCount": refusal.count}
    document = {"by": refusal.by, "bytes": refusal.size, "sha256": refusal.digest}
    return {"errors": [error], "document": document} | ({"missedBefore": refusal.missed} if refusal.missed else {})


def _line(place: int, event: EventReport) -> dict[str, Any]:
    line: dict[str, Any] = {"index": place, "outcome": event.outcome, "eventID": event.key, "sequence": event.sequence}
    if event.faults:
        line["faults"] = list(event.faults)
    return {name: value for name, value in line.items() if value not in ("", 0) or name == "index"}


def _error(place: int, event: EventReport) -> dict[str, Any]:
    kind, title = _KINDS.get(event.outcome, _KINDS["invalid"])
    detail = "; ".join(str(fault.get("found", "")) for fault in event.faults) or title
    error: dict[str, Any] = {"type": f"epcisException:{kind}", "title": title, "status": 400, "detail": detail, "index": place}
    if event.outcome == "conflict":
        error["status"] = 409
    return error | ({"faults": list(event.faults)} if event.faults else {})


_KINDS = {
    "invalid": ("ValidationException", "The event is not valid"),
    "conflict": ("ResourceAlreadyExistsException", "Another event has this identifier"),
    "not_tried": ("ValidationException", "Refused because of another event of the document"),
}
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Job)
