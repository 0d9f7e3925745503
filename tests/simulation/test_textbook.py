"""The engine reaches textbook answers by simulation (Snyder & Shen, Fundamentals of Supply Chain Theory, and others).

A textbook in which the order comes before the demand has a lead time of one period less than this engine. Models in continuous
time are cut into short periods; models that are solved rather than simulated (lot sizes, guaranteed service) are not here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chaintwin.network.compiling import compile_graph
from tests.graphs import graph_of
from tests.shared_data import cases_of
from tests.simulation.test_literature import clark_scarf, sample, single

FILE = "textbook/cases.json"


def close(values: np.ndarray, wanted: float, *, share: float = 0.002) -> bool:
    """Tell whether a mean over replications is within four standard errors and a share of what is wanted."""
    error = values.std(ddof=1) / np.sqrt(values.size)
    return bool(abs(values.mean() - wanted) <= 4 * error + share * abs(wanted) + 1e-9)


@pytest.mark.parametrize(
    "case", [*cases_of(FILE, "example_4_1"), *cases_of(FILE, "example_4_4"), *cases_of(FILE, "problem_4_8a")]
)
def test_base_stock(case: dict[str, Any]) -> None:
    given, expected = case["inputs"], case["expected"]
    mean = given["demand_mean"]
    law = f"normal({mean}, {given['demand_sd']})" if "demand_sd" in given else f"poisson({mean})"
    level = expected["base_stock_level"]
    network = single({"type": "base_stock", "S": level}, law, lead=given.get("lead_time", 0) + 1, init=level)
    seen = sample(compile_graph(graph_of(network, integer=False)), seed=41)
    on_hand, backlog = seen["on_hand"][0], seen["backlog"][0]
    found = {"cost": given["holding_cost"] * on_hand + given["stockout_cost"] * backlog}
    found |= {"expected_on_hand": on_hand, "expected_backorders": backlog, "cycle_service_level": 1 - seen["owing"][0]}
    # The book counts a unit as served in its period whether it was owed before or not; so does what is served at once here.
    found["fill_rate"] = seen["immediate"][0] / mean
    for name in found.keys() & expected.keys():
        assert close(found[name], expected[name]), name


@pytest.mark.parametrize("case", cases_of(FILE, "example_4_7"))
def test_reorder_point_and_order_up_to(case: dict[str, Any]) -> None:
    given, expected = case["inputs"], case["expected"]
    rule = {"type": "sS", "s": expected["reorder_point"], "S": expected["order_up_to"]}
    network = single(rule, f"poisson({given['demand_mean']})", lead=1, init=expected["order_up_to"])
    seen = sample(compile_graph(graph_of(network, integer=False)), seed=42)
    cost = given["holding_cost"] * seen["on_hand"][0] + given["stockout_cost"] * seen["backlog"][0]
    assert close(cost + given["fixed_cost"] * seen["starts"][0], expected["cost"])


@pytest.mark.parametrize(
    "case", [*cases_of(FILE, "example_6_1"), *cases_of(FILE, "problem_6_1"), *cases_of(FILE, "problem_6_2a")]
)
def test_serial_system(case: dict[str, Any]) -> None:
    given, expected = case["inputs"], case["expected"]
    stages = given["stages_downstream_first"]
    period = min(stage["lead_time"] for stage in stages)
    inputs = {
        "echelon_h": np.array([stage["echelon_holding_cost"] for stage in stages]) * period,
        "lead": [round(stage["lead_time"] / period) for stage in stages],
        "mu": given["demand_mean"] * period,
        "sigma": given["demand_sd"] * np.sqrt(period),
        "p": given["stockout_cost"] * period,
    }
    network, reading = clark_scarf(inputs, expected["echelon_base_stock"])
    cost = reading(sample(compile_graph(graph_of(network, integer=False)), seed=43))["cost_per_period"] / period
    assert close(cost, expected["cost_rate"], share=case["tolerance"]["rel_cost"])


def one_warehouse(given: dict[str, Any], *, period: float) -> dict[str, Any]:
    """Return the network of a warehouse that serves first what was asked first, and its retailers, in short periods."""
    warehouse, retailers = given["warehouse"], given["retailers"]

    def level(node: dict[str, Any]) -> dict[str, Any]:
        return {"init": node["base_stock"], "policy": {"type": "base_stock", "S": node["base_stock"]}}

    def way(name: str, node: dict[str, Any], inputs: dict[str, int]) -> dict[str, Any]:
        return {"id": f"to {name}", "in": inputs, "out": {name: 1}, "lead": round(node["lead_time"] / period)}

    shops = [(str(number), node) for number, node in enumerate(retailers)]
    return {
        "buffers": [
            {"id": "w", "allocation": "by_age", **level(warehouse)},
            *({"id": name, **level(node)} for name, node in shops),
        ],
        "activities": [way("w", warehouse, {}), *(way(name, node, {"w": 1}) for name, node in shops)],
        "demands": [{"buffer": name, "law": f"poisson({node['demand_rate'] * period})"} for name, node in shops],
    }


@pytest.mark.parametrize("case", cases_of(FILE, "owmr_"))
def test_one_warehouse_and_retailers(case: dict[str, Any]) -> None:
    given, expected = case["inputs"], case["expected"]
    seen = sample(compile_graph(graph_of(one_warehouse(given, period=0.05), integer=True)), seed=44)
    share, count = case["tolerance"]["rel_sim"], len(given["retailers"])
    # Buffers come in order of their ids: the retailers, then the warehouse; so do the activities.
    assert close(seen["on_hand"][count], expected["warehouse_on_hand"], share=share)
    owed = sum(seen["waiting"][n] for n in range(count))
    assert close(owed, expected["warehouse_backorders"], share=share)
    # Fill rates are left out: what arrives in the period of a demand serves it at once, so that they come out higher by some
    # 0.006 with periods of 0.05.
    for n, wanted in enumerate(expected["retailers"]):
        assert close(seen["on_hand"][n], wanted["expected_on_hand"], share=share)
        assert close(seen["backlog"][n], wanted["expected_backorders"], share=share)
