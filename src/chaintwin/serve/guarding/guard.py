"""The outermost layer of the server: it refuses early, bounds bodies and times, and lets no error out unformed."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chaintwin.serve.guarding.access import CHANGES, HEALTH, check_host, check_origin, check_token, is_page
from chaintwin.serve.guarding.bodies import Bodies, bounded
from chaintwin.serve.problems import ProblemError, problem_of, problem_response
from chaintwin.serve.settings import Settings

_LOG = logging.getLogger("chaintwin.serve")

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
"""What an answer carries that says nothing else of it, so that a browser does nothing with it but show it."""


class Guard:
    """Checks each request before any route sees it.

    Parameters
    ----------
    app : what answers. settings : who is let in and how much is taken.
    """

    __slots__ = ("_app", "_bodies", "_ending", "_requests", "_settings", "_streams")

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._bodies = Bodies(settings.limits.bodies_bytes)
        self._requests = 0
        self._streams = 0
        self._ending = asyncio.Event()

    @property
    def patience(self) -> float:
        """Seconds that a reader has to take what was sent."""
        return self._settings.limits.send_seconds

    def end_streams(self) -> None:
        """End all connections that would stay open for ever, because the server is to stop."""
        self._ending.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive=receive, send=send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive=receive, send=send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, *, receive: Receive, send: Send) -> None:
        answer = _Answer(send)
        is_stream = _path(scope) == CHANGES
        counted = False
        try:
            scope = self._checked(scope)
            self._enter(is_stream=is_stream)
            counted = True
            limits = self._settings.limits
            most = limits.capture_bytes if _captures(scope) else limits.body_bytes
            with self._bodies.reserved(scope, most=most) as reserved:
                reading = bounded(receive, most=reserved, within=limits.body_seconds, is_capture=_captures(scope))
                if is_stream:
                    await self._until_ending(scope, receive=reading, send=answer)
                    await answer.finish()
                else:
                    async with asyncio.timeout(limits.request_seconds):
                        await self._app(scope, reading, answer)
        except Exception as error:
            await _tell(error, scope=scope, receive=receive, answer=answer)
        finally:
            if counted:
                self._leave(is_stream=is_stream)

    async def _websocket(self, scope: Scope, *, receive: Receive, send: Send) -> None:
        try:
            scope = self._checked(scope)
            self._enter(is_stream=True)
        except ProblemError as problem:
            await _deny(problem, scope=scope, send=send)
            return
        try:
            await self._until_ending(scope, receive=receive, send=send)
        finally:
            self._leave(is_stream=True)

    async def _until_ending(self, scope: Scope, *, receive: Receive, send: Send) -> None:
        """Let a connection stay open until it ends, or all are to end."""
        working = asyncio.ensure_future(self._app(scope, receive, send))
        ending = asyncio.ensure_future(self._ending.wait())
        try:
            await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ending.cancel()
            if not working.done():
                working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    def _checked(self, scope: Scope) -> Scope:
        limits = self._settings.limits
        raw = scope.get("raw_path") or scope["path"].encode()
        if len(raw) + len(scope["query_string"]) > limits.url_bytes:
            raise ProblemError(
                414, "URITooLongException", detail=f"The URL is longer than {limits.url_bytes} bytes; use a named query"
            )
        if sum(len(name) + len(value) for name, value in scope["headers"]) > limits.header_bytes:
            raise ProblemError(431, "headers", detail=f"The headers are longer than {limits.header_bytes} bytes")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        check_host(headers, self._settings)
        is_shown = is_page(_path(scope)) and scope["type"] == "http"
        is_opened = is_shown and headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        check_origin(headers, self._settings, is_opened=is_opened)
        if scope["path"] != HEALTH and not is_shown:
            check_token(headers, self._settings)
        # An encoded slash belongs to the name that a path holds, so routes see the path as it was sent.
        return {**scope, "path": _path(scope)}

    def _enter(self, *, is_stream: bool) -> None:
        limits = self._settings.limits
        if is_stream:
            if self._streams >= limits.streams:
                detail = f"{limits.streams} streams are open, which is all there may be"
                raise ProblemError(429, "busy", detail=detail, headers={"Retry-After": "10"})
            self._streams += 1
            return
        if self._requests >= limits.requests:
            detail = f"{limits.requests} requests are being worked on, which is all there may be"
            raise ProblemError(429, "busy", detail=detail, headers={"Retry-After": "1"})
        self._requests += 1

    def _leave(self, *, is_stream: bool) -> None:
        if is_stream:
            self._streams -= 1
        else:
            self._requests -= 1


class _Answer:
    """Sends an answer with the headers that every one carries, and knows whether it has begun."""

    __slots__ = ("_send", "begun", "finished")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False
        self.finished = False

    async def finish(self) -> None:
        """End an answer that was cut short in good form, so that its reader comes again."""
        if self.begun and not self.finished:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            own = list(message.get("headers", ()))
            names = {name.lower() for name, _ in own}
            message = {**message, "headers": [*own, *(pair for pair in HEADERS if pair[0] not in names)]}
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self.finished = True
        await self._send(message)


async def _tell(error: Exception, *, scope: Scope, receive: Receive, answer: _Answer) -> None:
    if isinstance(error, ClientDisconnect):
        # Whoever asked went away before the body was whole, so nobody is there to be told.
        return
    if isinstance(error, TimeoutError):
        detail = "The answer took longer than one may; what was acknowledged is kept."
        problem = ProblemError(503, "timeout", detail=detail, headers={"Retry-After": "5"})
    else:
        problem = problem_of(error)
    if problem.status == 500:
        _LOG.error("%s %s failed", scope.get("method"), scope["path"], exc_info=error)
    if answer.finished:
        return
    if answer.begun:
        # Half an answer cannot be taken back; closing the connection is what tells that it is not whole.
        raise error
    await problem_response(problem, scope=scope)(scope, receive, answer)


async def _deny(problem: ProblemError, *, scope: Scope, send: Send) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": problem.detail[:100]})
        return
    response = problem_response(problem, scope=scope)
    start: dict[str, Any] = {"type": "websocket.http.response.start", "status": response.status_code}
    await send({**start, "headers": [*response.raw_headers, *HEADERS]})
    await send({"type": "websocket.http.response.body", "body": bytes(response.body)})


def _path(scope: Scope) -> str:
    """Return the path of a request as it was sent."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.split(b"?", 1)[0].decode("latin-1")


def _captures(scope: Scope) -> bool:
    return bool(scope["method"] == "POST" and scope["path"].rstrip("/") in ("/epcis/capture", "/epcis/events"))
