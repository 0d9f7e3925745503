"""Which places lie in a polygon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.ingest.hazards.records import Ring

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

WHOLE_MAP = 359.0
"""Degrees of longitude from which a ring goes around the whole map."""


def within(areas: tuple[tuple[Ring, ...], ...], latitude: Floats, *, longitude: Floats) -> Flags:
    """Tell which places lie in one of some polygons and in none of their holes.

    Sides are straight in longitude and latitude, as in GeoJSON. A polygon across the date line is one whose longitudes run beyond
    180 degrees or jump by more than 180; places on a side may count either way.

    Parameters
    ----------
    areas : polygons, each its outer ring and its holes; longitude first.
    latitude, longitude : Floats, degrees; NaN is nowhere.
    """
    found = np.zeros(latitude.shape, dtype=bool)
    for rings in areas:
        inside = np.zeros(latitude.shape, dtype=bool)
        for ring in rings:
            inside ^= _inside(np.array(ring, dtype=np.float64), latitude, longitude)
        found |= inside
    return found


def _inside(corners: Floats, latitude: Floats, longitude: Floats) -> Flags:
    """Tell which places a ring goes around: sides to the east of them are crossed an odd number of times."""
    # Longitudes in one piece: a side that goes more than half around the earth is meant the other way, but for one along the
    # whole map, from date line to date line.
    east = corners[:, 0]
    if east.max() - east.min() < WHOLE_MAP:
        east = np.unwrap(east, period=360.0)
    north = corners[:, 1]
    middle = (east.min() + east.max()) / 2
    at = longitude + 360.0 * np.round((middle - longitude) / 360.0)
    inside = np.zeros(latitude.shape, dtype=bool)
    for number in range(len(east) - 1):
        low, high = north[number], north[number + 1]
        crosses = (low > latitude) != (high > latitude)
        if low != high:
            cut = east[number] + (latitude - low) / (high - low) * (east[number + 1] - east[number])
            inside ^= crosses & (at < cut)
    return inside
