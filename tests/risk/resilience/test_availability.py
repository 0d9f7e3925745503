"""Availability of k of n suppliers: worked answers, enumeration, and simulation of up and down times."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.resilience import availability, k_of_n_availability
from tests.shared_data import cases_of


@pytest.mark.parametrize("case", cases_of("risk/cases.json", "avail_"))
def test_k_of_n_availability__worked_cases(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    single = availability(inputs["mean_time_between_disruptions"], inputs["mean_time_to_recover"])
    found = k_of_n_availability([single] * inputs["n"], inputs["k"])
    assert found == pytest.approx(expected["availability"], rel=case["tolerance"]["formula_rel"])
    assert 365 * (1 - found) == pytest.approx(expected["expected_down_days_per_365"], rel=1e-7)


@pytest.mark.parametrize("case", cases_of("risk/cases.json", "avail_"))
def test_k_of_n_availability__is_met_by_simulated_up_and_down_times(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    rng = np.random.default_rng(8)
    moments = np.sort(rng.uniform(0, 4_000_000, 400_000))
    up_count = np.zeros(moments.size)
    for _ in range(inputs["n"]):
        lengths = np.empty(40_000)
        lengths[::2] = rng.weibull(1.5, 20_000) * inputs["mean_time_between_disruptions"] / math.gamma(1 + 1 / 1.5)
        lengths[1::2] = rng.gamma(2.0, inputs["mean_time_to_recover"] / 2.0, 20_000)
        up_count += np.searchsorted(np.cumsum(lengths), moments) % 2 == 0
    share = (up_count >= inputs["k"]).mean()
    assert share == pytest.approx(case["expected"]["availability"], abs=case["tolerance"]["simulation_abs"])


@given(shares=st.lists(st.floats(0, 1), min_size=1, max_size=7), data=st.data())
def test_k_of_n_availability__agrees_with_enumeration(shares: list[float], data: st.DataObject) -> None:
    needed = data.draw(st.integers(0, len(shares)))
    total = 0.0
    for states in itertools.product((0, 1), repeat=len(shares)):
        if sum(states) >= needed:
            total += math.prod(share if state else 1 - share for share, state in zip(shares, states, strict=True))
    assert k_of_n_availability(shares, needed) == pytest.approx(total, abs=1e-12)


def test_availability__refuses_what_cannot_be() -> None:
    with pytest.raises(UsageError, match="mean_up: found 0"):
        availability(0, 0)
    with pytest.raises(UsageError, match="needed: found 3"):
        k_of_n_availability([0.5, 0.5], 3)
