"""Paired intervals: the worked case, and as often right as they say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from chaintwin.simulation.comparing.paired import difference, mean_of, ratio_of
from tests.shared_data import cases_of, matches
from tests.sizes import scaled


@pytest.mark.parametrize("case", cases_of("cases/optimisation.json", "opt.paired"))
def test_difference__worked_cases(case: dict[str, Any]) -> None:
    one, other = (np.array(case["inputs"][name], dtype=np.float64) for name in ("a", "b"))
    found = difference(mean_of(one), mean_of(other), confidence=case["inputs"]["conf"])
    expected, most = case["expected"], case["tol"]["value"]
    pairs = zip(
        (found.value, found.low, found.high, found.variance_ratio),
        (expected["mean_diff"], *expected["ci"], expected["variance_ratio_vs_independent"]),
        strict=True,
    )
    for value, wanted in pairs:
        assert matches(value, wanted, tolerance=most)


def drawn(generator: np.random.Generator, count: int) -> tuple[NDArray[np.float64], ...]:
    """Return what is served and asked for in two arms that share demand: skewed, and dependent within and between arms."""
    asked = generator.gamma(4.0, 25.0, size=count)
    scarce = generator.gamma(2.0, 1.0, size=count)
    one = asked * np.clip(1.0 - 0.04 * scarce, 0, 1)
    other = asked * np.clip(1.0 - 0.03 * scarce - 0.01 * generator.gamma(2.0, 1.0, size=count) - 0.0002 * asked, 0, 1)
    more = asked * generator.uniform(0.9, 1.3, size=count)
    return one, asked, other * more / asked, more


def covered(count: int, runs: int, *, shares: bool) -> float:
    generator = np.random.default_rng(12)
    one, asked, other, more = drawn(generator, 4_000_000)
    truth = one.sum() / asked.sum() - other.sum() / more.sum() if shares else one.mean() - other.mean()
    hits = 0
    for _ in range(runs):
        one, asked, other, more = drawn(generator, count)
        pair = (ratio_of(one, asked), ratio_of(other, more)) if shares else (mean_of(one), mean_of(other))
        found = difference(*pair, confidence=0.95)
        hits += found.low <= truth <= found.high
    return hits / runs


@pytest.mark.parametrize("shares", [True, False])
def test_difference__covers_the_truth_as_often_as_it_says(shares: bool) -> None:
    runs = scaled(ci=2000, full=20_000)
    # Three standard errors of a binomial share, and 0.3 points for what the delta method leaves out at 100 replications.
    most = 3 * math.sqrt(0.95 * 0.05 / runs) + 0.003
    assert abs(covered(100, runs, shares=shares) - 0.95) <= most


def test_difference__of_a_ratio_over_one_is_that_of_a_mean() -> None:
    generator = np.random.default_rng(1)
    one, other = generator.normal(size=(2, 50))
    ones = np.ones(50)
    by_ratio = difference(ratio_of(one, ones), ratio_of(other, ones), confidence=0.9)
    by_mean = difference(mean_of(one), mean_of(other), confidence=0.9)
    assert by_ratio.value == pytest.approx(by_mean.value)
    assert by_ratio.half_width == pytest.approx(by_mean.half_width)


def test_difference__pairing_uses_what_arms_share() -> None:
    generator = np.random.default_rng(3)
    one, asked, other, more = drawn(generator, 1000)
    together = difference(ratio_of(one, asked), ratio_of(other, more), confidence=0.95)
    order = generator.permutation(1000)
    apart = difference(ratio_of(one, asked), ratio_of(other[order], more[order]), confidence=0.95)
    assert together.value == pytest.approx(apart.value)
    assert (together.half_width / apart.half_width) ** 2 == pytest.approx(together.variance_ratio, abs=0.1)
    assert together.variance_ratio < 0.8


def test_difference__one_replication_and_no_demand_say_nothing() -> None:
    alone = difference(mean_of(np.array([3.0])), mean_of(np.array([2.0])), confidence=0.95)
    assert alone.value == 1.0
    assert math.isnan(alone.half_width)
    none = ratio_of(np.zeros(4), np.zeros(4))
    assert math.isnan(difference(none, none, confidence=0.95).value)
