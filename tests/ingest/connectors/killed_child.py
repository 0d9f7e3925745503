"""A process that takes a source into a store and says every step of it, to be killed at one of them.

Arguments: source, store, ``safe`` or ``cursor-first``. The second is the control: the cursor is kept before the events.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

from chaintwin.clock import SystemClock
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.files.epcis_file import EpcisFile
from chaintwin.ingest.connectors.running import CURSORS, Ingest
from chaintwin.store.opening import open_store
from chaintwin.store.records import Outcome, Receipt, Record


def say(step: str) -> None:
    """Say a step, and go on when told so."""
    print(step, flush=True)
    sys.stdin.readline()


class Told:
    """A store that says what is done to it; with ``hasty`` it keeps the cursor of a batch before it logs the events."""

    def __init__(self, store: Any, *, hasty: bool) -> None:
        self.store, self.hasty = store, hasty
        self.waiting: list[tuple[Sequence[Record], int]] = []

    def append(self, records: Sequence[Record], *, received_at: int) -> list[Receipt]:
        if self.hasty:
            self.waiting.append((records, received_at))
            return [Receipt(Outcome.ACCEPTED, record.key, 0, 0) for record in records]
        say("append")
        receipts = self.store.append(records, received_at=received_at)
        say("appended")
        return receipts

    def put(self, shelf: str, name: str, *, content: bytes) -> None:
        say("put")
        self.store.put(shelf, name, content=content)
        say("kept")
        if shelf == CURSORS:
            for records, received_at in self.waiting:
                say("append")
                self.store.append(records, received_at=received_at)
                say("appended")
            self.waiting.clear()

    def get(self, shelf: str, name: str) -> bytes | None:
        return self.store.get(shelf, name)


def main(source: str, place: str, way: str) -> None:
    clock = SystemClock()
    with open_store(place, clock=clock) as store:
        told = Told(store, hasty=way == "cursor-first")
        for _ in Ingest(EpcisFile(), source, told, captured, clock, time.sleep).run():  # type: ignore[arg-type]
            say("batch")
    say("end")


if __name__ == "__main__":
    main(*sys.argv[1:])
