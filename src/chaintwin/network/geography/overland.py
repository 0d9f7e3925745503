"""Which places are joined by land, and how much water lies between them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.network.geography.borders import TOLERANCE_KM, Borders, polygons_at
from chaintwin.network.geography.sphere import Floats, checked_positions, unit_vectors

CELL_DEGREES = 0.25
"""Side of a cell of the land grid: fine enough to see a strait of 30 km, small enough to fill in a moment."""

_ROWS, _COLUMNS = round(180 / CELL_DEGREES), round(360 / CELL_DEGREES)


def landmass_at(latitude: ArrayLike, longitude: ArrayLike, *, within_km: float = TOLERANCE_KM) -> NDArray[np.int64]:
    """Return the landmass of each position: freight can be driven between two sites with one number.

    Parameters
    ----------
    latitude, longitude : positions (n,), degrees, NaN where unknown.
    within_km : a position at sea is given to the nearest land within this distance, km.

    Returns
    -------
    Numbers (n,), -1 at sea and without coordinates. The Channel Tunnel and a dozen such links join landmasses; the Darien
    gap, the inner-Korean border and the border of Egypt in Sinai part them.

    Example
    -------
    >>> london, berlin, new_york = landmass_at([51.5, 52.5, 40.7], [-0.1, 13.4, -74.0]).tolist()
    >>> london == berlin, london == new_york
    (True, False)
    """
    north, east = checked_positions(latitude, longitude)
    polygon = polygons_at(np.atleast_1d(north), np.atleast_1d(east), within_km=within_km)
    return np.where(polygon >= 0, Borders.load().landmass[polygon], -1)


def sea_shares(latitude_1: Floats, longitude_1: Floats, *, latitude_2: Floats, longitude_2: Floats, samples: int = 16) -> Floats:
    """Estimate how much of each great circle lies over water.

    Parameters
    ----------
    latitude_1, longitude_1, latitude_2, longitude_2 : ends (n,), degrees, finite.
    samples : points looked at along each line, 1 or more.

    Returns
    -------
    Shares (n,), 0..1, from a grid of quarter degrees; large lakes count as land.
    """
    start, end = unit_vectors(latitude_1, longitude_1), unit_vectors(latitude_2, longitude_2)
    grid = land_grid()
    wet = np.zeros(start.shape[0])
    for share in (np.arange(samples) + 0.5) / samples:
        # The point on the chord, seen from the center of the earth, is close enough to evenly spaced for a share.
        x, y, z = (start * (1.0 - share) + end * share).T
        row = np.degrees(np.arctan2(z, np.hypot(x, y))) + 90.0
        column = np.degrees(np.arctan2(y, x)) + 180.0
        cell = np.minimum((row / CELL_DEGREES).astype(np.int64), _ROWS - 1), (column / CELL_DEGREES).astype(np.int64) % _COLUMNS
        wet += ~grid[cell]
    return wet / samples


@cache
def land_grid() -> NDArray[np.bool_]:
    """Return a grid (720, 1440) from the south pole and 180 west: whether the middle of each cell is land."""
    borders = Borders.load()
    grid = np.zeros((_ROWS, _COLUMNS), dtype=bool)
    middles = (np.arange(_COLUMNS) + 0.5) * CELL_DEGREES - 180.0
    for row in range(_ROWS):
        y = (row + 0.5) * CELL_DEGREES - 90.0
        edges = borders.band_edges[borders.band_start[row] : borders.band_start[row + 1]]
        y1, y2 = borders.latitude_1[edges], borders.latitude_2[edges]
        crossing = (y1 <= y) != (y2 <= y)
        if not crossing.any():
            grid[row] = y < -80.0  # No coast runs around the south pole's parallels, which are land.
            continue
        edges, y1, y2 = edges[crossing], y1[crossing], y2[crossing]
        x1, x2 = borders.longitude_1[edges], borders.longitude_2[edges]
        x = (x1 + (y - y1) * (x2 - x1) / (y2 - y1) + 180.0) % 360.0 - 180.0
        west = np.where(y2 > y1, borders.left[edges], borders.right[edges])
        order = np.argsort(x, kind="stable")
        # What lies west of the next edge to the east is what the cell holds; past the last edge the first one is next.
        ahead = np.searchsorted(x[order], middles, side="left") % order.size
        grid[row] = west[order][ahead] >= 0
    return grid
