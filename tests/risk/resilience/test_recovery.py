"""Recovery profiles: worked answers, quadrature, and capacities by period."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from chaintwin.errors import UsageError
from chaintwin.risk.resilience import RecoveryProfile, RecoveryShape
from tests.shared_data import cases_of, matches

STAGES = ((0.0, 1.0), (0.25, 0.6), (0.7, 0.1))
SMOOTH = [shape for shape in RecoveryShape if shape is not RecoveryShape.STAGED]


def profile(shape: RecoveryShape, *, depth: float = 0.8, ttr: float = 30.0) -> RecoveryProfile:
    return RecoveryProfile(depth, ttr, shape=shape, stages=STAGES if shape is RecoveryShape.STAGED else ())


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.recovery_loss"))
def test_recovery_profile__worked_cases(case: dict[str, Any]) -> None:
    depth, ttr = case["inputs"]["depth"], case["inputs"]["ttr"]
    found = {shape.value: profile(shape, depth=depth, ttr=ttr) for shape in SMOOTH}
    answer = {
        "loss": {name: one.loss_area for name, one in found.items()},
        "at_half": {name: float(one.capacity(ttr / 2)) for name, one in found.items()},
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


@given(shape=st.sampled_from(list(RecoveryShape)), depth=st.floats(0, 1), ttr=st.floats(0.05, 40), onset=st.floats(-10, 20))
def test_period_capacities__are_means_over_each_period(shape: RecoveryShape, depth: float, ttr: float, onset: float) -> None:
    found = profile(shape, depth=depth, ttr=ttr)
    capacities = found.period_capacities(onset, 80)
    assert ((capacities >= 1 - depth - 1e-12) & (capacities <= 1 + 1e-12)).all()
    if onset >= 0:
        assert (1 - capacities).sum() == pytest.approx(found.loss_area, abs=1e-9)
    edges = [onset, *(onset + ttr * start for start, _ in STAGES), onset + ttr]
    for period in (0, 3, 20):
        points = [edge for edge in edges if period < edge < period + 1]
        area = quad(lambda t: float(found.capacity(t - onset)), period, period + 1, points=points or None)[0]
        assert capacities[period] == pytest.approx(area, abs=1e-6)


@pytest.mark.parametrize("shape", list(RecoveryShape))
def test_capacity__starts_at_the_depth_and_ends_whole(shape: RecoveryShape) -> None:
    found = profile(shape)
    elapsed = np.linspace(0, 29.999, 500)
    assert found.capacity(0.0) == pytest.approx(0.2)
    assert (np.diff(found.capacity(elapsed)) >= -1e-12).all()
    assert found.capacity([-0.001, 30.0, 99.0]).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RecoveryProfile(1.2, 3), "depth: found 1.2"),
        (lambda: RecoveryProfile(0.5, 0), "ttr: found 0"),
        (lambda: RecoveryProfile(0.5, 3, shape=RecoveryShape.STAGED), "stages: found 0 for shape staged"),
        (lambda: RecoveryProfile(0.5, 3, stages=STAGES), "stages: found 3 for shape linear"),
        (lambda: RecoveryProfile(0.5, 3, shape=RecoveryShape.STAGED, stages=((0.1, 1.0),)), "stages: found starts"),
        (lambda: RecoveryProfile(0.5, 3, shape=RecoveryShape.STAGED, stages=((0.0, 1.5),)), r"stages\[0\] loss: found 1.5"),
    ],
)
def test_recovery_profile__refuses(make: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make()
