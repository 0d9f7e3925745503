"""Recorded series made comparable: seasons taken out, periods and products added up."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_numbers, check_whole

Floats = NDArray[np.float64]


class Season(StrEnum):
    """Whose season is taken out of two series that share a cycle."""

    EACH = "each"
    """Each series loses its own pattern: what is left is what neither could foresee."""

    DEMAND = "demand"
    """Both lose the pattern of demand, at their own level: a season that orders exaggerate counts as bullwhip."""


def table_of(where: str, values: ArrayLike) -> Floats:
    """Return recorded quantities as a table.

    Parameters
    ----------
    where : name of the argument, for messages.
    values : units by period, shape (T,), or by period and product, (T, P); finite.

    Returns
    -------
    Floats[T, P], P being 1 for a single series.

    Raises
    ------
    UsageError : the shape is another one, or a number is not finite.

    Example
    -------
    >>> table_of("demand", [4, 6]).shape
    (2, 1)
    """
    dimensions = 2 if np.ndim(values) == 2 else 1
    table = check_numbers(where, values, dimensions=dimensions, fix="fill or cut periods that were not recorded")
    return table if dimensions == 2 else table[:, None]


def summed_products(table: Floats, labels: Sequence[str]) -> tuple[tuple[str, ...], Floats]:
    """Return the sums of the columns that have the same label.

    Parameters
    ----------
    table : Floats[T, P], units.
    labels : one for each column.

    Returns
    -------
    The labels, sorted, each once; and Floats[T, groups] in their order.

    Raises
    ------
    UsageError : there is not one label a column.

    Example
    -------
    >>> names, sums = summed_products(np.array([[1.0, 2.0, 4.0]]), ["b", "a", "b"])
    >>> names, sums.tolist()
    (('a', 'b'), [[2.0, 5.0]])
    """
    if len(labels) != table.shape[1]:
        raise UsageError(f"labels: found {len(labels):,}; allowed: one for each of {table.shape[1]:,} products")
    names = tuple(sorted(set(labels)))
    place = {name: index for index, name in enumerate(names)}
    sums = np.zeros((table.shape[0], len(names)))
    for column, label in enumerate(labels):
        sums[:, place[label]] += table[:, column]
    return names, sums


def summed_periods(table: Floats, bucket: int) -> Floats:
    """Return the sums of consecutive periods; periods at the end that fill no bucket are left out.

    Parameters
    ----------
    table : Floats[T, ...], units a period.
    bucket : periods in one sum, 1 to T.

    Returns
    -------
    Floats[T // bucket, ...].

    Raises
    ------
    UsageError : the bucket is no whole number in range.

    Example
    -------
    >>> summed_periods(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), 2).tolist()
    [3.0, 7.0]
    """
    bucket = check_whole("bucket", bucket, low=1, high=table.shape[0], fix="record more periods, or add up fewer")
    count = table.shape[0] // bucket
    sums: Floats = table[: count * bucket].reshape(count, bucket, *table.shape[1:]).sum(axis=1)
    return sums


def without_season(demand: Floats, other: Floats, *, cycle: int, season: Season = Season.EACH) -> tuple[Floats, Floats]:
    """Return two tables without the season of a cycle; totals over periods stay what they were.

    Parameters
    ----------
    demand, other : Floats[T, P], units a period, in step with each other.
    cycle : periods of the season, such as 7 for weekdays; 1 takes nothing out. There must be two full cycles at least.
    season : whose pattern is taken out.

    Returns
    -------
    Both, less the mean of their phase and plus the mean of all periods; with `Season.DEMAND` the other one's pattern is that of
    demand times the ratio of the two means.

    Raises
    ------
    UsageError : the cycle is no whole number from 1 to half the periods.

    Example
    -------
    >>> table = np.array([[1.0], [5.0], [3.0], [7.0]])
    >>> without_season(table, 2 * table, cycle=2)[1].ravel().tolist()
    [6.0, 6.0, 10.0, 10.0]

    Source: Cachon, Randall & Schmidt 2007, "In search of the bullwhip effect", section 3, take the season of each series out.
    """
    high = max(demand.shape[0] // 2, 1)
    cycle = check_whole("cycle", cycle, low=1, high=high, fix="a season needs two full cycles")
    if cycle == 1:
        return demand, other
    pattern = _pattern(demand, cycle)
    if season is Season.EACH:
        return demand - pattern, other - _pattern(other, cycle)
    mean = demand.mean(axis=0)
    level = np.divide(other.mean(axis=0), mean, out=np.zeros_like(mean), where=mean != 0)
    return demand - pattern, other - pattern * level


def _pattern(table: Floats, cycle: int) -> Floats:
    """Return Floats[T, P]: how far the mean of each period's phase is off the mean of all periods; it sums to 0."""
    phase = np.arange(table.shape[0]) % cycle
    means = np.stack([table[phase == number].mean(axis=0) for number in range(cycle)])
    pattern: Floats = means[phase] - table.mean(axis=0)
    return pattern
