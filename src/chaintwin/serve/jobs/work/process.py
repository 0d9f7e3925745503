"""The start of the process of jobs: nothing that is heavy is loaded before it is known how it is to run."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import Any

NICE = 10
"""How far this process steps back behind the server, which takes in events."""

TABLE_THREADS = 2
"""Threads of the library of tables, which would be as many as there are processors, beside those of the engine."""


def work(way: Connection) -> None:
    """Do jobs until the server is gone.

    Parameters
    ----------
    way : to the server.
    """
    # The terminal sends Ctrl-C to all processes; the server decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(OSError):
        os.nice(NICE)
    os.environ.setdefault("POLARS_MAX_THREADS", str(TABLE_THREADS))
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    from chaintwin.serve.memory import allocate_compactly

    allocate_compactly()
    from chaintwin.serve.jobs.work.listening import listen

    listen(way)


def _end_with(sentinel: Any) -> None:
    """End this process when the one that started it is gone, however it went."""
    wait([sentinel])
    os._exit(1)
