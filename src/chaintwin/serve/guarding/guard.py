"""The outermost layer of the server: it refuses early, bounds bodies and times, and lets no error out unformed."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chaintwin.serve.guarding.access import (
    PAGES,
    STREAMS,
    UPLOADS,
    check_host,
    check_origin,
    check_page,
    known_principal,
    refused,
)
from chaintwin.serve.guarding.bodies import Bodies, bounded
from chaintwin.serve.guarding.headers import headers_for
from chaintwin.serve.guarding.principals import Principal, check_role, is_open
from chaintwin.serve.operating.traffic import Traffic
from chaintwin.serve.problems import ProblemError, problem_of, problem_response
from chaintwin.serve.settings import Settings
from chaintwin.serve.signing_in.sessions import Sessions

_LOG = logging.getLogger("chaintwin.serve")

UPLOAD_BYTES = 1024 * 1024
"""Memory that an upload takes while it goes to the disk."""


class Guard:
    """Checks each request before any route sees it.

    Parameters
    ----------
    app : what answers. settings : who is let in and how much is taken. sessions : browsers that signed in.
    traffic : counts what was answered.
    """

    __slots__ = ("_app", "_bodies", "_ending", "_requests", "_sessions", "_settings", "_streams", "traffic")

    def __init__(self, app: ASGIApp, settings: Settings, *, sessions: Sessions, traffic: Traffic) -> None:
        self._app = app
        self._settings = settings
        self._sessions = sessions
        self.traffic = traffic
        self._bodies = Bodies(settings.limits.bodies_bytes)
        self._requests = 0
        self._streams = 0
        self._ending = asyncio.Event()

    @property
    def patience(self) -> float:
        """Seconds that a reader has to take what was sent."""
        return self._settings.limits.send_seconds

    def once(self, token: str) -> str:
        """Return a code that signs a browser in once and soon, in place of a token, as ``Sessions.once`` does."""
        return self._sessions.once(token)

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
        answer = _Answer(send, scope)
        is_stream = STREAMS.fullmatch(_path(scope)) is not None
        counted = False
        timer = self.traffic.begin()
        try:
            scope = self._checked(scope)
            self._enter(is_stream=is_stream)
            counted = True
            limits = self._settings.limits
            most, within, memory = self._room(scope)
            with self._bodies.reserved(scope, most=most, memory=memory) as reserved:
                reading = bounded(receive, most=reserved, within=within, is_capture=_captures(scope))
                if is_stream:
                    await self._until_ending(scope, receive=reading, send=answer)
                    await answer.finish()
                else:
                    async with asyncio.timeout(within if memory is not None else limits.request_seconds):
                        await self._app(scope, reading, answer)
        except Exception as error:
            await _tell(error, scope=scope, receive=receive, answer=answer)
        finally:
            if counted:
                self._leave(is_stream=is_stream)
            self.traffic.end(timer, scope, status=answer.status, sent=answer.sent, is_stream=is_stream)

    def _room(self, scope: Scope) -> tuple[int, float, int | None]:
        """Return how many bytes a body may have, in which time, and the memory of one that goes to the disk; None for others."""
        limits, uploads = self._settings.limits, self._settings.uploads
        if scope["method"] == "POST" and scope["path"] == UPLOADS:
            return uploads.bytes_each, uploads.seconds, UPLOAD_BYTES
        return (limits.capture_bytes if _captures(scope) else limits.body_bytes), limits.body_seconds, None

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
        """Let a connection stay open until it ends, or all are to end, or whoever opened it is not let in any more."""
        principal: Principal = scope["principal"]
        working = asyncio.ensure_future(self._app(scope, receive, send))
        waiting: set[asyncio.Future[Any]] = {working, asyncio.ensure_future(self._ending.wait())}
        if principal.session is not None:
            waiting.add(asyncio.ensure_future(self._sessions.until_over(principal.session)))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                if not task.done():
                    task.cancel()
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
        # An encoded slash belongs to the name that a path holds, so routes see the path as it was sent.
        path, method, is_socket = _path(scope), scope.get("method", "GET"), scope["type"] == "websocket"
        scheme = "https" if scope["scheme"] in ("https", "wss") else "http"
        check_host(headers, self._settings)
        check_origin(headers, self._settings, scheme=scheme, may_be_opened=path in PAGES and method == "GET" and not is_socket)
        port = (scope.get("server") or ("", 0))[1] or 0
        who = known_principal(headers, self._settings, sessions=self._sessions, port=port, is_secure=scheme == "https")
        if is_open(method, path) and not is_socket:
            return {**scope, "path": path, "principal": who}
        if who.role is None:
            raise refused()
        if who.session is not None:
            check_page(headers, self._settings, scheme=scheme, method=method, is_socket=is_socket)
        check_role(who, method=method, path=path)
        return {**scope, "path": path, "principal": who}

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

    __slots__ = ("_scope", "_send", "begun", "finished", "sent", "status")

    def __init__(self, send: Send, scope: Scope) -> None:
        self._send, self._scope = send, scope
        self.begun = False
        self.finished = False
        self.status = self.sent = 0

    async def finish(self) -> None:
        """End an answer that was cut short in good form, so that its reader comes again."""
        if self.begun and not self.finished:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            self.status = message["status"]
            given = list(message.get("headers", ()))
            message = {**message, "headers": [*given, *headers_for(given, is_secure=self._scope["scheme"] == "https")]}
        elif message["type"] == "http.response.body":
            self.sent += len(message.get("body", b""))
            self.finished = not message.get("more_body", False)
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
    headers = [*response.raw_headers, *headers_for(response.raw_headers, is_secure=scope["scheme"] == "wss")]
    await send({**start, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": bytes(response.body)})


def _path(scope: Scope) -> str:
    """Return the path of a request as it was sent."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.split(b"?", 1)[0].decode("latin-1")


def _captures(scope: Scope) -> bool:
    return bool(scope["method"] == "POST" and scope["path"].rstrip("/") in ("/epcis/capture", "/epcis/events"))
