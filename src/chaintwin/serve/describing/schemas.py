"""Schemas of what routes take and answer."""

from __future__ import annotations

from typing import Any

from chaintwin.ingest.sources.health import State
from chaintwin.serve.describing.network_schemas import network_schemas
from chaintwin.serve.problems import MEDIA_TYPE, XML_MEDIA_TYPE
from chaintwin.serve.settings import ELEMENTS_HEADER, EVENTS_HEADER, Limits

TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer", "minimum": 0}
TIME: dict[str, Any] = {"type": "string", "format": "date-time"}

VERSIONS = ("GS1-EPCIS-Version", "GS1-CBV-Version", "GS1-Extensions")
PAGED = ("Link", "GS1-Next-Page-Token-Expires")

REASONS = {
    400: "The request is not valid; `faults` tells all that is wrong.",
    401: "No token, or one that is not let in.",
    403: "The request comes from a page of another site.",
    404: "There is no such resource.",
    405: "The method is not for this resource.",
    406: "The answer cannot be given in the form asked for.",
    408: "The body did not arrive in time.",
    409: "The resource exists already, or has nothing to give yet.",
    413: "The body, or the answer, is larger than one may be.",
    414: "The URL is too long.",
    415: "The form of the content is not supported.",
    421: "The host is not this server's name.",
    422: "The key was used for another request.",
    429: "Too many requests at one time; nothing was taken.",
    431: "The headers are too long.",
    500: "The server failed.",
    503: "Nothing can be taken at present.",
}


def headers_of(names: tuple[str, ...]) -> dict[str, Any]:
    """Return headers of an answer, by name; those of paging come only where another page follows."""
    return {name: {"required": name not in PAGED, "schema": _HEADERS.get(name, TEXT)} for name in names}


def problem_answer(status: int) -> dict[str, Any]:
    """Return the description of an error."""
    answer: dict[str, Any] = {
        "description": REASONS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}, XML_MEDIA_TYPE: {"schema": TEXT}},
    }
    if status in (429, 503):
        answer["headers"] = {"Retry-After": {"required": True, "schema": WHOLE}}
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": {"required": True, "schema": TEXT}}
    if status == 405:
        answer["headers"] = {"Allow": {"required": True, "schema": TEXT}}
    return answer


def schemas(limits: Limits) -> dict[str, Any]:
    """Return all schemas by name."""
    return network_schemas() | {
        "Problem": _object({"type": TEXT, "title": TEXT, "status": WHOLE, "detail": TEXT}, needed=4)
        | {"description": "RFC 9457; `faults` has where, found, allowed and fix of each fault, `faultCount` how many there are."},
        "Collection": {
            "type": "object",
            "required": ["@context", "type", "member"],
            "properties": {"type": {"const": "Collection"}, "member": {"type": "array", "items": TEXT}},
        },
        "EPCISQueryDocument": {
            "type": "object",
            "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
            "properties": {
                "type": {"const": "EPCISQueryDocument"},
                "schemaVersion": {"const": "2.0"},
                "creationDate": TIME,
                "epcisBody": {"type": "object", "required": ["queryResults"]},
            },
        },
        "EPCISDocument": {
            "type": "object",
            "description": f"EPCISDocument, EPCISQueryDocument or one event; at most {limits.capture_events} events "
            f"and {limits.capture_elements} elements of master data.",
        },
        "Event": {"type": "object", "description": "An event of EPCIS 2.0 with its @context."},
        "Captured": _object({"eventID": TEXT, "outcome": TEXT, "sequence": WHOLE, "recordTime": TIME}, needed=4),
        "CaptureJob": _object(
            {
                "captureID": TEXT,
                "createdAt": TIME,
                "finishedAt": TIME,
                "running": {"type": "boolean"},
                "success": {"type": "boolean"},
                "captureErrorBehaviour": {"enum": ["rollback", "proceed"]},
                "errors": {"type": "array", "items": {"type": "object"}},
                "counts": {"type": "object"},
                "events": {"type": "array", "items": {"type": "object"}},
                "document": {"type": "object"},
                "missedBefore": WHOLE,
            },
            needed=8,
        ),
        "NamedQuery": _object({"name": TEXT, "query": {"type": "object"}, "createdAt": TIME}, needed=3),
        "Subscription": _object({"subscriptionID": TEXT, "dest": TEXT, "createdAt": TIME, "epcFormat": TEXT}, needed=4),
        "NewQuery": _object({"name": TEXT, "query": {"type": "object"}}, needed=2) | {"additionalProperties": False},
        "NewSubscription": _object(
            {
                "dest": {"type": "string", "format": "uri"},
                "signatureToken": TEXT,
                "stream": {"const": True},
                "schedule": {"type": "object"},
                "reportIfEmpty": {"type": "boolean"},
                "initialRecordTime": TIME,
            },
            needed=1,
        )
        | {"additionalProperties": False},
        "Health": _object(
            {"status": {"enum": ["running", "read-only"]}, "log": _ANY, "state": _ANY, "sources": _SOURCES}, needed=1
        ),
        "Source": _source(),
        "State": _object({"time": TIME, "sequence": WHOLE, "hash": TEXT, "behind": WHOLE}, needed=2),
        "Discrepancies": _object({"member": {"type": "array", "items": {"type": "object"}}, "count": WHOLE}, needed=2),
        "Proof": _object(
            {"sequence": WHOLE, "key": TEXT, "size": WHOLE, "leaf": TEXT, "path": {"type": "array", "items": TEXT}}, needed=5
        ),
    }


def _source() -> dict[str, Any]:
    """Return the schema of how a source of events is."""
    moment, span = {"type": ["string", "null"], "format": "date-time"}, {"type": "number"}
    lag = _object({"median": span, "worst": span}, needed=2) | {"type": ["object", "null"]}
    error = _object({"text": TEXT, "at": TIME}, needed=2) | {"type": ["object", "null"]}
    counts = ("accepted", "duplicate", "conflict", "rejected", "gaps", "missing", "failures")
    properties = {"name": TEXT, "connector": TEXT, "source": TEXT, "state": {"enum": [state.value for state in State]}}
    properties |= {"since": TIME, "countsSince": TIME, "receivedAt": moment, "occurredAt": moment, "nextAt": moment}
    properties |= {"ageSeconds": {"type": ["number", "null"]}, "lagSeconds": lag, "error": error}
    properties |= dict.fromkeys(counts, WHOLE)
    return _object(properties, needed=len(properties))


def _object(properties: dict[str, Any], *, needed: int) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)[:needed]}


_ANY: dict[str, Any] = {"type": "object"}
_SOURCES: dict[str, Any] = {"type": "array", "items": {"$ref": "#/components/schemas/Source"}}
_HEADERS: dict[str, Any] = {
    "GS1-Next-Page-Token-Expires": TIME,
    **{name: {"type": "integer", "minimum": 1} for name in (EVENTS_HEADER, ELEMENTS_HEADER)},
}
