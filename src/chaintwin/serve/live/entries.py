"""``/api/v1/entries``: events as they stand in the log, found by what they are about, with what each changed in the state."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from chaintwin.clock import text_of
from chaintwin.events.names import canonical_name
from chaintwin.events.rendering import event_of
from chaintwin.events.vocabulary import NAMESPACE
from chaintwin.serve.answering.conditional import tagged
from chaintwin.serve.answering.parameters import PAGING, check_names, moment, whole
from chaintwin.serve.live.asking import live_of
from chaintwin.serve.live.changes import change_document
from chaintwin.serve.parts import Parts, parts_of
from chaintwin.serve.problems import ProblemError
from chaintwin.store.interface import Search
from chaintwin.store.records import Entry

FOUND_MAX = 1000
"""Entries that one question finds, the latest; who looks for earlier ones says until when."""

ABOUT_MAX = 200
"""Signs of what is looked for."""

THINGS = (
    "epcList",
    "childEPCs",
    "inputEPCList",
    "outputEPCList",
    "quantityList",
    "childQuantityList",
    "inputQuantityList",
    "outputQuantityList",
    "parentID",
)
PLACES = ("readPoint", "bizLocation")
WORDS = ("type", "eventID", "action")
OWN = ("activity", "stream", "shipment", "resource", "disruption", "device", "stock_point")
"""Fields that an event is found by."""

router = APIRouter(prefix="/api/v1")


@router.get("/entries")
async def find_entries(request: Request) -> Response:
    """Return entries of the log, the latest first: all, or those about something, in a span of event time."""
    check_names(request, "about", "from", "until", *PAGING)
    parts = parts_of(request)
    about = request.query_params.get("about", "").strip()[:ABOUT_MAX]
    search = Search(
        (terms_about(about),) if about else (),
        occurred=(moment(request, "from"), moment(request, "until")),
        descending=True,
    )
    found = await parts.threads.read(lambda: parts.store.find(search, limit=FOUND_MAX))
    page, headers = parts.pages.slice(request, found)
    members = await parts.threads.read(lambda: [_told(entry) for entry in parts.store.entries_of([number for _, number in page])])
    document = {"member": members, "count": len(found), "isAll": len(found) < FOUND_MAX}
    return tagged(request, document, headers=headers)


@router.get("/entries/{sequence}")
async def get_entry(request: Request) -> Response:
    """Return an entry of the log whole, and what it changed in the state: each value before and after."""
    check_names(request)
    parts = parts_of(request)
    sequence = whole(request.path_params["sequence"], name="sequence")
    return tagged(request, await parts.threads.read(lambda: _whole(parts, sequence)))


def terms_about(text: str) -> tuple[str, ...]:
    """Return the terms of which an event about something has at least one.

    Parameters
    ----------
    text : name of a site, product or thing as the project or the event writes it, id or type of an event, or business step.

    Example
    -------
    >>> [term for term in terms_about("hub-nairobi") if term.startswith("bizLocation")]
    ['bizLocation=hub-nairobi', 'bizLocation=urn:chaintwin:v1:site:hub-nairobi']
    """
    names = dict.fromkeys((text, canonical_name(text), f"{NAMESPACE}site:{text}", f"{NAMESPACE}product:{text}"))
    places = [f"{field}={name}" for field in PLACES for name in names if ":product:" not in name]
    things = [f"{field}={name}" for field in THINGS for name in names if ":site:" not in name]
    words = [f"{field}={text}" for field in WORDS]
    own = [f"field/{NAMESPACE}{field}={name}" for field in OWN for name in names]
    step = f"bizStep=https://ref.gs1.org/cbv/BizStep-{text}"
    return tuple(dict.fromkeys((*places, *things, *words, *own, step)))


def _told(entry: Entry) -> dict[str, Any]:
    event = event_of(entry)
    place = event.get("bizLocation") or event.get("readPoint") or {}
    return {
        "sequence": entry.sequence,
        "eventID": entry.key.partition("!")[0],
        "occurredAt": text_of(entry.occurred_at),
        "recordedAt": text_of(entry.recorded_at),
        "source": entry.source,
        "type": str(event.get("type", "")),
        "step": str(event.get("bizStep", "")).rpartition("BizStep-")[2],
        "place": str(place.get("id", "")) if isinstance(place, dict) else "",
    }


def _whole(parts: Parts, sequence: int) -> dict[str, Any]:
    head = parts.store.head().sequence
    if not 1 <= sequence <= head:
        raise ProblemError(404, "NoSuchResourceException", detail=f"The log has entries 1 to {head}")
    (entry,) = parts.store.entries_of([sequence])
    document = _told(entry) | {"event": event_of(entry), "leaf": entry.leaf.hex()}
    twin = live_of(parts).twin
    found = twin.change_of(sequence)
    return document | {"cells": None if found is None else change_document(found).get("cells")}
