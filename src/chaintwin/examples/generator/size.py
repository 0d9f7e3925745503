"""How large a generated network is, and what sizes are possible."""

from __future__ import annotations

from dataclasses import dataclass

from chaintwin.errors import UsageError
from chaintwin.rng import check_seed

STOCK_POINTS_MAX = 500_000
"""Largest network that is tried and measured; docs/background/example-networks.md gives time and memory."""

TIERS_MIN, TIERS_MAX = 2, 8


@dataclass(frozen=True, slots=True)
class GeneratorSize:
    """Size of a generated network.

    Parameters
    ----------
    sites : all sites of all tiers, at least 2 a tier.
    products : finished products, components and raw materials together, at least 1 for each tier that makes something.
    stock_points : (site, product) pairs, exactly this many; at most 500,000.
    tiers : from 2 (plants and stores) to 8; the upper half makes, the lower half distributes.
    seed : 0 to 2**64 - 1; the same size and seed give the same bytes.

    Raises
    ------
    UsageError
        A number is out of range. `generate` says so too if sites and products cannot give that many stock points.

    Example
    -------
    >>> GeneratorSize(sites=50, products=20, stock_points=300).making_tiers
    2
    """

    sites: int
    products: int
    stock_points: int
    tiers: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        check_seed(self.seed)
        limits = (
            ("tiers", self.tiers, TIERS_MIN, TIERS_MAX),
            ("sites", self.sites, 2 * self.tiers, STOCK_POINTS_MAX),
            ("products", self.products, self.making_tiers, STOCK_POINTS_MAX),
            ("stock_points", self.stock_points, self.sites, STOCK_POINTS_MAX),
        )
        for name, value, low, high in limits:
            if not low <= value <= high:
                raise UsageError(f"{name}: found {value}; allowed: {low} to {high}")

    @property
    def making_tiers(self) -> int:
        """Tiers that buy or make; the last of them makes finished products."""
        return self.tiers // 2

    @property
    def distributing_tiers(self) -> int:
        """Tiers that only move finished products; the last of them sells."""
        return self.tiers - self.making_tiers


def shares_of(total: int, weights: tuple[float, ...], *, least: int = 1) -> tuple[int, ...]:
    """Return whole numbers that sum to a total, about in proportion to weights, none below a least.

    Parameters
    ----------
    total : sum wanted, at least ``least`` times the count of weights.
    weights : positive numbers.
    least : smallest number allowed.

    Example
    -------
    >>> shares_of(10, (1.0, 1.0, 2.0))
    (2, 2, 6)
    """
    free = total - least * len(weights)
    whole = [least + int(free * weight / sum(weights)) for weight in weights]
    whole[-1] += total - sum(whole)
    return tuple(whole)
