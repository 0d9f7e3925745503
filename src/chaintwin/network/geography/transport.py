"""What moving goods costs, takes and emits by default, one row a mode of transport."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from chaintwin.network.geography.countries import DATA, name_key


class Mode(StrEnum):
    """A means of transport, as the column ``mode`` of the table ``lanes`` names it."""

    SEA = "sea"
    AIR = "air"
    ROAD = "road"
    RAIL = "rail"
    INLAND_WATER = "inland_water"
    COURIER = "courier"
    PIPELINE = "pipeline"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class ModeDefaults:
    """Default figures of one mode. They stand in for figures of the user's own carriers and are no measurement.

    Parameters
    ----------
    mode : the means of transport.
    circuity : length of the way over the great circle, 1 or more; 1 for the sea, whose ways are routed.
    extra_km : km added to each way, for leaving and reaching an airport.
    km_per_day : km made on a day of travel, stops included.
    handling_days : days for loading, waiting, customs and unloading at both ends together.
    cost_per_tonne_km : freight, US dollars a tonne-km.
    handling_cost_per_tonne : handling at both ends together, US dollars a tonne.
    carbon_g_per_tonne_km : emissions, well to wheel, grams of CO2 equivalent a tonne-km.
    source_kind : ``default`` for a figure chosen for this library.
    status : ``unverified`` for a figure of the usual size that was not checked against a source.
    basis : what the figures have in mind.
    """

    mode: Mode
    circuity: float
    extra_km: float
    km_per_day: float
    handling_days: float
    cost_per_tonne_km: float
    handling_cost_per_tonne: float
    carbon_g_per_tonne_km: float
    source_kind: str
    status: str
    basis: str


@cache
def mode_defaults() -> dict[Mode, ModeDefaults]:
    """Return the default figures of every mode, read from ``data/transport.csv``.

    Example
    -------
    >>> mode_defaults()[Mode.ROAD].circuity
    1.3
    """
    with (DATA / "transport.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    defaults = {}
    for row in rows:
        a, b, c, d, e, f, g = (float(cell) for cell in row[1:8])
        defaults[Mode(row[0])] = ModeDefaults(Mode(row[0]), a, b, c, d, e, f, g, row[8], row[9], row[10])
    return defaults


def find_mode(text: str) -> Mode | None:
    """Return the mode that a word in a table means, None if unknown.

    Parameters
    ----------
    text : ``sea``, ``Ocean``, ``Air Charter``, ``Truck`` and the like; case does not matter.

    Example
    -------
    >>> [find_mode(text).value for text in ("Ocean", "Air Charter", "Truck")]
    ['sea', 'air', 'road']
    """
    key = name_key(text.replace("_", " "))
    return _WORDS.get(key)


_WORDS = {
    word: mode
    for mode, words in {
        Mode.SEA: "sea;ocean;sea freight;ocean freight;vessel;ship;maritime;fcl;lcl;container ship",
        Mode.AIR: "air;air charter;air freight;airfreight;plane;flight;air cargo",
        Mode.ROAD: "road;truck;lorry;trucking;ltl;ftl;land;road freight;van",
        Mode.RAIL: "rail;train;railway;rail freight",
        Mode.INLAND_WATER: "inland water;inland waterway;barge;river",
        Mode.COURIER: "courier;express;parcel;post;mail",
        Mode.PIPELINE: "pipeline;pipe",
        Mode.INTERNAL: "internal;intra site;transfer",
    }.items()
    for word in words.split(";")
}
