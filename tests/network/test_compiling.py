"""Compiling a graph: order of work, loops named, wrong names and shared random streams refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest

from chaintwin.errors import GraphError, StreamCollisionError
from chaintwin.network.compiling import compile_graph, refuse_collisions
from chaintwin.network.graph import RESOURCE_SCHEMA
from chaintwin.network.paths.ordering import levels_of, loop_of, rows_of
from chaintwin.network.state import initial_state
from tests.graphs import graph_of
from tests.oracles.plain_network import information_order, material_levels
from tests.sizes import scaled
from tests.strategies import EVERYTHING, random_network


def chain(**changes: Any) -> dict[str, Any]:
    """Return a supplier, a plant and a shop in a row, and the shop's activity changed as told."""
    return {
        "buffers": [{"id": name, "init": 5, "policy": {"type": "base_stock", "S": 9}} for name in ("plant", "shop", "supplier")],
        "activities": [
            {"id": "buy", "in": {}, "out": {"supplier": 1}, "lead": 1},
            {"id": "make", "in": {"supplier": 1}, "out": {"plant": 1}, "lead": 1},
            {"id": "ship", "in": {"plant": 1}, "out": {"shop": 1}, "lead": 1} | changes,
        ],
        "demands": [{"id": "d", "buffer": "shop", "series": [1]}],
    }


def test_compile_graph__buffers_order_after_their_customers() -> None:
    program = compile_graph(graph_of(chain(), integer=False))
    names = program.names.buffers["buffer_id"]
    assert [names[int(index)] for index in program.order.information] == ["shop", "plant", "supplier"]


def test_compile_graph__levels_and_order_agree_with_the_plain_engine() -> None:
    for seed in range(scaled(ci=60, full=600)):
        network = {key: value for key, value in random_network(seed, features=EVERYTHING)["network"].items() if key != "leads"}
        program = compile_graph(graph_of(network, integer=False))
        buffers, activities = material_levels(network)
        for level, start in enumerate(program.order.level_buffer_start[:-1]):
            inside = program.order.level_buffer[start : program.order.level_buffer_start[level + 1]]
            assert {program.names.buffers["buffer_id"][int(i)] for i in inside} == {b for b, at in buffers.items() if at == level}
        for level, start in enumerate(program.order.level_activity_start[:-1]):
            inside = program.order.level_activity[start : program.order.level_activity_start[level + 1]]
            names = {program.names.activities["activity_id"][int(i)] for i in inside}
            assert names == {a for a, at in activities.items() if at == level}
        assert len(information_order(network)) == program.order.information.size


@pytest.mark.parametrize(
    ("back", "what"),
    [
        ({"lead": 1, "info_delay": 0}, "orders without information delay: plant > shop > plant"),
        ({"lead": 0, "info_delay": 1}, "material without lead time: plant > shop > plant"),
    ],
)
def test_compile_graph__loop_without_delay_is_named(back: dict[str, int], what: str) -> None:
    network = chain(lead=back["lead"], info_delay=back["info_delay"])
    network["activities"].append({"id": "return", "in": {"shop": 1}, "out": {"plant": 1}, "share": 0.1} | back)
    with pytest.raises(GraphError) as caught:
        compile_graph(graph_of(network, integer=False))
    found = str(caught.value)
    # Orders travel against the goods, so the loop may be told in either direction.
    assert what in found or what.replace("plant > shop > plant", "shop > plant > shop") in found


def test_compile_graph__loop_with_a_delay_is_allowed() -> None:
    network = chain()
    network["activities"].append(
        {"id": "return", "in": {"shop": 1}, "out": {"plant": 1}, "share": 0.1, "lead": 1, "info_delay": 1}
    )
    assert compile_graph(graph_of(network, integer=False)).counts == (3, 4, 1, 0)


def test_compile_graph__source_with_share_zero_closes_no_loop() -> None:
    network = chain()
    network["activities"].append({"id": "spare", "in": {"shop": 1}, "out": {"plant": 1}, "share": 0.0, "lead": 1})
    assert compile_graph(graph_of(network, integer=False)).counts == (3, 4, 1, 0)


