"""What is left without a country: a network worked by hand, and a plain propagation on random ones."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.examples import load
from chaintwin.network.lowering import lower_in_full
from chaintwin.risk.dependence import Basis, lose_countries, origins_of
from tests.network.building import network_of
from tests.network.random_networks import Tables, networks
from tests.risk.dependence.placing import placed
from tests.risk.dependence.test_concentration import PLANT
from tests.sizes import scaled


def test_lose_countries__by_hand() -> None:
    network = network_of(PLANT)
    found = lose_countries(network, lower_in_full(network))
    rows = {row["country"]: row for row in found.by_country.to_dicts()}
    left = {country: row["surviving_share"] for country, row in rows.items()}
    assert left == pytest.approx({"CN": 0.25, "VN": 0.75, "JP": 0.0, "US": 1.0, "DE": 0.0, "FR": 0.0})
    # Viet Nam delivers A after 7, America B after 4; then 3 to make and 2 to move. Without Viet Nam, China takes 9.
    wait = {country: row["longest_wait"] for country, row in rows.items()}
    assert wait == {"CN": 12.0, "VN": 14.0, "JP": 9.0, "US": None, "DE": None, "FR": None}
    replaceable = {country: row["replaceable_share"] for country, row in rows.items()}
    assert replaceable == {"CN": 1.0, "VN": 1.0, "JP": 1.0, "US": None, "DE": 0.0, "FR": None}
    assert rows["FR"]["surviving_share_elsewhere"] is None
    assert found.by_stream.filter(country="US")["wait"].to_list() == [0.0]
    assert found.by_country["surviving_share"].is_sorted()


def plain(network: Any, lowered: Any, lost: str) -> tuple[dict[Any, float], dict[Any, float]]:
    """Return what is left at each stock point, and the wait, by plain sweeps over dictionaries."""
    origins = origins_of(network, lowered).to_dicts()
    home = {row["site_id"]: row["country"] for row in network["sites"].to_dicts()}
    points = [tuple(map(str, pair)) for pair in lowered.supply.points.select("site_id", "product_id").iter_rows()]
    inputs: dict[int, list[Any]] = {row["activity"]: [] for row in origins}
    for row in lowered.found.inputs.to_dicts():
        inputs[row["activity"]].append((row["site_id"], row["product_id"]))
    out = {row["activity"]: lost in (row["country"], row["target_country"]) for row in origins}
    sources: dict[Any, list[tuple[Any, float]]] = {point: [] for point in points}
    for row in origins:
        sources[row["site_id"], row["product_id"]].append((row, row["share"]))
    left = dict.fromkeys(points, 1.0)
    before: Any = None
    while before is None or max(abs(before[point] - left[point]) for point in points) > 1e-13:
        before = dict(left)
        for point in points:
            if home[point[0]] == lost:
                left[point] = 0.0
            elif sum(share for _, share in sources[point]) > 0:
                left[point] = sum(
                    share * (0.0 if out[row["activity"]] else min([1.0, *(left[one] for one in inputs[row["activity"]])]))
                    for row, share in sources[point]
                )
    wait = {point: 0.0 if left[point] >= 1 - 1e-9 else math.inf for point in points}
    before = None
    while before != wait:
        before = dict(wait)
        for point in points:
            if wait[point] > 0 and home[point[0]] != lost:
                ways = [
                    row["lead"] + max([0.0, *(wait[one] for one in inputs[row["activity"]])])
                    for row, _ in sources[point]
                    if not out[row["activity"]]
                ]
                wait[point] = min([math.inf, *ways])
    return left, wait


@hypothesis_settings(max_examples=scaled(ci=20, full=400))
@given(data=st.data(), tables=networks())
def test_lose_countries__against_plain_sweeps(data: st.DataObject, tables: Tables) -> None:
    network = network_of(data.draw(placed(tables)))
    lowered = lower_in_full(network)
    try:
        found = lose_countries(network, lowered, basis=Basis.VOLUME)
    except UsageError:
        assert not lowered.streams["mean"].sum() > 0
        return
    for country in found.by_country["country"]:
        left, wait = plain(network, lowered, country)
        rows = {row["stream_id"]: row for row in found.by_stream.filter(country=country).to_dicts()}
        total = served = 0.0
        for stream in lowered.streams.to_dicts():
            point = (stream["site_id"], stream["product_id"])
            row = rows[stream["stream_id"]]
            assert row["surviving_share"] == pytest.approx(left[point], abs=1e-6)
            if row["wait"] is None:
                assert math.isinf(wait[point])
            else:
                assert row["wait"] == pytest.approx(wait[point], abs=1e-9)
            total += stream["mean"]
            served += stream["mean"] * left[point]
        of_country = found.by_country.row(by_predicate=pl.col("country") == country, named=True)
        assert 0 <= of_country["surviving_share"] <= 1 + 1e-12
        assert of_country["surviving_share"] == pytest.approx(served / total, abs=1e-6)


def test_lose_countries__of_an_example() -> None:
    network = load("electronics")
    lowered = lower_in_full(network)
    found = lose_countries(network, lowered)
    assert found.by_country["surviving_share"].is_between(0, 1).all()
    some = lose_countries(network, lowered, countries=["Taiwan", "JP"])
    assert some.by_country.rows() == found.by_country.filter(pl.col("country").is_in(["TW", "JP"])).rows()


def test_lose_countries__refuses() -> None:
    network = network_of(PLANT)
    with pytest.raises(UsageError, match="countries: found BR; allowed: CN, DE, FR, JP, US, VN"):
        lose_countries(network, lower_in_full(network), countries=["Brazil"])
    free = network_of(PLANT | {"demand": [PLANT["demand"][0] | {"price": 0.0}]})
    with pytest.raises(UsageError, match=r"basis: found no demand with a value; .* weight by volume"):
        lose_countries(free, lower_in_full(free))


def test_lose_countries__a_by_product_goes_on_with_what_gives_it() -> None:
    line = {"product_id": "P", "other_product_id": "W", "quantity": 0.5, "role": "by_product"}
    sale = {"stream_id": "E", "site_id": "plant", "product_id": "W", "quantity": "2", "price": 1.0}
    tables = PLANT | {"bom": [*PLANT["bom"], line], "products": [*PLANT["products"], {"product_id": "W", "value": 1.0}]}
    network = network_of(tables | {"demand": [*PLANT["demand"], sale]})
    lowered = lower_in_full(network)
    assert "buy/plant/W" not in set(lowered.found.activities["activity_id"])
    rows = lose_countries(network, lowered).by_stream.filter(stream_id="E").to_dicts()
    assert {row["country"]: row["surviving_share"] for row in rows} == pytest.approx(
        {"CN": 0.25, "VN": 0.75, "JP": 0.0, "US": 1.0, "DE": 0.0, "FR": 1.0}
    )
    # As for what it is made with, without the way to the shop.
    assert {row["country"]: row["wait"] for row in rows if row["country"] in ("CN", "JP")} == {"CN": 10.0, "JP": 7.0}
