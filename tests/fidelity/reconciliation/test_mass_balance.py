"""Balances: worked answer, the equations of the optimum, bounds at 0 by trying all, and the sensor that was made wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaintwin.errors import InputError, UsageError
from chaintwin.fidelity.reconciliation import FlowSensor, StockSensor, balance_product, find_wrong_sensors, reconcile
from tests.oracles import plain_fidelity
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

CHAIN = np.array([[1.0, -1, 0, 0, -1, 0], [0, 1, -1, 0, 0, -1], [0, 0, 1, -1, 0, 0]])


@pytest.mark.parametrize("case", cases_of("cases/calibration.json", "cal.mass_balance"))
def test_reconcile__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    found = reconcile(inputs["A"], inputs["measured"], sd=inputs["sd"], right=inputs["b"])
    got = {
        "reconciled": found.values,
        "chi2": found.statistic,
        "dof": found.degrees,
        "p_value": found.p_value,
        "z": found.z,
        "suspects": list(found.suspects),
    }
    assert matches(got, case["expected"], tolerance=case["tol"]["value"])


def random_balances(seed: int, *, rows: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-1, 2, (rows, size)).astype(float)
    return matrix, rng.normal(2, 4, size), rng.uniform(0.5, 3, size), matrix @ rng.uniform(0, 3, size)


@given(seed=st.integers(0, 10**6), rows=st.integers(1, 4), size=st.integers(2, 6))
def test_reconcile__is_the_optimum_and_balances(seed: int, rows: int, size: int) -> None:
    matrix, values, sd, right = random_balances(seed, rows=rows, size=size)
    found = reconcile(matrix, values, sd=sd, right=right)
    assert found.values == pytest.approx(plain_fidelity.reconcile(matrix, values, sd, right), abs=1e-6)
    assert matrix @ found.values == pytest.approx(right, abs=1e-8)
    assert found.statistic == pytest.approx(float((((found.values - values) / sd) ** 2).sum()), abs=1e-6)
    assert found.degrees == np.linalg.matrix_rank(matrix)
    # Nothing gets less sure by a balance, and a second look changes nothing.
    assert (found.sd <= sd + 1e-9).all()
    again = reconcile(matrix, found.values, sd=sd, right=right)
    assert again.values == pytest.approx(found.values, abs=1e-6)
    assert again.statistic == pytest.approx(0, abs=1e-9)


@settings(max_examples=scaled(ci=60, full=1_000), deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 3), size=st.integers(2, 6))
def test_reconcile__bounds_at_zero_by_trying_all(seed: int, rows: int, size: int) -> None:
    matrix, values, sd, right = random_balances(seed, rows=rows, size=size)
    plain = plain_fidelity.reconcile_above_zero(matrix, values, sd, right)
    assert plain is not None
    found = reconcile(matrix, values, sd=sd, right=right, nonnegative=True)
    assert found.values == pytest.approx(plain, abs=1e-6)
    assert (found.values >= 0).all()
    assert (found.values[list(found.at_zero)] == 0).all()


def test_reconcile__bounds_that_nothing_fulfils_are_refused() -> None:
    with pytest.raises(UsageError, match="fulfilled by values of 0"):
        reconcile([[1.0, 1.0]], [1.0, -3.0], sd=[1.0, 1.0], right=[-2.0], nonnegative=True)
    assert reconcile([[1.0, 1.0]], [1.0, -3.0], sd=[1.0, 1.0], right=[-2.0]).values.tolist() == [1.0, -3.0]


def test_reconcile__test_and_z_have_the_laws_they_are_read_by() -> None:
    rng = np.random.default_rng(12)
    true, sd = np.array([100.0, 60, 30, 30, 40, 30]), np.array([2.0, 3, 1, 2, 2, 1])
    p_values, z = [], []
    for _ in range(scaled(ci=1_500, full=20_000)):
        found = reconcile(CHAIN, true + rng.normal(0, sd), sd=sd)
        p_values.append(found.p_value)
        z.append(found.z)
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.02)
    assert np.std(z, axis=0) == pytest.approx(np.ones(6), abs=0.08)


def test_find_wrong_sensors__names_those_that_were_made_wrong() -> None:
    rng = np.random.default_rng(13)
    true, sd = np.array([100.0, 60, 30, 30, 40, 30]), np.full(6, 1.0)
    hits = false = 0
    runs = scaled(ci=300, full=3_000)
    for _ in range(runs):
        values = true + rng.normal(0, sd)
        false += bool(find_wrong_sensors(CHAIN, values, sd=sd).removed)
        values[1] += 15.0
        found = find_wrong_sensors(CHAIN, values, sd=sd)
        hits += found.removed == ((1,),)
        assert found.is_consistent or len(found.removed) > 1
    assert hits / runs > 0.9
    assert false / runs < 0.09


def test_find_wrong_sensors__two_wrong_ones_and_what_the_others_say() -> None:
    # Six meters on one pipe: each pair of neighbors must agree.
    pipe = np.eye(6)[:5] - np.eye(6)[1:]
    found = find_wrong_sensors(pipe, np.full(6, 70.0) + np.array([0.0, 25, 0, 0, 0, 40]), sd=np.full(6, 1.0))
    assert found.removed == ((5,), (1,))
    assert found.is_consistent
    # Both are worked out from the balances, without their own readings.
    assert found.result.values == pytest.approx(np.full(6, 70.0), abs=1e-9)


def test_find_wrong_sensors__what_cannot_be_told_apart_goes_together() -> None:
    # Two flows in a row through a node without stock: either may be wrong.
    found = find_wrong_sensors([[1.0, -1.0]], [10.0, 30.0], sd=[1.0, 1.0])
    assert found.removed == ((0, 1),)
    assert found.is_consistent
    assert np.isnan(found.result.values).all()
    assert found.result.degrees == 0


def test_reconcile__what_was_not_measured_is_worked_out_where_it_can_be() -> None:
    values = np.array([100.0, np.nan, 30, np.nan, np.nan, 30])
    found = reconcile(CHAIN, values, sd=np.full(6, 2.0))
    assert found.values.tolist() == pytest.approx([100, 60, 30, 30, 40, 30])
    assert found.degrees == 0
    assert found.p_value == 1.0
    # sd of the sum of two readings, and of all three.
    assert found.sd[1] == pytest.approx(np.sqrt(8))
    assert found.sd[4] == pytest.approx(np.sqrt(12))
    loose = reconcile([[1.0, -1.0, -1.0]], [10.0, np.nan, np.nan], sd=[1.0, 1.0, 1.0])
    assert loose.values[0] == 10.0
    assert np.isnan(loose.values[1:]).all()


@given(seed=st.integers(0, 10**6), size=st.integers(3, 6), data=st.data())
def test_reconcile__an_unmeasured_value_is_the_limit_of_an_unsure_one(seed: int, size: int, data: st.DataObject) -> None:
    matrix, values, sd, right = random_balances(seed, rows=2, size=size)
    place = data.draw(st.integers(0, size - 1))
    without = values.copy()
    without[place] = np.nan
    found = reconcile(matrix, without, sd=sd, right=right)
    unsure = sd.copy()
    # Far from the others, and not so far that the limit itself is lost in rounding.
    unsure[place] = 1e4
    limit = reconcile(matrix, values, sd=unsure, right=right).values
    measured = np.arange(size) != place
    assert found.values[measured] == pytest.approx(limit[measured], abs=1e-4)
    if not np.isnan(found.values[place]):
        assert found.values[place] == pytest.approx(limit[place], abs=1e-2)
        assert matrix @ found.values == pytest.approx(right, abs=1e-7)


def test_reconcile__dependent_balances_count_once_and_contradictions_are_refused() -> None:
    twice = reconcile([[1.0, -1.0], [-2.0, 2.0]], [10.0, 12.0], sd=[1.0, 1.0])
    once = reconcile([[1.0, -1.0]], [10.0, 12.0], sd=[1.0, 1.0])
    assert twice.values == pytest.approx(once.values)
    assert (twice.degrees, twice.statistic) == (1, pytest.approx(once.statistic))
    assert twice.z == pytest.approx(once.z)
    with pytest.raises(UsageError, match="contradict"):
        reconcile([[1.0, -1.0], [1.0, -1.0]], [10.0, 12.0], sd=[1.0, 1.0], right=[0.0, 1.0])
    for values, sd in (([1.0], [1.0]), ([1.0, 2.0], [1.0, 0.0]), ([1.0, np.inf], [1.0, 1.0])):
        with pytest.raises(UsageError):
            reconcile([[1.0, -1.0]], values, sd=sd)


def test_balance_product__a_network_with_stocks_and_a_sensor_that_is_off() -> None:
    flows = [
        FlowSensor("supplier scale", "", "plant", 500.0, 5.0),
        FlowSensor("lane plant-dc", "plant", "dc", 430.0, 4.0),
        FlowSensor("lane dc-shop", "dc", "shop", 300.0, 3.0),
        FlowSensor("till", "shop", "", 260.0, 1.0),
    ]
    stocks = [
        StockSensor("plant before", "plant", 100.0, 2.0, is_opening=True),
        StockSensor("plant after", "plant", 170.0, 2.0),
        StockSensor("dc before", "dc", 50.0, 2.0, is_opening=True),
        # 130 more came than went: this count is 100 short.
        StockSensor("dc after", "dc", 80.0, 2.0),
        StockSensor("shop before", "shop", 40.0, 2.0, is_opening=True),
        StockSensor("shop after", "shop", 80.0, 2.0),
    ]
    found = balance_product(flows, stocks)
    assert found.before.p_value < 1e-6
    assert {"dc after"} <= set(found.suspects[0])
    assert found.search.is_consistent
    right = balance_product(flows, [*stocks[:3], StockSensor("dc after", "dc", 181.0, 2.0), *stocks[4:]])
    assert right.suspects == ()
    assert right.values["dc after"] == pytest.approx(180.5, abs=1.5)


def test_balance_product__all_faults_at_once() -> None:
    with pytest.raises(InputError) as caught:
        balance_product([FlowSensor("a", "x", "x", 1.0, 1.0), FlowSensor("a", "x", "y", 1.0, 0.0)], [])
    assert sorted(finding.code for finding in caught.value.findings) == ["balance.flow", "balance.number", "balance.twice"]
    with pytest.raises(InputError, match="at least one flow"):
        balance_product([], [])


@settings(max_examples=scaled(ci=60, full=1_000), deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 6), size=st.integers(2, 9))
def test_reconcile__balances_that_can_be_tested_are_counted(seed: int, rows: int, size: int) -> None:
    matrix, values, sd, right = random_balances(seed, rows=rows, size=size)
    unknown = np.random.default_rng(seed).random(size) < 0.5
    found = reconcile(matrix, np.where(unknown, np.nan, values), sd=sd, right=right)
    assert found.degrees == np.linalg.matrix_rank(matrix) - (np.linalg.matrix_rank(matrix[:, unknown]) if unknown.any() else 0)


def test_reconcile__a_closed_loop_with_one_sensor_has_nothing_to_test() -> None:
    loop = [[1, -1, 0], [0, 1, -1], [-1, 0, 1]]
    found = reconcile(loop, [np.nan, np.nan, 10.0], sd=[1, 1, 1])
    assert (found.degrees, found.p_value) == (0, 1.0)
    assert found.values == pytest.approx([10, 10, 10])


def test_reconcile__errors_of_very_different_size() -> None:
    found = reconcile([[1, -1, 0, 0], [0, 0, 1, -1]], [1.0, 1.00002, 1000.0, 200.0], sd=[1e-5, 1e-5, 100, 100])
    assert found.suspects == (2, 3)
    assert abs(found.z[2]) == pytest.approx(800 / np.hypot(100, 100))


def test_reconcile__what_nothing_fixes_is_bounded_too(capfd: pytest.CaptureFixture[str]) -> None:
    found = reconcile([[1, -1, -1, -1]], [5, 8, np.nan, np.nan], sd=[1, 1, 1, 1], nonnegative=True)
    assert found.values[:2] == pytest.approx([6.5, 6.5])
    assert np.isnan(found.values[2:]).all()
    assert capfd.readouterr().out == "", "the solver says nothing"
