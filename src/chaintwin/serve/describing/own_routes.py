"""What the routes of our own take and answer, those of EPCIS left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from chaintwin.errors import Severity
from chaintwin.serve.describing.schemas import PAGED, TEXT, TIME, WHOLE
from chaintwin.serve.guarding.principals import is_open
from chaintwin.serve.jobs.asking import KINDS, NAMES
from chaintwin.serve.jobs.job import State
from chaintwin.serve.jobs.results.tables import TableForm


@dataclass(frozen=True, slots=True)
class Given:
    """What is special to an operation; the rest follows from its path and method.

    Parameters
    ----------
    status : of success. schema : name of what is answered; empty for nothing. headers : of the answer. query, sent : parameters
        of the
        query and headers of the request. errors : status of further refusals. body : what is sent. media : forms of the answer.
    is_list : whether it answers with an array of the schema. more : answers of other statuses. is_tagged : whether it has an
        entity tag.
    """

    status: int = 200
    schema: str = ""
    headers: tuple[str, ...] = ()
    query: tuple[dict[str, Any], ...] = ()
    errors: tuple[int, ...] = ()
    body: dict[str, Any] | None = None
    media: tuple[str, ...] = ("application/json",)
    is_list: bool = False
    sent: tuple[dict[str, Any], ...] = field(default=())
    more: Mapping[int, str] = field(default_factory=dict)
    is_tagged: bool = False


def given_of(path: str, method: str) -> Given | None:
    """Return what is special to a route of our own, None where it is none of them.

    Parameters
    ----------
    path : as OpenAPI writes it. method : upper case.
    """
    return _OWN.get((method, path))


def is_open_path(path: str, method: str) -> bool:
    """Tell whether a route answers whoever asks; parameters of the path do not matter for that."""
    return is_open(method, path)


def parameter(name: str, place: str, *, schema: dict[str, Any], words: str = "") -> dict[str, Any]:
    """Return a parameter as OpenAPI has it.

    Parameters
    ----------
    name : of it. place : path, query or header. schema : of its values. words : what it is for.
    """
    found: dict[str, Any] = {"name": name, "in": place, "required": place == "path", "schema": schema}
    return found | ({"description": words} if words else {})


def body_of(schema: str, *, media: tuple[str, ...] = ("application/json",)) -> dict[str, Any]:
    """Return a body as OpenAPI has it.

    Parameters
    ----------
    schema : name of it. media : forms it may have; what is not JSON is text.
    """
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"required": True, "content": {name: {"schema": reference if name.endswith("json") else TEXT} for name in media}}


PAGING = (
    parameter("perPage", "query", schema={"type": "integer", "minimum": 1}),
    parameter("nextPageToken", "query", schema=TEXT, words="From the Link header of the page before."),
)
_SCHEMAS = "#/components/schemas/"
IF_NONE_MATCH = parameter("If-None-Match", "header", schema=TEXT, words="Tag of the answer that is there already.")

_MOMENTS = tuple(
    parameter(name, "query", schema=TIME, words=words)
    for name, words in (("at", "As of this event time."), ("known", "As the log knew it at this time of record."))
)
_ABOUT = parameter("about", "query", schema=TEXT, words="A site, product, thing, id or type of an event, or business step.")
_SPAN = tuple(
    parameter(name, "query", schema=TIME, words=words)
    for name, words in (("from", "From this event time on."), ("until", "Before this event time."))
)
_AFTER = parameter("after", "query", schema={"type": "integer", "minimum": 0}, words="As Last-Event-ID.")
_LAST = parameter("Last-Event-ID", "header", schema={"type": "string", "pattern": r"^\d{1,18}$"})
_TABLES = parameter("table", "query", schema=TEXT, words="Tables, by commas; without it their numbers of rows.")
_SIZE = parameter("size", "query", schema={"type": "integer", "minimum": 1})
_KEY = parameter(
    "Idempotency-Key",
    "header",
    schema={"type": "string", "pattern": "^[!-~ ]{1,200}$"},
    words="Makes a request that is sent twice one job.",
)
_UPLOAD_BODY = {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
_HASHED = parameter(
    "hash", "query", schema={"enum": ["true", "false"]}, words="false leaves the hash out, which goes over all of the state."
)
_STATES = parameter("state", "query", schema={"enum": [state.value for state in State]})
_KINDS = parameter("kind", "query", schema={"enum": list(NAMES)})
_POINT = parameter(
    "stockPoint", "query", schema=TEXT, words="Stock point whose rows alone are given; may be repeated, with JSON only."
)
_COMPARED = parameter(
    "jobs", "query", schema=TEXT, words="Ids of 2 to 8 jobs, by commas; the first is what the others are compared with."
)
_STREAM = ("text/event-stream",)
_TAKEN = Given(202, schema="Job", headers=("Location",), errors=(422,))

_OWN: Mapping[tuple[str, str], Given] = {
    ("GET", "/api/v1/health"): Given(schema="Health", query=(_HASHED,)),
    ("GET", "/api/v1/network"): Given(schema="Network", errors=(404,), is_tagged=True),
    ("GET", "/api/v1/network/routes"): Given(schema="Routes", errors=(404,), is_tagged=True),
    ("GET", "/api/v1/network/dependence"): Given(schema="Dependence", errors=(404,), is_tagged=True),
    ("GET", "/api/v1/network/findings"): Given(schema="Findings", errors=(404,), is_tagged=True),
    ("GET", "/api/v1/state"): Given(
        schema="State",
        headers=PAGED,
        query=(
            *_MOMENTS,
            _TABLES,
            parameter("path", "query", schema=TEXT, words="One value."),
            parameter("site", "query", schema=TEXT, words="All of one site."),
            _HASHED,
            *PAGING,
        ),
        errors=(404,),
        is_tagged=True,
    ),
    ("GET", "/api/v1/discrepancies"): Given(
        schema="Discrepancies", headers=PAGED, query=(*_MOMENTS, *PAGING), errors=(404,), is_tagged=True
    ),
    ("GET", "/api/v1/changes"): Given(schema="Event", media=_STREAM, query=(_AFTER,), sent=(_LAST,), errors=(404,)),
    ("GET", "/api/v1/outlook"): Given(schema="Outlook", errors=(404,), is_tagged=True),
    ("GET", "/api/v1/fidelity"): Given(schema="Fidelity", errors=(404,), is_tagged=True),
    ("GET", "/api/v1/parameters"): Given(schema="Versions", headers=PAGED, query=PAGING, errors=(404,), is_tagged=True),
    ("GET", "/api/v1/entries"): Given(
        schema="Entries", headers=PAGED, query=(_ABOUT, *_SPAN, *PAGING), errors=(404,), is_tagged=True
    ),
    ("GET", "/api/v1/entries/{sequence}"): Given(schema="Entry", is_tagged=True),
    ("GET", "/api/v1/proofs/{sequence}"): Given(schema="Proof", query=(_SIZE,), is_tagged=True),
    ("POST", "/api/v1/jobs"): Given(
        202, schema="Job", headers=("Location",), errors=(404, 422), body=body_of("NewJob"), sent=(_KEY,)
    ),
    ("GET", "/api/v1/jobs"): Given(schema="Jobs", headers=PAGED, query=(_STATES, _KINDS, *PAGING), is_tagged=True),
    ("GET", "/api/v1/jobs/{jobID}"): Given(schema="Job", is_tagged=True),
    ("DELETE", "/api/v1/jobs/{jobID}"): Given(204),
    ("POST", "/api/v1/jobs/{jobID}/cancel"): _TAKEN,
    ("POST", "/api/v1/jobs/{jobID}/again"): Given(202, schema="Job", headers=("Location",), sent=(_KEY,), errors=(422,)),
    ("GET", "/api/v1/jobs/{jobID}/events"): Given(schema="Event", media=_STREAM, query=(_AFTER,), sent=(_LAST,), more={204: ""}),
    ("GET", "/api/v1/jobs/{jobID}/result"): Given(
        schema="Result",
        headers=PAGED,
        query=(
            _TABLES,
            _POINT,
            parameter("site", "query", schema=TEXT, words="Only rows of this site."),
            parameter("period", "query", schema=WHOLE, words="Only rows of this period."),
            *PAGING,
        ),
        errors=(406, 409, 413),
        media=tuple(form.value for form in TableForm),
        is_tagged=True,
    ),
    ("GET", "/api/v1/comparisons"): Given(schema="Comparison", query=(_COMPARED,), errors=(404,), is_tagged=True),
    ("GET", "/api/v1/scenarios"): Given(schema="Scenarios", is_tagged=True),
    ("POST", "/api/v1/scenarios"): Given(201, schema="Scenario", errors=(404, 409), body=body_of("NewScenario")),
    ("POST", "/api/v1/uploads"): Given(
        201, schema="Upload", query=(parameter("name", "query", schema=TEXT) | {"required": True},), body=_UPLOAD_BODY
    ),
    ("POST", "/api/v1/session"): Given(201, schema="Session", headers=("Set-Cookie",), body=body_of("NewSession")),
    ("GET", "/api/v1/session"): Given(schema="Session"),
    ("DELETE", "/api/v1/session"): Given(204, headers=("Set-Cookie",), errors=(404,)),
    ("GET", "/api/v1/sessions"): Given(schema="Sessions"),
    ("DELETE", "/api/v1/sessions/{sessionID}"): Given(204),
    ("GET", "/sign-in"): Given(schema="Event", media=("text/html",)),
    ("GET", "/sign-in.js"): Given(schema="Event", media=("text/javascript",)),
    ("GET", "/sign-in.css"): Given(schema="Event", media=("text/css",)),
    ("GET", "/health/live"): Given(schema="Alive"),
    ("GET", "/health/ready"): Given(schema="Ready", more={503: "Ready"}),
    ("GET", "/metrics"): Given(schema="Event", media=("text/plain",)),
    ("GET", "/openapi.json"): Given(schema="Event"),
}


def own_schemas() -> dict[str, Any]:
    """Return the schemas of what routes of our own take and answer, by name."""
    moment = {"type": ["string", "null"], "format": "date-time"}
    kind, state, truth = {"enum": list(NAMES)}, {"enum": [one.value for one in State]}, {"type": "boolean"}
    mapping: dict[str, Any] = {"type": "object"}
    share = {"type": "number", "minimum": 0, "maximum": 1}
    job = {"jobID": TEXT, "kind": kind, "title": TEXT, "state": state, "progress": share, "asked": mapping, "by": TEXT}
    job |= {"createdAt": moment, "startedAt": moment, "finishedAt": moment, "expiresAt": moment}
    job |= {
        "seed": {"type": ["integer", "null"]},
        "version": TEXT,
        "network": TEXT,
        "log": {"type": ["object", "null"]},
        "time": moment,
    }
    job |= {"replications": WHOLE, "part": WHOLE, "tables": mapping, "about": mapping, "resumed": WHOLE, "change": WHOLE}
    job |= {"result": {"type": ["string", "null"]}, "problem": {"$ref": "#/components/schemas/Problem"}}
    result = {"jobID": TEXT, "kind": kind, "state": state, "isPartial": truth, "part": WHOLE, "replications": WHOLE}
    result |= {"about": mapping, "counts": mapping, "tables": mapping}
    session = {"principal": TEXT, "role": {"type": ["string", "null"]}, "createdAt": moment, "expiresAt": moment}
    compared = {"reference": TEXT, "jobs": mapping, "confidence": share, "replications": WHOLE, "isPartial": truth}
    return {
        "Job": _object(job, but=("problem",)),
        "Jobs": _object({"member": _list("Job"), "count": WHOLE, "limits": mapping}),
        "Result": _object(result),
        "Comparison": _object(compared | {"differences": {"type": "array", "items": mapping}}),
        "Upload": _object({"uploadID": TEXT, "name": TEXT, "bytes": WHOLE, "expiresAt": TIME}),
        "Session": _object(session),
        "Sessions": _object({"member": _list("Session"), "count": WHOLE}),
        "NewSession": _object({"token": TEXT}) | {"additionalProperties": False},
        **_outlook(moment, share=share),
        **_trust(moment, share=share),
        **_entries(truth),
        **_findings(),
        **_dependence(share),
        "Scenario": _object(
            {"name": TEXT, "origin": {"enum": ["library", "project"]}, "title": TEXT, "note": TEXT}
            | {"scenario": {"type": ["object", "null"]}, "fault": {"type": ["string", "null"]}}
        ),
        "Scenarios": _object({"member": _list("Scenario"), "count": WHOLE, "canSave": truth}),
        "NewScenario": _object({"name": TEXT, "scenario": mapping, "replace": truth}, but=("replace",))
        | {"additionalProperties": False},
        "Alive": _object({"status": {"const": "live"}}),
        **_new_jobs(),
        "Ready": _object({"status": {"enum": ["ready", "not ready"]}, "log": truth, "state": truth, "jobs": truth}),
    }


def _outlook(moment: dict[str, Any], *, share: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of what the server sees by itself."""
    found: dict[str, Any] = {"state": {"enum": ["off", "waiting", "ready"]}, "days": {"type": "number"}, "likely": share}
    found |= {"least": share, "fault": {"type": ["string", "null"]}, "jobID": {"type": ["string", "null"]}}
    found |= {
        "time": moment,
        "madeAt": moment,
        "sequence": WHOLE,
        "replications": WHOLE,
        "count": WHOLE,
        "isFirst": {"type": "boolean"},
    }
    warning = {"site": TEXT, "product": TEXT, "stockPoint": TEXT, "probability": share, "firstDate": moment}
    warning |= {"earliestDate": TIME, "units": {"type": "number"}, "fillRate": share, "since": TIME}
    return {"Outlook": _object(found | {"warnings": _list("Warning")}), "Warning": _object(warning)}


