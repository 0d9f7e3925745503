"""States that do not fit their network are refused, each with what was found and what is allowed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.network.checking_states import check_state
from chaintwin.network.compiling import compile_graph
from chaintwin.network.program import Program
from chaintwin.network.state import initial_state
from tests.graphs import graph_of
from tests.strategies import EVERYTHING, random_network

SHOP = {
    "buffers": [{"id": "shop", "init": 5, "policy": {"type": "base_stock", "S": 9}}],
    "activities": [{"id": "buy", "in": {}, "out": {"shop": 1}, "lead": 2, "info_delay": 1, "pipeline": [0, 3], "info": [2]}],
    "demands": [{"id": "d", "buffer": "shop", "series": [4.0]}],
}


def program_of(*, integer: bool = True) -> Program:
    return compile_graph(graph_of(SHOP, integer=integer))


@pytest.mark.parametrize("integer", [True, False])
def test_check_state__every_first_state_is_sound(integer: bool) -> None:
    for seed in range(12):
        network = random_network(seed, integer=integer, features=EVERYTHING, periods=9)["network"]
        program = compile_graph(graph_of(network, integer=integer))
        check_state(initial_state(program), program)


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("", {"period": -1}, r"state\.period: found -1; allowed: a whole number from 0"),
        ("", {"period": 1.0}, r"state\.period: found 1\.0"),
        ("", {"backlog": np.array([-1.0])}, r"state\.backlog\[0\]: found -1\.0; allowed: 0 to 1e\+15"),
        ("", {"backlog": np.array([np.nan])}, r"backlog\[0\]: found nan"),
        ("", {"backlog": np.array([1e16])}, r"backlog\[0\]: found 1e\+16"),
        ("", {"backlog": np.array([0.5])}, r"backlog\[0\]: found 0\.5; allowed: whole numbers"),
        ("", {"backlog": np.zeros(2)}, r"backlog: found 2 numbers; allowed: 1"),
        ("", {"backlog": [0.0]}, r"backlog: found list; allowed: an array of one dimension of numbers"),
        ("", {"backlog": np.zeros((1, 1))}, r"backlog: found 2 dimensions of float64"),
        ("", {"resource_share": np.array([1.0])}, r"resource_share: found 1 numbers; allowed: 0"),
        ("", {"forecast": np.array([np.inf])}, r"forecast\[0\]: found inf"),
        ("", {"forecast": np.zeros(3)}, r"forecast: found 3 numbers; allowed: 1"),
        ("lots", {"quantity": np.array([-2.0])}, r"lots\.quantity\[0\]: found -2\.0"),
        ("lots", {"age": np.array([-1])}, r"lots\.age\[0\]: found -1; allowed: 0 to"),
        ("lots", {"age": np.array([0.0])}, r"lots\.age: found 1 dimensions of float64; allowed: .* whole numbers"),
        ("lots", {"age": np.array([0, 1])}, r"lots\.age: found 2 numbers; allowed: 1"),
        ("lots", {"buffer_index": np.array([1])}, r"lots\.buffer_index\[0\]: found 1; allowed: 0 to 0"),
        ("shipments", {"arrival": np.array([100_001])}, r"shipments\.arrival\[0\]: found 100001; allowed: 0 to 100,000"),
        ("shipments", {"activity_index": np.array([-1])}, r"shipments\.activity_index\[0\]: found -1"),
        ("orders", {"visible": np.array([2_000_000_000])}, r"orders\.visible\[0\]: found 2000000000; allowed: .* to 100,000"),
        ("orders", {"quantity": np.array([1.5])}, r"orders\.quantity\[0\]: found 1\.5; allowed: whole numbers"),
    ],
)
def test_check_state__refuses(part: str, change: dict[str, Any], message: str) -> None:
    program = program_of()
    state = initial_state(program)
    wrong = replace(state, **({part: replace(getattr(state, part), **change)} if part else change))
    with pytest.raises(UsageError, match=message):
        check_state(wrong, program)


def test_check_state__a_resource_works_at_most_in_full() -> None:
    network = {**SHOP, "resources": {"press": [5.0]}}
    program = compile_graph(graph_of(network, integer=True))
    for share in (-0.1, 1.5):
        with pytest.raises(UsageError, match=rf"resource_share\[0\]: found {share}; allowed: 0 to 1"):
            check_state(replace(initial_state(program), resource_share=np.array([share])), program)


def test_check_state__rounding_noise_is_no_fault_in_real_quantities() -> None:
    for integer in (True, False):
        program = program_of(integer=integer)
        noisy = replace(initial_state(program), backlog=np.array([-1e-12]))
        if not integer:
            check_state(noisy, program)
            continue
        with pytest.raises(UsageError, match="backlog"):
            check_state(noisy, program)


def test_check_state__what_is_on_its_way_for_long_over_all_activities() -> None:
    count = 201
    network = {
        **SHOP,
        "activities": [{"id": f"buy{number:03}", "in": {}, "out": {"shop": 1}, "lead": 1} for number in range(count)],
    }
    program = compile_graph(graph_of(network, integer=True))
    state = initial_state(program)
    every = np.arange(count)
    late = replace(state.shipments, activity_index=every, started=every * 0, arrival=every * 0 + 100_000, quantity=np.ones(count))
    with pytest.raises(UsageError, match=r"found 20,100,201 periods .* most of them buy000; allowed: at most 20,000,000"):
        check_state(replace(state, shipments=late), program)
