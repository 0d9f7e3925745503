"""The lines that lanes by sea follow on a map: from the site to a port, over the sea, and on to the other site."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import polars as pl

from chaintwin.network.geography.propose import propose_lanes
from chaintwin.network.geography.sea import Passage, SeaGraph
from chaintwin.network.geography.sphere import Located
from chaintwin.network.geography.terminals import find_port

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class SeaLine:
    """One line, and the lanes that follow it.

    Parameters
    ----------
    lanes : numbers of the rows of lanes that were asked for. passages : sailed through, in order.
    points : (latitude, longitude) of the line, both sites included; longitudes run on past 180 instead of jumping.
    """

    lanes: tuple[int, ...]
    passages: tuple[Passage, ...]
    points: tuple[Point, ...]


def sea_lines(sites: pl.DataFrame, lanes: pl.DataFrame, *, period_hours: float) -> tuple[SeaLine, ...]:
    """Return the lines of lanes by sea, through the ports that ``propose_lanes`` measures their distance by.

    Closed passages and delays play no part. A lane whose ends share a port, or that no open sea joins, has no line.

    Parameters
    ----------
    sites : ``site_id``, ``latitude``, ``longitude`` and what else ``place_sites`` reads.
    lanes : ``from_site``, ``to_site``, ``mode``; lanes of other modes are left out.
    period_hours : length of a period, hours, more than 0.

    Example
    -------
    >>> sites = pl.DataFrame({"site_id": ["dc", "plant"], "place": ["NLRTM", "CNSHA"]})
    >>> lanes = pl.DataFrame({"from_site": ["plant"], "to_site": ["dc"], "mode": ["sea"]})
    >>> [len(line.points) > 100 and Passage.SUEZ in line.passages for line in sea_lines(sites, lanes, period_hours=24)]
    [True]
    """
    by_sea = lanes.with_row_index("row").filter(pl.col("mode") == "sea")
    if by_sea.is_empty():
        return ()
    from chaintwin.network.geography.places import place_sites

    proposed = propose_lanes(sites, by_sea, period_hours=period_hours)
    placed = place_sites(sites)
    positions = {
        str(site): Position(latitude, longitude)
        for site, latitude, longitude in placed.select("site_id", "latitude", "longitude").iter_rows()
        if latitude is not None and longitude is not None
    }
    wanted: defaultdict[str, dict[str, list[int]]] = defaultdict(dict)
    ports: dict[str, tuple[Located, Located]] = {}
    columns = ("row", "from_site", "to_site", "origin_port", "destination_port", "proposal_note")
    for row, origin, destination, first, second, note in proposed.select(columns).iter_rows():
        start, end = positions.get(str(origin)), positions.get(str(destination))
        if start is None or end is None or (note or "").startswith(("no open", "no seaport", "both ends")):
            continue
        pair = f"{origin}\n{destination}"
        ports[pair] = (_harbor(first) or start, _harbor(second) or end)
        wanted[str(origin)].setdefault(pair, []).append(row)
    return tuple(line for pairs in wanted.values() for line in _lines(pairs, ports=ports, positions=positions))


@dataclass(frozen=True, slots=True)
class Position:
    """A position, degrees."""

    latitude: float
    longitude: float


def _lines(
    pairs: dict[str, list[int]], *, ports: dict[str, tuple[Located, Located]], positions: dict[str, Position]
) -> list[SeaLine]:
    """Return the lines of all pairs that begin at one site."""
    names = list(pairs)
    routes = SeaGraph.load().routes(ports[names[0]][0], [ports[name][1] for name in names])
    found = []
    for name, route in zip(names, routes, strict=True):
        if route is None:
            continue
        start, end = (positions[site] for site in name.split("\n"))
        points = [(start.latitude, start.longitude), *route.points, (end.latitude, end.longitude)]
        longitudes = np.unwrap([longitude for _, longitude in points], period=360.0).tolist()
        line = tuple(zip([latitude for latitude, _ in points], longitudes, strict=True))
        found.append(SeaLine(tuple(pairs[name]), route.passages, line))
    return found


def _harbor(code: str | None) -> Located | None:
    return None if code is None else find_port(code)
