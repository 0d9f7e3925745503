"""Groups of replications that are run in other processes make the same bytes."""

from __future__ import annotations

import multiprocessing
import pickle

import pytest

from chaintwin.errors import UsageError
from chaintwin.examples import Example, load
from chaintwin.network.program import Program
from chaintwin.network.state import State, initial_state
from chaintwin.simulation import Span, join_groups, run_ensemble, run_groups
from chaintwin.simulation.playing import Reduced
from tests.simulation.test_ensemble import random_program, same

SPAN = Span(first=0, periods=20, warm_up=5, replications=400, seed=7)


def run_part(program: Program, state: State, first: int, groups: int) -> tuple[Reduced, ...]:
    return run_groups(program, state, span=SPAN, first=first, groups=groups)


@pytest.mark.slow
def test_run_groups__half_in_a_child_process() -> None:
    program = random_program(3)
    state = initial_state(program)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        elsewhere = pool.apply_async(run_part, (program, state, 3, 4))
        here = run_part(program, state, 0, 3)
        parts = here + elsewhere.get(timeout=300)
    assert [part.figures.shape[0] for part in parts] == [64] * 6 + [16]
    assert same(join_groups(parts), run_ensemble(program, state, span=SPAN))


def test_run_groups__any_threads_and_width() -> None:
    program = random_program(5, integer=True)
    state = initial_state(program)
    whole = run_ensemble(program, state, span=SPAN)
    for threads, width in ((1, 8), (2, 64), (2, 16)):
        parts = [
            part
            for first, count in ((0, 1), (1, 4), (5, 2))
            for part in run_groups(program, state, span=SPAN, first=first, groups=count, threads=threads, width=width)
        ]
        assert same(join_groups(parts), whole)


@pytest.mark.parametrize(("first", "groups"), [(-1, 1), (0, 0), (7, 1), (6, 2)])
def test_run_groups__refuses_groups_that_are_not_there(first: int, groups: int) -> None:
    program = random_program(3)
    with pytest.raises(UsageError, match="allowed: among 0 to 6"):
        run_part(program, initial_state(program), first, groups)


def test_program_and_state__survive_pickling() -> None:
    program = load(Example.BEER_GAME).compile()
    state = initial_state(program)
    other, begun = pickle.loads(pickle.dumps((program, state)))
    assert other.digest() == program.digest()
    assert same(run_ensemble(other, begun, span=SPAN), run_ensemble(program, state, span=SPAN))
