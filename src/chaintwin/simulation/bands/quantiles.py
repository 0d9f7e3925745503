"""Quantiles of values that are all known, and of values of which only counts in bins are kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Counts = NDArray[np.uint32]

LEVELS = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
"""The quantiles of a band (METHODS 1.12)."""

EDGES = (0.004, 0.014, 0.035, 0.065, 0.12, 0.2, 0.32, 0.5, 0.68, 0.8, 0.88, 0.935, 0.965, 0.986, 0.996)
"""Shares of the first replications that lie below the edges of the bins: close together around the wanted quantiles."""


def sorted_quantiles(values: Singles) -> Singles:
    """Return float32[rows, 9]: quantiles of each row, between neighbors in proportion (Hyndman and Fan 1996, type 7).

    Parameters
    ----------
    values : float32[rows, values], each row sorted; NaN, which come last, count for nothing.

    Example
    -------
    >>> sorted_quantiles(np.arange(101, dtype=np.float32)[None])[0].tolist()
    [1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0]
    """
    known = _known(values)
    place = np.array(LEVELS) * np.maximum(known - 1, 0)[:, None]
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(known - 1, 0)[:, None])
    below, above = (np.take_along_axis(values, index, axis=1).astype(np.float64) for index in (low, high))
    found: Singles = (below + (above - below) * (place - low)).astype(np.float32)
    return found


def edges_of(values: Singles, *, integer: bool) -> Singles:
    """Return float32[rows, EDGES]: edges of bins, each a value of the row, or infinite.

    Where a row has fewer different values than there are edges, each is an edge and the rest is infinite; this marks values that
    come in steps. Elsewhere a value that many replications share, such as no stock, would spoil the bin that it ends. Where it is
    found twice among the edges, one of them is moved right below it, so that it has a bin of its own.

    Parameters
    ----------
    values : float32[rows, values], each row sorted, NaN last.
    integer : values are whole numbers.
    """
    rank = np.rint(np.array(EDGES) * np.maximum(_known(values) - 1, 0)[:, None]).astype(np.int64)
    edges: Singles = np.take_along_axis(values, rank, axis=1)
    twice = edges[:, :-1] == edges[:, 1:]
    shared = edges[:, :-1][twice]
    edges[:, :-1][twice] = shared - 1 if integer else np.nextafter(shared, np.float32(-np.inf))
    # NaN is never equal to its neighbor, nor new.
    new = np.concatenate([~np.isnan(values[:, :1]), values[:, 1:] > values[:, :-1]], axis=1)
    place = np.cumsum(new, axis=1) - 1
    stepped = place[:, -1] < len(EDGES) - 1
    edges[stepped] = np.inf
    row, column = np.nonzero(new & stepped[:, None])
    edges[row, place[row, column]] = values[row, column]
    return edges


def binned_quantiles(edges: Singles, counts: Counts, *, ends: Singles, integer: bool) -> Singles:
    """Return float32[rows, 9]: quantiles of values of which only the bin is known; NaN where there is none.

    Inside a bin values are taken to lie evenly, in the open bins at both ends with exponential tails. Whole numbers are exact
    where a bin holds one of them, and so is what comes in steps, as far as the first replications have met every step.

    Parameters
    ----------
    edges : float32[rows, K]. counts : uint32[rows, K + 1], of values above edge k - 1 and not above edge k.
    ends : float32[rows, 2], least and greatest value.
    integer : values are whole numbers.
    """
    total = np.cumsum(counts, axis=1, dtype=np.int64)
    known = total[:, -1:]
    least, greatest = ends[:, :1].astype(np.float64), ends[:, 1:].astype(np.float64)
    inner = np.clip(np.nan_to_num(edges.astype(np.float64), nan=np.inf), least, greatest)
    step = np.zeros(counts.shape, dtype=bool)
    step[:, :-1] = np.isinf(edges[:, -1:]) & np.isfinite(edges)
    bounds = np.concatenate([least, inner, greatest], axis=1)
    place = np.array(LEVELS) * np.maximum(known - 1, 0)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(known - 1, 0))
    below, above = (_ranked(rank, total, counts=counts, bounds=bounds, step=step) for rank in (low, high))
    if integer:
        below, above = np.ceil(below - 1e-6), np.ceil(above - 1e-6)
    found = (below + (above - below) * (place - low)).astype(np.float32)
    return np.where(known > 0, found, np.float32(np.nan))


def _ranked(
    rank: NDArray[np.int64], total: NDArray[np.int64], *, counts: Counts, bounds: Floats, step: NDArray[np.bool_]
) -> Floats:
    """Return the values of a rank, 0 for the least; ``step`` marks bins in which all have the value of the upper edge."""
    last = total.shape[1] - 1
    which = np.minimum((total[:, None, :] <= rank[:, :, None]).sum(axis=2), last)
    size = np.maximum(np.take_along_axis(counts, which, axis=1).astype(np.int64), 1)
    after = np.take_along_axis(total, which, axis=1) - 1 - rank
    lower, upper = (np.take_along_axis(bounds, which + step, axis=1) for step in (0, 1))
    share = (size - after) / size
    share = np.where(which == last, _tail(share, size), share)
    share = np.where(which == 0, 1.0 - _tail(after / np.maximum(size - 1, 1), size), share)
    share = np.where(np.take_along_axis(step, which, axis=1), 1.0, share)
    value: Floats = lower + (upper - lower) * share
    return value


def _tail(share: Floats, size: NDArray[np.int64]) -> Floats:
    """Return how far out a share of the values of an open bin reaches, 0 to 1, where they thin out exponentially."""
    inside = 1.0 - share * (1.0 - 1.0 / size)
    return np.where(size > 1, -np.log(inside) / np.log(np.maximum(size, 2)), share)


def _known(values: Singles) -> NDArray[np.int64]:
    known: NDArray[np.int64] = values.shape[1] - np.isnan(values).sum(axis=1)
    return known
