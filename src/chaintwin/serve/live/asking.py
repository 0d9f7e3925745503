"""What routes of the twin ask first: whether there is a state."""

from __future__ import annotations

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
