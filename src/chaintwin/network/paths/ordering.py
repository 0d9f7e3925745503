"""In which order things happen within a period: longest-path levels of a directed graph, and the loop that forbids them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def rows_of(owner: Integers, count: int) -> Integers:
    """Return where the row of each owner starts in arrays sorted by owner.

    Parameters
    ----------
    owner : Integers[entries], sorted, 0 to count - 1.
    count : number of owners.

    Returns
    -------
    Integers[count + 1]; the row of i is ``start[i]:start[i + 1]``.

    Example
    -------
    >>> rows_of(np.array([0, 0, 2]), 3).tolist()
    [0, 2, 2, 3]
    """
    start = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(owner, minlength=count), out=start[1:])
    return start


def spread(start: Integers, owners: Integers) -> tuple[Integers, Integers]:
    """Return, for every entry of the compressed rows of ``owners``, the place in ``owners`` and the entry.

    Parameters
    ----------
    start : Integers[all + 1], first entry of each row.
    owners : Integers[k], rows that are wanted, in any order and number.
    """
    count = np.diff(start)[owners]
    place = np.repeat(np.arange(owners.size), count)
    entry = np.repeat(start[owners] - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
    return place, entry


def turns_of(start: Integers, members: Integers) -> tuple[Integers, Integers]:
    """Return the level of each member, and its place among all members in their order.

    Parameters
    ----------
    start : Integers[levels + 1], first entry of each level in ``members``.
    members : Integers[count], each number from 0 to count - 1 once.

    Example
    -------
    >>> level, place = turns_of(np.array([0, 2, 3]), np.array([2, 0, 1]))
    >>> level.tolist(), place.tolist()
    ([0, 1, 0], [1, 2, 0])
    """
    level, place = np.empty(members.size, dtype=np.int64), np.empty(members.size, dtype=np.int64)
    level[members] = np.repeat(np.arange(start.size - 1), np.diff(start))
    place[members] = np.arange(members.size)
    return level, place


def levels_of(tail: Integers, head: Integers, *, base: Integers) -> Integers:
    """Return the level of each node: at least its base, and above every node an arc comes from.

    Parameters
    ----------
    tail, head : Integers[arcs]: arcs between nodes.
    base : Integers[nodes]: lowest level of each node.

    Returns
    -------
    Integers[nodes]; -1 for nodes on a loop or behind one.

    Example
    -------
    >>> levels_of(np.array([0, 1]), np.array([1, 2]), base=np.zeros(3, dtype=np.int64)).tolist()
    [0, 1, 2]
    """
    count = base.size
    by_tail = np.argsort(tail, kind="stable")
    start, heads = rows_of(tail[by_tail], count), head[by_tail]
    missing = np.bincount(head, minlength=count)
    level = base.astype(np.int64, copy=True)
    done = np.zeros(count, dtype=bool)
    ready = np.flatnonzero(missing == 0)
    while ready.size:
        done[ready] = True
        place, arc = spread(start, ready)
        target = heads[arc]
        np.maximum.at(level, target, level[ready[place]] + 1)
        touched, times = np.unique(target, return_counts=True)
        missing[touched] -= times
        ready = touched[missing[touched] == 0]
    level[~done] = -1
    return level


def loop_of(tail: Integers, head: Integers, *, level: Integers) -> list[int]:
    """Return the nodes of one loop, the first again at the end; empty where there is none.

    Parameters
    ----------
    tail, head : Integers[arcs].
    level : what `levels_of` returned.

    Example
    -------
    >>> arcs = np.array([0, 1, 2]), np.array([1, 2, 1])
    >>> loop_of(*arcs, level=levels_of(*arcs, base=np.zeros(3, dtype=np.int64)))
    [1, 2, 1]
    """
    stuck = (level[tail] < 0) & (level[head] < 0)
    before: dict[int, int] = {}
    for source, target in zip(tail[stuck].tolist(), head[stuck].tolist(), strict=True):
        before[target] = min(source, before.get(target, source))
    if not before:
        return []
    # Every stuck node has a stuck node before it, so walking back must meet itself.
    node = min(before)
    walk: list[int] = []
    seen: dict[int, int] = {}
    while node not in seen:
        seen[node] = len(walk)
        walk.append(node)
        node = before[node]
    loop = walk[seen[node] :][::-1]
    first = loop.index(min(loop))
    loop = loop[first:] + loop[:first]
    return [*loop, loop[0]]
