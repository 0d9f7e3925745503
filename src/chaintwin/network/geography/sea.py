"""Sea routes over searoute's graph, routed here so that a strait or canal can be closed, delayed or tolled."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import rustworkx as rx
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import ChaintwinError, UsageError
from chaintwin.network.geography.sphere import Floats, Located, checked_positions, haversine_km, nearest_positions, unit_vectors

KM_PER_NAUTICAL_MILE = 1.852


class Passage(StrEnum):
    """A strait, canal or cape that ships can be kept from; the value is searoute's tag."""

    SUEZ = "suez"
    PANAMA = "panama"
    BAB_EL_MANDEB = "babalmandab"
    HORMUZ = "ormuz"
    MALACCA = "malacca"
    SUNDA = "sunda"
    GIBRALTAR = "gibraltar"
    BOSPORUS = "bosporus"
    DARDANELLES = "dardanelles"
    CAPE_OF_GOOD_HOPE = "south_africa"
    MAGELLAN = "chili"
    BERING = "bering"
    NORTHWEST = "northwest"


class UnreachablePortError(ChaintwinError):
    """Raised when no open sea route joins two places; the distance is never given as zero."""

    code: ClassVar[str] = "unreachable_port"


@dataclass(frozen=True, slots=True)
class SeaRoute:
    """One way by sea.

    Parameters
    ----------
    distance_km : length sailed, with the straight legs from the two places to the sea graph, without delays and tolls.
    passages : the passages sailed through, in order.
    points : (latitude, longitude) of the line, both places included; longitudes run on past 180 instead of jumping.
    """

    distance_km: float
    passages: tuple[Passage, ...]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class SeaGraph:
    """The sea as a graph: vertices in open water, edges that a ship can sail both ways.

    Parameters
    ----------
    latitude, longitude : vertices (v,), degrees.
    ends : edges (e, 2), indices of vertices.
    edge_km : length (e,) of each edge on the sphere, km.
    edge_passage : passage (e,) of each edge as an index into ``tuple(Passage)``, -1 for none.
    vectors : vertices (v, 3) on the unit sphere.
    """

    latitude: Floats
    longitude: Floats
    ends: NDArray[np.int64]
    edge_km: Floats
    edge_passage: NDArray[np.int64]
    vectors: Floats = field(repr=False)

    @staticmethod
    def load() -> SeaGraph:
        """Return the graph that searoute ships, read once in a process (0.1 s).

        Example
        -------
        >>> SeaGraph.load().latitude.size > 9000
        True
        """
        return _load()

    def route(
        self,
        origin: Located,
        destination: Located,
        *,
        closures: frozenset[Passage] = frozenset(),
        delays_km: Mapping[Passage, float] | None = None,
        northwest_open: bool = False,
    ) -> SeaRoute:
        """Find the shortest open way by sea between two places.

        Parameters
        ----------
        origin, destination : ports or other positions; each is joined to the nearest vertex of the graph by a straight leg.
        closures : passages that nothing sails through.
        delays_km : km, 0 or more, that one transit of a passage costs on top of its length: a waiting time times a speed,
            or a toll divided by the cost of a km. They steer the choice and are not part of the distance. A way that uses
            a part of a passage bears that part.
        northwest_open : whether ships may use the Northwest Passage, which ice shuts for most of the year.

        Returns
        -------
        The route: distance in km, passages and line.

        Raises
        ------
        UnreachablePortError : every way is closed.
        UsageError : a delay is negative or a position is not on earth.

        Example
        -------
        >>> from chaintwin.network.geography.terminals import find_port
        >>> shanghai, rotterdam = find_port("CNSHA"), find_port("NLRTM")
        >>> way = SeaGraph.load().route(shanghai, rotterdam, closures=frozenset({Passage.SUEZ}))
        >>> Passage.PANAMA in way.passages
        True
        """
        graph = _graph(self, *_conditions(closures, delays_km, northwest_open=northwest_open))
        latitude, longitude = _positions((origin, destination))
        vertices, legs_km = nearest_positions(latitude, longitude, among=self.vectors)
        start, end = int(vertices[0]), int(vertices[1])
        paths = {} if start == end else rx.dijkstra_shortest_paths(graph, start, target=end, weight_fn=_cost)
        path = _path(paths, start, end=end)
        if path is None:
            raise UnreachablePortError(_unreachable(origin, destination, closures=closures))
        return self._sailed(graph, path, latitude=latitude, longitude=longitude, legs_km=float(legs_km.sum()))

    def routes(self, origin: Located, destinations: Sequence[Located]) -> tuple[SeaRoute | None, ...]:
        """Find the shortest ways by sea from one place to many with one search, with every passage open that ice leaves open.

        Parameters
        ----------
        origin, destinations : as in ``route``.

        Returns
        -------
        A route for each destination, None where there is none.

        Example
        -------
        >>> from chaintwin.network.geography.terminals import find_port
        >>> ways = SeaGraph.load().routes(find_port("CNSHA"), [find_port("NLRTM"), find_port("USLAX")])
        >>> [Passage.SUEZ in way.passages for way in ways]
        [True, False]
        """
        graph = _graph(self, *_conditions(frozenset(), None, northwest_open=False))
        latitude, longitude = _positions((origin, *destinations))
        vertices, legs_km = nearest_positions(latitude, longitude, among=self.vectors)
        start = int(vertices[0])
        paths = rx.dijkstra_shortest_paths(graph, start, weight_fn=_cost)
        found: list[SeaRoute | None] = []
        for place, end in enumerate(vertices[1:].tolist(), start=1):
            path = _path(paths, start, end=end)
            ends, legs = [0, place], float(legs_km[0] + legs_km[place])
            lat, lon = latitude[ends], longitude[ends]
            found.append(None if path is None else self._sailed(graph, path, latitude=lat, longitude=lon, legs_km=legs))
        return tuple(found)

    def _sailed(self, graph: Graph, path: list[int], *, latitude: Floats, longitude: Floats, legs_km: float) -> SeaRoute:
        """Return the way along vertices, between two positions (2,) that straight legs of so many km join to its ends."""
        edges = [int(graph.get_edge_data(one, other)[1]) for one, other in pairwise(path)]
        tags = [int(self.edge_passage[edge]) for edge in edges]
        names = tuple(Passage)
        passages = tuple(dict.fromkeys(names[tag] for tag in tags if tag >= 0))
        line_lat = np.concatenate([latitude[:1], self.latitude[path], latitude[1:]])
        line_lon = np.concatenate([longitude[:1], self.longitude[path], longitude[1:]])
        line_lon = np.unwrap(line_lon, period=360.0)
        points = tuple(zip(line_lat.tolist(), line_lon.tolist(), strict=True))
        return SeaRoute(float(self.edge_km[edges].sum() + legs_km), passages, points)

    def distances_km(
        self,
        origin: Located,
        destinations: Sequence[Located],
        *,
        closures: frozenset[Passage] = frozenset(),
        delays_km: Mapping[Passage, float] | None = None,
        northwest_open: bool = False,
    ) -> Floats:
        """Measure the sea distances from one place to many with one search.

        Parameters
        ----------
        origin, destinations, closures, delays_km, northwest_open : as in ``route``.

        Returns
        -------
        Distances (n,) in km, legs included, without delays; infinite where every way is closed.

        Example
        -------
        >>> from chaintwin.network.geography.terminals import find_port
        >>> sea = SeaGraph.load()
        >>> bool(sea.distances_km(find_port("SGSIN"), [find_port("NLRTM")])[0] > 15_000)
        True
        """
        latitude, longitude = _positions(destinations)
        count = len(destinations)
        return self.pair_distances_km(
            np.full(count, origin.latitude),
            np.full(count, origin.longitude),
            destination_latitude=latitude,
            destination_longitude=longitude,
            closures=closures,
            delays_km=delays_km,
            northwest_open=northwest_open,
        )

    def pair_distances_km(
        self,
        origin_latitude: ArrayLike,
        origin_longitude: ArrayLike,
        *,
        destination_latitude: ArrayLike,
        destination_longitude: ArrayLike,
        closures: frozenset[Passage] = frozenset(),
        delays_km: Mapping[Passage, float] | None = None,
        northwest_open: bool = False,
    ) -> Floats:
        """Measure the sea distances of many pairs, one search for each distinct end of the side with fewer of them.

        Parameters
        ----------
        origin_latitude, origin_longitude, destination_latitude, destination_longitude : positions (n,), degrees, finite.
        closures, delays_km, northwest_open : as in ``route``.

        Returns
        -------
        Distances (n,) in km, legs included, without delays; infinite where every way is closed.
        """
        start_lat, start_lon = checked_positions(origin_latitude, origin_longitude)
        end_lat, end_lon = checked_positions(destination_latitude, destination_longitude)
        start, start_km = nearest_positions(start_lat, start_lon, among=self.vectors)
        end, end_km = nearest_positions(end_lat, end_lon, among=self.vectors)
        if np.unique(start).size > np.unique(end).size:
            start, end = end, start  # Ships sail an edge both ways, so a search may start at either end.
        graph = _graph(self, *_conditions(closures, delays_km, northwest_open=northwest_open))
        delayed = any((delays_km or {}).values())
        sailed = np.empty(start.size)
        order = np.argsort(start, kind="stable")
        for group in np.split(order, np.flatnonzero(np.diff(start[order])) + 1) if order.size else []:
            sailed[group] = self._from_vertex(graph, int(start[group[0]]), ends=end[group], delayed=delayed)
        return sailed + start_km + end_km

    def _from_vertex(self, graph: Graph, start: int, *, ends: NDArray[np.intp], delayed: bool) -> Floats:
        # Without delays the cost is the length, which spares looking every edge of every path up.
        if not delayed:
            costs = dict(rx.dijkstra_shortest_path_lengths(graph, start, _cost)) | {start: 0.0}
            return np.array([costs.get(end, np.inf) for end in ends.tolist()])
        paths = rx.dijkstra_shortest_paths(graph, start, weight_fn=_cost)
        distances = {start: 0.0}
        for end in set(ends.tolist()) - {start}:
            path = list(paths[end]) if end in paths else []
            edges = [graph.get_edge_data(one, other)[1] for one, other in pairwise(path)]
            distances[end] = float(self.edge_km[edges].sum()) if edges else np.inf
        return np.array([distances[end] for end in ends.tolist()])


