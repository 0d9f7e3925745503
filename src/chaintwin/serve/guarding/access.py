"""Who is answered: the host that was asked for, the page that asks, and the token or session it shows."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chaintwin.guard.tokens import is_token, token_hash
from chaintwin.serve.guarding.principals import Principal, Role
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.settings import Settings, host_shown
from chaintwin.serve.signing_in.sessions import Sessions

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""What changes nothing."""

PAGES = frozenset({"/", "/sign-in"})
"""What a person opens."""

STREAMS = re.compile(r"/api/v1/changes|/api/v1/jobs/[^/]+/events")
"""Routes over HTTP whose answer has no end."""

UPLOADS = "/api/v1/uploads"
"""The one route whose body goes to a disk and not to memory."""

SIGNS = 8
"""Signs of a hash by which a token or a session is called where it is written down."""


def check_host(headers: Mapping[str, str], settings: Settings) -> None:
    """Refuse a request to a name that is not this server's: a page may have bound its own name to this address.

    Raises
    ------
    ProblemError
        421.
    """
    host = headers.get("host", "")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if host_shown(name) not in settings.hosts:
        raise ProblemError(421, "host", detail=f"Host: found {host[:100]!r}; allowed: {', '.join(sorted(settings.hosts))}")


def check_origin(headers: Mapping[str, str], settings: Settings, *, scheme: str = "http", may_be_opened: bool = False) -> None:
    """Refuse what a page of another site makes a browser ask for; a program sends neither header.

    Parameters
    ----------
    scheme : by which the server is reached. may_be_opened : whether a link on another site may lead there: to a page that holds
        nothing of the twin. The cookie of a session does not come along.

    Raises
    ------
    ProblemError
        403.
    """
    origin = headers.get("origin")
    if origin is not None and not is_own(origin, headers, settings=settings, scheme=scheme):
        raise ProblemError(403, "SecurityException", detail=f"Origin: found {origin[:100]!r}; allowed: the server's own pages")
    is_opened = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if may_be_opened and is_opened:
        return
    site = headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none") and origin not in settings.origins:
        raise ProblemError(403, "SecurityException", detail=f"Sec-Fetch-Site: found {site[:20]!r}; allowed: same-origin, none")


def check_page(headers: Mapping[str, str], settings: Settings, *, scheme: str, method: str, is_socket: bool) -> None:
    """Refuse a change, or a WebSocket, that a browser's session asks for without saying that a page of this server does.

    A browser adds its cookie by itself, whoever makes it ask. That the page is one of ours is said by ``Origin``, or, where there
    is none, by ``Sec-Fetch-Site``; a page can set neither.

    Parameters
    ----------
    scheme : by which the server is reached. method : of the request. is_socket : whether it is for a WebSocket.

    Raises
    ------
    ProblemError
        403.
    """
    if method in SAFE_METHODS and not is_socket:
        return
    origin = headers.get("origin")
    if (
        is_own(origin, headers, settings=settings, scheme=scheme)
        if origin is not None
        else _is_same(headers, is_socket=is_socket)
    ):
        return
    detail = "Origin: found none; allowed: the server's own pages, which a browser names by itself; programs show a token instead"
    raise ProblemError(403, "SecurityException", detail=detail)


def is_own(origin: str, headers: Mapping[str, str], *, settings: Settings, scheme: str) -> bool:
    """Tell whether an origin is this server's own, or one that it was told to answer."""
    return origin == f"{scheme}://{headers.get('host', '')}" or origin in settings.origins


def token_shown(headers: Mapping[str, str]) -> str | None:
    """Return the bearer token of a request, None where there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def known_principal(
    headers: Mapping[str, str], settings: Settings, *, sessions: Sessions, port: int, is_secure: bool
) -> Principal:
    """Return who asks: by a token, else by the session of a browser, else nobody.

    Parameters
    ----------
    port, is_secure : by which the server is reached; they are part of the name of its cookie.
    """
    token = token_shown(headers)
    if "authorization" in headers:
        # Who shows a token means it: a wrong one is not made good by a cookie.
        if token is not None and is_token(token, settings.token_hashes):
            return Principal(f"token:{token_hash(token)[:SIGNS]}", Role.ADMIN)
        return Principal()
    session = sessions.of_cookies(headers.get("cookie", ""), port=port, is_secure=is_secure)
    if session is None:
        return Principal()
    return Principal(f"session:{session.hash[:SIGNS]}", Role(session.role), session)


def refused() -> ProblemError:
    """Return the error for a request of nobody who is known."""
    detail = (
        "A valid bearer token is needed: Authorization: Bearer <the token that was shown when the server was first started, "
        "or that of its token file>; a browser signs in with the link that was shown, or at /sign-in"
    )
    return ProblemError(401, "SecurityException", detail=detail, headers={"WWW-Authenticate": 'Bearer realm="chaintwin"'})


def _is_same(headers: Mapping[str, str], *, is_socket: bool) -> bool:
    # A browser always names the origin of a WebSocket, so one without comes from something else.
    return headers.get("sec-fetch-site") == "same-origin" and not is_socket
