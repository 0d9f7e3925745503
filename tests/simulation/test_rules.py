"""Ordering rules against published results: the beer game, echelon levels, smoothing, and plans that change."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin.errors import GraphError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.network import Network, Settings
from chaintwin.network.state import initial_state
from chaintwin.simulation import simulate
from tests.graphs import blocks_of, graph_of, trace
from tests.network.building import network_of
from tests.shared_data import cases_of, matches


def beer_game(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the four stages of the beer game, from the retailer up to the factory, in the notation of the traces."""
    names = ["retailer", "wholesaler", "distributor", "factory"]
    flow, buffers, activities = inputs["init_flow"], [], []
    for stage, name in enumerate(names):
        rule = {"type": "sterman", "S": inputs["S_prime"][stage], "alpha": 1.0, "beta": 1.0}
        rule |= {"theta": inputs["theta"], "forecast": float(flow)}
        buffers.append({"id": name, "init": inputs["init_inventory"], "policy": rule})
        last = stage == len(names) - 1
        lead, delay = (inputs["factory_lead"], inputs["factory_info"]) if last else (inputs["ship_delay"], inputs["info_delay"])
        activities.append(
            {
                "id": f"to {name}",
                "in": {} if last else {names[stage + 1]: 1},
                "out": {name: 1},
                "lead": lead,
                "info_delay": delay,
                "pipeline": [flow] * lead,
                "info": [flow] * delay,
            }
        )
    low, high, weeks = inputs["demand"]
    series = [low] * weeks + [high] * (inputs["weeks"] - weeks)
    return {"buffers": buffers, "activities": activities, "demands": [{"buffer": "retailer", "series": series}]}


