"""Exact long-run values of small systems, from textbook formulas, in the event order of METHODS 1.2.

Each function takes the inputs of the worked cases of its kind and returns their answers, so that the engine can be tried on
other parameters than those of the cases. Sources are those of METHODS 1.7: Arrow, Harris and Marschak 1951 (newsvendor), Hadley
and Whitin 1963 ((R,nQ)), Zheng and Federgruen 1991 ((s,S)), Clark and Scarf 1960 with Chen and Zheng 1994 (serial system), Tayur
1993 (capacity).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Answer = dict[str, float]
Vector = NDArray[np.float64]


def newsvendor(*, h: float, p: float, mu: float, sigma: float, S: float) -> Answer:
    """One buffer, base stock, lead 1, normal demand."""
    z, z_best = (S - mu) / sigma, stats.norm.ppf(p / (h + p))
    loss = sigma * (stats.norm.pdf(z) - z * stats.norm.sf(z))
    return {
        "cost_per_period": float(h * (S - mu) + (h + p) * loss),
        "S_opt": float(mu + sigma * z_best),
        "cost_opt": float((h + p) * sigma * stats.norm.pdf(z_best)),
        "dcost_dS": float((h + p) * stats.norm.cdf(z) - p),
    }


def base_stock_poisson(*, lam: float, L: int, S: int, h: float, p: float) -> Answer:
    """One buffer, base stock, lead L, Poisson demand, backorders."""
    on_hand, backlog = _stock_and_backlog(S, lam * L)
    before_last = _stock_and_backlog(S, lam * (L - 1))[1]
    return {
        "E_on_hand": on_hand,
        "E_backlog": backlog,
        "P_no_backlog": float(stats.poisson.cdf(S, lam * L)),
        "ready_rate": float(stats.poisson.cdf(S - 1, lam * L)),
        "fill_rate": 1 - (backlog - before_last) / lam,
        "cost_per_period": h * on_hand + p * backlog,
    }


def reorder_batches_poisson(*, lam: float, L: int, R: int, Q: int, h: float, p: float, K: float) -> Answer:
    """Periodic (R,nQ): the position after ordering is uniform on R+1..R+Q."""
    levels = [_stock_and_backlog(position, lam * L) for position in range(R + 1, R + Q + 1)]
    on_hand, backlog = (float(np.mean([level[k] for level in levels])) for k in (0, 1))
    frequency = float(np.mean(stats.poisson.sf(np.arange(Q), lam)))
    return {
        "E_on_hand": on_hand,
        "E_backlog": backlog,
        "order_frequency": frequency,
        "cost_per_period": h * on_hand + p * backlog + K * frequency,
    }


def reorder_up_to_cost(s: int, S: int, *, lam: float, K: float, h: float, p: float, L: int = 1) -> float:
    """Return the exact cost per period of an (s,S) policy, order when IP <= s, from the renewal function of Poisson demand."""
    demand = stats.poisson.pmf(np.arange(S - s), lam)
    visits = np.zeros(S - s)
    for drop in range(S - s):
        earlier = demand[1 : drop + 1] @ visits[drop - 1 :: -1][:drop] if drop else 1.0
        visits[drop] = earlier / (1 - demand[0])
    costs = [_cost_rate(S - drop, lam * L, h, p) for drop in range(S - s)]
    return float((K + visits @ np.array(costs)) / visits.sum())


def reorder_up_to_poisson(*, lam: float, K: float, h: float, p: float) -> Answer:
    """Return the best (s,S), lead 1, by the algorithm of Zheng and Federgruen."""

    def cost(s: int, S: int) -> float:
        return reorder_up_to_cost(s, S, lam=lam, K=K, h=h, p=p)

    def rate(position: int) -> float:
        return _cost_rate(position, lam, h, p)

    start = int(stats.poisson.ppf(p / (h + p), lam))
    s, best = start - 1, start
    while cost(s, best) > rate(s):
        s -= 1
    least, upper = cost(s, best), best + 1
    while rate(upper) <= least:
        if cost(s, upper) < least:
            best = upper
            while cost(s, best) <= rate(s + 1):
                s += 1
            least = cost(s, best)
        upper += 1
    return {"s": s, "S": best, "cost_per_period": least}


def lost_sales(*, lam: float, S: int, h: float, p: float) -> Answer:
    """Base stock, lead 2, lost sales: chain of the stock x after arrivals, x' = S - min(D, x)."""
    stock = np.arange(S + 1)
    sold = np.minimum(stock[None, :], stock[:, None])
    chain = np.zeros((S + 1, S + 1))
    for x in range(S + 1):
        chance = stats.poisson.pmf(np.arange(x + 1), lam)
        chance[x] = stats.poisson.sf(x - 1, lam)
        chain[x, S - sold[x, : x + 1]] += chance
    share = _stationary(chain)
    mean_sold = sum(share[x] * (lam - _stock_and_backlog(x, lam)[1]) for x in range(S + 1))
    on_hand = float(share @ stock - mean_sold)
    return {
        "fill_rate": float(mean_sold / lam),
        "E_lost": float(lam - mean_sold),
        "E_on_hand": on_hand,
        "cost_per_period": float(h * on_hand + p * (lam - mean_sold)),
    }


