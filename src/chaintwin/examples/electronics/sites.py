"""The sites of the electronics network: makers, warehouses and the stores of the largest cities."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np

from chaintwin.errors import UsageError
from chaintwin.examples.electronics.places import MAKERS, MARKETS, RANK_POWER, STORE_SPACING_KM, WAREHOUSES
from chaintwin.network.geography import Place, PlaceKind, cities, find_place, great_circle_km

_WHOLE_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O", "ı": "i", "ß": "ss", "’": ""})
"""Letters that Unicode does not take apart into a plain letter and a mark."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site with its place.

    Parameters
    ----------
    id, name, kind, country : as in the table ``sites``.
    latitude, longitude : degrees.
    market : size of its market, 1 for the largest; 0 where nothing is sold.
    warehouse : the warehouse that serves it, empty if none.
    """

    id: str
    name: str
    kind: str
    country: str
    latitude: float
    longitude: float
    market: float = 0.0
    warehouse: str = ""


def all_sites() -> tuple[Site, ...]:
    """Return makers, warehouses and stores, in this order."""
    makers = [_site(prefix, name, kind=kind, place=place) for prefix, name, kind, places in MAKERS for place in places.split()]
    warehouses = [_site("whs", "Warehouse", kind="warehouse", place=place) for place in WAREHOUSES.split()]
    return (*makers, *warehouses, *_stores({site.id: site for site in warehouses}))


def slug(text: str) -> str:
    """Return a name as a part of an id: plain lower-case letters and hyphens.

    Example
    -------
    >>> slug("São Paulo")
    'sao-paulo'
    """
    whole = text.translate(_WHOLE_LETTERS)
    plain = unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _site(prefix: str, name: str, *, kind: str, place: str) -> Site:
    city, country = place.replace("_", " ").split(":")
    found = find_place(city, country=country, kinds=(PlaceKind.CITY,))
    if found is None:
        raise UsageError(f"place: found {place!r}; allowed: a city of the list")
    return Site(f"{prefix}-{slug(city)}", f"{name} {city}", kind, country, found.latitude, found.longitude)


def _stores(warehouses: dict[str, Site]) -> list[Site]:
    listed: dict[str, list[Place]] = {country: [] for country, _, _, _ in MARKETS}
    for city in cities():
        if city.country in listed:
            listed[city.country].append(city)
    stores = []
    for country, count, size, serving in MARKETS:
        near = [warehouses[f"whs-{name}"] for name in serving.split()]
        for rank, city in enumerate(_spaced(listed[country], count), start=1):
            market = round(size / rank**RANK_POWER, 4)
            warehouse = min(near, key=lambda site: (_km(site, city), site.id)).id
            name = f"Store {city.name}"
            store = f"sto-{country.lower()}-{slug(city.name)}"
            stores.append(Site(store, name, "store", country, city.latitude, city.longitude, market, warehouse))
    return stores


def _spaced(places: list[Place], count: int) -> list[Place]:
    """Return the largest cities that are no part of a larger one."""
    chosen: list[Place] = []
    for place in places:
        if all(_km(other, place) >= STORE_SPACING_KM for other in chosen):
            chosen.append(place)
        if len(chosen) == count:
            return chosen
    raise UsageError(f"cities: found {len(chosen)} far enough apart; allowed: {count} or more")


def _km(one: Site | Place, other: Site | Place) -> float:
    return float(np.asarray(great_circle_km(one.latitude, one.longitude, latitude_2=other.latitude, longitude_2=other.longitude)))
