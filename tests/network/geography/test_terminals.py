"""Ports and airports."""

import numpy as np
import pytest

from chaintwin.network.geography import (
    all_airports,
    all_countries,
    all_ports,
    country_at,
    find_airport,
    find_port,
    main_port,
    nearest_airports,
    nearest_ports,
)
from tests.shared_data import shared_path


def test_all_ports__codes_are_unique_sorted_and_on_earth():
    ports = all_ports()
    codes = [port.code for port in ports]
    assert codes == sorted(set(codes))
    assert len(codes) > 3_900
    assert all(abs(port.latitude) <= 90 and abs(port.longitude) <= 180 for port in ports)
    assert {port.country for port in ports} <= {country.alpha2 for country in all_countries()}


def test_find_port__cnsha_is_the_port_of_shanghai_and_not_hongqiao_airport():
    port = find_port("cn sha")
    assert (port.name, port.country) == ("Shanghai", "CN")
    assert port.longitude > 121.45  # Hongqiao lies at 121.34.
    assert find_port("XXXXX") is None


def test_find_port__code_of_a_state_that_is_gone():
    assert find_port("CSBAR").country == "ME"
    assert find_port("ANWIL").country == "CW"
    assert find_port("ANPHI").country == "SX"


@pytest.mark.parametrize(
    ("country", "code"),
    [("NL", "NLRTM"), ("DE", "DEHAM"), ("KE", "KEMBA"), ("TZ", "TZDAR"), ("ZA", "ZADUR"), ("BR", "BRSSZ"), ("SG", "SGSIN")],
)
def test_main_port__is_the_best_connected_one(country, code):
    assert main_port(country).code == code


def test_main_port__landlocked_has_none():
    assert [main_port(code) for code in ("UG", "CH", "BO", "MN", "LS", "XX")] == [None] * 6


def test_find_airport__carries_place_and_time_zone():
    airport = find_airport("nbo")
    assert (airport.icao, airport.country, airport.time_zone, airport.code) == ("HKJK", "KE", "Africa/Nairobi", "NBO")
    assert find_airport("QQQ") is None
    assert len(all_airports()) > 7_000


def test_nearest_ports__inland_river_ports_do_not_count():
    ports, km = nearest_ports([-1.29, 48.14, 39.74], [36.82, 11.58, -104.99])
    assert [port.country for port in ports] == ["KE", "IT", "US"]
    assert 400 < km[0] < 480
    assert km[2] > 1_000  # Denver is in the list of ports but no ship sails there.


def test_nearest_airports__own_position_is_nearest():
    airports = [find_airport(code) for code in ("JFK", "SIN", "GRU", "NAN")]
    found, km = nearest_airports([one.latitude for one in airports], [one.longitude for one in airports])
    assert found == airports
    assert np.allclose(km, 0, atol=1e-6)


def test_all_airports__lie_in_their_country():
    airports = all_airports()
    found = country_at([one.latitude for one in airports], [one.longitude for one in airports])
    same = np.mean(found == np.array([one.country for one in airports]))
    assert same > 0.97


def test_all_ports__world_port_index_agrees_on_positions():
    import polars as pl

    table = pl.read_csv(shared_path("ports/world_port_index.csv"), infer_schema_length=0)
    code = next(name for name in table.columns if "locode" in name.lower() or name.lower() in ("un_locode", "unlocode"))
    latitude = next(name for name in table.columns if name.lower().startswith("lat") and "hem" not in name.lower())
    longitude = next(name for name in table.columns if name.lower().startswith("lon") and "hem" not in name.lower())
    gaps = []
    for text, north, east in table.select(code, latitude, longitude).iter_rows():
        port = find_port(text or "")
        if port is not None:
            gaps.append(max(abs(port.latitude - float(north)), abs(port.longitude - float(east))))
    assert len(gaps) > 300
    # Half a degree forgives a roadstead for a quay; a wrong country would be many degrees off.
    assert np.mean(np.array(gaps) < 0.5) > 0.9
