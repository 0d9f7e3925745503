from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.examples import GeneratorSize
from chaintwin.examples.generator.size import shares_of


@pytest.mark.parametrize(
    ("sites", "products", "stock_points", "tiers", "seed", "name"),
    [
        (7, 10, 100, 4, 0, "sites"),
        (50, 1, 100, 4, 0, "products"),
        (50, 10, 49, 4, 0, "stock_points"),
        (50, 10, 500_001, 4, 0, "stock_points"),
        (50, 10, 100, 1, 0, "tiers"),
        (50, 10, 100, 9, 0, "tiers"),
        (50, 10, 100, 4, -1, "seed"),
    ],
)
def test_generator_size__out_of_range(sites: int, products: int, stock_points: int, tiers: int, seed: int, name: str) -> None:
    with pytest.raises(UsageError, match=f"^{name}: found"):
        GeneratorSize(sites=sites, products=products, stock_points=stock_points, tiers=tiers, seed=seed)


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=8), st.integers(16, 10_000))
def test_shares_of__sum_and_least(weights: list[float], total: int) -> None:
    shares = shares_of(total, tuple(weights), least=2)
    assert sum(shares) == total
    assert min(shares) >= 2
