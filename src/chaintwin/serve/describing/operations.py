"""What each operation takes and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chaintwin.events.checking.words import EVENT_TYPES
from chaintwin.events.queries.parameters import fixed_parameters
from chaintwin.events.queries.query import Kind, Operator
from chaintwin.serve.describing.own_routes import IF_NONE_MATCH, PAGING, Given, body_of, given_of, is_open_path, parameter
from chaintwin.serve.describing.schemas import PAGED, REASONS, TEXT, TIME, VERSIONS
from chaintwin.serve.epcis.headers import CbvFormat, EpcFormat
from chaintwin.serve.settings import ELEMENTS_HEADER, EVENTS_HEADER, Limits


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Parameters
    ----------
    parameters : of path, query and headers. answers : by status. errors : status of each refusal.
    body : what is sent, None for nothing. is_open : whether it answers without a token.
    """

    tag: str
    parameters: tuple[dict[str, Any], ...]
    answers: dict[int, dict[str, Any]]
    errors: tuple[int, ...]
    body: dict[str, Any] | None = None
    is_open: bool = False


def operation_of(path: str, method: str, *, limits: Limits) -> Operation:
    """Return what an operation takes and answers.

    Parameters
    ----------
    path : as OpenAPI writes it. method : upper case.
    """
    given = given_of(path, method) or _given(path, method, limits=limits)
    is_epcis = path.startswith("/epcis")
    in_path = [parameter(part[1:-1], "path", schema=_path_schema(part)) for part in path.split("/") if part.startswith("{")]
    in_headers = [*given.sent]
    if is_epcis:
        in_headers.append(parameter("GS1-Extensions", "header", schema=TEXT, words="Prefixes: `prefix=namespace`, by commas."))
        if method == "GET":
            in_headers += [parameter(name, "header", schema=_VERSION) for name in _SPANS]
    answer: dict[str, Any] = {"description": _DONE[given.status]}
    answer["headers"] = (*(VERSIONS if is_epcis else ()), *given.headers, *(("ETag",) if given.is_tagged else ()))
    if given.schema:
        schema: dict[str, Any] = {"$ref": f"#/components/schemas/{given.schema}"}
        schema = {"type": "array", "items": schema} if given.is_list else schema
        answer["content"] = {media: {"schema": schema if media.endswith("json") else TEXT} for media in given.media}
    answers = {given.status: answer}
    for status, name in given.more.items():
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}} if name else {}
        answers[status] = {"description": _DONE.get(status) or REASONS[status], "content": content}
    if given.is_tagged:
        in_headers.append(IF_NONE_MATCH)
        answers[304] = {"description": "The answer that is there already still holds.", "headers": ("ETag",)}
    errors = {400, 401, 403, 405, 413, 414, 421, 429, 431, 500, 503, *given.errors}
    errors |= {404} if in_path else set()
    errors |= {406} if is_epcis and method != "DELETE" else set()
    errors |= {408, 413, 415} if given.body else set()
    return Operation(
        "EPCIS" if is_epcis else "twin" if path.startswith("/api/v1") else "operating",
        (*in_path, *given.query, *in_headers),
        answers,
        tuple(sorted(errors - set(answers))),
        body=given.body,
        is_open=is_open_path(path, method),
    )


def _given(path: str, method: str, *, limits: Limits) -> Given:
    if method == "OPTIONS":
        names = _LIMITED if path in ("/epcis/capture", "/epcis/events") else ()
        return Given(204, headers=("Allow", "GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Min", "GS1-CBV-Max", *names))
    if method == "DELETE":
        return Given(204)
    if method == "POST":
        return _posted(path, limits=limits)
    if path.endswith("/events") or path == "/epcis/events/{eventID}":
        by_query = path.endswith("/events") and not path.startswith("/epcis/queries/")
        query = (*_paging(limits), *(_query_parameters() if by_query else ())) if path.endswith("/events") else ()
        headers = PAGED if path.endswith("/events") else ()
        return Given(schema="EPCISQueryDocument", headers=headers, query=query, media=_XML, sent=_FORMATS)
    if path == "/epcis/capture/{captureID}":
        return Given(schema="CaptureJob", media=("application/json", "application/xml"))
    if path in _LISTED:
        return Given(schema=_LISTED[path], headers=PAGED, query=_paging(limits), is_list=_LISTED[path] != "Collection")
    if path == "/epcis/queries/{queryName}":
        return Given(schema="NamedQuery")
    if path.endswith("{subscriptionID}"):
        return Given(schema="Subscription")
    is_tree = path.count("/") == 2 and path != "/epcis/"
    return Given(schema="Collection", headers=PAGED if is_tree else (), query=_paging(limits) if is_tree else ())


