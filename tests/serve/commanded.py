"""``chaintwin serve`` as its user starts it: a process of its own, with a project, a token in a file, and what it says kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from chaintwin.network import Network, write
from tests.serve.running import TOKEN
from tests.shared_data import REPOSITORY

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Served:
    """A server that takes requests, and the processes that work for it."""

    process: subprocess.Popen[str]
    url: str
    folder: Path

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    @property
    def log(self) -> Path:
        """File of the log of events."""
        return self.folder / "project" / ".twin" / "log.db"

    @property
    def said(self) -> str:
        """What it said besides its address: nothing, if nothing went wrong."""
        return (self.folder / "said").read_text()

    def client(self) -> httpx.Client:
        """Return a client that shows the token."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60, trust_env=False)

    def resident(self) -> int:
        """Return the bytes of memory that the server and its workers have."""
        return sum(resident_of(number) for number in family(self.process.pid))


@contextmanager
def serving(
    folder: Path,
    network: Network,
    *,
    workers: int,
    jobs: int = 0,
    program: tuple[str, ...] = ("-m", "chaintwin"),
    more: tuple[str, ...] = (),
) -> Iterator[Served]:
    """Serve a network until the end of the block.

    Parameters
    ----------
    folder : is made; holds the project, its log, the token and what the server says.
    workers : processes that read documents. jobs : that are done at one time. program : what Python is to run in place of the
        command
        itself. more : further words of the command.
    """
    folder.mkdir(parents=True)
    write(network, folder / "project")
    token = folder / "token"
    token.touch(0o600)
    token.write_text(TOKEN)
    place = str(folder / "project")
    words = ["serve", place, "--port", "0", "--token-file", str(token), "--workers", str(workers), "--jobs", str(jobs), "--json"]
    paths = os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY)])
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, *program, *words, *more],
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env=os.environ | {"PYTHONPATH": paths},
            cwd=REPOSITORY,
        )
    try:
        yield Served(process, json.loads(_told(process, folder))["url"], folder)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def family(number: int) -> list[int]:
    """Return a process and all that it started."""
    found = [number]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def resident_of(number: int) -> int:
    """Return the bytes of memory that a process has."""
    return int(Path(f"/proc/{number}/statm").read_text().split()[1]) * PAGE


def _told(process: subprocess.Popen[str], folder: Path) -> str:
    assert process.stdout is not None
    told = ""
    while "}" not in told:
        line = process.stdout.readline()
        assert line, (folder / "said").read_text()
        told += line
    return told
