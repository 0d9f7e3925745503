"""Large batches are captured by two processes, with the same results as by one."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from chaintwin.ingest.connectors import capturing_aside
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.interface import Item, Place
from tests.ingest.connectors.sources import document, event


def items(count: int) -> list[Item]:
    found = []
    outline = json.dumps(document([])).encode()
    for number in range(count):
        content = json.dumps(event(number)).encode() if number % 9 else b'{"type": "ObjectEvent"}'
        found.append(Item(Place("x", number), content, outline if number % 2 else b""))
    return found


@pytest.mark.slow
def test_shared_capture__as_one_process_and_after_its_end_too() -> None:
    batch = items(400)
    wanted = captured(batch, "source")
    assert wanted.problems
    aside = capturing_aside._Aside()
    deadline = time.monotonic() + 60
    try:
        while not aside.is_ready and time.monotonic() < deadline:
            assert aside.capture(batch, "source") == wanted
        assert aside.is_ready
        assert aside.capture(batch, "source") == wanted
        assert aside.capture(batch[:10], "source") == captured(batch[:10], "source")
        assert aside.process is not None
        aside.process.kill()
        aside.process.wait()
        assert aside.capture(batch, "source") == wanted
        assert not aside.is_of_use
    finally:
        aside.close()


def ready(aside: capturing_aside._Aside) -> bool:
    """Start the process and wait until it is of use."""
    deadline = time.monotonic() + 60
    while not aside._is_there() and aside.is_of_use and time.monotonic() < deadline:
        time.sleep(0.05)
    return aside.is_ready


def test_shared_capture__a_process_that_stands_still_holds_nothing_up() -> None:
    batch = items(4_000)
    aside = capturing_aside._Aside(patience=0.5)
    try:
        assert ready(aside)
        assert aside.process is not None
        os.kill(aside.process.pid, signal.SIGSTOP)
        assert aside.capture(batch, "source") == captured(batch, "source")
        assert not aside.is_of_use
    finally:
        aside.close()


def test_shared_capture__runs_no_code_of_the_folder_one_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marked = tmp_path / "run"
    (tmp_path / "msgspec.py").write_text(f"open({str(marked)!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    aside = capturing_aside._Aside()
    try:
        assert ready(aside)
    finally:
        aside.close()
    assert not marked.exists()
