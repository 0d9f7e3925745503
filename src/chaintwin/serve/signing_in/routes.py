"""``/sign-in`` and ``/api/v1/session``: a browser exchanges the token for a cookie, and gives it back."""

from __future__ import annotations

from importlib.resources import files

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.clock import text_of
from chaintwin.serve.answering.parameters import check_names
from chaintwin.serve.epcis.headers import sent_form
from chaintwin.serve.guarding.access import SIGNS
from chaintwin.serve.guarding.principals import Role, principal_of
from chaintwin.serve.parts import parts_of
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.signing_in.sessions import Session, cookie_of

router = APIRouter()

PAGES = {"/sign-in": "text/html", "/sign-in.js": "text/javascript", "/sign-in.css": "text/css"}
"""What a browser is shown before it is signed in, and of which kind it is."""


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser signs in with.

    Parameters
    ----------
    token : that was shown when the server was first started.
    """

    token: str


@router.get("/sign-in")
async def show_sign_in(request: Request) -> Response:
    """Show the page on which a browser signs in."""
    return _page("/sign-in")


@router.get("/sign-in.js")
async def give_script(request: Request) -> Response:
    """Return the script of the page on which a browser signs in."""
    return _page("/sign-in.js")


@router.get("/sign-in.css")
async def give_style(request: Request) -> Response:
    """Return the style of the page on which a browser signs in."""
    return _page("/sign-in.css")


@router.post("/api/v1/session")
async def sign_in(request: Request) -> Response:
    """Exchange the token for a session, whose cookie no script can read."""
    check_names(request)
    sent_form(request, xml=False)
    try:
        shown = msgspec.json.decode(await request.body(), type=Shown)
    except msgspec.MsgspecError:
        raise ProblemError(400, "ValidationException", detail='body: allowed: {"token": "..."}') from None
    parts = parts_of(request)
    secret, session = await parts.threads.write(lambda: parts.sessions.open(shown.token, role=Role.ADMIN.value))
    headers = {"Set-Cookie": _cookie(request, secret, seconds=parts.settings.sessions.seconds)}
    return JSONResponse(_document(session), 201, headers=headers)


@router.get("/api/v1/session")
async def tell_session(request: Request) -> Response:
    """Return who asks, and until when a session lasts."""
    check_names(request)
    found = principal_of(request)
    if found.session is not None:
        return JSONResponse(_document(found.session))
    return JSONResponse({"principal": found.id, "role": found.role, "createdAt": None, "expiresAt": None})


@router.delete("/api/v1/session")
async def sign_out(request: Request) -> Response:
    """Revoke the session that asks, at once, and take its cookie away."""
    found = principal_of(request)
    if found.session is None:
        raise ProblemError(404, "NoSuchResourceException", detail="This request shows a token and has no session")
    session_hash = found.session.hash
    parts = parts_of(request)
    await parts.threads.write(lambda: parts.sessions.end(session_hash))
    return Response(status_code=204, headers={"Set-Cookie": _cookie(request, "", seconds=0)})


@router.get("/api/v1/sessions")
async def list_sessions(request: Request) -> Response:
    """Return the browsers that are signed in."""
    check_names(request)
    found = parts_of(request).sessions.all()
    return JSONResponse({"member": [_document(session) for session in found], "count": len(found)})


@router.delete("/api/v1/sessions/{sessionID}")
async def revoke_session(request: Request) -> Response:
    """Revoke the session of a browser, at once."""
    parts, name = parts_of(request), request.path_params["sessionID"]
    found = [session for session in parts.sessions.all() if f"session:{session.hash[:SIGNS]}" == name]
    if not found:
        raise ProblemError(404, "NoSuchResourceException", detail=f"No session has the id {name[:40]!r}")
    for session in found:
        await parts.threads.write(lambda ended=session.hash: parts.sessions.end(ended))  # type: ignore[misc]
    return Response(status_code=204)


def _document(session: Session) -> dict[str, str]:
    return {
        "principal": f"session:{session.hash[:SIGNS]}",
        "role": session.role,
        "createdAt": text_of(session.created_at),
        "expiresAt": text_of(session.expires_at),
    }


def _cookie(request: Request, secret: str, *, seconds: int) -> str:
    server = request.scope.get("server") or ("", 0)
    return cookie_of(secret, port=server[1], is_secure=request.url.scheme == "https", seconds=seconds)


def _page(path: str) -> Response:
    name = path[1:] if "." in path else f"{path[1:]}.html"
    content = files("chaintwin.serve.signing_in").joinpath("pages", name).read_bytes()
    return Response(content, media_type=PAGES[path])
