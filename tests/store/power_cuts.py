"""Cuts the power of a store at random moments, over and over, and prints what was found: ``python -m tests.store.power_cuts``.

Arguments: first seed, number of seeds, synchronous (FULL, NORMAL, OFF), folder.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from random import Random

from chaintwin.clock import SetClock
from chaintwin.errors import ChaintwinError
from chaintwin.store.log.personal.keys import MasterKey
from chaintwin.store.log.store import LogStore
from chaintwin.store.log.writing.queueing import Limits
from chaintwin.store.records import Outcome
from chaintwin.store.sqlite.database import SqliteDatabase
from chaintwin.store.verifying import verify
from tests.store.faulty_disk import Disk
from tests.store.making import key_of, record_of


def opened(path: Path, chance: Random, *, synchronous: str) -> LogStore:
    """Open a store that moves pages and terms often, so that the power is cut in the midst of that too."""
    database = SqliteDatabase(path, synchronous=synchronous, checkpoint_pages=chance.choice((4, 40, 4_000)))
    limits = Limits(recent_records=chance.choice((3, 20, 8_192)), moved_records=chance.choice((1, 10)))
    key = MasterKey(path.with_name("key"))
    try:
        return LogStore(database, clock=SetClock(), key=key, limits=limits, retry_seconds=1_000)
    except BaseException:
        database.close()
        raise


def cut_once(disk: Disk, seed: int, *, synchronous: str, folder: Path) -> dict[str, object]:
    """Return what one power cut did: entries sent, acknowledged, lost, doubled; faults of the store after it."""
    chance = Random(seed)
    shutil.rmtree(folder, ignore_errors=True)
    before, after = folder / "before", folder / "after"
    before.mkdir(parents=True)
    after.mkdir()
    disk.forget()
    sent = acknowledged = 0
    disk.fault = "cut"
    disk.writes_left = chance.randrange(1, 500)
    if chance.random() < 0.3:
        disk.syncs_left = chance.randrange(1, 60)
    try:
        store = opened(before / "log.db", chance, synchronous=synchronous)
    except Exception:
        store = None
    if store is not None:
        try:
            for _ in range(25):
                count = chance.randrange(1, 5)
                records = [record_of(sent + i, subject="ada" if chance.random() < 0.2 else "") for i in range(count)]
                sent += count
                store.append(records, received_at=sent)
                acknowledged = sent
        except ChaintwinError:
            pass
        is_cut = disk.faults > 0
        # The moment of the cut is when the last acknowledgement had been given or later, at the latest now.
        disk.writes_left = -1
        images = disk.images(chance)
        store.close()
    else:
        is_cut = True
        images = disk.images(chance)
    disk.forget()
    for name, content in images.items():
        (after / Path(name).name).write_bytes(content)
    if (before / "key").exists():
        shutil.copy(before / "key", after / "key")
    result: dict[str, object] = {"seed": seed, "cut": is_cut, "sent": sent, "acknowledged": acknowledged}
    try:
        return result | look(after / "log.db", chance, sent=sent, acknowledged=acknowledged)
    except Exception as error:
        return result | {"refused": f"{type(error).__name__}: {error}"}


def look(path: Path, chance: Random, *, sent: int, acknowledged: int) -> dict[str, object]:
    """Return what is found in a store after the cut, and whether it goes on rightly."""
    with opened(path, chance, synchronous="FULL") as store:
        entries = store.entries()
        found = len(entries)
        findings = [str(finding) for finding in verify(store).findings]
        again = store.append([record_of(number) for number in range(sent + 1)], received_at=sent)
        accepted = sum(receipt.outcome is Outcome.ACCEPTED for receipt in again)
        return {
            "found": found,
            "lost": max(0, acknowledged - found),
            "is_prefix": [entry.key for entry in entries] == [key_of(number) for number in range(found)],
            "doubled": accepted - (sent + 1 - found),
            "findings": findings + [str(finding) for finding in verify(store).findings],
        }


def main() -> None:
    """Cut the power for each seed and print one line a seed."""
    first, count, synchronous, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
    sys.unraisablehook = lambda _: None
    disk = Disk()
    for seed in range(first, first + count):
        print(json.dumps(cut_once(disk, seed, synchronous=synchronous, folder=folder)), flush=True)


if __name__ == "__main__":
    main()
