"""A trace is the very replication an ensemble holds, and its journeys account for all that moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.examples import Example, load
from chaintwin.network.graph import LeadMode
from chaintwin.network.state import initial_state
from chaintwin.simulation import simulate
from chaintwin.simulation.history.trace import NEVER
from chaintwin.simulation.history.tracing import trace, traces
from tests.graphs import trace as read_block
from tests.simulation.history.programs import PERIODS, random_program
from tests.sizes import scaled

WIDTH = 3
READINGS = ("on_hand", "waiting", "in_process", "started", "ordered", "backlog", "demand", "shipped", "lost")


@pytest.mark.parametrize("integer", [True, False])
def test_trace__is_the_replication_of_a_block(integer: bool) -> None:
    modes = set()
    for seed in range(scaled(ci=20, full=400)):
        program = random_program(seed, integer=integer)
        modes |= set(program.activities.lead_mode[program.activities.lead_random == 1].tolist())
        for replication in (0, 2):
            seen = read_block(program, periods=PERIODS, seed=seed, width=WIDTH, replication=replication)
            mine = trace(program, periods=PERIODS, seed=seed, replication=replication)
            for name in READINGS:
                values = seen[name].values() if isinstance(seen[name], dict) else seen[name]
                wanted = np.array(list(values)).T
                found = getattr(mine, name)
                # Differences of running sums, which the block is read by, are rounded; states are not.
                exact = integer or name in ("on_hand", "waiting", "backlog", "demand")
                np.testing.assert_allclose(found, wanted, rtol=0, atol=0 if exact else 1e-9, err_msg=f"{seed} {name}")
    assert modes == {LeadMode.CROSSING, LeadMode.FIFO, LeadMode.KAPLAN}


def test_trace__journeys_add_up_to_what_is_in_process_and_arrives() -> None:
    for seed in range(scaled(ci=20, full=400)):
        program = random_program(seed, integer=True)
        seen = trace(program, periods=PERIODS, seed=seed)
        journeys = seen.journeys
        # What waits outside has arrived there and is still in process.
        inside, come = seen.in_process - seen.held, seen.arrived + np.diff(seen.held, axis=0, prepend=0.0)
        for period in range(PERIODS):
            gone = (journeys.started <= period) & ((journeys.arrived == NEVER) | (journeys.arrived > period))
            for which, array in ((gone, inside), (journeys.arrived == period, come)):
                units = np.bincount(journeys.activity[which], journeys.quantity[which], minlength=array.shape[1])
                np.testing.assert_array_equal(units, array[period], err_msg=f"{seed} {period}")


def test_traces__several_are_each_the_one_of_its_number() -> None:
    program = random_program(7, integer=True)
    for number, several in enumerate(traces(program, periods=PERIODS, first=2, count=3, seed=5), start=2):
        alone = trace(program, periods=PERIODS, replication=number, seed=5)
        assert several.replication == number
        for name in (*READINGS, "used", "forecast", "arrived", "visible"):
            assert getattr(several, name).tobytes() == getattr(alone, name).tobytes(), name
        for mine, wanted in zip(several.journeys, alone.journeys, strict=True):
            np.testing.assert_array_equal(mine, wanted)


def test_trace__figures_of_an_ensemble_are_means_of_its_traces() -> None:
    network = load(Example.MEDICINES)
    result = simulate(network, replications=3, periods=40, warm_up=10, seed=9)
    for replication in range(3):
        seen = trace(network, periods=50, replication=replication, seed=9)
        assert seen.program.digest() == result.program_digest
        for name, array in (("on_hand", seen.on_hand), ("demand", seen.demand), ("backlog", seen.backlog)):
            assert array[10:].sum() / 40 == pytest.approx(result.figures[name][replication], rel=1e-12)


@pytest.mark.parametrize("wrong", [{"periods": 0}, {"periods": 10**9}, {"replication": -1}, {"replication": 2**32}, {"seed": -1}])
def test_trace__argument_out_of_range(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        trace(load(Example.BEER_GAME), **wrong)


def test_trace__state_that_does_not_fit() -> None:
    program = random_program(1, integer=True)
    state = initial_state(program)
    with pytest.raises(UsageError, match=r"state\.backlog\[0\]: found -1\.0"):
        trace(program, periods=5, state=replace(state, backlog=state.backlog - 1))


def test_trace__too_large_for_memory() -> None:
    with pytest.raises(UsageError, match="fewer periods or replications"):
        trace(random_program(1, integer=True), periods=10**9)
