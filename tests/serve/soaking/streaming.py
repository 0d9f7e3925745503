"""Sends events at a steady rate, reads the changes along, and measures once a second."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import monotonic

import httpx
import msgspec

from tests.serve.commanded import family, resident_of
from tests.serve.running import TOKEN
from tests.serve.soaking.happening import Happening

BATCH, BATCHES_PER_SECOND = 100, 10

GRACE_SECONDS = 5.0
"""So much longer than planned it goes on, where documents could not be sent at their time."""

AT_ONCE = 20
"""Documents that wait for their acknowledgement, at most; two seconds of them."""

ALIKE = 100
"""Events that may be equal to others by chance, so that the log has so many fewer than were sent; a tenth of a second of them."""


class Told(msgspec.Struct):
    """What is read of a change."""

    sequence: int
    entries: int = 1


@dataclass(frozen=True, slots=True)
class Sample:
    """What was measured at one time: bytes of memory of each process, the server first, and bytes of the files of the log."""

    at: float
    resident: tuple[int, ...]
    size: int


@dataclass
class Soaked:
    """What a stream did.

    Attributes
    ----------
    samples : one a second. acknowledged : (moment, new events up to then, seconds it took) of each document.
    applied : (moment, number of the last entry) whenever changes came. late : most seconds that a document was sent late.
    refused : answers that were no acknowledgement. holes : changes that did not follow on the one before.
    """

    began: float
    seconds: float
    samples: list[Sample] = field(default_factory=list)
    acknowledged: list[tuple[float, int, float]] = field(default_factory=list)
    applied: list[tuple[float, int]] = field(default_factory=list)
    late: float = 0.0
    refused: list[str] = field(default_factory=list)
    holes: list[tuple[int, int]] = field(default_factory=list)

    def memory(self, fifth: int) -> float:
        """Return the median of the memory in a fifth of the time, from 0 on; bytes."""
        return median(sum(sample.resident) for sample in self._of(fifth))

    def grown(self, fifth: int) -> float:
        """Return how many bytes the files of the log grew a second in a fifth of the time."""
        found = self._of(fifth)
        return (found[-1].size - found[0].size) / (found[-1].at - found[0].at)

    def lags(self) -> list[float]:
        """Return for each document how many seconds after its acknowledgement its events were told as changes."""
        sequences = [sequence for _, sequence in self.applied]
        found = []
        for at, count, _ in self.acknowledged:
            place = bisect_left(sequences, count - ALIKE)
            found.append(max(0.0, (self.applied[place][0] if place < len(sequences) else float("inf")) - at))
        return found

    def _of(self, fifth: int) -> list[Sample]:
        start = self.began + self.seconds * fifth / 5
        return [sample for sample in self.samples if start <= sample.at <= start + self.seconds / 5]


def soak(url: str, *, process: int, log: Path, seconds: int, beside: int = 0) -> Soaked:
    """Send events to a server for some time and return what it did.

    Parameters
    ----------
    process : number of the server. log : file of its log. beside : further subscribers, that look at nothing of what comes.
    """
    return asyncio.run(_soak(url, process=process, log=log, seconds=seconds, others=beside))


async def _soak(url: str, *, process: int, log: Path, seconds: int, others: int) -> Soaked:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        found = Soaked(monotonic(), seconds)
        beside = [asyncio.create_task(_read(client, found)), asyncio.create_task(_sample(found, process=process, log=log))]
        beside += [asyncio.create_task(_take(client)) for _ in range(others)]
        try:
            await _send(client, found, documents=seconds * BATCHES_PER_SECOND)
            total = found.acknowledged[-1][1] - ALIKE
            with suppress(TimeoutError):
                async with asyncio.timeout(30):
                    while not found.applied or found.applied[-1][1] < total:
                        await asyncio.sleep(0.1)
        finally:
            for task in beside:
                task.cancel()
            ended = await asyncio.gather(*beside, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error
        return found


async def _send(client: httpx.AsyncClient, found: Soaked, *, documents: int) -> None:
    happening, total, sending = Happening(1), 0, set[asyncio.Task[None]]()
    encode = msgspec.json.encode
    for number in range(documents):
        due = found.began + number / BATCHES_PER_SECOND
        await asyncio.sleep(max(0.0, due - monotonic()))
        if len(sending) >= AT_ONCE:
            await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        if monotonic() - found.began > found.seconds + GRACE_SECONDS:
            break
        document, fresh = happening.document(BATCH)
        total += fresh
        found.late = max(found.late, monotonic() - due)
        task = asyncio.create_task(_post(client, found, content=encode(document), total=total))
        sending.add(task)
        task.add_done_callback(sending.discard)
    await asyncio.gather(*sending)
    found.acknowledged.sort()


async def _post(client: httpx.AsyncClient, found: Soaked, *, content: bytes, total: int) -> None:
    began = monotonic()
    answer = await client.post("/epcis/capture", content=content, headers={"Content-Type": "application/json"})
    now = monotonic()
    if answer.status_code == 202:
        found.acknowledged.append((now, total, now - began))
    else:
        found.refused.append(f"{answer.status_code} {answer.text[:300]}")


async def _read(client: httpx.AsyncClient, found: Soaked) -> None:
    """Read the changes along, and look that none is left out."""
    decode, last = msgspec.json.Decoder(Told).decode, 0
    async with client.stream("GET", "/api/v1/changes", headers={"Last-Event-ID": "0"}) as answer:
        assert answer.status_code == 200
        rest = b""
        async for chunk in answer.aiter_bytes():
            *lines, rest = (rest + chunk).split(b"\n")
            before = last
            for line in lines:
                if line.startswith(b"data: "):
                    told = decode(line[6:])
                    if told.sequence - told.entries != last:
                        found.holes.append((last, told.sequence))
                    last = told.sequence
            if last > before:
                found.applied.append((monotonic(), last))


async def _take(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/api/v1/changes") as answer:
        assert answer.status_code == 200
        async for _ in answer.aiter_raw():
            pass


async def _sample(found: Soaked, *, process: int, log: Path) -> None:
    while True:
        now = monotonic()
        resident = tuple(resident_of(number) for number in family(process))
        size = sum(path.stat().st_size for path in log.parent.glob(f"{log.name}*"))
        found.samples.append(Sample(now, resident, size))
        await asyncio.sleep(1.0)
