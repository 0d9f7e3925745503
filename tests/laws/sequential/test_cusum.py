"""CUSUM charts: worked answers, simulation, a Markov chain, thresholds and p-values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from chaintwin.errors import UsageError
from chaintwin.laws.sequential import cusum, cusum_p_values, cusum_run_length, cusum_threshold
from tests.shared_data import cases_of, matches
from tests.sizes import scaled


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.cusum_arl"))
def test_cusum_run_length__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    answer = {
        "arl_in_control": cusum_run_length(inputs["k"], inputs["h"]),
        "arl_out_of_control": cusum_run_length(inputs["k"], inputs["h"], shift=inputs["shift"]),
    }
    # The case allows for other ways to solve the equation; the same way agrees to all digits given.
    assert matches(answer, case["expected"], tolerance=min(case["tol"]["value"], 1e-9))


def markov_run_length(allowance: float, threshold: float, shift: float, cells: int) -> float:
    """Return the run length by the Markov chain of Brook & Evans 1972, section 2."""
    width = 2 * threshold / (2 * cells - 1)
    centers = np.arange(cells) * width
    upper = norm.cdf(centers[None, :] + width / 2 - centers[:, None] + allowance - shift)
    step = np.diff(upper, axis=1, prepend=0.0)
    return float(np.linalg.solve(np.eye(cells) - step, np.ones(cells))[0])


@pytest.mark.parametrize(
    ("allowance", "threshold", "shift"), [(0.5, 4.0, 0.0), (0.25, 8.0, 0.5), (1.0, 2.5, 0.0), (0.5, 20.0, 1.5), (0.0, 3.0, 0.0)]
)
def test_cusum_run_length__agrees_with_a_markov_chain(allowance: float, threshold: float, shift: float) -> None:
    # The chain converges with the square of the width of its cells, so two of them extrapolate.
    coarse, fine = (markov_run_length(allowance, threshold, shift, cells) for cells in (400, 800))
    extrapolated = fine + (fine - coarse) / 3
    assert cusum_run_length(allowance, threshold, shift=shift) == pytest.approx(extrapolated, rel=2e-4)


@pytest.mark.parametrize(("shift", "mean"), [(0.0, 335.37), (1.0, 8.383)])
def test_cusum__alarms_come_as_often_as_said(shift: float, mean: float) -> None:
    count = scaled(ci=200_000, full=2_000_000)
    values = np.random.default_rng(5).normal(shift, 1.0, count)
    alarms = cusum(values, allowance=0.5, threshold=4.0).alarms
    gaps = np.diff(alarms, prepend=-1)
    assert abs(gaps.mean() - mean) < 4 * gaps.std() / math.sqrt(gaps.size)


@given(values=st.lists(st.floats(-4, 4), min_size=1, max_size=30), allowance=st.floats(0, 1), threshold=st.floats(0.5, 5))
def test_cusum__agrees_with_the_largest_sum_of_a_stretch(values: list[float], allowance: float, threshold: float) -> None:
    found = cusum(values, allowance=allowance, threshold=threshold)
    start = 0
    for place in range(len(values)):
        stretches = [sum(values[first : place + 1]) - allowance * (place + 1 - first) for first in range(start, place + 1)]
        assert found.statistic[place] == pytest.approx(max(0.0, *stretches), abs=1e-9)
        if place in found.alarms:
            assert found.statistic[place] > threshold
            start = place + 1


@settings(max_examples=scaled(ci=15, full=200))
@given(run_length=st.floats(10, 1e6), allowance=st.floats(0.1, 1.5))
def test_cusum_threshold__gives_the_run_length_asked_for(run_length: float, allowance: float) -> None:
    if cusum_run_length(allowance, 1e-6) > run_length:
        with pytest.raises(UsageError, match="run_length: found"):
            cusum_threshold(run_length, allowance=allowance)
    else:
        threshold = cusum_threshold(run_length, allowance=allowance)
        assert cusum_run_length(allowance, threshold) == pytest.approx(run_length, rel=1e-6)


@pytest.mark.parametrize("allowance", [0.1, 0.5, 1.0])
def test_cusum_p_values__are_the_tail_of_a_long_run(allowance: float) -> None:
    rng = np.random.default_rng(4)
    sums = np.zeros(scaled(ci=40_000, full=400_000))
    for _ in range(math.ceil(12 / allowance**2)):
        sums = np.maximum(0.0, sums + rng.normal(size=sums.size) - allowance)
    points = np.array([0.2, 1.0, 2.0, 4.0]) / (2 * allowance)
    for point, chance in zip(points, cusum_p_values(points, allowance=allowance), strict=True):
        share = (sums >= point).mean()
        assert abs(share - chance) < 4 * math.sqrt(chance * (1 - chance) / sums.size) + 1e-3 * chance
    # Far out the tail falls by exp(-2 allowance x) (Asmussen 2003, chapter XIII).
    far = cusum_p_values(points[-1] + np.array([3.0, 4.0]), allowance=allowance)
    assert far[1] / far[0] == pytest.approx(math.exp(-2 * allowance), rel=1e-3)


@settings(max_examples=scaled(ci=15, full=200))
@given(sums=st.lists(st.floats(0, 100), min_size=2, max_size=10))
def test_cusum_p_values__fall_with_the_statistic(sums: list[float]) -> None:
    found = cusum_p_values(sorted(sums))
    assert (np.diff(found) <= 1e-12).all()
    assert ((found > 0) & (found <= 1)).all()


def test_cusum__refuses_what_cannot_be() -> None:
    with pytest.raises(UsageError, match="threshold: found 0"):
        cusum([1.0], threshold=0)
    with pytest.raises(UsageError, match="allowance: found -1"):
        cusum_run_length(-1, 4)
    with pytest.raises(UsageError, match=r"run_length: found 1.5"):
        cusum_threshold(1.5)
    with pytest.raises(UsageError, match=r"values\[0\]: found nan"):
        cusum([math.nan])
    with pytest.raises(UsageError, match="allowance: found 0"):
        cusum_p_values([1.0], allowance=0.0)