Graph = Any
"""A rustworkx graph, whose payload of an edge is (cost in km, index of the edge)."""


def searoute_data(name: str) -> Path:
    """Return a data file of the package searoute, whose import would load networkx for nothing."""
    found = importlib.util.find_spec("searoute")
    if found is None or not found.submodule_search_locations:
        raise UsageError("package searoute: found none; allowed: an installation with its data files")
    return Path(next(iter(found.submodule_search_locations))) / "data" / name


@cache
def _load() -> SeaGraph:
    features = json.loads(searoute_data("marnet_searoute.geojson").read_text(encoding="utf-8"))["features"]
    index: dict[tuple[float, float], int] = {}
    ends: list[tuple[int, int]] = []
    tags: list[int] = []
    tag_of = {passage.value: number for number, passage in enumerate(Passage)}
    for feature in features:
        geometry = feature["geometry"]
        tag = tag_of.get(feature["properties"].get("passage"), -1)
        lines = [geometry["coordinates"]] if geometry["type"] == "LineString" else geometry["coordinates"]
        for line in lines:
            # The file cuts lines at 180 and lets some run on to 191: wrapped, both sides of the cut are one vertex.
            keys = [(round((lon + 180.0) % 360.0 - 180.0, 6), round(lat, 6)) for lon, lat in line]
            numbers = [index.setdefault(key, len(index)) for key in keys]
            pairs = [pair for pair in pairwise(numbers) if pair[0] != pair[1]]
            ends += pairs
            tags += [tag] * len(pairs)
    longitude, latitude = np.array(list(index), dtype=np.float64).T.copy()
    edges = np.array(ends, dtype=np.int64)
    one, other = edges.T
    edge_km = haversine_km(latitude[one], longitude[one], latitude_2=latitude[other], longitude_2=longitude[other])
    vectors = unit_vectors(latitude, longitude)
    return SeaGraph(latitude, longitude, edges, edge_km, np.array(tags, dtype=np.int64), vectors)


