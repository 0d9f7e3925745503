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


@router.get("/findings")
async def network_findings(request: Request) -> Response:
    """Return what the doctor says of the network in force: each finding with its place, what is allowed and how to mend it."""
    return await _answer(request, NetworkView.findings)


@router.get("/dependence")
async def network_dependence(request: Request) -> Response:
    """Return on whom the network in force depends: shares of suppliers, countries and blocs, and what has one supplier alone."""
    return await _answer(request, NetworkView.dependence)


async def _answer(request: Request, get: Callable[[NetworkView, Network], Content]) -> Response:
    parts = parts_of(request)
    live = live_of(parts)
    check_names(request)
    content = await parts.threads.read(lambda: get(live.view, live.twin.now().network))
    headers = {"ETag": content.tag, "Cache-Control": CACHE_CONTROL}
    if has_tag(request.headers.get("if-none-match", ""), content.tag):
        return Response(status_code=304, headers=headers)
    return Response(content.body, headers=headers, media_type="application/json")
