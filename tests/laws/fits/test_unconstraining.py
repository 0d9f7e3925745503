"""Demand behind stock-outs: worked answer, direct maximization, and what is recovered from censored draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.laws.fits import demand_curve, unconstrain_normal
from tests.oracles import plain_fidelity
from tests.shared_data import cases_of, matches

ROWS = st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=3, max_size=25)


@pytest.mark.parametrize("case", cases_of("cases/calibration.json", "cal.unconstrain"))
def test_unconstrain_normal__worked_cases(case: dict[str, Any]) -> None:
    found = unconstrain_normal(case["inputs"]["sales"], case["inputs"]["stocked_out"])
    got = {"mean": found.mean, "sd": found.sd, "naive_mean": found.naive_mean}
    assert matches(got, case["expected"], tolerance=case["tol"]["value"])


@given(rows=ROWS)
def test_unconstrain_normal__no_neighbor_is_more_likely(rows: list[tuple[int, bool]]) -> None:
    sales, bounds = [row[0] for row in rows], [row[1] for row in rows]
    if all(bounds):
        with pytest.raises(UsageError, match="at least one that was not"):
            unconstrain_normal(sales, bounds)
        return
    found = unconstrain_normal(sales, bounds)
    assert found.mean >= found.naive_mean - 1e-9
    if found.sd < 1e-6:
        return
    best = plain_fidelity.normal_log_likelihood(sales, bounds, found.mean, found.sd)
    for mean, sd in ((1e-2, 1.0), (-1e-2, 1.0), (0.0, 1.01), (0.0, 0.99)):
        near = plain_fidelity.normal_log_likelihood(sales, bounds, found.mean + mean * found.sd, found.sd * sd)
        assert near <= best + 1e-9


@given(rows=ROWS, shift=st.integers(0, 1_000_000), factor=st.sampled_from([0.001, 1.0, 1e6]))
def test_unconstrain_normal__has_the_unit_of_the_sales(rows: list[tuple[int, bool]], shift: int, factor: float) -> None:
    sales, bounds = np.array([row[0] for row in rows]), [row[1] for row in rows]
    if all(bounds):
        return
    plain, moved = unconstrain_normal(sales, bounds), unconstrain_normal(factor * (sales + shift), bounds)
    assert moved.mean == pytest.approx(factor * (plain.mean + shift), rel=1e-6, abs=1e-6 * factor)
    assert moved.sd == pytest.approx(factor * plain.sd, rel=1e-4, abs=1e-6 * factor)


def test_unconstrain_normal__finds_the_demand_that_naive_means_miss() -> None:
    rng = np.random.default_rng(9)
    demand, stock = rng.normal(100, 20, 4_000), rng.uniform(80, 130, 4_000)
    sales, bounds = np.minimum(demand, stock), demand >= stock
    found = unconstrain_normal(sales, bounds)
    assert found.mean == pytest.approx(100, abs=1.5)
    assert found.sd == pytest.approx(20, abs=1.5)
    assert found.naive_mean < 95
    curve = demand_curve(sales, bounds)
    median = curve.median
    assert median == pytest.approx(100, abs=2)
    # Half of what was sold lies far below half of what was wanted.
    assert np.median(sales) < 96


@given(rows=ROWS)
def test_demand_curve__agrees_with_the_plain_one(rows: list[tuple[int, bool]]) -> None:
    curve = demand_curve([row[0] for row in rows], [row[1] for row in rows])
    plain = plain_fidelity.kaplan_meier([row[0] for row in rows], [not row[1] for row in rows])
    assert curve.times.tolist() == [row[0] for row in plain]
    assert curve.survival.tolist() == pytest.approx([row[1] for row in plain], abs=1e-12)


def test_unconstrain_normal__refusals() -> None:
    with pytest.raises(UsageError, match="sales"):
        unconstrain_normal([-1.0], [False])
    with pytest.raises(UsageError, match="one for each"):
        unconstrain_normal([1.0, 2.0], [False])
