"""From a log back to the state the engine had, and on from there as if nothing had been interrupted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from chaintwin.errors import UsageError
from chaintwin.examples import Example, load
from chaintwin.network.graph import FORECASTING, Issue
from chaintwin.network.program import Program
from chaintwin.network.state import State, initial_state
from chaintwin.simulation.history.event_log import EventLog, log_of
from chaintwin.simulation.history.rebuilding import rebuild
from chaintwin.simulation.history.tracing import trace
from chaintwin.simulation.tape.rows import ripens
from tests.graphs import blocks_of
from tests.simulation.history.programs import PERIODS, random_program
from tests.simulation.history.reading import state_of
from tests.sizes import scaled

STOPS = (0, 1, 7, 19, PERIODS)
AGAIN = ("on_hand", "demand", "shipped", "lost", "backlog", "ordered", "started", "arrived", "waiting", "in_process", "used")


SHIPPED = ("activity_index", "started", "arrival", "quantity")


def contents(program: Program, state: State) -> dict[str, dict[tuple[int, int], float]]:
    """Return a state in the one form that says all that matters later: totals by entity, and by age or period."""
    by_age = ripens(program)
    found: dict[str, dict[tuple[int, int], float]] = {name: {} for name in ("stock", "moving", "open", "owed", "expected")}

    def add(name: str, key: tuple[int, int], quantity: float) -> None:
        if quantity:
            found[name][key] = found[name].get(key, 0.0) + quantity

    lots, shipments, orders = state.lots, state.shipments, state.orders
    for buffer, age, quantity in zip(lots.buffer_index.tolist(), lots.age.tolist(), lots.quantity.tolist(), strict=True):
        add("stock", (buffer, age), quantity)
    for who, started, arrival, quantity in zip(*(getattr(shipments, name) for name in SHIPPED), strict=True):
        add("moving", (who, started if by_age[who] else arrival), quantity)
    for who, visible, quantity in zip(*(getattr(orders, name) for name in orders.__slots__), strict=True):
        add("open", (who, max(visible, state.period - 1)), quantity)
    for stream, quantity in enumerate(state.backlog):
        add("owed", (stream, 0), quantity)
    forecast = program.buffers.forecast if state.forecast is None else state.forecast
    for buffer in np.flatnonzero(np.isin(program.buffers.policy, FORECASTING)):
        add("expected", (int(buffer), 0), forecast[buffer])
    return found


def assert_same(program: Program, one: State, other: State, *, exact: bool) -> None:
    first, second = contents(program, one), contents(program, other)
    assert one.period == other.period
    for name, values in first.items():
        if exact:
            assert values == second[name], name
            continue
        for key in values.keys() | second[name].keys():
            assert values.get(key, 0.0) == pytest.approx(second[name].get(key, 0.0), rel=1e-9, abs=1e-9), (name, key)


@pytest.mark.parametrize("integer", [True, False])
def test_rebuild__random_networks_at_several_periods(integer: bool) -> None:
    several = dict.fromkeys(Issue, 0)
    for seed in range(scaled(ci=24, full=600)):
        program = random_program(seed, integer=integer)
        start = initial_state(program)
        blocks = blocks_of(program, start, periods=PERIODS, seed=seed)
        log = log_of(trace(program, periods=PERIODS, seed=seed))
        for period in STOPS:
            blocks.advance(period)
            engine = state_of(blocks, resource_share=start.resource_share)
            assert_same(program, rebuild(log, program, until=period), engine, exact=integer)
            for buffer in np.flatnonzero(np.bincount(engine.lots.buffer_index, minlength=1) > 1):
                several[Issue(program.buffers.issue[buffer])] += 1
    # Stock of several ages at a time is among them, whichever is taken first.
    assert several[Issue.FIFO] > 0
    assert several[Issue.LIFO] > 0


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize("random_leads", [True, False])
def test_rebuild__a_run_goes_on_as_if_never_interrupted(integer: bool, random_leads: bool) -> None:
    for seed in range(scaled(ci=12, full=400)):
        program = random_program(seed, integer=integer, random_leads=random_leads)
        whole = trace(program, periods=PERIODS, seed=seed, replication=3)
        log = log_of(whole)
        for period in STOPS[1:-1]:
            state = rebuild(log, program, until=period)
            rest = trace(program, state=state, periods=PERIODS - period, seed=seed, replication=3)
            for name in AGAIN:
                wanted, found = getattr(whole, name)[period:], getattr(rest, name)
                np.testing.assert_allclose(found, wanted, rtol=0, atol=0 if integer else 1e-9, err_msg=f"{seed} {period} {name}")


def test_rebuild__a_log_that_starts_from_a_rebuilt_state() -> None:
    for seed in range(scaled(ci=8, full=200)):
        program = random_program(seed, integer=True)
        whole = trace(program, periods=PERIODS, seed=seed)
        middle = rebuild(log_of(whole), program, until=11)
        rest = log_of(trace(program, state=middle, periods=PERIODS - 11, seed=seed))
        assert_same(program, rebuild(rest, program, until=11), middle, exact=True)
        assert_same(program, rebuild(rest, program), rebuild(log_of(whole), program), exact=True)


@pytest.mark.parametrize("example", list(Example))
def test_rebuild__examples(example: Example) -> None:
    program = load(example).compile(periods=40)
    start = initial_state(program)
    blocks = blocks_of(program, start, periods=40, seed=3)
    whole = trace(program, periods=40, seed=3)
    log = log_of(whole)
    for period in (0, 13, 40):
        blocks.advance(period)
        engine = state_of(blocks, resource_share=start.resource_share)
        assert_same(program, rebuild(log, program, until=period), engine, exact=program.integer)
    rest = trace(program, state=rebuild(log, program, until=13), periods=27, seed=3)
    for name in AGAIN:
        # Numbers reach a million, so nine digits of them is three after the point.
        np.testing.assert_allclose(getattr(rest, name), getattr(whole, name)[13:], rtol=1e-9, atol=1e-6, err_msg=name)


def test_rebuild__resources_that_work_in_part_stay_so() -> None:
    programs = (random_program(seed, integer=True) for seed in range(99))
    program = next(program for program in programs if program.counts[3])
    state = replace(initial_state(program), resource_share=np.full(program.counts[3], 0.5))
    log = log_of(trace(program, state=state, periods=5))
    assert rebuild(log, program).resource_share.tolist() == [0.5] * program.counts[3]


def renumbered(log: EventLog, sequence: list[int]) -> EventLog:
    """Return a log with the events that are numbered so, in this order."""
    return EventLog(replace(log.head, events=len(sequence)), log.events[sequence])


def test_rebuild__log_that_is_not_whole() -> None:
    program = random_program(1, integer=True)
    log = log_of(trace(program, periods=5))
    count = log.head.events
    every = list(range(count))
    for sequence, message in (
        ([0, 1, 3, *every[4:]], "gap, event 3 where 2 should be"),
        ([0, 1, 1, 2, *every[3:]], "event 1 twice"),
        ([0, 2, 1, *every[3:]], "event 2 before 1"),
        ([*every, 3], "event 3 after"),
    ):
        with pytest.raises(UsageError, match=message):
            rebuild(renumbered(log, sequence), program)
    with pytest.raises(UsageError, match=f"{count - 1} events; allowed: {count}"):
        rebuild(EventLog(log.head, log.events[:-1]), program)
    back = log.events.with_columns(period=pl.when(pl.col("sequence") == count - 1).then(0).otherwise("period"))
    with pytest.raises(UsageError, match="periods that never go back"):
        rebuild(EventLog(log.head, back), program)
    for period in (-1, 6):
        with pytest.raises(UsageError, match="allowed: 0 to 5"):
            rebuild(log, program, until=period)


def test_rebuild__log_of_another_network() -> None:
    program = random_program(1, integer=True)
    log = log_of(trace(program, periods=5))
    with pytest.raises(UsageError, match="digest"):
        rebuild(log, random_program(2, integer=True))
    renamed = log.events.with_columns(activity_id=pl.col("activity_id").str.replace("a", "z"))
    with pytest.raises(UsageError, match="activity_id z"):
        rebuild(EventLog(log.head, renamed), program)
    strange = log.events.with_columns(event=pl.col("event").str.replace("ordered", "wished"))
    with pytest.raises(UsageError, match="an event wished"):
        rebuild(EventLog(log.head, strange), program)


def test_log_of__stock_is_never_below_zero_at_any_event() -> None:
    for seed in range(scaled(ci=8, full=200)):
        program = random_program(seed, integer=True)
        events = log_of(trace(program, periods=PERIODS, seed=seed)).events
        sold = pl.DataFrame({"stream_id": program.names.streams["stream_id"], "at": program.names.streams["buffer_id"]})
        sign = {"opening_stock": 1.0, "received": 1.0, "consumed": -1.0, "shipped": -1.0}
        moves = events.filter(pl.col("event").is_in(list(sign))).join(sold, on="stream_id", how="left", maintain_order="left")
        change = pl.col("quantity") * pl.col("event").replace_strict(sign)
        left = moves.with_columns(place=pl.coalesce("buffer_id", "at")).select(change.cum_sum().over("place"))
        assert (left.to_series() >= 0).all(), seed
