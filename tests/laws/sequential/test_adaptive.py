"""Adaptive intervals keep their coverage although the law drifts; intervals that do not adapt lose it."""

from __future__ import annotations

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.laws.sequential import adapt, new_level
from tests.sizes import scaled


def test_adapt__keeps_the_coverage_of_forecasts_that_become_too_narrow() -> None:
    rng = np.random.default_rng(7)
    from scipy.special import ndtr

    count = scaled(ci=3_000, full=30_000)
    # Values spread ever further, up to twice as far as forecast.
    pits = ndtr(rng.normal(0, np.linspace(1, 2, count)))
    level, inside = new_level(0.9), []
    for pit in pits.tolist():
        inside.append(level.holds(pit))
        level = adapt(level, was_inside=inside[-1])
    assert level.count == count
    assert np.mean(inside) == pytest.approx(0.9, abs=1.005 / (0.005 * count) + 1e-9)
    assert np.mean(inside[-1_000:]) == pytest.approx(0.9, abs=0.03)
    assert np.mean([new_level(0.9).holds(pit) for pit in pits[-1_000:].tolist()]) < 0.7


def test_new_level__refuses_what_is_no_confidence() -> None:
    for confidence, step in ((1.0, 0.01), (0.0, 0.01), (0.9, 0.0), (0.9, 2.0)):
        with pytest.raises(UsageError):
            new_level(confidence, step=step)
