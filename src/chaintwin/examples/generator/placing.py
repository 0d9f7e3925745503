"""Where the sites of a generated network lie: near real cities, so that country and coordinates agree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from chaintwin.examples.generator.draws import Draws, Floats, Numbers
from chaintwin.network.geography import Place, cities, great_circle_km, landmass_at

CITIES = 3_000
"""The largest cities are used."""

JITTER_DEGREES = 0.04
"""Sites of one city lie up to about 4 km from its middle."""

ROAD_KM_MAX = 2_500.0
"""Longer ways are not driven."""

FLOWN_SHARE = 0.3
"""Share of the ways that cannot be driven that are flown."""

SEA_DETOUR = 1.4
"""Length of a way by sea over the great circle. Half a million ways are not routed one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Positions of the sites of one tier.

    Parameters
    ----------
    latitude, longitude : degrees.
    country : index of the country in ``city_countries``.
    landmass : number of the landmass.
    """

    latitude: Floats
    longitude: Floats
    country: Numbers
    landmass: Numbers


def place_tier(count: int, *, draws: Draws, use: str, scattered: bool) -> Placed:
    """Return positions for the sites of one tier.

    Parameters
    ----------
    count : sites.
    draws : random numbers.
    use : name of the tier's streams.
    scattered : sites with neighboring numbers lie anywhere (makers); otherwise near each other (sites that serve each other).
    """
    latitude, longitude, country, landmass = _city_arrays()
    spread = ((np.arange(count) + 0.5) * country.size / count).astype(np.int64)
    city = spread[draws.order(f"{use} order", count)] if scattered else spread
    shift = (draws.uniforms(f"{use} shift", 2 * count) - 0.5) * 2 * JITTER_DEGREES
    # Two decimals are about a kilometer.
    north: Floats = np.round(np.clip(latitude[city] + shift[:count], -89.0, 89.0), 2).astype(np.float64)
    east: Floats = np.round(np.clip(longitude[city] + shift[count:], -179.9, 179.9), 2).astype(np.float64)
    return Placed(north, east, country[city], landmass[city])


def distance_and_mode(
    one: Placed, other: Placed, *, ends: tuple[Numbers, Numbers], flown: Floats
) -> tuple[Floats, NDArray[np.str_]]:
    """Return the length in km and the mode of ways between two tiers.

    Parameters
    ----------
    one, other : the tiers.
    ends : site numbers of both ends of each way.
    flown : a uniform for each way.
    """
    tail, head = ends
    km = great_circle_km(
        one.latitude[tail], one.longitude[tail], latitude_2=other.latitude[head], longitude_2=other.longitude[head]
    )
    driven = (one.landmass[tail] == other.landmass[head]) & (km <= ROAD_KM_MAX)
    mode = np.where(driven, "road", np.where(flown < FLOWN_SHARE, "air", "sea"))
    detour = np.where(mode == "road", 1.3, np.where(mode == "sea", SEA_DETOUR, 1.0))
    return np.maximum(np.round(km * detour), 5.0), mode


def city_countries() -> tuple[str, ...]:
    """Return the countries of the cities, sorted."""
    return tuple(sorted({place.country for place in _largest()}))


def _largest() -> tuple[Place, ...]:
    return cities()[:CITIES]


@cache
def _city_arrays() -> tuple[Floats, Floats, Numbers, Numbers]:
    """Return latitude, longitude, country and landmass of the cities along a line on which neighbors are near each other."""
    places = _largest()
    number = {country: index for index, country in enumerate(city_countries())}
    latitude = np.array([place.latitude for place in places])
    longitude = np.array([place.longitude for place in places])
    country = np.array([number[place.country] for place in places], dtype=np.int64)
    order = np.argsort(_interleaved(latitude, longitude), kind="stable")
    landmass = landmass_at(latitude, longitude)
    return latitude[order], longitude[order], country[order], landmass[order]


def _interleaved(latitude: Floats, longitude: Floats) -> Numbers:
    """Return the place of each position on a Morton curve over the map."""
    x = ((longitude + 180.0) / 360.0 * 4095).astype(np.int64)
    y = ((latitude + 90.0) / 180.0 * 4095).astype(np.int64)
    key = np.zeros(x.size, dtype=np.int64)
    for bit in range(12):
        key |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
    return key
