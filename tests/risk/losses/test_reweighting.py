"""Other rates from the same years: against exact means, and against simulation at the other rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.losses import rate_sensitivity, reweight_rate, tail_risk
from chaintwin.risk.occurrence import Replications, sample_poisson
from tests.sizes import scaled

YEARS = scaled(ci=40_000, full=1_000_000)


def simulated(rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Return losses that grow with the square of the number of events, and the numbers."""
    counts = sample_poisson(rate, Replications(seed=21, count=YEARS), process_id="flood", end=2.0).counts
    return 10.0 * counts**2, counts


@pytest.mark.parametrize("other", [0.0, 0.3, 0.5, 0.7, 0.9])
def test_reweight_rate__meets_the_exact_mean(other: float) -> None:
    losses, counts = simulated(0.5)
    found = reweight_rate(losses, counts, rate=0.5, other_rate=other, span=2.0)
    mean = other * 2.0
    assert abs(found.mean - 10 * (mean + mean**2)) <= 4 * found.standard_error + 1e-9
    assert found.weights.mean() == pytest.approx(1, abs=4 * found.weights.std() / math.sqrt(YEARS) + 1e-9)
    assert 0 < found.effective_size <= YEARS * (1 + 1e-9)


def test_reweight_rate__weights_give_the_tail_at_the_other_rate() -> None:
    losses, counts = simulated(0.5)
    other = simulated(0.7)[0]
    weights = reweight_rate(losses, counts, rate=0.5, other_rate=0.7, span=2.0).weights
    assert tail_risk(losses, 0.95, weights=weights).expected_shortfall == pytest.approx(
        tail_risk(other, 0.95).expected_shortfall, rel=0.05
    )


def test_rate_sensitivity__is_the_derivative() -> None:
    losses, counts = simulated(0.5)
    found = rate_sensitivity(losses, counts, rate=0.5, span=2.0)
    # The mean loss is 10 (m + m^2) with m = 2 rate.
    assert abs(found.derivative - 2 * 10 * (1 + 2 * 1.0)) < 4 * found.standard_error + 60 / YEARS


@given(counts=st.lists(st.integers(0, 9), min_size=2, max_size=20), rate=st.floats(0.1, 5))
def test_reweight_rate__at_the_same_rate_changes_nothing(counts: list[int], rate: float) -> None:
    losses = [3.0 * count for count in counts]
    found = reweight_rate(losses, counts, rate=rate, other_rate=rate)
    assert found.mean == pytest.approx(np.mean(losses))
    assert found.effective_size == pytest.approx(len(counts))


def test_reweighting__refuses_what_cannot_be() -> None:
    with pytest.raises(UsageError, match="rate: found 0"):
        reweight_rate([1, 2], [0, 1], rate=0.0, other_rate=1.0)
    with pytest.raises(UsageError, match="counts: found a broken number"):
        reweight_rate([1, 2], [0, 1.5], rate=1.0, other_rate=1.0)
    with pytest.raises(UsageError, match="counts: found an array of shape"):
        rate_sensitivity([1, 2], [0], rate=1.0)
