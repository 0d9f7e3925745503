"""``/queries``: queries with a name, and their events."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.clock import text_of
from chaintwin.errors import Finding, InputError
from chaintwin.serve.epcis.answering import answer_query, query_problem
from chaintwin.serve.epcis.bodies import checked_fields, json_object
from chaintwin.serve.epcis.headers import answer_headers, check_wanted, discovery_headers, extension_prefixes
from chaintwin.serve.parts import parts_of
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.subscribing.kept import QUERIES, NamedQuery, query_named
from chaintwin.serve.subscribing.schedule import FIELDS

NAME = re.compile(r"[\w.~-][\w.~ :@-]{0,199}", re.ASCII)
"""Names that a query may have: such that they need little quoting in a URL."""

RESERVED = ("SimpleEventQuery", "SimpleMasterDataQuery")

router = APIRouter(prefix="/epcis")


@router.options("/queries")
async def discover_queries(request: Request) -> Response:
    """Tell what /queries takes and gives."""
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET, POST"))


@router.get("/queries")
async def list_queries(request: Request) -> Response:
    """Return one page of the named queries."""
    check_wanted(request)
    parts = parts_of(request)
    names = await parts.threads.read(lambda: parts.store.names(QUERIES))
    page, headers = parts.pages.slice(request, names)
    found = await parts.threads.read(lambda: [query_named(parts.store, name) for name in page])
    documents = [_document(query) for query in found if query is not None]
    return JSONResponse(documents, headers=answer_headers() | headers)


@router.post("/queries")
async def add_query(request: Request) -> Response:
    """Keep a query under a name."""
    body = await json_object(request)
    faults = checked_fields(body, wanted={"name": (str, True), "query": (dict, True)})
    name = body.get("name")
    if isinstance(name, str) and (not NAME.fullmatch(name) or name in RESERVED):
        allowed = "1 to 200 letters, digits and the signs . ~ _ : @ - and spaces, not the name of a query of the standard"
        faults.append(Finding("query.name", repr(name[:100]), allowed, column="name"))
    if faults:
        raise ProblemError(400, "ValidationException", detail=str(faults[0]), findings=faults)
    parts = parts_of(request)
    query = NamedQuery(str(name), body["query"], extension_prefixes(request), parts.clock.now())
    try:
        query.read()
    except InputError as error:
        raise query_problem(error) from None
    await parts.threads.write(lambda: parts.register.add_query(query))
    location = {"Location": f"/epcis/queries/{quote(query.name, safe='')}"}
    return JSONResponse(_document(query), 201, headers=answer_headers() | location)


@router.options("/queries/{queryName}")
async def discover_query(request: Request) -> Response:
    """Tell what a named query gives."""
    await named_query(request)
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET, DELETE"))


@router.get("/queries/{queryName}")
async def get_query(request: Request) -> Response:
    """Return the definition of a named query."""
    check_wanted(request)
    return JSONResponse(_document(await named_query(request)), headers=answer_headers())


@router.delete("/queries/{queryName}")
async def remove_query(request: Request) -> Response:
    """Remove a named query and end its subscriptions."""
    query = await named_query(request)
    parts = parts_of(request)
    for subscription_id in await parts.threads.write(lambda: parts.register.remove_query(query.name)):
        await parts.dispatcher.drop(subscription_id)
    return Response(status_code=204, headers=answer_headers())


@router.options("/queries/{queryName}/events")
async def discover_query_events(request: Request) -> Response:
    """Tell what the events of a named query give."""
    await named_query(request)
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET", has_events=True))


@router.get("/queries/{queryName}/events")
async def find_query_events(request: Request) -> Response:
    """Return the events that meet a named query; with an upgrade to a WebSocket the same address subscribes to it."""
    query = await named_query(request)
    of_sockets = [name for name in request.query_params if name in ("stream", "reportIfEmpty", "initialRecordTime", *FIELDS)]
    if of_sockets:
        detail = f"{', '.join(of_sockets)}: allowed with an upgrade to a WebSocket only"
        raise ProblemError(400, "SubscriptionControlsException", detail=detail)
    unknown = [name for name in request.query_params if name not in ("perPage", "nextPageToken")]
    if unknown:
        findings = [Finding("query.unknown", "it", "perPage, nextPageToken", column=name[:100]) for name in unknown]
        raise ProblemError(400, "QueryParameterException", detail=str(findings[0]), findings=findings)
    return await answer_query(request, query.read(), name=query.name)


async def named_query(request: Request) -> NamedQuery:
    """Return the query that a path names.

    Raises
    ------
    ProblemError
        404.
    """
    name = unquote(request.path_params["queryName"])
    parts = parts_of(request)
    query = await parts.threads.read(lambda: query_named(parts.store, name))
    if query is None:
        raise ProblemError(404, "NoSuchNameException", detail=f"No query is called {name[:200]!r}")
    return query


def _document(query: NamedQuery) -> dict[str, object]:
    return {"name": query.name, "query": query.query, "createdAt": text_of(query.created_at)}
