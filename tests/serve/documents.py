"""Documents to send, and what comes back."""

from __future__ import annotations

import itertools
from typing import Any

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_COUNT = itertools.count(1)


def event(number: int | None = None, **changes: Any) -> dict[str, Any]:
    """Return an event that no other is equal to."""
    number = next(_COUNT) if number is None else number
    clock = f"{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
    made = {
        "type": "ObjectEvent",
        "eventTime": f"2026-03-{1 + number // 86400 % 28:02d}T{clock}Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "epcList": [f"urn:epc:id:sgtin:0614141.107346.{number}"],
        "readPoint": {"id": "urn:epc:id:sgln:0614141.00777.0"},
    }
    return {name: value for name, value in (made | changes).items() if value is not None}


def document(*events: dict[str, Any], context: Any = CONTEXT, **changes: Any) -> dict[str, Any]:
    """Return a document of events."""
    return {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T00:00:00Z",
        "epcisBody": {"eventList": list(events)},
    } | changes


def events_in(answer: Any) -> list[dict[str, Any]]:
    """Return the events of a query document."""
    return list(answer["epcisBody"]["queryResults"]["resultsBody"]["eventList"])
