"""Stock that is short, shared by age and by targets, and demand that is shipped whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chaintwin.network.compiling import compile_graph
from chaintwin.network.network import Network, Settings
from chaintwin.network.state import OpenOrders, State, initial_state
from chaintwin.simulation import simulate
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.operations import Op
from tests.graphs import blocks_of, graph_of, trace
from tests.network.building import network_of
from tests.oracles.plain_network import simulate_plain
from tests.shared_data import matches
from tests.strategies import EVERYTHING, random_network


def counter(series: list[list[float]], arrivals: list[float], *, complete: bool = False, **buffer: Any) -> dict[str, Any]:
    """Return one counter that orders nothing, with what arrives and a series of demand for each customer."""
    return {
        "buffers": [{"id": "s", "init": 0, "policy": {"type": "none"}} | buffer],
        "activities": [{"id": "o", "in": {}, "out": {"s": 1}, "lead": len(arrivals), "pipeline": arrivals}],
        "demands": [{"id": f"d{n}", "buffer": "s", "series": values, "complete": complete} for n, values in enumerate(series)],
    }


def shipped(network: dict[str, Any], *, periods: int, integer: bool = True) -> list[list[float]]:
    found: list[list[float]] = trace(compile_graph(graph_of(network, integer=integer)), periods=periods)["shipped"]
    return found


def test_allocate__by_age_serves_the_older_claim_first() -> None:
    # The first customer asks a day earlier; on the third day there is enough for him alone.
    series = [[4.0, 0.0, 0.0, 0.0], [0.0, 6.0, 0.0, 0.0]]
    by_age = shipped(counter(series, [0, 0, 5, 5], allocation="by_age"), periods=4)
    assert by_age == [[0.0, 0.0, 4.0, 0.0], [0.0, 0.0, 1.0, 5.0]]
    assert shipped(counter(series, [0, 0, 5, 5]), periods=4) == [[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 3.0, 3.0]]


def test_allocate__by_age_in_proportion_within_a_period() -> None:
    series = [[1.0, 3.0, 0.0], [1.0, 6.0, 0.0]]
    # Two are yesterday's, and three of today's nine go by largest remainder.
    assert shipped(counter(series, [0, 5, 0], allocation="by_age"), periods=3) == [[0.0, 2.0, 0.0], [0.0, 3.0, 0.0]]
    assert shipped(counter(series, [0, 5, 0], allocation="by_age"), periods=3, integer=False)[0][1] == pytest.approx(2.0)


def test_allocate__claims_older_than_the_classes_are_one() -> None:
    series = [[4.0] + [0.0] * 50, [0.0, 0.0, 12.0] + [0.0] * 48]
    for wait, expected in ((20, [4.0, 0.0]), (30, [4.0, 0.0]), (40, [1.0, 3.0])):
        network = counter(series, [0.0] * wait + [4.0], allocation="by_age")
        assert [values[wait] for values in shipped(network, periods=wait + 1)] == expected, wait


def two_shops(stock: tuple[float, float], *, rule: str) -> dict[str, Any]:
    """Return a hub with 10 units and two shops that order up to 20 and 10."""
    levels = (20, 10)
    names = ("big", "small")
    return {
        "buffers": [{"id": "hub", "init": 10, "policy": {"type": "none"}, "allocation": rule}]
        + [
            {"id": name, "init": held, "policy": {"type": "base_stock", "S": level}}
            for name, held, level in zip(names, stock, levels, strict=True)
        ],
        "activities": [{"id": f"to {name}", "in": {"hub": 1}, "out": {name: 1}, "lead": 1} for name in names],
        "demands": [],
    }


@pytest.mark.parametrize(
    ("stock", "expected"),
    [
        # 17 and 9 are claimed; 3 + 1 + 10 units are 14/30 of both levels.
        ((3.0, 1.0), [6.0, 4.0]),
        # One that is far below its level gets all.
        ((0.0, 8.0), [10.0, 0.0]),
        # Both come to 29/30.
        ((19.0, 0.0), [0.0, 10.0]),
    ],
)
def test_allocate__fair_share_fills_to_one_part_of_the_targets(stock: tuple[float, float], expected: list[float]) -> None:
    for integer in (True, False):
        program = compile_graph(graph_of(two_shops(stock, rule="fair_share"), integer=integer))
        started = trace(program, periods=1)["started"]
        reached = (sum(stock) + 10) / 30
        exact = expected if stock[1] == 8 else [reached * 20 - stock[0], reached * 10 - stock[1]]
        assert [started["to big"][0], started["to small"][0]] == pytest.approx(expected if integer else exact)


@pytest.mark.parametrize("integer", [True, False])
def test_ship__complete_waits_for_the_whole_and_lets_nobody_overtake(integer: bool) -> None:
    series = [[5.0, 2.0, 3.0, 0.0]]
    network = counter(series, [4, 0, 4, 2], complete=True)
    # 4 are too few for 5; later 8 serve 5 and 2, and 3 wait for the last two.
    assert shipped(network, periods=4, integer=integer)[0] == [0.0, 0.0, 7.0, 3.0]
    assert shipped(counter(series, [4, 0, 4, 2]), periods=4, integer=integer)[0] == [4.0, 0.0, 4.0, 2.0]


def test_ship__complete_demand_of_old_leaves_in_part() -> None:
    network = counter([[5.0] + [0.0] * 40], [4.0], complete=True)
    assert [period for period, units in enumerate(shipped(network, periods=40)[0]) if units] == [31]


def test_first_classes__backlog_is_of_yesterday_and_orders_of_the_period_they_were_seen_in() -> None:
    network = two_shops((20.0, 10.0), rule="by_age")
    network["demands"] = [{"id": "d", "buffer": "hub", "series": [0]}]
    program = compile_graph(graph_of(network, integer=True))
    state = replace(initial_state(program), period=7)
    for visible, expected in ((4, [6.0, 4.0]), (6, [5.0, 5.0]), (7, [10.0, 0.0])):
        orders = OpenOrders(np.array([0]), np.array([visible]), np.array([6.0 if visible < 6 else 10.0]))
        begun: State = replace(state, orders=orders, backlog=np.array([10.0]))
        blocks = blocks_of(program, begun, periods=1)
        blocks.advance(8)
        assert blocks.breach() is None
        rows = blocks.plan.tape.rows
        served = [float(blocks.read(rows.started)[0, 0]), float(blocks.read(rows.shipped)[0, 0])]
        assert served == (expected if visible < 7 else expected[::-1]), visible


@pytest.mark.parametrize("integer", [True, False])
def test_run_kernel__long_waits_agree_with_the_plain_engine(integer: bool) -> None:
    features = replace(EVERYTHING, random_leads=False)
    for seed in range(12):
        case = random_network(seed, integer=integer, periods=80, buffers=3, features=features)
        network = case["network"]
        for buffer in network["buffers"]:
            buffer["allocation"] = "by_age"
            # Too little is ordered, so that claims grow old.
            buffer["policy"] = {"type": "constant", "Q": 2}
        expected = simulate_plain(network, 80, integer)
        seen = trace(compile_graph(graph_of(network, integer=integer)), periods=80)
        for name in ("on_hand", "backlog", "started"):
            assert matches(seen[name], expected[name], tolerance=0.0 if integer else 1e-9), (seed, name)


def test_assemble__one_claim_needs_no_rule() -> None:
    network = counter([[1.0]], [1.0], allocation="by_age")
    program = compile_graph(graph_of(network, integer=True))
    tape = assemble(program, initial_state(program))
    assert not set(tape.code[:, 0].tolist()) & {Op.ALLOCATE, Op.ALLOCATE_BY_AGE, Op.AGE_IN}
    assert not tape.rows.classes_length.any()


def shop(*, shipping: str = "partial", allocation: str = "proportional") -> Network:
    """Return a shop with two customers and little stock."""
    point = {"site_id": "shop", "product_id": "tea", "base_stock": 60, "allocation": allocation}
    asked = [("a", "poisson(20)"), ("b", "gamma(mean=10, cv=1)")]
    return network_of(
        {
            "sites": [{"site_id": "shop", "kind": "store", "latitude": 51.0, "longitude": 9.0}],
            "products": [{"product_id": "tea", "value": 10.0}],
            "lanes": [],
            "demand": [
                {"site_id": "shop", "product_id": "tea", "market": market, "quantity": law, "shipping": shipping}
                for market, law in asked
            ],
            "stock_points": [point],
            "sources": [{"site_id": "shop", "product_id": "tea", "kind": "buy", "lead_time": "2", "cost": 10.0}],
        },
        Settings(name="shop", horizon=100, warm_up=20),
    )


def test_simulate__sharing_rules_of_the_tables() -> None:
    plain = simulate(shop(), replications=16)
    for allocation in ("fifo", "fair_share"):
        other = simulate(shop(allocation=allocation), replications=16)
        # Who gets it changes, what is there does not.
        assert other["on_hand"][0] == pytest.approx(plain["on_hand"][0])
        served = [frame.streams["backlog"].to_list() for frame in (plain, other)]
        assert (served[0] == pytest.approx(served[1], rel=1e-3)) is (allocation == "fair_share")
    whole = simulate(shop(shipping="complete"), replications=16)
    assert whole["fill_rate"][0] < plain["fill_rate"][0]
    assert whole["on_hand"][0] > plain["on_hand"][0]
