"""Holds the garbage collector off while very many cells are made, none of which is garbage."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Pauses:
    """How many hold it off at this moment, and whether it was on before the first of them."""

    __slots__ = ("_count", "_guard", "_was_on")

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._count = 0
        self._was_on = False

    def begin(self) -> None:
        with self._guard:
            if not self._count:
                self._was_on = gc.isenabled()
                gc.disable()
            self._count += 1

    def end(self) -> None:
        with self._guard:
            self._count -= 1
            if not self._count and self._was_on:
                gc.enable()


_PAUSES = _Pauses()


@contextmanager
def collection_paused() -> Iterator[None]:
    """Pause the collection of cycles, which would look at every cell again and again; cells hold none.

    It is as it was before when the last of the blocks ends that run at the same time. Memory that is not part of a cycle is freed
    all the while.
    """
    _PAUSES.begin()
    try:
        yield
    finally:
        _PAUSES.end()
