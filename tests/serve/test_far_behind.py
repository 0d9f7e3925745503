"""A reader that had caught up and falls far behind is told so at once; one that begins far behind is told all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import pytest

from chaintwin.clock import SetClock
from chaintwin.serve.live.changes import FAR_BATCH, ChangeStream, Told
from chaintwin.serve.live.growth import Growth
from chaintwin.serve.threads import Threads
from chaintwin.twin import Twin
from chaintwin.twin.kept.window import Sizes
from tests.oracles.plain_store import PlainStore, logged
from tests.twin.worlds import START, done, network, site, some

FEW, MANY = 10, FAR_BATCH + 600


class Reader:
    """Takes what is sent to it; it takes no more while ``is_free`` is not set."""

    def __init__(self) -> None:
        self.is_free = asyncio.Event()
        self.is_free.set()
        self.found: list[dict[str, Any]] = []
        self._came = asyncio.Event()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        lines = message["body"].decode().splitlines()
        self.found += [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
        self._came.set()
        await self.is_free.wait()

    async def reach(self, sequence: int) -> None:
        while not self.found or self.found[-1]["sequence"] < sequence:
            self._came.clear()
            await self._came.wait()


def log(store: PlainStore, first: int, last: int) -> None:
    for number in range(first, last):
        store.log(f"key {number:05}", done("commissioning", site("plant"), some("milk", 1.0), at=START + number))


@pytest.fixture
def store() -> PlainStore:
    found = logged([])
    log(found, 0, FEW)
    return found


@pytest.fixture
def twin(store: PlainStore) -> Twin:
    sizes = Sizes(window=16, spacing=10_000, bulk=10_000, changes=300)
    return Twin.open(network(), store=store, clock=SetClock(now=START), sizes=sizes)  # type: ignore[arg-type]


async def read(twin: Twin, store: PlainStore, *, after: int) -> list[dict[str, Any]]:
    """Return what a reader is told that takes one change and then none until many more entries were applied."""
    growth, threads, reader = Growth(twin.head), Threads(), Reader()
    stream = ChangeStream(twin, growth=growth, threads=threads, told=Told(), after=after, patience=60.0)

    def grow(upto: int) -> None:
        log(store, twin.head, upto)
        twin.catch_up()
        growth.tell(twin.head)

    sending = asyncio.create_task(stream.send_all(reader.send))
    try:
        grow(FEW + 1)
        await reader.reach(FEW + 1)
        reader.is_free.clear()
        grow(FEW + 2)
        await reader.reach(FEW + 2)
        grow(MANY)
        # The number is told to the loop before the reader goes on.
        await asyncio.sleep(0)
        reader.is_free.set()
        await reader.reach(MANY)
        grow(MANY + 1)
        await reader.reach(MANY + 1)
    finally:
        sending.cancel()
        threads.close()
    return reader.found


def test_changes__a_reader_that_falls_far_behind_reads_the_state_anew(twin: Twin, store: PlainStore) -> None:
    first, second, lost, last = asyncio.run(asyncio.wait_for(read(twin, store, after=FEW), 60))
    assert [one["sequence"] for one in (first, second, lost, last)] == [FEW + 1, FEW + 2, MANY, MANY + 1]
    assert (lost["reprojected"], lost["entries"], lost["event"]) == (True, MANY - FEW - 2, f"key {MANY - 1:05}")
    assert all(len(one["cells"]) > 0 for one in (first, second, last))


def test_changes__a_reader_that_begins_far_behind_is_told_all(twin: Twin, store: PlainStore) -> None:
    log(store, FEW, MANY)
    twin.catch_up()

    async def begin() -> list[dict[str, Any]]:
        threads, reader = Threads(), Reader()
        stream = ChangeStream(twin, growth=Growth(twin.head), threads=threads, told=Told(), after=0, patience=60.0)
        sending = asyncio.create_task(stream.send_all(reader.send))
        try:
            await reader.reach(MANY)
        finally:
            sending.cancel()
            threads.close()
        return reader.found

    found = asyncio.run(asyncio.wait_for(begin(), 60))
    assert [one["sequence"] for one in found] == list(range(1, MANY + 1))
    assert not any("reprojected" in one for one in found)
