"""Ensembles: the same bytes for any threads, width and order of rows; laws checked in the run; cancelling."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from chaintwin.errors import CancelledError, UsageError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.graph import RESOURCE_SCHEMA, Graph
from chaintwin.network.program import Program
from chaintwin.network.state import Shipments, initial_state
from chaintwin.simulation import playing
from chaintwin.simulation.ensemble import run_ensemble
from chaintwin.simulation.playing import Reduced, Span, _content, _kept_plan, best_width
from chaintwin.simulation.tape.assembling import assemble
from tests.bills import with_payments
from tests.graphs import graph_of
from tests.sizes import scaled
from tests.strategies import EVERYTHING, networks, random_network, two_speed_suppliers

SPAN = Span(first=0, periods=20, warm_up=5, replications=150, seed=7)


def random_program(seed: int, *, integer: bool = False) -> Program:
    return compile_graph(random_graph(seed, integer=integer))


def random_graph(seed: int, *, integer: bool = False) -> Graph:
    case = random_network(seed, integer=integer, features=EVERYTHING)
    network = with_payments(with_laws(case["network"]), np.random.default_rng(seed))
    return graph_of(network, integer=integer, costs={"h": 1.0, "p": 9.0, "K": 5.0})


def with_laws(network: dict[str, Any]) -> dict[str, Any]:
    """Return the network with random demand and, on every third activity, random lead times where they are allowed."""
    fixed = two_speed_suppliers(network)
    network = {key: value for key, value in network.items() if key != "leads"}
    demands = [{**{k: v for k, v in item.items() if k != "series"}, "law": "poisson(3)"} for item in network["demands"]]
    activities = [
        {**item, "lead": "pmf(1:0.3, 2:0.4, 4:0.3)" if number % 3 == 0 and item["id"] not in fixed else item["lead"]}
        for number, item in enumerate(network["activities"])
    ]
    return {**network, "demands": demands, "activities": activities}


def same(one: Reduced, other: Reduced) -> bool:
    pairs = (
        (one.figures, other.figures),
        (one.moments.mean, other.moments.mean),
        (one.moments.spread, other.moments.spread),
        (one.ratios.mean, other.ratios.mean),
        (one.ratios.spread, other.ratios.spread),
    )
    return all(left.tobytes() == right.tobytes() for left, right in pairs)


@pytest.mark.parametrize("integer", [True, False])
def test_run_ensemble__threads_and_width_never_change_a_byte(integer: bool) -> None:
    for seed in range(scaled(ci=4, full=40)):
        program = random_program(seed, integer=integer)
        state = initial_state(program)
        whole = run_ensemble(program, state, span=SPAN, threads=1, width=64)
        for threads, width in ((2, 64), (1, 8), (2, 16), (1, 32)):
            assert same(whole, run_ensemble(program, state, span=SPAN, threads=threads, width=width))


def test_run_ensemble__order_of_input_rows_never_changes_a_byte() -> None:
    for seed in range(scaled(ci=4, full=40)):
        graph = random_graph(seed)
        frames = ("buffers", "activities", "inputs", "outputs", "uses", "resources", "streams", "pipeline", "orders")
        frames += ("rooms", "accounts", "payments")
        shuffled = replace(graph, **{name: getattr(graph, name).sample(fraction=1, shuffle=True, seed=3) for name in frames})
        one, other = compile_graph(graph), compile_graph(shuffled)
        assert one.digest() == other.digest()
        assert same(
            run_ensemble(one, initial_state(one), span=SPAN, threads=1),
            run_ensemble(other, initial_state(other), span=SPAN, threads=1),
        )


def test_run_ensemble__fewer_replications_are_the_first_of_more() -> None:
    program = random_program(11)
    many = run_ensemble(program, initial_state(program), span=SPAN)
    few = run_ensemble(program, initial_state(program), span=replace(SPAN, replications=10))
    assert few.figures.tobytes() == many.figures[:10].tobytes()


def test_run_ensemble__plans_are_kept_for_the_same_content_only() -> None:
    """The second run takes the plan of the first; any array of program or state that changes, in place too, makes another."""
    _kept_plan.cache_clear()
    program = random_program(3)
    state = initial_state(program)
    first = run_ensemble(program, state, span=SPAN, threads=1)
    assert same(first, run_ensemble(random_program(3), initial_state(program), span=SPAN, threads=1))
    assert (_kept_plan.cache_info().hits, _kept_plan.cache_info().misses) == (1, 1)
    parts = (program.buffers, program.activities, program.streams, program.resources, program.order)
    arrays = [array for part in parts for array in part if array.size]
    arrays += [program.laws.kind, program.laws.values, state.lots.quantity, state.backlog, state.resource_share]
    before = _content(program, state)
    for array in arrays:
        if array.size:
            old = array[0].copy()
            array[0] = old + 1
            assert _content(program, state) != before
            array[0] = old
    assert _content(program, state) == before
    state.backlog[0] += 5.0
    changed = run_ensemble(program, state, span=SPAN, threads=1)
    _kept_plan.cache_clear()
    assert not same(first, changed)
    assert same(changed, run_ensemble(program, state, span=SPAN, threads=1))


def test_run_ensemble__tables_are_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left in a table of an earlier batch never shows."""
    program = random_program(5)
    state = initial_state(program)
    span = replace(SPAN, replications=64 * 7 + 5)
    whole = run_ensemble(program, state, span=span, threads=1)
    monkeypatch.setattr(playing, "BATCH_BYTES", 1)
    assert same(whole, run_ensemble(program, state, span=span, threads=1))
    assert same(whole, run_ensemble(program, state, span=span, threads=2))


