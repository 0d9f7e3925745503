"""Errors of HTTP as RFC 9457 has them: one form on every route, with all that is wrong and how to mend it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from starlette.responses import Response

from chaintwin.errors import BusyError, ChaintwinError, Finding, InputError, StoreFailedError, UsageError

MEDIA_TYPE = "application/problem+json"
XML_MEDIA_TYPE = "application/problem+xml"
XMLNS = "urn:ietf:rfc:7807"
"""Namespace of errors in XML; RFC 9457 kept that of the one before."""

FAULTS_MAX = 200
"""How many faults one answer tells in full; the number of all is told besides."""


class ProblemError(ChaintwinError):
    """Raised to answer with an error.

    Parameters
    ----------
    status : of HTTP. kind : exception of EPCIS (``ValidationException``), or a word of our own.
    detail : what is wrong with this request. findings : its faults, each with its place and its remedy.
    headers : further headers of the answer.
    """

    code = "problem"

    def __init__(
        self,
        status: int,
        kind: str,
        *,
        detail: str,
        findings: Sequence[Finding] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.findings = tuple(findings)
        self.headers = dict(headers or {})


def problem_document(problem: ProblemError) -> dict[str, Any]:
    """Return the JSON of an error."""
    document: dict[str, Any] = {
        "type": f"epcisException:{problem.kind}"
        if problem.kind.endswith("Exception")
        else f"urn:chaintwin:problem:{problem.kind}",
        "title": TITLES.get(problem.kind) or HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.findings:
        document["faults"] = [finding_document(finding) for finding in problem.findings[:FAULTS_MAX]]
        document["faultCount"] = len(problem.findings)
    return document


def finding_document(finding: Finding) -> dict[str, Any]:
    """Return the JSON of one fault: where, what was found, what is allowed, how to mend it."""
    where = " ".join(part for part in (finding.file, finding.column) if part)
    document = {"code": finding.code, "where": where, "found": finding.found, "allowed": finding.allowed, "fix": finding.fix}
    if finding.row:
        document["row"] = str(finding.row)
    return {name: value for name, value in document.items() if value}


def problem_response(problem: ProblemError, *, scope: Mapping[str, Any]) -> Response:
    """Return the answer of an error, in XML where the request would rather have that than JSON.

    Parameters
    ----------
    scope : of the request.
    """
    document = problem_document(problem)
    if prefers_xml(", ".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"accept")):
        root = _element("problem", document, attributes=f' xmlns="{XMLNS}"')
        content = b'<?xml version="1.0" encoding="UTF-8"?>\n' + root.encode()
        return Response(content, problem.status, headers=problem.headers, media_type=XML_MEDIA_TYPE)
    content = json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(content, problem.status, headers=problem.headers, media_type=MEDIA_TYPE)


def prefers_xml(accept: str) -> bool:
    """Tell whether the media type with the highest weight, the first of several, is one of XML.

    Parameters
    ----------
    accept : value of the header.
    """
    best, found = 0.0, False
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                weight = float(value) if re.fullmatch(r"[01](\.\d{0,3})?", value.strip(), re.ASCII) else 0.0
        if weight > best and (name in _XML or name in _JSON):
            best, found = weight, name in _XML
    return found


def problem_of(error: Exception) -> ProblemError:
    """Return the error that an exception becomes; what nobody foresaw tells nothing of the inside."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, InputError):
        return ProblemError(400, "ValidationException", detail=_summary(error.findings), findings=error.findings)
    if isinstance(error, BusyError):
        headers = {"Retry-After": str(max(1, round(error.retry_after)))}
        return ProblemError(503, "busy", detail="The queue is full; nothing was taken. Try again later.", headers=headers)
    if isinstance(error, StoreFailedError):
        return _store_failed()
    if isinstance(error, UsageError):
        return ProblemError(400, "ValidationException", detail=str(error))
    if error.__class__.__name__ in _QUERY:
        return ProblemError(413, _QUERY[error.__class__.__name__], detail=str(error))
    return ProblemError(500, "ImplementationException", detail="The server failed; what it acknowledged before is kept.")


def _element(name: str, value: object, *, attributes: str = "") -> str:
    """Return an element as appendix B of RFC 9457 has it: members by their names, entries of a list as ``i``."""
    if isinstance(value, Mapping):
        inner = "".join(_element(key, member) for key, member in value.items())
    elif isinstance(value, list):
        inner = "".join(_element("i", member) for member in value)
    else:
        inner = escape(_NOT_XML.sub("\ufffd", str(value)))
    return f"<{name}{attributes}>{inner}</{name}>"


def _store_failed() -> ProblemError:
    """Return the error for a log that cannot be written; the reason that the store gives is in the health, for its keeper."""
    finding = Finding(
        "store.failed",
        "a write to the disk of the log failed",
        "a disk that keeps what is written",
        file="log",
        fix="see the reason at /api/v1/health, make room on the disk or mend it, then send the same again: nothing is doubled",
    )
    detail = "Nothing was taken, because a write failed; questions are answered, and the log is tried again every few seconds."
    return ProblemError(503, "store-failed", detail=detail, findings=[finding], headers={"Retry-After": "10"})


def _summary(findings: Sequence[Finding]) -> str:
    if len(findings) == 1:
        return str(findings[0])
    return f"{len(findings)} faults, first: {findings[0]}" if findings else "The request cannot be used."


_XML = frozenset({"application/xml", "text/xml", XML_MEDIA_TYPE})
_JSON = frozenset({"application/json", "application/ld+json", MEDIA_TYPE, "application/*", "*/*"})
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_QUERY = {"QueryTooLargeError": "QueryTooLargeException", "QueryTooComplexError": "QueryTooComplexException"}

TITLES = {
    "ValidationException": "The content is not valid",
    "QueryParameterException": "A parameter of the query cannot be used",
    "QueryTooLargeException": "The answer is too large",
    "QueryTooComplexException": "The query is too complex",
    "SecurityException": "Access refused",
    "NoSuchResourceException": "There is no such resource",
    "NoSuchNameException": "There is no query of this name",
    "ResourceAlreadyExistsException": "The resource exists already",
    "CaptureLimitExceededException": "The document is larger than one capture may be",
    "NotAcceptableException": "The answer cannot be given in the form asked for",
    "UnsupportedMediaTypeException": "The form of the content is not supported",
    "URITooLongException": "The URL is too long",
    "SubscriptionControlsException": "The subscription cannot be kept as asked for",
    "InvalidURIException": "The address cannot be sent to",
    "ImplementationException": "The server failed",
    "busy": "The server is busy",
    "store-failed": "Nothing can be written",
}
