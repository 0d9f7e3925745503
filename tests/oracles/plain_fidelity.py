"""Calibration and fidelity, written down as plainly as the formulas: loops, no vectors, nothing shared with the package."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np


def pit(members: Sequence[float], observed: float, v: float) -> float:
    below = sum(1 for member in members if member < observed)
    equal = sum(1 for member in members if member == observed)
    return (below + v * (equal + 1)) / (len(members) + 1)


def ks_distance(values: Sequence[float]) -> float:
    """Return the largest gap between empirical and uniform distribution function, on both sides of each jump."""
    count = len(values)
    gaps = []
    for value in values:
        gaps.append(abs(sum(1 for other in values if other <= value) / count - value))
        gaps.append(abs(sum(1 for other in values if other < value) / count - value))
    return max(gaps)


def crps(members: Sequence[float], observed: float, *, fair: bool = False) -> float:
    count = len(members)
    near = sum(abs(member - observed) for member in members) / count
    apart = sum(abs(one - other) for one in members for other in members)
    return near - apart / (2 * count * (count - 1 if fair else count))


def crps_by_integral(members: Sequence[float], observed: float) -> float:
    """Return the integral of (F - 1{x >= y})^2, step by step."""
    edges = sorted([*members, observed])
    total = 0.0
    for left, right in itertools.pairwise(edges):
        share = sum(1 for member in members if member <= left) / len(members)
        total += (right - left) * (share - (1.0 if observed <= left else 0.0)) ** 2
    return total


def energy_pit(members: Sequence[Sequence[float]], observed: Sequence[float], v: float) -> float:
    points = [*map(list, members), list(observed)]
    scales = [float(np.std([point[place] for point in points])) for place in range(len(observed))]

    def distance(one: Sequence[float], other: Sequence[float]) -> float:
        return math.sqrt(sum(((a - b) / s) ** 2 for a, b, s in zip(one, other, scales, strict=True) if s > 0))

    ranks = [sum(distance(point, other) for other in points) for point in points]
    slack = 1e-9 * max(ranks)
    below = sum(1 for rank in ranks[:-1] if rank < ranks[-1] - slack)
    equal = sum(1 for rank in ranks[:-1] if abs(rank - ranks[-1]) <= slack)
    return (below + v * (equal + 1)) / len(points)


def e_detector(pits: Sequence[float], stakes: Sequence[float]) -> list[float]:
    """Return R = (1 + R) e of each bet, averaged."""
    bets = [("tilt", stake) for stake in stakes] + [("bulge", stake) for stake in stakes if -0.5 <= stake <= 1]
    totals = [0.0] * len(bets)
    path = []
    for p in pits:
        for place, (kind, stake) in enumerate(bets):
            factor = 1 + stake * (2 * p - 1) if kind == "tilt" else 1 + stake * (6 * p * (1 - p) - 1)
            totals[place] = (1 + totals[place]) * factor
        path.append(sum(totals) / len(totals))
    return path


def kaplan_meier(times: Sequence[float], arrived: Sequence[bool]) -> list[tuple[float, float]]:
    survival = 1.0
    rows = []
    for time in sorted({t for t, a in zip(times, arrived, strict=True) if a}):
        at_risk = sum(1 for t in times if t >= time)
        came = sum(1 for t, a in zip(times, arrived, strict=True) if a and t == time)
        survival *= 1 - came / at_risk
        rows.append((time, survival))
    return rows


def normal_log_likelihood(sales: Sequence[float], bounds: Sequence[bool], mean: float, sd: float) -> float:
    """Return the log-likelihood of sales of which some are lower bounds."""
    total = 0.0
    for sale, is_bound in zip(sales, bounds, strict=True):
        z = (sale - mean) / sd
        total += math.log(max(0.5 * math.erfc(z / math.sqrt(2)), 1e-300)) if is_bound else -0.5 * z * z - math.log(sd)
    return total


def kalman(
    mean: float, variance: float, flows: Sequence[float], counts: Sequence[Any], q: float, r: float
) -> tuple[float, float]:
    """Return the last state as batch weighted least squares: unknown stock at every end, all equations at once."""
    size = len(flows) + 1
    rows, right, weights = [np.eye(size)[0]], [mean], [1 / variance]
    for place, (flow, counted) in enumerate(zip(flows, counts, strict=True), start=1):
        rows.append(np.eye(size)[place] - np.eye(size)[place - 1])
        right.append(flow)
        weights.append(1 / q)
        if counted is not None:
            rows.append(np.eye(size)[place])
            right.append(counted)
            weights.append(1 / r)
    matrix, scale = np.array(rows), np.array(weights)
    normal = matrix.T @ (scale[:, None] * matrix)
    solved = np.linalg.solve(normal, matrix.T @ (scale * np.array(right)))
    return float(solved[-1]), float(np.linalg.inv(normal)[-1, -1])


def reconcile(A: np.ndarray, y: np.ndarray, sd: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return reconciled values by the equations of Karush, Kuhn & Tucker."""
    rows, size = A.shape
    system = np.zeros((size + rows, size + rows))
    system[:size, :size] = np.diag(1 / sd**2)
    system[:size, size:] = A.T
    system[size:, :size] = A
    right = np.concatenate([y / sd**2, b])
    return np.linalg.lstsq(system, right, rcond=None)[0][:size]


def reconcile_above_zero(A: np.ndarray, y: np.ndarray, sd: np.ndarray, b: np.ndarray) -> np.ndarray | None:
    """Return the best of all choices of values that are held at 0."""
    best: tuple[float, np.ndarray] | None = None
    size = y.size
    for held in itertools.product([False, True], repeat=size):
        free = [place for place in range(size) if not held[place]]
        x = np.zeros(size)
        if free:
            x[free] = reconcile(A[:, free], y[free], sd[free], b)
        if np.abs(A @ x - b).max(initial=0.0) > 1e-7 or x.min() < -1e-9:
            continue
        cost = float((((x - y) / sd) ** 2).sum())
        if best is None or cost < best[0]:
            best = (cost, x)
    return None if best is None else best[1]


def out_of_order(starts: Sequence[float], ends: Sequence[float]) -> int:
    return sum(
        1
        for (s, e), (t, f) in itertools.combinations(sorted(zip(starts, ends, strict=True)), 2)
        if (s < t and f < e) or (t < s and e < f)
    )


def effective_fifo(pmf: dict[int, float]) -> dict[int, float]:
    """Return the law of the lead time where nothing overtakes: P(L <= l) = product over j of F(l + j) (METHODS 1.4)."""
    top = max(pmf)

    def below(at: int) -> float:
        return sum(p for value, p in pmf.items() if value <= at)

    cdf = [math.prod(below(at + j) for j in range(top + 1)) for at in range(top + 1)]
    return {at: cdf[at] - (cdf[at - 1] if at else 0.0) for at in range(top + 1)}
