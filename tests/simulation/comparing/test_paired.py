"""Paired intervals: the worked case, and as often right as they say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from chaintwin.simulation.comparing.paired import Estimated, difference, mean_of, ratio_of
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

Floats = NDArray[np.float64]


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


def drawn(generator: np.random.Generator, size: int | tuple[int, int]) -> tuple[Floats, ...]:
    """Return what is served and asked for in two arms that share demand: skewed, and dependent within and between arms."""
    asked = generator.gamma(4.0, 25.0, size=size)
    scarce = generator.gamma(2.0, 1.0, size=size)
    one = asked * np.clip(1.0 - 0.04 * scarce, 0, 1)
    other = asked * np.clip(1.0 - 0.03 * scarce - 0.01 * generator.gamma(2.0, 1.0, size=size) - 0.0002 * asked, 0, 1)
    more = asked * generator.uniform(0.9, 1.3, size=size)
    return one, asked, other * more / asked, more


def delta_of(above: Floats, below: Floats) -> Estimated:
    """Return a ratio with the deviations of the delta method, the control of the jackknife."""
    ratio = float(above.mean() / below.mean())
    return Estimated(ratio, (above - ratio * below) / below.mean())


def truth_of(shares: bool) -> tuple[float, float]:
    """Return the true difference, and n times what skewness takes from the coverage of Student's interval (Hall 1992)."""
    one, asked, other, more = drawn(np.random.default_rng(13), 10_000_000)
    if shares:
        pair = delta_of(one, asked), delta_of(other, more)
    else:
        pair = mean_of(one), mean_of(other)
    gaps = pair[0].deviations - pair[1].deviations
    scale = math.sqrt(float((gaps**2).mean()))
    skewness, excess = float((gaps**3).mean()) / scale**3, float((gaps**4).mean()) / scale**4 - 3
    z = float(norm.ppf(0.975))
    missed = 2 * z * float(norm.pdf(z)) * (skewness**2 * (z**4 + 2 * z**2 - 3) / 18 - excess * (z**2 - 3) / 12)
    return pair[0].value - pair[1].value, missed


def hits_of(pair: tuple[Estimated, Estimated], truth: float) -> bool:
    found = difference(*pair, confidence=0.95)
    return found.low <= truth <= found.high


@pytest.mark.parametrize("count", [25, 100])
@pytest.mark.parametrize("shares", [True, False])
def test_difference__covers_the_truth_as_often_as_theory_says(shares: bool, count: int) -> None:
    """Between what is promised and what skewness takes from any of Student's intervals; derived in decision 12."""
    runs = scaled(ci=2000, full=20_000)
    truth, missed = truth_of(shares)
    generator = np.random.default_rng(12)
    hits = control = 0
    for _ in range(runs):
        one, asked, other, more = drawn(generator, count)
        hits += hits_of((ratio_of(one, asked), ratio_of(other, more)) if shares else (mean_of(one), mean_of(other)), truth)
        control += shares and hits_of((delta_of(one, asked), delta_of(other, more)), truth)
    error = 3 * math.sqrt(0.95 * 0.05 / runs)
    assert 0.95 - missed / count - error <= hits / runs <= 0.95 + error
    assert hits > control


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
    once = ratio_of(np.array([0.0, 3, 0]), np.array([0.0, 4, 0]))
    assert once.value == 0.75
    assert math.isnan(difference(once, once, confidence=0.95).half_width)


def test_ratio_of__leaves_each_replication_out() -> None:
    generator = np.random.default_rng(4)
    one, asked, _, _ = drawn(generator, 12)
    without = np.array([np.delete(one, i).sum() / np.delete(asked, i).sum() for i in range(12)])
    found = ratio_of(one, asked)
    assert found.value == pytest.approx(one.sum() / asked.sum())
    np.testing.assert_allclose(found.deviations, 11 * (without.mean() - without), rtol=1e-9, atol=1e-12)
