"""A real server in a process of its own, and clients of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.shared_data import REPOSITORY

TOKEN = "ct_a-token-for-tests-only-0123456789"


@dataclass(frozen=True)
class Running:
    """A server that takes requests."""

    process: subprocess.Popen[str]
    url: str
    folder: Path

    def client(self, *, token: str = TOKEN, **headers: str) -> httpx.Client:
        """Return a client that shows the token."""
        return httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {token}", **headers}, timeout=60, trust_env=False
        )

    def kill(self) -> None:
        """End the process as a power cut of it would."""
        self.process.kill()
        self.process.wait(30)


@contextmanager
def server(folder: Path, **options: Any) -> Iterator[Running]:
    """Run a server on the log of a folder; options are those of ``tests.serve.serving``."""
    running = start(folder, **options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGTERM)
            try:
                running.process.wait(60)
            except subprocess.TimeoutExpired:
                running.kill()


def start(folder: Path, **options: Any) -> Running:
    """Start a server and return when it takes requests."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)])}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.serve.serving", str(folder), json.dumps(options)],
        stdout=subprocess.PIPE,
        stderr=(folder / "server.log").open("a"),
        text=True,
        env=environment,
        cwd=REPOSITORY,
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line.startswith("http"), f"the server did not start: {(folder / 'server.log').read_text()}"
    return Running(process, line, folder)


def eventually(holds: Any, *, within: float = 60.0) -> Any:
    """Return what ``holds()`` returns as soon as it is true."""
    end = time.monotonic() + within
    while True:
        found = holds()
        if found or time.monotonic() > end:
            assert found, "did not come true in time"
            return found
        time.sleep(0.05)
