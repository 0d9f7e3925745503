"""Makes the disk of a store fail in one way and prints what happened: ``python -m tests.store.disk_faults FAULT FOLDER``."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from time import monotonic

from chaintwin.clock import SetClock
from chaintwin.errors import BusyError, StoreFailedError
from chaintwin.store.log.personal.keys import MasterKey
from chaintwin.store.log.store import LogStore
from chaintwin.store.log.writing.queueing import Limits
from chaintwin.store.opening import open_store
from chaintwin.store.records import Outcome
from chaintwin.store.sqlite.connecting import PAGE_SIZE
from chaintwin.store.sqlite.database import SqliteDatabase
from chaintwin.store.verifying import verify
from tests.store.faulty_disk import Disk
from tests.store.making import key_of, record_of


def main() -> None:
    """Run one fault."""
    fault, folder = sys.argv[1], Path(sys.argv[2])
    sys.unraisablehook = lambda _: None
    disk = Disk()
    if fault == "slow":
        print(json.dumps(slow(disk, folder)))
    elif fault == "stuck":
        print(json.dumps(stuck(disk, folder)))
    else:
        runs = [failing(disk, folder / f"{place}", fault=fault, place=place) for place in range(0, 60, 5)]
        print(json.dumps(runs))


def failing(disk: Disk, folder: Path, *, fault: str, place: int) -> dict[str, object]:
    """Let writes (``full``, ``error``) or syncs (``sync``) fail after a while, look, mend the disk, and look again."""
    folder.mkdir()
    disk.forget()
    database = SqliteDatabase(folder / "log.db", checkpoint_pages=30)
    store = LogStore(database, clock=SetClock(), key=MasterKey(None), limits=Limits(recent_records=30), retry_seconds=0.2)
    acknowledged = 0
    disk.fault = "full" if fault == "full" else "error"
    if fault == "sync":
        disk.syncs_left = place // 5
    else:
        disk.writes_left = 3 * place
    number, failures = 0, []
    while len(failures) < 3 and number < 400:
        try:
            receipts = store.append([record_of(number)], received_at=number)
            acknowledged += receipts[0].outcome is Outcome.ACCEPTED
            number += 1
        except StoreFailedError as error:
            failures.append(str(error))
    health = store.health()
    readable = [entry.key for entry in store.entries()] == [key_of(i) for i in range(acknowledged)]
    disk.mend()
    until = monotonic() + 20
    while not store.health().writable and monotonic() < until:
        # Nobody does anything: the store opens itself again once the disk answers.
        time.sleep(0.05)
    again = store.append([record_of(i) for i in range(number + 2)], received_at=number)
    accepted = sum(receipt.outcome is Outcome.ACCEPTED for receipt in again)
    result = {
        "acknowledged": acknowledged,
        "failures": failures,
        "writable": health.writable,
        "reason": health.reason,
        "refused": health.refused.get("failed", 0),
        "readable": readable,
        "again": accepted,
        "expected_again": number + 2 - acknowledged,
        "findings": [str(finding) for finding in verify(store).findings],
    }
    store.close()
    with open_store(folder / "log.db") as opened:
        result["kept"] = [entry.key for entry in opened.entries()] == [key_of(i) for i in range(number + 2)]
    return result


def slow(disk: Disk, folder: Path) -> dict[str, object]:
    """Append from many threads to a disk whose syncs take a tenth of a second, with a short queue."""
    limits = Limits(queued_records=20, group_records=10)
    store = open_store(folder / "log.db", limits=limits)
    disk.sync_seconds = 0.1
    acknowledged: list[int] = []
    busy: list[float] = []
    reads: list[float] = []
    ends = monotonic() + 3

    def work(place: int) -> None:
        number = 0
        while monotonic() < ends:
            sent = 10_000 * place + number
            try:
                store.append([record_of(sent + i) for i in range(5)], received_at=1, wait=0.01)
                acknowledged.append(sent)
            except BusyError as error:
                busy.append(error.retry_after)
                time.sleep(0.02)
            number += 5

    def read() -> None:
        while monotonic() < ends:
            begun = monotonic()
            store.entries(limit=5)
            store.sequence_of(key_of(1))
            reads.append(monotonic() - begun)
            time.sleep(0.01)

    workers = [threading.Thread(target=work, args=(place,)) for place in range(12)] + [threading.Thread(target=read)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    disk.sync_seconds = 0.0
    keys = {row.key for block in store.facts() for row in block}
    result = {
        "acknowledged": len(acknowledged),
        "missing": sum(key_of(sent + i) not in keys for sent in acknowledged for i in range(5)),
        "extra": len(keys) - 5 * len(acknowledged),
        "busy": len(busy),
        "counted": store.health().refused.get("busy", 0),
        "retry_after": max(busy, default=0),
        "slowest_read": max(reads),
    }
    store.close()
    return result


def stuck(disk: Disk, folder: Path) -> dict[str, object]:
    """Append while nothing can be written to the file of the log itself, only to what is written ahead."""
    path, pages = folder / "log.db", 100
    database = SqliteDatabase(path, checkpoint_pages=pages)
    store = LogStore(database, clock=SetClock(), key=MasterKey(None))
    disk.stick(str(path))
    acknowledged: list[int] = []

    def work() -> None:
        behind = 0
        while behind < 10:
            behind += disk.waits.is_set()
            receipts = store.append([record_of(len(acknowledged))], received_at=1)
            acknowledged.append(receipts[0].sequence)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(timeout=20)
    result = {"stopped": worker.is_alive(), "acknowledged": len(acknowledged), "waited": disk.waits.is_set()}
    disk.mend()
    worker.join()
    lengths = []
    for number in range(300):
        store.append([record_of(1_000 + 10 * number + place) for place in range(10)], received_at=2)
        lengths.append(path.with_name("log.db-wal").stat().st_size)
    store.close()
    with open_store(path) as opened:
        result["found"] = opened.head().sequence - 3_000
        result["findings"] = [str(finding) for finding in verify(opened).findings]
    return result | {"longest": max(lengths) / PAGE_SIZE / pages}


if __name__ == "__main__":
    main()
