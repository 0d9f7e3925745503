"""The coasts of the world as closed lines, from the borders the package brings along."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.geography.borders import Borders

Floats = NDArray[np.float64]


@cache
def coastlines() -> tuple[Floats, ...]:
    """Return each coast as Floats[points, 2], longitude and latitude in degrees, the last point being the first."""
    borders = Borders.load()
    coast = np.flatnonzero((borders.left < 0) | (borders.right < 0))
    start = np.stack([borders.longitude_1[coast], borders.latitude_1[coast]], axis=1)
    end = np.stack([borders.longitude_2[coast], borders.latitude_2[coast]], axis=1)
    following: dict[tuple[float, float], list[int]] = {}
    for number, key in enumerate(_keys(start)):
        following.setdefault(key, []).append(number)
    keys, used, lines = _keys(end), np.zeros(coast.size, dtype=bool), []
    for first in range(coast.size):
        line, number = [], first
        while not used[number]:
            used[number] = True
            line.append(start[number])
            after = [one for one in following.get(keys[number], ()) if not used[one]]
            if not after:
                line.append(end[number])
                break
            number = after[0]
        if len(line) > 2:
            lines.append(_unwrapped(np.array(line)))
    return tuple(lines)


def _keys(points: Floats) -> list[tuple[float, float]]:
    # One meridian has two names, 180 and -180.
    wrapped = np.round(np.stack([(points[:, 0] + 180.0) % 360.0, points[:, 1]], axis=1), 6)
    return [(float(x), float(y)) for x, y in wrapped]


def _unwrapped(line: Floats) -> Floats:
    """Return a line without jumps around the world."""
    longitude = np.unwrap(line[:, 0], period=360.0)
    return np.stack([longitude, line[:, 1]], axis=1)
