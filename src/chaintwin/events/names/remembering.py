"""Functions of texts that come again and again: what they gave is remembered, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Final, TypeVar

REMEMBERED: Final = 16_384
"""How many texts a function remembers, at most; the oldest are forgotten first."""

REMEMBERED_LENGTH: Final = 256
"""Longer texts are not remembered, so that no sender can fill the memory with them."""

T = TypeVar("T")


def remembering(most: int = REMEMBERED) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Return a decorator of functions that depend on one text alone.

    Parameters
    ----------
    most : how many results are remembered.
    """

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        known = lru_cache(maxsize=most)(function)

        @wraps(function)
        def found(text: str) -> T:
            return known(text) if len(text) <= REMEMBERED_LENGTH else function(text)

        return found

    return decorate