Conditions = tuple[frozenset[Passage], tuple[tuple[Passage, float], ...]]


def _conditions(closures: frozenset[Passage], delays_km: Mapping[Passage, float] | None, *, northwest_open: bool) -> Conditions:
    delays = {Passage(passage): float(km) for passage, km in (delays_km or {}).items() if km != 0}
    for passage, km in delays.items():
        if not 0 <= km < np.inf:
            raise UsageError(f"delays_km of {passage.name.lower()}: found {km:g}; allowed: 0 km or more, finite")
    closed = frozenset(Passage(passage) for passage in closures)
    closed = closed if northwest_open else closed | {Passage.NORTHWEST}
    return closed, tuple(sorted(delays.items()))


@lru_cache(maxsize=16)
def _graph(sea: SeaGraph, closed: frozenset[Passage], delays: tuple[tuple[Passage, float], ...]) -> Graph:
    names = tuple(Passage)
    cost = sea.edge_km.copy()
    for passage, km in delays:
        edges = np.flatnonzero(sea.edge_passage == names.index(passage))
        cost[edges] += km * _transit_share(sea, edges)
    is_open = ~np.isin(sea.edge_passage, [names.index(passage) for passage in closed])
    kept = np.flatnonzero(is_open)
    graph: Graph = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(sea.latitude.size))
    rows = zip(sea.ends[kept, 0].tolist(), sea.ends[kept, 1].tolist(), cost[kept].tolist(), kept.tolist(), strict=True)
    graph.extend_from_weighted_edge_list([(one, other, (km, edge)) for one, other, km, edge in rows])
    return graph


