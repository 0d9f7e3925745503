"""The network over HTTP: what a page needs to draw it, and nothing made twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest

from chaintwin.examples import Example, load
from chaintwin.network.lowering import lower_in_full
from chaintwin.network.network import Network
from chaintwin.serve.network.documents import network_document, packed, routes_document, tiers
from chaintwin.serve.network.view import NetworkView
from tests.serve.running import Running, server


@pytest.fixture(scope="module")
def medicines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with server(tmp_path_factory.mktemp("medicines"), project="medicines") as found:
        yield found


def test_network__holds_what_the_tables_hold(medicines: Running) -> None:
    network = load(Example.MEDICINES)
    with medicines.client() as client:
        found = client.get("/api/v1/network").json()
    assert {site["site"] for site in found["sites"]} == set(network["sites"]["site_id"])
    assert {lane["lane"] for lane in found["lanes"]} == set(network["lanes"]["lane_id"])
    assert all(site["latitude"] is not None for site in found["sites"])
    assert len(found["stockPoints"]) == 626
    chennai = next(site for site in found["sites"] if site["site"] == "for-chennai")
    assert (chennai["kind"], chennai["country"], chennai["name"]) == ("plant", "IN", "Sterile and inhaled Chennai")
    assert {owner["owner"] for owner in found["owners"]} >= {chennai["owner"]}


def test_network__activities_are_those_of_the_state(medicines: Running) -> None:
    activities = set(lower_in_full(load(Example.MEDICINES)).graph.activities["activity_id"])
    with medicines.client() as client:
        lanes = client.get("/api/v1/network").json()["lanes"]
    told = [flow["activity"] for lane in lanes for flow in lane["flows"]]
    assert len(told) == len(set(told))
    assert set(told) <= activities
    assert sum(flow["mean"] for lane in lanes for flow in lane["flows"]) > 0


def test_network__recipes_are_those_of_the_bill_of_materials() -> None:
    network = load(Example.ELECTRONICS)
    bills = network["bom"].filter(pl.col("role") == "input")
    recipes = network_document(network)["recipes"]
    told = {(one["product"], part["product"]): part["quantity"] for one in recipes for part in one["inputs"]}
    columns = ("product_id", "other_product_id", "quantity", "scrap_rate")
    assert told == pytest.approx({(made, part): need / (1 - scrap) for made, part, need, scrap in bills.select(columns).rows()})
    makes = network["sources"].filter(pl.col("kind") == "make")
    assert {(one["site"], one["product"]) for one in recipes} == set(makes.select("site_id", "product_id").rows())
    assert all(0 < one["yield"] <= 1 for one in recipes)


def test_routes__are_lines_of_lanes_by_sea(medicines: Running) -> None:
    with medicines.client() as client:
        network, found = client.get("/api/v1/network").json(), client.get("/api/v1/network/routes")
    by_sea = {lane["lane"] for lane in network["lanes"] if lane["mode"] == "sea"}
    routes = found.json()["routes"]
    assert {lane for route in routes for lane in route["lanes"]} == by_sea
    assert any("suez" in route["passages"] for route in routes)
    assert len(found.content) < 150_000
    places = {site["site"]: (site["longitude"], site["latitude"]) for site in network["sites"]}
    lane = next(lane for lane in network["lanes"] if lane["lane"] == routes[0]["lanes"][0])
    line = routes[0]["points"]
    end = (sum(line[0::2]) / 100, sum(line[1::2]) / 100)
    assert (line[0] / 100, line[1] / 100) == pytest.approx(places[lane["origin"]], abs=0.006)
    assert end == pytest.approx(places[lane["destination"]], abs=0.006)


@pytest.mark.parametrize("path", ["/api/v1/network", "/api/v1/network/routes"])
def test_network__what_is_known_is_not_sent_again(medicines: Running, path: str) -> None:
    with medicines.client() as client:
        first = client.get(path)
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "private, no-cache"
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert client.get(path, headers={"If-None-Match": '"another"'}).content == first.content


def test_network__refuses_what_it_does_not_know(medicines: Running, tmp_path: Path) -> None:
    with medicines.client() as client:
        refused = client.get("/api/v1/network", params={"att": "2026-01-01T00:00:00Z"})
        assert refused.status_code == 400
        assert refused.headers["content-type"] == "application/problem+json"
    with server(tmp_path) as bare, bare.client() as client:
        assert client.get("/api/v1/network").status_code == 404
    with httpx.Client(base_url=medicines.url) as stranger:
        assert stranger.get("/api/v1/network").status_code == 401


def test_view__makes_each_document_once_until_another_network_is_in_force() -> None:
    view, network = NetworkView(), load(Example.BEER_GAME)
    first = view.network(network)
    assert view.network(network) is first
    sites = network["sites"]
    other = network.with_table("sites", sites.head(sites.height - 1))
    assert view.network(other).tag != first.tag
    # The same network read anew has the same tag, so that a server that was started anew sends nothing twice.
    assert view.network(load(Example.BEER_GAME)).tag == first.tag


def test_view__who_asks_for_one_document_waits_for_no_other() -> None:
    view, network = NetworkView(), load(Example.BEER_GAME)
    is_making, may_end = threading.Event(), threading.Event()
    made: list[int] = []

    def make(network: Network) -> dict[str, Any]:
        made.append(1)
        is_making.set()
        assert may_end.wait(60)
        return {"findings": []}

    with ThreadPoolExecutor(3) as threads:
        slow = [threads.submit(view.made, "slow", network, make=make) for _ in range(2)]
        assert is_making.wait(60)
        try:
            assert threads.submit(view.network, network).result(timeout=30).body
        finally:
            may_end.set()
        first, second = (one.result(timeout=60) for one in slow)
    assert first is second
    assert len(made) == 1


def test_documents__of_every_example_can_be_made() -> None:
    for example in Example:
        network = load(example)
        assert network_document(network)["sites"]
        assert set(routes_document(network)) == {"scale", "routes"}


def test_packed__adds_up_to_the_line() -> None:
    points = tuple((20.0 + step * 0.314, 170.0 + step * 1.01) for step in range(30))
    line = packed(points)
    assert (sum(line[0::2]) / 100, sum(line[1::2]) / 100) == pytest.approx((points[-1][1], points[-1][0]), abs=0.006)


def test_tiers__are_steps_to_the_nearest_demand_and_end_on_loops() -> None:
    lanes = [("a", "b"), ("b", "c"), ("c", "a"), ("x", "x"), ("b", "d")]
    assert tiers(lanes, {"c", "d"}) == {"c": 0, "d": 0, "b": 1, "a": 2}