def capacitated(*, lam: float, C: int, S: float, h: float, p: float) -> Answer:
    """Base stock with capacity C a period, lead 1: shortfall V' = (V + D - C)+, net stock S - V - D."""
    # The shortfall decays about as exp(-2 (C - lam)/lam) a unit, so what lies beyond this size is below rounding.
    size = int(40 * (lam + C) / max(C - lam, 0.25))
    demand = stats.poisson.pmf(np.arange(size + C + 1), lam)
    chain = np.zeros((size, size))
    for v in range(size):
        chain[v, 0] = demand[: max(C - v, 0) + 1].sum() if v <= C else 0.0
        first = max(1, v - C)
        chain[v, first:] = demand[first + C - v : size + C - v]
        chain[v, -1] += 1 - chain[v].sum()
    share = _stationary(chain)
    net = S - np.arange(size + demand.size - 1)
    chance = np.convolve(share, demand)
    on_hand, backlog = float(chance @ np.maximum(net, 0)), float(chance @ np.maximum(-net, 0))
    return {
        "E_shortfall": float(share @ np.arange(size)),
        "E_on_hand": on_hand,
        "E_backlog": backlog,
        "cost_per_period": h * on_hand + p * backlog,
        "dcost_dS": float(h * chance[net > 0].sum() - p * chance[net < 0].sum()),
    }


def clark_scarf(
    *, echelon_h: Sequence[float], lead: Sequence[int], p: float, mu: float, sigma: float
) -> dict[str, float | list[float]]:
    """Serial system, stage 0 serves the customer: best echelon levels and cost, by recursion on a fine grid."""
    exposure = mu * sum(lead)
    spread = sigma * math.sqrt(sum(lead))
    grid = np.linspace(-4 * exposure - 12 * spread, 3 * exposure + 12 * spread, 16001)
    induced: Vector = (p + sum(echelon_h)) * np.maximum(-grid, 0.0)
    levels: list[float] = []
    cost = math.inf
    for h, periods in zip(echelon_h, lead, strict=True):
        value = _expected(grid, h * grid + induced, mean=mu * periods, sd=sigma * math.sqrt(periods))
        level = _least(grid, value)
        levels.append(level)
        cost = float(np.interp(level, grid, value))
        induced = np.interp(np.minimum(grid, level), grid, value)
    return {"S_echelon": list(levels), "cost_per_period": cost}


CLOSED_FORMS: dict[str, Callable[..., object]] = {
    "sim.newsvendor": newsvendor,
    "sim.base_stock_poisson": base_stock_poisson,
    "sim.RnQ_poisson": reorder_batches_poisson,
    "sim.sS_poisson": reorder_up_to_poisson,
    "sim.lost_sales": lost_sales,
    "sim.capacitated": capacitated,
    "sim.clark_scarf": clark_scarf,
}


def _stock_and_backlog(level: int, mean: float) -> tuple[float, float]:
    """Return E(level - X)+ and E(X - level)+ of a Poisson X."""
    if level < 0:
        return 0.0, mean - level
    on_hand = level * stats.poisson.cdf(level, mean) - mean * stats.poisson.cdf(level - 1, mean)
    return float(on_hand), float(on_hand - level + mean)


def _cost_rate(position: int, mean: float, h: float, p: float) -> float:
    """Return the expected cost one lead time after the position was reached."""
    on_hand, backlog = _stock_and_backlog(position, mean)
    return h * on_hand + p * backlog


def _stationary(chain: Vector) -> Vector:
    """Return the stationary law of a finite Markov chain."""
    size = len(chain)
    system = np.vstack([chain.T - np.eye(size), np.ones(size)])[1:]
    return np.linalg.solve(system, np.eye(size)[-1])


def _expected(grid: Vector, value: Vector, *, mean: float, sd: float) -> Vector:
    """Return E value(y - D) on the grid for a normal D; beyond its ends the value goes on as a straight line."""
    offsets = np.linspace(-8.0, 8.0, 641)
    weights = np.exp(-(offsets**2) / 2)
    weights /= weights.sum()
    step = grid[1] - grid[0]
    result = np.zeros_like(grid)
    for offset, weight in zip(offsets, weights, strict=True):
        at = grid - mean - sd * offset
        part = np.interp(at, grid, value)
        part += np.minimum(at - grid[0], 0) * (value[1] - value[0]) / step
        part += np.maximum(at - grid[-1], 0) * (value[-1] - value[-2]) / step
        result += weight * part
    return result


def _least(grid: Vector, value: Vector) -> float:
    """Return where a sampled function is least, by a parabola through the lowest sample and its neighbors."""
    k = int(np.clip(np.argmin(value), 1, len(grid) - 2))
    below, here, above = value[k - 1 : k + 2]
    curvature = below - 2 * here + above
    return float(grid[k] + (grid[1] - grid[0]) * 0.5 * (below - above) / curvature if curvature > 0 else grid[k])
