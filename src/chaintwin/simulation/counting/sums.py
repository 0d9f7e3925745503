"""Sums of rows of a table, each times a weight: what every figure, mean and conservation law of a run is made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Numbers = NDArray[np.int32]


class Sums(NamedTuple):
    """Weighted sums of rows, as compressed rows.

    Parameters
    ----------
    start : Integers[sums + 1]: the terms of sum i are ``start[i]`` to ``start[i + 1] - 1``.
    row : int32[terms]: rows of the table.
    weight : Floats[terms].
    """

    start: Integers
    row: Numbers
    weight: Floats

    def join(self, other: Sums) -> Sums:
        """Return these sums and others behind them."""
        start = np.concatenate([self.start, self.row.size + other.start[1:]])
        return Sums(start, np.concatenate([self.row, other.row]), np.concatenate([self.weight, other.weight]))


class SumWriter:
    """Collects the terms of sums in any order; terms of one sum keep the order in which they came."""

    def __init__(self) -> None:
        self._terms: list[tuple[Integers, Numbers, Floats | float]] = []

    def add(self, owner: Integers, row: Integers | Numbers, *, weight: Floats | float = 1.0) -> None:
        """Add one term to each of some sums.

        Parameters
        ----------
        owner : Integers[terms], numbers of sums.
        row : Integers[terms], a row of the table each.
        weight : Floats[terms], or one for all.
        """
        self._terms.append((owner, row.astype(np.int32), weight))

    def finish(self, count: int) -> Sums:
        """Return the sums 0 to ``count - 1``."""
        start = np.zeros(count + 1, dtype=np.int64)
        for owner, _, _ in self._terms:
            start[1:] += np.bincount(owner, minlength=count)
        np.cumsum(start, out=start)
        row, weight = np.empty(start[-1], dtype=np.int32), np.empty(start[-1])
        # Each part goes behind what its sums have already. Sorting all terms at once took several times the time and memory.
        behind = start[:-1].copy()
        for owner, rows, weights in self._terms:
            place = behind[owner] + _times_before(owner)
            row[place], weight[place] = rows, weights
            # Of the terms of one sum the last counts.
            behind[owner] = place + 1
        return Sums(start, row, weight)


def _times_before(owner: Integers) -> Integers:
    """Return Integers[terms]: how many of the terms before each belong to the same sum."""
    if owner.size < 2:
        return np.zeros(owner.size, dtype=np.int64)
    if (owner[1:] < owner[:-1]).any():
        order = np.argsort(owner, kind="stable")
        found = np.empty(owner.size, dtype=np.int64)
        found[order] = _times_before(owner[order])
        return found
    begins = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    return np.arange(owner.size) - np.repeat(begins, np.diff(begins, append=owner.size))
