"""The plain reference engine against every worked trace and allocation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracles.plain_network import simulate_plain
from tests.oracles.plain_sharing import allocate_plain
from tests.shared_data import cases_of, matches

CASES = "cases/simulation.json"


@pytest.mark.parametrize("case", cases_of(CASES, "sim.trace"))
def test_simulate_plain__worked_trace(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    result = simulate_plain(inputs["network"], inputs["periods"], inputs["integer"])
    for key, expected in case["expected"].items():
        assert matches(result[key], expected, tolerance=case["tol"]["value"]), key


@pytest.mark.parametrize("case", cases_of(CASES, "sim.allocate"))
def test_allocate_plain__worked_allocation(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    shares, left = allocate_plain(inputs["available"], inputs["claims"], inputs["priorities"], inputs["integer"])
    assert matches({"shares": shares, "left": left}, case["expected"], tolerance=case["tol"]["value"])
