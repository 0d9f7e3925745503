"""What routes of the twin ask first: whether there is a state, and whether they know each parameter."""

from __future__ import annotations

from difflib import get_close_matches

from starlette.requests import Request

from chaintwin.errors import Finding
from chaintwin.serve.parts import Live, Parts
from chaintwin.serve.problems import ProblemError


def live_of(parts: Parts) -> Live:
    """Return the state of a server.

    Raises
    ------
    ProblemError
        404 for a server of a log alone.
    """
    if parts.live is None:
        raise ProblemError(
            404, "NoSuchResourceException", detail="The server was started without a project, so there is no state"
        )
    return parts.live


def check_names(request: Request, *allowed: str) -> None:
    """Refuse parameters that a route does not know: who writes ``att`` for ``at`` must not get another state for it.

    Parameters
    ----------
    allowed : names of those that it knows.

    Raises
    ------
    ProblemError
        400.
    """
    for name in request.query_params:
        if name not in allowed:
            close = get_close_matches(name, allowed, n=1)
            fix = f"did you mean {close[0]}?" if close else ""
            finding = Finding("query.unknown", "it", ", ".join(allowed) or "no parameter", fix, column=name[:100])
            raise ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])