@pytest.mark.parametrize(
    ("table", "column", "named"),
    [
        ("inputs", "buffer_id", "nowhere"),
        ("outputs", "activity_id", "nowhere"),
        ("streams", "buffer_id", "nowhere"),
        ("pipeline", "activity_id", "nowhere"),
    ],
)
def test_compile_graph__unknown_name(table: str, column: str, named: str) -> None:
    graph = graph_of(chain(pipeline=[2]), integer=False)
    wrong = replace(graph, **{table: getattr(graph, table).with_columns(pl.lit(named).alias(column))})
    with pytest.raises(GraphError, match=named):
        compile_graph(wrong)


def test_compile_graph__same_id_twice() -> None:
    graph = graph_of(chain(), integer=False)
    with pytest.raises(GraphError, match="shop twice"):
        compile_graph(replace(graph, buffers=graph.buffers.vstack(graph.buffers.filter(pl.col("buffer_id") == "shop"))))


def test_compile_graph__same_resource_twice() -> None:
    graph = graph_of(chain(), integer=False)
    twice = pl.DataFrame(
        {"resource_id": ["crane", "crane"], "capacity": [[1.0], [2.0]], "cost": [0.0, 0.0]}, schema=RESOURCE_SCHEMA
    )
    with pytest.raises(GraphError, match="resource_id: found crane twice"):
        compile_graph(replace(graph, resources=twice))


def test_refuse_collisions__names_both_streams() -> None:
    ids = pl.Series(["north", "east", "south"])
    refuse_collisions("demand", ids, numbers=np.array([1, 2, 3], dtype=np.uint64))
    with pytest.raises(StreamCollisionError, match="north and south"):
        refuse_collisions("demand", ids, numbers=np.array([7, 2, 7], dtype=np.uint64))


def test_initial_state__holds_what_the_graph_starts_with() -> None:
    program = compile_graph(graph_of(chain(pipeline=[2, 3], lead=2), integer=False))
    state = initial_state(program)
    assert state.on_hand(3).tolist() == [5.0, 5.0, 5.0]
    assert (state.shipments.arrival.tolist(), state.shipments.quantity.tolist()) == ([0, 1], [2.0, 3.0])


def test_levels_of__random_graphs_against_plain_recursion() -> None:
    generator = np.random.default_rng(3)
    for _ in range(scaled(ci=50, full=1000)):
        count = int(generator.integers(1, 12))
        tail, head = generator.integers(0, count, 20), generator.integers(0, count, 20)
        level = levels_of(tail, head, base=np.zeros(count, dtype=np.int64))
        stuck = set(np.flatnonzero(level < 0).tolist())
        for start, end in zip(tail.tolist(), head.tolist(), strict=True):
            assert end in stuck if start in stuck else end in stuck or level[end] > level[start]
        loop = loop_of(tail, head, level=level)
        arcs = set(zip(tail.tolist(), head.tolist(), strict=True))
        assert bool(loop) == bool(stuck)
        assert all(pair in arcs for pair in pairwise(loop))


def test_rows_of__owners_without_entries() -> None:
    assert rows_of(np.array([1, 1, 3]), 5).tolist() == [0, 0, 2, 2, 3, 3]


@pytest.mark.parametrize("change", [{"batch": 1.5}, {"minimum_order": 0.1}])
def test_compile_graph__fractions_are_refused_in_whole_units_only(change: dict[str, float]) -> None:
    graph = graph_of(chain(), integer=True)
    changed = replace(graph, activities=graph.activities.with_columns(**{name: pl.lit(value) for name, value in change.items()}))
    with pytest.raises(GraphError, match="whole numbers"):
        compile_graph(changed)
    compile_graph(replace(changed, integer=False))


@pytest.mark.parametrize("table", ["pipeline", "orders"])
def test_compile_graph__what_is_on_its_way_is_not_due_in_the_past(table: str) -> None:
    graph = graph_of(chain(lead=2, info_delay=2, pipeline=[2, 3], info=[4]), integer=False)
    early = replace(graph, **{table: getattr(graph, table).with_columns(period=pl.lit(-2, pl.Int64))})
    with pytest.raises(GraphError, match=f"{table}: found ship in period -2; allowed: from period 0 on"):
        compile_graph(early)


def test_compile_graph__fraction_of_a_first_stock() -> None:
    graph = graph_of(chain(), integer=True)
    with pytest.raises(GraphError, match=r"plant first stock: found 0\.5"):
        compile_graph(replace(graph, buffers=graph.buffers.with_columns(on_hand=pl.lit(0.5))))
