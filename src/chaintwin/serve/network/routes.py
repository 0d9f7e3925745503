"""``/api/v1/network``: the network in force, and the lines of its lanes by sea."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chaintwin.network.network import Network
from chaintwin.serve.answering.conditional import CACHE_CONTROL, has_tag
from chaintwin.serve.answering.parameters import check_names
from chaintwin.serve.live.asking import live_of
from chaintwin.serve.network.view import Content, NetworkView
from chaintwin.serve.parts import parts_of

router = APIRouter(prefix="/api/v1/network")


@router.get("")
async def network(request: Request) -> Response:
    """Return the network in force: sites, products, lanes and stock points, with what its tables leave blank proposed."""
    return await _answer(request, NetworkView.network)


@router.get("/routes")
async def network_routes(request: Request) -> Response:
    """Return the lines that lanes by sea follow; all other lanes are great circles."""
    return await _answer(request, NetworkView.routes)


async def _answer(request: Request, get: Callable[[NetworkView, Network], Content]) -> Response:
    parts = parts_of(request)
    live = live_of(parts)
    check_names(request)
    content = await parts.threads.read(lambda: get(live.view, live.twin.now().network))
    headers = {"ETag": content.tag, "Cache-Control": CACHE_CONTROL}
    if has_tag(request.headers.get("if-none-match", ""), content.tag):
        return Response(status_code=304, headers=headers)
    return Response(content.body, headers=headers, media_type="application/json")
