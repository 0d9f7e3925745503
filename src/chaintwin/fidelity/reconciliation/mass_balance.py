"""Measured flows and stocks made to agree: least squares under balances, the test of the whole, and the sensor that is off.

What enters a node leaves it or is stocked there: A x = b. Measurements y with variances V break that a little by their errors
and a lot where a sensor is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.fidelity.reconciliation.programming import least_squares_above_zero
from chaintwin.laws.checking import check_level, check_number, check_numbers

Array = NDArray[np.float64]

TIE = 1e-9
"""Statistics so close to the largest belong to sensors that the balances cannot tell apart (METHODS 7.3)."""

RANK = 1e-10
"""Balances are taken as dependent below this part of the largest singular value."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Measurements made to agree.

    Parameters
    ----------
    values : float64[n]; NaN where nothing fixes a value that was not measured.
    sd : float64[n]; standard deviation of each value, NaN like it. Bounds at 0 are not counted in.
    statistic : weighted square of what the balances were off by. degrees : independent balances. p_value : of the chi-square
        test that the measurements differ from a balance by their errors alone; 1 without a balance that can be tested.
    z : float64[n]; how far each sensor is off if it alone is wrong, in standard deviations; 0 where no balance tells, NaN for
        what was not measured.
    suspects : places of the sensors of largest |z|, several where the balances cannot tell them apart; none where none is off.
    at_zero : places of values that the bound at 0 holds.
    """

    values: Array
    sd: Array
    statistic: float
    degrees: int
    p_value: float
    z: Array
    suspects: tuple[int, ...]
    at_zero: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """Sensors found wrong one after the other.

    Parameters
    ----------
    removed : groups of places, in the order they were taken out; sensors of a group cannot be told apart.
    result : what the others say; the values of the removed ones are worked out from the balances where these fix them.
    is_consistent : whether the others pass the test.
    """

    removed: tuple[tuple[int, ...], ...]
    result: Reconciled
    is_consistent: bool


def reconcile(
    balances: ArrayLike, measured: ArrayLike, *, sd: ArrayLike, right: ArrayLike | None = None, nonnegative: bool = False
) -> Reconciled:
    """Return the values closest to some measurements that fulfil all balances.

    Parameters
    ----------
    balances : float[m, n], A: one row for each node, +1 for what enters and -1 for what leaves or is stocked.
    measured : float[n], in units; NaN for what was not measured.
    sd : float[n], standard deviation of each measurement, above 0 where there is one.
    right : float[m], b; 0 by default.
    nonnegative : hold all values at 0 or above; a quadratic programme decides which are held where some would be below. Tests
        and z remain those without the bound.

    Raises
    ------
    UsageError : shapes do not fit, a number is out of range, the balances contradict each other, or no values of 0 and more
        fulfil them.

    Example
    -------
    >>> found = reconcile([[1, -1]], [10.0, 12.0], sd=[1.0, 1.0])
    >>> found.values.tolist(), found.statistic, found.suspects
    ([11.0, 11.0], 2.0, (0, 1))

    Source: Kuehn & Davidson 1961; Crowe, Garcia Campos & Hrymak 1983 for what was not measured; Mah & Tamhane 1982 for z.
    """
    matrix = check_numbers("balances", balances, dimensions=2)
    values, spread, known = _measurements(measured, sd, size=matrix.shape[1])
    goal = np.zeros(matrix.shape[0]) if right is None else check_numbers("right", right, size=matrix.shape[0])
    projection = _null_rows(matrix[:, ~known])
    tested, tested_goal = _independent(projection @ matrix[:, known], projection @ goal, scale=_scale(matrix))
    variance = spread[known] ** 2
    residual = tested @ values[known] - tested_goal
    # Without a balance that can be tested there is nothing to invert, and all that follows is empty.
    weights = np.asarray(np.linalg.inv(tested @ (variance[:, None] * tested.T)), dtype=np.float64)
    gain = (variance[:, None] * tested.T) @ weights
    found = np.full(values.size, np.nan)
    found[known] = values[known] - gain @ residual
    covariance = np.diag(variance) - gain @ (tested * variance)
    sds = np.full(values.size, np.nan)
    sds[known] = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    _solve_unmeasured(matrix, goal, found=found, sds=sds, known=known, covariance=covariance)
    z = np.full(values.size, np.nan)
    z[known] = _z_values(tested, variance=variance, weights=weights, residual=residual)
    statistic = float(residual @ weights @ residual)
    at_zero: tuple[int, ...] = ()
    # Values that nothing fixes may have to be below 0 as well, which no single one of them shows.
    if nonnegative and ((found < 0).any() or np.isnan(found).any()):
        found, at_zero = _above_zero(matrix, goal, values=values, spread=spread, known=known, free=found)
    degrees = tested.shape[0]
    return Reconciled(found, sds, statistic, degrees, _upper_tail(statistic, degrees), z, _suspects(z), at_zero)


def find_wrong_sensors(
    balances: ArrayLike,
    measured: ArrayLike,
    *,
    sd: ArrayLike,
    right: ArrayLike | None = None,
    level: float = 0.05,
    nonnegative: bool = False,
) -> Search:
    """Take out the sensor that is most likely wrong, until those that are left agree.

    Parameters
    ----------
    balances, measured, sd, right, nonnegative : as for `reconcile`.
    level : probability at which measurements that are all right fail the test, between 0 and 1.

    Returns
    -------
    What was taken out and what is left. Sensors that the balances cannot tell apart go together.

    Raises
    ------
    UsageError : as for `reconcile`.

    Example
    -------
    >>> chain = [[1, -1, 0, 0], [0, 1, -1, 0], [0, 0, 1, -1]]
    >>> found = find_wrong_sensors(chain, [100, 130, 101, 99], sd=[2, 2, 2, 2])
    >>> found.removed, found.is_consistent, float(found.result.values[1].round(6))
    (((1,),), True, 100.0)

    Source: serial elimination, Ripps 1965; Serth & Heenan 1986.
    """
    check_level("level", level)
    left = np.array(measured, dtype=np.float64)
    removed: list[tuple[int, ...]] = []
    while True:
        result = reconcile(balances, left, sd=sd, right=right, nonnegative=nonnegative)
        if result.p_value >= level or not result.suspects:
            return Search(tuple(removed), result, is_consistent=result.p_value >= level)
        removed.append(result.suspects)
        left[list(result.suspects)] = np.nan


def _measurements(measured: ArrayLike, sd: ArrayLike, *, size: int) -> tuple[Array, Array, NDArray[np.bool_]]:
    values = np.array(measured, dtype=np.float64)
    spread = np.array(sd, dtype=np.float64)
    if values.shape != (size,) or spread.shape != (size,):
        raise UsageError(f"measured, sd: found shapes {values.shape} and {spread.shape}; allowed: {size} numbers each")
    known = ~np.isnan(values)
    for place in np.flatnonzero(known).tolist():
        check_number(f"measured[{place}]", float(values[place]))
        check_number(f"sd[{place}]", float(spread[place]), low=0.0, open_low=True)
    return values, spread, known


def _null_rows(unmeasured: Array) -> Array:
    """Return the combinations of balances in which no unmeasured value is left, as orthonormal rows."""
    if unmeasured.shape[1] == 0:
        return np.eye(unmeasured.shape[0])
    left, singular, _ = np.linalg.svd(unmeasured)
    rank = int((singular > RANK * singular.max(initial=0.0)).sum())
    return np.asarray(left[:, rank:].T)


def _scale(matrix: Array) -> float:
    """Return the largest singular value."""
    return float(np.linalg.norm(matrix, 2)) if matrix.size else 0.0


def _independent(matrix: Array, goal: Array, *, scale: float) -> tuple[Array, Array]:
    """Return as many combinations of balances as are independent; the others must say the same.

    Parameters
    ----------
    scale : largest singular value of the balances before what was not measured was taken out; what is left of a balance that
        goes with it is rounding, however large it is beside the rest.
    """
    if not matrix.size:
        if (np.abs(goal) > 1e-9).any():
            raise UsageError("balances: found balances that contradict each other; allowed: values that fulfil them all")
        return matrix[:0], goal[:0]
    left, singular, _ = np.linalg.svd(matrix, full_matrices=True)
    rank = int((singular > RANK * scale).sum())
    if (np.abs(left[:, rank:].T @ goal) > 1e-9 * max(1.0, float(np.abs(goal).max(initial=0.0)))).any():
        raise UsageError("balances: found balances that contradict each other; allowed: values that fulfil them all")
    if rank == matrix.shape[0]:
        return matrix, goal
    return left[:, :rank].T @ matrix, left[:, :rank].T @ goal


def _z_values(tested: Array, *, variance: Array, weights: Array, residual: Array) -> Array:
    """Return the maximum-power statistic of each measurement: z = A'Gr / sqrt(diag(A'GA))."""
    if not tested.shape[0]:
        return np.zeros(tested.shape[1])
    power = np.einsum("ij,ik,kj->j", tested, weights, tested)
    pull = tested.T @ (weights @ residual)
    # Power times variance is the share of a sensor in its balances, from 0 to 1, whatever the sizes of the errors.
    is_seen = power * variance > 1e-12
    return np.where(is_seen, pull / np.sqrt(np.where(is_seen, power, 1.0)), 0.0)


def _suspects(z: Array) -> tuple[int, ...]:
    sizes = np.nan_to_num(np.abs(z), nan=0.0)
    top = float(sizes.max(initial=0.0))
    if top <= TIE:
        return ()
    return tuple(np.flatnonzero(sizes >= top - TIE * max(1.0, top)).tolist())


def _solve_unmeasured(
    matrix: Array, goal: Array, *, found: Array, sds: Array, known: NDArray[np.bool_], covariance: Array
) -> None:
    """Fill in what the balances fix of the values that were not measured."""
    free = matrix[:, ~known]
    if not free.shape[1]:
        return
    inverse = np.linalg.pinv(free, rcond=RANK)
    solved = inverse @ (goal - matrix[:, known] @ found[known])
    carried = inverse @ matrix[:, known]
    spread = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", carried, covariance, carried), 0.0))
    # A value is fixed if no movement along the null space of the balances changes it.
    is_fixed = np.abs(np.diag(inverse @ free) - 1) <= 1e-9
    found[~known] = np.where(is_fixed, solved, np.nan)
    sds[~known] = np.where(is_fixed, spread, np.nan)


def _above_zero(
    matrix: Array, goal: Array, *, values: Array, spread: Array, known: NDArray[np.bool_], free: Array
) -> tuple[Array, tuple[int, ...]]:
    weights = np.zeros(values.size)
    weights[known] = 1 / spread[known] ** 2
    held = least_squares_above_zero(matrix, goal, target=np.where(known, values, 0.0), weights=weights)
    if held is None:
        raise UsageError("balances: found none fulfilled by values of 0 and more; allowed: balances that some such values fulfil")
    found, at_zero = held
    is_fixed = ~np.isnan(free)
    return np.where(is_fixed, found, np.nan), tuple(place for place in at_zero if is_fixed[place])


def _upper_tail(statistic: float, degrees: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(degrees, statistic)) if degrees else 1.0
