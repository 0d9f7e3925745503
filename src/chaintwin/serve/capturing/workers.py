"""Processes that read and check documents, so that the one that answers is never kept waiting by a large one."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing.connection import wait
from typing import Any

import msgspec

from chaintwin.errors import BusyError
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.interface import Item
from chaintwin.ingest.connectors.running import Captured
from chaintwin.serve.capturing.prepared import Form, Most, Prepared
from chaintwin.serve.capturing.preparing import prepare
from chaintwin.serve.memory import allocate_compactly, collect_seldom


class Workers:
    """A few processes, or one thread where there are none.

    Parameters
    ----------
    count : processes; 0 reads documents in a thread of this process.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._executor = _executor(count)

    async def prepare(self, content: bytes, form: Form, *, source: str, most: Most, prefixes: dict[str, str]) -> Prepared:
        """Return a document, read and checked.

        Raises
        ------
        BusyError
            A process ended on its own, for want of memory say; others take its place.
        """
        loop = asyncio.get_running_loop()
        executor = self._executor
        try:
            packed = await loop.run_in_executor(executor, _prepare, content, form, source, most, prefixes)
        except BrokenExecutor:
            raise self._broken(executor) from None
        return _DECODER.decode(packed)

    def captured(self, items: Sequence[Item], source: str) -> Captured:
        """Return what becomes of events of a source; called by a thread that may wait.

        Raises
        ------
        BusyError
            A process ended on its own; others take its place.
        """
        executor = self._executor
        try:
            return executor.submit(captured, items, source).result()
        except BrokenExecutor:
            raise self._broken(executor) from None

    def warm(self) -> None:
        """Let each process load what it needs before the first document comes."""
        list(self._executor.map(_warm, range(max(1, self._count))))

    def close(self) -> None:
        """End all processes."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _broken(self, executor: Executor) -> BusyError:
        """Put other processes in the place of those that ended, once."""
        with self._lock:
            if self._executor is executor:
                executor.shutdown(wait=False)
                self._executor = _executor(self._count)
        return BusyError("a process that reads documents ended; nothing was taken")


def _executor(count: int) -> Executor:
    if count == 0:
        return ThreadPoolExecutor(1, thread_name_prefix="reading")
    # A fork of a process with threads may hold their locks for ever, so each process starts anew.
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"), initializer=_start)


def _start() -> None:
    import signal

    # The terminal sends Ctrl-C to all processes; the server decides when these end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    allocate_compactly()
    collect_seldom()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: Any) -> None:
    """End this process when the one that started it is gone, however it went."""
    wait([sentinel])
    os._exit(1)


def _warm(_: int) -> None:
    prepare(b"{}", Form.JSON, source="", most=Most(1, 1), prefixes={})


def _prepare(content: bytes, form: Form, source: str, most: Most, prefixes: dict[str, str]) -> bytes:
    # MessagePack passes from one process to another in a fraction of the time that pickling takes.
    return msgspec.msgpack.encode(prepare(content, form, source=source, most=most, prefixes=prefixes))


_DECODER = msgspec.msgpack.Decoder(Prepared)
