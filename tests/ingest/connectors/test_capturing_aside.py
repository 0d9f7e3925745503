"""Large batches are captured by two processes, with the same results as by one."""

from __future__ import annotations

import json
import time

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
