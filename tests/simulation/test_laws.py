"""Laws 8 and 11 of the engine: base stock keeps its position, and more stock never serves a serial chain worse."""

from __future__ import annotations

from typing import Any

import numpy as np

from chaintwin.network.compiling import compile_graph
from tests.graphs import graph_of, trace
from tests.sizes import scaled

PERIODS = 60


def serial(levels: list[int], leads: list[int]) -> dict[str, Any]:
    """Return a serial chain with random demand at stage 0; levels and lead times by stage."""
    stages = range(len(levels))
    return {
        "buffers": [{"id": f"b{j}", "init": levels[j], "policy": {"type": "base_stock", "S": levels[j]}} for j in stages],
        "activities": [
            {"id": f"a{j}", "in": {f"b{j + 1}": 1} if j + 1 < len(levels) else {}, "out": {f"b{j}": 1}, "lead": leads[j]}
            for j in stages
        ],
        "demands": [{"buffer": "b0", "law": "poisson(5)"}],
    }


def test_run_kernel__more_stock_never_lowers_cumulative_service() -> None:
    generator = np.random.default_rng(20260701)
    for seed in range(scaled(ci=25, full=400)):
        stages = int(generator.integers(1, 5))
        levels = generator.integers(0, 25, stages).tolist()
        leads = generator.integers(0, 4, stages).tolist()
        raised = [level + int(more) for level, more in zip(levels, generator.integers(0, 6, stages), strict=True)]
        served = [
            np.cumsum(
                trace(compile_graph(graph_of(serial(chosen, leads), integer=True)), periods=PERIODS, seed=seed)["shipped"][0]
            )
            for chosen in (levels, raised)
        ]
        assert (served[1] >= served[0]).all(), (seed, levels, raised, leads)


def test_run_kernel__base_stock_restores_the_position_every_period() -> None:
    seen = trace(compile_graph(graph_of(serial([20, 30], [2, 3]), integer=True)), periods=PERIODS, seed=4)
    on_hand, backlog = np.array(seen["on_hand"]["b0"]), np.array(seen["backlog"][0])
    position = on_hand + np.array(seen["waiting"]["a0"]) + np.array(seen["in_process"]["a0"]) - backlog
    assert (position == 20).all()
