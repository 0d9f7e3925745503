"""Places by code or name, positions of sites."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.network.geography import PlaceKind, cities, countries_disagree, find_place, place_sites
from chaintwin.network.geography.places import SITE_PLACE_KINDS


@pytest.mark.parametrize(
    ("text", "kind", "country"),
    [
        ("Kenya", PlaceKind.COUNTRY, "KE"),
        ("de", PlaceKind.COUNTRY, "DE"),
        ("USA", PlaceKind.COUNTRY, "US"),
        ("NLRTM", PlaceKind.PORT, "NL"),
        ("cn sha", PlaceKind.PORT, "CN"),
        ("Gioia Tauro", PlaceKind.PORT, "IT"),
        ("FRA", PlaceKind.COUNTRY, "FR"),
        ("NBO", PlaceKind.AIRPORT, "KE"),
        ("KENBO", PlaceKind.AIRPORT, "KE"),
        ("Pune, India", PlaceKind.CITY, "IN"),
        ("São Paulo", PlaceKind.CITY, "BR"),
        ("Sao Paulo", PlaceKind.CITY, "BR"),
        ("Birmingham, US", PlaceKind.CITY, "US"),
        ("Birmingham", PlaceKind.CITY, "GB"),
    ],
)
def test_find_place__by_code_and_name(text, kind, country):
    place = find_place(text)
    assert (place.kind, place.country) == (kind, country)
    assert not countries_disagree(place.latitude, place.longitude, declared=[country]).any()


def test_find_place__country_and_order_of_kinds_decide_between_meanings():
    assert find_place("PER").country == "PE"
    assert find_place("PER", kinds=SITE_PLACE_KINDS).country == "AU"
    assert find_place("Birmingham", country="United States").country == "US"
    assert find_place("NBO", country="TZ") is None


@pytest.mark.parametrize("text", ["", "  ", "Nowhere-on-Sea", "XXXXX", ",", "Paris, Nowhere"])
def test_find_place__unknown_is_none(text):
    assert find_place(text) is None


@given(st.text(max_size=30), st.text(max_size=5))
def test_find_place__never_fails(text, country):
    find_place(text, country=country)


def test_cities__are_large_first_and_lie_in_their_countries():
    listed = cities()
    assert len(listed) > 5_000
    assert listed[0].name == "Shanghai"


def test_place_sites__fills_in_the_order_given_place_country():
    sites = pl.DataFrame(
        {
            "site_id": list("abcdefg"),
            "country": ["DE", None, "Kenya", "IN", None, None, "FR"],
            "place": [None, "CNSHA", "NBO", "Pune", "nowhere", None, "NLRTM"],
            "latitude": [50.1, None, None, None, None, -23.5, None],
            "longitude": [8.7, None, None, 70.0, None, -46.6, None],
        }
    )
    placed = place_sites(sites)
    assert placed["position_source"].to_list() == ["given", "port", "airport", "city", None, "given", "country"]
    assert placed["proposed_position"].to_list() == [False, True, True, True, False, False, True]
    assert placed["country"].to_list() == ["DE", "CN", "Kenya", "IN", None, "BR", "FR"]
    assert placed["latitude"][0] == 50.1
    assert placed["latitude"][3] == pytest.approx(18.5, abs=0.1)
    assert placed["longitude"][4] is None
    assert placed["latitude"][6] == pytest.approx(48.85, abs=0.1)  # A Dutch port is no place in France.
    assert placed["site_id"].to_list() == list("abcdefg")


def test_place_sites__coordinates_that_are_not_on_earth_count_as_absent():
    sites = pl.DataFrame(
        {"site_id": ["a", "b", "c"], "country": ["KE"] * 3, "latitude": [95.0, math.nan, 1.0], "longitude": [0.0, 0.0, math.inf]}
    )
    assert place_sites(sites)["position_source"].to_list() == ["country"] * 3


def test_place_sites__without_any_column_or_row():
    assert place_sites(pl.DataFrame({"site_id": ["a"]}))["position_source"].to_list() == [None]
    assert place_sites(pl.DataFrame({"site_id": []}, schema={"site_id": pl.String})).height == 0
