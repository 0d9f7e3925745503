"""States come back from files by id, and what cannot be used is named in one report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chaintwin.errors import InputError, UsageError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.state import initial_state
from chaintwin.simulation.history.event_log import log_of
from chaintwin.simulation.history.rebuilding import rebuild
from chaintwin.simulation.history.state_file import read_state, write_state
from chaintwin.simulation.history.tracing import trace
from tests.graphs import graph_of
from tests.simulation.history.programs import random_program
from tests.simulation.history.test_rebuilding import assert_same
from tests.sizes import scaled

CHAIN = {
    "buffers": [{"id": name, "init": 5, "policy": {"type": "base_stock", "S": 9}} for name in ("b", "c")],
    "activities": [
        {"id": "make", "in": {}, "out": {"b": 1}, "lead": 2, "pipeline": [0, 3]},
        {"id": "move", "in": {"b": 1}, "out": {"c": 1}, "lead": 1, "info_delay": 1, "info": [2]},
    ],
    "demands": [{"id": "d", "buffer": "c", "series": [4.0]}],
}


@pytest.mark.parametrize("integer", [True, False])
def test_write_state__round_trip(tmp_path: Path, integer: bool) -> None:
    path = tmp_path / "state.json"
    for seed in range(scaled(ci=12, full=200)):
        program = random_program(seed, integer=integer)
        state = rebuild(log_of(trace(program, periods=9, seed=seed)), program)
        state = replace(state, resource_share=np.full(program.counts[3], 0.25), cash=1 / 3)
        write_state(state, path, program=program)
        back = read_state(path, program=program)
        assert_same(program, back, state, exact=True)
        assert back.cash == state.cash
        assert back.resource_share.tolist() == state.resource_share.tolist()


def test_read_state__ids_not_places_say_what_is_meant(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    program = compile_graph(graph_of(CHAIN, integer=True))
    write_state(initial_state(program), path, program=program)
    # One more stock point and lane that come first by id move every index.
    more = {
        **CHAIN,
        "buffers": [*CHAIN["buffers"], {"id": "a", "init": 1, "policy": {"type": "none"}}],
        "activities": [*CHAIN["activities"], {"id": "bring", "in": {}, "out": {"a": 1}, "lead": 1}],
    }
    larger = compile_graph(graph_of(more, integer=True))
    state = read_state(path, program=larger)
    stock = dict(zip(larger.names.buffers["buffer_id"], state.on_hand(3), strict=True))
    assert stock == {"a": 0.0, "b": 5.0, "c": 5.0}
    names = larger.names.activities["activity_id"]
    assert [names[int(index)] for index in state.shipments.activity_index] == ["make"]
    assert [names[int(index)] for index in state.orders.activity_index] == ["move"]


def test_read_state__all_faults_in_one_report(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    program = compile_graph(graph_of(CHAIN, integer=True))
    write_state(initial_state(program), path, program=program)
    document = json.loads(path.read_text())
    document["on_hand"][0]["stock_point"] = "shed"
    document["on_hand"][1]["quantity"] = -2
    document["shipments"][0]["arrival"] = -1
    document["orders"][0]["quantity"] = 1.5
    document["backlog"] = {"d": 3}
    document["pallets"] = []
    path.write_text(json.dumps(document))
    with pytest.raises(InputError) as caught:
        read_state(path, program=program)
    codes = sorted(finding.code for finding in caught.value.findings)
    assert codes == ["state.id", "state.list", "state.number", "state.number", "state.number", "state.part"]
    message = str(caught.value)
    assert "on_hand[0].stock_point: found shed; allowed: b, c" in message
    assert "shipments[0].arrival: found -1; allowed: a period from 0 to 100000" in message


@pytest.mark.parametrize("integer", [True, False])
def test_read_state__numbers_that_the_engine_cannot_hold(tmp_path: Path, integer: bool) -> None:
    path, program = tmp_path / "state.json", compile_graph(graph_of(CHAIN, integer=integer))
    for place, entry, message in (
        (
            "backlog",
            '{"stream": "d", "quantity": 1%s}' % ("0" * 400),
            r"backlog\[0\]\.quantity: found 10{59}; allowed: .* 0 to 1e\+15",
        ),
        ("backlog", '{"stream": "d", "quantity": 1e400}', r"backlog\[0\]\.quantity: found Infinity; allowed: .* 0 to 1e\+15"),
        ("backlog", '{"stream": "d", "quantity": 2e15}', r"backlog\[0\]\.quantity: found 2000000000000000\.0"),
        ("forecasts", '{"stock_point": "b", "expected": 1e400}', r"forecasts\[0\]\.expected: found Infinity"),
        (
            "shipments",
            '{"activity": "make", "arrival": 2000000000, "quantity": 1}',
            r"arrival: found 2000000000; allowed: .* 3 to 100003",
        ),
        (
            "orders",
            '{"activity": "move", "visible": 2000000000, "quantity": 1}',
            r"visible: found 2000000000; allowed: .* 100003",
        ),
    ):
        path.write_text(f'{{"format": "chaintwin state 1", "period": 3, "{place}": [{entry}]}}')
        with pytest.raises(InputError, match=message) as caught:
            read_state(path, program=program)
        assert [finding.code for finding in caught.value.findings] == ["state.number"]
    for cash in ("1" + "0" * 400, "1e400", "-2e15"):
        path.write_text(f'{{"format": "chaintwin state 1", "period": 3, "cash": {cash}}}')
        with pytest.raises(UsageError, match=r"and the cash .*; allowed: .* up to 1e\+15"):
            read_state(path, program=program)


def test_read_state__what_is_on_its_way_for_long_over_all_activities(tmp_path: Path) -> None:
    path, count = tmp_path / "state.json", 201
    sources = [{"id": f"buy{number}", "in": {}, "out": {"b": 1}, "lead": 1} for number in range(count)]
    program = compile_graph(graph_of({**CHAIN, "activities": [*CHAIN["activities"], *sources]}, integer=True))
    moving = [{"activity": source["id"], "arrival": 100_000, "quantity": 1} for source in sources]
    path.write_text(json.dumps({"format": "chaintwin state 1", "period": 0, "shipments": moving}))
    with pytest.raises(UsageError, match=r"state\.json: found 20,.* periods .*; allowed: at most 20,000,000"):
        read_state(path, program=program)


def test_read_state__files_that_are_no_states(tmp_path: Path) -> None:
    path, program = tmp_path / "state.json", compile_graph(graph_of(CHAIN, integer=True))
    for text, message in (
        ("[1]", "no state"),
        ("{}", "no state"),
        ('{"format": "chaintwin state 9", "period": 0}', "state 9"),
        ('{"format": "chaintwin state 1", "period": -1}', "period -1"),
        ('{"format": "chaintwin state 1", "period": NaN}', "no state"),
    ):
        path.write_text(text)
        with pytest.raises(UsageError, match=message):
            read_state(path, program=program)
    with pytest.raises(UsageError, match="no such file"):
        read_state(tmp_path / "none.json", program=program)


def test_read_state__lists_may_be_left_out(tmp_path: Path) -> None:
    path, program = tmp_path / "state.json", compile_graph(graph_of(CHAIN, integer=True))
    path.write_text('{"format": "chaintwin state 1", "period": 3, "backlog": [{"stream": "d", "quantity": 2}]}')
    state = read_state(path, program=program)
    assert (state.period, state.backlog.tolist(), state.lots.quantity.size) == (3, [2.0], 0)
    assert trace(program, state=state, periods=1).backlog[0].tolist() == [6.0]
