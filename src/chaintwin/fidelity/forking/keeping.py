"""Keeps what takes long to make for who asks for it again, and lets go of what was asked for longest ago."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Last(Generic[K, T]):
    """The things that were asked for last, by key; for one thread.

    Parameters
    ----------
    most : how many are kept, 1 or more.

    Example
    -------
    >>> last = Last[str, int](1)
    >>> last.get("a", lambda: 1), last.get("a", lambda: 2), last.get("b", lambda: 3), last.get("a", lambda: 4)
    (1, 1, 3, 4)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, T] = OrderedDict()

    def get(self, key: K, made: Callable[[], T]) -> T:
        """Return what is kept under a key; ``made`` makes it where it is not there."""
        found = self._kept.pop(key) if key in self._kept else made()
        self._kept[key] = found
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found
