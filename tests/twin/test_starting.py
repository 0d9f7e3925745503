"""The state that a simulation starts from: that of a simulated run comes back, and real events find their places."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chaintwin.clock import SetClock
from chaintwin.events.facts import Facts
from chaintwin.examples import Example, load
from chaintwin.network.checking_states import check_state
from chaintwin.network.program import Program
from chaintwin.simulation.history.event_log import log_of
from chaintwin.simulation.history.rebuilding import rebuild
from chaintwin.simulation.history.tracing import trace
from chaintwin.twin import Twin
from tests.simulation.history.programs import PERIODS, random_program, struck_program
from tests.simulation.history.test_rebuilding import assert_same
from tests.sizes import scaled
from tests.twin import worlds
from tests.twin.simulated import log_in_store, named, network_of


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize("make", [random_program, struck_program])
def test_placed__random_programs_at_every_period(make: Callable[..., Program], integer: bool) -> None:
    for seed in range(scaled(ci=2, full=200)):
        program = named(make(seed, integer=integer))
        log = log_of(trace(program, periods=PERIODS, seed=seed))
        network = network_of(program)
        twin = Twin.open(network, store=log_in_store(log, program, network.settings), clock=SetClock())
        for period in range(PERIODS + 1):
            placed = twin.as_of(twin.now().eve_of(period) if period else twin.now().eve_of(0) + 1).placed(program)
            assert not placed.findings
            assert_same(program, placed.state, rebuild(log, program, until=period), exact=integer)


def test_placed__the_beer_game_at_every_period() -> None:
    network = load(Example.BEER_GAME)
    seen = trace(network, periods=scaled(ci=12, full=52), seed=1)
    log = log_of(seen)
    twin = Twin.open(network, store=log_in_store(log, seen.program, network.settings), clock=SetClock())
    for period in range(1, seen.end + 1):
        state = twin.state(seen.program, at=twin.now().eve_of(period))
        assert_same(seen.program, state, rebuild(log, seen.program, until=period), exact=True)


def test_placed__real_events_find_their_places() -> None:
    tables = worlds.network()
    plant, store = worlds.site("plant"), worlds.site("store")
    order = Facts("OrderPlaced", worlds.START, items=(worlds.some("milk", 8.0),), own={"order": "o1"},
                  sources=((worlds.LOCATION, plant),), destinations=((worlds.LOCATION, store),))  # fmt: skip
    made = worlds.done("commissioning", plant, worlds.some("milk", 60.0), at=worlds.START)
    sent = worlds.done("shipping", plant, worlds.some("milk", 20.0), at=worlds.START + worlds.DAY,
                       destinations=((worlds.LOCATION, store),), own={"planned_at": "2026-01-05T08:00:00Z"})  # fmt: skip
    old = worlds.done("receiving", store, worlds.some("milk", 5.0, lot="x"), at=worlds.START)
    asked = Facts("DemandPlaced", worlds.START + worlds.DAY, location=store, items=(worlds.some("milk", 3.0),))
    lost = worlds.done("commissioning", store, worlds.some("flour", 3.0), at=worlds.START)
    live = worlds.state_after(order, made, old, sent, asked, lost, tables=tables, at=worlds.START + 2 * worlds.DAY + 5)
    program = tables.compile()
    placed = live.placed(program)
    state, names = placed.state, program.names
    assert state.period == 2
    stock = dict(zip(names.buffers["buffer_id"].to_list(), state.on_hand(program.counts[0]).tolist(), strict=True))
    assert stock == {"plant/milk": 40.0, "store/milk": 5.0} | dict.fromkeys(stock.keys() - {"plant/milk", "store/milk"}, 0.0)
    aged = {names.buffers["buffer_id"][int(b)]: int(age) for b, age in zip(state.lots.buffer_index, state.lots.age, strict=True)}
    assert aged == {"plant/milk": 0, "store/milk": 2}
    lane = names.activities["activity_id"].to_list().index("L1/milk")
    assert [part.tolist() for part in (state.shipments.activity_index, state.shipments.started, state.shipments.arrival)] == [
        [lane],
        [1],
        [4],
    ]
    assert state.shipments.quantity.tolist() == [20.0]
    assert (state.orders.activity_index.tolist(), state.orders.quantity.tolist()) == ([lane], [8.0])
    assert state.backlog.tolist() == [3.0]
    check_state(state, program)
    assert [finding.code for finding in placed.findings] == ["start.stock"]
