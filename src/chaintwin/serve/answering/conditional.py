"""Answers with an entity tag: who has one already is told so, and is not sent it again (RFC 9110, section 13)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

import msgspec
from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json"

CACHE_CONTROL = "private, no-cache"
"""A browser may keep the answer, and asks whether it still holds before each use."""


def tagged(request: Request, document: object, *, headers: Mapping[str, str] | None = None, of: str = "") -> Response:
    """Return a document as JSON with an entity tag, or 304 where the request has it already.

    Parameters
    ----------
    document : what is told. headers : further ones.
    of : what the answer depends on, where the document itself changes with the time of day; the tag is a weak one then.
    """
    content = msgspec.json.encode(document)
    return tagged_bytes(request, content, media_type=JSON, headers=headers, of=of)


def is_known(request: Request, *, of: str) -> bool:
    """Tell whether a request has already what ``tagged`` would answer, before it is made.

    Parameters
    ----------
    of : as for ``tagged``.
    """
    given = request.headers.get("if-none-match", "")
    # Whether there is anything to answer at all, which is what * asks, is known when it is made.
    return given.strip() != "*" and has_tag(given, _tag_of(of, media_type=JSON))


def tagged_bytes(
    request: Request, content: bytes, *, media_type: str, headers: Mapping[str, str] | None = None, of: str = ""
) -> Response:
    """Return content with an entity tag, or 304 where the request has it already; parameters as for ``tagged``."""
    tag = _tag_of(of, media_type=media_type) if of else tag_of(content)
    found = {**(headers or {}), "ETag": tag, "Cache-Control": CACHE_CONTROL, "Vary": "Accept"}
    if has_tag(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=found)
    return Response(content, headers=found, media_type=media_type)


def tag_of(content: bytes, *, is_weak: bool = False) -> str:
    """Return the entity tag of some content.

    Example
    -------
    >>> tag_of(b"", is_weak=True)[:3]
    'W/"'
    """
    digest = blake2b(content, digest_size=12).hexdigest()
    return f'W/"{digest}"' if is_weak else f'"{digest}"'


def has_tag(given: str, tag: str) -> bool:
    """Tell whether a list of entity tags holds one, by the weak comparison that ``If-None-Match`` asks for.

    Example
    -------
    >>> has_tag('"a", W/"b"', '"b"'), has_tag("*", '"b"'), has_tag('"ab"', '"b"')
    (True, True, False)
    """
    if given.strip() == "*":
        return True
    return tag.removeprefix("W/") in {part.strip().removeprefix("W/") for part in given.split(",")}


def _tag_of(of: str, *, media_type: str) -> str:
    return tag_of(of.encode() + b"\x00" + media_type.encode(), is_weak=True)
