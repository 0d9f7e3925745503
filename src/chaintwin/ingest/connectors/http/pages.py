"""One page of another repository at a time: with patience, within limits, and no further than the address that was named."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile as _Body
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import parse_qs, urlsplit

from chaintwin.errors import ChaintwinError

if TYPE_CHECKING:
    import httpx

PAGE_BYTES_MAX = 256 * 2**20
"""A page that is larger is refused; what is kept in memory of it is far less."""

MEMORY_BYTES = 8 * 2**20
"""More of a page than this lies in a file."""

WAIT_MAX = 60.0
"""Most seconds between two tries."""

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which it is worth coming again."""

GONE = frozenset({400, 404, 410})
"""Answers to a page token that is no longer known."""


class SourceFailedError(ChaintwinError):
    """Raised where a source does not give what it should; says what it said.

    Parameters
    ----------
    status : of its answer; 0 where there was none.
    """

    code = "source"

    def __init__(self, message: str, *, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Page:
    """An answer.

    Parameters
    ----------
    content : its body, to be read from the begin. token : of the next page, empty if this is the last.
    date : what the source's clock said, as its header has it; empty if it did not say.
    """

    content: BinaryIO
    token: str
    date: str


@dataclass(frozen=True, slots=True)
class Pages:
    """Asks one address for pages.

    Parameters
    ----------
    client : does not follow redirections, and keeps no connection for the next question. address : of ``/events``.
    timeout : seconds that one page may take, however slowly it drips. tries : how often it is asked, at least once.
    sleep, note : wait and say so.
    """

    client: httpx.Client
    address: str
    timeout: float
    tries: int
    sleep: Callable[[float], None]
    note: Callable[[str], None]

    def page(self, query: Mapping[str, str]) -> Page:
        """Return a page; come again with longer and longer waits where that may help.

        Raises
        ------
        SourceFailedError
            It could not be had; says why.
        """
        wait = 0.5
        for last in range(self.tries - 1, -1, -1):
            try:
                return self._asked(query)
            except _AgainError as again:
                if not last:
                    times = f", {self.tries} times" if self.tries > 1 else ""
                    message = f"{self.address}: found {again}{times}; allowed: an answer"
                    raise SourceFailedError(message, status=again.status) from None
                pause = min(max(wait, again.after), WAIT_MAX)
                self.note(f"{self.address}: {again}; trying again in {pause:.1f} s.")
                self.sleep(pause)
                wait = min(2 * wait, WAIT_MAX)
        raise AssertionError("the last try returns or raises")

    def _asked(self, query: Mapping[str, str]) -> Page:
        import httpx

        # Whoever reads the page closes it by letting go of it.
        body, size = _Body(max_size=MEMORY_BYTES), 0  # noqa: SIM115
        with _deadline(self.timeout) as deadline:
            try:
                ask = self.client.stream("GET", self.address, params=dict(query), extensions={"trace": deadline.trace})
                with ask as answer:
                    self._refuse(answer)
                    for chunk in answer.iter_bytes():
                        size += len(chunk)
                        if size > PAGE_BYTES_MAX:
                            found = f"{self.address}: found a page of more than {PAGE_BYTES_MAX // 2**20} MiB"
                            raise SourceFailedError(f"{found}; allowed: smaller ones; fix: set the option per-page")
                        body.write(chunk)
                    body.seek(0)
                    return Page(body, _token(answer, self.address), answer.headers.get("Date", ""))  # type: ignore[arg-type]
            except httpx.TransportError as fault:
                late = f"an answer that was not complete after {self.timeout:g} s"
                raise _AgainError(late if deadline.is_over else f"{type(fault).__name__} {fault}".strip()) from None
            except httpx.HTTPError as fault:
                raise SourceFailedError(f"{self.address}: found {type(fault).__name__} {fault}; allowed: an answer") from None

    def _refuse(self, answer: httpx.Response) -> None:
        if answer.status_code in AGAIN:
            raise _AgainError(f"the answer {answer.status_code}", answer.status_code, _after(answer))
        if answer.status_code != 200:
            text = next(answer.iter_bytes(), b"")[:300].decode("utf-8", "replace")
            message = f"{self.address}: found the answer {answer.status_code} {text!r}; allowed: 200"
            raise SourceFailedError(message, status=answer.status_code)


class _Deadline:
    """Shuts the connection that is being used when time is over.

    A connection over which now and then a byte drips, be it of the head of an answer, never times out by itself.
    """

    def __init__(self) -> None:
        self.is_over = False
        self.connection: socket.socket | None = None

    def trace(self, event: str, details: dict[str, Any]) -> None:
        """Note the connection; called for each step of a request."""
        del event
        stream = details.get("return_value")
        if stream is not None and hasattr(stream, "get_extra_info"):
            found = stream.get_extra_info("socket")
            self.connection = found if found is not None else self.connection

    def end(self) -> None:
        """Shut the connection."""
        self.is_over = True
        if self.connection is not None:
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def _deadline(seconds: float) -> Iterator[_Deadline]:
    deadline = _Deadline()
    timer = threading.Timer(seconds, deadline.end)
    timer.daemon = True
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()


class _AgainError(Exception):
    """Coming again may help."""

    def __init__(self, message: str, status: int = 0, after: float = 0.0) -> None:
        super().__init__(message)
        self.status, self.after = status, after


def _after(answer: httpx.Response) -> float:
    """Return the seconds an answer asks to wait; 0 if it says none in seconds."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0


def _token(answer: httpx.Response, address: str) -> str:
    """Return the token of the next page; only the token is taken from the link, never the address."""
    header = answer.headers.get("Link", "")
    if not _NEXT.search(header):
        return ""
    try:
        link = answer.links["next"]["url"]
        return parse_qs(urlsplit(link).query, keep_blank_values=True)["nextPageToken"][0]
    except (KeyError, ValueError):
        allowed = '<…?nextPageToken=…>; rel="next"'
        message = f"{address}: Link: found {header[:300]!r}; allowed: {allowed}; fix: ask who runs the repository"
        raise SourceFailedError(message) from None


_NEXT = re.compile(r"""\brel\s*=\s*["']?[^"';,]*\bnext\b""", re.IGNORECASE)
