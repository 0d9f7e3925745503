"""A linear programme of which the solver is handed only the part that matters to a question (delayed column generation).

Columns that are left out are 0. The prices of the rows say which of them would lower the cost; these are added, until none is
left. What was found then is optimal for the whole programme, because no column has a negative reduced cost. An outage is felt by
some hundred columns of a network of a hundred thousand, and the solver never sees the others.

Source: Ford & Fulkerson 1958, "A suggested computation for maximal multi-commodity network flows"; Desrosiers & Luebbecke 2005,
"A primer in column generation", section 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.network.paths.ordering import spread
from chaintwin.risk.stress.programmes.solving import INFINITE, Floats, ask, new_solver, set_columns, set_rows, solve

Integers = NDArray[np.int64]

ROUNDING = 1e-9
"""Part of what a reduced cost is summed up from below which it is only rounding."""

DUAL, PRIMAL = 1, 4
"""Simplex methods: from a basis that is too cheap, and from one that is allowed."""


@dataclass(frozen=True, slots=True)
class Question:
    """Bounds of a programme: min cost z, matrix z + clock t <= upper, low <= z <= most.

    Parameters
    ----------
    low, most : Floats[columns], 0 or more; only columns that are handed over from the start may have a low above 0.
    upper : Floats[rows].
    clock : Floats[rows], of one more column that touches many rows, with cost -1; none if there is no such column.
    latest : most of that column.
    """

    low: Floats
    most: Floats
    upper: Floats
    clock: Floats | None = None
    latest: float = INFINITE


@dataclass(frozen=True, slots=True)
class Answer:
    """What is optimal.

    Parameters
    ----------
    cost : of the whole, the clock's included.
    columns, values : those that the solver was handed, and what they are; all others are 0.
    rows, prices : those that the solver was handed, and by how much the cost falls for each unit more of their upper bound, 0 or
        less; of all others it does not.
    """

    cost: float
    columns: Integers
    values: Floats
    rows: Integers
    prices: Floats


class Growing:
    """Programmes with one matrix and one cost, asked one after the other; not by two threads at once.

    Doing nothing but what ``low`` says has to be allowed once the columns handed over first are free.

    Parameters
    ----------
    matrix : sparse float64[rows, columns].
    cost : Floats[columns], 0 or more, so that a column that touches no row that costs is not wanted.
    """

    def __init__(self, matrix: sparse.csc_array, cost: Floats) -> None:
        self._by_column, self._by_row = sparse.csc_array(matrix), sparse.csr_array(matrix)
        self._cost = cost
        self._columns_from = self._by_column.indptr.astype(np.int64)
        self._rows_from = self._by_row.indptr.astype(np.int64)
        rows, columns = self._by_column.shape
        # Where in the solver a row or column is, -1 if it is not there.
        self._row_at, self._column_at = np.full(rows, -1, dtype=np.int32), np.full(columns, -1, dtype=np.int32)
        self._rows, self._columns = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        self._solver = new_solver()
        self._extra = 0

    def ask(self, question: Question, first: Integers) -> Answer:
        """Return what is optimal.

        Parameters
        ----------
        first : columns that are handed over from the start.
        """
        self._forget()
        if question.clock is not None:
            ask(self._solver.addCol(-1.0, 0.0, question.latest, 0, np.zeros(0, dtype=np.int32), np.zeros(0)))
            self._extra = 1
            self._add_rows(np.flatnonzero(question.clock > 0), question)
        return self._grown(question, first)

    def ask_again(self, question: Question, first: Integers) -> Answer:
        """Return what is optimal with other bounds; the solver goes on from the last answer, and keeps the columns it has."""
        extra, columns, rows = self._extra, self._columns, self._rows
        set_columns(
            self._solver,
            np.arange(extra, extra + columns.size, dtype=np.int32),
            low=question.low[columns],
            high=question.most[columns],
        )
        set_rows(self._solver, np.arange(rows.size, dtype=np.int32), low=np.full(rows.size, -INFINITE), high=question.upper[rows])
        return self._grown(question, first[self._column_at[first] < 0])

    def _forget(self) -> None:
        self._row_at[self._rows], self._column_at[self._columns] = -1, -1
        self._rows, self._columns, self._extra = self._rows[:0], self._columns[:0], 0
        ask(self._solver.clearModel())

    def _grown(self, question: Question, first: Integers) -> Answer:
        """Return what is optimal, after as many columns were added as it takes."""
        solver = self._solver
        self._add_rows(np.flatnonzero((question.upper < 0) & (self._row_at < 0)), question)
        self._add_columns(np.unique(first), question)
        if not self._columns.size and not self._extra:
            # Nothing is touched, and the solver has no word for that.
            return Answer(0.0, self._columns, np.zeros(0), self._rows, np.zeros(self._rows.size))
        ask(solver.setOptionValue("simplex_strategy", PRIMAL if question.clock is not None else DUAL))
        while True:
            solve(solver)
            found = solver.getSolution()
            prices = np.array(found.row_dual)
            wanted = self._wanted(prices, question)
            if not wanted.size:
                break
            self._add_columns(wanted, question)
            ask(solver.setOptionValue("simplex_strategy", PRIMAL))
        values = np.array(found.col_value)[self._extra :]
        return Answer(solver.getInfo().objective_function_value, self._columns, values, self._rows, prices)

    def _wanted(self, prices: Floats, question: Question) -> Integers:
        """Return columns that are not in the solver and would lower the cost."""
        priced = np.flatnonzero(prices != 0)
        place, entry = spread(self._rows_from, self._rows[priced])
        column = self._by_row.indices[entry]
        is_new = (self._column_at[column] < 0) & (question.most[column] > 0)
        column, parts = column[is_new], (self._by_row.data[entry] * prices[priced][place])[is_new]
        columns, back = np.unique(column, return_inverse=True)
        own = self._cost[columns]
        reduced = own - np.bincount(back, weights=parts, minlength=columns.size)
        size = own + np.bincount(back, weights=np.abs(parts), minlength=columns.size)
        return columns[reduced < -ROUNDING * size].astype(np.int64)

    def _add_rows(self, rows: Integers, question: Question) -> None:
        """Hand rows over; no column that is there already is in them, but the clock."""
        if not rows.size:
            return
        clock = np.zeros(0) if question.clock is None else question.clock[rows]
        ticks = np.flatnonzero(clock)
        starts = np.concatenate([[0], np.cumsum(clock != 0)])[:-1] if clock.size else np.zeros(rows.size)
        ask(
            self._solver.addRows(
                rows.size,
                np.full(rows.size, -INFINITE),
                question.upper[rows],
                ticks.size,
                starts.astype(np.int32),
                np.zeros(ticks.size, dtype=np.int32),
                clock[ticks],
            )
        )
        self._row_at[rows] = np.arange(self._rows.size, self._rows.size + rows.size)
        self._rows = np.concatenate([self._rows, rows])

    def _add_columns(self, columns: Integers, question: Question) -> None:
        """Hand columns over, and the rows that they are in."""
        if not columns.size:
            return
        _, entry = spread(self._columns_from, columns)
        rows = self._by_column.indices[entry]
        self._add_rows(np.unique(rows[self._row_at[rows] < 0]).astype(np.int64), question)
        starts = np.concatenate([[0], np.cumsum(np.diff(self._columns_from)[columns])])[:-1]
        ask(
            self._solver.addCols(
                columns.size,
                self._cost[columns],
                question.low[columns],
                question.most[columns],
                entry.size,
                starts.astype(np.int32),
                self._row_at[rows],
                self._by_column.data[entry],
            )
        )
        self._column_at[columns] = np.arange(self._columns.size, self._columns.size + columns.size)
        self._columns = np.concatenate([self._columns, columns])
