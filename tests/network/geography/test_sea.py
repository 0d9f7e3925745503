"""Sea routes with passages open, closed, delayed."""

import heapq
import math
import subprocess
import sys

import numpy as np
import pytest

from chaintwin.errors import ChaintwinError, UsageError
from chaintwin.network.geography import Passage, SeaGraph, UnreachablePortError, all_ports, find_port, great_circle_km
from chaintwin.network.geography.sea import KM_PER_NAUTICAL_MILE
from tests.sizes import scaled

NO_SUEZ = frozenset({Passage.SUEZ})
NO_CANALS = frozenset({Passage.SUEZ, Passage.PANAMA})


@pytest.fixture(scope="module")
def sea():
    return SeaGraph.load()


def plain_search(sea, start, closed):
    """Dijkstra's search in plain Python over the arrays of the graph."""
    names = tuple(Passage)
    ways = {}
    for (a, b), km, tag in zip(sea.ends.tolist(), sea.edge_km.tolist(), sea.edge_passage.tolist(), strict=True):
        if tag < 0 or names[tag] not in closed:
            ways.setdefault(a, []).append((b, km))
            ways.setdefault(b, []).append((a, km))
    best, heap = {start: 0.0}, [(0.0, start)]
    while heap:
        done, vertex = heapq.heappop(heap)
        if done > best[vertex]:
            continue
        for other, km in ways.get(vertex, ()):
            if done + km < best.get(other, math.inf):
                best[other] = done + km
                heapq.heappush(heap, (done + km, other))
    return best


# Figures measured with searoute itself from the middle of the cities; harbors differ by up to 60 nautical miles.
@pytest.mark.parametrize(
    ("origin", "closures", "miles", "through"),
    [
        ("CNSHA", frozenset(), 10_546, {Passage.MALACCA, Passage.BAB_EL_MANDEB, Passage.SUEZ, Passage.GIBRALTAR}),
        ("CNSHA", NO_SUEZ, 13_466, {Passage.PANAMA}),
        ("CNSHA", NO_CANALS, 13_866, {Passage.SUNDA, Passage.CAPE_OF_GOOD_HOPE}),
        ("CNSHA", NO_CANALS | {Passage.SUNDA}, 14_043, {Passage.MALACCA, Passage.CAPE_OF_GOOD_HOPE}),
        ("SGSIN", frozenset(), 8_365, {Passage.MALACCA, Passage.BAB_EL_MANDEB, Passage.SUEZ, Passage.GIBRALTAR}),
        ("SGSIN", NO_SUEZ, 11_853, {Passage.SUNDA, Passage.CAPE_OF_GOOD_HOPE}),
    ],
)
def test_route__to_rotterdam_with_passages_closed(sea, origin, closures, miles, through):
    route = sea.route(find_port(origin), find_port("NLRTM"), closures=closures)
    assert route.distance_km / KM_PER_NAUTICAL_MILE == pytest.approx(miles, abs=60)
    assert set(route.passages) == through


def test_route__malacca_and_sunda_closed_goes_through_neither(sea):
    route = sea.route(find_port("CNSHA"), find_port("NLRTM"), closures=NO_CANALS | {Passage.MALACCA, Passage.SUNDA})
    assert set(route.passages) == {Passage.CAPE_OF_GOOD_HOPE}


def test_route__passages_are_in_the_order_sailed(sea):
    there = sea.route(find_port("CNSHA"), find_port("NLRTM"))
    back = sea.route(find_port("NLRTM"), find_port("CNSHA"))
    assert there.passages == tuple(reversed(back.passages))
    assert there.distance_km == pytest.approx(back.distance_km)


def test_route__jebel_ali_with_hormuz_closed_is_an_error_and_never_zero(sea):
    jebel_ali = find_port("AEJEA")
    with pytest.raises(UnreachablePortError, match=r"AEJEA to NLRTM.*hormuz") as caught:
        sea.route(jebel_ali, find_port("NLRTM"), closures=frozenset({Passage.HORMUZ}))
    assert isinstance(caught.value, ChaintwinError)
    assert caught.value.code == "unreachable_port"
    inside, outside = sea.distances_km(
        jebel_ali, [find_port("KWSAA") or find_port("BHBAH"), find_port("NLRTM")], closures=frozenset({Passage.HORMUZ})
    )
    assert outside == math.inf
    assert 0 < inside < 2000


def test_route__a_toll_moves_ships_from_panama_to_the_cape(sea):
    places = find_port("CNSHA"), find_port("NLRTM")
    cheap = sea.route(*places, closures=NO_SUEZ, delays_km={Passage.PANAMA: 300 * KM_PER_NAUTICAL_MILE})
    dear = sea.route(*places, closures=NO_SUEZ, delays_km={Passage.PANAMA: 600 * KM_PER_NAUTICAL_MILE})
    free = sea.route(*places, closures=NO_SUEZ)
    assert cheap.passages == (Passage.PANAMA,)
    assert cheap.distance_km == pytest.approx(free.distance_km)  # The delay steers; it is not distance.
    assert dear.passages == sea.route(*places, closures=NO_CANALS).passages


def test_route__a_transit_costs_its_delay_once(sea):
    # Panama against the Cape differ by about 400 nautical miles: the toll at which ships turn shows what a transit costs.
    places = find_port("CNSHA"), find_port("NLRTM")
    gap = sea.route(*places, closures=NO_CANALS).distance_km - sea.route(*places, closures=NO_SUEZ).distance_km
    below = sea.route(*places, closures=NO_SUEZ, delays_km={Passage.PANAMA: gap * 0.98})
    above = sea.route(*places, closures=NO_SUEZ, delays_km={Passage.PANAMA: gap * 1.02})
    assert Passage.PANAMA in below.passages
    assert Passage.PANAMA not in above.passages


