"""Value at risk and expected shortfall: worked answers, the linear programme, laws, and the standard error."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from chaintwin.errors import UsageError
from chaintwin.risk.losses import expected_shortfall_error, tail_risk
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

SAMPLES = st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 5)), min_size=1, max_size=30).filter(
    lambda pairs: any(weight for _, weight in pairs)
)
LEVELS = st.floats(0.001, 0.999)


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.var_cvar"))
def test_tail_risk__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    found = tail_risk(inputs["losses"], inputs["alpha"], weights=inputs["weights"])
    answer = {"var": found.value_at_risk, "cvar": found.expected_shortfall, "mean": found.mean}
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


@given(pairs=SAMPLES, level=LEVELS)
def test_tail_risk__is_the_smallest_loss_that_reaches_the_level(pairs: list[tuple[float, int]], level: float) -> None:
    losses, weights = zip(*pairs, strict=True)
    found = tail_risk(losses, level, weights=weights)
    total = sum(weights)
    reached = sorted(
        loss
        for loss in {loss for loss, weight in pairs if weight}
        if sum(weight for other, weight in pairs if other <= loss) / total >= level - 1e-12
    )
    assert found.value_at_risk == reached[0]


@given(pairs=SAMPLES, level=LEVELS)
def test_tail_risk__expected_shortfall_is_never_below_value_at_risk_or_mean(pairs: list[tuple[float, int]], level: float) -> None:
    losses, weights = zip(*pairs, strict=True)
    found = tail_risk(losses, level, weights=weights)
    slack = 1e-9 * max(abs(loss) for loss in losses) + 1e-9
    assert found.expected_shortfall >= max(found.value_at_risk, found.mean) - slack
    assert found.expected_shortfall <= max(loss for loss, weight in pairs if weight) + slack


@given(pairs=SAMPLES, level=LEVELS, factor=st.floats(0.01, 100), shift=st.floats(-1e5, 1e5))
def test_tail_risk__moves_with_the_unit_and_with_a_sure_loss(
    pairs: list[tuple[float, int]], level: float, factor: float, shift: float
) -> None:
    losses, weights = np.array([loss for loss, _ in pairs]), [weight for _, weight in pairs]
    plain = tail_risk(losses, level, weights=weights)
    moved = tail_risk(losses * factor + shift, level, weights=weights)
    scale = 1e-9 * (np.abs(losses).max() * factor + abs(shift) + 1)
    assert moved.expected_shortfall == pytest.approx(plain.expected_shortfall * factor + shift, abs=scale)
    assert moved.value_at_risk == pytest.approx(plain.value_at_risk * factor + shift, abs=scale)


@given(rows=st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1, max_size=20), level=LEVELS)
def test_tail_risk__expected_shortfall_is_subadditive(rows: list[tuple[float, float]], level: float) -> None:
    one, other = np.array(rows).T
    parts = tail_risk(one, level).expected_shortfall + tail_risk(other, level).expected_shortfall
    assert tail_risk(one + other, level).expected_shortfall <= parts + 1e-6


@pytest.mark.parametrize("level", [0.1, 0.5, 0.85, 0.9, 0.97])
def test_tail_risk__is_the_optimum_of_the_linear_programme(level: float) -> None:
    rng = np.random.default_rng(4)
    losses, weights = rng.choice([0.0, 1.0, 4.0, 9.0, 30.0], 40), rng.integers(1, 4, 40)
    shares = weights / weights.sum()
    # Minimise c + sum p z / (1 - level) with z >= loss - c, z >= 0 (Rockafellar & Uryasev 2000).
    cost = np.concatenate([[1.0], shares / (1 - level)])
    rows = np.column_stack([-np.ones(40), -np.eye(40)])
    best = linprog(cost, A_ub=rows, b_ub=-losses, bounds=[(None, None)] + [(0, None)] * 40)
    assert tail_risk(losses, level, weights=weights).expected_shortfall == pytest.approx(best.fun, rel=1e-9)


def test_expected_shortfall_error__is_the_spread_over_many_samples() -> None:
    rng = np.random.default_rng(7)
    repeats = scaled(ci=1500, full=20_000)
    found = [tail_risk(sample, 0.9).expected_shortfall for sample in rng.exponential(100.0, (repeats, 800))]
    errors = [expected_shortfall_error(sample, 0.9) for sample in rng.exponential(100.0, (200, 800))]
    spread = float(np.std(found))
    assert abs(np.mean(errors) - spread) < 4 * spread / math.sqrt(2 * repeats) + 0.05 * spread
    exact = 100 * (1 + math.log(10))
    assert abs(np.mean(found) - exact) < 4 * spread / math.sqrt(repeats) + 1.5


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: tail_risk([], 0.9), "losses: found an array of shape"),
        (lambda: tail_risk([1, math.inf], 0.9), r"losses\[1\]: found inf"),
        (lambda: tail_risk([1, 2], 1.0), "level: found 1; allowed: a number, more than 0 and less than 1"),
        (lambda: tail_risk([1, 2], 0.9, weights=[1]), "weights: found an array of shape"),
        (lambda: tail_risk([1, 2], 0.9, weights=[0, 0]), "weights: found a total of 0"),
        (lambda: tail_risk(["a"], 0.9), "losses: found .*; allowed: numbers"),
        (lambda: expected_shortfall_error([1], 0.9), "losses: found one; allowed: at least 2"),
    ],
)
def test_tail__refuses(make: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make()
