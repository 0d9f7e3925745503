from __future__ import annotations

import polars as pl
import pytest

from chaintwin.examples import Example
from chaintwin.examples.electronics.routes import all_items
from chaintwin.examples.electronics.sites import slug
from chaintwin.examples.identifiers import check_digit
from chaintwin.simulation import simulate
from tests.examples.networks import bill_depth, places_of_origin, shipped
from tests.sizes import scaled


def test_electronics__size() -> None:
    network = shipped(Example.ELECTRONICS)
    kinds = dict(network["sites"].group_by("kind").len().iter_rows())
    assert network["sites"].height == 304
    assert kinds == {"supplier": 27, "plant": 59, "warehouse": 24, "store": 194}
    assert network["products"].height == 86


def test_electronics__five_bills_deep() -> None:
    assert bill_depth(shipped(Example.ELECTRONICS)) == 5
    levels = {item.level for item in all_items().values()}
    assert levels == {0, 1, 2, 3, 4, 5}


def test_electronics__most_products_have_two_makers() -> None:
    origins = places_of_origin(shipped(Example.ELECTRONICS))
    several = sum(count > 1 for count in origins.values())
    assert several > 0.7 * len(origins)
    assert origins["die-processor"] == 1


def test_electronics__shares_sum_to_one() -> None:
    moves = shipped(Example.ELECTRONICS)["sources"].filter(pl.col("kind") == "move")
    total = moves.group_by("site_id", "product_id").agg(pl.col("share").sum())
    assert (total["share"] - 1).abs().max() < 1e-9


def test_electronics__inputs_are_products() -> None:
    items = all_items()
    assert [(item.id, product) for item in items.values() for product, _ in item.inputs if product not in items] == []


def test_electronics__stores_are_apart_and_modes_mixed() -> None:
    network = shipped(Example.ELECTRONICS)
    assert network["sites"]["site_id"].n_unique() == network["sites"].height
    assert {"road", "air", "sea"} <= set(network["lanes"]["mode"])


def test_electronics__identifiers_have_their_check_digits() -> None:
    values = shipped(Example.ELECTRONICS)["identifiers"]["value"].to_list()
    assert all(check_digit(value[:-1]) == value[-1] for value in values)


@pytest.mark.parametrize(("text", "part"), [("São Paulo", "sao-paulo"), ("Wrocław", "wroclaw"), ("Xi’an", "xian")])
def test_slug__plain_letters(text: str, part: str) -> None:
    assert slug(text) == part


@pytest.mark.slow
def test_electronics__believable_service() -> None:
    result = simulate(shipped(Example.ELECTRONICS), replications=scaled(ci=2, full=64), seed=1, threads=1)
    assert 0.9 < result["fill_rate"][0] < 0.999
    assert result["total_cost"][0] < result["revenue"][0]
