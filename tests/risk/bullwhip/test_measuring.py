"""The bullwhip of recorded series: worked cases, invariances, seasons and the coverage of its intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.bullwhip import (
    Resampling,
    Season,
    automatic_block_length,
    measure_bullwhip,
    moving_average_ratio,
)
from chaintwin.risk.bullwhip.blocks import resampled_moments, variance_influence
from chaintwin.rng import uniform
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

RECORDS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=4, max_size=40).filter(
    lambda rows: len({row[0] for row in rows}) > 1
)


@pytest.mark.parametrize("case", cases_of("cases/bullwhip.json", "bw.measure"))
def test_measure_bullwhip__worked_case(case: dict[str, Any]) -> None:
    demand, orders = case["inputs"]["demand"], case["inputs"]["orders"]
    found = measure_bullwhip(demand, orders)
    answer = {
        "var_ratio": found.variance_ratio.value,
        "cv_ratio": found.variation_ratio.value,
        "var_ratio_2period": measure_bullwhip(demand, orders, bucket=2).variance_ratio.value,
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])
    assert math.isnan(found.variance_ratio.low)


@given(rows=RECORDS)
def test_measure_bullwhip__against_plain_sums(rows: list[tuple[int, int]]) -> None:
    demand, orders = zip(*rows, strict=True)

    def variance(values: tuple[int, ...]) -> float:
        mean = sum(values) / len(values)
        return sum((value - mean) ** 2 for value in values) / (len(values) - 1)

    found = measure_bullwhip(demand, orders)
    assert found.variance_ratio.value == pytest.approx(variance(orders) / variance(demand), abs=1e-12)
    if sum(orders):
        variation = math.sqrt(variance(orders)) / sum(orders) / (math.sqrt(variance(demand)) / sum(demand))
        assert found.variation_ratio.value == pytest.approx(variation, abs=1e-12)
    else:
        assert math.isnan(found.variation_ratio.value)


@given(rows=RECORDS, scale=st.floats(0.1, 1e4), shift=st.floats(-1e3, 1e3))
def test_measure_bullwhip__does_not_depend_on_units(rows: list[tuple[int, int]], scale: float, shift: float) -> None:
    demand, orders = np.array(rows, dtype=float).T
    found = measure_bullwhip(demand, orders)
    scaled_both = measure_bullwhip(scale * demand, scale * orders)
    assert scaled_both.variance_ratio.value == pytest.approx(found.variance_ratio.value, rel=1e-9)
    assert scaled_both.variation_ratio.value == pytest.approx(found.variation_ratio.value, rel=1e-9, nan_ok=True)
    scaled_one = measure_bullwhip(demand, scale * orders)
    assert scaled_one.variation_ratio.value == pytest.approx(found.variation_ratio.value, rel=1e-9, nan_ok=True)
    shifted = measure_bullwhip(demand + shift, orders + shift)
    assert shifted.variance_ratio.value == pytest.approx(found.variance_ratio.value, rel=1e-6, abs=1e-9)
    assert measure_bullwhip(demand, demand).variance_ratio.value == 1.0


@given(rows=RECORDS, cycle=st.integers(2, 5), pattern=st.lists(st.integers(-40, 40), min_size=5, max_size=5))
def test_measure_bullwhip__a_season_of_each_does_not_count(rows: list[tuple[int, int]], cycle: int, pattern: list[int]) -> None:
    demand, orders = np.array(rows, dtype=float).T
    if cycle > demand.size // 2:
        with pytest.raises(UsageError, match=r"cycle: found .*two full cycles"):
            measure_bullwhip(demand, orders, cycle=cycle)
        return
    season = np.resize(np.array(pattern[:cycle], dtype=float), demand.size)
    try:
        plain = measure_bullwhip(demand, orders, cycle=cycle)
    except UsageError:
        return  # All that demand did was its season.
    with_season = measure_bullwhip(demand + season, orders - 3 * season, cycle=cycle)
    assert with_season.variance_ratio.value == pytest.approx(plain.variance_ratio.value, rel=1e-7, abs=1e-9)


def test_measure_bullwhip__an_exaggerated_season_counts_if_that_of_demand_is_taken_out() -> None:
    noise = np.sin(np.arange(70.0) ** 1.7)
    season = np.resize([0, 0, 0, 5.0, -5, 0, 0], 70)
    demand, orders = 50 + noise + season, 50 + noise + 2 * season
    assert measure_bullwhip(demand, orders, cycle=7).variance_ratio.value == pytest.approx(1, rel=1e-9)
    assert measure_bullwhip(demand, orders, cycle=7, season=Season.DEMAND).variance_ratio.value > 5
    same = measure_bullwhip(demand, 2 * demand, cycle=7, season=Season.DEMAND)
    assert same.variance_ratio.value == pytest.approx(4, rel=1e-9)


def test_measure_bullwhip__products_are_added_up_first() -> None:
    demand = np.array([[1.0, 5], [4, 2], [2, 5], [7, 7]])
    orders = np.array([[1.0, 5], [9, 2], [2, 5], [7, 7]])
    found = measure_bullwhip(demand, orders).variance_ratio.value
    assert found == measure_bullwhip(demand.sum(axis=1), orders.sum(axis=1)).variance_ratio.value


def test_measure_bullwhip__interval_is_drawn_from_its_seed_alone() -> None:
    rows = np.arange(60.0)
    demand, orders = 9 + np.sin(rows**1.3), 9 + 2 * np.sin(rows**1.3 + 0.4)
    first, again, other = (
        measure_bullwhip(demand, orders, resampling=Resampling(seed=seed, resamples=200)) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert first.variance_ratio.low < first.variance_ratio.value < first.variance_ratio.high
    wider = measure_bullwhip(demand, orders, resampling=Resampling(seed=1, resamples=200, confidence=0.99))
    assert wider.variance_ratio.low <= first.variance_ratio.low
    assert wider.variance_ratio.high >= first.variance_ratio.high


@pytest.mark.parametrize("length", [1, 3, 7, 20])
def test_resampled_moments__are_those_of_the_drawn_series(length: int) -> None:
    rows = np.arange(20.0)
    demand, orders = 100 + 5 * np.sin(rows**1.3), 80 + np.cos(rows**1.1)
    means, variances = resampled_moments(demand, orders, length=length, resampling=Resampling(seed=5, resamples=100))
    for drawn in range(0, 100, 17):
        places: list[int] = []
        for slot in range(-(-20 // length)):
            part = uniform(5, "bullwhip blocks", entity="", replication=drawn, period=0, slot=slot)
            start = int(part * (20 - length + 1))
            places += range(start, start + length)
        places = places[:20]
        assert means[drawn] == pytest.approx([demand[places].mean(), orders[places].mean()], rel=1e-12)
        wanted = [demand[places].var(ddof=1), orders[places].var(ddof=1)]
        assert variances[drawn] == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def test_automatic_block_length__grows_with_dependence() -> None:
    noise = np.random.default_rng(3).normal(size=2000)
    lengths = []
    for rho in (0.0, 0.6, 0.95):
        series = np.zeros(2000)
        for period in range(1, 2000):
            series[period] = rho * series[period - 1] + noise[period]
        lengths.append(automatic_block_length(series))
    assert lengths[0] <= 6
    assert lengths[0] < lengths[1] < lengths[2] <= 2000 // 3
    assert automatic_block_length(np.ones(10)) == 1
    assert 1 <= automatic_block_length(np.array([1.0, 2.0])) <= 1


def test_automatic_block_length__of_an_autoregression_is_near_the_best() -> None:
    # For AR(1) the best length is (6 rho^2 / (1 - rho^2)^2 n)^(1/3) (Politis & White 2004, with Patton et al. 2009).
    rho, size = 0.7, 3000
    noise = np.random.default_rng(4).normal(size=(20, size))
    series = np.zeros_like(noise)
    for period in range(1, size):
        series[:, period] = rho * series[:, period - 1] + noise[:, period]
    best = (6 * rho**2 / (1 - rho**2) ** 2 * size) ** (1 / 3)
    assert np.median([automatic_block_length(row) for row in series]) == pytest.approx(best, rel=0.25)


def test_variance_influence__is_the_slope_of_the_ratio() -> None:
    demand, orders = np.array([1.0, 4, 2, 8]), np.array([2.0, 9, 1, 5])
    influence = variance_influence(demand, orders)
    assert influence.sum() == pytest.approx(0, abs=1e-12)
    weights = np.full(4, 0.25)

    def ratio(weight: np.ndarray) -> float:
        return math.log(np.cov(orders, aweights=weight, ddof=0) / np.cov(demand, aweights=weight, ddof=0))

    for place in range(4):
        step = np.full(4, -0.25e-6)
        step[place] += 1e-6
        assert (ratio(weights + step) - ratio(weights)) / 1e-6 == pytest.approx(influence[place], abs=1e-4)


def test_measure_bullwhip__interval_holds_the_closed_form_as_often_as_it_says() -> None:
    exposure, window, size, records = 3, 5, 240, scaled(ci=200, full=1000)
    truth = moving_average_ratio(exposure, window)
    random = np.random.default_rng(11)
    hits = 0
    for record in range(records):
        demand = 50 + random.normal(size=size + window)
        average = np.convolve(demand, np.full(window, 1 / window))[: demand.size]
        orders = demand + exposure * np.diff(average, prepend=0)
        drawing = Resampling(seed=record, resamples=400, confidence=0.9)
        found = measure_bullwhip(demand[window:], orders[window:], resampling=drawing).variance_ratio
        hits += found.low <= truth <= found.high
    # Four standard errors of a share of 0.9, and 0.03 for what the bootstrap itself is off at this length.
    assert hits / records == pytest.approx(0.9, abs=0.03 + 4 * math.sqrt(0.09 / records))


@pytest.mark.parametrize(
    ("demand", "orders", "extra", "message"),
    [
        ([1, 2, 3], [1, 2], {}, "orders: found shape"),
        ([1, 2, math.nan], [1, 2, 3], {}, r"demand\[2\]: found nan"),
        ([2, 2, 2], [1, 2, 3], {}, "demand: found 2; allowed: a series that varies"),
        ([1, 2, 3], [1, 2, 3], {"bucket": 0}, "bucket: found 0"),
        ([1, 2, 3], [1, 2, 3], {"bucket": 2}, "buckets: found 1; allowed: 2 or more"),
        ([1, 2, 3], [1, 2, 3], {"bucket": 4}, "bucket: found 4"),
        ([1, 2, 3], [3, 2, 3], {"resampling": Resampling(seed=1, block_length=4)}, "block_length: found 4"),
    ],
)
def test_measure_bullwhip__refuses(demand: list[float], orders: list[float], extra: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        measure_bullwhip(demand, orders, **extra)


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"resamples": 5}, {"confidence": 1.0}, {"block_length": 0}])
def test_resampling__refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(wrong))}: found"):
        Resampling(**({"seed": 1} | wrong))
