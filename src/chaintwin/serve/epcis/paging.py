"""Pages of an answer: tokens that say where the next one begins, signed so that nobody else makes them up."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request

from chaintwin.clock import SECOND, Clock, text_of
from chaintwin.errors import Finding
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.settings import Limits

PER_PAGE = 30
"""Items on a page where nothing else is asked for, as the binding has it."""


class Pages:
    """Makes and reads tokens.

    Parameters
    ----------
    secret : what tokens are signed with; the same one reads them after a restart. limits : size of pages, life of tokens.
    """

    def __init__(self, secret: bytes, *, clock: Clock, limits: Limits) -> None:
        self._secret = secret
        self._clock = clock
        self._limits = limits

    def per_page(self, request: Request) -> int:
        """Return how many items a page may have.

        Raises
        ------
        ProblemError
            400.
        """
        text = request.query_params.get("perPage", str(PER_PAGE))
        if not (text.isascii() and text.isdigit() and len(text) < 100 and int(text) > 0):
            raise _bad(
                "perPage", found=repr(text[:40]), allowed=f"a whole number from 1 on; {self._limits.page} at most are given"
            )
        return min(int(text), self._limits.page)

    def position(self, request: Request) -> Any:
        """Return where the page that is asked for begins; None for the first.

        Raises
        ------
        ProblemError
            400 for a token that is none, is of another query, or is too old.
        """
        token = request.query_params.get("nextPageToken")
        if token is None:
            return None
        try:
            content = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
            signed, mark = content[:-16], content[-16:]
            if not hmac.compare_digest(mark, self._mark(signed)):
                raise _bad("nextPageToken", found="a token that this server did not make", allowed="the token of the last page")
            expires, digest, position = msgspec.msgpack.decode(signed)
        except (ValueError, msgspec.MsgspecError):
            raise _bad("nextPageToken", found="no token", allowed="the token of the last page") from None
        if digest != _digest(request):
            raise _bad("nextPageToken", found="a token of another query", allowed="the token with the query that it was made for")
        if expires < self._clock.now():
            raise _bad("nextPageToken", found=f"a token that expired at {text_of(expires)}", allowed="the first page again")
        return position

    def headers(self, request: Request, position: Any) -> dict[str, str]:
        """Return the headers that lead to the next page, which begins at ``position``."""
        expires = self._clock.now() + self._limits.token_seconds * SECOND
        signed = msgspec.msgpack.encode((expires, _digest(request), position))
        token = base64.urlsafe_b64encode(signed + self._mark(signed)).rstrip(b"=").decode()
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "nextPageToken"]
        path = (request.scope.get("raw_path") or request.url.path.encode()).split(b"?", 1)[0].decode("latin-1")
        target = f"{request.url.scheme}://{request.headers['host']}{path}?{urlencode([*kept, ('nextPageToken', token)])}"
        return {"Link": f'<{target}>; rel="next"', "GS1-Next-Page-Token-Expires": text_of(expires)}

    def slice(self, request: Request, items: Sequence[Any]) -> tuple[list[Any], dict[str, str]]:
        """Return one page of a list that is there as a whole, and the headers that lead to the next."""
        size = self.per_page(request)
        begin = self.position(request) or 0
        page = list(items[begin : begin + size])
        headers = self.headers(request, begin + size) if begin + size < len(items) else {}
        return page, headers

    def _mark(self, content: bytes) -> bytes:
        return hmac.digest(self._secret, b"page" + content, "sha256")[:16]


def _digest(request: Request) -> bytes:
    """Return what tells one query from another: path and parameters but for those of paging."""
    kept = sorted((name, value) for name, value in request.query_params.multi_items() if name not in ("nextPageToken", "perPage"))
    return sha256(repr((request.url.path, kept)).encode("utf-8", "backslashreplace")).digest()[:12]


def _bad(name: str, *, found: str, allowed: str) -> ProblemError:
    finding = Finding("query.value", found, allowed, column=name)
    return ProblemError(400, "QueryParameterException", detail=str(finding), findings=[finding])
