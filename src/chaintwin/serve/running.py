"""Running a server: where it listens, and how it ends."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from chaintwin.errors import UsageError
from chaintwin.guard.hosts import is_loopback
from chaintwin.serve.guarding import Guard
from chaintwin.serve.guarding.lingering import protocol
from chaintwin.serve.memory import collect_seldom

FINISH_SECONDS = 30
"""How long requests that began may take to end when the server is told to stop."""

CUT_OFF_SECONDS = 2.0
"""How long requests may take to notice that they were cut off."""

WAITING = 1024
"""Connections that may wait to be taken."""

SWITCH_SECONDS = 0.0005
"""How long a thread goes on while others wait; with Python's own 5 ms each step of an answer waits for who applies events."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens.

    Parameters
    ----------
    host : number or name of this machine. port : 0 for any that is free.
    certificate, key : files in PEM for TLS; without them a server listens to this machine only.
    """

    host: str = "127.0.0.1"
    port: int = 8750
    certificate: Path | None = None
    key: Path | None = None

    def check(self) -> None:
        """Refuse to listen to other machines without TLS, because the token would be readable on the way.

        Raises
        ------
        UsageError
            The address is none, or would be open.
        """
        if (self.certificate is None) != (self.key is None):
            raise UsageError("--certificate and --key: found one of them; allowed: both or neither")
        if self.certificate is None and not is_loopback(self.host):
            allowed = "127.0.0.1, ::1 or localhost; any other with --certificate and --key"
            raise UsageError(f"--host: found {self.host}; allowed: {allowed}")
        if not 0 <= self.port <= 65535:
            raise UsageError(f"--port: found {self.port}; allowed: 0 to 65535")


@contextmanager
def bound(address: Address) -> Iterator[socket.socket]:
    """Take an address, so that nobody else can, before anything is opened that is to be served there.

    Raises
    ------
    UsageError
        The address is open to others, or taken.
    """
    address.check()
    try:
        family, kind, protocol, _, name = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(_not_listening(address, error)) from None
    with sock:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(name)
        except OSError as error:
            raise UsageError(_not_listening(address, error)) from None
        yield sock


def run(app: Guard, address: Address, *, sock: socket.socket, started: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; what began is finished before this returns, or cut off at a second SIGINT.

    Parameters
    ----------
    sock : as ``bound`` gives it. started : is called with the URL when connections are taken.

    Raises
    ------
    UsageError
        Somebody listens at the address by now.
    """
    try:
        sock.listen(WAITING)
    except OSError as error:
        raise UsageError(_not_listening(address, error)) from None
    sock.setblocking(False)
    logging.getLogger("uvicorn.error").addFilter(_is_told)
    collect_seldom()
    sys.setswitchinterval(SWITCH_SECONDS)
    is_secure = address.certificate is not None
    config = uvicorn.Config(
        app,
        http=protocol(app.patience),
        loop="uvloop",
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        lifespan="on",
        log_config=None,
        # What is no HTTP is answered; telling it besides would let anybody fill the disk that keeps what a server says.
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=FINISH_SECONDS,
        ssl_certfile=str(address.certificate) if is_secure else None,
        ssl_keyfile=str(address.key) if is_secure else None,
    )
    host = f"[{address.host}]" if ":" in address.host else address.host
    url = f"{'https' if is_secure else 'http'}://{host}:{sock.getsockname()[1]}"
    server = _Server(config, url=url, started=started, ending=app.end_streams)
    server.run(sockets=[sock])


class _Server(uvicorn.Server):
    """Tells when it takes connections, and ends in good form when it is told to stop."""

    def __init__(self, config: uvicorn.Config, *, url: str, started: Callable[[str], None], ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._url = url
        self._told = started
        self._ending = ending

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # A server that was told to stop and did has done what it was asked for, so the signal is not raised again.
        kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets=sockets)
        if self.force_exit:
            # Who waits for an answer waits in vain; the log and its twin are closed in good form all the same.
            cut_off = list(self.server_state.tasks)
            for task in cut_off:
                task.cancel()
            if cut_off:
                await asyncio.wait(cut_off, timeout=CUT_OFF_SECONDS)
            await self.lifespan.shutdown()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._told(self._url)


def _is_told(record: logging.LogRecord) -> bool:
    """Tell whether a line of the HTTP library says anything.

    A WebSocket that was refused was answered, and a request that was cut off because the server had to end is no fault.
    """
    fault = record.exc_info[0] if record.exc_info else None
    is_cut_off = fault is not None and issubclass(fault, asyncio.CancelledError)
    return not is_cut_off and "without completing handshake" not in record.getMessage()


def _not_listening(address: Address, error: OSError) -> str:
    """Say why nobody can listen at an address, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return (
            f"--port: found {address.port} taken at {address.host}, by another server perhaps; allowed: a free one; "
            f"fix: --port {address.port + 1 if address.port < 65535 else 8750}, or --port 0 for any that is free"
        )
    if error.errno == errno.EACCES:
        return f"--port: found {address.port}, which this user may not take; allowed: 1024 to 65535, or 0 for any that is free"
    allowed = "127.0.0.1, ::1, localhost, or another address of this machine"
    return f"--host: found {address.host}, at which nobody can listen ({error.strerror or error}); allowed: {allowed}"
