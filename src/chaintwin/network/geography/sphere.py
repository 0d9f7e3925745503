"""Distances on the sphere."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError

EARTH_RADIUS_KM = 6371.0088
"""Mean radius (2a + b) / 3 of the WGS84 ellipsoid. A sphere of it is at most 0.6 % off the ellipsoid."""

Floats = NDArray[np.float64]


class Located(Protocol):
    """Anything with a position: a port, an airport, a country, a place."""

    @property
    def latitude(self) -> float:
        """Latitude in degrees, -90 to 90."""

    @property
    def longitude(self) -> float:
        """Longitude in degrees, -180 to 180."""


def great_circle_km(latitude_1: ArrayLike, longitude_1: ArrayLike, *, latitude_2: ArrayLike, longitude_2: ArrayLike) -> Floats:
    """Measure the shortest way over the surface of a sphere with the mean radius of the earth.

    Parameters
    ----------
    latitude_1, longitude_1 : positions of the one ends, any shape, degrees, WGS84, -90..90 and -180..180.
    latitude_2, longitude_2 : positions of the other ends, of a shape that broadcasts with the first.

    Returns
    -------
    Distances in km, of the broadcast shape, 0 or more; NaN where a coordinate is NaN.

    Raises
    ------
    UsageError : a coordinate is out of range or infinite.

    Example
    -------
    >>> float(great_circle_km(51.51, -0.13, latitude_2=48.86, longitude_2=2.35).round())
    343.0

    Source
    ------
    Sinnott, R. W. (1984), "Virtues of the haversine", Sky and Telescope 68(2), 159.
    """
    first = checked_positions(latitude_1, longitude_1)
    second = checked_positions(latitude_2, longitude_2)
    return haversine_km(*first, latitude_2=second[0], longitude_2=second[1])


def haversine_km(latitude_1: Floats, longitude_1: Floats, *, latitude_2: Floats, longitude_2: Floats) -> Floats:
    """Do the sum of ``great_circle_km`` for coordinates that are known to be in range."""
    south, north = np.radians(latitude_1), np.radians(latitude_2)
    turn = np.radians(np.subtract(longitude_2, longitude_1))
    half = np.sin((north - south) / 2) ** 2 + np.cos(south) * np.cos(north) * np.sin(turn / 2) ** 2
    # Rounding can push antipodes a hair above one.
    return np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0))), dtype=np.float64)


def checked_positions(latitude: ArrayLike, longitude: ArrayLike) -> tuple[Floats, Floats]:
    """Return coordinates as float arrays; refuse what is not on earth. NaN, an absent coordinate, passes."""
    arrays = []
    for name, values, limit in (("latitude", latitude, 90.0), ("longitude", longitude, 180.0)):
        array = np.asarray(values, dtype=np.float64)
        outside = np.abs(array) > limit
        if outside.any():
            worst = float(array[outside].flat[0])
            raise UsageError(f"{name}: found {worst:g}; allowed: {-limit:g} to {limit:g} degrees")
        arrays.append(array)
    return arrays[0], arrays[1]


def unit_vectors(latitude: Floats, longitude: Floats) -> Floats:
    """Return positions as points (n, 3) on the unit sphere, where nearness needs no care at the antimeridian."""
    north, east = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)


def chord_to_km(chord: Floats) -> Floats:
    """Turn straight distances between points of the unit sphere into km over its surface."""
    return np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2.0, 1.0)), dtype=np.float64)


def nearest_positions(latitude: Floats, longitude: Floats, *, among: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Find the nearest of many points.

    Parameters
    ----------
    latitude, longitude : positions (n,), degrees, finite.
    among : points (m, 3) on the unit sphere, m at least 1.

    Returns
    -------
    Index (n,) into ``among`` and distance (n,) in km.
    """
    from scipy.spatial import cKDTree  # Half the import time of this package, needed by few calls.

    chord, index = cKDTree(among).query(unit_vectors(latitude, longitude))
    return np.asarray(index, dtype=np.intp), chord_to_km(np.asarray(chord))
