"""``/capture``: documents in, and reports of what became of them."""

from __future__ import annotations

from typing import cast
from xml.sax.saxutils import quoteattr

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.serve.capturing.jobs import Behaviour, Job, job_document, job_ids, job_of
from chaintwin.serve.capturing.prepared import Form
from chaintwin.serve.epcis.headers import (
    answer_headers,
    check_sent,
    check_wanted,
    discovery_headers,
    extension_prefixes,
    sent_form,
    wanted,
)
from chaintwin.serve.guarding.principals import principal_of
from chaintwin.serve.parts import Parts, parts_of
from chaintwin.serve.problems import ProblemError

router = APIRouter(prefix="/epcis")


@router.options("/capture")
async def discover_capture(request: Request) -> Response:
    """Tell the limits of captures."""
    limits = parts_of(request).settings.limits
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET, POST", limits=limits))


@router.post("/capture")
async def capture(request: Request) -> Response:
    """Take a document; its events and the report of them are durable when this is answered with 202."""
    check_sent(request)
    form = sent_form(request)
    behaviour = request.headers.get("gs1-capture-error-behaviour", "rollback")
    if behaviour not in ("rollback", "proceed"):
        detail = f"GS1-Capture-Error-Behaviour: found {behaviour[:40]!r}; allowed: rollback, proceed"
        raise ProblemError(400, "ValidationException", detail=detail)
    parts = parts_of(request)
    prefixes, by = extension_prefixes(request), principal_of(request).id
    asked = cast("Behaviour", behaviour)
    job = await parts.capturing.capture(await request.body(), form, behaviour=asked, prefixes=prefixes, by=by)
    location = {"Location": f"/epcis/capture/{job.id}"}
    return Response(status_code=202, headers=answer_headers() | location)


@router.get("/capture")
async def list_jobs(request: Request) -> Response:
    """Return the reports of captures, the latest first and without their single events; refused documents among them."""
    check_wanted(request)
    parts = parts_of(request)
    names = await parts.threads.read(lambda: job_ids(parts.store))
    page, headers = parts.pages.slice(request, names[::-1])
    jobs = await parts.threads.read(lambda: [job for job in (job_of(parts.store, name) for name in page) if job is not None])
    documents = [job_document(job, with_events=False) for job in jobs]
    return JSONResponse(documents, headers=answer_headers() | headers)


@router.options("/capture/{captureID}")
async def discover_job(request: Request) -> Response:
    """Tell what a report gives."""
    await _job(request, parts_of(request))
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET"))


@router.get("/capture/{captureID}")
async def get_job(request: Request) -> Response:
    """Return what became of a document, event by event."""
    form = wanted(request)
    job = await _job(request, parts_of(request))
    if form.form is Form.XML:
        return Response(_job_xml(job), headers=answer_headers(), media_type=form.media_type)
    return JSONResponse(job_document(job), headers=answer_headers())


async def _job(request: Request, parts: Parts) -> Job:
    job_id = request.path_params["captureID"]
    job = await parts.threads.read(lambda: job_of(parts.store, job_id))
    if job is None:
        raise ProblemError(404, "NoSuchResourceException", detail=f"No capture has the id {job_id[:100]!r}")
    return job


def _job_xml(job: Job) -> bytes:
    document = job_document(job, with_events=False)
    names = ("captureID", "createdAt", "finishedAt", "running", "success", "captureErrorBehaviour")
    attributes = " ".join(f"{name}={quoteattr(_text(document[name]))}" for name in names)
    errors = "".join(
        f"<errors><type>{error['type']}</type><title>{error['title']}</title><status>{error['status']}</status></errors>"
        for error in document["errors"]
    )
    root = f'<epcis:EPCISCaptureJob xmlns:epcis="urn:epcglobal:epcis:xsd:2" {attributes}>{errors}</epcis:EPCISCaptureJob>'
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + root.encode()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
