"""``/api/v1/outlook``: what may run short from here on, as the server last saw it by itself."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chaintwin.serve.answering.conditional import tagged
from chaintwin.serve.answering.parameters import check_names
from chaintwin.serve.live.asking import live_of
from chaintwin.serve.outlook.looking import outlook_document
from chaintwin.serve.parts import parts_of

router = APIRouter(prefix="/api/v1")


@router.get("/outlook")
async def tell_outlook(request: Request) -> Response:
    """Return the latest look ahead and what it warns of; the tables of its job say more."""
    check_names(request)
    parts = parts_of(request)
    live_of(parts)
    return tagged(request, outlook_document(parts.outlook, now=parts.clock.now()))
