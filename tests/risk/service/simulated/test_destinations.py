"""Where units end up, against plain equations solved by hand and by a dense solver."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from chaintwin.network.compiling import compile_graph
from chaintwin.network.program import Program
from chaintwin.risk.service.simulated.destinations import follow_flows, substituted_share
from chaintwin.simulation import trace
from tests.graphs import graph_of
from tests.risk.service.simulated.networks import random_program
from tests.sizes import scaled

Floats = NDArray[np.float64]


def plain_parts(program: Program, started: Floats, shipped: Floats, worth: Floats) -> tuple[Floats, Floats]:
    """Return the parts of stock points and activities by a dense system of equations, written as the definition says."""
    count, actors, streams, _ = program.counts
    act = program.activities
    given = np.zeros((actors, count))
    taken = np.zeros((actors, count))
    for activity, (first, last) in enumerate(pairwise(act.output_start.tolist())):
        for place in range(first, last):
            given[activity, act.output_buffer[place]] += act.output_quantity[place] * worth[act.output_buffer[place]]
        given[activity] /= given[activity].sum() or 1.0
    for activity, (first, last) in enumerate(pairwise(act.input_start.tolist())):
        for place in range(first, last):
            taken[activity, act.input_buffer[place]] += act.input_quantity[place] * started[activity]
    sold = np.zeros((count, streams))
    sold[program.streams.buffer, np.arange(streams)] = shipped
    left = taken.sum(axis=0) + sold.sum(axis=1)
    scale = np.divide(1.0, left, out=np.zeros(count), where=left > 0)
    onward = scale[:, None] * (taken.T @ given)
    # What only goes round in a loop reaches nobody; there the equations say nothing.
    reaches = sold.sum(axis=1) > 0
    for _ in range(count):
        reaches |= (onward[:, reaches] > 0).any(axis=1)
    parts = np.zeros((count, streams))
    inner = np.ix_(reaches, reaches)
    parts[reaches] = np.linalg.solve(np.eye(int(reaches.sum())) - onward[inner], (scale[:, None] * sold)[reaches])
    return parts, given @ parts


def test_follow_flows__solves_the_plain_equations_of_random_networks() -> None:
    seen = 0
    for seed in range(scaled(ci=30, full=300)):
        program = random_program(seed, integer=False)
        flows = trace(program, periods=20)
        started, shipped = flows.started.sum(axis=0), flows.shipped.sum(axis=0)
        worth = (1 + np.arange(program.counts[0]) % 3).astype(np.float64)
        found = follow_flows(program, started=started, shipped=shipped, worth=worth)
        buffers, activities = plain_parts(program, started, shipped, worth)
        np.testing.assert_allclose(found.buffer.toarray(), buffers, atol=1e-9, err_msg=f"seed {seed}")
        np.testing.assert_allclose(found.activity.toarray(), activities, atol=1e-9, err_msg=f"seed {seed}")
        assert (found.buffer.toarray() >= 0).all()
        assert found.buffer.toarray().sum(axis=1).max(initial=0.0) <= 1 + 1e-9
        seen += (found.activity.toarray() > 0).sum()
    assert seen > 50


def soap() -> dict[str, Any]:
    """Return a plant whose fat becomes soap and glycerine, beside what customers ask for."""
    return {
        "buffers": [{"id": name, "init": 100, "policy": {"type": "none"}} for name in ("fat", "glycerine", "shop", "soap")],
        "activities": [
            {"id": "make", "in": {"fat": 2}, "out": {"soap": 1, "glycerine": 0.5}, "lead": 1},
            {"id": "move", "in": {"soap": 1}, "out": {"shop": 1}, "lead": 1},
        ],
        "demands": [
            {"id": "a", "buffer": "shop", "series": [1]},
            {"id": "b", "buffer": "soap", "series": [1]},
        ],
    }


def test_follow_flows__by_products_take_their_worth_and_what_nobody_wants_reaches_nobody() -> None:
    program = compile_graph(graph_of(soap(), integer=False))
    # Of four units of soap one is sold at once, three are moved; glycerine is worth as much a unit as soap, and is not sold.
    worth = np.array([1.0, 6.0, 6.0, 6.0])
    found = follow_flows(program, started=np.array([4.0, 3.0]), shipped=np.array([3.0, 1.0]), worth=worth)
    assert found.buffer.toarray().tolist() == [
        pytest.approx([0.5, 1 / 6]),
        [0.0, 0.0],
        [1.0, 0.0],
        pytest.approx([0.75, 0.25]),
    ]
    assert found.activity.toarray()[0] == pytest.approx([0.5, 1 / 6])
    # By units where nothing has a value.
    bare = follow_flows(program, started=np.array([4.0, 3.0]), shipped=np.array([3.0, 1.0]), worth=np.zeros(4))
    np.testing.assert_allclose(bare.buffer.toarray(), found.buffer.toarray())


def test_substituted_share__is_carried_on_by_moves() -> None:
    network = {
        "buffers": [{"id": name, "init": 100, "policy": {"type": "base_stock", "S": 5}} for name in ("brand", "depot", "shop")],
        "activities": [
            {"id": "buy", "in": {}, "out": {"depot": 1}, "lead": 1},
            {"id": "fill", "in": {"brand": 1}, "out": {"depot": 1}, "lead": 0, "substitute": True},
            {"id": "move", "in": {"depot": 1}, "out": {"shop": 1}, "lead": 1},
        ],
        "demands": [{"id": "d", "buffer": "shop", "series": [4]}],
    }
    program = compile_graph(graph_of(network, integer=True))
    share = substituted_share(program, started=np.array([6.0, 2.0, 8.0]))
    assert share.tolist() == [0.0, 0.25, 0.25]
    assert substituted_share(random_program(1), started=np.ones(random_program(1).counts[1])).max() <= 1