def _posted(path: str, *, limits: Limits) -> Given:
    if path == "/epcis/capture":
        behaviour = parameter("GS1-Capture-Error-Behaviour", "header", schema={"enum": ["rollback", "proceed"]})
        sent = (behaviour, *(parameter(name, "header", schema=_VERSION) for name in _SENT))
        return Given(202, headers=("Location",), body=body_of("EPCISDocument", media=_XML), sent=sent)
    if path == "/epcis/events":
        sent = tuple(parameter(name, "header", schema=_VERSION) for name in _SENT)
        return Given(201, schema="Captured", headers=("Location",), errors=(409,), body=body_of("Event", media=_XML), sent=sent)
    if path == "/epcis/queries":
        return Given(201, schema="NamedQuery", headers=("Location",), errors=(409,), body=body_of("NewQuery"))
    return Given(201, schema="Subscription", headers=("Location",), body=body_of("NewSubscription"))


def _query_parameters() -> tuple[dict[str, Any], ...]:
    """Return the parameters of a query whose names are fixed, and those that say how it is answered."""
    found = []
    for name, meaning in fixed_parameters().items():
        schema = _VALUES.get(meaning.kind, TEXT)
        is_list = meaning.kind not in _SINGLE and meaning.operator in (Operator.EQUAL, Operator.MATCH, Operator.WITHIN)
        listed = parameter(name, "query", schema={"type": "array", "minItems": 1, "items": schema} if is_list else schema)
        found.append(listed | ({"style": "pipeDelimited", "explode": False} if is_list else {}))
    found.append(parameter("orderBy", "query", schema=TEXT, words="eventTime, recordTime or an extension field."))
    found.append(parameter("orderDirection", "query", schema={"enum": ["ASC", "DESC"]}))
    found += [parameter(name, "query", schema={"type": "integer", "minimum": 1}) for name in ("eventCountLimit", "maxEventCount")]
    return tuple(found)


def _paging(limits: Limits) -> tuple[dict[str, Any], ...]:
    return (PAGING[0] | {"description": f"Items on a page; {limits.page} at most are given."}, PAGING[1])


def _path_schema(part: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1} if part == "{sequence}" else {"type": "string", "minLength": 1}


_FORMATS = tuple(
    parameter(name, "header", schema={"enum": [value.value for value in values]})
    for name, values in (("GS1-EPC-Format", tuple(EpcFormat)), ("GS1-CBV-XML-Format", tuple(CbvFormat)))
)
_DONE = {200: "Done.", 201: "Made, and durable.", 202: "Taken, and durable.", 204: "Done; nothing is sent."}
_VERSION: dict[str, Any] = {"type": "string", "pattern": r"^\d+(\.\d+)*$"}
_SENT = ("GS1-EPCIS-Version", "GS1-CBV-Version")
_LIMITED = (EVENTS_HEADER, ELEMENTS_HEADER, "GS1-EPCIS-Capture-File-Size-Limit", "GS1-Capture-Error-Behaviour")
_SPANS = ("GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Min", "GS1-CBV-Max")
_XML = ("application/json", "application/ld+json", "application/xml", "text/xml")
_LISTED = {
    "/epcis/capture": "CaptureJob",
    "/epcis/queries": "NamedQuery",
    "/epcis/queries/{queryName}/subscriptions": "Subscription",
}
_SINGLE = (Kind.TIME, Kind.TRUTH, Kind.PRESENCE)
_VALUES: dict[Kind, dict[str, Any]] = {
    Kind.TIME: TIME,
    Kind.NUMBER: {"type": "number"},
    Kind.TRUTH: {"type": "boolean"},
    Kind.PRESENCE: {"type": "boolean"},
    Kind.ACTION: {"enum": ["ADD", "OBSERVE", "DELETE"]},
    Kind.TYPE: {"anyOf": [{"enum": list(EVENT_TYPES)}, {"type": "string", "format": "uri"}]},
    Kind.NAME: {"type": "string", "format": "uri"},
    Kind.PATTERN: {"type": "string", "format": "uri"},
    Kind.WORD: TEXT,
    Kind.TEXT: {"type": "string", "minLength": 1},
}
