"""Contributions to the expected shortfall add up and are its derivatives; drop-one differences are paired."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.losses import drop_one, tail_contributions, tail_risk
from tests.sizes import scaled

TABLES = st.integers(1, 4).flatmap(
    lambda parts: st.lists(st.lists(st.integers(-20, 50), min_size=parts, max_size=parts), min_size=1, max_size=25)
)


@given(rows=TABLES, level=st.floats(0.01, 0.99))
def test_tail_contributions__add_up_to_the_expected_shortfall(rows: list[list[int]], level: float) -> None:
    parts = np.array(rows, dtype=float).T
    found = tail_contributions(parts, level)
    total = tail_risk(parts.sum(axis=0), level)
    assert found.contribution.sum() == pytest.approx(total.expected_shortfall, abs=1e-9)
    assert found.expected_shortfall == pytest.approx(total.expected_shortfall, abs=1e-9)
    assert found.mean.sum() == pytest.approx(total.mean, abs=1e-9)
    # No part contributes more than its own expected shortfall: diversification never hurts.
    for part, contribution in zip(parts, found.contribution, strict=True):
        assert contribution <= tail_risk(part, level).expected_shortfall + 1e-9


@given(rows=TABLES, level=st.floats(0.01, 0.99), seed=st.integers(0, 100))
def test_tail_contributions__do_not_depend_on_the_order_of_outcomes(rows: list[list[int]], level: float, seed: int) -> None:
    parts = np.array(rows, dtype=float).T
    order = np.random.default_rng(seed).permutation(parts.shape[1])
    one, other = tail_contributions(parts, level), tail_contributions(parts[:, order], level)
    assert one.contribution == pytest.approx(other.contribution, abs=1e-9)


def test_tail_contributions__are_the_derivatives_of_the_expected_shortfall() -> None:
    parts = np.random.default_rng(1).gamma(0.5, [[10.0], [20.0], [5.0]], (3, 500))
    found = tail_contributions(parts, 0.9)
    for index in range(3):
        scale = np.ones((3, 1))
        scale[index] += 1e-6
        grown = tail_risk((parts * scale).sum(axis=0), 0.9).expected_shortfall
        assert (grown - found.expected_shortfall) / 1e-6 == pytest.approx(found.contribution[index], rel=1e-4)


def test_tail_contributions__standard_errors_are_of_the_right_size() -> None:
    rng = np.random.default_rng(1)
    repeats = scaled(ci=400, full=5000)
    runs = [tail_contributions(rng.gamma(0.5, [[10.0], [20.0]], (2, 1000)), 0.9) for _ in range(repeats)]
    spread = np.std([run.contribution for run in runs], axis=0)
    said = np.mean([run.standard_error for run in runs], axis=0)
    assert said == pytest.approx(spread, rel=0.25)


def test_drop_one__differences_are_those_of_the_measures_and_errors_are_paired() -> None:
    rng = np.random.default_rng(6)
    size = 4000
    base, flood = rng.gamma(2.0, 50.0, size), np.where(rng.random(size) < 0.05, 800.0, 0.0)
    saved = drop_one(base + flood, {"flood": base, "nothing": base + flood}, level=0.95)
    assert list(saved) == ["flood", "nothing"]
    assert saved["flood"].mean == pytest.approx(flood.mean())
    assert abs(saved["flood"].mean - 40.0) < 4 * saved["flood"].mean_error
    assert saved["flood"].mean_error == pytest.approx(flood.std(ddof=1) / math.sqrt(size))
    full, rest = tail_risk(base + flood, 0.95), tail_risk(base, 0.95)
    assert saved["flood"].expected_shortfall == full.expected_shortfall - rest.expected_shortfall
    assert saved["flood"].value_at_risk == full.value_at_risk - rest.value_at_risk
    assert (saved["nothing"].mean, saved["nothing"].expected_shortfall_error) == (0.0, 0.0)


def test_drop_one__error_of_the_shortfall_is_the_spread_over_many_runs() -> None:
    rng = np.random.default_rng(6)
    found = []
    for _ in range(scaled(ci=400, full=5000)):
        base = rng.gamma(2.0, 50.0, 1000)
        flood = np.where(rng.random(1000) < 0.2, rng.exponential(300.0, 1000), 0.0)
        found.append(drop_one(base + flood, {"flood": base}, level=0.9)["flood"])
    spread = np.std([one.expected_shortfall for one in found])
    assert np.mean([one.expected_shortfall_error for one in found]) == pytest.approx(spread, rel=0.2)


def test_contributions__refuse_what_cannot_be() -> None:
    with pytest.raises(UsageError, match="parts: found an array of shape"):
        tail_contributions([1, 2], 0.9)
    with pytest.raises(UsageError, match=r"without\['flood'\]: found an array of shape"):
        drop_one([1, 2], {"flood": [1]}, level=0.9)
