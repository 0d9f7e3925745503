"""Renewal processes: counts against renewal theory, first gaps against their law."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest

from chaintwin.errors import UsageError
from chaintwin.laws import parse
from chaintwin.risk.occurrence import RenewalStart, Replications, sample_renewal
from chaintwin.risk.occurrence.renewal import stationary_gaps
from tests.sizes import scaled

COUNT = scaled(ci=8_000, full=200_000)
GAPS = ["weibull(1.5, 90)", "gamma(0.5, 80)", "lognormal(3, 1)", "30", "pmf(10:0.5, 70:0.5)", "exponential(40)", "poisson(20)"]


@pytest.mark.parametrize("text", GAPS)
def test_stationary_gaps__have_the_law_of_the_remaining_gap(text: str) -> None:
    gap = parse(text)
    uniforms = (np.arange(2000) + 0.5) / 2000
    for u, x in zip(uniforms[::97], stationary_gaps(gap, uniforms)[::97], strict=True):
        if gap.is_discrete:
            inside, slack = x * (1 - gap.cdf_many((np.arange(100_000) + 0.5) * x / 100_000)).mean(), 3e-5
        else:
            inside, slack = quad(lambda t: 1 - gap.cdf(t), 0, x, limit=2000, epsabs=1e-10)[0], 5e-6
        assert inside / gap.mean == pytest.approx(u, abs=slack)


@pytest.mark.parametrize("text", GAPS)
def test_sample_renewal__a_stationary_process_has_a_constant_rate(text: str) -> None:
    gap = parse(text)
    events = sample_renewal(gap, Replications(seed=1, count=COUNT), process_id="a", end=200.0)
    for low, high in ((0.0, 50.0), (50.0, 200.0)):
        counts = np.bincount(events.replications[(events.times >= low) & (events.times < high)], minlength=COUNT)
        assert abs(counts.mean() - (high - low) / gap.mean) < 4 * counts.std() / math.sqrt(COUNT) + 1e-3


def test_sample_renewal__ordinary_gaps_follow_the_law() -> None:
    gap = parse("weibull(1.5, 90)")
    events = sample_renewal(gap, Replications(seed=2, count=500), process_id="a", end=5000.0, begins=RenewalStart.ORDINARY)
    first = events.times[events.offsets[:-1]]
    assert kstest(first, gap.cdf_many).pvalue > 1e-4
    second = events.times[events.offsets[:-1] + 1] - first
    assert kstest(second, gap.cdf_many).pvalue > 1e-4


def test_sample_renewal__exponential_gaps_are_a_poisson_process_either_way() -> None:
    for begins in RenewalStart:
        replications = Replications(seed=4, count=COUNT)
        counts = sample_renewal(parse("exponential(40)"), replications, process_id="a", end=100.0, begins=begins).counts
        assert abs(counts.mean() - 2.5) < 4 * math.sqrt(2.5 / COUNT)
        assert abs(counts.var() - 2.5) < 4 * math.sqrt((2 * 2.5**2 + 2.5) / COUNT)


def test_sample_renewal__constant_gaps_come_like_clockwork() -> None:
    events = sample_renewal(parse("10"), Replications(seed=4, count=3), process_id="a", end=40.0, begins=RenewalStart.ORDINARY)
    assert events.of(2).tolist() == [10.0, 20.0, 30.0]


@pytest.mark.parametrize("text", ["normal(10, 5)", "0", "pmf(-1:0.5, 3:0.5)"])
def test_sample_renewal__refuses_gaps_below_zero_or_always_zero(text: str) -> None:
    with pytest.raises(UsageError, match=r"gap: found .*; allowed: a law of 0 or more"):
        sample_renewal(parse(text), Replications(seed=1, count=1), process_id="a", end=10.0)
