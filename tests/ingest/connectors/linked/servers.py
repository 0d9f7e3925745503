"""A real server for tests: a program on a local port, with a folder of its own, that can be stopped, killed and stand still."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

WAIT = 30.0
"""Most seconds that a server takes to begin or to end."""


def program(name: str) -> str:
    """Return where a program is; empty where it is not installed."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


def need(name: str) -> None:
    """Skip the test where a program is not installed."""
    if not program(name):
        pytest.skip(f"there is no {name} here; install it: apt-get install {name}")


def free_port() -> int:
    """Return a local port that nobody uses."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class LocalServer:
    """A server that keeps what it is given.

    Parameters
    ----------
    name : of its program. folder : of its own; its log is ``server.log`` there.
    """

    def __init__(self, name: str, folder: Path) -> None:
        need(name)
        folder.mkdir(parents=True, exist_ok=True)
        self.name, self.folder, self.port = name, folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def words(self) -> Sequence[str]:
        """Return the arguments of the program."""
        raise NotImplementedError

    def start(self) -> None:
        self.process = subprocess.Popen([program(self.name), *self.words()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError(f"{self.name} does not answer")

    def stop(self) -> None:
        """End it in order, so that it writes what it keeps."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Let it stand still: its connections are half open."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def log(self) -> str:
        path = self.folder / "server.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else "no log"

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.resume()
            self.process.send_signal(how)
            self.process.wait(WAIT)
            self.process = None
