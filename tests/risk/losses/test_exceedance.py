"""Exceedance curves: shares, their intervals, and their shape."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from chaintwin.errors import UsageError
from chaintwin.risk.losses import exceedance_curve, tail_risk


@given(losses=st.lists(st.integers(0, 20), min_size=1, max_size=60))
def test_exceedance_curve__counts_what_is_larger(losses: list[int]) -> None:
    curve = exceedance_curve(losses)
    for index, amount in enumerate(curve.losses):
        above = sum(loss > amount for loss in losses)
        assert curve.probability[index] == above / len(losses)
        interval = binomtest(above, len(losses)).proportion_ci(0.95, method="exact")
        assert [curve.lower[index], curve.upper[index]] == pytest.approx([interval.low, interval.high], abs=1e-12)
    for line in (curve.probability, curve.lower, curve.upper):
        assert (np.diff(line) <= 0).all()
    assert curve.probability[-1] == 0
    assert math.isinf(curve.return_period[-1])


@given(losses=st.lists(st.integers(0, 20), min_size=1, max_size=60), level=st.floats(0.01, 0.99))
def test_exceedance_curve__first_meets_the_level_at_the_value_at_risk(losses: list[int], level: float) -> None:
    curve = exceedance_curve(losses)
    first = curve.losses[np.argmax(1 - curve.probability >= level - 1e-12)]
    assert first == tail_risk(losses, level).value_at_risk


def test_exceedance_curve__takes_amounts_in_any_order() -> None:
    curve = exceedance_curve([1, 2, 3], amounts=[2.5, 0, 2.5])
    assert curve.losses.tolist() == [0, 2.5]
    assert curve.probability == pytest.approx([1, 1 / 3])
    with pytest.raises(UsageError, match="confidence: found 1"):
        exceedance_curve([1, 2], confidence=1.0)
