"""How outages spread: by hand, against plain rounds, and laws that hold on every network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chaintwin import Scenario
from chaintwin.examples import Example, GeneratorSize, generate, load
from chaintwin.network.lowering.lower import lower_in_full
from chaintwin.network.network import Network
from chaintwin.risk.causes.spreading import Spread, spread_of
from chaintwin.risk.scenarios.telling import tell
from tests.network.building import network_of
from tests.sizes import scaled

SHOP: dict[str, list[dict[str, Any]]] = {
    "sites": [{"site_id": "A"}, {"site_id": "B"}, {"site_id": "M", "kind": "plant"}, {"site_id": "S", "kind": "store"}],
    "products": [
        {"product_id": "car", "value": 10.0},
        {"product_id": "wheel", "value": 1.0},
        {"product_id": "engine", "value": 5.0},
    ],
    "bom": [
        {"product_id": "car", "other_product_id": "wheel", "quantity": 4.0},
        {"product_id": "car", "other_product_id": "engine", "quantity": 1.0},
    ],
    "sources": [
        {"site_id": "A", "product_id": "wheel", "kind": "buy", "lead_time": "2"},
        {"site_id": "B", "product_id": "wheel", "kind": "buy", "lead_time": "2"},
        {"site_id": "B", "product_id": "engine", "kind": "buy", "lead_time": "2"},
        {"site_id": "M", "product_id": "wheel", "kind": "move", "from_site": "A", "lane_id": "AM", "share": 3.0},
        {"site_id": "M", "product_id": "wheel", "kind": "move", "from_site": "B", "lane_id": "BM", "share": 1.0},
        {"site_id": "M", "product_id": "engine", "kind": "move", "from_site": "B", "lane_id": "BM"},
        {"site_id": "M", "product_id": "car", "kind": "make", "lead_time": "1"},
        {"site_id": "S", "product_id": "car", "kind": "move", "from_site": "M", "lane_id": "MS"},
    ],
    "lanes": [
        {"lane_id": "AM", "from_site": "A", "to_site": "M", "lead_time": "3"},
        {"lane_id": "BM", "from_site": "B", "to_site": "M", "lead_time": "3"},
        {"lane_id": "MS", "from_site": "M", "to_site": "S", "lead_time": "2"},
    ],
    "demand": [{"site_id": "S", "product_id": "car", "quantity": "10"}],
}


def spread(network: Network) -> tuple[Spread, list[str], list[str]]:
    program = network.compile()
    names = program.names
    found = spread_of(network, lower_in_full(network), program=program)
    return found, names.buffers["buffer_id"].to_list(), names.activities["activity_id"].to_list()


def without(found: Spread, activities: list[str], words: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return what is left of the activities whose id holds one of some words, and their numbers."""
    out = np.array([number for number, name in enumerate(activities) if any(word in name for word in words)])
    remaining = np.ones(found.lead.size)
    remaining[out] = 0.0
    return remaining, out


def test_level__sources_share_and_parts_are_all_needed() -> None:
    found, points, activities = spread(network_of(SHOP))
    for words, wheel, engine, car in ((("AM/",), 0.25, 1.0, 0.25), (("BM/",), 0.75, 0.0, 0.0), (("BM/wheel",), 0.75, 1.0, 0.75)):
        remaining, _ = without(found, activities, words)
        left = dict(zip(points, found.level(remaining).downstream.tolist(), strict=False))
        assert (left["M/wheel"], left["M/engine"], left["M/car"]) == pytest.approx((wheel, engine, car)), words
        assert left["S/car"] == pytest.approx(car)
        index, sales = found.index(remaining)
        assert sales == pytest.approx(1 - car)
        assert 0 < index <= 1


def test_arrives__stock_and_ways_add_up() -> None:
    found, points, activities = spread(network_of(SHOP))
    remaining, out = without(found, activities, ("AM/",))
    when = dict(zip(points, found.arrives(out, 1 - found.level(remaining).downstream).tolist(), strict=True))
    cover = dict(zip(points, found.cover.tolist(), strict=True))
    # Three quarters of what comes in are missing, so that stock lasts a third longer. What is under way to M is not let in.
    wheel = cover["M/wheel"] / 0.75
    car = wheel + 1 + cover["M/car"] / 0.75
    assert when["M/wheel"] == pytest.approx(wheel)
    assert when["M/car"] == pytest.approx(car)
    assert when["S/car"] == pytest.approx(car + 2 + cover["S/car"] / 0.75)
    assert np.isinf(when["M/engine"]) and np.isinf(when["A/wheel"])


@pytest.mark.parametrize("seed", range(scaled(ci=4, full=40)))
def test_spread__laws_on_random_networks(seed: int) -> None:
    network = generate(GeneratorSize(sites=16, products=6, stock_points=50, seed=seed))
    found, _, activities = spread(network)
    rng = np.random.default_rng(seed)
    firms, count = found.firms, found.points
    nothing = np.ones(found.lead.size)
    assert found.index(nothing) == (0.0, 0.0)
    assert np.isinf(found.arrives(np.zeros(0, dtype=np.int64), np.zeros(firms.firm_count))).all()
    remaining = np.where(rng.uniform(size=found.lead.size) < 0.1, rng.uniform(size=found.lead.size), 1.0)
    # The plain rounds: what is left of each firm is the least of what its products allow.
    left = np.concatenate([np.ones(count), remaining])
    own = left.copy()
    for _ in range(60):
        before = left.copy()
        for firm in range(firms.firm_count):
            mine = np.flatnonzero(firms.buyers == firm)
            for product in {firms.products[supplier] for supplier in firms.suppliers[mine].tolist()}:
                of = [flow for flow in mine.tolist() if firms.products[firms.suppliers[flow]] == product]
                allowed = float(firms.volumes[of] @ before[firms.suppliers[of]]) / float(firms.volumes[of].sum())
                left[firm] = min(left[firm], allowed, own[firm])
    assert found.level(remaining).downstream == pytest.approx(left, abs=1e-9)
    worse = remaining * rng.uniform(0.5, 1.0, remaining.size)
    assert all(more >= less - 1e-12 for more, less in zip(found.index(worse), found.index(remaining), strict=True))
    assert len(activities) == remaining.size


def test_tell__the_cascade_index_of_what_struck() -> None:
    network = load(Example.BEER_GAME)
    blocks = [
        {"name": "out", "where": {"site": "distributor"}, "duration": 7, "effect": {"capacity": 0}},
        {"name": "half", "where": {"lane": network["lanes"]["lane_id"][0]}, "duration": 7, "effect": {"capacity": 0.4}},
        {"name": "dear", "where": {"everywhere": True}, "effect": {"cost": 2}},
    ]
    blows = tell(network, [Scenario.of("s", disruptions=blocks)], replications=2).blows
    found = {row["disruption"]: (row["cascade_index"], row["sales_cut"]) for row in blows.iter_rows(named=True)}
    # In one line of four everything stops with one of them; what has no capacity may start 1.25 times its part of the mean.
    assert found["out"] == pytest.approx((1.0, 1.0))
    assert found["half"] == pytest.approx((0.5, 0.5))
    assert found["dear"] == (None, None)
