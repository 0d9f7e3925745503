"""Progress of work that is done in steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Steps:
    """Turns the share done of one step into the share of all.

    Parameters
    ----------
    progress : is told the share of all, 0 to 1; None for nobody.
    count : how many steps there are, 1 or more.

    Example
    -------
    >>> seen = []
    >>> Steps(seen.append, 4).step(1)(0.5)
    >>> seen
    [0.375]
    """

    progress: Callable[[float], None] | None
    count: int

    def step(self, number: int) -> Callable[[float], None] | None:
        """Return what one of the steps, numbered from 0, reports to."""
        told = self.progress
        return None if told is None else lambda share: told((number + share) / self.count)
