"""``/api/v1/jobs``: ask for work, follow it, take what it found."""

from __future__ import annotations

import re
from functools import partial
from hashlib import sha256
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.serve.answering.conditional import tagged
from chaintwin.serve.answering.parameters import PAGING, check_names, chosen, whole
from chaintwin.serve.epcis.headers import sent_form
from chaintwin.serve.guarding.principals import principal_of
from chaintwin.serve.jobs.asking import NAMES, AnyAsked, asked_of
from chaintwin.serve.jobs.job import Job, State, job_document
from chaintwin.serve.jobs.streaming import JobStream
from chaintwin.serve.parts import parts_of
from chaintwin.serve.problems import ProblemError

router = APIRouter(prefix="/api/v1")


@router.post("/jobs")
async def make_job(request: Request) -> Response:
    """Take in a job; it is kept durably when this is answered."""
    check_names(request)
    sent_form(request, xml=False)
    body = await request.body()
    asked = await parts_of(request).threads.read(partial(asked_of, body))
    return await _made(request, asked, body=body)


@router.get("/jobs")
async def list_all_jobs(request: Request) -> Response:
    """Return jobs, the latest first."""
    check_names(request, "state", "kind", *PAGING)
    state = chosen(request, "state", among=[state.value for state in State])
    kind = chosen(request, "kind", among=NAMES)
    parts = parts_of(request)
    jobs = [job for job in parts.scheduler.jobs() if (state or job.state) == job.state and (kind or job.kind) == job.kind]
    page, headers = parts.pages.slice(request, jobs)
    document = {"member": [job_document(job) for job in page], "count": len(jobs), "limits": _limits(request)}
    return tagged(request, document, headers=headers)


@router.get("/jobs/{jobID}")
async def get_one_job(request: Request) -> Response:
    """Return a job as it is now."""
    check_names(request)
    return tagged(request, job_document(_job(request)))


@router.delete("/jobs/{jobID}")
async def remove_job(request: Request) -> Response:
    """Stop a job and forget it with all that it found."""
    await parts_of(request).scheduler.remove(_job(request).id)
    return Response(status_code=204)


@router.post("/jobs/{jobID}/cancel")
async def cancel_job(request: Request) -> Response:
    """Stop a job; what it found so far is kept."""
    check_names(request)
    return _taken(await parts_of(request).scheduler.cancel(_job(request).id))


@router.post("/jobs/{jobID}/again")
async def repeat_job(request: Request) -> Response:
    """Take in another job that asks for the same, from now on."""
    check_names(request)
    before = _job(request)
    return await _made(request, before.asked, body=b"again " + before.id.encode())


@router.get("/jobs/{jobID}/events")
async def follow_job(request: Request) -> Response:
    """Send how far a job is and each answer that is sharper than the last, as server-sent events."""
    check_names(request, "after")
    job = _job(request)
    given = request.headers.get("last-event-id", request.query_params.get("after", "0"))
    after = whole(given, name="Last-Event-ID" if "last-event-id" in request.headers else "after")
    parts = parts_of(request)
    if job.is_over and after == job.change:
        # A browser comes again after the end of a stream; this is how it is told that nothing more will come.
        return Response(status_code=204)
    return JobStream(parts.scheduler, job, after=after, patience=parts.settings.limits.send_seconds)


async def _made(request: Request, asked: AnyAsked, *, body: bytes) -> Response:
    """Take in a job, once for each key of idempotency; ``body`` is what a second request with the key has to say too."""
    key = request.headers.get("idempotency-key", "")
    if key and not re.fullmatch(r"[!-~ ]{1,200}", key):
        detail = f"Idempotency-Key: found {len(key)} signs; allowed: 1 to 200 visible ASCII signs"
        raise ProblemError(400, "ValidationException", detail=detail)
    by = principal_of(request).id
    return _taken(await parts_of(request).scheduler.make(asked, by=by, key=key, body=sha256(body).hexdigest()))


def _job(request: Request) -> Job:
    return parts_of(request).scheduler.get(request.path_params["jobID"])


def _taken(job: Job) -> Response:
    return JSONResponse(job_document(job), 202, headers={"Location": f"/api/v1/jobs/{job.id}"})


def _limits(request: Request) -> dict[str, Any]:
    limits = parts_of(request).settings.jobs
    return {
        "atOnce": limits.at_once,
        "queued": limits.queued,
        "seconds": limits.seconds,
        "memoryBytes": limits.memory_bytes,
        "kept": limits.kept,
        "keptBytes": limits.kept_bytes,
        "keptSeconds": limits.kept_seconds,
    }
