"""Columns of frames as arrays, and sums over groups of their rows."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.program import Floats, Integers


def floats(frame: pl.DataFrame, name: str) -> Floats:
    """Return a column of a frame as Floats[rows], contiguous."""
    return np.ascontiguousarray(frame[name].to_numpy().astype(np.float64))


def integers(frame: pl.DataFrame, name: str) -> Integers:
    """Return a column of a frame as Integers[rows], contiguous."""
    return np.ascontiguousarray(frame[name].to_numpy().astype(np.int64))


def lists(column: pl.Series) -> tuple[Integers, Floats]:
    """Return lists as compressed rows: Integers[rows + 1] where each begins, and all values; a null is an empty list."""
    length = column.list.len().fill_null(0).to_numpy().astype(np.int64)
    values = column.drop_nulls().explode(empty_as_null=False).to_numpy().astype(np.float64)
    return np.concatenate([[0], np.cumsum(length)]).astype(np.int64), np.ascontiguousarray(values)


def from_zero(tier: Integers, buffer: Integers, *, fast: NDArray[np.bool_]) -> Integers:
    """Return tiers that begin at 0 for each buffer; for those that order at two speeds 0 for regular sources, 1 for others."""
    least = np.full(fast.size, np.iinfo(np.int64).max)
    np.minimum.at(least, buffer, tier)
    return np.where(fast[buffer], tier > 0, tier - least[buffer])


def group_totals(values: Floats, *keys: Integers) -> Floats:
    """Return, for each value, the sum over all with the same keys, which lie beside each other."""
    new = np.zeros(values.size, dtype=bool)
    for key in keys:
        new[1:] |= key[1:] != key[:-1]
    group = np.cumsum(new)
    return np.asarray(np.bincount(group, weights=values)[group])
