"""Stock that expires: long-run values by a Markov chain, first ages, laws, and the columns of the tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from chaintwin.errors import GraphError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.network import Network, Settings
from chaintwin.network.program import Program
from chaintwin.network.state import Lots, initial_state
from chaintwin.simulation import simulate
from chaintwin.simulation.tape.ages.lots import expires
from chaintwin.simulation.tape.assembling import assemble
from tests.graphs import blocks_of, graph_of
from tests.network.building import network_of


def shelf(**buffer: Any) -> dict[str, Any]:
    """Return a shelf that is filled to 10 the period after an order; what it cannot serve is lost."""
    return {
        "buffers": [{"id": "s", "init": 10, "policy": {"type": "base_stock", "S": 10}, "life": 2} | buffer],
        "activities": [{"id": "o", "in": {}, "out": {"s": 1}, "lead": 1}],
        "demands": [{"buffer": "s", "law": "poisson(6)", "lost_fraction": 1.0}],
    }


def chain(*, mean: float, level: int, youngest_first: bool) -> dict[str, float]:
    """Return long-run expiry, loss and orders of a life of two periods, by iterating the chain of the old stock.

    Old and new stock are ``level`` together, because a rule that does not count on what expires fills up to it every period.
    """
    demands = np.arange(80)
    chance = stats.poisson.pmf(demands, mean)
    share, total = np.zeros(level + 1), {"expired": 0.0, "lost": 0.0, "orders": 0.0}
    share[0] = 1.0
    for step in range(400):
        after = np.zeros(level + 1)
        for old in range(level + 1):
            new = level - old
            for demand, likely in zip(demands, chance, strict=True):
                weight = share[old] * likely
                taken = min(demand, level)
                left = max(new - taken, 0) if youngest_first else new - max(taken - old, 0)
                gone = level - taken - left
                after[left] += weight
                if step == 399:
                    total["expired"] += weight * gone
                    total["lost"] += weight * (demand - taken)
                    total["orders"] += weight * (level - left)
        share = after
    return total


@pytest.mark.parametrize("issue", ["fifo", "lifo"])
def test_engine__long_run_value_by_issue_rule(issue: str) -> None:
    exact = chain(mean=6.0, level=10, youngest_first=issue == "lifo")
    program = compile_graph(graph_of(shelf(issue=issue), integer=True))
    blocks = blocks_of(program, initial_state(program), periods=1000, warm_up=50, width=64, seed=2, count=16)
    blocks.advance(50)
    blocks.count_from_here()
    blocks.advance(1050)
    assert blocks.breach() is None
    rows = blocks.plan.tape.rows
    for name, row in (("expired", rows.expired), ("lost", rows.lost), ("orders", rows.started)):
        values = blocks.read(row)[0] / 1000
        error = values.std(ddof=1) / np.sqrt(values.size)
        assert abs(values.mean() - exact[name]) <= 4 * error + 0.002 * exact[name], name


def readings(program: Program, ages: list[int], quantities: list[float], *, first: int, periods: int) -> list[float]:
    lots = Lots(np.zeros(len(ages), dtype=np.int64), np.array(ages), np.zeros(len(ages), dtype=np.int64), np.array(quantities))
    blocks = blocks_of(program, replace(initial_state(program), period=first, lots=lots), periods=periods)
    stock = []
    for period in range(first, first + periods):
        blocks.advance(period + 1)
        assert blocks.breach() is None
        stock.append(float(blocks.read(blocks.plan.tape.rows.on_hand)[0, 0]))
    return stock


@pytest.mark.parametrize("first", [0, 3, 10])
@pytest.mark.parametrize("issue", ["fifo", "lifo"])
def test_first_lots__leave_by_their_ages(issue: str, first: int) -> None:
    network = shelf(life=4, issue=issue, policy={"type": "none"})
    network["demands"] = [{"buffer": "s", "series": [0]}]
    program = compile_graph(graph_of(network, integer=True))
    # Of ages 0 to 3 one leaves after another; what is older than may be leaves with the oldest.
    seen = readings(program, [0, 1, 2, 3, 9], [1.0, 10.0, 100.0, 1000.0, 5000.0], first=first, periods=6)
    assert seen == [111.0, 11.0, 1.0, 0.0, 0.0, 0.0]


def test_first_lots__issue_rule_says_which_are_taken() -> None:
    for issue, expected in (("fifo", [3.0, 3.0, 0.0]), ("lifo", [1.0, 0.0, 0.0])):
        network = shelf(life=3, issue=issue, policy={"type": "none"})
        network["demands"] = [{"buffer": "s", "series": [4, 0, 0]}]
        program = compile_graph(graph_of(network, integer=True))
        # Two each of ages 1 and 2, three of age 0: of 7 units 4 are taken.
        assert readings(program, [2, 1, 0], [2.0, 2.0, 3.0], first=0, periods=3) == expected, issue


def test_expires__only_what_can_within_the_run() -> None:
    program = compile_graph(graph_of(shelf(life=30), integer=True))
    state = initial_state(program)
    assert [bool(expires(program, state, periods=periods)[0]) for periods in (29, 30, None)] == [False, True, True]
    older = replace(state, lots=replace(state.lots, age=np.array([5])))
    assert [bool(expires(program, older, periods=periods)[0]) for periods in (24, 25)] == [False, True]
    # Leaving the ages out changes nothing.
    stock = []
    for periods in (29, None):
        tape = assemble(program, state, periods=periods)
        assert bool(tape.rows.lots_length[0] == 0) is (periods == 29)
        stock.append(tape.first[tape.rows.on_hand])
    assert stock[0] == stock[1]


def test_lot_rows__lives_that_fit_no_memory_are_refused() -> None:
    network = shelf(life=100_000)
    network["buffers"] += [{"id": f"b{number}", "policy": {"type": "none"}, "life": 100_000} for number in range(300)]
    program = compile_graph(graph_of(network, integer=True))
    with pytest.raises(GraphError, match="periods of shelf life"):
        assemble(program, initial_state(program))


@pytest.mark.parametrize("issue", ["fifo", "lifo"])
def test_breach__sees_stock_that_expired_and_is_still_there(issue: str) -> None:
    program = compile_graph(graph_of(shelf(issue=issue), integer=True))
    blocks = blocks_of(program, initial_state(program), periods=20, width=4, seed=1)
    blocks.advance(20)
    assert blocks.breach() is None
    blocks.table[0, blocks.plan.tape.rows.expired[0], 2] += 1.0
    breach = blocks.breach()
    assert breach is not None
    assert (breach.law, breach.entity, breach.replication) == (1, 0, 2)


def test_breach__sees_classes_that_are_not_the_stock() -> None:
    for issue, name in (("fifo", "held"), ("lifo", "lots")):
        program = compile_graph(graph_of(shelf(issue=issue), integer=True))
        blocks = blocks_of(program, initial_state(program), periods=20, width=4, seed=1)
        blocks.advance(20)
        blocks.table[0, getattr(blocks.plan.tape.rows, name)[0], 1] += 1.0
        breach = blocks.breach()
        assert breach is not None, issue
        assert (breach.law, breach.entity, breach.replication) == (1, 0, 1)


def shop(product: dict[str, Any] | None = None, **point: Any) -> Network:
    """Return a shop that buys two weeks' demand at a time."""
    return network_of(
        {
            "sites": [{"site_id": "shop", "kind": "store", "latitude": 51.0, "longitude": 9.0}],
            "products": [{"product_id": "milk", "value": 2.0} | (product or {})],
            "lanes": [],
            "demand": [{"site_id": "shop", "product_id": "milk", "quantity": "poisson(10)"}],
            "stock_points": [
                {"site_id": "shop", "product_id": "milk", "policy": "R_nQ", "reorder_point": 20, "order_quantity": 140} | point
            ],
            "sources": [{"site_id": "shop", "product_id": "milk", "kind": "buy", "lead_time": "1", "cost": 2.0}],
        },
        Settings(name="shop", horizon=200, warm_up=50),
    )


