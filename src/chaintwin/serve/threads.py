"""Threads that wait for the log, so that the loop that answers never does; readers have their own and wait for no writer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Threads:
    """Two groups of threads.

    Parameters
    ----------
    writers, readers : how many of each; what comes while all are busy waits in line.
    """

    def __init__(self, *, writers: int = 16, readers: int = 4) -> None:
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="writing")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="reading")

    async def write(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, done where it may wait for a commit.

        Work that began is finished even if whoever asked went away, so that what it acknowledges is true.
        """
        return await asyncio.get_running_loop().run_in_executor(self._writers, work)

    async def read(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns, done where it may wait for a disk."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    def close(self) -> None:
        """Wait for what began and end all threads."""
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
