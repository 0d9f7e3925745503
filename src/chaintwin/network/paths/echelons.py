"""Echelons: what of a buffer's product lies in everything below it (METHODS 1.5, echelon)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.paths.ordering import levels_of, rows_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Feeds(NamedTuple):
    """Which buffer feeds which, one entry for each input of each source that orders go to.

    Parameters
    ----------
    above, below : Integers[feeds], buffers.
    content : Floats[feeds]: units of the buffer above in one unit below, times the share of the source.
    """

    above: Integers
    below: Integers
    content: Floats


class Echelons(NamedTuple):
    """Rows over all buffers; empty for those nobody asked for.

    Parameters
    ----------
    start : Integers[N + 1].
    buffer : Integers[entries], the buffer itself first, then those below.
    content : Floats[entries]: units of the buffer in one unit there.
    """

    start: Integers
    buffer: Integers
    content: Floats


def echelons_of(feeds: Feeds, wanted: Integers, *, count: int) -> tuple[Echelons, int]:
    """Return the echelon of each wanted buffer, and a buffer that lies on a loop below one, -1 if there is none.

    A unit below that comes from several sources holds what they hold on average, by their shares.

    Parameters
    ----------
    feeds : of the network.
    wanted : Integers, ascending: buffers whose echelon is asked for.
    count : number of buffers.
    """
    level = levels_of(feeds.above, feeds.below, base=np.zeros(count, dtype=np.int64))
    by_above = np.argsort(feeds.above, kind="stable")
    start = rows_of(feeds.above[by_above], count)
    owners: list[Integers] = []
    contents: list[Floats] = []
    for buffer in wanted.tolist():
        members = _below(start, feeds.below[by_above], buffer)
        looped = members[(level[members] < 0)]
        if looped.size:
            return Echelons(np.zeros(count + 1, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)), int(looped[0])
        content = np.zeros(count)
        content[buffer] = 1.0
        for member in members[np.argsort(level[members], kind="stable")].tolist():
            out = by_above[start[member] : start[member + 1]]
            np.add.at(content, feeds.below[out], content[member] * feeds.content[out])
        rest = np.sort(members[members != buffer])
        owners.append(np.concatenate([[buffer], rest]))
        contents.append(content[owners[-1]])
    length = np.zeros(count, dtype=np.int64)
    length[wanted] = [owner.size for owner in owners]
    starts = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    none: Integers = np.zeros(0, dtype=np.int64)
    return Echelons(starts, np.concatenate([none, *owners]).astype(np.int64), np.concatenate([np.zeros(0), *contents])), -1


def _below(start: Integers, below: Integers, buffer: int) -> Integers:
    """Return a buffer and all that it feeds, directly or not."""
    seen, found = {buffer}, [buffer]
    for member in found:
        for target in below[start[member] : start[member + 1]].tolist():
            if target not in seen:
                seen.add(target)
                found.append(target)
    return np.array(found, dtype=np.int64)
