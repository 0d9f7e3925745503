"""WebSocket subscriptions: the events of a named query as they come, or by a schedule."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from math import inf
from time import monotonic
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from chaintwin.clock import SECOND, text_of
from chaintwin.errors import Finding
from chaintwin.events.queries import EventQuery
from chaintwin.events.queries.spelling import moment_of_text
from chaintwin.serve.epcis.documents import encoded, query_document
from chaintwin.serve.epcis.headers import EpcFormat
from chaintwin.serve.epcis.routes.subscriptions import controls_faults
from chaintwin.serve.parts import Parts, parts_of
from chaintwin.serve.problems import ProblemError, problem_response
from chaintwin.serve.subscribing.kept import NamedQuery, cursor_before, query_named
from chaintwin.serve.subscribing.reporting import Report
from chaintwin.serve.subscribing.schedule import FIELDS, Schedule, next_run, schedule_of

_LOG = logging.getLogger("chaintwin.serve")

LOOK_SECONDS = 15.0

CLOSE_SECONDS = 1.0
"""Time to say good-bye; a receiver that reads no more would let even that wait for ever."""

GOING_AWAY, INTERNAL_ERROR = 1001, 1011
"""How a connection is closed by the server (RFC 6455, section 7.4.1)."""

router = APIRouter(prefix="/epcis")


@router.websocket("/queries/{queryName}/events")
async def subscribe(socket: WebSocket) -> None:
    """Send the events of a named query until the receiver goes away."""
    parts = parts_of(socket)
    name = unquote(socket.path_params["queryName"])
    named = await parts.threads.read(lambda: query_named(parts.store, name))
    try:
        if named is None:
            raise ProblemError(404, "NoSuchNameException", detail=f"No query is called {name[:200]!r}")
        controls = _controls(socket, named.read())
    except ProblemError as problem:
        await socket.send_denial_response(problem_response(problem, scope=socket.scope))
        return
    cursor = await parts.threads.read(lambda: cursor_before(parts.store, controls["initial"]))
    await socket.accept(headers=[(b"gs1-query-min-record-time", text_of(cursor[0]).encode())])
    listening = asyncio.create_task(_until_gone(socket))
    sending = asyncio.create_task(_send_all(socket, parts, named, cursor=cursor, controls=controls))
    code = GOING_AWAY
    try:
        done, _ = await asyncio.wait({listening, sending}, return_when=asyncio.FIRST_COMPLETED)
        fault = sending.exception() if sending in done and not sending.cancelled() else None
        # Who reads too slowly is cut off, and who left while something was sent is gone; neither is a fault of the server.
        if fault is not None and listening not in done and not isinstance(fault, TimeoutError | WebSocketDisconnect):
            _LOG.error("the events of query %s cannot be sent", name[:200], exc_info=fault)
            code = INTERNAL_ERROR
    finally:
        for task in (listening, sending):
            task.cancel()
        await asyncio.gather(listening, sending, return_exceptions=True)
        with suppress(Exception):
            async with asyncio.timeout(CLOSE_SECONDS):
                await socket.close(code)


def _controls(socket: WebSocket, query: EventQuery) -> dict[str, Any]:
    given = dict(socket.query_params)
    schedule = {name: given.pop(name) for name in FIELDS if name in given}
    words = {"true": True, "false": False}
    controls: dict[str, Any] = {name: words[given[name]] for name in ("stream", "reportIfEmpty") if given.get(name) in words}
    allowed = "stream, reportIfEmpty, initialRecordTime or a field of a schedule"
    faults = []
    for name, value in given.items():
        is_word = name in ("stream", "reportIfEmpty") and value in words
        if not is_word and name != "initialRecordTime":
            faults.append(Finding("subscription.parameter", repr(value[:60]), allowed, column=name[:100]))
    if schedule:
        controls["schedule"] = schedule
    faults += controls_faults(controls, query)
    initial = moment_of_text(given["initialRecordTime"]) if "initialRecordTime" in given else None
    if "initialRecordTime" in given and initial is None:
        allowed = "a time with a zone, such as 2026-01-31T09:30:00Z"
        faults.append(Finding("subscription.time", repr(given["initialRecordTime"][:60]), allowed, column="initialRecordTime"))
    if faults:
        raise ProblemError(400, "SubscriptionControlsException", detail=str(faults[0]), findings=faults)
    times = schedule_of(schedule) if schedule else None
    epcs = socket.headers.get("gs1-epc-format", EpcFormat.DIGITAL_LINK)
    if epcs not in set(EpcFormat):
        raise ProblemError(400, "ValidationException", detail=f"GS1-EPC-Format: allowed: {', '.join(EpcFormat)}")
    return {"initial": initial, "times": times, "empty": controls.get("reportIfEmpty", False), "epcs": EpcFormat(epcs)}


async def _until_gone(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive()


async def _send_all(
    socket: WebSocket, parts: Parts, named: NamedQuery, *, cursor: tuple[int, int], controls: dict[str, Any]
) -> None:
    query = named.read()
    times: Schedule | None = controls["times"]
    asked_at = -inf
    while True:
        if times is None:
            await parts.dispatcher.coming(cursor[1], asked_at=asked_at, within=LOOK_SECONDS)
        elif not await _its_time(parts, times):
            continue
        has_sent, asked_at = False, monotonic()
        while True:
            report = await parts.dispatcher.report(query, cursor)
            if report.entries or (report.is_last and controls["empty"] and not has_sent and times is not None):
                await _send(socket, parts, report, name=named.name, epcs=controls["epcs"])
                has_sent = True
            cursor = report.cursor
            if report.is_last:
                break


async def _its_time(parts: Parts, times: Schedule) -> bool:
    """Wait a while, and tell whether a time of a schedule came."""
    now = parts.clock.now()
    at = next_run(times, after=now)
    await asyncio.sleep(LOOK_SECONDS if at is None else min(LOOK_SECONDS, (at - now) / SECOND))
    return at is not None and parts.clock.now() >= at


async def _send(socket: WebSocket, parts: Parts, report: Report, *, name: str, epcs: EpcFormat) -> None:
    document = await parts.threads.read(lambda: query_document(report.entries, now=parts.clock.now(), epcs=epcs, query=name))
    # Who is slower is cut off, and may come again with the time of the last event.
    async with asyncio.timeout(parts.settings.limits.send_seconds):
        await socket.send_text(encoded(document).decode())
