"""The published documents of EPCIS and what is known of each, from the folder outside the project."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chaintwin.events.contexts import Prefixes, prefixes_of
from chaintwin.store.records import Entry, Record
from tests.shared_data import shared_path, shared_root

FOLDER = "epcis"


@dataclass(frozen=True)
class Published:
    """One published document."""

    name: str
    known: dict[str, Any]

    @property
    def path(self) -> Path:
        return shared_path(f"{FOLDER}/{self.name}")

    @property
    def body(self) -> bytes:
        return self.path.read_bytes()

    @property
    def is_xml(self) -> bool:
        return self.name.endswith(".xml")

    @property
    def media_type(self) -> str:
        return "application/xml" if self.is_xml else "application/json"

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def manifest() -> dict[str, dict[str, Any]]:
    """Return what is known of each document by its name, nothing where the folder is absent."""
    path = shared_root() / FOLDER / "MANIFEST.json"
    if not path.exists():
        return {}
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return {name: known for name, known in found.items() if not name.startswith("schema/")}


def published(kind: str) -> list[Any]:
    """Return pytest parameters of documents.

    Parameters
    ----------
    kind : ``json`` (with a verdict of the published schema), ``xml`` (with one of the XSD), ``vectors``, ``equal``.
    """
    chosen = {
        "json": lambda name, known: "schema_2_0_1_valid" in known,
        "xml": lambda name, known: known.get("xsd_valid") is not None,
        "vectors": lambda name, known: bool(known.get("upstream_hash_ids")),
        "equal": lambda name, known: name.startswith("hash-vectors/expected-equal/"),
    }[kind]
    found = [pytest.param(Published(name, known), id=name) for name, known in manifest().items() if chosen(name, known)]
    if found:
        return found
    reason = f"needs shared data: {FOLDER}/MANIFEST.json is not under {shared_root()}"
    return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="absent")]


def events_in(document: dict[str, Any]) -> list[tuple[dict[str, Any], Prefixes]]:
    """Return the events of a document with the prefixes in force for each."""
    prefixes, _ = prefixes_of(document.get("@context"))
    body = document.get("epcisBody")
    if body is None:
        events = [document]
    elif "eventList" in body:
        events = body["eventList"]
    else:
        events = body["queryResults"]["resultsBody"]["eventList"]
    return [(event, prefixes_of(event.get("@context"), prefixes)[0]) for event in events]


def logged(record: Record, *, sequence: int = 1, recorded_at: int = 1_700_000_000_000_000, erased: bool = False) -> Entry:
    """Return a record as a log gives it back."""
    personal = tuple((value.path, None if erased else value.value) for value in record.personal)
    return Entry(
        sequence, record.key, record.occurred_at, recorded_at, record.source, record.content, record.facts, bytes(32), personal
    )


def object_event(**fields: Any) -> dict[str, Any]:
    """Return a plain object event; fields given as None are left out."""
    event = {
        "type": "ObjectEvent",
        "eventTime": "2026-03-04T11:00:30.250+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "epcList": ["urn:epc:id:sgtin:0614141.107346.2017", "urn:epc:id:sgtin:0614141.107346.2018"],
        "bizStep": "shipping",
        **fields,
    }
    return {name: value for name, value in event.items() if value is not None}


def document(*events: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an EPCISDocument of events; fields given as None are left out."""
    whole = {
        "@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"example": "https://ns.example.com/epcis/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-04T11:00:30Z",
        "epcisBody": {"eventList": list(events)},
        **fields,
    }
    return {name: value for name, value in whole.items() if value is not None}
