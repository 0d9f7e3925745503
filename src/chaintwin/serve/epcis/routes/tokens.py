"""``/nextPageToken``: a client may say that it needs a token no more."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chaintwin.serve.epcis.headers import answer_headers

router = APIRouter(prefix="/epcis")


@router.delete("/nextPageToken/{token}")
async def release_token(request: Request) -> Response:
    """Release what a token holds; tokens hold nothing here, so any will do."""
    return Response(status_code=204, headers=answer_headers())
