"""Cases of the durable log: appending with a sync before each acknowledgement, reading it all again, finding."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.bench.case import Case, Phase

if TYPE_CHECKING:
    from chaintwin.store.log.store import LogStore
    from chaintwin.store.records import Record

BATCH = 100
THREADS = 8
_START = 1_700_000_000_000_000
_CONTENT_BYTES = 600
_FACTS_BYTES = 200
_DIMENSION_BYTES = 120


def store_append() -> Case:
    """Return the case that appends records to a new log, durably."""
    return Case(
        "store_append",
        f"Append records of {_CONTENT_BYTES} bytes, {_FACTS_BYTES} bytes of facts, 8 terms and 5 dimensions to a new SQLite log; "
        "each call returns when they are durable.",
        (400, 100_000),
        "record",
        _prepare_append,
    )


def store_replay() -> Case:
    """Return the case that reads a log again and finds entries in it."""
    return Case(
        "store_replay",
        "Read the facts of a SQLite log in the order of the log and of event time; find 30 entries by one term and by two.",
        (400, 1_000_000),
        "entry",
        _prepare_replay,
    )


def typical_record(number: int) -> Record:
    """Return a record like that of an object event; the same for a number each time.

    Parameters
    ----------
    number : from 0 on. Every record names a thing of its own, every tenth an order of its own.
    """
    from chaintwin.store.records import Record

    key = sha256(b"%d" % number).hexdigest()
    text = f"{number:08d} ".encode()
    return Record(
        key=f"ni:///sha-256;{key}?ver=CBV2.0",
        meaning=bytes.fromhex(key),
        content=text * (_CONTENT_BYTES // len(text)),
        facts=text * (_FACTS_BYTES // len(text)),
        occurred_at=_START + number * 1_000,
        source="bench",
        dimensions=tuple([(name, text * (_DIMENSION_BYTES // len(text))) for name in ("what", "when", "where", "why", "how")]),
        terms=(
            "kind:ObjectEvent",
            "action:OBSERVE",
            f"step:{number % 8}",
            f"location:{number % 50}",
            "source:bench",
            "class:https://id.gs1.org/01/09521321000017",
            f"thing:https://id.gs1.org/01/09521321000017/21/{number}",
            f"order:{number // 10}",
        ),
    )


def _prepare_append(size: int, folder: Path) -> tuple[Phase, ...]:
    from chaintwin.store.opening import open_store

    records = [typical_record(number) for number in range(size)]
    groups = [records[start : start + BATCH] for start in range(0, size, BATCH)]
    singles = [[record] for record in records[: max(1, size // BATCH)]]
    numbers = count()

    def appending(calls: Sequence[list[Record]], threads: int) -> Callable[[], float]:
        def run() -> float:
            path = folder / f"append{next(numbers)}.db"
            with open_store(path) as store:
                _append(store, calls, threads=threads)
            for file in folder.glob(f"{path.name}*"):
                file.unlink()
            return float(sum([len(call) for call in calls]))

        return run

    return (
        Phase(f"calls of {BATCH}, one thread", appending(groups, 1), "record"),
        Phase(f"calls of {BATCH}, {THREADS} threads", appending(groups, THREADS), "record"),
        Phase("single records, one thread", appending(singles, 1), "record"),
        Phase(f"single records, {THREADS} threads", appending(singles * 4, THREADS), "record"),
    )


def _append(store: LogStore, calls: Sequence[list[Record]], *, threads: int) -> None:
    def work(place: int) -> None:
        for call in calls[place::threads]:
            store.append(call, received_at=_START)

    workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _prepare_replay(size: int, folder: Path) -> tuple[Phase, ...]:
    from chaintwin.store.interface import Search
    from chaintwin.store.opening import open_store

    path = folder / "replay.db"
    with open_store(path) as filling:
        for start in range(0, size, 1_000):
            filling.append([typical_record(number) for number in range(start, min(start + 1_000, size))], received_at=_START)
    store = open_store(path, read_only=True)
    one = Search(terms=((f"location:{7 % min(50, size)}",),), descending=True)
    two = Search(terms=(("step:3",), (f"order:{size // 20}",)))

    def finding(search: Search) -> Callable[[], float]:
        def run() -> float:
            for _ in range(10):
                store.find(search, limit=30)
            return 10.0

        return run

    return (
        Phase("order of the log", lambda: float(sum([len(block) for block in store.facts()])), "entry"),
        Phase("order of event time", lambda: float(sum([len(block) for block in store.facts_by_time()])), "entry"),
        Phase("find by a frequent term", finding(one), "search"),
        Phase("find by two terms", finding(two), "search"),
    )
