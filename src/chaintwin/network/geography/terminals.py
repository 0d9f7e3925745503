"""Seaports and airports, from the packages searoute and airportsdata."""

from __future__ import annotations

import csv
import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.network.geography.sea import SeaGraph, searoute_data
from chaintwin.network.geography.sphere import Floats, checked_positions, nearest_positions, unit_vectors

LINER_COUNTRIES_MIN = 3
"""A port with regular services to this many countries counts as a port that freight is sent through."""

HARBOR_LEG_KM_MAX = 150.0
"""A port farther than this from open water is a river port or a dry port, of no use to a sea-going ship.

Hamburg, Antwerp and Ho Chi Minh City lie within it, Chongqing, Manaus and Dallas, which the list holds too, do not.
"""


@dataclass(frozen=True, slots=True)
class Port:
    """A seaport.

    Parameters
    ----------
    code : five letters as carriers write it. It looks like UN/LOCODE but is not always the same: CNSHA is the port of
        Shanghai here, and Hongqiao airport in the official list.
    name : name of the port.
    country : ISO alpha-2.
    latitude, longitude : degrees.
    is_terminal : whether container or general freight is handled, as far as the list knows.
    liner_countries : number of countries with a regular service, a measure of how important the port is.
    """

    code: str
    name: str
    country: str
    latitude: float
    longitude: float
    is_terminal: bool
    liner_countries: int


@dataclass(frozen=True, slots=True)
class Airport:
    """An airport with an IATA code.

    Parameters
    ----------
    iata, icao : its codes.
    name, city : names.
    country : ISO alpha-2.
    latitude, longitude : degrees.
    time_zone : IANA time zone.
    """

    iata: str
    icao: str
    name: str
    city: str
    country: str
    latitude: float
    longitude: float
    time_zone: str

    @property
    def code(self) -> str:
        """The IATA code, so that ports and airports are asked alike."""
        return self.iata


@cache
def all_ports() -> tuple[Port, ...]:
    """List the 3,900 ports of searoute, sorted by code; of ports that share a code the busiest is kept."""
    features = json.loads(searoute_data("ports.geojson").read_text(encoding="utf-8"))["features"]
    best: dict[str, Port] = {}
    for feature in features:
        row = feature["properties"]
        code = str(row["port"])
        if len(code) != 5:
            continue
        longitude, latitude = feature["geometry"]["coordinates"][:2]
        liner = len(row.get("to_cty") or ())
        country = _present_country(code, longitude=longitude)
        port = Port(code, str(row["name"]), country, float(latitude), float(longitude), row["t"] == 1.0, liner)
        if code not in best or port.liner_countries > best[code].liner_countries:
            best[code] = port
    return tuple(best[code] for code in sorted(best))


@cache
def all_airports() -> tuple[Airport, ...]:
    """List the 7,900 airports with an IATA code, sorted by it."""
    found = importlib.util.find_spec("airportsdata")
    if found is None or not found.submodule_search_locations:
        raise UsageError("package airportsdata: found none; allowed: an installation with its data files")
    # Reading the file here takes half the time of the package's own loader and keeps its types out.
    path = Path(next(iter(found.submodule_search_locations))) / "airports.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        column = {name: number for number, name in enumerate(next(rows))}
        names = ("iata", "icao", "name", "city", "country", "lat", "lon", "tz")
        iata, icao, name, city, country, lat, lon, zone = (column[key] for key in names)
        listed = [
            Airport(row[iata], row[icao], row[name], row[city], row[country], float(row[lat]), float(row[lon]), row[zone])
            for row in rows
            if row[iata]
        ]
    return tuple(sorted(listed, key=lambda airport: airport.iata))


def find_port(code: str) -> Port | None:
    """Return the port of a code such as ``NLRTM`` or ``NL RTM``, None if unknown.

    Example
    -------
    >>> find_port("NL RTM").name
    'Rotterdam'
    """
    return _ports_by_code().get(code.replace(" ", "").upper())


def find_airport(iata: str) -> Airport | None:
    """Return the airport of an IATA code, None if unknown.

    Example
    -------
    >>> find_airport("NBO").country
    'KE'
    """
    return _airports_by_code().get(iata.strip().upper())


def main_port(country: str) -> Port | None:
    """Return the port of a country that has regular services to the most countries, None if it has no seaport.

    Parameters
    ----------
    country : ISO alpha-2.

    Example
    -------
    >>> main_port("KE").code
    'KEMBA'
    """
    return _main_ports().get(country)


