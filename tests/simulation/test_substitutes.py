"""Substitutes: what a stock point lacks today is made of another product, whatever its rule is."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from chaintwin.errors import GraphError
from chaintwin.network.compiling import compile_graph
from tests.graphs import graph_of, trace

RULES: tuple[dict[str, Any], ...] = (
    {"type": "base_stock", "S": 20},
    {"type": "sS", "s": 5, "S": 20},
    {"type": "RnQ", "R": 5, "Q": 10},
    {"type": "constant", "Q": 3},
    {"type": "none"},
)


def shop(demand: list[int], *, generic: int, rule: dict[str, Any] | None = None, **brand: Any) -> dict[str, Any]:
    """Return a brand with a generic that may stand in for it."""
    return {
        "buffers": [
            {"id": "brand", "init": 5, "policy": rule or {"type": "base_stock", "S": 20}, **brand},
            {"id": "generic", "init": generic, "policy": {"type": "none"}},
        ],
        "activities": [
            {"id": "buy", "in": {}, "out": {"brand": 1}, "lead": 3},
            {"id": "swap", "in": {"generic": 1}, "out": {"brand": 1}, "lead": 0, "substitute": True},
        ],
        "demands": [{"id": "d", "buffer": "brand", "series": demand}],
    }


def run(network: dict[str, Any], *, periods: int, integer: bool = True) -> dict[str, Any]:
    return trace(compile_graph(graph_of(network, integer=integer)), periods=periods)


@pytest.mark.parametrize("review", [1, 4])
def test_substitute__gives_what_is_lacking_today(review: int) -> None:
    """Worked by hand: 2 lack, then 4, none, and 10 of which 3 are left; the rule sees each when it has its turn."""
    seen = run(shop([7, 4, 0, 30], generic=9, review=review), periods=4)
    assert seen["started"]["swap"] == [2.0, 4.0, 0.0, 3.0]
    assert seen["shipped"][0] == [7.0, 4.0, 0.0, 23.0]
    assert seen["backlog"][0] == [0.0, 0.0, 0.0, 7.0]
    assert seen["ordered"]["buy"] == [20.0, 0.0, 0.0, 27.0 if review == 1 else 0.0]
    assert seen["on_hand"]["generic"] == [7.0, 3.0, 3.0, 0.0]


def test_substitute__lost_sales_are_not_lost_and_not_ordered_twice() -> None:
    network = shop([11], generic=4)
    network["demands"][0]["lost_fraction"] = 1
    seen = run(network, periods=1)
    # 6 lack, 4 are given, 2 are lost, and the position is 0.
    assert (seen["shipped"][0], seen["lost"][0], seen["ordered"]["buy"]) == ([9.0], [2.0], [20.0])


def test_substitute__comes_after_the_claims_on_the_substitute_itself() -> None:
    network = shop([11], generic=9)
    network["demands"].append({"id": "e", "buffer": "generic", "series": [6]})
    seen = run(network, periods=1)
    assert seen["started"]["swap"] == [3.0]
    assert (seen["shipped"][0], seen["shipped"][1]) == ([8.0], [6.0])


@pytest.mark.parametrize(
    ("cheap", "dear", "expected"),
    [
        ({"tier": 1}, {"tier": 0}, (0.0, 6.0)),
        ({"share": 0.6}, {"share": 0.4}, (4.0, 2.0)),
        ({}, {}, (4.0, 2.0)),
        ({"share": 0.0}, {"share": 1.0}, (0.0, 6.0)),
    ],
)
def test_substitute__several_are_asked_one_after_the_other(
    cheap: dict[str, Any], dear: dict[str, Any], expected: tuple[float, float]
) -> None:
    network = shop([11], generic=4)
    network["buffers"].append({"id": "import", "init": 50, "policy": {"type": "none"}})
    network["activities"][1] |= cheap
    network["activities"].append(network["activities"][1] | {"id": "swap more", "in": {"import": 1}, "share": 1.0} | dear)
    seen = run(network, periods=1)
    assert (seen["started"]["swap"][0], seen["started"]["swap more"][0]) == expected


@pytest.mark.parametrize("rule", RULES)
def test_substitute__changes_nothing_where_nothing_lacks(rule: dict[str, Any]) -> None:
    network = shop([1, 2, 0, 1, 1], generic=9, rule=rule)
    bare = copy.deepcopy(network)
    bare["activities"].pop()
    seen, wanted = run(network, periods=5), run(bare, periods=5)
    assert seen["started"]["swap"] == [0.0] * 5
    assert (seen["ordered"]["buy"], seen["on_hand"]["brand"]) == (wanted["ordered"]["buy"], wanted["on_hand"]["brand"])


@pytest.mark.parametrize("integer", [True, False])
@pytest.mark.parametrize("rule", RULES)
def test_substitute__serves_more_with_any_rule(rule: dict[str, Any], integer: bool) -> None:
    """Two products with demand of their own: the brand is served better, and the generic as well as before."""
    generator = np.random.default_rng(4)
    network = shop(generator.poisson(6, 60).tolist(), generic=30, rule=rule)
    network["buffers"][1]["policy"] = {"type": "base_stock", "S": 60}
    network["activities"].append({"id": "more", "in": {}, "out": {"generic": 1}, "lead": 2})
    network["demands"].append({"id": "e", "buffer": "generic", "series": generator.poisson(4, 60).tolist(), "priority": -1})
    bare = copy.deepcopy(network)
    bare["activities"].pop(1)
    seen, before = run(network, periods=60, integer=integer), run(bare, periods=60, integer=integer)
    assert sum(seen["backlog"][0]) < sum(before["backlog"][0])
    assert sum(seen["backlog"][1]) == sum(before["backlog"][1]) == 0.0
    assert sum(seen["started"]["swap"]) > 0


@pytest.mark.parametrize(
    ("change", "what"), [({"lead": 1}, "a lead time"), ({"info_delay": 1}, "an information delay"), ({"batch": 2}, "a batch")]
)
def test_substitute__that_is_late_is_refused(change: dict[str, Any], what: str) -> None:
    network = shop([1], generic=1)
    network["activities"][1] |= change
    with pytest.raises(GraphError, match=f"swap: found {what}; allowed: none"):
        compile_graph(graph_of(network, integer=True))


def test_substitute__of_each_other_is_refused() -> None:
    network = shop([1], generic=1)
    network["activities"].append(network["activities"][1] | {"id": "back", "in": {"brand": 1}, "out": {"generic": 1}})
    with pytest.raises(GraphError, match=r"brand > generic > brand.*two products cannot be substitutes of each other"):
        compile_graph(graph_of(network, integer=True))
