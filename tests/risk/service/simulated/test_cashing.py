"""Cash to cash of a simulation: the engine's own books, the identity of cash, and worked cases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin.examples import Example, load
from chaintwin.network.compiling import compile_graph
from chaintwin.network.network import Network, Settings
from chaintwin.network.state import initial_state
from chaintwin.risk.service.simulated import measure_project
from chaintwin.risk.service.simulated.cashing import book
from chaintwin.simulation import simulate, trace
from chaintwin.simulation.ensemble import run_ensemble
from chaintwin.simulation.playing import Span
from tests.bills import lawful, trader, with_payments
from tests.graphs import graph_of
from tests.network.building import network_of
from tests.shared_data import cases_of
from tests.sizes import scaled
from tests.strategies import EVERYTHING, random_network


@pytest.mark.parametrize("warm_up", [0, 12])
def test_book__is_what_the_engine_books_on_random_networks(warm_up: int) -> None:
    for seed in range(scaled(ci=20, full=200)):
        case = random_network(seed, features=replace(EVERYTHING, loops=seed % 2 == 1))
        network = with_payments(lawful(case["network"], at_once=seed % 2 == 0), np.random.default_rng(seed))
        program = compile_graph(graph_of(network, integer=case["integer"]))
        span = Span(first=0, periods=20, warm_up=warm_up, replications=1, seed=0)
        wanted = run_ensemble(program, initial_state(program), span=span)
        owner = np.zeros(program.counts[0], dtype=np.int64)
        found = book(trace(program, periods=20 + warm_up), warm_up=warm_up, owner=owner, worth=np.ones(program.counts[0]))
        for name in ("margin", "cash"):
            np.testing.assert_allclose(found.balances[name][:-1], wanted[name].average(), rtol=1e-9, atol=1e-6, err_msg=str(seed))
        net = wanted["receivable"].average() - wanted["payable"].average()
        np.testing.assert_allclose(found.closing[:-1], net, rtol=1e-9, atol=1e-6, err_msg=str(seed))
        # METHODS 1.8: cash, and the growth of what is receivable less payable, is the margin.
        moved = found.balances["cash"] + (found.closing - found.opening) / 20
        np.testing.assert_allclose(moved, found.balances["margin"], rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("case", cases_of("cases/metrics.json", "met.payment_terms"))
def test_book__worked_case_of_payment_terms(case: dict[str, Any]) -> None:
    said, expected = case["inputs"], case["expected"]
    program = compile_graph(graph_of(trader(said), integer=False))
    seen = trace(program, periods=said["horizon"])
    own = program.names.accounts["account_id"].to_list().index("own")
    found = book(seen, warm_up=0, owner=np.full(1, own), worth=np.ones(1))
    periods = said["horizon"]
    assert found.balances["receivable"][own] * periods == pytest.approx(sum(expected["receivable_end"]))
    assert found.balances["payable"][own] * periods == pytest.approx(sum(expected["payable_end"]))
    assert found.balances["cash"][own] * periods == pytest.approx(sum(expected["cash"]))
    assert found.balances["revenue"][own] * periods == pytest.approx(said["price"] * sum(said["shipments"]))


@pytest.mark.parametrize("case", cases_of("cases/metrics.json", "met.cash_to_cash"))
def test_measure_project__worked_case_of_cash_to_cash(case: dict[str, Any]) -> None:
    """A dealer whose stock, bills and flows are those of the case, for ever: one unit a day."""
    given, expected = case["inputs"], case["expected"]
    days = {
        "stock": given["inventory_value"] / given["cogs_per_day"],
        "customer": given["receivable"] / given["revenue_per_day"],
        "supplier": given["payable"] / given["purchases_per_day"],
    }
    network = dealer(days, value=given["cogs_per_day"], price=given["revenue_per_day"], cost=given["purchases_per_day"])
    cash = measure_project(network, replications=2).cash.filter(pl.col("account_id") == "us").to_dicts()[0]
    assert cash["inventory"] == pytest.approx(given["inventory_value"])
    assert cash["receivable"] == pytest.approx(given["receivable"])
    assert cash["payable"] == pytest.approx(given["payable"])
    for name, wanted in (("inventory", "dio"), ("receivable", "dso"), ("payable", "dpo"), ("cash_to_cash", "c2c")):
        assert cash[f"{name}_days"] == pytest.approx(expected[wanted], rel=case["tol"]["value"])
        assert cash[f"{name}_days_half_width"] == 0


def dealer(days: dict[str, float], *, value: float, price: float, cost: float) -> Network:
    """Return who buys a unit a day and sells it, with so many days of stock, and terms of customer and supplier."""
    return network_of(
        {
            "sites": [{"site_id": "shop", "latitude": 50.0, "longitude": 9.0, "owner": "us"}],
            "products": [{"product_id": "car", "value": value}],
            "lanes": [],
            "demand": [{"site_id": "shop", "product_id": "car", "quantity": "1", "price": price, "customer": "them"}],
            "stock_points": [
                {"site_id": "shop", "product_id": "car", "base_stock": days["stock"] + 1, "initial_stock": days["stock"] + 1}
            ],
            "sources": [
                {"site_id": "shop", "product_id": "car", "kind": "buy", "partner": "maker", "lead_time": "1", "cost": cost}
            ],
            "partners": [
                {"partner_id": "us"},
                {"partner_id": "them", "payment_term_days": int(days["customer"])},
                {"partner_id": "maker", "payment_term_days": int(days["supplier"])},
            ],
        },
        Settings(name="dealer", horizon=30, warm_up=120),
    )


def test_measure_project__owners_and_all_as_one() -> None:
    network = load(Example.MEDICINES)
    options: dict[str, int] = {"periods": 30, "warm_up": 10, "replications": 2}
    cash = measure_project(network, **options).cash  # type: ignore[arg-type]
    accounts = simulate(network, **options).accounts.filter("is_owner")  # type: ignore[arg-type]
    assert cash.height == accounts.height + 1
    owners = cash.drop_nulls("account_id")
    joined = owners.join(accounts, on="account_id", suffix="_engine")
    for name in ("margin", "cash"):
        np.testing.assert_allclose(joined[name], joined[f"{name}_engine"], rtol=1e-9, atol=1e-6)
        # What one owner pays another is nothing to all of them together.
        assert cash[name][-1] == pytest.approx(owners[name].sum(), rel=1e-9)
    whole = cash.to_dicts()[-1]
    assert whole["account_id"] is None
    assert whole["revenue"] < owners["revenue"].sum()
    assert whole["inventory"] == pytest.approx(owners["inventory"].sum())
    assert whole["cash_to_cash_days"] == pytest.approx(whole["inventory_days"] + whole["receivable_days"] - whole["payable_days"])


def test_measure_project__without_partners_only_stock_has_days() -> None:
    cash = measure_project(load(Example.BEER_GAME), replications=2).cash
    assert cash.height == 1
    assert cash["inventory_days"][0] > 0
    assert cash.select("receivable", "receivable_days", "payable_days", "cash_to_cash_days").row(0) == (None,) * 4