@dataclass(frozen=True, slots=True, eq=False)
class Harbors:
    """Ports that a ship can sail to, as arrays.

    Parameters
    ----------
    ports : the ports (p).
    latitude, longitude : positions (p,), degrees.
    is_liner : whether freight has regular services (p,).
    vectors : positions (p, 3) on the unit sphere.
    """

    ports: tuple[Port, ...]
    latitude: Floats
    longitude: Floats
    is_liner: NDArray[np.bool_]
    vectors: Floats


@cache
def sea_harbors() -> Harbors:
    """List the ports within HARBOR_LEG_KM_MAX of the sea graph."""
    ports = all_ports()
    latitude = np.array([port.latitude for port in ports])
    longitude = np.array([port.longitude for port in ports])
    _, leg_km = nearest_positions(latitude, longitude, among=SeaGraph.load().vectors)
    kept = np.flatnonzero(leg_km <= HARBOR_LEG_KM_MAX)
    liner = np.array([port.is_terminal and port.liner_countries >= LINER_COUNTRIES_MIN for port in ports])
    near = tuple(ports[number] for number in kept.tolist())
    vectors = unit_vectors(latitude[kept], longitude[kept])
    return Harbors(near, latitude[kept], longitude[kept], liner[kept], vectors)


def no_harbors() -> Harbors:
    """Return no port at all, for whoever needs none."""
    nothing = np.zeros(0)
    return Harbors((), nothing, nothing, np.zeros(0, dtype=bool), np.zeros((0, 3)))


def nearest_ports(latitude: ArrayLike, longitude: ArrayLike, *, liner_only: bool = True) -> tuple[list[Port], Floats]:
    """Find the nearest seaport of each position.

    Parameters
    ----------
    latitude, longitude : positions (n,), degrees, finite.
    liner_only : whether only ports with regular services to several countries count.

    Returns
    -------
    Ports (n) and great-circle distances (n,) in km.

    Example
    -------
    >>> nearest_ports([-1.29], [36.82])[0][0].name
    'Mombasa'
    """
    harbors = sea_harbors()
    chosen = np.flatnonzero(harbors.is_liner) if liner_only else np.arange(len(harbors.ports))
    index, km = nearest_positions(*_flat(latitude, longitude), among=harbors.vectors[chosen])
    return [harbors.ports[number] for number in chosen[index].tolist()], km


def nearest_airports(latitude: ArrayLike, longitude: ArrayLike) -> tuple[list[Airport], Floats]:
    """Find the nearest airport with an IATA code of each position; small fields count too.

    Parameters
    ----------
    latitude, longitude : positions (n,), degrees, finite.

    Returns
    -------
    Airports (n) and great-circle distances (n,) in km.

    Example
    -------
    >>> nearest_airports([1.36], [103.99])[0][0].iata
    'SIN'
    """
    airports = all_airports()
    index, km = nearest_positions(*_flat(latitude, longitude), among=_airport_vectors())
    return [airports[number] for number in index.tolist()], km


@cache
def _ports_by_code() -> dict[str, Port]:
    return {port.code: port for port in all_ports()}


@cache
def _airports_by_code() -> dict[str, Airport]:
    return {airport.iata: airport for airport in all_airports()}


@cache
def _airport_vectors() -> Floats:
    airports = all_airports()
    return unit_vectors(np.array([one.latitude for one in airports]), np.array([one.longitude for one in airports]))


@cache
def _main_ports() -> dict[str, Port]:
    best: dict[str, Port] = {}
    for port in sea_harbors().ports:
        rank = (port.liner_countries, port.is_terminal)
        held = best.get(port.country)
        if held is None or rank > (held.liner_countries, held.is_terminal):
            best[port.country] = port
    return best


def _flat(latitude: ArrayLike, longitude: ArrayLike) -> tuple[Floats, Floats]:
    north, east = checked_positions(latitude, longitude)
    return np.atleast_1d(north), np.atleast_1d(east)


def _present_country(code: str, *, longitude: float) -> str:
    # The list still carries two states that are gone; what it holds of Serbia and Montenegro lies on the coast.
    if code[:2] == "AN":
        return "SX" if code == "ANPHI" else "BQ" if longitude > -68.5 else "CW"
    return "ME" if code[:2] == "CS" else code[:2]