def test_run_ensemble__another_seed_gives_other_numbers() -> None:
    program = random_program(11)
    one = run_ensemble(program, initial_state(program), span=SPAN)
    other = run_ensemble(program, initial_state(program), span=replace(SPAN, seed=8))
    assert one.figures.tobytes() != other.figures.tobytes()


def test_run_ensemble__a_new_entity_shifts_nobody_s_numbers() -> None:
    graph = random_graph(11)
    more = graph_of(
        {
            "buffers": [{"id": "zz", "init": 5, "policy": {"type": "base_stock", "S": 9}}],
            "activities": [{"id": "zz", "in": {}, "out": {"zz": 1}, "lead": 2}],
            "demands": [{"id": "zz", "buffer": "zz", "law": "poisson(4)"}],
        },
        integer=False,
    )
    frames = ("buffers", "activities", "inputs", "outputs", "streams")
    wider = replace(graph, **{name: getattr(graph, name).vstack(getattr(more, name)) for name in frames})
    one, other = compile_graph(graph), compile_graph(wider)
    before = run_ensemble(one, initial_state(one), span=SPAN)["on_hand"].mean
    after = run_ensemble(other, initial_state(other), span=SPAN)["on_hand"].mean
    assert before.tobytes() == after[: before.size].tobytes()


@given(case=networks(integer=False, features=EVERYTHING))
@settings(max_examples=scaled(ci=10, full=300), deadline=None)
def test_run_ensemble__laws_hold_on_random_networks(case: dict[str, Any]) -> None:
    # The run itself checks laws 1 to 4 and 7 and raises InvariantError where one does not hold.
    program = compile_graph(graph_of(with_laws(case["network"]), integer=False))
    reduced = run_ensemble(program, initial_state(program), span=replace(SPAN, replications=20))
    assert np.isfinite(reduced.figures[:, 7]).all()


@given(case=networks(integer=True, features=EVERYTHING))
@settings(max_examples=scaled(ci=10, full=300), deadline=None)
def test_run_ensemble__laws_hold_exactly_in_whole_units(case: dict[str, Any]) -> None:
    program = compile_graph(graph_of(with_laws(case["network"]), integer=True))
    reduced = run_ensemble(program, initial_state(program), span=replace(SPAN, replications=20))
    assert np.isfinite(reduced.figures[:, 7]).all()


def test_run_ensemble__a_resource_that_never_binds_changes_nothing() -> None:
    # Law 12: a disruption of size zero is the base case bit for bit.
    graph = random_graph(5)
    free = pl.DataFrame([("free", [1e12], 0.0)], schema=RESOURCE_SCHEMA, orient="row")
    uses = graph.activities.select("activity_id").with_columns(resource_id=pl.lit("free"), quantity=pl.lit(1.0))
    burdened = replace(graph, uses=graph.uses.vstack(uses), resources=graph.resources.vstack(free))
    one, other = compile_graph(graph), compile_graph(burdened)
    left = run_ensemble(one, initial_state(one), span=SPAN)
    right = run_ensemble(other, initial_state(other), span=SPAN)
    assert left.figures.tobytes() == right.figures.tobytes()


