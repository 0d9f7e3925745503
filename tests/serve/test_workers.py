"""Events of sources checked in other processes: the same as in this one, also after such a process was killed."""

from __future__ import annotations

import json
import multiprocessing
import time

import pytest

from chaintwin.errors import BusyError
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.interface import Item, Place
from chaintwin.serve.capturing.workers import Workers
from tests.ingest.connectors.sources import event

ITEMS = [Item(Place("a", n), json.dumps(event(n) if n % 3 else {"type": "ObjectEvent"}).encode()) for n in range(1, 7)]


@pytest.mark.parametrize("count", [0, 1])
def test_captured__as_in_this_process(count: int) -> None:
    workers = Workers(count)
    try:
        found = workers.captured(ITEMS, "epcis-file a")
        assert found == captured(ITEMS, "epcis-file a")
        assert (len(found.records), len(found.problems)) == (4, 2)
    finally:
        workers.close()


def test_captured__a_process_that_was_killed() -> None:
    workers = Workers(1)
    try:
        workers.captured(ITEMS[:1], "a")
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        # The end of the process is noticed by then, or by who asks first.
        time.sleep(0.5)
        with pytest.raises(BusyError):
            workers.captured(ITEMS, "a")
        assert workers.captured(ITEMS, "a") == captured(ITEMS, "a")
    finally:
        workers.close()
