"""Ids made of others: no two things share one, whatever signs people put into theirs."""

from __future__ import annotations

from itertools import pairwise, product

import polars as pl
import pytest

from chaintwin.network.doctor import check
from chaintwin.network.ids import joined_id
from chaintwin.network.network import Network, Settings
from chaintwin.simulation import simulate
from tests.network.building import network_of


def test_joined_id__no_two_are_alike() -> None:
    texts = ["a", "b", "/", "\\", "a/b", "a\\", "\\/", "a\\/b", "b/"]
    frame = pl.DataFrame(list(product(texts, [None, *texts], texts)), schema=["x", "y", "z"], orient="row")
    ids = frame.select(joined_id("x", "y", "z")).to_series()
    assert ids.null_count() == 0
    assert ids.n_unique() == frame.height


def test_joined_id__plain_ids_stay_as_they_are() -> None:
    assert (
        pl.DataFrame({"s": ["Graz"], "p": ["tea 1.5"]}).select(joined_id(pl.lit("make"), "s", "p")).item() == "make/Graz/tea 1.5"
    )


def two_lanes(*, lanes: tuple[str, str], products: tuple[str, str]) -> Network:
    """Return two products sent from one maker to one shop, each over a lane of its own."""
    return network_of(
        {
            "sites": [
                {"site_id": "S", "kind": "supplier", "latitude": 50.0, "longitude": 8.0},
                {"site_id": "T", "kind": "store", "latitude": 51.0, "longitude": 9.0},
            ],
            "products": [{"product_id": name} for name in products],
            "lanes": [
                {
                    "lane_id": lane,
                    "from_site": "S",
                    "to_site": "T",
                    "product_id": name,
                    "mode": "road",
                    "distance_km": 100.0,
                    "lead_time": "1",
                }
                for lane, name in zip(lanes, products, strict=True)
            ],
            "demand": [{"site_id": "T", "product_id": name, "quantity": "5"} for name in products],
        },
        Settings(name="two", horizon=30, warm_up=0),
    )


@pytest.mark.parametrize(
    ("lanes", "products"),
    [(("L", "L/p"), ("p/q", "q")), (("S>T", "S>T/q"), ("q/q", "q")), (("make", "buy/T"), ("T/q", "q"))],
)
def test_simulate__slashes_in_ids_lose_no_lane(lanes: tuple[str, str], products: tuple[str, str]) -> None:
    network = two_lanes(lanes=lanes, products=products)
    assert check(network).ok
    result = simulate(network, replications=1)
    assert result.activities.height == 4
    assert result["fill_rate"][0] == 1.0
    assert result.streams["demand"].to_list() == [5.0, 5.0]


def test_check__sites_and_products_whose_joined_names_look_alike() -> None:
    base = two_lanes(lanes=("L", "M"), products=("b/c", "c"))
    sites = pl.concat([base["sites"].with_columns(site_id=pl.Series(["A", "A/b"])), base["sites"]])
    demand = pl.concat(
        [base["demand"], base["demand"].with_columns(site_id=pl.Series(["A", "A/b"]), stream_id=pl.Series(["one", "two"]))]
    )
    network = base.with_table("sites", sites).with_table("demand", demand)
    report = check(network)
    named = {finding.found for finding in report.findings}
    assert any("A/b" in found for found in named), named
    for left, right in pairwise(sorted(simulate(network, replications=1).stock_points["buffer_id"].to_list())):
        assert left != right
