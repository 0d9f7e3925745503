"""False alarms over many series, and the share of false ones among those found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, norm

from chaintwin.errors import UsageError
from chaintwin.risk.warning import benjamini_hochberg, cusum, cusum_run_length, false_alarms_per_year
from tests.sizes import scaled


def test_false_alarms_per_year__are_met_by_charts_of_many_series() -> None:
    rng = np.random.default_rng(2)
    charts, years = [(0.5, 3.0), (0.5, 4.0), (1.0, 2.0)], scaled(ci=100, full=2000)
    lengths = [cusum_run_length(allowance, threshold) for allowance, threshold in charts]
    expected = false_alarms_per_year(lengths, values_per_year=365)
    counts = [sum(cusum(rng.normal(size=365), allowance=k, threshold=h).alarms.size for k, h in charts) for _ in range(years)]
    # Every year begins with a sum of 0, which delays the first alarm a little.
    assert expected - np.mean(counts) < 4 * np.std(counts) / math.sqrt(years) + 0.15
    assert np.mean(counts) - expected < 4 * np.std(counts) / math.sqrt(years)


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=40), rate=st.floats(0, 1))
def test_benjamini_hochberg__agrees_with_the_step_up_rule(values: list[float], rate: float) -> None:
    found = benjamini_hochberg(values, rate=rate)
    assert found.adjusted == pytest.approx(false_discovery_control(values, method="bh"), abs=1e-12)
    ranked = sorted(values)
    passing = [p for rank, p in enumerate(ranked, start=1) if p * len(values) / rank <= rate * (1 + 1e-12)]
    limit = max(passing, default=-1.0)
    assert found.is_found.tolist() == [value <= limit for value in values]


def test_benjamini_hochberg__keeps_the_share_of_false_ones() -> None:
    rng = np.random.default_rng(3)
    shares = []
    for _ in range(scaled(ci=2000, full=20_000)):
        scores = rng.normal(size=100)
        scores[:20] += 3.0
        found = benjamini_hochberg(norm.sf(scores), rate=0.1).is_found
        shares.append(found[20:].sum() / max(1, found.sum()))
    error = np.std(shares) / math.sqrt(len(shares))
    # With independent series the expected share is exactly rate * (share of series without a shift).
    assert abs(np.mean(shares) - 0.08) < 4 * error


def test_alarms__refuse_what_cannot_be() -> None:
    with pytest.raises(UsageError, match=r"p_values\[1\]: found 1.2"):
        benjamini_hochberg([0.5, 1.2])
    with pytest.raises(UsageError, match="rate: found 2"):
        benjamini_hochberg([0.5], rate=2)
    with pytest.raises(UsageError, match=r"run_lengths\[0\]: found 0.5"):
        false_alarms_per_year([0.5], values_per_year=365)
