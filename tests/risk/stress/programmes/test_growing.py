"""Programmes that grow by the columns that matter: as the general method says, and with few of the columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from chaintwin.risk.stress.programmes.growing import Growing, Question
from tests.sizes import scaled

ROWS, COLUMNS = 12, 30


def random_programme(seed: int) -> tuple[Any, Any, Any, Any]:
    """Return matrix, cost, most and upper; the last columns, one a row, pay for what a row lacks."""
    draw = np.random.default_rng(seed)
    inner = np.where(draw.random((ROWS, COLUMNS)) < 0.2, draw.integers(-4, 5, (ROWS, COLUMNS)), 0).astype(float)
    matrix = np.hstack([inner, -np.eye(ROWS)])
    cost = np.concatenate([draw.integers(0, 3, COLUMNS), np.full(ROWS, 10)]).astype(float)
    most = np.concatenate([draw.choice([0.0, 2.0, 7.0], COLUMNS), np.full(ROWS, np.inf)])
    upper = draw.integers(-9, 10, ROWS).astype(float)
    return sparse.csc_array(matrix), cost, most, upper


def plain(matrix: Any, cost: Any, *, most: Any, upper: Any, low: Any) -> float:
    found = linprog(cost, matrix.toarray(), upper, bounds=list(zip(low, most, strict=True)))
    assert found.status == 0
    return float(found.fun)


def test_growing__costs_what_the_whole_programme_costs_and_prices_say_why() -> None:
    grew = 0
    for seed in range(scaled(ci=60, full=2_000)):
        matrix, cost, most, upper = random_programme(seed)
        low, paying = np.zeros(cost.size), np.arange(COLUMNS, COLUMNS + ROWS)
        model = Growing(matrix, cost)
        for times in (1.0, 2.5, 0.5):
            question = Question(low, most * times, upper * times)
            found = model.ask(question, paying) if times == 1 else model.ask_again(question, paying)
            expected = plain(matrix, cost, most=most * times, upper=upper * times, low=low)
            assert found.cost == pytest.approx(expected, abs=1e-6), seed
            assert cost[found.columns] @ found.values == pytest.approx(found.cost, abs=1e-6)
            # A price is what the cost falls by; where a row has room it is nothing.
            left = (question.upper - matrix[:, found.columns] @ found.values)[found.rows]
            assert (found.prices <= 1e-9).all() and np.abs(found.prices * left).max() < 1e-6
        grew += found.columns.size < COLUMNS + ROWS
    assert grew


def test_growing__what_has_a_least_is_done_and_its_rows_know() -> None:
    # Column 0 has to be 3, and takes all that row 0 has; column 1 gives to it for 2 a unit, column 2 pays 10.
    matrix = sparse.csc_array(np.array([[2.0, -1.0, -1.0]]))
    model = Growing(matrix, np.array([0.0, 2.0, 10.0]))
    question = Question(np.array([3.0, 0.0, 0.0]), np.array([3.0, 4.0, np.inf]), np.array([1.0]))
    found = model.ask(question, np.array([0, 2]))
    assert found.cost == pytest.approx(4 * 2 + 1 * 10)
    assert dict(zip(found.columns.tolist(), found.values.tolist(), strict=True)) == pytest.approx({0: 3.0, 1: 4.0, 2: 1.0})


def test_growing__a_clock_runs_until_the_last_help_is_used_up() -> None:
    # Each row fills up by 1 a period and has room for 10; a chain of columns lets the first row use the room of the others.
    count = 1_000
    matrix = sparse.diags_array([-np.ones(count - 1), np.ones(count - 1)], offsets=[0, -1], shape=(count, count - 1))
    clock = np.zeros(count)
    clock[0] = 1.0
    upper = np.zeros(count)
    upper[:4] = 10.0
    question = Question(np.zeros(count - 1), np.full(count - 1, np.inf), upper, clock=clock, latest=1e5)
    found = Growing(sparse.csc_array(matrix), np.zeros(count - 1)).ask(question, np.zeros(0, dtype=np.int64))
    assert -found.cost == pytest.approx(40.0)
    # Further than what has room nothing helps, though that has to be tried.
    most = question.most.copy()
    most[3:] = 0.0
    fewer = Growing(sparse.csc_array(matrix), np.zeros(count - 1)).ask(
        Question(question.low, most, upper, clock=clock, latest=1e5), np.zeros(0, dtype=np.int64)
    )
    assert -fewer.cost == pytest.approx(40.0)
    assert fewer.columns.tolist() == [0, 1, 2]
    # Nothing fills up: there is no end.
    still = Question(question.low, most, upper, clock=np.zeros(count), latest=1e5)
    assert -Growing(sparse.csc_array(matrix), np.zeros(count - 1)).ask(still, np.zeros(0, dtype=np.int64)).cost == 1e5


def test_growing__nothing_touched_costs_nothing() -> None:
    matrix, cost, most, upper = random_programme(1)
    found = Growing(matrix, cost).ask(Question(np.zeros(cost.size), most, np.abs(upper)), np.zeros(0, dtype=np.int64))
    assert (found.cost, found.columns.size, found.prices.size) == (0.0, 0, 0)
