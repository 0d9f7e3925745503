"""A job: what was asked for, by whom, of which log and network, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from chaintwin.clock import text_of
from chaintwin.serve.jobs.asking import AnyAsked, Compare, Simulate, document_of, seed_of


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({State.DONE, State.FAILED, State.CANCELLED})


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One job; replaced, never changed.

    Parameters
    ----------
    id : later ones sort behind earlier ones. asked : what was asked for. by : who did. key : of idempotency, with its owner;
        body :
        hash of what came with it.
    created_at, started_at, finished_at, expires_at : microseconds since 1970 in UTC; 0 where it has not come to that.
    version : of chaintwin. network : hash of its network. sequence : entry of the log that its state goes to, 0 for none.
    known_at : time of record up to which anything counts. time : event time that it starts from; 0 for none.
    parameters : id of the version of parameters that it looks ahead with; empty for those of the tables.
    state : see above. progress : 0 to 1. replications : that the result rests on so far. part : number of that result, 0 for
        none.
    tables : rows of each. about : what it was run with. problem : why it failed. resumed : how often it went on after a restart.
    change : grows with every change.
    """

    id: str
    asked: AnyAsked
    by: str
    created_at: int
    key: str = ""
    body: str = ""
    started_at: int = 0
    finished_at: int = 0
    expires_at: int = 0
    version: str = ""
    network: str = ""
    sequence: int = 0
    known_at: int = 0
    time: int = 0
    parameters: str = ""
    state: State = State.QUEUED
    progress: float = 0.0
    replications: int = 0
    part: int = 0
    tables: dict[str, int] = {}
    about: dict[str, Any] = {}
    problem: dict[str, Any] = {}
    resumed: int = 0
    change: int = 0

    @property
    def kind(self) -> str:
        """Kind of the job."""
        return str(self.asked.__struct_config__.tag)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED

    @property
    def goes_on(self) -> bool:
        """Whether the engine goes on from what it saved when the job is started again."""
        return isinstance(self.asked, Compare) or (isinstance(self.asked, Simulate) and self.asked.bands is None)


def job_document(job: Job) -> dict[str, Any]:
    """Return the JSON of a job."""
    moments = {"createdAt": job.created_at, "startedAt": job.started_at, "finishedAt": job.finished_at}
    document: dict[str, Any] = {
        "jobID": job.id,
        "kind": job.kind,
        "title": job.asked.title,
        "state": job.state.value,
        "progress": round(job.progress, 4),
        "asked": document_of(job.asked),
        "by": job.by,
        **{name: text_of(time) if time else None for name, time in moments.items()},
        "expiresAt": text_of(job.expires_at) if job.expires_at else None,
        "seed": seed_of(job.asked),
        "version": job.version,
        "network": job.network,
        "log": {"sequence": job.sequence, "recordedAt": text_of(job.known_at)} if job.known_at else None,
        "time": text_of(job.time) if job.time else None,
        "parameters": job.parameters or None,
        "replications": job.replications,
        "part": job.part,
        "tables": job.tables,
        "about": job.about,
        "resumed": job.resumed,
        "change": job.change,
        "result": f"/api/v1/jobs/{job.id}/result" if job.part else None,
    }
    return document | ({"problem": job.problem} if job.problem else {})


def packed(job: Job) -> bytes:
    """Return a job as it is kept."""
    return _ENCODER.encode(job)


def unpacked(content: bytes) -> Job:
    """Return a job that was kept.

    Raises
    ------
    msgspec.MsgspecError
        It is none.
    """
    return _DECODER.decode(content)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Job)