def test_run_ensemble__cancelled_before_it_starts() -> None:
    program, stop = random_program(1), threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        run_ensemble(program, initial_state(program), span=SPAN, cancel=stop)


def test_run_ensemble__cancelled_under_way() -> None:
    program, stop = random_program(1), threading.Event()
    seen: list[float] = []

    def watch(share: float) -> None:
        seen.append(share)
        stop.set()

    with pytest.raises(CancelledError):
        run_ensemble(program, initial_state(program), span=replace(SPAN, replications=6400), progress=watch, cancel=stop)
    assert 0 < len(seen) < 100


def test_run_ensemble__progress_ends_at_one() -> None:
    program, seen = random_program(1), []
    run_ensemble(program, initial_state(program), span=SPAN, threads=1, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)


def test_best_width__narrows_blocks_that_would_be_too_large() -> None:
    program = random_program(1)
    tape = assemble(program, initial_state(program))
    for gigabytes, width in ((0.03, 16), (0.1, 8), (0.3, 2), (3.0, 1)):
        rows = replace(tape.rows, hot=int(gigabytes * 2**27), count=int(gigabytes * 2**27))
        assert best_width(replace(tape, rows=rows), 1000, workers=2, room=1) == width


def test_best_width__counts_the_totals_of_all_periods() -> None:
    program = random_program(1)
    tape = assemble(program, initial_state(program))
    # 2**27 numbers are a block of one replication.
    for width in (1, 2, 8):
        assert best_width(tape, 1000, workers=2, room=2**27 // (tape.rows.totals * width) - tape.rows.count) == width


def test_best_width__gives_every_worker_its_share_of_a_group() -> None:
    program = random_program(1)
    tape = assemble(program, initial_state(program))
    assert [best_width(tape, replications, workers=2, room=1) for replications in (1, 2, 3, 10, 64, 65, 1000)] == [
        1,
        1,
        2,
        5,
        32,
        64,
        64,
    ]
    assert [best_width(tape, replications, workers=1, room=1) for replications in (1, 10, 64, 1000)] == [1, 10, 64, 64]


def test_run_ensemble__any_width_for_a_group_gives_the_same_bytes() -> None:
    for integer in (True, False):
        program = random_program(3, integer=integer)
        span, state = replace(SPAN, replications=50), initial_state(program)
        whole = run_ensemble(program, state, span=span, threads=1, width=64)
        for width in (1, 5, 7, 25):
            assert same(whole, run_ensemble(program, state, span=span, threads=2, width=width))


@pytest.mark.parametrize(("span", "width"), [(SPAN, 5), (SPAN, 128), (SPAN, 0), (replace(SPAN, replications=0), None)])
def test_run_ensemble__refuses_what_cannot_be_reduced(span: Span, width: int | None) -> None:
    program = random_program(1)
    with pytest.raises(UsageError):
        run_ensemble(program, initial_state(program), span=span, width=width)


def test_run_ensemble__what_is_due_on_an_activity_without_lead_time_is_received() -> None:
    network = {
        "buffers": [{"id": "shop", "init": 1, "policy": {"type": "none"}}],
        "activities": [{"id": "buy", "in": {}, "out": {"shop": 2}, "lead": 0}],
        "demands": [{"id": "d", "buffer": "shop", "series": [0]}],
    }
    program = compile_graph(graph_of(network, integer=False))
    now = np.zeros(1, dtype=np.int64)
    due = replace(initial_state(program), shipments=Shipments(now, now - 1, now, np.array([3.0])))
    span = replace(SPAN, periods=1, warm_up=0, replications=1)
    assert run_ensemble(program, due, span=span)["on_hand"].mean[0] == 7.0
    assert run_ensemble(program, initial_state(program), span=span)["on_hand"].mean[0] == 1.0


def test_run_ensemble__a_failure_does_not_set_the_caller_s_event() -> None:
    program, stop = random_program(1), threading.Event()

    def fail(_: float) -> None:
        raise ValueError("told to")

    with pytest.raises(ValueError, match="told to"):
        run_ensemble(program, initial_state(program), span=SPAN, threads=2, progress=fail, cancel=stop)
    assert not stop.is_set()
