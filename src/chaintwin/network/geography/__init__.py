"""Geography without a network: distances, sea routes, ports, airports, countries, and proposals for lanes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaintwin.network.geography.borders import (
        Borders,
        CountryCheck,
        Mistake,
        check_countries,
        countries_disagree,
        country_at,
        likely_mistakes,
    )
    from chaintwin.network.geography.countries import Country, all_countries, country_in_text, find_country
    from chaintwin.network.geography.overland import land_grid, landmass_at, sea_shares
    from chaintwin.network.geography.places import Place, PlaceKind, cities, find_place, place_sites
    from chaintwin.network.geography.propose import propose_lanes
    from chaintwin.network.geography.sea import Passage, SeaGraph, SeaRoute, UnreachablePortError
    from chaintwin.network.geography.sphere import EARTH_RADIUS_KM, Located, great_circle_km
    from chaintwin.network.geography.terminals import (
        Airport,
        Port,
        all_airports,
        all_ports,
        find_airport,
        find_port,
        main_port,
        nearest_airports,
        nearest_ports,
    )
    from chaintwin.network.geography.transport import Mode, ModeDefaults, find_mode, mode_defaults

__all__ = [
    "EARTH_RADIUS_KM",
    "Airport",
    "Borders",
    "Country",
    "CountryCheck",
    "Located",
    "Mistake",
    "Mode",
    "ModeDefaults",
    "Passage",
    "Place",
    "PlaceKind",
    "Port",
    "SeaGraph",
    "SeaRoute",
    "UnreachablePortError",
    "all_airports",
    "all_countries",
    "all_ports",
    "check_countries",
    "cities",
    "countries_disagree",
    "country_at",
    "country_in_text",
    "find_airport",
    "find_country",
    "find_mode",
    "find_place",
    "find_port",
    "great_circle_km",
    "land_grid",
    "landmass_at",
    "likely_mistakes",
    "main_port",
    "mode_defaults",
    "nearest_airports",
    "nearest_ports",
    "place_sites",
    "propose_lanes",
    "sea_shares",
]

_HOME = {
    "borders": "Borders CountryCheck Mistake check_countries countries_disagree country_at likely_mistakes",
    "countries": "Country all_countries country_in_text find_country",
    "overland": "land_grid landmass_at sea_shares",
    "places": "Place PlaceKind cities find_place place_sites",
    "propose": "propose_lanes",
    "sea": "Passage SeaGraph SeaRoute UnreachablePortError",
    "sphere": "EARTH_RADIUS_KM Located great_circle_km",
    "terminals": "Airport Port all_airports all_ports find_airport find_port main_port nearest_airports nearest_ports",
    "transport": "Mode ModeDefaults find_mode mode_defaults",
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Import the module of a public name when the name is first used (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
