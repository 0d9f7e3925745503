"""Cases of events: how fast they are captured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chaintwin.bench.case import Case, Phase
from chaintwin.errors import InvariantError

BATCH = 100
"""Events a document."""

STAGED = 10
"""So many documents are taken to time the stages."""


def events_capture() -> Case:
    """Return the case that captures documents of events, and each stage of that on its own."""
    return Case(
        "events_capture",
        f"Read, check, identify and derive object events with two quantities, {BATCH} a document.",
        (1_000, 20_000),
        "event",
        _prepare,
    )


def captured_event(number: int) -> dict[str, Any]:
    """Return an event as a warehouse sends it; few are alike.

    Parameters
    ----------
    number : of the event.
    """
    hour, minute, second = number // 3600 % 24, number // 60 % 60, number % 60
    return {
        "type": "ObjectEvent",
        "eventTime": f"2026-03-04T{hour:02}:{minute:02}:{second:02}.{number % 1000:03}+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "readPoint": {"id": f"urn:epc:id:sgln:4012345.{number % 50:05}.0"},
        "bizLocation": {"id": "urn:epc:id:sgln:4012345.00002.0"},
        "quantityList": [
            {"epcClass": f"urn:epc:class:lgtin:4012345.{number % 99:06}.L{number % 500}", "quantity": number, "uom": "KGM"},
            {"epcClass": f"urn:epc:class:lgtin:4012345.{number % 90:06}.L{number % 300}", "quantity": 20.5 + number},
        ],
        "bizTransactionList": [{"type": "po", "bizTransaction": f"urn:epcglobal:cbv:bt:4012345123456:RE{number}"}],
    }


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    import msgspec

    from chaintwin.events.capturing import capture
    from chaintwin.events.checking.checker import check
    from chaintwin.events.checking.reading import read_json
    from chaintwin.events.contexts import BUILT_IN, CONTEXT_ADDRESS
    from chaintwin.events.deriving import facts_of
    from chaintwin.events.identity.hashing import hash_id

    around = {
        "@context": [CONTEXT_ADDRESS],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-04T00:00:00Z",
    }
    bodies = [
        msgspec.json.encode({**around, "epcisBody": {"eventList": [captured_event(number + start) for number in range(BATCH)]}})
        for start in range(0, size, BATCH)
    ]
    # The stages repeat few documents, so that what is held does not slow down the collection of what is not.
    documents: list[Any] = [msgspec.json.decode(body) for body in bodies[:STAGED]]
    events = [event for document in documents for event in document["epcisBody"]["eventList"]]
    times = max(1, size // len(events))

    def capture_them() -> float:
        if not all(capture(body).ok for body in bodies):
            raise InvariantError("an event was refused, so the time of capturing it means nothing")
        return size

    def read_them() -> float:
        for body in bodies:
            read_json(body)
        return size

    def check_them() -> float:
        for _ in range(times):
            for document in documents:
                check(document, times=False)
        return times * len(events)

    def identify_them() -> float:
        for _ in range(times):
            for event in events:
                hash_id(event, BUILT_IN)
        return times * len(events)

    def derive_them() -> float:
        for _ in range(times):
            for event in events:
                facts_of(event, BUILT_IN)
        return times * len(events)

    return (
        Phase("capture", capture_them, "event"),
        Phase("read only", read_them, "event"),
        Phase("check only", check_them, "event"),
        Phase("identify only", identify_them, "event"),
        Phase("derive only", derive_them, "event"),
    )
