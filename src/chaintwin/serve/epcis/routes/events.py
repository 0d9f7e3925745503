"""``/events``: single events in, and events that meet a query out."""

from __future__ import annotations

from urllib.parse import quote, unquote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.clock import text_of
from chaintwin.serve.capturing.capturing import invalid
from chaintwin.serve.epcis.answering import answer_document, answer_query, asked_query
from chaintwin.serve.epcis.documents import query_document
from chaintwin.serve.epcis.headers import answer_headers, check_sent, discovery_headers, extension_prefixes, sent_form, wanted
from chaintwin.serve.guarding.principals import principal_of
from chaintwin.serve.parts import Parts, parts_of
from chaintwin.serve.problems import ProblemError
from chaintwin.store.interface import Search
from chaintwin.store.records import Entry, Outcome

router = APIRouter(prefix="/epcis")


@router.options("/events")
async def discover_events(request: Request) -> Response:
    """Tell what /events takes and gives."""
    limits = parts_of(request).settings.limits
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET, POST", limits=limits, has_events=True))


@router.get("/events")
async def find_events(request: Request) -> Response:
    """Return the events that meet a query."""
    return await answer_query(request, asked_query(request))


@router.post("/events")
async def add_event(request: Request) -> Response:
    """Take one event; it is durable when this is answered with 201."""
    check_sent(request)
    form = sent_form(request)
    parts = parts_of(request)
    body, by, capturing = await request.body(), principal_of(request).id, parts.capturing
    prepared = await capturing.read(body, form, prefixes=extension_prefixes(request), by=by)
    if len(prepared.events) != 1:
        detail = f"found {len(prepared.events)} events; allowed: 1; use /capture for more"
        raise await capturing.refusal(ProblemError(400, "ValidationException", detail=detail), body, by=by)
    (event,) = prepared.events
    if event.record is None:
        raise await capturing.refusal(invalid(event.findings), body, by=by)
    receipt = await capturing.capture_one(event, event.record)
    location = {"Location": f"/epcis/events/{quote(event.key.partition('!')[0], safe='')}"}
    if receipt.outcome is Outcome.CONFLICT:
        raise ProblemError(409, "ResourceAlreadyExistsException", detail=receipt.reason)
    if receipt.outcome is Outcome.DUPLICATE:
        detail = f"This very event is in the log already, as number {receipt.sequence}; nothing was changed"
        raise ProblemError(409, "ResourceAlreadyExistsException", detail=detail, headers=location)
    recorded = text_of(receipt.recorded_at)
    document = {"eventID": event.key, "outcome": receipt.outcome.value, "sequence": receipt.sequence, "recordTime": recorded}
    return JSONResponse(document, 201, headers=answer_headers() | location)


@router.options("/events/{eventID:path}")
async def discover_event(request: Request) -> Response:
    """Tell what a single event gives."""
    await _entries(request)
    return Response(status_code=204, headers=discovery_headers("OPTIONS, GET", has_events=True))


@router.get("/events/{eventID:path}")
async def get_event(request: Request) -> Response:
    """Return an event by its hash id or by the id its sender gave, with the declarations that take it back."""
    form = wanted(request)
    parts = parts_of(request)
    entries = await _entries(request)
    document = query_document(entries, now=parts.clock.now(), epcs=form.epcs)
    return answer_document(parts, document, form=form, headers=answer_headers())


async def _entries(request: Request) -> list[Entry]:
    event_id = unquote(request.path_params["eventID"])
    if "ver" in request.query_params and "?" not in event_id:
        # A hash id ends in what looks like a parameter to whoever did not encode it.
        event_id += f"?ver={request.query_params['ver']}"
    parts = parts_of(request)
    entries = await parts.threads.read(lambda: _found(parts, event_id))
    if not entries:
        raise ProblemError(404, "NoSuchResourceException", detail=f"No event has the id {event_id[:200]!r}")
    return entries


def _found(parts: Parts, event_id: str) -> list[Entry]:
    found = parts.store.find(Search(((f"eventID={event_id}",),), by_recorded=True), limit=100)
    return parts.store.entries_of([sequence for _, sequence in found])
