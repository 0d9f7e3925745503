"""Commands and pages run in forks of a process that has imported the program already.

A process of its own takes more than a second to import what a command needs, and tests start hundreds. What is about starting,
interrupting or killing a process, or about its environment, still starts one of its own.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.shared_data import REPOSITORY

SECONDS_MAX = 600


class Warm:
    """The way to such a process.

    Parameters
    ----------
    calls : connected to ``tests.warm_process.serve``, which ends when this is closed. seconds_max : how long a run may take.
    """

    def __init__(self, calls: socket.socket, *, seconds_max: float = SECONDS_MAX) -> None:
        self._calls = calls
        self.limit(seconds_max)

    def run(
        self, arguments: Sequence[object], *, folder: Path, environment: Mapping[str, str], page: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run a command or a page to its end and return what it said.

        Parameters
        ----------
        arguments : those of ``chaintwin``; for a page its file. folder : where it runs. environment : all variables it sees.

        Raises
        ------
        RuntimeError : the process is gone or the run took too long. Whatever stops a run, by Ctrl-C too, ends what it started.
        """
        texts = [str(argument) for argument in arguments]
        request = {"arguments": texts, "folder": str(folder), "environment": dict(environment), "page": page}
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as notes:
            code = self._ask(json.dumps(request).encode(), [out.fileno(), notes.fileno()])
            said = []
            for file in (out, notes):
                file.seek(0)
                said.append(file.read().decode())
        return subprocess.CompletedProcess(texts, code, *said)

    def limit(self, seconds_max: float) -> None:
        """Set how long a run may take from now on."""
        self._calls.settimeout(seconds_max)

    def close(self) -> None:
        """End the process, and what it may be running."""
        self._calls.close()

    def _ask(self, request: bytes, files: list[int]) -> int:
        seconds_max = self._calls.gettimeout()
        try:
            socket.send_fds(self._calls, [request], files)
            answer = self._calls.recv(64)
            if not answer:
                raise RuntimeError("the process that runs commands has ended; it says above why")
        except TimeoutError:
            self.close()
            raise RuntimeError(f"not done after {seconds_max} s: {request.decode()[:1000]}") from None
        except BaseException:
            self.close()
            raise
        return int(answer)


def start(*, seconds_max: float = SECONDS_MAX) -> tuple[Warm, subprocess.Popen[bytes]]:
    """Start such a process in a session of its own, so that Ctrl-C reaches this one only."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    paths = [str(REPOSITORY), str(REPOSITORY / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm_process", str(theirs.fileno())],
            cwd=REPOSITORY,
            # The library for matrices would start threads on import, and a process with threads cannot be forked safely.
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1"},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Warm(ours, seconds_max=seconds_max), process


@cache
def _started() -> tuple[Warm, subprocess.Popen[bytes]]:
    return start()


def warm() -> Warm:
    """Return the one process of this test run, or of this worker of it; it ends when the run does, however that ends."""
    return _started()[0]
