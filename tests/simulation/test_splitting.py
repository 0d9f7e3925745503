"""Orders split over sources in whole units, against exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from chaintwin.simulation.kernels.ordering_kernels import part_whole_kernel

Floats = NDArray[np.float64]


@numba.njit(cache=False)  # type: ignore[untyped-decorator, unused-ignore]
def split(orders: Floats, shares: Floats, total: float) -> Floats:
    """Return the parts of orders by source; a row kernel can be called by compiled code only."""
    parts = np.zeros((shares.size, orders.size))
    for which in range(shares.size):
        part_whole_kernel(parts[which], orders, shares, which, total)
    return parts


def exact_parts(amount: int, shares: list[float]) -> list[int]:
    """Return the parts by largest remainder, shares taken as the decimals they are written as, the first winning ties."""
    exact = [Fraction(str(share)) for share in shares]
    total = sum(exact)
    wanted = [amount * share / total for share in exact]
    parts = [int(part) for part in wanted]
    order = sorted(range(len(shares)), key=lambda place: (parts[place] - wanted[place], place))
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return parts


@pytest.mark.parametrize("largest", [1e2, 1e6, 1e9, 1e12])
def test_part_whole_kernel__exact_at_any_size(largest: float) -> None:
    generator = np.random.default_rng(int(largest))
    for _ in range(40):
        count = int(generator.integers(2, 6))
        shares = [float(share) for share in np.round(generator.integers(1, 100, count) / 100, 2)]
        orders = np.floor(generator.uniform(0, largest, 64))
        parts = split(orders, np.array(shares), float(sum(shares)))
        assert np.array_equal(np.sum(parts, axis=0), orders)
        for place, amount in enumerate(orders):
            assert [int(part) for part in parts[:, place]] == exact_parts(int(amount), shares), (amount, shares)


def test_part_whole_kernel__ties_of_large_orders_go_to_the_first() -> None:
    # A control of the scale: 0.5 of an odd order ties, and 0.7 and 0.3 of 1e9 + 5 does as well.
    for shares, amount in (([0.5, 0.5], 1e12 + 1), ([0.7, 0.3], 1e9 + 5)):
        (first, _) = split(np.array([amount]), np.array(shares), float(sum(shares)))[:, 0]
        assert first == exact_parts(int(amount), shares)[0]
