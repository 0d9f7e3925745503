"""The compiled kernels against the worked traces and the plain oracle."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from chaintwin.laws import parse
from chaintwin.network.compiling import compile_graph
from chaintwin.rng import uniform
from tests.graphs import graph_of, trace
from tests.oracles.plain_network import simulate_plain
from tests.shared_data import cases_of, matches
from tests.sizes import scaled
from tests.strategies import EVERYTHING, random_network

WIDTH = 4
LEAD_LAW = "pmf(1:0.2, 2:0.5, 3:0.3)"
AT_ONCE_LAW = "pmf(0:0.4, 1:0.3, 3:0.3)"
"""Where there are no loops, for what takes no time cannot break one."""
DUST = 1e-11
CHASING = ("drp", "dual", "surge")
"""Rules that may order more around a loop than was asked for."""

LARGEST_ORDER = 2.0**32
WITHOUT_LOOPS = replace(EVERYTHING, loops=False)
READINGS = ("on_hand", "backlog", "lost", "on_time", "ordered", "started", "waiting", "in_process", "scrapped")


@pytest.mark.parametrize("case", cases_of("cases/simulation.json", "sim.trace"))
def test_run_kernel__worked_trace(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    program = compile_graph(graph_of(inputs["network"], integer=inputs["integer"]))
    seen = trace(program, periods=inputs["periods"])
    for key, expected in case["expected"].items():
        assert matches(seen[key], expected, tolerance=max(case["tol"]["value"], 1e-12)), key


@pytest.mark.parametrize("integer", [True, False])
def test_run_kernel__random_networks_agree_with_the_plain_engine(integer: bool) -> None:
    seen_random_leads = 0
    for seed in range(scaled(ci=120, full=2000) // 2):
        case = random_network(seed, integer=integer, features=EVERYTHING if seed % 2 else WITHOUT_LOOPS)
        periods, replication = case["periods"], seed % WIDTH
        network, leads = without_what_tables_cannot_say(case["network"]), {}
        for activity in network["activities"]:
            if activity["id"] in case["network"].get("leads", {}):
                activity["lead"] = LEAD_LAW if seed % 2 else AT_ONCE_LAW
                activity["lead_min"] = 1 if seed % 2 else 0
                leads[activity["id"]] = drawn_leads(activity, periods, seed=seed, replication=replication)
        seen_random_leads += len(leads)
        program = compile_graph(graph_of(network, integer=integer))
        plain = {**copy.deepcopy(network), "leads": leads, "luck": (seed, replication)}
        if integer and seed % 2:
            periods = tame_periods(plain, periods)
        seen = trace(program, periods=periods, seed=seed, width=WIDTH, replication=replication)
        expected = simulate_plain(plain, periods, integer)
        for name in READINGS:
            assert matches(seen[name], expected[name], tolerance=0.0 if integer else 1e-9), (seed, name)
        # Rounding dust that moves is no start, or its fixed cost would be charged.
        for name, values in expected["started"].items():
            least, most = sum(units > 1e-6 for units in values), sum(units > DUST for units in values)
            assert least <= seen["start_count"][name] <= most, (seed, name)
    assert seen_random_leads > 0


def tame_periods(network: dict[str, Any], periods: int) -> int:
    """Return the periods before orders that chase themselves around a loop grow beyond what sums hold exactly."""
    if not any(buffer["policy"]["type"] in CHASING for buffer in network["buffers"]):
        return periods
    ordered = simulate_plain(network, periods, False)["ordered"].values()
    most = [max(values) for values in zip(*ordered, strict=True)]
    return next((max(period, 1) for period, value in enumerate(most) if value > LARGEST_ORDER), periods)


def without_what_tables_cannot_say(network: dict[str, Any]) -> dict[str, Any]:
    """Return the network without what no table holds: by-products that are ordered for themselves."""
    plain = copy.deepcopy({key: value for key, value in network.items() if key != "leads"})
    # A by-product never pulls: the first output orders, the others go to buffers that have no source of their own.
    ordering = {next(iter(activity["out"])) for activity in plain["activities"]}
    for activity in plain["activities"]:
        main = next(iter(activity["out"]))
        activity["out"] = {name: amount for name, amount in activity["out"].items() if name == main or name not in ordering}
    for buffer in plain["buffers"]:
        if buffer["id"] not in ordering:
            buffer["policy"] = {"type": "none"}
    return plain


def drawn_leads(activity: dict[str, Any], periods: int, *, seed: int, replication: int) -> list[int]:
    """Return the lead time the engine must draw for what starts in each period, from the random stream itself."""
    law, name = parse(activity["lead"]), activity["id"]
    draws = (uniform(seed, "lead", entity=name, replication=replication, period=period) for period in range(periods))
    return [round(law.quantile(draw)) for draw in draws]
