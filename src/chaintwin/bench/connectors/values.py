"""A case of control systems: values of a real OPC UA server, each acknowledged when it is durable, become events of a log."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from chaintwin.bench.case import Case, Phase
from chaintwin.bench.connectors.opcua_server import MACHINES
from chaintwin.errors import ChaintwinError
from chaintwin.ingest.connectors.linked.cursors import read_cursor
from chaintwin.ingest.connectors.opcua.kept import OpcuaCursor

PER_SECOND = 2_000
"""Values a second that the project promises."""

_MAPPING = """
name = "benchmark"

[[signals]]
match = "Plant/{machine}/Temperature"
as = "sensor"
measures = "Temperature"
unit = "CEL"
device = "{machine}"
"""


class ServerError(ChaintwinError):
    """Raised when the server of a benchmark does not start."""

    code = "server"


def ingest_opcua() -> Case:
    """Return the case that takes values of an OPC UA server into a log."""
    return Case(
        "ingest_opcua",
        "Values of 50 variables of an OPC UA server in another process become sensor events in a new SQLite log, end to end.",
        (500, 20_000),
        "value",
        _prepare,
        _obstacle,
    )


def _obstacle() -> str:
    return "" if find_spec("asyncua") else "there is no asyncua here; install it: pip install 'chaintwin[opcua]'"


def _prepare(size: int, folder: Path) -> tuple[Phase, ...]:
    mapping = folder / "signals.toml"
    mapping.write_text(_MAPPING, encoding="utf-8")
    server, port = _started(folder)
    numbers = count()

    def run() -> float:
        return _taken(size, server, folder=folder, port=port, number=next(numbers), mapping=mapping)

    return (Phase("server to log", run, "value", limit_seconds=size / PER_SECOND),)


def _taken(size: int, server: subprocess.Popen[str], *, folder: Path, port: int, number: int, mapping: Path) -> float:
    """Have values set while they are taken, and return how many were."""
    from chaintwin.clock import SystemClock
    from chaintwin.ingest.connectors.capturing_aside import shared_capture
    from chaintwin.ingest.connectors.opcua.opcua import Opcua
    from chaintwin.ingest.connectors.running import Ingest
    from chaintwin.store.opening import open_store

    options = {"mapping": str(mapping), "interval": "100"}
    # That the source is there, and what the variables are since the run before.
    before = 1 + (MACHINES if number else 0)
    is_asked = False
    with open_store(folder / f"{number}.db") as store, shared_capture() as capture:
        source = f"opc.tcp://127.0.0.1:{port}/bench"
        ingest = Ingest(Opcua(), source, store, capture, SystemClock(), time.sleep, options)
        for summary in ingest.run(follow=True):
            if not is_asked and summary.accepted >= before:
                assert server.stdin is not None
                server.stdin.write(f"{size}\n")
                server.stdin.flush()
                is_asked = True
            if summary.accepted >= before + size:
                asyncio.run(_forgotten(source, read_cursor(summary.cursor, OpcuaCursor)))
                break
    return float(size)


async def _forgotten(source: str, cursor: OpcuaCursor | None) -> None:
    """Have the server forget the subscription of a run: to fill its queues would be work in the next."""
    from asyncua import Client

    if cursor is not None:
        async with Client(source) as client:
            await client.delete_subscriptions([cursor.subscription])


def _started(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """Return a server that ends when the folder is gone, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "chaintwin.bench.connectors.opcua_server", str(port), str(folder)]
    server = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    assert server.stdout is not None
    if server.stdout.readline().strip() != "ready":
        raise ServerError("the OPC UA server did not start; allowed: one that does")
    return server, port
