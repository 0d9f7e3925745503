"""Weighted least squares under balances with no value below 0: a quadratic programme, and its answer to the last digit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ACTIVE = 1e-7
"""Values that the solver leaves so close to 0, relative to the largest, are held there; its own tolerance is of this size."""


def least_squares_above_zero(
    matrix: Array, goal: Array, *, target: Array, weights: Array
) -> tuple[Array, tuple[int, ...]] | None:
    """Return x of 0 and more that minimizes the weighted square of x - target under matrix x = goal.

    Parameters
    ----------
    matrix : float64[m, n]. goal : float64[m]. target : float64[n]. weights : float64[n], 0 or more.

    Returns
    -------
    The values and the places that are held at 0; None where no values of 0 and more fulfil the equations.

    Example
    -------
    >>> import numpy as np
    >>> found = least_squares_above_zero(
    ...     np.array([[1.0, -1.0, -1.0]]), np.zeros(1), target=np.array([4.0, 6.0, 0.0]), weights=np.ones(3)
    ... )
    >>> found[0].tolist(), found[1]
    ([5.0, 5.0, 0.0], (2,))

    Source: strictly convex quadratic programme; which values are held is found by HiGHS (Huangfu & Hall 2018), the values by the
    equations of Karush, Kuhn & Tucker.
    """
    found = _solved(matrix, goal, target=target, weights=weights)
    if found is None:
        return None
    scale = max(1.0, float(np.abs(target).max(initial=0.0)), float(np.abs(found).max(initial=0.0)))
    held = found <= ACTIVE * scale
    sharp = _sharpened(matrix, goal, target=target, weights=weights, held=held)
    if sharp is not None and (sharp >= -1e-9 * scale).all() and np.abs(sharp - found).max() <= 1e-4 * scale:
        found = np.maximum(sharp, 0.0)
    else:
        found = np.where(held, 0.0, found)
    return found, tuple(np.flatnonzero(held).tolist())


def _solved(matrix: Array, goal: Array, *, target: Array, weights: Array) -> Array | None:
    """Return what the solver finds, in units in which weights and values are near 1."""
    import highspy

    size = target.size
    unit = max(1.0, float(np.abs(target).max(initial=0.0)), float(np.abs(goal).max(initial=0.0)))
    weight = float(weights.max(initial=0.0)) or 1.0
    # The constructor of ``Highs`` switches callbacks on, which prints a line to standard output before it can be silenced.
    solver = highspy.Highs.__new__(highspy.Highs)
    super(highspy.Highs, solver).__init__()
    solver.setOptionValue("output_flag", False)
    model = highspy.HighsModel()
    programme = model.lp_
    programme.num_col_, programme.num_row_ = size, matrix.shape[0]
    programme.col_cost_ = -(weights / weight) * (target / unit)
    programme.col_lower_, programme.col_upper_ = np.zeros(size), np.full(size, solver.inf)
    programme.row_lower_ = programme.row_upper_ = goal / unit
    columns = [np.flatnonzero(matrix[:, place]) for place in range(size)]
    programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    programme.a_matrix_.start_ = np.concatenate([[0], np.cumsum([rows.size for rows in columns])]).astype(np.int32)
    programme.a_matrix_.index_ = np.concatenate([*columns, np.empty(0, dtype=np.int64)]).astype(np.int32)
    programme.a_matrix_.value_ = np.concatenate([*(matrix[rows, place] for place, rows in enumerate(columns)), np.empty(0)])
    curved = np.flatnonzero(weights > 0)
    model.hessian_.dim_ = size
    model.hessian_.format_ = highspy.HessianFormat.kTriangular
    model.hessian_.start_ = np.concatenate([[0], np.cumsum(weights > 0)]).astype(np.int32)
    model.hessian_.index_ = curved.astype(np.int32)
    model.hessian_.value_ = weights[curved] / weight
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.asarray(solver.getSolution().col_value, dtype=np.float64) * unit


def _sharpened(matrix: Array, goal: Array, *, target: Array, weights: Array, held: NDArray[np.bool_]) -> Array | None:
    """Return the minimum with the held values at 0, from its linear equations; None where they have no single answer."""
    free = np.flatnonzero(~held)
    part, rows = matrix[:, free], matrix.shape[0]
    system = np.zeros((free.size + rows, free.size + rows))
    system[: free.size, : free.size] = np.diag(weights[free])
    system[: free.size, free.size :] = part.T
    system[free.size :, : free.size] = part
    right = np.concatenate([weights[free] * target[free], goal])
    solved, *_ = np.linalg.lstsq(system, right, rcond=None)
    if not np.allclose(system @ solved, right, rtol=0.0, atol=1e-9 * max(1.0, float(np.abs(right).max(initial=0.0)))):
        return None
    found = np.zeros(target.size)
    found[free] = solved[: free.size]
    return found
