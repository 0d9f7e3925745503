"""Shipments whose arrival nobody knows: drawn as the very process would go on, given that they have not come."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from chaintwin.network.compiling import compile_graph
from chaintwin.network.graph import LeadMode
from chaintwin.network.program import Program
from chaintwin.network.state import Shipments, State, initial_state
from chaintwin.simulation.ensemble import run_ensemble
from chaintwin.simulation.history.event_log import log_of
from chaintwin.simulation.history.rebuilding import rebuild
from chaintwin.simulation.history.tracing import trace
from chaintwin.simulation.playing import Span
from tests.graphs import blocks_of, graph_of, in_process
from tests.simulation.history.programs import PERIODS, random_program
from tests.sizes import scaled

LAW = {1: 0.2, 3: 0.5, 6: 0.3}
"""Periods and their probabilities, those of METHODS 1.4."""

NOW = 10


def lane(mode: str, *, lead: str = "pmf(1:0.2, 3:0.5, 6:0.3)") -> Program:
    network: dict[str, Any] = {
        "buffers": [{"id": "shelf", "policy": {"type": "base_stock", "S": 0}}],
        "activities": [{"id": "buy", "in": {}, "out": {"shelf": 1}, "lead": lead, "lead_mode": mode}],
        "demands": [{"id": "d", "buffer": "shelf", "series": [0]}],
    }
    return compile_graph(graph_of(network, integer=True))


def under_way(program: Program, started: Sequence[int], *, known: Sequence[int | None] | None = None) -> State:
    """Return a state with shipments of 1, 10, 100 and so on units, those open whose arrival is not ``known``."""
    due = known or [None] * len(started)
    shipments = Shipments(
        np.zeros(len(started), dtype=np.int64),
        np.array(started),
        np.array([NOW if at is None else at for at in due]),
        np.array([10.0**place for place in range(len(started))]),
        np.array([at is None for at in due]),
    )
    return replace(initial_state(program), period=NOW, shipments=shipments)


def arrivals(program: Program, state: State, *, replications: int, seed: int = 0) -> list[tuple[int, ...]]:
    """Return the periods that the shipments of ``under_way`` arrive in, by replication, read off from what is in stock."""
    blocks = blocks_of(program, state, periods=8, width=64, count=replications // 64, seed=seed)
    count = state.shipments.quantity.size
    found = np.zeros((count, replications), dtype=np.int64)
    for period in range(NOW, NOW + 8):
        blocks.advance(period + 1)
        assert blocks.breach() is None
        stock = blocks.read(blocks.plan.tape.rows.on_hand)[0]
        for place in range(count):
            come = (stock // 10**place % 10 == 1) & (found[place] == 0)
            found[place, come] = period
    assert (found > 0).all()
    return [tuple(column) for column in found.T.tolist()]


def plain_arrivals(mode: str, started: Sequence[int], *, tries: int, seed: int) -> Counter[tuple[int, ...]]:
    """Play the lane from the first start on, very often, and keep the times in which nothing of it has come before now."""
    chance, found = random.Random(seed), Counter[tuple[int, ...]]()
    for _ in range(tries):
        times, last = [], 0
        for start in started:
            time = start + chance.choices(list(LAW), weights=list(LAW.values()))[0]
            last = time = max(time, last) if mode == "fifo" else time
            times.append(time)
        if min(times) >= NOW:
            found[tuple(times)] += 1
    return found


@pytest.mark.parametrize("started", [(9,), (8,), (5,), (4,), (6, 8, 9), (5, 8), (8, 8), (9, 9, 9)])
@pytest.mark.parametrize("mode", ["crossing", "fifo"])
def test_arrivals__are_those_of_the_process_given_that_nothing_has_come(mode: str, started: tuple[int, ...]) -> None:
    program = lane(mode)
    replications = scaled(ci=8192, full=65536)
    mine = Counter(arrivals(program, under_way(program, started), replications=replications))
    plain = plain_arrivals(mode, started, tries=scaled(ci=40_000, full=400_000), seed=1)
    assert mine.keys() <= plain.keys()
    kept = [key for key in plain if plain[key] >= 20]
    table = [[mine[key] for key in kept], [plain[key] for key in kept]]
    if len(kept) > 1:
        assert stats.chi2_contingency(table).pvalue > 1e-4, table


def test_arrivals__ignoring_the_age_is_found_out() -> None:
    # The control of the test above: what left three periods ago as if it had just left.
    program, started = lane("crossing"), (7,)
    mine = Counter(at + 2 for (at,) in arrivals(program, under_way(program, (9,)), replications=8192))
    plain = plain_arrivals("crossing", started, tries=40_000, seed=1)
    assert not {(at,) for at in mine} <= plain.keys()


@pytest.mark.parametrize("mode", ["crossing", "fifo"])
def test_arrivals__of_a_hidden_run_rank_evenly_among_those_drawn(mode: str) -> None:
    network: dict[str, Any] = {
        "buffers": [{"id": "shelf", "init": 10, "policy": {"type": "base_stock", "S": 10}}],
        "activities": [{"id": "buy", "in": {}, "out": {"shelf": 1}, "lead": "pmf(1:0.2, 3:0.5, 6:0.3)", "lead_mode": mode}],
        "demands": [{"id": "d", "buffer": "shelf", "series": [1]}],
    }
    program = compile_graph(graph_of(network, integer=True))
    chance, ranks = random.Random(3), []
    draws = 64
    for seed in range(scaled(ci=60, full=600)):
        hidden = trace(program, periods=30, seed=seed)
        state = rebuild(log_of(hidden), program, until=15)
        shipments = state.shipments
        opened = replace(state, shipments=replace(shipments, is_open=np.ones(shipments.quantity.size, dtype=bool)))
        blocks = blocks_of(program, opened, periods=15, width=draws, seed=1_000_000 + seed)
        journeys = hidden.journeys
        moving = (journeys.started < 15) & (journeys.arrived >= 15)
        # The mean time to go is a number that all of them have a part in.
        truth = float((journeys.quantity * (journeys.arrived - 15))[moving].sum())
        rings = blocks.plan.tape.pipes
        drawn = rings.ahead(15) @ blocks.read(rings.rows)
        below, equal = int((drawn < truth).sum()), int((drawn == truth).sum())
        ranks.append((below + chance.random() * (equal + 1)) / (draws + 1))
    assert stats.kstest(ranks, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("mode", ["crossing", "fifo"])
def test_arrivals__overdue_by_every_law_come_at_once(mode: str) -> None:
    program = lane(mode)
    assert set(arrivals(program, under_way(program, (2,)), replications=64)) == {(NOW,)}


def test_arrivals__nothing_overtakes_one_that_is_known() -> None:
    program = lane("fifo")
    found = arrivals(program, under_way(program, (6, 8, 9), known=(None, 13, None)), replications=2048)
    assert {second for _, second, _ in found} == {13}
    assert all(first <= second <= third for first, second, third in found)
    crossing = lane("crossing")
    found = arrivals(crossing, under_way(crossing, (6, 8, 9), known=(None, 13, None)), replications=2048)
    assert {second for _, second, _ in found} == {13}
    assert min(third for _, _, third in found) < 13


def test_arrivals__one_that_was_foretold_explains_that_nothing_behind_it_has_come() -> None:
    program = lane("fifo", lead="pmf(1:0.5, 8:0.5)")
    found = Counter(arrivals(program, under_way(program, (2, 5), known=(11, None)), replications=2048))
    assert set(found) == {(11, 11), (11, 13)}
    assert abs(found[11, 13] / 2048 - 0.5) < 0.05
    # What has arrived and waits outside explains nothing.
    held = arrivals(program, under_way(program, (2, 5), known=(NOW, None)), replications=256)
    assert {second for _, second in held} == {13}


def test_is_open__changes_nothing_where_lead_times_are_fixed_or_by_age() -> None:
    for program in (lane("crossing", lead="3"), lane("kaplan")):
        state = under_way(program, (7, 8, 9), known=(NOW, NOW + 1, NOW + 2))
        opened = replace(state, shipments=replace(state.shipments, is_open=np.ones(3, dtype=bool)))
        assert arrivals(program, opened, replications=64) == arrivals(program, state, replications=64)


@pytest.mark.parametrize("integer", [True, False])
def test_run__with_open_arrivals_obeys_the_laws_whatever_threads_width_and_order(integer: bool) -> None:
    modes: set[int] = set()
    for seed in range(scaled(ci=24, full=300)):
        program = random_program(seed, integer=integer)
        state = rebuild(log_of(trace(program, periods=PERIODS, seed=seed)), program, until=PERIODS // 2)
        count = state.shipments.quantity.size
        shipments = replace(state.shipments, is_open=np.array([(seed + place) % 4 > 0 for place in range(count)], dtype=bool))
        opened = replace(state, shipments=shipments)
        owner = shipments.activity_index[shipments.is_open]
        modes |= set(program.activities.lead_mode[owner[program.activities.lead_random[owner] == 1]].tolist())
        span = Span(state.period, periods=8, warm_up=0, replications=96, seed=seed)
        one = run_ensemble(program, opened, span=span, threads=1, width=32)
        two = run_ensemble(program, opened, span=span, threads=2, width=16)
        assert one.figures.tobytes() == two.figures.tobytes()
        turned = np.arange(count)[::-1]
        other = Shipments(*(getattr(shipments, name)[turned] for name in shipments.__dataclass_fields__))
        again = run_ensemble(program, replace(opened, shipments=other), span=span, threads=1, width=32)
        np.testing.assert_allclose(again.figures, one.figures, rtol=1e-12)
        blocks = blocks_of(program, opened, periods=8, width=16)
        moving = np.bincount(shipments.activity_index, shipments.quantity, minlength=program.counts[1])
        np.testing.assert_allclose(in_process(blocks), np.repeat(moving[:, None], 16, axis=1), rtol=1e-12)
    assert modes == {LeadMode.CROSSING, LeadMode.FIFO, LeadMode.KAPLAN}
