"""Who pays whom: partners, terms, owners, currencies and prices that change."""

from __future__ import annotations

from datetime import date
from typing import Any

from chaintwin.network.graph import Basis, Graph
from chaintwin.network.lowering import lower
from chaintwin.network.lowering.paying import CARRIERS, CREWS, CUSTOMERS, CUSTOMS, OWN, SUPPLIERS
from chaintwin.network.network import Period, Settings
from tests.network.building import network_of

DAYS = Settings(start=date(2026, 1, 1), horizon=10, currency="USD")


def shop(settings: Settings = DAYS, **tables: list[dict[str, Any]]) -> Graph:
    """Return a plant that buys outside and sends to a shop, which sells."""
    rows: dict[str, list[dict[str, Any]]] = {
        "sites": [{"site_id": "plant", "kind": "plant"}, {"site_id": "shop", "kind": "store"}],
        "products": [{"product_id": "A", "value": 10.0}],
        "lanes": [
            {
                "lane_id": "truck",
                "from_site": "plant",
                "to_site": "shop",
                "product_id": "A",
                "lead_time": "2",
                "variable_cost": 1.5,
                "fixed_cost": 40.0,
                "duty_rate": 0.1,
            }
        ],
        "sources": [
            {"site_id": "plant", "product_id": "A", "kind": "buy", "partner": "smith", "lead_time": "3", "cost": 6.0},
            {"site_id": "shop", "product_id": "A", "kind": "move", "lane_id": "truck"},
        ],
        "demand": [{"stream_id": "D", "site_id": "shop", "product_id": "A", "quantity": "5", "price": 20.0}],
        "partners": [{"partner_id": "smith", "payment_term_days": 45}],
    }
    return lower(network_of(rows | tables, settings))


def bills(graph: Graph, entity: str) -> set[tuple[str, str, int, int, float]]:
    rows = graph.payments.filter(entity_id=entity)
    return {(row["payer"], row["payee"], row["term"], row["basis"], row["price"]) for row in rows.iter_rows(named=True)}


def test_lower__nobody_pays_where_no_partner_is_listed() -> None:
    graph = shop(partners=[], sources=[{"site_id": "plant", "product_id": "A", "kind": "buy"}])
    assert graph.accounts.height == graph.payments.height == 0


def test_lower__the_owner_pays_supplier_carrier_and_customs_and_is_paid_by_customers() -> None:
    graph = shop()
    assert bills(graph, "buy/plant/A/smith") == {(OWN, "smith", 45, Basis.RECEIVED, 6.0)}
    assert bills(graph, "truck/A") == {
        (OWN, CARRIERS, 0, Basis.RECEIVED, 1.5),
        (OWN, CARRIERS, 0, Basis.COUNTED, 40.0),
        (OWN, CUSTOMS, 0, Basis.RECEIVED, 1.0),
    }
    assert bills(graph, "D") == {(CUSTOMERS, OWN, 30, Basis.SHIPPED, 20.0)}
    assert graph.accounts.filter("is_owner")["account_id"].to_list() == [OWN]


def test_lower__the_incoterm_says_from_when_the_days_count() -> None:
    for incoterm, basis in (
        ("DAP", Basis.RECEIVED),
        ("ddp Lyon", Basis.RECEIVED),
        ("FOB", Basis.STARTED),
        ("exw works", Basis.STARTED),
        ("collect", Basis.RECEIVED),
        ("EXWORKS", Basis.RECEIVED),
    ):
        graph = shop(partners=[{"partner_id": "smith", "payment_term_days": 10, "incoterm": incoterm}])
        assert bills(graph, "buy/plant/A/smith") == {(OWN, "smith", 10, basis, 6.0)}


def test_lower__who_is_paid_before_the_receipt_is_paid_when_the_goods_leave() -> None:
    graph = shop(partners=[{"partner_id": "smith", "payment_term_days": -14}])
    assert bills(graph, "buy/plant/A/smith") == {(OWN, "smith", 0, Basis.STARTED, 6.0)}


def test_lower__days_are_rounded_to_periods() -> None:
    graph = shop(Settings(start=date(2026, 1, 1), horizon=10, period=Period.WEEK))
    assert bills(graph, "buy/plant/A/smith") == {(OWN, "smith", 6, Basis.RECEIVED, 6.0)}


