"""Who is answered: the host that was asked for, the page that asks, and the token it shows."""

from __future__ import annotations

from collections.abc import Mapping

from chaintwin.guard.tokens import is_token
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.settings import Settings, host_shown

HEALTH = "/api/v1/health"
"""The one route that answers without a token, and then tells no more than that the server runs."""

ICON = "/favicon.svg"
"""The one file of the page besides ``/`` that is not under ``/assets/``."""

CHANGES = "/api/v1/changes"
"""The one route over HTTP whose answer has no end."""


def is_page(path: str) -> bool:
    """Tell whether a path is one of the page itself, which holds nothing of the twin and so needs no token.

    Parameters
    ----------
    path : as it was sent.
    """
    return path in ("/", ICON) or path.startswith("/assets/")


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


def check_origin(headers: Mapping[str, str], settings: Settings, *, is_opened: bool = False) -> None:
    """Refuse what a page of another site makes a browser ask for; a program sends neither header.

    Parameters
    ----------
    is_opened : whether the page is opened, which a link on another site may do.

    Raises
    ------
    ProblemError
        403.
    """
    origin = headers.get("origin")
    own = {f"{scheme}://{headers.get('host', '')}" for scheme in ("http", "https")}
    if origin is not None and origin not in own and origin not in settings.origins:
        raise ProblemError(403, "SecurityException", detail=f"Origin: found {origin[:100]!r}; allowed: the server's own pages")
    site = headers.get("sec-fetch-site")
    if is_opened:
        return
    if site not in (None, "same-origin", "none") and origin not in settings.origins:
        raise ProblemError(403, "SecurityException", detail=f"Sec-Fetch-Site: found {site[:20]!r}; allowed: same-origin, none")


def check_token(headers: Mapping[str, str], settings: Settings) -> None:
    """Refuse a request that shows no token that is let in.

    Raises
    ------
    ProblemError
        401.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not is_token(token.strip(), settings.token_hashes):
        detail = (
            "A valid bearer token is needed: Authorization: Bearer <the token that was shown when the server was first started, "
            "or that of its token file>"
        )
        raise ProblemError(401, "SecurityException", detail=detail, headers={"WWW-Authenticate": 'Bearer realm="chaintwin"'})


def shows_token(headers: Mapping[str, str], settings: Settings) -> bool:
    """Tell whether a request shows a token that is let in."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and is_token(token.strip(), settings.token_hashes)
