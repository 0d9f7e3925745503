"""Which of the drawn years are played: more of those that cost much, each with a known probability.

Of each year is known about what it costs. Years with such a loss are cut, in its order, into strata that hold the same part of
it, and as many are played of each. Years with an outage, but without such a loss, are a stratum of their own, because something
may be lost all the same. Years in which nobody is hit cost nothing and are not played.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.laws.checking import check_whole

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEAST = 40
"""Fewest years that are played: with half as many, intervals of the tail hold the truth in little more than half of all cases."""

STRATA = 12
"""Strata of years with a loss, at most."""

IN_STRATUM = 4
"""Fewest years that are played of a stratum, if it has as many."""

UNSEEN_SHARE = 0.15
"""Part of the played years that is spent on years with an outage that are thought to cost nothing."""

NOTHING = 1e-12
"""Part of the largest loss that is only rounding."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Years that are played.

    Parameters
    ----------
    years : Integers[m], ascending, numbers of years. stratum : Integers[m], of each.
    sizes : Integers[H], years of each stratum, played or not. means : Floats[H], their mean loss as it is known.
    count : of all years with an event, those in no stratum among them: nobody is hit in these.
    """

    years: Integers
    stratum: Integers
    sizes: Integers
    means: Floats
    count: int


def choose_years(losses: Floats, is_hit: NDArray[np.bool_], *, uniforms: Floats, count: int) -> Chosen:
    """Return which years are played.

    Parameters
    ----------
    losses : Floats[n], 0 or more: what each year costs about.
    is_hit : Flags[n], somebody is out in it; all others cost nothing.
    uniforms : Floats[n], a random number of each year, 0 to 1: those with the smallest ones of a stratum are played.
    count : how many, 40 or more; all where there are no more.

    Raises
    ------
    UsageError
        The count is out of range.

    Example
    -------
    >>> losses, uniforms = np.array([0.0] * 80 + [1.0] * 80 + [20.0]), np.linspace(0.01, 0.99, 161)
    >>> found = choose_years(losses, np.arange(161) >= 40, uniforms=uniforms, count=40)
    >>> found.sizes.tolist(), np.bincount(found.stratum).tolist()
    ([40, 12, 13, 12, 13, 12, 13, 5, 1], [6, 4, 4, 5, 5, 5, 5, 5, 1])

    Source: Cochran 1977, "Sampling techniques", sections 5.5 (allocation) and 12.2 (strata from a first phase).
    """
    check_whole("simulated years", count, low=LEAST)
    playable = np.flatnonzero(is_hit)
    strata = _strata(losses, playable, count=count)
    sizes = np.array([part.size for part in strata], dtype=np.int64)
    each = _allocated(sizes, count=count, is_unseen=bool(strata) and losses[strata[0]].max() <= NOTHING * losses.max(initial=0.0))
    years, stratum = [], []
    for number, (part, wanted) in enumerate(zip(strata, each.tolist(), strict=True)):
        chosen = part[np.argsort(uniforms[part], kind="stable")[:wanted]]
        years.append(chosen)
        stratum.append(np.full(chosen.size, number, dtype=np.int64))
    found = np.concatenate(years) if years else np.zeros(0, dtype=np.int64)
    of = np.concatenate(stratum) if stratum else np.zeros(0, dtype=np.int64)
    order = np.argsort(found)
    means = np.array([losses[part].mean() for part in strata])
    return Chosen(found[order], of[order], sizes, means, losses.size)


def _strata(losses: Floats, playable: Integers, *, count: int) -> list[Integers]:
    """Return the years of each stratum: those without a loss, if there are some, then by the loss, ascending."""
    seen = losses[playable] > NOTHING * losses.max(initial=0.0)
    unseen, some = playable[~seen], playable[seen]
    strata = [unseen] if unseen.size else []
    if not some.size:
        return strata
    some = some[np.argsort(losses[some], kind="stable")]
    left = count - (_unseen_count(count) if unseen.size else 0)
    most = max(1, min(STRATA, left // IN_STRATUM, some.size // 2))
    before = np.cumsum(losses[some]) - losses[some] / 2
    number = np.minimum((before / losses[some].sum() * most).astype(np.int64), most - 1)
    parts = [some[number == part] for part in range(most)]
    # A year that holds more than a whole stratum leaves others empty.
    return strata + [part for part in parts if part.size]


def _unseen_count(count: int) -> int:
    return max(2, round(UNSEEN_SHARE * count))


def _allocated(sizes: Integers, *, count: int, is_unseen: bool) -> Integers:
    """Return how many years of each stratum are played: equally many of those with a loss, none more than it has."""
    each = np.zeros(sizes.size, dtype=np.int64)
    left = min(count, int(sizes.sum()))
    if is_unseen and sizes.size > 1:
        each[0] = min(_unseen_count(count), sizes[0])
        left -= each[0]
    first = 1 if is_unseen and sizes.size > 1 else 0
    while left > 0:
        # What is full takes no more, and what is over goes to the costliest that are not.
        open_ones = np.flatnonzero(each[first:] < sizes[first:]) + first
        if not open_ones.size:
            open_ones = np.flatnonzero(each < sizes)
        share = max(left // open_ones.size, 1)
        for number in open_ones[::-1].tolist():
            more = min(share, int(sizes[number] - each[number]), left)
            each[number] += more
            left -= more
    return each
