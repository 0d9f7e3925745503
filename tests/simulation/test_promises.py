"""Promise windows: what is delivered within them, against worked figures, unit by unit, and from the tables to the results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chaintwin.errors import GraphError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.network import Network, Settings
from chaintwin.network.program import Program
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.state import initial_state
from chaintwin.simulation import compare, service_ranking, simulate
from chaintwin.simulation.block import Blocks, Counted
from chaintwin.simulation.comparing.comparison import Verdict
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import rows_for
from tests.graphs import blocks_of, graph_of
from tests.network.building import network_of
from tests.shared_data import cases_of
from tests.sizes import scaled
from tests.strategies import EVERYTHING, random_network


def ratios_of(blocks: Blocks, name: str, *, width: int = 1) -> Any:
    """Return a ratio of every entity over the counted periods of the first replications."""
    counted = Counted.nothing(blocks.plan.measures)
    return blocks.reduce(0, width, before=counted).ratios.part(blocks.plan.measures.ratios[name]).average()


@pytest.mark.parametrize("case", cases_of("cases/metrics.json", "met.service"))
def test_promise_kernel__worked_measures_of_service(case: dict[str, Any]) -> None:
    given, expected = case["inputs"], case["expected"]
    demand, shipped, left = given["demand"], given["shipped"], given["on_hand_end"]
    # What was shipped and what was left at close say what must have arrived.
    arriving = [0, *(shipped[t] + left[t] - left[t - 1] for t in range(1, len(demand)))]
    network = {
        "buffers": [{"id": "s", "init": shipped[0] + left[0], "policy": {"type": "none"}}],
        "activities": [{"id": "o", "in": {}, "out": {"s": 1}, "lead": len(demand), "pipeline": arriving}],
        "demands": [{"id": "d", "buffer": "s", "series": demand, "window": given["window"]}],
    }
    program = compile_graph(graph_of(network, integer=True))
    blocks = blocks_of(program, initial_state(program), periods=len(demand))
    blocks.advance(len(demand))
    rows = blocks.plan.tape.rows
    assert blocks.read(rows.shipped)[0, 0] == sum(shipped)
    assert blocks.read(rows.backlog)[0, 0] == expected["end_backlog"]
    assert blocks.read(rows.stocked)[0, 0] / len(demand) == pytest.approx(expected["ready_rate"], rel=1e-12)
    for name, wanted in (
        ("fill_rate", "fill_rate"),
        ("on_time_rate", "on_time_fill"),
        ("cycle_service_level", "type1_period"),
    ):
        assert ratios_of(blocks, name)[0] == pytest.approx(expected[wanted], rel=case["tol"]["value"])


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize("warm_up", [0, 6])
def test_measures__on_time_is_counted_of_the_demand_that_is_counted(warm_up: int, integer: bool) -> None:
    seen = 0
    for seed in range(scaled(ci=25, full=400)):
        program, windows = promising(seed, integer=integer)
        blocks = blocks_of(program, initial_state(program), periods=14, warm_up=warm_up)
        rows = blocks.plan.tape.rows
        demand, kept, shipped, owed = [], [], [], []
        for period in range(warm_up + 14):
            if period == warm_up:
                blocks.count_from_here()
                owed = blocks.read(rows.backlog)[:, 0]
            before = [blocks.read(row)[:, 0].copy() for row in (rows.lost, rows.shipped)]
            blocks.advance(period + 1)
            if period >= warm_up:
                lost, sent = (blocks.read(row)[:, 0] - was for row, was in zip((rows.lost, rows.shipped), before, strict=True))
                demand.append(blocks.read(rows.demand)[:, 0])
                kept.append(demand[-1] - lost)
                shipped.append(sent)
        found = ratios_of(blocks, "on_time_rate")
        for stream, window in enumerate(windows):
            total = sum(row[stream] for row in demand)
            if total == 0:
                assert np.isnan(found[stream])
                continue
            on_time = within(
                [row[stream] for row in kept], [row[stream] for row in shipped], window, owed[stream] if warm_up else 0
            )
            assert found[stream] == pytest.approx(on_time / total, rel=1e-9, abs=1e-9), (seed, stream)
            seen += 0 < on_time < total and window > 0
    assert seen > 5


def promising(seed: int, *, integer: bool) -> tuple[Program, list[int]]:
    """Return a random program and the window of each of its streams."""
    network = dict(random_network(seed, integer=integer, features=replace(EVERYTHING, random_leads=False))["network"])
    for number, demand in enumerate(network["demands"]):
        demand["window"] = (1, 3, 0)[(seed + number) % 3]
    return compile_graph(graph_of(network, integer=integer)), [demand["window"] for demand in network["demands"]]


def within(kept: list[float], shipped: list[float], window: int, owed: float) -> float:
    """Return what METHODS 5.2 counts as on time: of each period's demand what all deliveries up to the window's end reach."""
    total = 0.0
    for period, units in enumerate(kept):
        delivered = sum(shipped[: period + window + 1]) - owed
        total += min(max(delivered - sum(kept[:period]), 0.0), units)
    return total


def test_assemble__without_a_window_nothing_is_kept() -> None:
    program, _ = promising(2, integer=True)
    plain = program_without_windows(program)
    tape = assemble(plain, initial_state(plain))
    assert Op.PROMISE not in tape.code[:, 0]
    assert np.array_equal(tape.rows.on_time, tape.rows.immediate)
    assert Op.PROMISE in assemble(program, initial_state(program)).code[:, 0]


def program_without_windows(program: Program) -> Program:
    return replace(program, streams=program.streams._replace(window=np.zeros_like(program.streams.window)))


def test_rows_for__a_window_takes_no_more_rows_than_there_are_periods() -> None:
    program, _ = promising(2, integer=True)
    streams = program.streams._replace(window=np.full_like(program.streams.window, 100_000))
    program = replace(program, streams=streams)
    rows = rows_for(program, initial_state(program), periods=7)
    assert set(rows.promised_length.tolist()) == {7}
    with pytest.raises(GraphError, match="still on time"):
        many = replace(program, streams=streams._replace(window=np.full_like(streams.window, 30_000_000)))
        rows_for(many, initial_state(many))


def shop(*, window: int = 2) -> Network:
    """Return a shop with an impatient customer and one who was promised delivery within some days."""
    return network_of(
        {
            "sites": [{"site_id": "shop", "kind": "store", "latitude": 51.0, "longitude": 9.0}],
            "products": [{"product_id": "tea", "value": 10.0}],
            "lanes": [],
            "demand": [
                {"site_id": "shop", "product_id": "tea", "market": "a", "quantity": "poisson(20)"},
                {
                    "site_id": "shop",
                    "product_id": "tea",
                    "market": "b",
                    "quantity": "gamma(mean=10, cv=1)",
                    "promise_window": window,
                },
            ],
            "stock_points": [{"site_id": "shop", "product_id": "tea", "base_stock": 90}],
            "sources": [{"site_id": "shop", "product_id": "tea", "kind": "buy", "lead_time": "3", "cost": 10.0}],
        },
        Settings(name="shop", horizon=100, warm_up=20),
    )


def test_simulate__a_promise_of_the_tables_is_a_figure() -> None:
    result = simulate(shop(), replications=32)
    assert result["fill_rate"][0] < result["on_time_rate"][0] <= 1
    streams = {row["stream_id"]: row for row in result.streams.to_dicts()}
    assert [row["on_time_rate"] > row["fill_rate"] for row in streams.values()] == [False, True]
    total = sum(row["on_time_rate"] * row["demand"] for row in streams.values()) / result["demand"][0]
    assert result["on_time_rate"][0] == pytest.approx(total, rel=1e-9)
    ranked = service_ranking(result, by="site")
    assert ranked["on_time_rate"][0] == pytest.approx(total, rel=1e-9)
    old = replace(result, streams=result.streams.drop("on_time_rate"))
    assert service_ranking(old)["on_time_rate"].null_count() == 2
    at_once = simulate(shop(window=0), replications=32)
    np.testing.assert_array_equal(at_once.figures["on_time_rate"], at_once.figures["fill_rate"])
    np.testing.assert_array_equal(at_once.figures["fill_rate"], result.figures["fill_rate"])


def test_simulate__threads_and_warm_up_do_not_change_what_is_on_time() -> None:
    one, two = (simulate(shop(), replications=80, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.figures["on_time_rate"], two.figures["on_time_rate"])


def test_simulate__until_what_is_on_time_is_known() -> None:
    found = simulate(shop(), replications=2048, until="on_time_rate ± 0.01")
    assert 64 <= found.span.replications < 2048
    mean, low, high = found["on_time_rate"]
    assert high - low <= 0.02
    assert low <= mean <= high


def test_compare__a_longer_promise_is_better_kept() -> None:
    longer = Scenario.of("longer", [{"table": "demand", "where": {"market": "b"}, "column": "promise_window", "set": 4}])
    found = compare(shop(), [longer], replications=64)
    assert found.verdict("longer", "on_time_rate") is Verdict.BETTER
    assert found.verdict("longer", "fill_rate") is Verdict.SAME
