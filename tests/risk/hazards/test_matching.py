"""What hazard events touch: intensities of the literature, areas, ways of lanes, vulnerability."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from chaintwin.errors import UsageError
from chaintwin.examples import Example, load
from chaintwin.ingest.hazards.reading import read_hazards
from chaintwin.ingest.hazards.records import HazardRecord
from chaintwin.network.network import Network
from chaintwin.risk.hazards.areas import within
from chaintwin.risk.hazards.matching import match_hazards
from chaintwin.risk.hazards.shaking import shaking
from tests.shared_data import shared_path

QUAKE = HazardRecord("q", "earthquake", None, None, "near Mumbai", 19.0, 73.2, depth_km=12.0, magnitude=7.0)
STRIKE = HazardRecord("s", "strike", None, None, "Durban", -29.9, 31.0, radius_km=60.0, severity=0.9)
BOX = (((4.0, 51.0), (5.0, 51.0), (5.0, 51.6), (4.0, 51.6), (4.0, 51.0)),)
FLOOD = HazardRecord("f", "flood", None, None, "Antwerp", 51.3, 4.4, areas=(BOX,), severity=0.6)


@pytest.fixture(scope="module")
def network() -> Network:
    return load(Example.MEDICINES)


@pytest.mark.parametrize(
    ("magnitude", "distance", "expected"), [(7.0, 10.0, 8.029), (7.0, 100.0, 5.663), (5.0, 20.0, 5.018), (6.0, 50.0, 5.160)]
)
def test_shaking__is_that_of_the_published_equation(magnitude: float, distance: float, expected: float) -> None:
    assert shaking(magnitude, np.array([distance]), depth_km=0.0).mean[0] == pytest.approx(expected, abs=0.01)


def test_shaking__weakens_with_distance_and_depth_and_stays_on_the_scale() -> None:
    away = np.linspace(0, 2000, 400)
    for magnitude in (2.5, 5.0, 9.5):
        mean = shaking(magnitude, away, depth_km=10.0).mean
        assert (np.diff(mean) <= 1e-12).all()
        assert ((mean >= 1) & (mean <= 12)).all()
        assert (shaking(magnitude, away, depth_km=100.0).mean <= mean + 1e-12).all()
    felt = shaking(6.5, away, depth_km=10.0)
    assert ((felt.chance_of() >= 0) & (felt.chance_of() <= 1)).all()
    assert felt.chance_of(5.0)[0] > felt.chance_of(7.0)[0]


def test_within__knows_holes_and_the_date_line() -> None:
    hole = ((4.4, 51.2), (4.6, 51.2), (4.6, 51.4), (4.4, 51.4), (4.4, 51.2))
    north, east = np.array([51.3, 51.3, 50.9, np.nan]), np.array([4.1, 4.5, 4.5, 4.5])
    assert within((BOX,), north, longitude=east).tolist() == [True, True, False, False]
    assert within(((BOX[0], hole),), north, longitude=east).tolist() == [True, False, False, False]
    for ring in (
        ((170.0, -10.0), (190.0, -10.0), (190.0, 10.0), (170.0, 10.0), (170.0, -10.0)),
        ((170.0, -10.0), (-170.0, -10.0), (-170.0, 10.0), (170.0, 10.0), (170.0, -10.0)),
    ):
        found = within(((ring,),), np.zeros(5), longitude=np.array([175.0, -175.0, 180.0, 0.0, 165.0]))
        assert found.tolist() == [True, True, True, False, False]


def test_match_hazards__finds_sites_and_lanes(network: Network) -> None:
    found = match_hazards(network, [QUAKE, STRIKE, FLOOD])
    sites = found.table.filter(pl.col("object_kind") == "site")
    chance = {(row["hazard_id"], row["object_id"]): row["chance"] for row in sites.to_dicts()}
    assert chance["s", "port-durban"] == 0.9
    assert chance["f", "hub-antwerp"] == 0.6
    assert 0.8 < chance["q", "pak-mumbai"] < 1
    assert found.unplaced == ()
    lanes = found.table.filter(pl.col("object_kind") == "lane")
    ends = network["lanes"].select(*(pl.col(name).cast(pl.String) for name in ("lane_id", "from_site", "to_site")))
    at_port = ends.filter((pl.col("from_site") == "port-durban") | (pl.col("to_site") == "port-durban"))["lane_id"]
    struck = lanes.filter(pl.col("hazard_id") == "s")["object_id"]
    assert set(at_port) <= set(struck)
    assert found.table["object_kind"].to_list() == ["site"] * sites.height + ["lane"] * lanes.height
    assert sites["chance"].is_sorted(descending=True)


def test_match_hazards__a_road_is_touched_between_its_ends(network: Network) -> None:
    road = network["lanes"].filter(pl.col("mode") == "road").row(0, named=True)
    placed = {
        row["site_id"]: (row["latitude"], row["longitude"])
        for row in network["sites"].with_columns(pl.col("site_id").cast(pl.String)).to_dicts()
    }
    (north, east), (north_2, east_2) = placed[str(road["from_site"])], placed[str(road["to_site"])]
    middle = replace(STRIKE, latitude=(north + north_2) / 2, longitude=(east + east_2) / 2, radius_km=30.0)
    found = match_hazards(network, [middle]).table
    assert str(road["lane_id"]) in found.filter(pl.col("object_kind") == "lane")["object_id"].to_list()
    by_sea = network.with_table("lanes", network["lanes"].with_columns(mode=pl.lit("sea").cast(network["lanes"]["mode"].dtype)))
    touched = match_hazards(by_sea, [middle]).table
    ends = touched.filter(pl.col("object_kind") == "site")["object_id"].to_list()
    assert ends or touched.is_empty()


def test_shaking__of_weak_earthquakes_stays_weak() -> None:
    for magnitude, depth in ((2.7, 0.1), (2.5, 0.0), (1.0, 0.0), (3.0, 5.0)):
        # What is left is the spread of a weak intensity, and not a source that grows without limit.
        assert shaking(magnitude, np.array([0.0, 0.5, 3.0]), depth_km=depth).chance_of().max() < 0.06


def test_within__an_area_around_the_world_holds_the_world() -> None:
    world = (((-180.0, -60.0), (180.0, -60.0), (180.0, 70.0), (-180.0, 70.0), (-180.0, -60.0)),)
    north, east = np.array([10.0, 50.0, 80.0]), np.array([0.0, 100.0, 0.0])
    assert within((world,), north, longitude=east).tolist() == [True, True, False]


def test_match_hazards__a_lane_is_no_likelier_out_than_its_ends(network: Network) -> None:
    storm = replace(STRIKE, latitude=40.8426, longitude=111.7488, radius_km=60.0, severity=1.0)
    hit = match_hazards(network, [storm]).table
    sites = hit.filter(pl.col("object_kind") == "site")["object_id"].to_list()
    assert sites
    safe = match_hazards(network, [storm], vulnerability=dict.fromkeys(sites, 0.0)).table
    by_sea = network["lanes"].filter(pl.col("mode") == "sea")["lane_id"].cast(pl.String).to_list()
    assert not set(by_sea) & set(safe["object_id"].to_list())


def test_match_hazards__vulnerability_scales_the_chance(network: Network) -> None:
    whole = match_hazards(network, [QUAKE, FLOOD])
    half = match_hazards(network, [QUAKE, FLOOD], vulnerability=0.5, least=0.0)
    joined = whole.table.join(half.table, on=["hazard_id", "object_kind", "object_id"])
    assert joined.height == whole.table.height
    np.testing.assert_allclose(joined["chance_right"], 0.5 * joined["chance"], rtol=1e-12)
    safe = match_hazards(network, [FLOOD], vulnerability={"hub-antwerp": 0.0}).table
    assert "hub-antwerp" not in safe["object_id"].to_list()


def test_match_hazards__a_repeated_record_changes_nothing(network: Network) -> None:
    quakes = read_hazards(shared_path("hazards/usgs_quakes_2018-01-31_to_02-04_m25.json")).records
    # These days spared the network: nobody lies near enough to a strong one.
    assert match_hazards(network, quakes).table.is_empty()
    # The strongest, moved under Mumbai, is found with its 203 weaker companions around.
    moved = [
        replace(quake, latitude=19.0, longitude=73.2, depth_km=10.0) if quake.id == "us2000crmu" else quake for quake in quakes
    ]
    assert match_hazards(network, moved).table["hazard_id"].unique().to_list() == ["us2000crmu"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"vulnerability": 2.0}, "found 2; allowed: 0 to 1"),
        ({"vulnerability": {"nowhere": 0.5}}, "found site nowhere"),
        ({"least": -0.1}, "least chance: found -0.1"),
    ],
)
def test_match_hazards__refuses_what_makes_no_sense(network: Network, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        match_hazards(network, [QUAKE], **options)  # type: ignore[arg-type]
