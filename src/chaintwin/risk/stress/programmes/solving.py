"""The solver of linear programmes: a model is passed once, then its bounds are changed."""

from __future__ import annotations

from typing import Any, cast

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.errors import ChaintwinError

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]

INFINITE = highspy.kHighsInf

TOLERANCE = 1e-9
"""What the solver takes for nothing, in programmes of which hardly any number is far from 1."""


def model_of(matrix: Any, *, cost: Floats, most: Floats, upper: Floats, least: Floats | None = None) -> highspy.Highs:
    """Return a solver with min cost z, matrix z <= upper, least <= z <= most; no least is 0."""
    columns = sparse.csc_array(matrix)
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = columns.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(cost.size) if least is None else least, most
    lp.row_lower_, lp.row_upper_ = np.full(upper.size, -INFINITE), upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = columns.indptr.astype(np.int32)
    lp.a_matrix_.index_ = columns.indices.astype(np.int32)
    lp.a_matrix_.value_ = columns.data
    solver = new_solver()
    ask(solver.passModel(lp))
    return solver


def new_solver() -> highspy.Highs:
    """Return a solver without a model.

    One thread, so that the way to the optimum is the same on every machine; and neither a smaller model nor changed costs and
    bounds, which would have to be found anew for each outage.
    """
    solver = _Silent()
    for name, value in (
        ("threads", 1),
        ("presolve", "off"),
        ("solver", "simplex"),
        ("dual_simplex_cost_perturbation_multiplier", 0.0),
        ("primal_simplex_bound_perturbation_multiplier", 0.0),
        ("primal_feasibility_tolerance", TOLERANCE),
        ("dual_feasibility_tolerance", TOLERANCE),
    ):
        ask(solver.setOptionValue(name, value))
    return solver


def set_columns(solver: highspy.Highs, where: Numbers, *, low: Floats, high: Floats) -> None:
    """Set bounds of some columns; of longer arrays the first ones count."""
    if where.size:
        ask(solver.changeColsBounds(where.size, where, low[: where.size], high[: where.size]))


def set_rows(solver: highspy.Highs, where: Numbers, *, low: Floats, high: Floats) -> None:
    """Set bounds of some rows; of longer arrays the first ones count."""
    if where.size:
        # The stubs of the library lack it.
        ask(cast(Any, solver).changeRowsBounds(where.size, where, low[: where.size], high[: where.size]))


def solve(solver: highspy.Highs) -> None:
    """Solve, from where the solver stands; an optimum exists, because doing nothing is allowed."""
    if not is_solved(solver):
        status = solver.modelStatusToString(solver.getModelStatus())
        raise ChaintwinError(f"stress test: the solver ended with {status}; please report this")


def is_solved(solver: highspy.Highs) -> bool:
    """Solve, and return whether there is an optimum."""
    ask(solver.run())
    return solver.getModelStatus() == highspy.HighsModelStatus.kOptimal


def ask(status: highspy.HighsStatus) -> None:
    """Refuse a status that says that something went wrong."""
    if status == highspy.HighsStatus.kError:
        raise ChaintwinError("stress test: the solver refused a change of its model; please report this")


class _Silent(highspy.Highs):
    """A solver that writes nothing; the constructor of ``Highs`` switches callbacks on, which already prints a line."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()
        ask(self.setOptionValue("output_flag", False))
