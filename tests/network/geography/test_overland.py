"""Landmasses and water between places."""

import numpy as np
import pytest

from chaintwin.network.geography import country_at, land_grid, landmass_at, sea_shares


def joined(one, other):
    a, b = landmass_at([one[0], other[0]], [one[1], other[1]]).tolist()
    return a == b and a >= 0


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((51.5, -0.1), (48.9, 2.3), True),  # London, Paris: the tunnel.
        ((55.7, 12.6), (55.6, 13.0), True),  # Copenhagen, Malmö: the bridge.
        ((1.35, 103.8), (3.14, 101.7), True),  # Singapore, Kuala Lumpur: the causeway.
        ((35.7, 139.7), (33.6, 130.4), True),  # Tokyo, Fukuoka.
        ((40.7, -74.0), (34.1, -118.2), True),  # New York, Los Angeles.
        ((39.9, 116.4), (52.5, 13.4), True),  # Beijing, Berlin.
        ((-33.9, 18.4), (30.0, 31.2), True),  # Cape Town, Cairo.
        ((53.35, -6.26), (51.5, -0.1), False),  # Dublin, London.
        ((4.7, -74.1), (9.0, -79.5), False),  # Bogotá, Panama: the Darien gap.
        ((37.6, 127.0), (39.9, 116.4), False),  # Seoul, Beijing: the border of the north.
        ((30.0, 31.2), (31.95, 35.9), False),  # Cairo, Amman: Africa and Asia.
        ((35.9, 14.5), (37.5, 15.1), False),  # Malta, Sicily.
        ((0.0, -30.0), (0.0, -30.0), False),  # The sea is no landmass.
    ],
)
def test_landmass_at__joined_by_road(one, other, expected):
    assert joined(one, other) is expected


def test_land_grid__agrees_with_the_borders_and_with_the_share_of_land():
    grid = land_grid()
    weight = np.cos(np.radians(np.arange(720) * 0.25 - 89.875))
    share = (grid.mean(axis=1) * weight).sum() / weight.sum()
    assert share == pytest.approx(0.29, abs=0.01)  # Land is 29 % of the surface of the earth.
    row, column = np.meshgrid(np.arange(20, 720, 37), np.arange(0, 1440, 41), indexing="ij")
    latitude, longitude = row.ravel() * 0.25 - 89.875, column.ravel() * 0.25 - 179.875
    found = country_at(latitude, longitude, within_km=0) != ""
    assert (grid[row.ravel(), column.ravel()] == found).all()


def test_sea_shares__of_known_lines():
    lines = np.array([(40.7, -74, 34, -118), (35, 141, 37, -123), (60.2, 24.9, 59.4, 24.8), (51.5, -0.1, 48.9, 2.3)]).T
    shares = sea_shares(lines[0], lines[1], latitude_2=lines[2], longitude_2=lines[3])
    assert shares[0] < 0.05  # New York to Los Angeles.
    assert shares[1] > 0.95  # Tokyo to San Francisco, across the antimeridian.
    assert shares[2] > 0.7  # Helsinki to Tallinn.
    assert 0.05 < shares[3] < 0.5  # London to Paris.
