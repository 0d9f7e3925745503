"""Places by code or name, and positions for sites that have none."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TypeVar

import numpy as np
import polars as pl

from chaintwin.network.geography.borders import country_at
from chaintwin.network.geography.countries import DATA, find_country, name_key
from chaintwin.network.geography.sphere import Floats
from chaintwin.network.geography.terminals import Airport, Port, all_airports, all_ports, find_airport, find_port

Key = TypeVar("Key")
Item = TypeVar("Item")


class PlaceKind(StrEnum):
    """What a place is."""

    COUNTRY = "country"
    PORT = "port"
    AIRPORT = "airport"
    CITY = "city"


@dataclass(frozen=True, slots=True)
class Place:
    """A place with a position.

    Parameters
    ----------
    kind : what it is. A country stands at its main city.
    code : alpha-2, port code or IATA code, "" for a city.
    name : its name.
    country : ISO alpha-2.
    latitude, longitude : degrees.
    """

    kind: PlaceKind
    code: str
    name: str
    country: str
    latitude: float
    longitude: float


SITE_PLACE_KINDS = (PlaceKind.PORT, PlaceKind.AIRPORT, PlaceKind.CITY, PlaceKind.COUNTRY)
"""The order in which the place of a site is understood: PER is Perth here, and Peru only if nothing else fits."""


def find_place(text: str, *, country: str = "", kinds: tuple[PlaceKind, ...] = tuple(PlaceKind)) -> Place | None:
    """Return the place meant by a code or a name, None if unknown.

    Parameters
    ----------
    text : country code or name, port code (``NLRTM``), IATA code (``NBO``), city of at least 100,000 people, name of a port,
        or, within a country, city of an airport; also ``city, country``. Of cities with one name the largest is meant.
    country : if not blank, a country code or name that the place must lie in.
    kinds : which kinds of places count; the first that knows the text wins. Names of ports and of airports' cities are
        looked up with the cities.

    Example
    -------
    >>> [find_place(text).kind.value for text in ("Kenya", "KEMBA", "NBO", "Pune, India")]
    ['country', 'port', 'airport', 'city']
    """
    within = find_country(country)
    code = within.alpha2 if within else ""
    for kind in kinds:
        for place in _FINDERS[kind](text, code):
            if not code or place.country == code:
                return place
    head, comma, tail = text.rpartition(",")
    named = find_country(tail) if comma and not code else None
    return find_place(head, country=named.alpha2, kinds=kinds) if named else None


def place_sites(sites: pl.DataFrame) -> pl.DataFrame:
    """Give every site a position: its own, else that of its place, else its country's main city.

    Parameters
    ----------
    sites : one row a site; columns ``country``, ``place``, ``latitude`` and ``longitude`` are read where present. A pair of
        coordinates that is incomplete or not on earth counts as absent.

    Returns
    -------
    The frame with ``latitude`` and ``longitude`` filled where possible, ``country`` filled as alpha-2 where it was blank, and
    the columns ``proposed_position`` (whether the position was filled) and ``position_source`` (``given``, ``port``,
    ``airport``, ``city``, ``country``, or null without a position).

    Example
    -------
    >>> placed = place_sites(pl.DataFrame({"site_id": ["a", "b"], "country": ["Kenya", None], "place": [None, "CNSHA"]}))
    >>> placed["position_source"].to_list(), placed["country"].to_list()
    (['country', 'port'], ['Kenya', 'CN'])
    """
    texts = {name: _texts(sites, name) for name in ("country", "place")}
    latitude, longitude = _numbers(sites, "latitude", limit=90.0), _numbers(sites, "longitude", limit=180.0)
    given = np.isfinite(latitude) & np.isfinite(longitude)
    source: list[str | None] = ["given" if is_given else None for is_given in given.tolist()]
    country = list(texts["country"])
    known: dict[tuple[str, str], Place | None] = {}
    for row in np.flatnonzero(~given).tolist():
        key = (texts["place"][row], country[row])
        if key not in known:
            known[key] = _site_place(*key)
        place = known[key]
        latitude[row], longitude[row] = (place.latitude, place.longitude) if place else (np.nan, np.nan)
        source[row] = place.kind.value if place else None
        country[row] = country[row] or (place.country if place else "")
    blank = np.array([not text for text in country], dtype=bool) & np.isfinite(latitude)
    for row, code in zip(np.flatnonzero(blank).tolist(), country_at(latitude[blank], longitude[blank]).tolist(), strict=True):
        country[row] = code
    return sites.with_columns(
        pl.Series("latitude", latitude, nan_to_null=True),
        pl.Series("longitude", longitude, nan_to_null=True),
        pl.Series("country", [text or None for text in country], dtype=pl.String),
        pl.Series("proposed_position", [text not in ("given", None) for text in source], dtype=pl.Boolean),
        pl.Series("position_source", source, dtype=pl.String),
    )


@cache
def cities() -> tuple[Place, ...]:
    """List the 6,200 cities of at least 100,000 people, largest first."""
    text = gzip.decompress((DATA / "cities.csv.gz").read_bytes()).decode("utf-8")
    rows = csv.reader(io.StringIO(text))
    next(rows)
    return tuple(Place(PlaceKind.CITY, "", row[0], row[1], float(row[2]), float(row[3])) for row in rows)


def _site_place(text: str, country: str) -> Place | None:
    place = find_place(text, country=country, kinds=SITE_PLACE_KINDS) if text else None
    return place or find_place(country, kinds=(PlaceKind.COUNTRY,))


def _find_country(text: str, _country: str) -> list[Place]:
    one = find_country(text)
    return [Place(PlaceKind.COUNTRY, one.alpha2, one.name, one.alpha2, one.latitude, one.longitude)] if one else []


def _find_port(text: str, _country: str) -> list[Place]:
    port = find_port(text)
    return [_port_place(port)] if port else []


def _find_airport(text: str, _country: str) -> list[Place]:
    code = text.replace(" ", "")
    airport = find_airport(code) if len(code) == 3 else None
    if len(code) == 5 and code.isupper():
        # A location code of a place without a port mostly ends in the airport's code: KENBO, DEMUC.
        airport = find_airport(code[2:])
        airport = airport if airport is not None and airport.country == code[:2] else None
    return [_airport_place(airport)] if airport else []


def _find_city(text: str, country: str) -> list[Place]:
    key = name_key(text)
    found = [*_cities_by_name().get(key, []), *map(_port_place, _ports_by_name().get(key, []))]
    if country:  # Small fields bear the names of towns all over the world, so their town counts only within a country.
        found += map(_airport_place, _airports_by_city().get((country, key), []))
    return found


def _port_place(port: Port) -> Place:
    return Place(PlaceKind.PORT, port.code, port.name, port.country, port.latitude, port.longitude)


def _airport_place(airport: Airport) -> Place:
    return Place(PlaceKind.AIRPORT, airport.iata, airport.name, airport.country, airport.latitude, airport.longitude)


_FINDERS: dict[PlaceKind, Callable[[str, str], list[Place]]] = {
    PlaceKind.COUNTRY: _find_country,
    PlaceKind.PORT: _find_port,
    PlaceKind.AIRPORT: _find_airport,
    PlaceKind.CITY: _find_city,
}


@cache
def _ports_by_name() -> dict[str, list[Port]]:
    return _grouped((name_key(port.name), port) for port in sorted(all_ports(), key=lambda port: -port.liner_countries))


@cache
def _airports_by_city() -> dict[tuple[str, str], list[Airport]]:
    return _grouped(((airport.country, name_key(airport.city)), airport) for airport in all_airports() if airport.city)


@cache
def _cities_by_name() -> dict[str, list[Place]]:
    return _grouped((name_key(city.name), city) for city in cities())


def _grouped(items: Iterable[tuple[Key, Item]]) -> dict[Key, list[Item]]:
    groups: dict[Key, list[Item]] = {}
    for key, item in items:
        groups.setdefault(key, []).append(item)
    return groups


def _texts(sites: pl.DataFrame, name: str) -> list[str]:
    if name not in sites.columns:
        return [""] * sites.height
    return [(text or "").strip() for text in sites[name].cast(pl.String).to_list()]


def _numbers(sites: pl.DataFrame, name: str, *, limit: float) -> Floats:
    if name not in sites.columns:
        return np.full(sites.height, np.nan)
    values = sites[name].cast(pl.Float64, strict=False).to_numpy().astype(np.float64)
    return np.where(np.abs(values) <= limit, values, np.nan)
