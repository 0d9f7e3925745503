"""Sites with room for only so much stock: what comes in, what waits outside, and what the figures say of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chaintwin.errors import GraphError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.graph import LeadMode
from chaintwin.network.network import Network, Settings
from chaintwin.network.program import Program
from chaintwin.network.state import initial_state
from chaintwin.simulation import simulate
from chaintwin.simulation.first_causes.ranking import causes
from chaintwin.simulation.history.event_log import log_of
from chaintwin.simulation.history.rebuilding import rebuild
from chaintwin.simulation.history.tracing import trace
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.operations import Op
from tests.graphs import blocks_of, graph_of
from tests.network.building import network_of
from tests.simulation.history.programs import random_program
from tests.sizes import scaled

STORING = {Op.SHORT, Op.ROOM, Op.HOLD, Op.HOLD_RIPE}


def hall(*, rooms: dict[str, float], lead: object = 3, demand: float = 2, **arriving: list[float]) -> dict[str, Any]:
    """Return products at one site that order nothing, with what arrives of each; the first is asked for every day."""
    return {
        "buffers": [{"id": name, "init": 0, "site": "hall", "volume": 1, "policy": {"type": "none"}} for name in arriving],
        "activities": [
            {"id": f"to {name}", "in": {}, "out": {name: 1}, "lead": lead, "pipeline": values}
            for name, values in arriving.items()
        ],
        "demands": [{"id": "d", "buffer": next(iter(arriving)), "series": [demand]}],
        "rooms": rooms,
    }


def run(program: Program, *, periods: int) -> tuple[list[list[float]], list[list[float]]]:
    """Return stock and what waits outside at each close, by period."""
    blocks = blocks_of(program, initial_state(program), periods=periods)
    rows, stock, outside = blocks.plan.tape.rows, [], []
    before = np.zeros(program.counts[1])
    for period in range(periods):
        blocks.advance(period + 1)
        assert blocks.breach() is None
        stock.append(blocks.read(rows.on_hand)[:, 0].tolist())
        total = blocks.read(rows.outside)[:, 0]
        outside.append((total - before).tolist())
        before = total
    return stock, outside


def test_hold__what_does_not_fit_comes_in_as_room_falls_free() -> None:
    program = compile_graph(graph_of(hall(rooms={"hall": 5}, a=[9, 0, 4]), integer=True))
    stock, outside = run(program, periods=6)
    # 5 of 9 come in and 2 are sold; then 2 of the 4 that wait; then 2 of the 2 + 4; and so on.
    assert stock == [[3.0], [3.0], [3.0], [3.0], [3.0], [1.0]]
    assert outside == [[4.0], [2.0], [4.0], [2.0], [0.0], [0.0]]


@pytest.mark.parametrize("lead", [1, 2])
def test_hold__a_lead_time_of_one_period_keeps_today_and_tomorrow_apart(lead: int) -> None:
    network = hall(rooms={"hall": 5}, lead=lead, demand=3, a=[0] * lead)
    network["buffers"][0]["policy"] = {"type": "base_stock", "S": 12}
    stock, outside = run(compile_graph(graph_of(network, integer=True)), periods=9)
    assert max(row[0] for row in stock) == 2.0
    assert all(row[0] > 0 for row in outside[lead:])


def test_hold__all_that_arrives_comes_in_by_the_same_share() -> None:
    program = compile_graph(graph_of(hall(rooms={"hall": 6}, demand=0, a=[8], b=[4]), integer=False))
    stock, outside = run(program, periods=2)
    assert stock == [[4.0, 2.0]] * 2
    assert outside == [[4.0, 2.0]] * 2


def test_hold__whole_units_leave_no_room_for_one_empty_while_one_waits() -> None:
    names = [f"p{number}" for number in range(7)]
    network = hall(rooms={"hall": 3}, demand=0, **{name: [1.0] for name in names})
    stock, outside = run(compile_graph(graph_of(network, integer=True)), periods=3)
    assert [sum(row) for row in stock] == [3.0] * 3
    assert [sum(row) for row in outside] == [4.0] * 3


def test_hold__stock_above_the_room_stays_and_nothing_else_comes_in() -> None:
    network = hall(rooms={"hall": 5}, demand=3, a=[0, 4])
    network["buffers"][0]["init"] = 12
    stock, outside = run(compile_graph(graph_of(network, integer=True)), periods=5)
    assert [row[0] for row in stock] == [9.0, 6.0, 3.0, 2.0, 1.0]
    assert [row[0] for row in outside] == [0.0, 4.0, 4.0, 2.0, 0.0]


def test_cut__what_is_made_without_a_lead_time_is_made_as_far_as_there_is_room() -> None:
    network: dict[str, Any] = {
        "buffers": [
            {"id": "part", "init": 8, "site": "hall", "volume": 0.5, "policy": {"type": "none"}},
            {"id": "thing", "init": 0, "site": "hall", "volume": 2, "policy": {"type": "base_stock", "S": 6}},
        ],
        "activities": [{"id": "make", "in": {"part": 1}, "out": {"thing": 1}, "lead": 0}],
        "demands": [{"id": "d", "buffer": "thing", "series": [0]}],
        "rooms": {"hall": 10},
    }
    stock, _ = run(compile_graph(graph_of(network, integer=True)), periods=2)
    # Parts take 4 of 10; a thing takes 1.5 more than its part, so 4 are made, and then none for want of room.
    assert stock == [[4.0, 4.0], [4.0, 4.0]]


@pytest.mark.parametrize("integer", [True, False])
def test_store__stock_never_takes_more_than_there_is(integer: bool) -> None:
    waited = dict.fromkeys(LeadMode, 0.0)
    for seed in range(scaled(ci=48, full=800)):
        program = random_program(seed, integer=integer)
        if not program.rooms.capacity.size:
            continue
        blocks = blocks_of(program, initial_state(program), periods=20, width=2, seed=seed)
        rows, buffers = blocks.plan.tape.rows, program.buffers
        inside = buffers.room >= 0
        most = None
        for period in range(20):
            if most is None:
                most = np.maximum(
                    program.rooms.capacity, taken(program, initial_state(program).on_hand(inside.size)[:, None])[:, 0]
                )
            blocks.advance(period + 1)
            now = taken(program, blocks.read(rows.on_hand))
            assert (now <= most[:, None] + 1e-9 * np.maximum(1.0, most[:, None])).all(), (seed, period)
        total = blocks.read(rows.outside).sum(axis=1)
        for mode in LeadMode:
            waited[mode] += total[(program.activities.lead_mode == mode) & (rows.outside != rows.nowhere)].sum()
    assert all(units > 0 for units in waited.values()), waited


def taken(program: Program, stock: Any) -> Any:
    """Return the room that stock takes, [rooms, replications]."""
    inside = program.buffers.room >= 0
    found = np.zeros((program.rooms.capacity.size, stock.shape[1]))
    np.add.at(found, program.buffers.room[inside], program.buffers.volume[inside, None] * stock[inside])
    return found


def test_assemble__without_a_limit_nothing_is_asked() -> None:
    network = hall(rooms={}, lead=1, a=[3])
    program = compile_graph(graph_of(network, integer=True))
    tape = assemble(program, initial_state(program))
    assert not STORING & set(tape.code[:, 0].tolist())
    assert tape.rows.pipe_length.tolist() == [1]
    empty = compile_graph(graph_of({**network, "rooms": {"elsewhere": 3}}, integer=True))
    assert not STORING & set(assemble(empty, initial_state(empty)).code[:, 0].tolist())


def test_compile__an_activity_fills_one_room() -> None:
    network = hall(rooms={"hall": 5, "yard": 5}, a=[1], b=[1])
    network["buffers"][1]["site"] = "yard"
    network["activities"][0]["out"] = {"a": 1, "b": 1}
    with pytest.raises(GraphError, match="two sites with a storage limit"):
        compile_graph(graph_of(network, integer=True))


def test_log__says_what_waited_outside() -> None:
    program = compile_graph(graph_of(hall(rooms={"hall": 5}, a=[9, 0, 4]), integer=True))
    seen = trace(program, periods=6)
    assert seen.held[:, 0].tolist() == [4.0, 2.0, 4.0, 2.0, 0.0, 0.0]
    assert seen.arrived[:, 0].tolist() == [5.0, 2.0, 2.0, 2.0, 2.0, 0.0]
    events = log_of(seen).events
    held = events.filter(events["event"] == "held")
    assert held.select("period", "quantity", "due").rows() == [(0, 4.0, 1), (1, 2.0, 2), (2, 4.0, 3), (3, 2.0, 4)]
    state = rebuild(log_of(seen), program, until=3)
    assert state.shipments.arrival.tolist() == [3]
    assert state.shipments.quantity.tolist() == [4.0]


def shop(**site: float) -> Network:
    """Return a shop that orders up to 200 of a thing that takes half a cubic meter."""
    return network_of(
        {
            "sites": [{"site_id": "shop", "kind": "store", "latitude": 51.0, "longitude": 9.0, **site}],
            "products": [{"product_id": "tea", "value": 10.0, "volume_m3": 0.5}],
            "demand": [{"site_id": "shop", "product_id": "tea", "quantity": "poisson(20)"}],
            "stock_points": [{"site_id": "shop", "product_id": "tea", "base_stock": 120, "review_period": 4}],
            "sources": [{"site_id": "shop", "product_id": "tea", "kind": "buy", "lead_time": "2", "cost": 10.0}],
        },
        Settings(name="shop", horizon=100, warm_up=20),
    )


def test_simulate__a_storage_limit_of_the_tables() -> None:
    free, wide, narrow = (
        simulate(shop(**site), replications=32) for site in ({}, {"storage_capacity": 500.0}, {"storage_capacity": 11.0})
    )
    for name, values in free.figures.items():
        np.testing.assert_array_equal(values, wide.figures[name], err_msg=name)
    assert free["held_outside"][0] == 0 < narrow["held_outside"][0]
    assert narrow["on_hand"][0] < free["on_hand"][0]
    assert narrow["fill_rate"][0] < free["fill_rate"][0]
    row = narrow.activities.row(0, named=True)
    assert row["held_outside"] == pytest.approx(narrow["held_outside"][0])
    # Little's law: units in process are starts times two periods, and those that wait outside.
    assert row["in_process"] == pytest.approx(2 * row["started"] + row["held_outside"], rel=0.02)
    one, two = (simulate(shop(storage_capacity=11.0), replications=80, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.figures["held_outside"], two.figures["held_outside"])


def test_causes__room_is_one() -> None:
    found = causes(shop(storage_capacity=10.0), replications=4).by_cause
    assert found.row(0, named=True)["cause"] == "room"
    assert found.row(0, named=True)["entity_id"] == "shop"
    assert "room" not in causes(shop(), replications=4).by_cause["cause"].to_list()


def test_store__counting_begins_anywhere() -> None:
    program = compile_graph(graph_of(hall(rooms={"hall": 5}, a=[9, 0, 4]), integer=True))
    whole, later = (blocks_of(program, initial_state(program), periods=6 - warm_up, warm_up=warm_up) for warm_up in (0, 2))
    whole.advance(6)
    later.advance(2)
    later.count_from_here()
    later.advance(6)
    assert whole.read(whole.plan.tape.rows.outside)[0, 0] == 12.0
    assert later.read(later.plan.tape.rows.outside)[0, 0] == 6.0
