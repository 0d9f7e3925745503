"""The shipped networks, each built once for all tests."""

from __future__ import annotations

from functools import cache

import polars as pl

from chaintwin.examples import Example, load
from chaintwin.network.network import Network


@cache
def shipped(example: Example) -> Network:
    return load(example)


def bill_depth(network: Network) -> int:
    """Return how many bills lie below the deepest product."""
    inputs: dict[str, list[str]] = {}
    for product, other in network["bom"].select("product_id", "other_product_id").iter_rows():
        inputs.setdefault(product, []).append(other)

    @cache
    def depth(product: str) -> int:
        return 1 + max(depth(other) for other in inputs[product]) if product in inputs else 0

    return max(depth(product) for product in inputs)


def places_of_origin(network: Network) -> dict[str, int]:
    """Return at how many sites each product is made or bought."""
    origins = network["sources"].filter(pl.col("kind") != "move")
    return dict(origins.group_by("product_id").agg(pl.col("site_id").n_unique()).iter_rows())
