"""Proposals for lanes."""

import math
from time import perf_counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.network.geography import Mode, Passage, SeaGraph, cities, find_port, great_circle_km, mode_defaults, propose_lanes
from tests.sizes import scaled

TOWNS = (
    "Shanghai,CN Rotterdam,NL Munich,DE Hamburg,DE Chicago,US Miami,US Mumbai,IN Delhi,IN London,GB Paris,FR Dublin,IE"
    " Tokyo,JP Seoul,KR Singapore,SG Lusaka,ZM Durban,ZA Nairobi,KE Dubai,AE Helsinki,FI Tallinn,EE Bogotá,CO Sydney,AU"
)
SITES = pl.DataFrame(
    {
        "site_id": [*TOWNS.split(), "Tonga", "Panama", "Lost"],
        "place": [*(town.split(",")[0] for town in TOWNS.split()), None, "PABLB", "no such place"],
        "country": [*(town.split(",")[1] for town in TOWNS.split()), "TO", None, None],
    }
)


def propose(*pairs, period_hours=24, closures=frozenset(), **columns):
    lanes = pl.DataFrame({"from_site": [one for one, _ in pairs], "to_site": [other for _, other in pairs], **columns})
    return propose_lanes(SITES, lanes, period_hours=period_hours, closures=closures)


@pytest.mark.parametrize(
    ("origin", "destination", "mode"),
    [
        ("Shanghai,CN", "Rotterdam,NL", "sea"),
        ("Rotterdam,NL", "Munich,DE", "road"),
        ("London,GB", "Paris,FR", "road"),
        ("Mumbai,IN", "Delhi,IN", "rail"),
        ("Mumbai,IN", "Nairobi,KE", "sea"),
        ("Lusaka,ZM", "Durban,ZA", "road"),
        ("Tokyo,JP", "Seoul,KR", "sea"),
        ("Bogotá,CO", "Panama", "sea"),
        ("Helsinki,FI", "Tallinn,EE", "road"),
        ("Sydney,AU", "Tonga", "sea"),
    ],
)
def test_propose_lanes__mode_of_cheap_goods(origin, destination, mode):
    lane = propose((origin, destination)).row(0, named=True)
    assert lane["mode"] == mode
    assert lane["proposed_mode"] and lane["proposed_distance"] and lane["proposed_lead_time"] and lane["proposed_carbon"]


def test_propose_lanes__dear_goods_fly_and_cheap_ones_sail():
    pair = ("Shanghai,CN", "Rotterdam,NL")
    lanes = propose(pair, pair, pair, value_per_kg=[0.5, 2.0, 200.0])
    assert lanes["mode"].to_list() == ["sea", "sea", "air"]
    short = propose(("Hamburg,DE", "Rotterdam,NL"), value_per_kg=[1e6])
    assert short["mode"].to_list() == ["road"]


def test_propose_lanes__distances_follow_their_rules():
    lanes = propose(
        ("Rotterdam,NL", "Munich,DE"), ("Mumbai,IN", "Delhi,IN"), ("Shanghai,CN", "Sydney,AU"), mode=["road", "rail", "air"]
    )
    ends = {row["site_id"]: row for row in _placed().iter_rows(named=True)}
    for lane, mode in zip(lanes.iter_rows(named=True), (Mode.ROAD, Mode.RAIL, Mode.AIR), strict=True):
        one, other = ends[lane["from_site"]], ends[lane["to_site"]]
        line = great_circle_km(one["latitude"], one["longitude"], latitude_2=other["latitude"], longitude_2=other["longitude"])
        figures = mode_defaults()[mode]
        assert lane["distance_km"] == pytest.approx(float(line) * figures.circuity + figures.extra_km)
    assert [mode_defaults()[mode].circuity for mode in (Mode.ROAD, Mode.RAIL)] == [1.3, 1.2]
    assert mode_defaults()[Mode.AIR].extra_km == 100


def test_propose_lanes__sea_lane_is_the_sea_route_and_the_roads_to_the_ports():
    lane = propose(("Munich,DE", "Delhi,IN"), mode=["sea"]).row(0, named=True)
    origin, destination = find_port(lane["origin_port"]), find_port(lane["destination_port"])
    assert (origin.country, destination.country) == ("IT", "IN")
    ends = {row["site_id"]: row for row in _placed().iter_rows(named=True)}
    roads = sum(
        float(
            great_circle_km(ends[site]["latitude"], ends[site]["longitude"], latitude_2=port.latitude, longitude_2=port.longitude)
        )
        for site, port in (("Munich,DE", origin), ("Delhi,IN", destination))
    )
    sailed = SeaGraph.load().route(origin, destination).distance_km
    assert lane["distance_km"] == pytest.approx(sailed + 1.3 * roads)
    sea, road = mode_defaults()[Mode.SEA], mode_defaults()[Mode.ROAD]
    days = sailed / sea.km_per_day + 1.3 * roads / road.km_per_day + sea.handling_days
    assert lane["lead_time"] == math.ceil(days)
    cost = sailed * sea.cost_per_tonne_km + 1.3 * roads * road.cost_per_tonne_km + sea.handling_cost_per_tonne
    assert lane["freight_cost_per_tonne"] == pytest.approx(cost)
    assert sea.carbon_g_per_tonne_km < lane["carbon_factor"] < road.carbon_g_per_tonne_km


