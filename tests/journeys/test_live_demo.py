"""The demo that lives: a server and a world beside it, which ends by itself where nobody watches and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.journeys.running import environment

pytestmark = pytest.mark.slow


def test_demo__lives_for_a_while_and_tells_what_the_twin_knew(tmp_path: Path) -> None:
    arguments = ["demo", "beer-game", "--live", "--port", "0", "--speed", "max", "--seconds", "25"]
    done = subprocess.run(
        [sys.executable, "-m", "chaintwin", *arguments],
        cwd=tmp_path,
        env=environment() | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for part in (
        "Serving",
        "In a browser: http://127.0.0.1:",
        "A world with a secret truth",
        "What the twin knew in the end",
        "events",
    ):
        assert part in " ".join(done.stdout.split()), done.stdout
    assert list(tmp_path.iterdir()) == []


def test_demo__a_port_that_is_taken_gives_way_to_another_and_ctrl_c_ends_the_world(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        words = ["demo", "beer-game", "--live", "--port", str(port), "--into", "kept", "--seconds", "600"]
        process = subprocess.Popen(
            [sys.executable, "-m", "chaintwin", *words],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = ""
            while "/sign-in#" not in line:
                line = process.stdout.readline()
                assert line, process.stderr.read() if process.stderr else ""
            url, token = line.split()[-1].split("/sign-in#")
            assert not url.endswith(f":{port}")
            with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60) as client:
                assert client.get("/api/v1/health").status_code == 200
            world = children(process.pid, having="world")
            assert world
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    assert process.returncode in (0, 130)
    assert not any(Path(f"/proc/{number}").exists() for number in world)
    assert (tmp_path / "kept" / ".twin" / "log.db").is_file()


def children(number: int, *, having: str) -> list[int]:
    """Return the children of a process with a word in their command line, as soon as there is one."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        tasks = Path(f"/proc/{number}/task").glob("*/children")
        found = [int(one) for task in tasks for one in task.read_text().split()]
        wanted = [one for one in found if having in _words(one)]
        if wanted:
            return wanted
        time.sleep(0.1)
    return []


def _words(number: int) -> list[str]:
    try:
        return os.fsdecode(Path(f"/proc/{number}/cmdline").read_bytes()).split("\0")
    except OSError:
        return []
