"""Rules that forecast what customers ask for at and below, in place of the orders they get."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from chaintwin.errors import GraphError, InputError
from chaintwin.network import Scenario
from chaintwin.network.compiling import compile_graph
from tests.graphs import graph_of, trace
from tests.oracles.plain_network import simulate_plain
from tests.risk.bullwhip.simulated.chains import chain
from tests.shared_data import matches
from tests.simulation.test_kernels_trace import without_what_tables_cannot_say
from tests.sizes import scaled
from tests.strategies import EVERYTHING, random_network

LOOKING = replace(EVERYTHING, loops=False, policies=("drp", "smoothed", "sterman", "base_stock"), random_leads=False)


@pytest.mark.parametrize("integer", [True, False])
def test_run_kernel__forecasts_of_customers_agree_with_the_plain_engine(integer: bool) -> None:
    looked = 0
    for seed in range(scaled(ci=25, full=400)):
        case = random_network(5000 + seed, integer=integer, features=LOOKING)
        network = without_what_tables_cannot_say(case["network"])
        for buffer in network["buffers"]:
            if buffer["policy"]["type"] in ("drp", "smoothed", "sterman"):
                buffer["policy"]["customers"] = True
                looked += 1
        program = compile_graph(graph_of(network, integer=integer))
        seen = trace(program, periods=case["periods"], seed=seed, width=2)
        expected = simulate_plain(copy.deepcopy(network) | {"luck": (seed, 0)}, case["periods"], integer)
        for name in ("on_hand", "backlog", "ordered", "started"):
            assert matches(seen[name], expected[name], tolerance=0.0 if integer else 1e-9), (seed, name)
    assert looked > 50


def test_compile_graph__customers_below_a_loop_are_refused() -> None:
    rule = {"type": "drp", "s": 5.0, "cover": 2.0, "theta": 0.5, "forecast": 1.0, "customers": True}
    network = {
        "buffers": [{"id": "a", "policy": rule}, {"id": "b", "policy": {"type": "base_stock", "S": 5}}],
        "activities": [
            {"id": "to b", "in": {"a": 1}, "out": {"b": 1}, "lead": 1, "info_delay": 1},
            {"id": "to a", "in": {"b": 1}, "out": {"a": 1}, "lead": 1, "info_delay": 1},
        ],
        "demands": [{"buffer": "b", "series": [1.0]}],
    }
    with pytest.raises(GraphError, match="orders by its echelon or customers"):
        compile_graph(graph_of(network, integer=False))


def test_apply__customers_below_a_loop_are_a_finding() -> None:
    network = chain([2, 2, 2], rule={"policy": "drp", "forecast_window": 3, "forecast_basis": "customers"})
    back = {"lane_id": "back", "from_site": "s1", "to_site": "s2", "mode": "road", "distance_km": 10, "lead_time": "1"}
    inserts: list[dict[str, object]] = [{"table": "lanes", "insert": back | {"information_delay": 1}}]
    inserts += [
        {"table": "sources", "insert": {"site_id": "s2", "product_id": "tea", "kind": "move", "lane_id": lane}}
        for lane in ("s3>s2", "back")
    ]
    with pytest.raises(InputError) as caught:
        Scenario.of("back", inserts).apply(network)
    assert [finding.code for finding in caught.value.findings] == ["policy.echelon_loop"]