def test_simulate__shelf_life_of_the_tables() -> None:
    lasting = simulate(shop(), replications=8)
    assert lasting["expired"][0] == 0 == lasting["expired_cost"][0]
    product, point = simulate(shop({"shelf_life": 8}), replications=8), simulate(shop(shelf_life=8), replications=8)
    assert product["expired"][0] > 1
    assert product.stock_points["expired"].to_list() == point.stock_points["expired"].to_list()
    # The stock point's own life counts first.
    assert simulate(shop({"shelf_life": 8}, shelf_life=100), replications=8)["expired"][0] == 0
    youngest = simulate(shop(shelf_life=16, issue_rule="lifo"), replications=8)
    oldest, first = (simulate(shop(shelf_life=16, issue_rule=rule), replications=8) for rule in ("fifo", "fefo"))
    assert youngest["expired"][0] > oldest["expired"][0] == first["expired"][0]


def test_simulate__disposal_costs_what_it_says() -> None:
    result = simulate(shop(shelf_life=8, disposal_cost=3.0), replications=8)
    assert result["expired_cost"][0] == pytest.approx(3.0 * result["expired"][0])
    bare = simulate(shop(shelf_life=8), replications=8)
    assert result["total_cost"][0] - bare["total_cost"][0] == pytest.approx(result["expired_cost"][0])
    # What is bought is sold, expires or stays.
    bought = result.activities["started"].item()
    sold = result.streams.select(pl.col("shipped")).item()
    assert bought == pytest.approx(sold + result["expired"][0], abs=1.0)
