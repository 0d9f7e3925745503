"""Generated networks of the shape all cases share: ten stock points a site, three products for ten sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaintwin.network.network import Network

STOCK_POINTS_PER_SITE = 10
PRODUCTS_PER_SITE = 0.3
PRODUCTS_MIN = 40
SEED = 1


def generated_network(stock_points: int) -> Network:
    """Return a network with so many stock points, 100 or more; the same every time."""
    from chaintwin.examples import GeneratorSize, generate

    sites = stock_points // STOCK_POINTS_PER_SITE
    return generate(
        GeneratorSize(
            sites=sites, products=max(PRODUCTS_MIN, round(PRODUCTS_PER_SITE * sites)), stock_points=stock_points, seed=SEED
        )
    )
