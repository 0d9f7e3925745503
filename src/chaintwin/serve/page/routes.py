"""``/`` and the files it needs: the page, with what a browser may do while it shows it."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chaintwin.serve.answering.conditional import has_tag
from chaintwin.serve.page.files import page_files
from chaintwin.serve.problems import ProblemError

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types svelte-trusted-html",
    )
)
"""What the page may load: its own files and this server's answers. Nothing that stands in the document itself is run, and no text
becomes markup but what its components were compiled to."""


ICON = "/favicon.svg"


def page_routes() -> Sequence[BaseRoute]:
    """Return the routes of the page; they are for browsers and stand in no description."""
    return [Route(path, page, methods=["GET"]) for path in ("/", ICON, "/assets/{name}")]


async def page(request: Request) -> Response:
    """Return a file of the page."""
    found = page_files().get(request.url.path)
    if found is None:
        detail = f"There is nothing at {request.url.path[:200]!r}"
        if request.url.path == "/":
            detail = "This installation has no page; fix: install chaintwin from its wheel, or run make web in its repository"
        raise ProblemError(404, "NoSuchResourceException", detail=detail)
    headers = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "public, max-age=31536000, immutable" if found.is_lasting else "no-cache",
        "Cross-Origin-Opener-Policy": "same-origin",
        "ETag": found.tag,
        "Vary": "Accept-Encoding",
    }
    if has_tag(request.headers.get("if-none-match", ""), found.tag):
        return Response(status_code=304, headers=headers)
    takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
    if found.zipped is not None and takes_gzip:
        return Response(found.zipped, headers={**headers, "Content-Encoding": "gzip"}, media_type=found.media_type)
    return Response(found.content, headers=headers, media_type=found.media_type)
