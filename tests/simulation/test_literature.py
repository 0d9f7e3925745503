"""The engine reaches the published long-run values by simulation.

Sources of the cases are named in the case file; the values are exact, so a case passes when the simulated mean lies within
four standard errors plus 0.2 % of it, after 200 periods of warm-up and at least four million period-samples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chaintwin.network.compiling import compile_graph
from chaintwin.network.program import Program
from chaintwin.network.state import initial_state
from tests.graphs import blocks_of, graph_of, in_process
from tests.shared_data import cases_of

WIDTH, PERIODS, WARM_UP = 4096, 1000, 200

Readings = dict[str, np.ndarray]
Setting = tuple[dict[str, Any], Callable[[Readings], Readings]]


def single(
    rule: dict[str, Any], law: str, *, lead: int, init: float, lost: float = 0.0, capacity: float | None = None
) -> dict[str, Any]:
    """Return one buffer filled from outside."""
    activity: dict[str, Any] = {"id": "o", "in": {}, "out": {"s": 1}, "lead": lead}
    network: dict[str, Any] = {
        "buffers": [{"id": "s", "init": init, "policy": rule}],
        "activities": [activity],
        "demands": [{"buffer": "s", "law": law, "lost_fraction": lost}],
    }
    if capacity is not None:
        activity["use"] = {"line": 1}
        network["resources"] = {"line": [capacity]}
    return network


def newsvendor(case: dict[str, Any]) -> Setting:
    network = single({"type": "base_stock", "S": case["S"]}, f"normal({case['mu']}, {case['sigma']})", lead=1, init=case["S"])
    return network, lambda seen: {"cost_per_period": case["h"] * seen["on_hand"][0] + case["p"] * seen["backlog"][0]}


def base_stock_poisson(case: dict[str, Any]) -> Setting:
    network = single({"type": "base_stock", "S": case["S"]}, f"poisson({case['lam']})", lead=case["L"], init=case["S"])
    return network, lambda seen: {
        "E_on_hand": seen["on_hand"][0],
        "E_backlog": seen["backlog"][0],
        "P_no_backlog": 1 - seen["owing"][0],
        "ready_rate": seen["stocked"][0],
        "fill_rate": seen["immediate"][0] / case["lam"],
        "cost_per_period": case["h"] * seen["on_hand"][0] + case["p"] * seen["backlog"][0],
    }


def reorder_up_to(case: dict[str, Any], s: float, S: float) -> Setting:
    network = single({"type": "sS", "s": s, "S": S}, f"poisson({case['lam']})", lead=1, init=S)
    return network, lambda seen: {
        "cost_per_period": case["h"] * seen["on_hand"][0] + case["p"] * seen["backlog"][0] + case["K"] * seen["starts"][0]
    }


def reorder_multiples(case: dict[str, Any]) -> Setting:
    rule = {"type": "RnQ", "R": case["R"], "Q": case["Q"]}
    network = single(rule, f"poisson({case['lam']})", lead=case["L"], init=case["R"] + case["Q"])
    return network, lambda seen: {
        "E_on_hand": seen["on_hand"][0],
        "E_backlog": seen["backlog"][0],
        "order_frequency": seen["orders"][0],
        "cost_per_period": case["h"] * seen["on_hand"][0]
        + case["p"] * seen["backlog"][0]
        + case.get("K", 0.0) * seen["orders"][0],
    }


def lost_sales(case: dict[str, Any]) -> Setting:
    network = single(
        {"type": "base_stock", "S": case["S"]}, f"poisson({case['lam']})", lead=case.get("L", 2), init=case["S"], lost=1.0
    )
    return network, lambda seen: {
        "fill_rate": seen["immediate"][0] / case["lam"],
        "E_lost": seen["lost"][0],
        "E_on_hand": seen["on_hand"][0],
        "cost_per_period": case["h"] * seen["on_hand"][0] + case["p"] * seen["lost"][0],
    }


def perishable(case: dict[str, Any]) -> Setting:
    # What is left of a period's receipts is the old stock of the next, so the life is 2 periods.
    network = single({"type": "base_stock", "S": case["S"]}, f"poisson({case['lam']})", lead=1, init=case["S"], lost=1.0)
    network["buffers"][0]["life"] = 2
    return network, lambda seen: {
        "E_expired": seen["expired"][0],
        "E_lost": seen["lost"][0],
        "E_orders": seen["started"][0],
        "fill_rate": seen["immediate"][0] / case["lam"],
    }


def capacitated(case: dict[str, Any]) -> Setting:
    rule = {"type": "base_stock", "S": case["S"]}
    network = single(rule, f"poisson({case['lam']})", lead=1, init=case["S"], capacity=case["C"])
    return network, lambda seen: {
        "E_shortfall": seen["waiting"][0],
        "E_on_hand": seen["on_hand"][0],
        "E_backlog": seen["backlog"][0],
        "cost_per_period": case["h"] * seen["on_hand"][0] + case["p"] * seen["backlog"][0],
    }


def clark_scarf(case: dict[str, Any], echelon: list[float]) -> Setting:
    local = np.diff([0.0, *echelon])
    # The local rate of a stage is the sum of the echelon rates from the far end down to it.
    rates = np.cumsum(case["echelon_h"][::-1])[::-1]
    stages = len(local)
    network = {
        "buffers": [
            {"id": f"b{j}", "init": float(local[j]), "policy": {"type": "base_stock", "S": float(local[j])}}
            for j in range(stages)
        ],
        "activities": [
            {"id": f"a{j}", "in": {f"b{j + 1}": 1} if j + 1 < stages else {}, "out": {f"b{j}": 1}, "lead": case["lead"][j]}
            for j in range(stages)
        ],
        "demands": [{"buffer": "b0", "law": f"normal({case['mu']}, {case['sigma']})"}],
    }
    return network, lambda seen: {
        "cost_per_period": case["p"] * seen["backlog"][0]
        + sum(rates[j] * seen["on_hand"][j] for j in range(stages))
        + sum(rates[j + 1] * seen["in_process"][j] for j in range(stages - 1))
    }


SETTINGS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Setting]] = {
    "sim.newsvendor": lambda inputs, _: newsvendor(inputs),
    "sim.base_stock_poisson": lambda inputs, _: base_stock_poisson(inputs),
    "sim.sS_poisson": lambda inputs, expected: reorder_up_to(inputs, expected["s"], expected["S"]),
    "sim.RnQ_poisson": lambda inputs, _: reorder_multiples(inputs),
    "sim.lost_sales": lambda inputs, _: lost_sales(inputs),
    "sim.perishable": lambda inputs, _: perishable(inputs),
    "sim.capacitated": lambda inputs, _: capacitated(inputs),
    "sim.clark_scarf": lambda inputs, expected: clark_scarf(inputs, expected["S_echelon"]),
}


def known_cases() -> list[Any]:
    """Return the long-run cases of the kinds the engine covers."""
    found = cases_of("cases/simulation.json", "sim.")
    return [case for case in found if case.values[0] is None or case.values[0]["kind"] in SETTINGS]


def sample(program: Program, *, seed: int) -> Readings:
    """Return time averages, one a replication, of what a period closes with; arrays are [entity, replication]."""
    block = blocks_of(program, initial_state(program), periods=PERIODS, warm_up=WARM_UP, width=WIDTH, seed=seed)
    block.advance(WARM_UP)
    block.count_from_here()
    rows = block.plan.tape.rows
    totals = {name: np.zeros((size, WIDTH)) for name, size in (("waiting", rows.waiting.size), ("owing", rows.backlog.size))}
    moving = np.zeros((rows.waiting.size, WIDTH))
    for period in range(WARM_UP, WARM_UP + PERIODS):
        block.advance(period + 1)
        totals["waiting"] += block.read(rows.waiting)
        totals["owing"] += block.read(rows.backlog) > 0
        moving += in_process(block)
    names = {"backlog": rows.owed, "on_hand": rows.stock, "stocked": rows.stocked, "immediate": rows.immediate}
    names |= {"lost": rows.lost, "orders": rows.orders, "starts": rows.start_count, "started": rows.started}
    names |= {"expired": rows.expired}
    totals |= {name: block.read(where) for name, where in names.items()} | {"in_process": moving}
    return {name: values / PERIODS for name, values in totals.items()}


@pytest.mark.parametrize("case", known_cases())
def test_engine__long_run_value(case: dict[str, Any]) -> None:
    network, reading = SETTINGS[case["kind"]](case["inputs"], case["expected"])
    seen = reading(sample(compile_graph(graph_of(network, integer=False)), seed=20260701))
    assert seen, "a case without a reading tests nothing"
    for name, values in seen.items():
        exact, mean, error = case["expected"][name], values.mean(), values.std(ddof=1) / np.sqrt(values.size)
        assert abs(mean - exact) <= 4 * error + 0.002 * abs(exact), f"{name}: {mean} against {exact}, error {error}"


@pytest.mark.parametrize("case", cases_of("cases/simulation.json", "sim.order_crossing"))
@pytest.mark.parametrize("mode", ["crossing", "fifo"])
def test_engine__order_crossing(mode: str, case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    law = "pmf(" + ", ".join(f"{periods}:{share}" for periods, share in inputs["pmf"].items()) + ")"
    # Only mean and variance of demand count; a gamma law is never negative.
    demand = f"gamma(mean={inputs['mu']}, cv={np.sqrt(inputs['var']) / inputs['mu']})"
    network = {
        "buffers": [{"id": "s", "init": inputs["S"], "policy": {"type": "base_stock", "S": inputs["S"]}}],
        "activities": [{"id": "o", "in": {}, "out": {"s": 1}, "lead": law, "lead_mode": mode}],
        "demands": [{"buffer": "s", "law": demand}],
    }
    program = compile_graph(graph_of(network, integer=False))
    block = blocks_of(program, initial_state(program), periods=PERIODS, warm_up=WARM_UP, width=WIDTH, seed=5)
    block.advance(WARM_UP)
    block.count_from_here()
    rows, total, square, moving = block.plan.tape.rows, np.zeros(WIDTH), np.zeros(WIDTH), np.zeros(WIDTH)
    for period in range(WARM_UP, WARM_UP + PERIODS):
        block.advance(period + 1)
        net = (block.read(rows.on_hand) - block.read(rows.backlog))[0]
        total += net
        square += net * net
        moving += in_process(block)[0]
    assert block.breach() is None
    means = total / PERIODS
    seen = {
        f"E_NI_{mode}": means,
        f"Var_NI_{mode}": square / PERIODS - means.mean() ** 2,
        "E_lead" if mode == "crossing" else "E_lead_fifo": moving / PERIODS / inputs["mu"],
    }
    for name, values in seen.items():
        error = values.std(ddof=1) / np.sqrt(WIDTH)
        assert abs(values.mean() - expected[name]) <= 4 * error + 0.002 * abs(expected[name]), name


def test_engine__arrival_by_age() -> None:
    """Of what started L periods ago, all is there by then with the chance that one of the ages drawn since is no more than L."""
    law = {1: 0.2, 3: 0.5, 6: 0.3}
    network = {
        "buffers": [{"id": "s", "init": 0, "policy": {"type": "base_stock", "S": 100}}],
        "activities": [{"id": "o", "in": {}, "out": {"s": 1}, "lead": "pmf(1:0.2, 3:0.5, 6:0.3)", "lead_mode": "kaplan"}],
        "demands": [{"buffer": "s", "series": [7]}],
    }
    program = compile_graph(graph_of(network, integer=True))
    block = blocks_of(program, initial_state(program), periods=4000, warm_up=20, width=64, seed=3)
    block.advance(20)
    block.count_from_here()
    block.advance(4020)
    tail = [1.0]
    for age in range(1, 6):
        tail.append(tail[-1] * sum(share for drawn, share in law.items() if drawn > age))
    values = block.read(block.plan.tape.rows.lead_sum)[0] / block.read(block.plan.tape.rows.started)[0]
    error = values.std(ddof=1) / np.sqrt(values.size)
    assert abs(values.mean() - sum(tail)) <= 4 * error + 1e-3
