"""The server that tests start: ``python -m tests.serve.serving FOLDER OPTIONS``, the options as JSON."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

from chaintwin.guard.tokens import token_hash
from chaintwin.serve import Address, Limits, Settings, bound, create_app, run
from chaintwin.serve.settings import JobLimits, OutlookSettings, SessionLimits, UploadLimits
from chaintwin.store.opening import open_store
from tests.serve.running import TOKEN

KEPT: list[Any] = []
"""What has to live as long as the process."""


def main(folder: Path, options: dict[str, Any]) -> None:
    """Serve the log of a folder until told to stop."""
    logging.basicConfig(level=logging.WARNING)
    limits = Limits(**options.get("limits", {}))
    if options.get("faulty"):
        fail_syncs_while(folder / "fault")
    store = open_store(folder / "log.db")
    if options.get("early"):
        # The control of the kill test: what is acknowledged here is not durable yet.
        from tests.serve.early import EarlyStore

        store = EarlyStore(store)
    if options.get("deaf"):
        # The control of the test of a failing disk.
        from tests.serve.early import DeafStore

        store = DeafStore(store)
    if options.get("hoarding"):
        # The control of the soak.
        from tests.serve.early import HoardingStore

        store = HoardingStore(store)
    if options.get("blind"):
        from tests.serve.early import BlindStore

        store = BlindStore(store, sign=folder / "blind")
    twin = None
    if project := options.get("project"):
        from chaintwin.examples import load
        from chaintwin.twin import Twin

        twin = Twin.open(load(project), store=store)
    settings = Settings(
        (token_hash(options.get("token", TOKEN)),),
        workers=options.get("workers", 0),
        limits=limits,
        jobs=JobLimits(**options.get("jobs", {})),
        uploads=UploadLimits(**options.get("uploads", {})),
        sessions=SessionLimits(**options.get("sessions", {})),
        outlook=OutlookSettings(**options.get("outlook", {})),
        folder=folder / "jobs",
        scenarios=folder / "scenarios" if options.get("scenarios") else None,
    )
    try:
        address = Address(port=options.get("port", 0))
        with bound(address) as sock:
            app = create_app(store, settings=settings, twin=twin)
            run(app, address, sock=sock, started=lambda url: print(url, flush=True))
    finally:
        store.close()


def fail_syncs_while(sign: Path) -> None:
    """Lay a disk below the log whose syncs fail while a file is there."""
    from tests.store.faulty_disk import Disk

    class Switched(Disk):
        def before_sync(self) -> None:
            self.fault, self.syncs_left = ("error", 0) if sign.exists() else ("", 1 << 60)
            super().before_sync()

    KEPT.append(Switched())


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
