"""From the words of disruptions to effects on the graph: what is chosen, what is refused, what ships that sail around cost."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin import Scenario
from chaintwin.errors import InputError
from chaintwin.network.disruptions.disruption import Disruption, Fading
from chaintwin.network.graph import LIMIT_PREFIX, Basis, Effect, Graph
from chaintwin.network.lowering import lower
from chaintwin.network.network import Network
from tests.network.building import network_of
from tests.shared_data import cases_of

TABLES: dict[str, list[dict[str, Any]]] = {
    "sites": [
        {"site_id": "cn", "kind": "plant", "country": "CN", "latitude": 31.2, "longitude": 121.5, "owner": "acme"},
        {"site_id": "nl", "kind": "hub", "country": "NL", "latitude": 51.9, "longitude": 4.5, "region": "North"},
        {"site_id": "us", "kind": "hub", "country": "US", "latitude": 40.7, "longitude": -74.0},
        {"site_id": "shop", "kind": "store", "country": "DE", "latitude": 50.1, "longitude": 8.7},
    ],
    "products": [{"product_id": "a", "value": 10.0}, {"product_id": "b", "value": 20.0}],
    "lanes": [
        {"lane_id": "sea", "from_site": "cn", "to_site": "nl", "mode": "sea", "lead_time": "30", "variable_cost": 2.0},
        {"lane_id": "west", "from_site": "cn", "to_site": "us", "mode": "sea", "lead_time": "25", "variable_cost": 2.0},
        {"lane_id": "road", "from_site": "nl", "to_site": "shop", "mode": "road", "lead_time": "2", "capacity": 40.0},
    ],
    "demand": [
        {"stream_id": "da", "site_id": "shop", "product_id": "a", "quantity": "8", "market": "DE", "price": 30.0},
        {"stream_id": "db", "site_id": "shop", "product_id": "b", "quantity": "12", "price": 50.0},
        {"stream_id": "du", "site_id": "us", "product_id": "a", "quantity": "3", "price": 30.0},
    ],
    "sources": [
        {"site_id": "cn", "product_id": "a", "kind": "buy", "lead_time": "3", "partner": "mill", "cost": 5.0},
        {"site_id": "cn", "product_id": "b", "kind": "buy", "lead_time": "3", "partner": "mine", "cost": 5.0},
    ],
    "partners": [
        {"partner_id": "mill", "country": "JP"},
        {"partner_id": "mine", "country": "AU"},
        {"partner_id": "acme", "country": "CN"},
    ],
}


@pytest.fixture
def network() -> Network:
    return network_of(TABLES)


def struck(network: Network, *blocks: dict[str, Any]) -> Graph:
    return lower(Scenario.of("s", disruptions=blocks).apply(network))


def touched(graph: Graph, effect: Effect) -> dict[str, float]:
    mine = graph.effects.filter(pl.col("effect") == int(effect)).sort("entity_id")
    return {name.removeprefix(LIMIT_PREFIX): factor for name, factor in mine.select("entity_id", "factor").iter_rows()}


def fault(network: Network, *blocks: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        struck(network, *blocks)
    return str(caught.value)


CLOSED = {"capacity": 0.0}


@pytest.mark.parametrize(
    ("where", "stands_still"),
    [
        ({"site": "nl"}, {"lane/road", "sea/a", "sea/b"}),
        ({"region": "North"}, {"lane/road", "sea/a", "sea/b"}),
        ({"site": "nl", "product": "a"}, {"road/a", "sea/a"}),
        ({"kind": "hub", "country": "US"}, {"west/a"}),
        ({"owner": "acme"}, {"sea/a", "sea/b", "west/a", "buy/cn/a/mill", "buy/cn/b/mine"}),
        ({"country": "JP"}, {"buy/cn/a/mill"}),
        ({"supplier": "mine"}, {"buy/cn/b/mine"}),
        ({"lane": "sea"}, {"sea/a", "sea/b"}),
        ({"mode": "road"}, {"lane/road"}),
        ({"mode": "sea", "to_country": "US"}, {"west/a"}),
        ({"between": [["CN"], ["US", "AU"]]}, {"west/a", "buy/cn/b/mine"}),
        ({"between": [["CN"], ["US", "AU"]], "mode": "sea"}, {"west/a"}),
        ({"supplier": "acme"}, {"sea/a", "sea/b", "west/a", "buy/cn/a/mill", "buy/cn/b/mine"}),
        ({"supplier": "acme", "country": "CN"}, {"sea/a", "sea/b", "west/a", "buy/cn/a/mill", "buy/cn/b/mine"}),
        ({"supplier": "mine", "site": "cn"}, {"buy/cn/b/mine"}),
        ({"product": "b"}, {"buy/cn/b/mine", "road/b", "sea/b"}),
        ({"area": {"latitude": 52, "longitude": 4, "radius_km": 60}}, {"lane/road", "sea/a", "sea/b"}),
        ({"most_used": "supplier"}, {"buy/cn/b/mine"}),
        ({"most_used": "hub"}, {"lane/road", "sea/a", "sea/b"}),
        ({"most_used": "lane"}, {"lane/road"}),
        ({"most_used": "country", "mode": "sea"}, {"sea/a", "sea/b"}),
        ({"everywhere": True}, {"lane/road", "sea/a", "sea/b", "west/a", "buy/cn/a/mill", "buy/cn/b/mine"}),
    ],
)
def test_strike__what_is_on_what(network: Network, where: dict[str, Any], stands_still: set[str]) -> None:
    assert set(touched(struck(network, {"where": where, "effect": CLOSED}), Effect.CAPACITY)) == stands_still


def test_strike__what_comes_to_a_closed_site_waits_and_what_has_left_it_does_not(network: Network) -> None:
    assert set(touched(struck(network, {"where": {"site": "nl"}, "effect": CLOSED}), Effect.ARRIVALS)) == {"sea/a", "sea/b"}
    still = struck(network, {"where": {"site": "nl"}, "effect": {"capacity": 0, "arrivals": 1}})
    assert touched(still, Effect.ARRIVALS) == {}


def test_strike__activities_without_a_capacity_are_cut_to_a_part_of_their_usual_flow(network: Network) -> None:
    graph = struck(network, {"where": {"lane": "sea"}, "effect": {"capacity": 0.5}})
    amounts = {row["entity_id"]: row["amount"] for row in graph.effects.filter(pl.col("effect") == 0).iter_rows(named=True)}
    assert amounts == {"disruption/sea/a": pytest.approx(1.25 * 8), "disruption/sea/b": pytest.approx(1.25 * 12)}


def test_strike__stock_demand_and_orders(network: Network) -> None:
    effect = {"stock_lost": 0.4, "demand": 2, "orders_sent": 0.5, "reported_stock": 1.5, "price": 1.2}
    graph = struck(network, {"where": {"country": "DE"}, "effect": effect, "elasticity": -2})
    assert touched(graph, Effect.STOCK) == {"shop/a": 0.6, "shop/b": 0.6}
    assert touched(graph, Effect.DEMAND) == {"da": pytest.approx(2 / 1.44), "db": pytest.approx(2 / 1.44)}
    assert touched(graph, Effect.ORDERS) == {"shop/a": 0.5, "shop/b": 0.5}
    assert touched(graph, Effect.REPORTED) == {"shop/a": 1.5, "shop/b": 1.5}
    assert touched(graph, Effect.PRICE) == {"da": 1.2, "db": 1.2}


def test_strike__market_is_of_demand_alone(network: Network) -> None:
    graph = struck(network, {"where": {"market": "DE"}, "effect": {"demand": 3}})
    assert touched(graph, Effect.DEMAND) == {"da": 3.0}


def test_strike__a_closed_passage_is_sailed_around(network: Network) -> None:
    graph = struck(network, {"where": {"corridor": "suez"}})
    late, dear = touched(graph, Effect.LEAD), touched(graph, Effect.COST)
    # Shanghai to Rotterdam around Africa is some 25,000 km instead of 19,000; the way to New York leads through Panama.
    assert set(late) == set(dear) == {"sea/a", "sea/b"}
    assert 1.15 < late["sea/a"] < 1.6
    assert 1.2 < dear["sea/a"] < 1.45
    both = touched(struck(network, {"where": {"corridor": ["suez", "panama"]}}), Effect.LEAD)
    assert both["sea/a"] > late["sea/a"]


def test_strike__no_strength_leaves_the_graph_as_it_is(network: Network) -> None:
    effect = {"capacity": 1, "stock_lost": 0, "demand": 1, "tariff": 0, "lead_time": 1}
    graph = struck(network, {"where": {"country": "DE"}, "effect": effect})
    assert graph.strikes.is_empty()
    assert graph.resources.equals(lower(network).resources)


def test_strike__who_pays_for_what_is_dearer(network: Network) -> None:
    graph = struck(network, {"where": {"lane": "sea"}, "effect": {"cost": 2, "tariff": 0.25}})
    mine = graph.payments.filter(pl.col("basis").is_in([int(Basis.SURCHARGED), int(Basis.SURDUTIED)]))
    payees = mine.filter(pl.col("entity_id") == "sea/a").sort("basis")["payee"].to_list()
    assert payees == ["(carriers)", "(customs)"]
    tariff = graph.effects.filter((pl.col("effect") == int(Effect.TARIFF)) & (pl.col("entity_id") == "sea/a"))
    assert tariff.select("factor", "amount").row(0) == (1.25, 10.0)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"where": {"site": "nll"}, "effect": CLOSED}, "site nll; allowed: one of the project; fix: did you mean nl?"),
        ({"where": {"country": "Atlantis"}, "effect": CLOSED}, "a country of ISO 3166"),
        ({"where": {"corridor": "panama", "lane": "road"}}, "nothing at"),
        ({"where": {"mode": "sea"}, "effect": {"demand": 2}}, "where there is no demand"),
        ({"where": {"site": "nl"}, "effect": CLOSED, "start": "2025-01-01"}, "which is period -365"),
        ({"where": {"site": "nl"}, "effect": CLOSED, "start": "2031-01-01"}, "periods that are run"),
        ({"where": {"most_used": "castle"}, "effect": CLOSED}, "a kind of sites: hub, plant, store"),
        ({"where": {"most_used": "country", "mode": "air"}, "effect": CLOSED}, "no country that anything runs through"),
        ({"where": {"site": "nl"}, "effect": CLOSED, "after": 5000}, "a day in the"),
        ({"where": {"market": "DE"}, "effect": {"capacity": 0, "demand": 2}}, "where nothing is made or moved"),
        ({"where": {"between": [["US"], ["USA", "CN"]]}, "effect": CLOSED}, "US on both sides"),
    ],
)
def test_strike__what_does_not_fit(network: Network, block: dict[str, Any], message: str) -> None:
    said = fault(network, block)
    assert "scenario s, disruption 1" in said
    assert message in said


def test_strike__contradictions(network: Network) -> None:
    stop = {"name": "stop", "where": {"lane": "road"}, "start": "2026-02-01", "duration": 10, "effect": CLOSED}
    more = {"name": "more", "where": {"lane": "road"}, "effect": {"capacity": 1.5}}
    said = fault(network, stop, more | {"start": "2026-02-05", "duration": 3})
    assert "raised and stopped at the same time as stop" in said
    struck(network, stop, more | {"start": "2026-02-11", "duration": 3})
    assert "the same as stop" in fault(network, stop, stop | {"name": "again"})
    # What is done about it may be meant for more than what is stopped.
    answer = more | {"start": "2026-02-05"}
    lower(Scenario.of("s", disruptions=[stop], interventions=[answer]).apply(network))
    # Two that both cut work together.
    struck(network, stop, stop | {"name": "half", "effect": {"capacity": 0.5}})


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.recovery_loss"))
def test_left__areas_of_the_worked_case(case: dict[str, Any]) -> None:
    for fading in (Fading.LINEAR, Fading.EXPONENTIAL, Fading.COSINE):
        area = case["inputs"]["depth"] * case["inputs"]["ttr"] * Disruption("d", fading=fading).left[-1]
        assert area == pytest.approx(case["expected"]["loss"][str(fading)], rel=1e-9)
    staged = Disruption("d", fading=Fading.STAGED, stages=((0.0, 1.0), (0.25, 0.5), (0.75, 0.0))).left
    assert staged[-1] == pytest.approx(0.5)
    assert np.all(np.diff(staged) >= 0)
    assert math.isclose(staged[64], 0.25)


def test_strike__of_a_supplier_only_its_own_stock_is_lost_and_what_it_sent_arrives(network: Network) -> None:
    graph = struck(network, {"where": {"supplier": "acme", "country": "CN"}, "effect": {"capacity": 0, "stock_lost": 1}})
    assert set(touched(graph, Effect.STOCK)) == {"cn/a", "cn/b"}
    graph = struck(network, {"where": {"supplier": "mill"}, "effect": {"capacity": 0, "transit_lost": 1}})
    assert touched(graph, Effect.ARRIVALS) == {}
    assert set(touched(graph, Effect.TRANSIT)) == {"buy/cn/a/mill"}


def test_strike__who_pays_for_prepayments_and_for_tariffs_on_free_lanes(network: Network) -> None:
    lanes = network["lanes"].with_columns(pl.lit(0.0).alias("variable_cost"))
    blocks = [
        {"name": "bankrupt", "where": {"supplier": "mill"}, "effect": {"orders_cancelled": 1, "prepayment_lost": 0.3}},
        {"name": "tariff", "where": {"mode": "road"}, "effect": {"tariff": 0.25}},
    ]
    graph = struck(network.with_table("lanes", lanes), *blocks)
    paid = graph.payments.filter(pl.col("basis").is_in([int(Basis.SURCHARGED), int(Basis.SURDUTIED)]))
    assert sorted(paid["entity_id"].to_list()) == ["buy/cn/a/mill", "road/a", "road/b"]


def test_strike__limits_of_several_disruptions_are_those_of_the_flow(network: Network) -> None:
    half = {"name": "half", "where": {"mode": "sea"}, "effect": {"capacity": 0.5}}
    shut = {
        "name": "shut",
        "where": {"corridor": ["suez", "panama", "cape_of_good_hope", "magellan"]},
        "after": 20,
        "duration": 1,
    }
    graph = struck(network, half, shut)
    amounts = graph.effects.filter((pl.col("effect") == 0) & pl.col("entity_id").str.contains("sea/a"))["amount"]
    assert amounts.unique().to_list() == [pytest.approx(10.0)]