def test_lower__owners_trade_at_the_price_of_the_sender() -> None:
    sites = [{"site_id": "plant", "kind": "plant", "owner": "maker"}, {"site_id": "shop", "kind": "store", "owner": "retail"}]
    partners = [
        {"partner_id": "smith"},
        {"partner_id": "maker", "payment_term_days": 60},
        {"partner_id": "retail"},
        {"partner_id": "chain", "payment_term_days": 7},
    ]
    demand = [{"stream_id": "D", "site_id": "shop", "product_id": "A", "quantity": "5", "price": 20.0, "customer": "chain"}]
    prices = [{"product_id": "A", "partner": "maker", "price": 14.0}]
    graph = shop(sites=sites, partners=partners, demand=demand, prices=prices)
    assert ("retail", "maker", 60, Basis.RECEIVED, 14.0) in bills(graph, "truck/A")
    assert ("retail", CARRIERS, 0, Basis.RECEIVED, 1.5) in bills(graph, "truck/A")
    assert bills(graph, "D") == {("chain", "retail", 7, Basis.SHIPPED, 20.0)}
    assert graph.accounts.filter("is_owner")["account_id"].to_list() == ["maker", "retail"]
    # Without a dated price of the sender goods change hands at their value, whatever suppliers ask.
    general = [{"product_id": "A", "price": 3.0}]
    assert ("retail", "maker", 60, Basis.RECEIVED, 10.0) in bills(shop(sites=sites, partners=partners, prices=general), "truck/A")
    assert ("retail", "maker", 60, Basis.RECEIVED, 10.0) in bills(shop(sites=sites, partners=partners), "truck/A")


def test_lower__crews_are_paid_for_resources_and_processes() -> None:
    graph = shop(
        sources=[{"site_id": "plant", "product_id": "A", "kind": "make", "cost": 2.0, "lead_time": "1"}],
        bom=[{"product_id": "A", "other_product_id": "B", "quantity": 1.0}],
        products=[{"product_id": "A", "value": 10.0}, {"product_id": "B", "value": 1.0}],
        resources=[{"resource_id": "press", "site_id": "plant", "capacity": 100.0, "cost": 3.0}],
        resource_use=[{"resource_id": "press", "product_id": "A", "quantity": 0.5}],
    )
    assert bills(graph, "make/plant/A") == {(OWN, CREWS, 0, Basis.STARTED, 2.0)}
    assert bills(graph, "press") == {(OWN, CREWS, 0, Basis.USED, 3.0)}
    assert bills(graph, "buy/plant/B") == {(OWN, SUPPLIERS, 30, Basis.RECEIVED, 1.0)}


def test_lower__prices_and_rates_change_on_their_days() -> None:
    graph = shop(
        prices=[
            {"product_id": "A", "partner": "smith", "valid_from": date(2026, 1, 4), "currency": "EUR", "price": 7.0},
            {"product_id": "A", "partner": "smith", "valid_from": date(2026, 1, 8), "price": 8.0},
        ],
        exchange_rates=[
            {"currency": "EUR", "valid_from": date(2026, 1, 1), "rate": 1.0},
            {"currency": "EUR", "valid_from": date(2026, 1, 6), "rate": 1.5},
        ],
    )
    source = graph.activities.filter(activity_id="buy/plant/A/smith")
    path = [6.0] * 3 + [7.0] * 2 + [10.5] * 2 + [8.0] * 3
    assert source["variable_cost"].item() == 6.0
    assert source["cost_series"].to_list() == [path]
    # What arrives had its price when it left, a lead time of 3 days before.
    paid = graph.payments.filter(entity_id="buy/plant/A/smith")
    assert paid["price_series"].to_list() == [[6.0] * 6 + [7.0] * 2 + [10.5] * 2]


def test_lower__the_price_of_a_stream_may_follow_a_series() -> None:
    series = [
        {"series_id": "P", "period": period, "value": value} for period, value in enumerate((18.0, 21.0, None, 24.0)) if value
    ]
    demand = [{"stream_id": "D", "site_id": "shop", "product_id": "A", "quantity": "5", "price_series": "P"}]
    graph = shop(series=series, demand=demand)
    # A period without a price has that of the period before.
    assert graph.streams["price_series"].to_list() == [[18.0, 21.0, 21.0, 24.0]]
    # What is late or lost costs by the mean price.
    assert graph.streams["price"].to_list() == [21.0]
    assert graph.unpriced.len() == 0
