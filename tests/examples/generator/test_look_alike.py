from __future__ import annotations

import json

import pytest

from chaintwin.errors import UsageError
from chaintwin.examples import look_alike
from chaintwin.simulation import simulate
from tests.shared_data import shared_path
from tests.sizes import scaled


def test_look_alike__every_real_chain() -> None:
    chains = json.loads(shared_path("willems/facts.json").read_text(encoding="utf-8"))["chains"]
    assert chains
    for chain in chains:
        network = look_alike(chain["stages"], chain["arcs"], echelons=chain["echelons"])
        assert network["stock_points"].height == chain["stages"]
        assert network["bom"].height + network["lanes"].height == chain["arcs"]
        if chain["stages"] <= scaled(ci=200, full=5_000):
            assert network.compile().names.buffers.height == chain["stages"]


def test_look_alike__every_stage_is_asked_for() -> None:
    network = look_alike(116, 119, echelons=5, seed=4)
    used = {*network["bom"]["other_product_id"], *network["lanes"]["product_id"]}
    assert set(network["products"]["product_id"]) == used


def test_look_alike__simulates() -> None:
    result = simulate(look_alike(49, 52, echelons=5), periods=100, replications=2, threads=1)
    assert 0.5 < result["fill_rate"][0] <= 1.0


@pytest.mark.parametrize(
    ("stages", "arcs", "echelons", "name"), [(10, 3, 3, "arcs"), (10, 999, 3, "arcs"), (3, 3, 4, "echelons")]
)
def test_look_alike__impossible(stages: int, arcs: int, echelons: int, name: str) -> None:
    with pytest.raises(UsageError, match=f"^{name}: found"):
        look_alike(stages, arcs, echelons=echelons)
