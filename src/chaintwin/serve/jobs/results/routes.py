"""``/api/v1/jobs/{jobID}/result`` and ``/api/v1/comparisons``: what jobs found."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from chaintwin.serve.answering.conditional import CACHE_CONTROL, tagged, tagged_bytes
from chaintwin.serve.answering.parameters import PAGING, bad, check_names, whole
from chaintwin.serve.jobs.job import Job
from chaintwin.serve.jobs.results.paired import JOBS_MAX, compared
from chaintwin.serve.jobs.results.tables import TableForm, Wanted, csv_of, form_wanted, rows_of
from chaintwin.serve.parts import Parts, parts_of
from chaintwin.serve.problems import ProblemError

TABLES_MAX = 12
"""Tables of one answer."""

POINTS_MAX = 50
"""Stock points whose rows one answer may be for."""

_CHOOSING = ("stockPoint", "site", "period")
"""Parameters that choose rows of a table."""

router = APIRouter(prefix="/api/v1")


@router.get("/jobs/{jobID}/result")
async def get_result(request: Request) -> Response:
    """Return what a job found, or has found so far: what was run, and the tables that are asked for."""
    check_names(request, "table", *_CHOOSING, *PAGING)
    parts = parts_of(request)
    job = parts.scheduler.get(request.path_params["jobID"])
    form = form_wanted(request.headers.get("accept", "*/*"))
    if not job.part:
        detail = f"The job is {job.state} and has found nothing yet; follow it at /api/v1/jobs/{job.id}/events"
        raise ProblemError(409, "no-result", detail=detail)
    names = _names(request, job)
    try:
        return await _answer(request, job, names=names, form=form)
    except FileNotFoundError:
        # A sharper result took its place between looking and reading.
        return await _answer(request, parts.scheduler.get(job.id), names=names, form=form)


@router.get("/comparisons")
async def compare_jobs(request: Request) -> Response:
    """Return the paired differences of jobs to the first of them, with intervals."""
    check_names(request, "jobs")
    parts = parts_of(request)
    ids = [name for name in request.query_params.get("jobs", "").split(",") if name]
    if not 2 <= len(ids) <= JOBS_MAX or len(set(ids)) < len(ids):
        raise bad("jobs", found=f"{len(ids)} jobs", allowed=f"2 to {JOBS_MAX} ids of different jobs, separated by commas")
    try:
        found = await _compared(parts, ids)
    except FileNotFoundError:
        # A sharper result took its place between looking and reading.
        found = await _compared(parts, ids)
    return tagged(request, found)


async def _compared(parts: Parts, ids: list[str]) -> dict[str, Any]:
    jobs = [parts.scheduler.get(name) for name in ids]
    places = {job.id: parts.scheduler.files.part(job) for job in jobs}
    return await parts.threads.read(partial(compared, jobs, parts=places))


async def _answer(request: Request, job: Job, *, names: list[str], form: TableForm) -> Response:
    parts = parts_of(request)
    folder = parts.scheduler.files.part(job)
    if form is TableForm.JSON:
        return await _json(request, job, names=names, folder=folder)
    for name in _CHOOSING:
        if name in request.query_params:
            raise bad(name, found=f"one beside {form.value}", allowed="one with JSON; other forms hold a table as a whole")
    if len(names) != 1:
        raise bad("table", found=f"{len(names)} tables", allowed=f"one for {form.value}, among {', '.join(job.tables)}")
    file = folder / f"{names[0]}.parquet"
    title = f'attachment; filename="{job.kind}-{names[0]}.{"csv" if form is TableForm.CSV else "parquet"}"'
    headers = {"Content-Disposition": title, "Chaintwin-Part": str(job.part)}
    if form is TableForm.CSV:
        content = await parts.threads.read(partial(csv_of, file))
        return tagged_bytes(request, content, media_type="text/csv", headers=headers)
    if not file.is_file():
        raise FileNotFoundError(file)
    return FileResponse(file, headers=headers | {"Cache-Control": CACHE_CONTROL, "Vary": "Accept"}, media_type=form.value)


async def _json(request: Request, job: Job, *, names: list[str], folder: Path) -> Response:
    parts = parts_of(request)
    size, begin = parts.pages.per_page(request), parts.pages.position(request) or 0
    if len(names) > 1 and begin:
        raise bad("nextPageToken", found="one beside several tables", allowed="one table, whose pages are asked for one by one")
    points = tuple(request.query_params.getlist("stockPoint"))
    if len(points) > POINTS_MAX:
        raise bad("stockPoint", found=f"{len(points)} of them", allowed=f"up to {POINTS_MAX}")
    period = request.query_params.get("period")
    wanted = Wanted(
        points=points,
        site=request.query_params.get("site"),
        period=None if period is None else whole(period, name="period"),
        begin=begin,
        size=size,
    )
    found = await parts.threads.read(lambda: {name: rows_of(folder / f"{name}.parquet", wanted) for name in names})
    has_more = len(names) == 1 and any(more for _, more in found.values())
    headers = parts.pages.headers(request, begin + size) if has_more else {}
    return tagged(request, _document(job, {name: rows for name, (rows, _) in found.items()}), headers=headers)


def _document(job: Job, found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "jobID": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "isPartial": job.state.value != "done",
        "part": job.part,
        "replications": job.replications,
        "about": job.about,
        "counts": job.tables,
        "tables": found,
    }


def _names(request: Request, job: Job) -> list[str]:
    """Return the tables that are asked for, none where nothing is said."""
    names = [name for name in request.query_params.get("table", "").split(",") if name]
    unknown = [name for name in names if name not in job.tables]
    if unknown or len(names) > TABLES_MAX or len(set(names)) < len(names):
        found = repr(unknown[0][:60]) if unknown else f"{len(names)} tables"
        raise bad("table", found=found, allowed=f"up to {TABLES_MAX} different ones of {', '.join(job.tables)}, by commas")
    return names
