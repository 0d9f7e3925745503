"""Answering a query: one page of events as an EPCIS query document, in the form that is wanted."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from chaintwin.errors import InputError
from chaintwin.events.queries import EventQuery, MasterData, Page, Position, find_page, query_of_parameters
from chaintwin.serve.capturing.prepared import Form
from chaintwin.serve.epcis.documents import encoded, query_document
from chaintwin.serve.epcis.headers import Wanted, answer_headers, query_spelling, wanted
from chaintwin.serve.epcis.xml import query_document_xml
from chaintwin.serve.events_seen import seen
from chaintwin.serve.parts import Parts, parts_of
from chaintwin.serve.problems import ProblemError


def asked_query(request: Request, *, ignored: tuple[str, ...] = ()) -> EventQuery:
    """Return the query that the parameters of a URL ask for.

    Parameters
    ----------
    ignored : parameters that are not of the query.

    Raises
    ------
    ProblemError
        400 with everything that is wrong with them.
    """
    parameters = [(name, value) for name, value in request.query_params.multi_items() if name not in ignored]
    try:
        return query_of_parameters(parameters, spelling=query_spelling(request))
    except InputError as error:
        raise query_problem(error) from None


def query_problem(error: InputError) -> ProblemError:
    """Return the error for a query that cannot be used."""
    first = str(error.findings[0])
    detail = first if len(error.findings) == 1 else f"{len(error.findings)} faults; the first: {first}"
    return ProblemError(400, "QueryParameterException", detail=detail, findings=error.findings)


async def answer_query(request: Request, query: EventQuery, *, name: str = "SimpleEventQuery") -> Response:
    """Return one page of the events that meet a query.

    Parameters
    ----------
    name : of the query, for the document.
    """
    parts = parts_of(request)
    form = wanted(request)
    limit = parts.pages.per_page(request)
    token = parts.pages.position(request)
    page, following = await parts.threads.read(lambda: _page(parts, query, token=token, limit=limit))
    headers = answer_headers()
    if page.next is not None:
        headers |= parts.pages.headers(request, following)
    return await parts.threads.read(lambda: _shown(parts, page, form=form, name=name, headers=headers))


def answer_document(parts: Parts, document: dict[str, Any], *, form: Wanted, headers: dict[str, str]) -> Response:
    """Return a query document in the form that is wanted."""
    content = encoded(document) if form.form is Form.JSON else query_document_xml(document, words=form.words)
    return Response(content, headers=headers, media_type=form.media_type)


def _page(parts: Parts, query: EventQuery, *, token: Any, limit: int) -> tuple[Page, Any]:
    at = Position(parts.store.head().sequence) if token is None else _position(token)
    page = find_page(parts.store, query, see=seen, at=at, limit=limit, master=_master(parts, query))
    following = page.next
    return page, None if following is None else (following.upto, following.after, following.skipped, following.given)


def _position(token: Any) -> Position:
    upto, after, skipped, given = token
    return Position(upto, None if after is None else (after[0], after[1]), skipped, given)


def _master(parts: Parts, query: EventQuery) -> MasterData | None:
    asks = any(condition.operator.value in ("WD", "HASATTR", "EQATTR") for condition in query.conditions)
    return parts.capturing.master.read() if asks else None


def _shown(parts: Parts, page: Page, *, form: Wanted, name: str, headers: dict[str, str]) -> Response:
    document = query_document(page.entries, now=parts.clock.now(), epcs=form.epcs, query=name)
    return answer_document(parts, document, form=form, headers=headers)
