"""``/health/live``, ``/health/ready`` and ``/metrics``: for what watches over a server."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.serve.operating.exposition import MEDIA_TYPE, exposition
from chaintwin.serve.operating.measuring import metrics_of
from chaintwin.serve.parts import parts_of

BEHIND_MAX = 100_000
"""Entries that the state may lack for the server to count as ready."""

router = APIRouter()


@router.get("/health/live")
async def tell_alive(request: Request) -> Response:
    """Tell that the server answers; where it does not, it is to be started anew."""
    return JSONResponse({"status": "live"})


@router.get("/health/ready")
async def tell_ready(request: Request) -> Response:
    """Tell whether the server does all that it is for: takes events, keeps its state up to date; 503 where it does not."""
    parts = parts_of(request)
    log = parts.store.health().writable
    live = parts.live
    state = live is None or (not live.applying.failure and parts.store.head().sequence - live.twin.head <= BEHIND_MAX)
    is_ready = log and state
    document = {"status": "ready" if is_ready else "not ready", "log": log, "state": state, "jobs": parts.scheduler.is_warm}
    return JSONResponse(document, 200 if is_ready else 503, headers={} if is_ready else {"Retry-After": "5"})


@router.get("/metrics")
async def give_metrics(request: Request) -> Response:
    """Return what the server counts, in the text form of Prometheus."""
    parts = parts_of(request)
    content = await parts.threads.read(lambda: exposition(metrics_of(parts, parts.traffic)))
    return Response(content, media_type=MEDIA_TYPE)
