"""The application: its parts, put together and taken apart again."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, WebSocketRoute
from starlette.websockets import WebSocket

from chaintwin.clock import Clock, SystemClock
from chaintwin.errors import ChaintwinError
from chaintwin.ingest.sources.configured import ConfiguredSource
from chaintwin.ingest.sources.feeding import Feeding, Manner
from chaintwin.serve.capturing.capturing import Capturing
from chaintwin.serve.capturing.workers import Workers
from chaintwin.serve.describing.openapi import description
from chaintwin.serve.epcis.paging import Pages
from chaintwin.serve.epcis.routes import capture, events, queries, resources, sockets, subscriptions, tokens
from chaintwin.serve.guarding import Guard
from chaintwin.serve.jobs.files import JobFiles
from chaintwin.serve.jobs.results.routes import router as results_router
from chaintwin.serve.jobs.routes import router as jobs_router
from chaintwin.serve.jobs.scheduling import Scheduler
from chaintwin.serve.known import Known
from chaintwin.serve.live import routes
from chaintwin.serve.live.applying import Applying
from chaintwin.serve.live.entries import router as entries_router
from chaintwin.serve.live.growth import Growth
from chaintwin.serve.network import routes as network_routes
from chaintwin.serve.operating.routes import router as operating_router
from chaintwin.serve.operating.traffic import Traffic
from chaintwin.serve.outlook.looking import Outlook
from chaintwin.serve.outlook.routes import router as outlook_router
from chaintwin.serve.page.routes import page_routes
from chaintwin.serve.parts import Live, Parts
from chaintwin.serve.problems import ProblemError, problem_of, problem_response
from chaintwin.serve.scenarios.routes import router as scenarios_router
from chaintwin.serve.settings import Settings
from chaintwin.serve.signing_in.routes import router as session_router
from chaintwin.serve.signing_in.sessions import Sessions
from chaintwin.serve.subscribing.dispatching import Dispatcher
from chaintwin.serve.subscribing.registering import Register
from chaintwin.serve.threads import Threads
from chaintwin.serve.trust.routes import router as trust_router
from chaintwin.serve.uploading.routes import router as uploads_router
from chaintwin.serve.uploading.uploads import Uploads
from chaintwin.store.interface import Store
from chaintwin.twin import Twin

SECRET_SHELF = "server"

ROUTERS: tuple[APIRouter, ...] = (
    capture.router,
    events.router,
    sockets.router,
    queries.router,
    subscriptions.router,
    tokens.router,
    resources.router,
    routes.router,
    entries_router,
    jobs_router,
    results_router,
    uploads_router,
    session_router,
    operating_router,
    outlook_router,
    trust_router,
    network_routes.router,
    scenarios_router,
)
"""All routes but for the description of them."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What a server has beside its log.

    Parameters
    ----------
    clock : tells the time. sessions : browsers that are signed in. traffic : counts what was answered. sources : events are
        taken from.
    note : takes what is to be told of them.
    """

    clock: Clock
    sessions: Sessions
    traffic: Traffic
    sources: tuple[ConfiguredSource, ...]
    note: Callable[[str, str], None]


def create_app(
    store: Store,
    *,
    settings: Settings,
    twin: Twin | None = None,
    clock: Clock | None = None,
    sources: Sequence[ConfiguredSource] = (),
    note: Callable[[str, str], None] = lambda _, __: None,
) -> Guard:
    """Return the application of one server.

    Parameters
    ----------
    store : the log; whoever opened it closes it. settings : who is let in and how much is taken.
    twin : state of the same log; None to serve the log alone. clock : that of the machine by default.
    sources : events are taken from while the server runs. note : takes what is to be told of them: name and text.
    """
    clock = clock or SystemClock()
    outside = Outside(clock, Sessions(store, clock=clock, settings=settings), Traffic(), tuple(sources), note)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        async with _parts(store, settings=settings, twin=twin, outside=outside) as parts:
            app.state.parts = parts
            yield

    app = FastAPI(
        title="chaintwin",
        version="1",
        lifespan=running,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    app.router.routes.extend(page_routes())
    document: list[bytes] = []

    @app.get("/openapi.json", name="openapi")
    async def openapi() -> Response:
        """Return the description of all routes."""
        if not document:
            document.append(description(app, limits=settings.limits))
        return Response(document[0], media_type="application/json")

    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _request_error)
    app.add_exception_handler(ChaintwinError, _own_error)
    app.add_exception_handler(Exception, _unforeseen)
    app.router.routes.append(WebSocketRoute("/{path:path}", _no_socket))
    return Guard(app, settings, sessions=outside.sessions, traffic=outside.traffic)


@asynccontextmanager
async def _parts(store: Store, *, settings: Settings, twin: Twin | None, outside: Outside) -> AsyncIterator[Parts]:
    threads, clock = Threads(), outside.clock
    workers = Workers(settings.workers)
    await threads.read(workers.warm)
    capturing = Capturing(store, workers=workers, threads=threads, clock=clock, settings=settings)
    pages = Pages(await threads.write(lambda: _secret(store)), clock=clock, limits=settings.limits)
    dispatcher = Dispatcher(store, threads=threads, clock=clock, settings=settings, master=capturing.master)
    live: Live | None = None
    if twin is not None:
        grown = Growth(twin.head)
        live = Live(twin, Applying(twin, store=store, tell=grown.tell), grown)
    await dispatcher.start()
    feeding: Feeding | None = None
    with ExitStack() as stack:
        folder = settings.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaintwin-")))
        uploads = Uploads(folder / "uploads", limits=settings.uploads, threads=threads, clock=clock)
        scheduler = Scheduler(
            store, twin=twin, files=JobFiles(folder), uploads=uploads, threads=threads, clock=clock, limits=settings.jobs
        )
        growth = live.growth if live else None
        outlook = Outlook(twin, growth=growth, scheduler=scheduler, threads=threads, settings=settings.outlook)
        try:
            await scheduler.start()
            outlook.start()
            register = Register(store, settings=settings)
            feeding = await threads.write(lambda: _feeding(store, outside, workers=workers))
            yield Parts(
                store,
                clock,
                settings,
                threads,
                capturing,
                pages,
                Known(store),
                register,
                dispatcher,
                outside.sessions,
                scheduler,
                uploads,
                outside.traffic,
                outlook,
                live,
                feeding,
            )
        finally:
            if feeding is not None:
                # Sources end before all that they need.
                await asyncio.to_thread(feeding.close)
            await outlook.close()
            await scheduler.close()
            await dispatcher.close()
            if live is not None:
                live.applying.close()
            workers.close()
            threads.close()


def _feeding(store: Store, outside: Outside, *, workers: Workers) -> Feeding | None:
    """Begin to take sources, gently, with the checking done by other processes; None where there are none."""
    if not outside.sources:
        return None
    manner = Manner(follow=True, gentle=True)
    feeding = Feeding(
        outside.sources, store=store, clock=outside.clock, manner=manner, note=outside.note, capture=workers.captured
    )
    feeding.start()
    return feeding


def _secret(store: Store) -> bytes:
    """Return what tokens are signed with, made when it is first needed."""
    secret = store.get(SECRET_SHELF, "secret")
    if secret is None:
        secret = os.urandom(32)
        store.put(SECRET_SHELF, "secret", content=secret)
    return secret


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path[:200]
    if error.status_code == 404:
        problem = ProblemError(404, "NoSuchResourceException", detail=f"There is nothing at {path!r}")
    elif error.status_code == 405:
        allowed = ", ".join(_methods(request))
        detail = f"{request.method} is not for {path!r}; allowed: {allowed}"
        problem = ProblemError(405, "method", detail=detail, headers={"Allow": allowed})
    else:
        problem = ProblemError(error.status_code, "request", detail=str(error.detail)[:200])
    return problem_response(problem, scope=request.scope)


def _methods(request: Request) -> list[str]:
    found: set[str] = set()
    for route in request.app.router.routes:
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            found |= set(getattr(route, "methods", None) or ())
    return sorted(found)


async def _request_error(request: Request, error: Exception) -> Response:
    problem = ProblemError(400, "ValidationException", detail="The request does not have the form of this route")
    return problem_response(problem, scope=request.scope)


async def _unforeseen(request: Request, error: Exception) -> Response:
    """Return the form of any other error; it is raised further besides, and the guard writes it down."""
    return problem_response(problem_of(error), scope=request.scope)


async def _no_socket(socket: WebSocket) -> None:
    problem = ProblemError(404, "NoSuchResourceException", detail=f"There is no WebSocket at {socket.url.path[:200]!r}")
    await socket.send_denial_response(problem_response(problem, scope=socket.scope))


async def _own_error(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.status == 500:
        raise error
    return problem_response(problem, scope=request.scope)