def test_propose_lanes__closures_lengthen_or_stop_sea_lanes():
    pairs = ("Shanghai,CN", "Rotterdam,NL"), ("Dubai,AE", "Singapore,SG")
    usual = propose(*pairs, mode=["sea", "sea"])
    closed = propose(*pairs, mode=["sea", "sea"], closures=frozenset({Passage.SUEZ, Passage.HORMUZ}))
    assert closed["distance_km"][0] > usual["distance_km"][0] + 5_000
    assert usual["distance_km"][1] > 5_000
    assert closed["distance_km"][1] is None  # Not zero: no ship can sail.
    assert closed["lead_time"][1] is None
    assert closed["proposal_note"][1] == "no open sea route"
    blank = propose(pairs[1], closures=frozenset({Passage.HORMUZ}))
    assert blank["mode"].to_list() == ["air"]


def test_propose_lanes__what_is_given_stays_and_is_not_marked():
    lanes = propose(
        ("Shanghai,CN", "Rotterdam,NL"),
        ("Rotterdam,NL", "Munich,DE"),
        mode=["Ocean", None],
        distance_km=[20_000.0, None],
        lead_time=["normal(35, 4)", None],
        carbon_factor=[None, 55.0],
    )
    assert lanes["mode"].to_list() == ["Ocean", "road"]
    assert lanes["lead_time"].to_list() == ["normal(35, 4)", "3"]
    assert lanes["distance_km"][0] == 20_000
    assert lanes["carbon_factor"].to_list() == [8.0, 55.0]
    assert lanes["proposed_mode"].to_list() == [False, True]
    assert lanes["proposed_distance"].to_list() == [False, True]
    assert lanes["proposed_lead_time"].to_list() == [False, True]
    assert lanes["proposed_carbon"].to_list() == [True, False]


def test_propose_lanes__given_distance_sets_the_lead_time():
    lane = propose(("Rotterdam,NL", "Munich,DE"), mode=["road"], distance_km=[3_000.0])
    assert lane["lead_time"].to_list() == [6]  # Five days at 600 km and one of handling.


@pytest.mark.parametrize(("hours", "periods"), [(1, 144), (24, 6), (168, 1)])
def test_propose_lanes__lead_time_is_in_whole_periods(hours, periods):
    lane = propose(("Rotterdam,NL", "Munich,DE"), mode=["road"], distance_km=[3_000.0], period_hours=hours)
    assert lane["lead_time"].to_list() == [periods]


def test_propose_lanes__says_why_nothing_was_proposed():
    lanes = propose(("Lost", "Paris,FR"), ("Paris,FR", "unknown"), ("Paris,FR", "Munich,DE"), mode=[None, None, "camel"])
    assert lanes["proposal_note"].to_list() == [
        "no position for a site of the lane",
        "no position for a site of the lane",
        "mode is not one of the known words",
    ]
    assert lanes["mode"].to_list() == [None, None, "camel"]
    for name in ("distance_km", "lead_time", "freight_cost_per_tonne"):
        assert lanes[name].null_count() == 3


def test_propose_lanes__lanes_by_road_are_the_same_beside_one_by_sea():
    """Harbors are left out where no lane can go by sea, which must not show."""
    sites = pl.DataFrame({"site_id": ["a", "b", "c", "d"], "country": ["DE", "FR", "CN", "GB"]})
    ends = {"from_site": ["a", "c", "a"], "to_site": ["b", "b", "d"], "mode": ["road", "air", "rail"]}
    alone = propose_lanes(sites, pl.DataFrame(ends), period_hours=24)
    more = {name: [*values, extra] for (name, values), extra in zip(ends.items(), ("c", "a", None), strict=True)}
    beside = propose_lanes(sites, pl.DataFrame(more), period_hours=24)
    assert beside["mode"].to_list()[-1] == "sea"
    assert beside.head(3).equals(alone)


def test_propose_lanes__no_lanes_and_missing_columns():
    empty = pl.DataFrame({"from_site": [], "to_site": []}, schema={"from_site": pl.String, "to_site": pl.String})
    assert propose_lanes(SITES, empty, period_hours=24).height == 0
    with pytest.raises(UsageError, match="to_site"):
        propose_lanes(SITES, pl.DataFrame({"from_site": ["a"]}), period_hours=24)
    for hours in (0, -1, math.nan, math.inf):
        with pytest.raises(UsageError, match="period_hours"):
            propose_lanes(SITES, empty, period_hours=hours)


@settings(deadline=None, max_examples=scaled(ci=15, full=200))
@given(
    st.lists(
        st.tuples(st.sampled_from(SITES["site_id"].to_list()), st.sampled_from(SITES["site_id"].to_list())),
        min_size=1,
        max_size=8,
    )
)
def test_propose_lanes__order_of_lanes_does_not_matter_and_numbers_are_sound(pairs):
    forward, backward = propose(*pairs), propose(*reversed(pairs))
    assert forward.reverse().equals(backward)
    for lane in forward.iter_rows(named=True):
        if lane["mode"] is not None:
            assert lane["distance_km"] >= 0
            assert lane["lead_time"] >= 1
            assert lane["freight_cost_per_tonne"] > 0


def test_propose_lanes__many_lanes_share_their_searches():
    count = scaled(ci=20_000, full=100_000)
    listed = cities()[:300]
    sites = pl.DataFrame(
        {
            "site_id": [str(number) for number in range(300)],
            "latitude": [city.latitude for city in listed],
            "longitude": [city.longitude for city in listed],
            "country": [city.country for city in listed],
        }
    )
    lanes = pl.DataFrame(
        {"from_site": [str(k * 7 % 300) for k in range(count)], "to_site": [str((k // 300 + k * 11) % 300) for k in range(count)]}
    )
    start = perf_counter()
    filled = propose_lanes(sites, lanes, period_hours=24)
    assert perf_counter() - start < 20  # Two to three seconds for 100,000 lanes on a quiet machine.
    assert filled["distance_km"].null_count() == 0


def _placed():
    from chaintwin.network.geography import place_sites

    return place_sites(SITES)
