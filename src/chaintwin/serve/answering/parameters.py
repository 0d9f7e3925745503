"""Parameters of routes of our own: each known by name, each with the values that it may have."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from starlette.requests import Request

from chaintwin.errors import Finding
from chaintwin.events.queries.spelling import moment_of_text
from chaintwin.serve.problems import ProblemError

PAGING = ("perPage", "nextPageToken")
"""Parameters of every list."""


def check_names(request: Request, *allowed: str) -> None:
    """Refuse parameters that a route does not know: who writes ``att`` for ``at`` must not get another state for it.

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


def moment(request: Request, name: str) -> int | None:
    """Return a moment that a parameter says, microseconds since 1970 in UTC; None where it is not there.

    Raises
    ------
    ProblemError
        400.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    found = moment_of_text(text)
    if found is None:
        raise bad(name, found=repr(text[:60]), allowed="a time with a zone, such as 2026-01-31T09:30:00Z")
    return found


def whole(text: str, *, name: str) -> int:
    """Return a whole number.

    Raises
    ------
    ProblemError
        400.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise bad(name, found=repr(text[:60]), allowed="a whole number")
    return int(text)


def chosen(request: Request, name: str, *, among: Sequence[str]) -> str | None:
    """Return the word that a parameter says; None where it is not there.

    Raises
    ------
    ProblemError
        400.
    """
    text = request.query_params.get(name)
    if text is not None and text not in among:
        raise bad(name, found=repr(text[:60]), allowed=", ".join(among))
    return text


def bad(name: str, *, found: str, allowed: str) -> ProblemError:
    """Return the error for a parameter whose value cannot be used."""
    finding = Finding("query.value", found, allowed, column=name)
    return ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])
