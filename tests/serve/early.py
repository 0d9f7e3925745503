"""Stores that acknowledge what is not durable, or let nothing go: controls of the tests of kills, failing disks and memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaintwin.errors import StoreFailedError
from chaintwin.store.interface import Report, Store
from chaintwin.store.log.preparing import PreparedRecord
from chaintwin.store.records import Outcome, Receipt, Record

HOARDED = 20
"""How often what came is kept, so that a minute shows what an hour would."""


class EarlyStore:
    """Passes everything on, but appends a while after it said that it did."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append_prepared(
        self,
        records: Sequence[PreparedRecord],
        *,
        received_at: int,
        together: bool = False,
        wait: float = 30.0,
        report: Report | None = None,
    ) -> list[Receipt]:
        def later() -> None:
            time.sleep(0.3)
            self._store.append_prepared(records, received_at=received_at, together=together, wait=wait, report=report)

        threading.Thread(target=later, daemon=True).start()
        receipts = [Receipt(Outcome.ACCEPTED, record.key, 1, received_at) for record in records]
        if report is not None:
            report(receipts)
        return receipts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class DeafStore:
    """Passes everything on, and takes no notice of a write that failed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def append_prepared(
        self,
        records: Sequence[PreparedRecord],
        *,
        received_at: int,
        together: bool = False,
        wait: float = 30.0,
        report: Report | None = None,
    ) -> list[Receipt]:
        try:
            return list(
                self._store.append_prepared(records, received_at=received_at, together=together, wait=wait, report=report)
            )
        except StoreFailedError:
            receipts = [Receipt(Outcome.ACCEPTED, record.key, 1, received_at) for record in records]
            if report is not None:
                report(receipts)
            return receipts

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class BlindStore:
    """Passes everything on, but finds and reads nothing while a file is there."""

    def __init__(self, store: Store, *, sign: Path) -> None:
        self._store = store
        self._sign = sign

    def __getattr__(self, name: str) -> Any:
        if name in ("facts", "find") and self._sign.exists():
            raise LookupError("the log cannot be read")
        return getattr(self._store, name)


class LateStore:
    """Passes everything on, but small documents and reports a while after it was asked to keep them."""

    def __init__(self, store: Store, *, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self.waiting = 0

    def put(self, shelf: str, name: str, *, content: bytes) -> None:
        self._wait()
        self._store.put(shelf, name, content=content)

    def append(self, records: Sequence[Record], *, received_at: int, report: Report | None = None) -> list[Receipt]:
        self._wait()
        return self._store.append(records, received_at=received_at, report=report)

    def _wait(self) -> None:
        self.waiting += 1
        time.sleep(self._seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class HoardingStore:
    """Passes everything on, and keeps all of it in memory as well, several times."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hoard: list[bytes] = []

    def append_prepared(
        self,
        records: Sequence[PreparedRecord],
        *,
        received_at: int,
        together: bool = False,
        wait: float = 30.0,
        report: Report | None = None,
    ) -> list[Receipt]:
        self._hoard += [record.content * HOARDED for record in records]
        return list(self._store.append_prepared(records, received_at=received_at, together=together, wait=wait, report=report))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
