"""Emissions of transport chains: mass times distance times intensity, and what hubs add."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number
from chaintwin.network.geography.sphere import Located
from chaintwin.network.geography.transport import Mode, mode_defaults

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Intensity:
    """An emission factor, which is data: it has a source and a year.

    Parameters
    ----------
    value : well to wheel, grams of CO2 equivalent a tonne-km (legs) or kg a tonne (hubs); 0 or more.
    source : where it is from; not empty.
    year : of the source.

    Raises
    ------
    UsageError : the value is out of range, or the source is empty.
    """

    value: float
    source: str
    year: int

    def __post_init__(self) -> None:
        check_number("intensity", self.value, low=0.0)
        if not self.source.strip():
            raise UsageError("source of an intensity: found none; allowed: text; fix: say where the factor is from")


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg of a transport chain.

    Parameters
    ----------
    mass_t : tonnes moved, 0 or more.
    distance_km : shortest feasible distance or great circle, 0 or more; see `distance_between`.
    intensity : g/tkm.

    Raises
    ------
    UsageError : a number is out of its range.
    """

    mass_t: float
    distance_km: float
    intensity: Intensity

    def __post_init__(self) -> None:
        check_number("mass_t", self.mass_t, low=0.0)
        check_number("distance_km", self.distance_km, low=0.0)


@dataclass(frozen=True, slots=True)
class Hub:
    """A place where freight is handled.

    Parameters
    ----------
    mass_t : tonnes handled, 0 or more.
    intensity : kg/t.

    Raises
    ------
    UsageError : the mass is out of range.
    """

    mass_t: float
    intensity: Intensity

    def __post_init__(self) -> None:
        check_number("mass_t", self.mass_t, low=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Emissions:
    """Emissions of a transport chain, kg of CO2 equivalent, well to wheel.

    Parameters
    ----------
    leg_kg, hub_kg : of each leg and hub, Floats[n].
    total_kg : of all.
    g_per_tkm : total over the transport activity of the legs; None where nothing moves.
    sources : what the factors are from, with years, each once, in order.
    """

    leg_kg: Floats
    hub_kg: Floats
    total_kg: float
    g_per_tkm: float | None
    sources: tuple[tuple[str, int], ...]


def transport_emissions(legs: Sequence[Leg], hubs: Sequence[Hub] = ()) -> Emissions:
    """Return the emissions of a transport chain.

    Parameters
    ----------
    legs, hubs : what freight goes through; at least one leg or hub.

    Raises
    ------
    UsageError : there is neither.

    Example
    -------
    >>> road = Intensity(90, "own carrier", 2024)
    >>> found = transport_emissions([Leg(18, 120, road)], [Hub(18, Intensity(1.1, "terminal", 2023))])
    >>> found.leg_kg.tolist(), round(found.total_kg, 6), found.sources
    ([194.4], 214.2, (('own carrier', 2024), ('terminal', 2023)))

    Source: ISO 14083:2023; GLEC Framework v3 (2023).
    """
    if not legs and not hubs:
        raise UsageError("transport chain: found no leg and no hub; allowed: at least one of them")
    activity = np.array([leg.mass_t * leg.distance_km for leg in legs], dtype=np.float64)
    leg_kg = activity * np.array([leg.intensity.value for leg in legs], dtype=np.float64) / 1000
    hub_kg = np.array([hub.mass_t * hub.intensity.value for hub in hubs], dtype=np.float64)
    total = float(leg_kg.sum() + hub_kg.sum())
    moved = float(activity.sum())
    factors = [leg.intensity for leg in legs] + [hub.intensity for hub in hubs]
    sources = dict.fromkeys((factor.source, factor.year) for factor in factors)
    return Emissions(leg_kg, hub_kg, total, total * 1000 / moved if moved > 0 else None, tuple(sources))


def distance_between(origin: Located, destination: Located, *, mode: Mode | None = None) -> float:
    """Return the distance that a leg counts: by sea the shortest way a ship can sail, otherwise the great circle.

    Parameters
    ----------
    origin, destination : places with coordinates, such as ports, airports and sites.
    mode : of transport; None for the great circle.

    Returns
    -------
    km, 0 or more. Detours of roads are no part of it: ISO 14083 takes the great circle or the shortest feasible distance, so that
    a factor must hold for these.

    Raises
    ------
    UnreachablePortError : no ship gets there.
    UsageError : a position is not on earth.

    Example
    -------
    >>> from chaintwin.network.geography.terminals import find_port
    >>> shanghai, rotterdam = find_port("CNSHA"), find_port("NLRTM")
    >>> distance_between(shanghai, rotterdam, mode=Mode.SEA) > distance_between(shanghai, rotterdam) > 8000
    True

    Source: ISO 14083:2023, transport activity distance.
    """
    from chaintwin.network.geography.sea import SeaGraph
    from chaintwin.network.geography.sphere import great_circle_km

    if mode is Mode.SEA:
        return SeaGraph.load().route(origin, destination).distance_km
    first, second = (origin.latitude, origin.longitude), (destination.latitude, destination.longitude)
    return float(great_circle_km(*first, latitude_2=second[0], longitude_2=second[1]))


def default_intensity(mode: Mode, *, year: int) -> Intensity:
    """Return the factor of a mode that stands in where the user has none.

    Parameters
    ----------
    mode : of transport.
    year : of the release whose defaults are used.

    Example
    -------
    >>> default_intensity(Mode.ROAD, year=2026).source
    'default for road, unverified'
    """
    figures = mode_defaults()[mode]
    return Intensity(figures.carbon_g_per_tonne_km, f"{figures.source_kind} for {mode}, {figures.status}", year)