def _transit_share(sea: SeaGraph, edges: NDArray[np.intp]) -> Floats:
    """Return the share of one transit that each edge of a passage is: its length over the longest way through its part."""
    part: Graph = rx.PyGraph()
    number = {vertex: part.add_node(vertex) for vertex in np.unique(sea.ends[edges]).tolist()}
    ends = sea.ends[edges].tolist()
    part.extend_from_weighted_edge_list(
        [(number[a], number[b], km) for (a, b), km in zip(ends, sea.edge_km[edges].tolist(), strict=True)]
    )
    through: dict[int, float] = {}
    for members in rx.connected_components(part):
        longest = max(max(rx.dijkstra_shortest_path_lengths(part, node, float).values()) for node in members)
        through |= dict.fromkeys(members, longest)
    return np.array([sea.edge_km[edge] / through[number[a]] for edge, (a, _) in zip(edges.tolist(), ends, strict=True)])


def _path(paths: Any, start: int, *, end: int) -> list[int] | None:
    """Return the vertices of a way that a search found, both ends included, or None where it found none."""
    if start == end:
        return [start]
    return list(paths[end]) if end in paths else None


def _cost(edge: tuple[float, int]) -> float:
    return edge[0]


def _positions(places: Sequence[Located]) -> tuple[Floats, Floats]:
    latitude, longitude = checked_positions([place.latitude for place in places], [place.longitude for place in places])
    if not (np.isfinite(latitude).all() and np.isfinite(longitude).all()):
        raise UsageError("position: found NaN; allowed: a latitude and a longitude")
    return latitude, longitude


def _unreachable(origin: Located, destination: Located, *, closures: frozenset[Passage]) -> str:
    names = [str(getattr(place, "code", "") or f"{place.latitude:g},{place.longitude:g}") for place in (origin, destination)]
    shut = ", ".join(sorted(passage.name.lower() for passage in closures)) or "none"
    return f"sea route {names[0]} to {names[1]}: found no open way with closed passages {shut}; allowed: reachable ports"
