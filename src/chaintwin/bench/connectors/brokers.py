"""What the cases of brokers share: a broker of their own on this machine, what its messages mean, and how they are taken."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.bench.case import Phase
from chaintwin.errors import ChaintwinError

if TYPE_CHECKING:
    from chaintwin.ingest.connectors.interface import Connector

PER_SECOND = 3_000
"""Messages a second that the project promises."""

BLOCK = 200
"""Messages that are sent in one piece."""

START_SECONDS = 20.0
"""Longest that a broker may take to start."""

FOLDERS = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:/opt/homebrew/bin"
"""Where servers lie that are not on the usual path."""

MAPPING = """
name = "benchmark"

[[signals]]
match = "plant/{machine}/temperature"
as = "sensor"
measures = "Temperature"
unit = "CEL"
device = "{machine}"
value = "{v}"
time = "{t}"
"""
"""What the messages mean."""


class BrokerError(ChaintwinError):
    """Raised when the broker of a benchmark does not start or does not answer."""

    code = "broker"


def program(name: str) -> str | None:
    """Return the path of a server, or None where it is not installed.

    Parameters
    ----------
    name : of the program.
    """
    return shutil.which(name) or shutil.which(name, path=FOLDERS)


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: Sequence[str], *, port: int) -> Iterator[None]:
    """Run a server until the end of the block.

    Parameters
    ----------
    command : program and arguments. port : of this machine, which it listens at.

    Raises
    ------
    BrokerError
        It does not listen within ``START_SECONDS``.
    """
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        else:
            raise BrokerError(f"{Path(command[0]).name} did not start; allowed: one that does")
        yield
    finally:
        process.terminate()
        process.wait()


def phase_of(name: str, size: int, *, folder: Path, taken: Callable[[Path, Path], None]) -> tuple[Phase, ...]:
    """Return the one phase of a case: so many messages into a new log.

    Parameters
    ----------
    name : of the phase. size : messages. folder : for what is written.
    taken : takes them once; is given a new folder and the path of the mapping.
    """
    mapping = folder / "signals.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    numbers = count()

    def run() -> float:
        inside = folder / f"run{next(numbers)}"
        inside.mkdir()
        taken(inside, mapping)
        return float(size)

    return (Phase(name, run, "message", limit_seconds=size / PER_SECOND),)


def take(connector: Connector, source: str, *, log: Path, mapping: Path, size: int, send: Callable[[], None]) -> None:
    """Take messages into a new log while they are sent.

    Parameters
    ----------
    connector, source : that they are taken with, and from. log : path of the log. mapping : path of what they mean.
    size : messages. send : sends them all; called in a thread of its own as soon as the source says that it is there.
    """
    from chaintwin.clock import SystemClock
    from chaintwin.ingest.connectors.capturing_aside import shared_capture
    from chaintwin.ingest.connectors.running import Ingest
    from chaintwin.store.opening import open_store

    with open_store(log) as store, shared_capture() as capture:
        ingest = Ingest(connector, source, store, capture, SystemClock(), time.sleep, {"mapping": str(mapping)})
        sender: threading.Thread | None = None
        for summary in ingest.run(follow=True):
            if sender is None and summary.accepted:
                # The first event says that the source is there, so it hears what is sent.
                sender = threading.Thread(target=send)
                sender.start()
            if summary.accepted > size:
                break
        if sender is not None:
            sender.join()