def _trust(moment: dict[str, Any], *, share: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of fidelity and of versions of parameters."""
    name, number = {"type": ["string", "null"]}, {"type": ["number", "null"]}
    scores = {"type": "object", "additionalProperties": share}
    covered = _object({"horizon": WHOLE, "inside": share, "forecasts": WHOLE, "origins": WHOLE})
    drifted = _object({"kind": TEXT, "name": TEXT, "since": moment, "expected": number, "found": number, "seen": WHOLE})
    found: dict[str, Any] = {"measuredAt": moment, "until": moment, "parameters": name, "score": number, "parts": scores}
    found |= {"coverage": {"type": "array", "items": covered}, "sites": scores, "lanes": scores, "points": scores}
    found |= {"alarms": WHOLE, "drifted": {"type": "array", "items": drifted}, "backcasts": WHOLE}
    version = {"version": TEXT, "parent": name, "madeAt": TIME, "recordedAt": TIME, "isAccepted": {"type": "boolean"}}
    version |= {"parameters": WHOLE, "note": TEXT, "reason": TEXT}
    versions = _object({"member": _list("Version"), "count": WHOLE, "inForce": name})
    return {"Fidelity": _object(found), "Version": _object(version), "Versions": versions}


def _entries(truth: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of entries of the log."""
    entry = {"sequence": WHOLE, "eventID": TEXT, "occurredAt": TIME, "recordedAt": TIME, "source": TEXT, "type": TEXT}
    entry |= {"step": TEXT, "place": TEXT}
    whole = entry | {"event": {"type": "object"}, "leaf": TEXT, "cells": {"type": ["array", "null"], "items": {"type": "object"}}}
    found = _object({"member": _list("Found"), "count": WHOLE, "isAll": truth})
    return {"Entries": found, "Found": _object(entry), "Entry": _object(whole)}


def _findings() -> dict[str, Any]:
    """Return the schemas of what the doctor says."""
    finding = {"severity": {"enum": [one.value for one in Severity]}, "code": TEXT, "file": TEXT, "row": WHOLE, "column": TEXT}
    finding |= {"found": TEXT, "allowed": TEXT, "fix": TEXT, "count": WHOLE}
    return {"Findings": _object({"member": _list("DoctorsFinding"), "count": WHOLE}), "DoctorsFinding": _object(finding)}


def _dependence(share: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of on whom a network depends."""
    part = _object({"attribute": {"enum": ["supplier", "country", "bloc"]}, "name": TEXT, "share": share})
    single = _object({"product": TEXT, "flow": {"type": "number"}})
    found: dict[str, Any] = {"singleSourcingShare": {"type": ["number", "null"]}}
    found |= {"indices": {"type": "object", "additionalProperties": share}, "shares": {"type": "array", "items": part}}
    found |= {"single": {"type": "array", "items": single}, "countries": {"type": "array", "items": {"type": "object"}}}
    return {"Dependence": _object(found)}


def _new_jobs() -> dict[str, Any]:
    """Return the schema of what a job may be asked for, with that of each kind, from the very forms that it is read by."""
    template = f"{_SCHEMAS}New{{name}}"
    _, parts = msgspec.json.schema_components(KINDS, ref_template=template)
    found: dict[str, Any] = {}
    for name, part in parts.items():
        words = str(part.get("description", "")).partition("\n")[0]
        found[f"New{name}"] = part | {"description": words, "additionalProperties": False}
    kinds = {kind: f"{_SCHEMAS}New{form.__name__}" for kind, form in zip(NAMES, KINDS, strict=True)}
    forms = [{"$ref": place} for place in kinds.values()]
    return found | {"NewJob": {"oneOf": forms, "discriminator": {"propertyName": "kind", "mapping": kinds}}}


def _object(properties: dict[str, Any], *, but: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [name for name in properties if name not in but]}


def _list(schema: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{schema}"}}
