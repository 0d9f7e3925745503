"""What each operation takes and answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chaintwin.events.checking.words import EVENT_TYPES
from chaintwin.events.queries.parameters import fixed_parameters
from chaintwin.events.queries.query import Kind, Operator
from chaintwin.serve.describing.schemas import PAGED, TEXT, TIME, VERSIONS
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


@dataclass(frozen=True, slots=True)
class _Given:
    """What is special to an operation; the rest follows from its path and method."""

    status: int = 200
    schema: str = ""
    headers: tuple[str, ...] = ()
    query: tuple[dict[str, Any], ...] = ()
    errors: tuple[int, ...] = ()
    body: dict[str, Any] | None = None
    media: tuple[str, ...] = ("application/json",)
    is_list: bool = False
    sent: tuple[dict[str, Any], ...] = field(default=())


def operation_of(path: str, method: str, *, limits: Limits) -> Operation:
    """Return what an operation takes and answers.

    Parameters
    ----------
    path : as OpenAPI writes it. method : upper case.
    """
    given = _given(path, method, limits=limits)
    is_epcis = path.startswith("/epcis")
    in_path = [_parameter(part[1:-1], "path", schema=_path_schema(part)) for part in path.split("/") if part.startswith("{")]
    in_headers = [*given.sent]
    if is_epcis:
        in_headers.append(_parameter("GS1-Extensions", "header", schema=TEXT, words="Prefixes: `prefix=namespace`, by commas."))
        if method == "GET":
            in_headers += [_parameter(name, "header", schema=_VERSION) for name in _SPANS]
    answer: dict[str, Any] = {"description": _DONE[given.status]}
    answer["headers"] = (*(VERSIONS if is_epcis else ()), *given.headers)
    if given.schema:
        schema: dict[str, Any] = {"$ref": f"#/components/schemas/{given.schema}"}
        schema = {"type": "array", "items": schema} if given.is_list else schema
        answer["content"] = {media: {"schema": schema if media.endswith("json") else TEXT} for media in given.media}
    errors = {400, 401, 403, 405, 413, 414, 421, 429, 431, 500, 503, *given.errors}
    errors |= {404} if in_path else set()
    errors |= {406} if is_epcis and method != "DELETE" else set()
    errors |= {408, 413, 415} if given.body else set()
    answers = {given.status: answer}
    if "ETag" in given.headers:
        answers[304] = {"description": "What is known already holds.", "headers": ("ETag",)}
    return Operation(
        "EPCIS" if is_epcis else "twin",
        (*in_path, *given.query, *in_headers),
        answers,
        tuple(sorted(errors)),
        body=given.body,
        is_open=path == "/api/v1/health",
    )


def _given(path: str, method: str, *, limits: Limits) -> _Given:
    if method == "OPTIONS":
        names = _LIMITED if path in ("/epcis/capture", "/epcis/events") else ()
        return _Given(204, headers=("Allow", "GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Min", "GS1-CBV-Max", *names))
    if method == "DELETE":
        return _Given(204)
    if method == "POST":
        return _posted(path, limits=limits)
    if path.startswith("/api/v1"):
        return _of_twin(path)
    if path.endswith("/events") or path == "/epcis/events/{eventID}":
        by_query = path.endswith("/events") and not path.startswith("/epcis/queries/")
        query = (*_paging(limits), *(_query_parameters() if by_query else ())) if path.endswith("/events") else ()
        headers = PAGED if path.endswith("/events") else ()
        return _Given(schema="EPCISQueryDocument", headers=headers, query=query, media=_XML, sent=_FORMATS)
    if path == "/epcis/capture/{captureID}":
        return _Given(schema="CaptureJob", media=("application/json", "application/xml"))
    if path == "/openapi.json":
        return _Given(schema="Event")
    if path in _LISTED:
        return _Given(schema=_LISTED[path], headers=PAGED, query=_paging(limits), is_list=_LISTED[path] != "Collection")
    if path == "/epcis/queries/{queryName}":
        return _Given(schema="NamedQuery")
    if path.endswith("{subscriptionID}"):
        return _Given(schema="Subscription")
    is_tree = path.count("/") == 2 and path != "/epcis/"
    return _Given(schema="Collection", headers=PAGED if is_tree else (), query=_paging(limits) if is_tree else ())


def _posted(path: str, *, limits: Limits) -> _Given:
    if path == "/epcis/capture":
        behaviour = _parameter("GS1-Capture-Error-Behaviour", "header", schema={"enum": ["rollback", "proceed"]})
        sent = (behaviour, *(_parameter(name, "header", schema=_VERSION) for name in _SENT))
        return _Given(202, headers=("Location",), body=_body("EPCISDocument", media=_XML), sent=sent)
    if path == "/epcis/events":
        sent = tuple(_parameter(name, "header", schema=_VERSION) for name in _SENT)
        return _Given(201, schema="Captured", headers=("Location",), errors=(409,), body=_body("Event", media=_XML), sent=sent)
    if path == "/epcis/queries":
        return _Given(201, schema="NamedQuery", headers=("Location",), errors=(409,), body=_body("NewQuery"))
    return _Given(201, schema="Subscription", headers=("Location",), body=_body("NewSubscription"))


def _of_twin(path: str) -> _Given:
    moments = tuple(
        _parameter(name, "query", schema=TIME, words=words)
        for name, words in (("at", "As of this event time."), ("known", "As the log knew it at this time of record."))
    )
    if path == "/api/v1/state":
        words = "One of the tables; without it their numbers of rows."
        chosen = (
            _parameter("table", "query", schema=TEXT, words=words),
            _parameter("path", "query", schema=TEXT, words="One value."),
        )
        return _Given(schema="State", headers=PAGED, query=(*moments, *chosen, *_PAGING), errors=(404,))
    if path == "/api/v1/discrepancies":
        return _Given(schema="Discrepancies", headers=PAGED, query=(*moments, *_PAGING), errors=(404,))
    if path == "/api/v1/changes":
        after = _parameter("after", "query", schema={"type": "integer", "minimum": 0}, words="As Last-Event-ID.")
        sent = _parameter("Last-Event-ID", "header", schema={"type": "string", "pattern": r"^\d{1,18}$"})
        return _Given(schema="Event", media=("text/event-stream",), query=(after,), sent=(sent,), errors=(404,))
    if path == "/api/v1/proofs/{sequence}":
        return _Given(schema="Proof", query=(_parameter("size", "query", schema={"type": "integer", "minimum": 1}),))
    if path.startswith("/api/v1/network"):
        known = _parameter("If-None-Match", "header", schema=TEXT, words="ETag of an answer that is known.")
        schema = "Routes" if path.endswith("/routes") else "Network"
        return _Given(schema=schema, headers=("ETag",), sent=(known,), errors=(404,))
    return _Given(schema="Health")


def _query_parameters() -> tuple[dict[str, Any], ...]:
    """Return the parameters of a query whose names are fixed, and those that say how it is answered."""
    found = []
    for name, meaning in fixed_parameters().items():
        schema = _VALUES.get(meaning.kind, TEXT)
        is_list = meaning.kind not in _SINGLE and meaning.operator in (Operator.EQUAL, Operator.MATCH, Operator.WITHIN)
        parameter = _parameter(name, "query", schema={"type": "array", "minItems": 1, "items": schema} if is_list else schema)
        found.append(parameter | ({"style": "pipeDelimited", "explode": False} if is_list else {}))
    found.append(_parameter("orderBy", "query", schema=TEXT, words="eventTime, recordTime or an extension field."))
    found.append(_parameter("orderDirection", "query", schema={"enum": ["ASC", "DESC"]}))
    found += [
        _parameter(name, "query", schema={"type": "integer", "minimum": 1}) for name in ("eventCountLimit", "maxEventCount")
    ]
    return tuple(found)


def _paging(limits: Limits) -> tuple[dict[str, Any], ...]:
    return (_PAGING[0] | {"description": f"Items on a page; {limits.page} at most are given."}, _PAGING[1])


def _parameter(name: str, place: str, *, schema: dict[str, Any], words: str = "") -> dict[str, Any]:
    parameter: dict[str, Any] = {"name": name, "in": place, "required": place == "path", "schema": schema}
    return parameter | ({"description": words} if words else {})


def _path_schema(part: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": 1} if part == "{sequence}" else {"type": "string", "minLength": 1}


def _body(schema: str, *, media: tuple[str, ...] = ("application/json",)) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"required": True, "content": {name: {"schema": reference if name.endswith("json") else TEXT} for name in media}}


_FORMATS = tuple(
    _parameter(name, "header", schema={"enum": [value.value for value in values]})
    for name, values in (("GS1-EPC-Format", tuple(EpcFormat)), ("GS1-CBV-XML-Format", tuple(CbvFormat)))
)
_DONE = {200: "Done.", 201: "Made, and durable.", 202: "Taken; events and report are durable.", 204: "Done; nothing is sent."}
_VERSION: dict[str, Any] = {"type": "string", "pattern": r"^\d+(\.\d+)*$"}
_SENT = ("GS1-EPCIS-Version", "GS1-CBV-Version")
_LIMITED = (EVENTS_HEADER, ELEMENTS_HEADER, "GS1-EPCIS-Capture-File-Size-Limit", "GS1-Capture-Error-Behaviour")
_SPANS = ("GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Min", "GS1-CBV-Max")
_XML = ("application/json", "application/ld+json", "application/xml", "text/xml")
_PAGING = (
    _parameter("perPage", "query", schema={"type": "integer", "minimum": 1}),
    _parameter("nextPageToken", "query", schema=TEXT, words="From the Link header of the page before."),
)
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
