"""Sums of rows of a table, each times a weight: what every figure, mean and conservation law of a run is made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Sums(NamedTuple):
    """Weighted sums of rows, as compressed rows.

    Parameters
    ----------
    start : Integers[sums + 1]: the terms of sum i are ``start[i]`` to ``start[i + 1] - 1``.
    row : Integers[terms]: rows of the table.
    weight : Floats[terms].
    """

    start: Integers
    row: Integers
    weight: Floats

    def join(self, other: Sums) -> Sums:
        """Return these sums and others behind them."""
        start = np.concatenate([self.start, self.row.size + other.start[1:]])
        return Sums(start, np.concatenate([self.row, other.row]), np.concatenate([self.weight, other.weight]))


class SumWriter:
    """Collects the terms of sums in any order; terms of one sum keep the order in which they came."""

    def __init__(self) -> None:
        self.owner: list[Integers] = []
        self.row: list[Integers] = []
        self.weight: list[Floats] = []

    def add(self, owner: Integers, row: Integers, *, weight: Floats | float = 1.0) -> None:
        """Add one term to each of some sums.

        Parameters
        ----------
        owner : Integers[terms], numbers of sums.
        row : Integers[terms], a row of the table each.
        weight : Floats[terms], or one for all.
        """
        self.owner.append(np.asarray(owner, dtype=np.int64))
        self.row.append(np.asarray(row, dtype=np.int64))
        self.weight.append(np.broadcast_to(np.asarray(weight, dtype=np.float64), self.row[-1].shape))

    def finish(self, count: int) -> Sums:
        """Return the sums 0 to ``count - 1``."""
        if not self.owner:
            return Sums(np.zeros(count + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
        owner = np.concatenate(self.owner)
        order = np.argsort(owner, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))]).astype(np.int64)
        return Sums(start, np.concatenate(self.row)[order], np.concatenate(self.weight)[order])
