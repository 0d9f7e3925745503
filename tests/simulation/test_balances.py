"""Conservation laws notice what breaks them: each is broken on purpose, in a row of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chaintwin.errors import InvariantError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.state import initial_state
from chaintwin.simulation.block import Blocks
from chaintwin.simulation.ensemble import run_ensemble
from chaintwin.simulation.playing import Span
from tests.graphs import blocks_of, graph_of

NETWORK: dict[str, Any] = {
    "buffers": [
        {"id": "plant", "init": 9, "policy": {"type": "base_stock", "S": 30}},
        {"id": "shop", "init": 5, "policy": {"type": "base_stock", "S": 12}},
    ],
    "activities": [
        {"id": "make", "in": {}, "out": {"plant": 2}, "lead": 2},
        {"id": "move", "in": {"plant": 1}, "out": {"shop": 1}, "lead": 1, "info_delay": 1},
    ],
    "demands": [{"id": "d", "buffer": "shop", "series": [3, 1, 4], "lost_fraction": 0.5}],
}


def played(*, integer: bool) -> Blocks:
    program = compile_graph(graph_of(NETWORK, integer=integer))
    blocks = blocks_of(program, initial_state(program), warm_up=5, periods=20, width=4, count=2)
    blocks.advance(5)
    blocks.count_from_here()
    blocks.advance(17)
    return blocks


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize(
    ("name", "entity", "law", "named"),
    [
        ("on_hand", 1, 1, 1),
        ("started", 0, 1, 0),
        ("shipped", 0, 1, 1),
        ("opening_balance", 0, 1, 0),
        ("asked_for", 0, 2, 0),
        ("lost", 0, 2, 0),
        ("opening_backlog", 0, 2, 0),
        ("position", 1, 3, 1),
        ("waiting", 1, 3, 0),
    ],
)
@pytest.mark.parametrize("error", [1.0, 1e-6, np.nan])
def test_breach__names_law_entity_and_replication(
    name: str, entity: int, law: int, named: int, error: float, integer: bool
) -> None:
    blocks = played(integer=integer)
    assert blocks.breach() is None
    blocks.table[1, getattr(blocks.plan.tape.rows, name)[entity], 2] += error
    breach = blocks.breach()
    assert breach is not None
    assert (breach.law, breach.entity, breach.replication) == (law, named, 6)
    assert breach.size == pytest.approx(error, rel=1e-3, nan_ok=True) or name == "started"


@pytest.mark.parametrize("integer", [True, False])
def test_breach__dust_is_allowed_in_real_quantities_only(integer: bool) -> None:
    blocks = played(integer=integer)
    blocks.table[0, blocks.plan.tape.rows.on_hand[0], 0] += 1e-12
    assert (blocks.breach() is None) is not integer


def test_breach__below_zero() -> None:
    # Stock below zero that the balance knows of, as if more had been shipped than there was.
    blocks = played(integer=True)
    rows = blocks.plan.tape.rows
    missing = blocks.table[0, rows.on_hand[1], 3] + 2.0
    for name, change in (("on_hand", -missing), ("opening_balance", -missing), ("position", -missing)):
        blocks.table[0, getattr(rows, name)[1], 3] += change
    breach = blocks.breach()
    assert breach is not None
    assert (breach.law, breach.entity, breach.replication, breach.size) == (7, 1, 3, 2.0)


def test_run_ensemble__a_breach_stops_the_run_and_names_the_place() -> None:
    network = {**NETWORK, "demands": [{"id": "d", "buffer": "shop", "series": [1]}]}
    program = compile_graph(graph_of(network, integer=False))
    # Numbers whose sums are infinite, which compiling would refuse.
    program = replace(program, streams=program.streams._replace(series_value=np.array([1e308])))
    span = Span(first=0, periods=50, warm_up=0, replications=3, seed=0)
    with pytest.raises(InvariantError, match=r"law \d .* does not hold for .*, replication 0"):
        run_ensemble(program, initial_state(program), span=span)
