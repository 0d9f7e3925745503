"""Several sources: two speeds against published recursions, tiers by hand, and what cannot be compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chaintwin.errors import GraphError
from chaintwin.network.compiling import compile_graph
from tests.graphs import graph_of, trace
from tests.shared_data import cases_of, matches

Network = dict[str, Any]


def two_speeds(rule: dict[str, Any], *, regular: int, expedited: int, init: float, demand: list[float]) -> Network:
    """Return one buffer with a slow and a fast source, both from outside."""
    return {
        "buffers": [{"id": "b", "init": init, "policy": rule}],
        "activities": [
            {"id": "slow", "in": {}, "out": {"b": 1}, "lead": regular},
            {"id": "fast", "in": {}, "out": {"b": 1}, "lead": expedited, "tier": 1},
        ],
        "demands": [{"buffer": "b", "series": demand}],
    }


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize("case", cases_of("cases/simulation.json", "sim.dual_index"))
def test_dual_index__worked_case(case: dict[str, Any], integer: bool) -> None:
    given, expected = case["inputs"], case["expected"]
    rule = {"type": "dual", "S": given["S_regular"], "Se": given["S_expedite"]}
    leads = {"regular": given["lead_regular"], "expedited": given["lead_expedite"]}
    network = two_speeds(rule, **leads, init=given["init"], demand=given["demand"])
    seen = trace(compile_graph(graph_of(network, integer=integer)), periods=len(given["demand"]))
    net = np.array(seen["on_hand"]["b"]) - np.array(seen["backlog"][0])
    for name, values in (("net_inventory", net), ("expedited", seen["ordered"]["fast"]), ("regular", seen["ordered"]["slow"])):
        assert matches(list(values), expected[name], tolerance=case["tol"]["value"]), name


def test_dual_index__any_two_leads_follow_the_recursion() -> None:
    choose = np.random.default_rng(3)
    for _ in range(20):
        fast, gap = int(choose.integers(1, 4)), int(choose.integers(1, 5))
        slow, levels = fast + gap, choose.integers(5, 60, size=2)
        demand = choose.integers(0, 15, size=40).tolist()
        network = two_speeds(
            {"type": "dual", "S": int(levels.max()), "Se": int(levels.min())},
            regular=slow,
            expedited=fast,
            init=20,
            demand=demand,
        )
        seen = trace(compile_graph(graph_of(network, integer=True)), periods=40)
        net, due = 20.0, np.zeros(60)
        for period, asked in enumerate(demand):
            net += due[period] - asked
            ahead = due[period + 1 : period + fast + 1].sum()
            quick = max(levels.min() - net - ahead, 0.0)
            due[period + fast] += quick
            steady = max(levels.max() - net - due[period + 1 :].sum(), 0.0)
            due[period + slow] += steady
            assert (seen["ordered"]["fast"][period], seen["ordered"]["slow"][period]) == (quick, steady)


def test_base_surge__regular_orders_never_change_and_the_rest_is_expedited() -> None:
    demand = [float(value) for value in np.random.default_rng(1).integers(0, 20, size=60)]
    network = two_speeds({"type": "surge", "S": 12, "Q": 8}, regular=5, expedited=1, init=12, demand=demand)
    seen = trace(compile_graph(graph_of(network, integer=False)), periods=60)
    assert set(seen["ordered"]["slow"]) == {8.0}
    # Janakiraman, Seshadri & Sheopuri 2015: what is owed to the index is expedited, and the overshoot follows a random walk.
    overshoot, due = 0.0, [0.0] * 5 + [8.0] * 60
    for period, asked in enumerate(demand):
        wanted = asked - overshoot - (due[period + 1] if period else due[1])
        assert seen["ordered"]["fast"][period] == pytest.approx(max(wanted, 0.0))
        overshoot = max(-wanted, 0.0)


def tiered(*, stock: tuple[float, float], demand: list[float], last: dict[str, Any] | None = None) -> Network:
    """Return a shop that is filled from two warehouses, the first asked first."""
    return {
        "buffers": [
            {"id": "near", "init": stock[0], "policy": {"type": "none"}},
            {"id": "far", "init": stock[1], "policy": {"type": "none"}},
            {"id": "shop", "init": 0, "policy": {"type": "base_stock", "S": 0}},
        ],
        "activities": [
            {"id": "a", "in": {"near": 1}, "out": {"shop": 1}, "lead": 1},
            {"id": "b", "in": {"far": 2}, "out": {"shop": 1}, "lead": 1, "tier": 1} | (last or {}),
        ],
        "demands": [{"buffer": "shop", "series": demand}],
        "resources": {"dock": [3.0] * len(demand)},
    }


@pytest.mark.parametrize("integer", [True, False])
def test_tiers__the_next_gets_what_the_first_cannot_start(integer: bool) -> None:
    network = tiered(stock=(10, 9), demand=[7, 5, 4])
    seen = trace(compile_graph(graph_of(network, integer=integer)), periods=3)
    whole = 4.0 if integer else 4.5
    # 7 of 10 are there; then 3 of 5, and 2 come from afar, 4 units there; the last order finds nothing near and 5 afar, and what
    # nobody can start waits at the first source.
    assert seen["ordered"]["a"] == [7.0, 3.0, 4.0 - (whole - 2.0)]
    assert seen["ordered"]["b"] == [0.0, 2.0, whole - 2.0]


def test_tiers__capacity_counts_as_stock_does() -> None:
    network = tiered(stock=(10, 90), demand=[12, 12], last={"use": {"dock": 2}})
    network["activities"].append({"id": "c", "in": {}, "out": {"shop": 1}, "lead": 1, "tier": 5})
    seen = trace(compile_graph(graph_of(network, integer=False)), periods=2)
    assert seen["ordered"]["a"] == [10.0, 0.0]
    assert seen["ordered"]["b"] == [1.5, 1.5]
    assert seen["ordered"]["c"] == [0.5, 10.5]


def test_tiers__stock_promised_to_one_is_not_free_for_another() -> None:
    network = tiered(stock=(10, 90), demand=[8])
    network["buffers"].append({"id": "a shop", "init": 0, "policy": {"type": "base_stock", "S": 0}})
    network["activities"].append({"id": "d", "in": {"near": 1}, "out": {"a shop": 1}, "lead": 1})
    network["demands"].append({"buffer": "a shop", "series": [7]})
    seen = trace(compile_graph(graph_of(network, integer=True)), periods=1)
    assert [seen["ordered"][name] for name in "dab"] == [[7.0], [3.0], [5.0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tier": 0}, "no expedited source"),
        ({"lead": "pmf(1:0.5, 2:0.5)"}, "fast: found a random lead time"),
    ],
)
def test_two_speeds__refuses_what_it_cannot_order_from(change: dict[str, Any], message: str) -> None:
    network = two_speeds({"type": "dual", "S": 9, "Se": 3}, regular=3, expedited=1, init=5, demand=[1])
    network["activities"][1] |= change
    with pytest.raises(GraphError, match=message):
        compile_graph(graph_of(network, integer=False))


def test_substitution__turns_the_substitute_into_what_is_missing_today() -> None:
    network = {
        "buffers": [
            {"id": "brand", "init": 5, "policy": {"type": "dual", "S": 20, "Se": 0}},
            {"id": "generic", "init": 9, "policy": {"type": "none"}},
        ],
        "activities": [
            {"id": "buy", "in": {}, "out": {"brand": 1}, "lead": 3},
            {"id": "swap", "in": {"generic": 1}, "out": {"brand": 1}, "lead": 0, "tier": 1},
        ],
        "demands": [{"id": "d", "buffer": "brand", "series": [7, 4, 0, 30]}],
    }
    seen = trace(compile_graph(graph_of(network, integer=True)), periods=4)
    assert seen["started"]["swap"] == [2.0, 4.0, 0.0, 3.0]
    assert seen["shipped"][0][:3] == [7.0, 4.0, 0.0]
    assert seen["on_hand"]["generic"][-1] == 0.0