@pytest.mark.parametrize("case", cases_of("cases/simulation.json", "sim.beer_game"))
@pytest.mark.parametrize("integer", [True, False])
def test_engine__beer_game(integer: bool, case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    network = beer_game(inputs)
    seen = trace(compile_graph(graph_of(network, integer=integer)), periods=inputs["weeks"])
    names = [buffer["id"] for buffer in network["buffers"]]
    costs = []
    for stage, name in enumerate(names):
        owed = np.array(seen["backlog"][0] if stage == 0 else seen["waiting"][f"to {names[stage - 1]}"])
        costs.append(float((inputs["h"] * np.array(seen["on_hand"][name]) + inputs["b"] * owed).sum()))
    first = inputs["h"] * inputs["init_inventory"] * len(names)
    found = {"cost_by_stage": costs, "total": sum(costs), "total_with_week0": sum(costs) + first}
    for name, value in expected.items():
        assert matches(found[name], value, tolerance=case["tol"]["value"]), (name, found)


@pytest.mark.parametrize("case", cases_of("cases/simulation.json", "sim.clark_scarf"))
def test_engine__echelon_levels_of_a_serial_system(case: dict[str, Any]) -> None:
    """Echelon levels and the local levels they are the differences of give the same orders, period by period."""
    echelon = case["expected"]["S_echelon"]
    local = [echelon[0], *np.diff(echelon)]
    leads = [2, 1, 3]
    seen = []
    for kind, levels in (("base_stock", local), ("echelon", echelon)):
        buffers = [{"id": f"s{stage}", "init": local[stage], "policy": {"type": kind, "S": levels[stage]}} for stage in range(3)]
        activities = [
            {
                "id": f"a{stage}",
                "in": {f"s{stage + 1}": 1} if stage < 2 else {},
                "out": {f"s{stage}": 1},
                "lead": leads[stage],
            }
            for stage in range(3)
        ]
        series = np.random.default_rng(3).gamma(4.0, 1.2, 80).tolist()
        network = {"buffers": buffers, "activities": activities, "demands": [{"buffer": "s0", "series": series}]}
        seen.append(trace(compile_graph(graph_of(network, integer=False)), periods=80))
    for name in ("on_hand", "ordered", "backlog"):
        assert matches(seen[1][name], seen[0][name], tolerance=1e-9), name


@pytest.mark.parametrize("case", cases_of("cases/bullwhip.json", "bw.pout"))
def test_engine__smoothing(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    mean, sd, lead = 100.0, 10.0, inputs["L"]
    # Without smoothing orders vary as demand does, and net stock as the demand of the lead time (METHODS 4.3).
    wanted = ((inputs["Ti"], expected["order_ratio"], expected["net_stock_ratio"]), (1.0, 1.0, float(lead)))
    for gap, orders, stock in wanted:
        rule = {"type": "smoothed", "S": mean * lead + 60.0, "gain": 1 / gap, "theta": 0.0, "forecast": mean}
        network = {
            "buffers": [{"id": "s", "init": 300.0, "policy": rule}],
            "activities": [{"id": "o", "in": {}, "out": {"s": 1}, "lead": lead}],
            "demands": [{"buffer": "s", "law": f"normal({mean}, {sd})"}],
        }
        program = compile_graph(graph_of(network, integer=False))
        block = blocks_of(program, initial_state(program), periods=400, warm_up=100, width=512, seed=9)
        block.advance(100)
        block.count_from_here()
        rows, before = block.plan.tape.rows, np.zeros(512)
        ordered, net = [], []
        for period in range(100, 500):
            block.advance(period + 1)
            started = block.read(rows.started)[0]
            ordered.append(started - before)
            before = started
            net.append((block.read(rows.on_hand) - block.read(rows.backlog))[0])
        for name, values, ratio in (("orders", ordered, orders), ("net stock", net, stock)):
            assert np.var(values) / sd**2 == pytest.approx(ratio, rel=0.02), (gap, name)


def test_compile_graph__an_echelon_above_a_loop_is_refused() -> None:
    network = {
        "buffers": [
            {"id": name, "init": 5, "policy": {"type": "echelon" if name == "a" else "base_stock", "S": 20}} for name in "abc"
        ],
        "activities": [
            {"id": "buy", "in": {}, "out": {"a": 1}, "lead": 1},
            {"id": "down", "in": {"a": 1}, "out": {"b": 1}, "lead": 1, "share": 0.5},
            {"id": "on", "in": {"b": 1}, "out": {"c": 1}, "lead": 1, "info_delay": 1},
            {"id": "back", "in": {"c": 1}, "out": {"b": 1}, "lead": 1, "info_delay": 1, "share": 0.5},
        ],
        "demands": [{"buffer": "c", "series": [1]}],
    }
    with pytest.raises(GraphError, match="loop below"):
        compile_graph(graph_of(network, integer=True))


def shop(**point: object) -> Network:
    """Return one shop that buys what it sells by a rule of its own."""
    return network_of(
        {
            "sites": [{"site_id": "shop", "kind": "store", "latitude": 51.0, "longitude": 9.0}],
            "products": [{"product_id": "tea", "value": 10.0}],
            "lanes": [],
            "demand": [{"site_id": "shop", "product_id": "tea", "quantity": "poisson(20)"}],
            "stock_points": [{"site_id": "shop", "product_id": "tea"} | point],
            "sources": [{"site_id": "shop", "product_id": "tea", "kind": "buy", "lead_time": "2", "cost": 10.0}],
            "series": [{"series_id": "plan", "period": period, "value": level} for period, level in enumerate((30, 90))],
        },
        Settings(name="shop", horizon=200, warm_up=50),
    )


@pytest.mark.parametrize(
    "point",
    [
        {"policy": "min_max"},
        {"policy": "kanban", "order_quantity": 15},
        {"policy": "smoothed", "gain_rate": 0.5, "forecast_rate": 0.1},
        {"policy": "sterman", "gain_rate": 0.5, "supply_line_rate": 0.8},
        {"policy": "echelon", "base_stock": 70},
        {"policy": "base_stock", "level_series": "plan"},
        {"minimum_order": 30, "batch": 12},
    ],
)
def test_simulate__rules_of_the_tables_serve_demand(point: dict[str, object]) -> None:
    result = simulate(shop(**point), replications=20)
    assert result["fill_rate"][0] > 0.6, point
    assert result.activities["ordered"].item() == pytest.approx(20, rel=0.03)


def test_simulate__full_gain_smooths_nothing() -> None:
    plain, smoothed = (simulate(shop(policy=policy), replications=4) for policy in ("base_stock", "smoothed"))
    assert smoothed["on_hand"][0] == pytest.approx(plain["on_hand"][0], abs=1e-6)


def test_simulate__constant_orders() -> None:
    result = simulate(shop(policy="constant", order_quantity=7, review_period=2), replications=2)
    assert result.activities["ordered"].to_list() == pytest.approx([3.5])
    assert result.activities.select(pl.col("order_rate")).item() == 0.5
