"""Headers of the binding: versions, forms of content, and how names are to be written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import Request

from chaintwin.errors import Finding
from chaintwin.events.queries.spelling import Spelling
from chaintwin.events.vocabulary import NAMESPACE, PREFIX
from chaintwin.serve.capturing.prepared import Form
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.settings import ELEMENTS_HEADER, EVENTS_HEADER, Limits

EPCIS_VERSION, EPCIS_MIN = "2.0.1", "1.2.0"
CBV_VERSION, CBV_MIN = "2.0.1", "1.2.2"
QUERY_MIN = "2.0.0"
"""Answers are given in EPCIS 2.0 only; documents are taken in 1.2 as well."""


class EpcFormat(StrEnum):
    """How names of things are written in an answer."""

    NO_PREFERENCE = "No_Preference"
    DIGITAL_LINK = "Always_GS1_Digital_Link"
    URN = "Always_EPC_URN"
    AS_SENT = "Never_Translates"


class CbvFormat(StrEnum):
    """How words of the vocabulary are written in an XML answer."""

    NO_PREFERENCE = "No_Preference"
    WEB_URI = "Always_Web_URI"
    URN = "Always_URN"
    AS_SENT = "Never_Translates"


@dataclass(frozen=True, slots=True)
class Wanted:
    """In which form an answer is wanted.

    Parameters
    ----------
    form : of the content. media_type : what it is called in the answer. epcs, words : how names and words are written.
    """

    form: Form
    media_type: str
    epcs: EpcFormat
    words: CbvFormat


def answer_headers() -> dict[str, str]:
    """Return what every answer of the binding carries."""
    return {
        "GS1-EPCIS-Version": EPCIS_VERSION,
        "GS1-CBV-Version": CBV_VERSION,
        "GS1-Extensions": f"{PREFIX}={NAMESPACE}",
    }


def discovery_headers(allow: str, *, limits: Limits | None = None, has_events: bool = False) -> dict[str, str]:
    """Return what ``OPTIONS`` tells of a resource.

    Parameters
    ----------
    allow : its methods. limits : of captures, where it takes them. has_events : whether it answers with events.
    """
    headers = answer_headers() | {"Allow": allow, "GS1-EPCIS-Min": EPCIS_MIN, "GS1-EPCIS-Max": EPCIS_VERSION}
    headers |= {"GS1-CBV-Min": CBV_MIN, "GS1-CBV-Max": CBV_VERSION, "GS1-Vendor-Version": "chaintwin-1"}
    if has_events:
        headers |= {"GS1-EPC-Format": ", ".join(EpcFormat), "GS1-CBV-XML-Format": ", ".join(CbvFormat)}
    if limits is not None:
        headers |= {
            EVENTS_HEADER: str(limits.capture_events),
            ELEMENTS_HEADER: str(limits.capture_elements),
            "GS1-EPCIS-Capture-File-Size-Limit": str(limits.capture_bytes),
            "GS1-Capture-Error-Behaviour": "all",
        }
    return headers


def check_sent(request: Request) -> None:
    """Refuse content of versions that are not read.

    Raises
    ------
    ProblemError
        400 for a header that is no version, 415 for a version that is not read.
    """
    for name, least, most in (("GS1-EPCIS-Version", EPCIS_MIN, EPCIS_VERSION), ("GS1-CBV-Version", CBV_MIN, CBV_VERSION)):
        version = _version(request, name)
        if version is not None and not _parts(least)[:2] <= version[:2] <= _parts(most)[:2]:
            detail = f"{name}: found {request.headers[name][:40]!r}; allowed: {least} to {most}"
            raise ProblemError(415, "UnsupportedMediaTypeException", detail=detail)


def check_wanted(request: Request) -> None:
    """Refuse to answer in versions that are not written.

    Raises
    ------
    ProblemError
        400 for a header that is no version, 406 for versions among which there is none that is written.
    """
    for family, version in (("EPCIS", EPCIS_VERSION), ("CBV", CBV_VERSION)):
        least, most = _version(request, f"GS1-{family}-Min"), _version(request, f"GS1-{family}-Max")
        too_new = least is not None and least > _parts(version)
        if too_new or (most is not None and most[:1] < _parts(QUERY_MIN)[:1]):
            detail = f"GS1-{family}-Min, GS1-{family}-Max: allowed: a span that holds {QUERY_MIN} to {version}"
            raise ProblemError(406, "NotAcceptableException", detail=detail)


def sent_form(request: Request, *, xml: bool = True) -> Form:
    """Return the form of the content of a request.

    Raises
    ------
    ProblemError
        415.
    """
    given = request.headers.get("content-type", "")
    media_type, _, parameters = given.partition(";")
    charset = re.search(r"charset\s*=\s*\"?([\w-]+)", parameters.lower())
    found = _SENT.get(media_type.strip().lower())
    if found is None or (found is Form.XML and not xml):
        allowed = ", ".join(name for name, form in _SENT.items() if xml or form is Form.JSON)
        detail = f"Content-Type: found {given[:100]!r}; allowed: {allowed}"
        raise ProblemError(415, "UnsupportedMediaTypeException", detail=detail)
    if charset is not None and found is Form.JSON and charset[1] not in ("utf-8", "utf8", "us-ascii"):
        raise ProblemError(415, "UnsupportedMediaTypeException", detail=f"charset: found {charset[1][:20]!r}; allowed: utf-8")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError(415, "UnsupportedMediaTypeException", detail="Content-Encoding: allowed: none")
    return found


def wanted(request: Request, *, xml: bool = True) -> Wanted:
    """Return in which form an answer is wanted.

    Parameters
    ----------
    xml : whether the answer can be given in XML.

    Raises
    ------
    ProblemError
        400 for headers with values that do not exist, 406.
    """
    check_wanted(request)
    form, media_type = _accepted(request.headers.get("accept", "*/*"), xml=xml)
    epcs = _choice(request, "GS1-EPC-Format", values=[value.value for value in EpcFormat], default=EpcFormat.DIGITAL_LINK)
    words = _choice(request, "GS1-CBV-XML-Format", values=[value.value for value in CbvFormat], default=CbvFormat.NO_PREFERENCE)
    return Wanted(form, media_type, EpcFormat(epcs), CbvFormat(words))


def query_spelling(request: Request) -> Spelling:
    """Return what the names of a query may be written with: the prefixes that ``GS1-Extensions`` declares.

    Raises
    ------
    ProblemError
        400.
    """
    return Spelling().declaring(extension_prefixes(request))


def extension_prefixes(request: Request) -> dict[str, str]:
    """Return the prefixes that ``GS1-Extensions`` declares: ``prefix=namespace``, separated by commas.

    Raises
    ------
    ProblemError
        400.
    """
    found = {}
    text = ",".join(request.headers.getlist("gs1-extensions"))
    for part in text.split(","):
        prefix, equals, namespace = part.strip().partition("=")
        if not prefix and not equals:
            continue
        if not re.fullmatch(r"[A-Za-z][\w.-]*", prefix, re.ASCII) or not re.fullmatch(
            r"[A-Za-z][\w+.-]*:\S+", namespace, re.ASCII
        ):
            allowed = "prefix=namespace, such as example=http://ns.example.com/epcis/"
            raise _bad_header("GS1-Extensions", found=part.strip(), allowed=allowed)
        found[prefix] = namespace
    return found


def _choice(request: Request, name: str, *, values: list[str], default: str) -> str:
    value = request.headers.get(name)
    if value is None:
        return default
    if value not in values:
        raise _bad_header(name, found=value, allowed=", ".join(values))
    return value


def _accepted(accept: str, *, xml: bool) -> tuple[Form, str]:
    """Return form and media type that are accepted with the highest weight, JSON before XML."""
    best: tuple[float, int, tuple[Form, str]] | None = None
    for place, part in enumerate(accept.split(",")):
        media_range, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.replace(" ", "").lower().startswith("q="):
                weight = _weight(parameter.replace(" ", "")[2:])
        for media_type, form in _GIVEN.items():
            if (form is Form.JSON or xml) and weight > 0 and _meets(media_range.lower(), media_type):
                if best is None or weight > best[0]:
                    best = (weight, place, (form, media_type))
                break
    if best is None:
        allowed = ", ".join(name for name, form in _GIVEN.items() if xml or form is Form.JSON)
        raise ProblemError(406, "NotAcceptableException", detail=f"Accept: found {accept[:100]!r}; allowed: {allowed}")
    return best[2]


def _weight(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.\d{0,3})?", text, re.ASCII) else 0.0


def _meets(media_range: str, media_type: str) -> bool:
    return media_range in ("*/*", media_type, media_type.split("/", maxsplit=1)[0] + "/*")


def _version(request: Request, name: str) -> tuple[int, ...] | None:
    text = request.headers.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,4}(\.\d{1,4}){0,3}", text, re.ASCII):
        raise _bad_header(name, found=text, allowed="a version, such as 2.0.0")
    return _parts(text)


def _parts(version: str) -> tuple[int, ...]:
    return (*(int(part) for part in version.split(".")), 0, 0)[:3]


def _bad_header(name: str, *, found: str, allowed: str) -> ProblemError:
    finding = Finding("header.value", repr(found[:100]), allowed, column=name)
    return ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])


_SENT: Mapping[str, Form] = {
    "application/json": Form.JSON,
    "application/ld+json": Form.JSON,
    "application/xml": Form.XML,
    "text/xml": Form.XML,
}

_GIVEN: Mapping[str, Form] = {
    "application/json": Form.JSON,
    "application/ld+json": Form.JSON,
    "application/xml": Form.XML,
    "text/xml": Form.XML,
}