@pytest.mark.parametrize("delay", [-1.0, math.nan, math.inf])
def test_route__refuses_a_delay_that_is_no_length(sea, delay):
    with pytest.raises(UsageError, match="suez"):
        sea.route(find_port("CNSHA"), find_port("NLRTM"), delays_km={Passage.SUEZ: delay})


def test_route__line_is_as_long_as_the_distance_and_starts_at_the_ports(sea):
    origin, destination = find_port("USLAX"), find_port("JPYOK")
    route = sea.route(origin, destination)
    latitude, longitude = np.array(route.points).T
    wrapped = (longitude + 180) % 360 - 180
    legs = great_circle_km(latitude[:-1], wrapped[:-1], latitude_2=latitude[1:], longitude_2=wrapped[1:])
    assert legs.sum() == pytest.approx(route.distance_km)
    assert route.points[0] == (origin.latitude, origin.longitude)
    assert latitude[-1] == destination.latitude


def test_route__crosses_the_antimeridian_without_a_jump(sea):
    route = sea.route(find_port("USLAX"), find_port("JPYOK"))
    longitude = np.array(route.points)[:, 1]
    assert np.abs(np.diff(longitude)).max() < 180
    assert longitude.min() < -180
    # Yokohama and Los Angeles are commonly given as 4,840 nautical miles apart.
    assert route.distance_km / KM_PER_NAUTICAL_MILE == pytest.approx(4_840, rel=0.03)


def test_route__fiji_is_near_on_both_sides_of_180(sea):
    suva, apia = find_port("FJSUV"), find_port("WSAPW")
    # The great circle is 1,152 km; the graph is coarse there, but the way around the world would be 38,000 km.
    assert 1200 < sea.route(suva, apia).distance_km < 1800


def test_route__to_itself_is_the_way_to_the_sea_and_back(sea):
    port = find_port("NLRTM")
    route = sea.route(port, port)
    assert 0 < route.distance_km < 50
    assert route.passages == ()


def test_route__northwest_passage_is_shut_unless_opened(sea):
    places = find_port("JPYOK"), find_port("NLRTM")
    usual = sea.route(*places, closures=NO_CANALS)
    arctic = sea.route(*places, closures=NO_CANALS, northwest_open=True)
    assert Passage.NORTHWEST not in usual.passages
    assert Passage.NORTHWEST in arctic.passages
    assert arctic.distance_km < usual.distance_km


@pytest.mark.parametrize("closed", [frozenset(), NO_SUEZ, frozenset({Passage.HORMUZ, Passage.MALACCA})])
def test_distances_km__agrees_with_a_plain_search(sea, closed):
    ports = all_ports()[:: scaled(ci=90, full=3)]
    origin = find_port("SGSIN")
    found = sea.distances_km(origin, ports, closures=closed)
    starts = [int(np.argmax(sea.vectors @ _vector(place))) for place in (origin, *ports)]
    plain = plain_search(sea, starts[0], closed | {Passage.NORTHWEST})
    for port, vertex, km in zip(ports, starts[1:], found.tolist(), strict=True):
        legs = _leg(sea, origin, starts[0]) + _leg(sea, port, vertex)
        assert km == pytest.approx(plain.get(vertex, math.inf) + legs, rel=1e-9, abs=1e-6), port.code


def test_distances_km__agrees_with_route_under_delays(sea):
    ports = [find_port(code) for code in ("NLRTM", "USNYC", "BRSSZ", "KEMBA", "SGSIN")]
    delays = {Passage.SUEZ: 5_000.0, Passage.PANAMA: 900.0}
    many = sea.distances_km(find_port("CNSHA"), ports, delays_km=delays)
    each = [sea.route(find_port("CNSHA"), port, delays_km=delays).distance_km for port in ports]
    assert many.tolist() == pytest.approx(each)


def test_distances_km__never_shorter_than_the_great_circle(sea):
    ports = all_ports()[:: scaled(ci=11, full=1)]
    origin = find_port("ZADUR")
    found = sea.distances_km(origin, ports)
    line = great_circle_km(
        origin.latitude, origin.longitude, latitude_2=[p.latitude for p in ports], longitude_2=[p.longitude for p in ports]
    )
    assert (found >= line - 1e-6).all()


def test_distances_km__of_no_places_is_empty(sea):
    assert sea.distances_km(find_port("NLRTM"), []).shape == (0,)


def test_load__graph_is_whole_and_loads_no_networkx():
    graph = SeaGraph.load()
    assert graph is SeaGraph.load()
    assert {int(tag) for tag in np.unique(graph.edge_passage)} == set(range(-1, len(Passage)))
    assert np.abs(graph.longitude).max() <= 180
    code = (
        "import sys; from chaintwin.network.geography import SeaGraph, find_port; SeaGraph.load(); find_port('NLRTM');"
        "print([name for name in ('networkx', 'searoute', 'numba', 'polars', 'scipy.stats') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _vector(place):
    north, east = math.radians(place.latitude), math.radians(place.longitude)
    return np.array([math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)])


def _leg(sea, place, vertex):
    end = {"latitude_2": sea.latitude[vertex], "longitude_2": sea.longitude[vertex]}
    return float(great_circle_km(place.latitude, place.longitude, **end))
