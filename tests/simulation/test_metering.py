"""What passes through stock points: what refuses goods is told from what has them and only waits with the rest."""

from __future__ import annotations

from typing import Any

import numpy as np

from chaintwin.network.compiling import compile_graph
from chaintwin.network.state import initial_state
from chaintwin.simulation.metering import Meter
from tests.graphs import blocks_of, graph_of

ASSEMBLY: dict[str, Any] = {
    "buffers": [
        {"id": "caps", "init": 0},
        {"id": "bottles", "init": 1000},
        {"id": "milk", "policy": {"type": "base_stock", "S": 50}},
    ],
    "activities": [{"id": "fill", "in": {"caps": 1, "bottles": 2}, "out": {"milk": 1}, "lead": 0}],
    "demands": [{"id": "d", "buffer": "milk", "series": [10] * 6}],
}


def refused(network: dict[str, Any], *, periods: int = 6) -> dict[str, list[float]]:
    """Return what each stock point was asked for and did not give at the close of each period."""
    program = compile_graph(graph_of(network, integer=True))
    blocks = blocks_of(program, initial_state(program), periods=periods)
    meter = Meter(program)
    read = np.array([meter.read(blocks)["refused"][:, 0] for _ in range(periods)])
    return dict(zip(program.names.buffers["buffer_id"].to_list(), read.T.tolist(), strict=True))


def test_refused__only_by_what_is_not_there() -> None:
    found = refused(ASSEMBLY)
    assert found["milk"] == [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
    assert found["caps"] == [60.0, 70.0, 80.0, 90.0, 100.0, 110.0]
    assert found["bottles"] == [0.0] * 6, "there are a thousand of them"


def test_refused__by_none_where_capacity_is_waited_for() -> None:
    activity = ASSEMBLY["activities"][0] | {"use": {"line": 1}}
    caps = {"id": "caps", "init": 1000}
    network = ASSEMBLY | {"buffers": [caps, *ASSEMBLY["buffers"][1:]], "activities": [activity], "resources": {"line": [4] * 6}}
    found = refused(network)
    assert max(found["milk"]) > 0.0
    assert found["caps"] == found["bottles"] == [0.0] * 6
