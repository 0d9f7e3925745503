"""The resource trees: what there is, and the events of each."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from urllib.parse import unquote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.events.checking.words import BUSINESS_STEPS, DISPOSITIONS, EVENT_TYPES
from chaintwin.events.contexts import BUSINESS_STEP, CONTEXT_ADDRESS, DISPOSITION
from chaintwin.events.queries.query import Condition, Field, Operator
from chaintwin.events.vocabulary import NAMESPACE, PREFIX, Own
from chaintwin.serve.epcis.answering import answer_query, asked_query
from chaintwin.serve.epcis.documents import collection
from chaintwin.serve.epcis.headers import answer_headers, check_wanted, discovery_headers, query_spelling
from chaintwin.serve.known import Tree
from chaintwin.serve.parts import parts_of
from chaintwin.serve.problems import ProblemError

TOP = ("queries", "capture", "events", "eventTypes", "epcs", "readPoints", "bizLocations", "dispositions", "bizSteps")

router = APIRouter(prefix="/epcis")


@router.options("/")
async def discover_root(request: Request) -> Response:
    """Tell versions and extensions."""
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET"))


@router.get("/")
async def list_top(request: Request) -> Response:
    """Return the top of the resource tree."""
    check_wanted(request)
    return JSONResponse(collection(TOP), headers=answer_headers())


async def discover_tree(request: Request) -> Response:
    """Tell what a resource tree gives."""
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET"))


async def list_members(request: Request, tree: Tree) -> Response:
    """Return one page of the members of a tree: the words of the standard first, then what the log has."""
    check_wanted(request)
    parts = parts_of(request)
    limit = parts.pages.per_page(request)
    given = parts.pages.position(request) or (0, 0, 0)
    standard = _STANDARD.get(tree, ())
    page = list(standard[given[0] : given[0] + limit])
    taken = given[0] + len(page)
    after = (given[1], given[2])
    following = after if taken < len(standard) else None
    while taken >= len(standard) and len(page) < limit:
        names, following = await parts.threads.read(partial(parts.known.page, tree, after=after, limit=limit - len(page)))
        page += [word for word in (_word(tree, name) for name in names) if word not in standard]
        if following is None:
            break
        after = following
    headers = answer_headers()
    if following is not None:
        headers |= parts.pages.headers(request, (taken, *following))
    context = [CONTEXT_ADDRESS, {PREFIX: NAMESPACE}] if tree is Tree.TYPES else CONTEXT_ADDRESS
    return JSONResponse(collection(page, context=context), headers=headers)


async def get_member(request: Request, tree: Tree) -> Response:
    """Return what a member offers: its events."""
    check_wanted(request)
    await _condition(request, tree)
    return JSONResponse(collection(["events"]), headers=answer_headers())


async def discover_member(request: Request, tree: Tree) -> Response:
    """Tell what a member gives."""
    await _condition(request, tree)
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET"))


async def discover_member_events(request: Request, tree: Tree) -> Response:
    """Tell what the events of a member give."""
    await _condition(request, tree)
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET", has_events=True))


async def member_events(request: Request, tree: Tree) -> Response:
    """Return the events of a member that meet a query as well."""
    query = asked_query(request)
    condition = await _condition(request, tree)
    return await answer_query(request, replace(query, conditions=(condition, *query.conditions)))


async def _condition(request: Request, tree: Tree) -> Condition:
    """Return the condition that an event is one of a member's.

    Raises
    ------
    ProblemError
        404 where no event has the member and no standard knows it.
    """
    text = unquote(request.path_params["member"])
    spelling = query_spelling(request)
    if tree in _VOCABULARY:
        name = spelling.word(text, vocabulary=_VOCABULARY[tree])
    elif tree is Tree.TYPES:
        name = text if text in EVENT_TYPES else spelling.kind(text)
    else:
        name = spelling.name(text)
    parts = parts_of(request)
    is_known = name is not None and _word(tree, name) in _STANDARD.get(tree, ())
    if name is None or not (is_known or await parts.threads.read(lambda: parts.known.exists(tree, name))):
        raise ProblemError(404, "NoSuchResourceException", detail=f"{tree.value}: no event has {text[:200]!r}")
    field, operator = _FIELDS[tree]
    return Condition(tree.value, Field(field), operator, (name,))


def _word(tree: Tree, name: str) -> str:
    """Return a name as it is listed: words of the vocabulary bare, types of our own with their prefix."""
    if tree is Tree.STEPS:
        return name.removeprefix(BUSINESS_STEP)
    if tree is Tree.DISPOSITIONS:
        return name.removeprefix(DISPOSITION)
    if tree is Tree.TYPES and name in set(Own):
        return f"{PREFIX}:{name}"
    return name


def _add_tree(tree: Tree) -> None:
    """Add the routes of one tree; the longer paths first, because a member may hold slashes."""
    base = f"/{tree.value}"
    member = f"{base}/{{member:path}}"

    async def listing(request: Request) -> Response:
        return await list_members(request, tree)

    async def discovering_events(request: Request) -> Response:
        return await discover_member_events(request, tree)

    async def events(request: Request) -> Response:
        return await member_events(request, tree)

    async def discovering(request: Request) -> Response:
        return await discover_member(request, tree)

    async def getting(request: Request) -> Response:
        return await get_member(request, tree)

    for path, method, endpoint, words in (
        (base, "OPTIONS", discover_tree, "Tell what the tree gives."),
        (base, "GET", listing, "List its members."),
        (f"{member}/events", "OPTIONS", discovering_events, "Tell what the events of a member give."),
        (f"{member}/events", "GET", events, "Return the events of a member that meet a query."),
        (member, "OPTIONS", discovering, "Tell what a member gives."),
        (member, "GET", getting, "Return what a member offers."),
    ):
        name = "_".join([method.lower(), tree.value, *(["member"] if path != base else []), *path.split("/")[3:]])
        router.add_api_route(path, endpoint, methods=[method], summary=words, name=name, operation_id=name)


_STANDARD: dict[Tree, tuple[str, ...]] = {
    Tree.STEPS: BUSINESS_STEPS,
    Tree.DISPOSITIONS: DISPOSITIONS,
    Tree.TYPES: EVENT_TYPES,
}
_VOCABULARY = {Tree.STEPS: "BizStep", Tree.DISPOSITIONS: "Disp"}
_FIELDS = {
    Tree.EPCS: ("anyEPC", Operator.MATCH),
    Tree.STEPS: ("bizStep", Operator.EQUAL),
    Tree.LOCATIONS: ("bizLocation", Operator.EQUAL),
    Tree.READ_POINTS: ("readPoint", Operator.EQUAL),
    Tree.DISPOSITIONS: ("disposition", Operator.EQUAL),
    Tree.TYPES: ("eventType", Operator.EQUAL),
}

for _tree in Tree:
    _add_tree(_tree)
