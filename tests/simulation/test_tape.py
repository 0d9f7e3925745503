"""Tapes: what an operation may name, what a network does not use, and rows that outlast a state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.program import Program
from chaintwin.network.state import OpenOrders, Shipments, State, initial_state
from chaintwin.simulation.block import Counted
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.tape import Tape, Writer
from tests.bills import lawful, with_payments
from tests.graphs import blocks_of, graph_of, in_process, queued
from tests.sizes import scaled
from tests.strategies import EVERYTHING, random_network, two_speed_suppliers

# Columns of the code that name rows, and pairs of them that name the first row of a ring and its length.
ROWS: dict[Op, tuple[tuple[int, ...], tuple[tuple[int, int], ...]]] = {
    Op.ADD: ((1,), ((2, 3),)),
    Op.CLEAR: ((), ((1, 2),)),
    Op.COPY: ((1, 2), ()),
    Op.DRAW: ((1, 6, 7, 8), ()),
    Op.REPLAY: ((1,), ()),
    Op.REPLAY_EACH: ((1,), ()),
    Op.ASK: ((1, 2, 3, 4), ()),
    Op.REVIEW: ((), ()),
    Op.ALLOCATE: ((1, 2, 3), ()),
    Op.PROJECT: ((1, 2, 3, 4), ()),
    Op.ORDER_UP_TO: ((1, 2), ()),
    Op.ORDER_S_S: ((1, 2), ()),
    Op.ORDER_R_NQ: ((1, 2), ()),
    Op.PART: ((1, 2), ()),
    Op.PART_WHOLE: ((1, 2), ()),
    Op.ROUND: ((1,), ()),
    Op.PLACE: ((3, 4), ((1, 2),)),
    Op.ORDER_ALONE: ((1, 4, 5, 6), ((2, 3),)),
    Op.CAPACITY: ((1,), ()),
    Op.SHIP: ((1, 2, 3, 4), ()),
    Op.SHIP_ALONE: ((1, 2, 3), ()),
    Op.SERVED: ((1, 2, 3, 4, 5), ()),
    Op.LOSE: ((1, 2, 3, 4), ()),
    Op.OWE: ((1, 2), ()),
    Op.LIMIT: ((1, 2), ()),
    Op.LIMIT_ALONE: ((1, 2), ()),
    Op.FLOOR: ((1,), ()),
    Op.CUT: ((1, 2, 3, 4), ()),
    Op.CLAMP: ((1,), ()),
    Op.BEGIN: ((1, 2, 3, 4), ()),
    Op.PUT: ((3,), ((1, 2),)),
    Op.PUT_AHEAD: ((4,), ((1, 2),)),
    Op.APPRAISE: ((1, 2, 3), ()),
    Op.PAY: ((1, 2, 3, 4), ()),
    Op.PAY_LATER: ((1, 2, 5, 6, 7), ((3, 4),)),
    Op.FOLLOW: ((1, 2, 3), ()),
    Op.SCATTER: ((3, 4, 5), ((1, 2),)),
    Op.SEND: ((3, 6, 7), ((1, 2),)),
    Op.LEAD: ((1,), ()),
    Op.QUEUE: ((1, 2, 3), ()),
    Op.RIPEN: ((3, 4, 5), ((1, 2),)),
    Op.SUM: ((1,), ()),
    Op.YIELD: ((1, 5, 6), ((2, 3),)),
    Op.FORECAST: ((1, 2), ()),
    Op.ORDER_LOTS: ((1, 2), ()),
    Op.SET: ((1,), ()),
    Op.ORDER_PART: ((1, 2, 3), ()),
    Op.ORDER_ANCHORED: ((1, 2, 3, 4), ()),
    Op.ORDER_SERIES: ((1, 2), ()),
    Op.AVERAGE: ((1, 2, 5), ((3, 4),)),
    Op.ORDER_FORECAST: ((1, 2, 3), ()),
    Op.NEAREST: ((1,), ()),
    Op.START_ALONE: ((1, 2, 5, 6), ((3, 4),)),
    Op.AHEAD: ((1,), ((2, 3),)),
    Op.LEAST: ((1, 2), ()),
    Op.TAKE: ((1, 2, 3), ()),
    Op.TAKE_NEXT: ((1, 2, 3), ()),
    Op.START_GRANTED: ((1, 2, 3, 6, 7), ((4, 5),)),
    Op.SETTLE: ((1, 2, 3, 4, 5, 6), ()),
    Op.START_FREE: ((1, 4, 5), ((2, 3),)),
    Op.STOCK: ((1, 2, 3), ()),
    Op.AGE_IN: ((1, 2, 3), ((4, 5),)),
    Op.AGE_MORE: ((1, 2, 3), ((4, 5),)),
    Op.EXPECT: ((1, 2, 3, 4), ()),
    Op.EXPECT_LAST: ((1, 2, 3), ((4, 5),)),
    Op.EXPIRE: ((1, 2, 3, 4, 5), ()),
    Op.ALLOCATE_BY_AGE: ((1, 2, 3), ()),
    Op.ALLOCATE_FAIR: ((1, 2, 3), ()),
    Op.COMPLETE: ((1, 2), ((3, 4),)),
    Op.SHORT: ((1, 2), ()),
    Op.ROOM: ((1,), ()),
    Op.HOLD: ((3, 4, 5), ((1, 2),)),
    Op.HOLD_RIPE: ((1, 4, 5, 6), ((2, 3),)),
    Op.PROMISE: ((1, 2, 3, 4, 5), ((6, 7),)),
    Op.EXPIRE_LAST: ((1, 2, 3, 4), ((5, 6),)),
    Op.DRAW_ONCE: ((1,), ()),
    Op.STRIKE: ((1, 2, 3, 4), ()),
    Op.WEIGH: ((1, 2), ()),
    Op.SCALE: ((1, 2), ()),
    Op.CONFINE: ((1, 2), ()),
    Op.SWELL: ((1, 2, 3, 4, 5), ()),
    Op.STRETCH: ((1, 2), ()),
    Op.DETAIN: ((3, 4), ((1, 2),)),
    Op.DETAIN_RIPE: ((1, 4, 5), ((2, 3),)),
    Op.RAID: ((1, 4, 5), ((2, 3),)),
    Op.RUIN: ((1, 2, 3), ()),
    Op.LESSEN: ((1, 2), ()),
    Op.MISLEAD: ((1, 2, 3), ()),
    Op.CHARGE: ((1, 2, 3, 6), ()),
    Op.TAKE_LOTS: ((1,), ((2, 3),)),
}


def tape_of(seed: int, *, integer: bool) -> Tape:
    features = EVERYTHING if seed % 3 else replace(EVERYTHING, loops=False)
    network = lawful(random_network(seed, features=features, integer=integer)["network"])
    network = with_charges(with_payments(network, np.random.default_rng(seed)))
    program = compile_graph(graph_of(network, integer=integer))
    return assemble(program, initial_state(program))


def with_charges(network: dict[str, Any]) -> dict[str, Any]:
    """Return a struck network whose goods cost more, and come late where they arrive by their age."""
    if not network.get("strikes"):
        return network
    aged = [item["id"] for item in network["activities"] if item.get("lead_mode") == "kaplan"]
    named = {"strike": network["strikes"][0]["id"], "factor": 0.5}
    more = [named | {"effect": "arrivals", "entity": name} for name in aged]
    more += [named | {"effect": "cost", "entity": item["id"]} for item in network["activities"]]
    return network | {"effects": [*network["effects"], *more]}


def test_assemble__no_operation_names_a_row_twice_or_one_that_is_not_there() -> None:
    assert set(ROWS) == set(Op)
    seen: set[int] = set()
    for seed in range(scaled(ci=36, full=600)):
        tape = tape_of(seed, integer=seed % 2 == 0)
        for line in tape.code.tolist():
            single, rings = ROWS[Op(line[0])]
            named = [line[column] for column in single]
            for first, length in rings:
                named += range(line[first], line[first] + line[length])
                assert line[length] > 0
            assert len(set(named)) == len(named), (seed, Op(line[0]).name, line)
            assert all(0 <= row < tape.rows.count for row in named), (seed, Op(line[0]).name, line)
            seen.add(line[0])
    never = {Op(number).name for number in set(Op) - seen}
    # These need a law of demand, or a shipment later than its lead time.
    assert never <= {"DRAW", "PUT_AHEAD", "REPLAY_EACH"}, never


def test_assemble__what_a_network_does_not_use_is_not_on_its_tape() -> None:
    network = {
        "buffers": [{"id": "shop", "init": 1, "policy": {"type": "base_stock", "S": 4}}],
        "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 2}],
        "demands": [{"id": "d", "buffer": "shop", "series": [1]}],
    }
    program = compile_graph(graph_of(network, integer=False))
    tape = assemble(program, initial_state(program))
    assert [Op(number).name for number in tape.code[:, 0]] == [
        "ADD",
        "REPLAY",
        "ASK",
        "ORDER_ALONE",
        "SHIP_ALONE",
        "START_FREE",
        "SETTLE",
        "STOCK",
    ]


def test_assemble__a_shipment_later_than_any_lead_time_arrives_when_it_is_due() -> None:
    network = {
        "buffers": [{"id": "shop", "init": 1, "policy": {"type": "base_stock", "S": 20}}],
        "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 2}],
        "demands": [{"id": "d", "buffer": "shop", "series": [1]}],
    }
    program = compile_graph(graph_of(network, integer=True))
    late = Shipments(np.array([0]), np.array([-1]), np.array([5]), np.array([7.0]))
    state = replace(initial_state(program), shipments=late)
    blocks = blocks_of(program, state, periods=8, width=2)
    stock = []
    for period in range(8):
        blocks.advance(period + 1)
        assert blocks.breach() is None
        stock.append(blocks.read(blocks.plan.tape.rows.on_hand)[0, 0])
    # 1 in stock, 7 due in 5: position 8, so 13 are ordered after the first demand and arrive two periods later.
    assert stock == [0.0, 0.0, 11.0, 11.0, 11.0, 18.0, 18.0, 18.0]


def test_assemble__what_was_due_before_the_state_is_refused() -> None:
    network = {
        "buffers": [{"id": "shop", "init": 1, "policy": {"type": "none"}}],
        "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 2}],
        "demands": [{"id": "d", "buffer": "shop", "series": [1]}],
    }
    program = compile_graph(graph_of(network, integer=True))
    past = Shipments(np.array([0]), np.array([-3]), np.array([-1]), np.array([7.0]))
    with pytest.raises(UsageError, match="due 1 periods ago"):
        assemble(program, replace(initial_state(program), shipments=past))


def shop(**activity: object) -> dict[str, Any]:
    """Return a stock point bought from outside that orders nothing and is asked for nothing."""
    return {
        "buffers": [{"id": "shop", "init": 0, "policy": {"type": "none"}}],
        "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 1, **activity}],
        "demands": [{"id": "d", "buffer": "shop", "series": [0]}],
    }


def stock_of(program: Program, state: State, *, periods: int) -> list[float]:
    blocks = blocks_of(program, state, periods=periods)
    stock = []
    for _ in range(periods):
        blocks.advance(blocks.period + 1)
        assert blocks.breach() is None
        stock.append(float(blocks.read(blocks.plan.tape.rows.on_hand)[0, 0]))
    return stock


@pytest.mark.parametrize("delay", [0, 2, 9])
def test_assemble__an_order_starts_when_its_source_is_to_see_it(delay: int) -> None:
    program = compile_graph(graph_of(shop(info_delay=delay), integer=True))
    later = OpenOrders(np.array([0]), np.array([5]), np.array([7.0]))
    assert stock_of(program, replace(initial_state(program), orders=later), periods=9) == [0.0] * 6 + [7.0] * 3


def test_assemble__a_resource_that_works_in_part_lets_less_start() -> None:
    network = shop(use={"line": 1}, lead=0)
    program = compile_graph(graph_of({**network, "resources": {"line": [4]}}, integer=True))
    orders = OpenOrders(np.array([0]), np.array([0]), np.array([12.0]))
    for share, expected in ((1.0, [4.0, 8.0, 12.0]), (0.5, [2.0, 4.0, 6.0]), (0.0, [0.0, 0.0, 0.0])):
        state = replace(initial_state(program), orders=orders, resource_share=np.array([share]))
        assert stock_of(program, state, periods=3) == expected


def test_assemble__a_network_without_activities() -> None:
    network = shop()
    network["activities"] = []
    network["buffers"][0]["init"] = 3
    network["demands"][0]["series"] = [2]
    program = compile_graph(graph_of(network, integer=True))
    assert stock_of(program, initial_state(program), periods=3) == [1.0, 0.0, 0.0]


def test_assemble__a_late_shipment_changes_nobody_s_lead_time() -> None:
    network = shop(lead="lognormal(mean=5, cv=3)")
    network["buffers"][0]["policy"] = {"type": "base_stock", "S": 30}
    network["demands"][0]["series"] = [5]
    program = compile_graph(graph_of(network, integer=False))
    state = initial_state(program)
    longest = int(program.activities.lead_max[0])
    late = Shipments(np.array([0]), np.array([-1]), np.array([3 * longest]), np.array([0.0]))
    totals = []
    for start in (state, replace(state, shipments=late)):
        blocks = blocks_of(program, start, periods=200, width=64, seed=1, count=10)
        blocks.advance(200)
        totals.append(blocks.read(blocks.plan.tape.rows.stock))
    assert np.array_equal(totals[0], totals[1])


@pytest.mark.parametrize("integer", [True, False])
def test_reduce__units_in_process_and_ordered_are_those_of_each_period(integer: bool) -> None:
    for seed in range(scaled(ci=18, full=300)):
        network = dict(random_network(seed, features=EVERYTHING, integer=integer)["network"])
        network.pop("leads", None)
        for number, activity in enumerate(network["activities"]):
            if number % 3 == 0 and activity["id"] not in two_speed_suppliers(network):
                activity["lead"] = "pmf(1:0.3, 2:0.4, 4:0.3)"
        program = compile_graph(graph_of(network, integer=integer))
        blocks = blocks_of(program, initial_state(program), warm_up=7, periods=13, width=3, seed=seed, count=2)
        blocks.advance(7)
        blocks.count_from_here()
        rows = blocks.plan.tape.rows
        moving, ordered = np.zeros_like(in_process(blocks)), -queued(blocks)
        for period in range(7, 20):
            blocks.advance(period + 1)
            moving += in_process(blocks)
        cancelled = np.where((rows.struck.cancelled == rows.nowhere)[:, None], 0.0, blocks.read(rows.struck.cancelled))
        ordered += queued(blocks) + blocks.read(rows.started) + cancelled
        measures = blocks.plan.measures
        counted = Counted.nothing(measures)
        for number, _ in blocks:
            counted = blocks.reduce(number, 3, before=counted)
        for name, total in (("in_process", moving), ("ordered", ordered)):
            seen = counted.moments.part(measures.places[name])
            assert seen.mean == pytest.approx(total.mean(axis=1) / 13, rel=1e-9, abs=1e-9), (seed, name)
            assert np.sqrt(seen.spread) == pytest.approx(np.sqrt(total.var(axis=1) * 6) / 13, rel=1e-6, abs=1e-6), (seed, name)


def test_writer__refuses_what_does_not_fit() -> None:
    writer = Writer()
    for place, rows in (((1 << 22, 0), (0, 1)), ((0, 0, 1 << 24), (0, 1)), ((0, 0), (1 << 31, 1))):
        with pytest.raises(UsageError):
            writer.write("receive", Op.CLEAR, place=place, rows=rows)
