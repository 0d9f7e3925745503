"""Distances on the sphere."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.network.geography import EARTH_RADIUS_KM, great_circle_km
from chaintwin.network.geography.sphere import nearest_positions, unit_vectors

LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)


def km(a, b):
    return float(great_circle_km(a[0], a[1], latitude_2=b[0], longitude_2=b[1]))


def test_great_circle_km__quarter_and_half_of_the_earth():
    assert km((0, 0), (0, 90)) == pytest.approx(math.pi / 2 * EARTH_RADIUS_KM)
    assert km((90, 0), (-90, 0)) == pytest.approx(math.pi * EARTH_RADIUS_KM)
    assert km((10, 20), (-10, -160)) == pytest.approx(math.pi * EARTH_RADIUS_KM)


def test_great_circle_km__nashville_to_los_angeles():
    # The textbook pair BNA (36.12, -86.67) and LAX (33.94, -118.40): 2887 km on a sphere of 6372.8 km.
    assert km((36.12, -86.67), (33.94, -118.40)) == pytest.approx(2887.26 * EARTH_RADIUS_KM / 6372.8, abs=0.1)


def test_great_circle_km__across_the_antimeridian_is_short():
    assert km((0, 179.5), (0, -179.5)) == pytest.approx(math.radians(1) * EARTH_RADIUS_KM)


def test_great_circle_km__broadcasts_and_keeps_nan():
    result = great_circle_km([[0.0], [10.0]], [[0.0], [np.nan]], latitude_2=[0.0, 1.0, 2.0], longitude_2=0.0)
    assert result.shape == (2, 3)
    assert np.isnan(result[1]).all()
    assert result[0, 0] == 0


@pytest.mark.parametrize("bad", [(91, 0), (-90.001, 0), (0, 181), (0, -200), (math.inf, 0), (0, -math.inf)])
def test_great_circle_km__refuses_what_is_not_on_earth(bad):
    with pytest.raises(UsageError, match="allowed: -"):
        km(bad, (0, 0))
    with pytest.raises(UsageError):
        km((0, 0), bad)


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_great_circle_km__is_a_metric(a, b, c, d, e, f):
    one, two, three = (a, b), (c, d), (e, f)
    assert km(one, two) == pytest.approx(km(two, one))
    assert km(one, one) == 0
    assert km(one, three) <= km(one, two) + km(two, three) + 1e-3  # A metre: haversines lose digits at antipodes.


@given(LATITUDES, LONGITUDES)
def test_nearest_positions__agrees_with_looking_at_all(latitude, longitude):
    others = np.array([[0, 0], [50, 5], [-30, 150], [35, 140], [40, -75], [0, 179], [90, 0]], dtype=float)
    index, distance = nearest_positions(
        np.array([latitude]), np.array([longitude]), among=unit_vectors(others[:, 0], others[:, 1])
    )
    all_km = great_circle_km(latitude, longitude, latitude_2=others[:, 0], longitude_2=others[:, 1])
    assert distance[0] == pytest.approx(all_km.min(), abs=1e-3)
    assert all_km[index[0]] == pytest.approx(all_km.min(), abs=1e-3)
