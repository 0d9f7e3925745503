"""Poisson processes by thinning: worked answers, laws of their counts, and what scenarios share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import kstest

from chaintwin.errors import UsageError
from chaintwin.risk.occurrence import Replications, SeasonalRate, sample_poisson
from chaintwin.risk.occurrence.events import Events
from tests.oracles.plain_philox import draw
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

COUNT = scaled(ci=20_000, full=400_000)


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.nhpp_seasonal"))
def test_seasonal_rate__worked_cases(case: dict[str, Any]) -> None:
    given_ = case["inputs"]
    rate = SeasonalRate(given_["rate_per_day"], amplitude=given_["amplitude"], phase=given_["phase_day"])
    span = (given_["start"], given_["end"])
    answer = {"expected_events": rate.expected_events(*span), "P_none": rate.no_event_probability(*span)}
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.nhpp_seasonal"))
def test_sample_poisson__worked_cases(case: dict[str, Any]) -> None:
    given_ = case["inputs"]
    rate = SeasonalRate(given_["rate_per_day"], amplitude=given_["amplitude"], phase=given_["phase_day"])
    replications = Replications(seed=3, count=COUNT)
    counts = sample_poisson(rate, replications, process_id="a", start=given_["start"], end=given_["end"]).counts
    mean, none = case["expected"]["expected_events"], case["expected"]["P_none"]
    assert abs(counts.mean() - mean) < 4 * math.sqrt(mean / COUNT)
    assert abs(counts.var() - mean) < 4 * math.sqrt((2 * mean**2 + mean) / COUNT)
    assert abs((counts == 0).mean() - none) < 4 * math.sqrt(none * (1 - none) / COUNT)


@given(
    rate=st.floats(0, 5), amplitude=st.floats(0, 1), phase=st.floats(-400, 400), start=st.floats(0, 300), span=st.floats(0, 300)
)
def test_expected_events__is_the_integral_of_the_rate(
    rate: float, amplitude: float, phase: float, start: float, span: float
) -> None:
    seasonal = SeasonalRate(rate, amplitude=amplitude, phase=phase)
    area = quad(lambda t: float(seasonal.at(t)), start, start + span, limit=200)[0]
    assert seasonal.expected_events(start, start + span) == pytest.approx(area, rel=1e-7, abs=1e-7)


def test_sample_poisson__moments_follow_the_rate() -> None:
    rate = SeasonalRate(0.02, amplitude=1.0, phase=100.0)
    times = sample_poisson(rate, Replications(seed=11, count=3000), process_id="a", end=365.0).times
    total = rate.expected_events(0, 365)
    shares = np.array([rate.expected_events(0, t) / total for t in times])
    assert kstest(shares, "uniform").pvalue > 1e-4


def test_sample_poisson__is_the_plain_one_by_one_construction() -> None:
    found = sample_poisson(0.05, Replications(seed=99, count=20), process_id="quake", start=10.0, end=200.0)
    for replication in range(20):
        now, slot, moments = 10.0, 0, []
        while True:
            uniform = draw(99, "occurrence|quake", replication=replication, period=0, slot=slot)[2]
            now -= math.log1p(-uniform) / 0.05
            slot += 2
            if now >= 200.0:
                break
            moments.append(now)
        assert found.of(replication) == pytest.approx(moments)


def same(one: Events, other: Events) -> bool:
    return bool((one.offsets == other.offsets).all() and (one.times == other.times).all())


def test_sample_poisson__replications_can_be_sampled_in_pieces() -> None:
    whole = sample_poisson(0.1, Replications(seed=5, count=10), process_id="a", end=50.0)
    piece = sample_poisson(0.1, Replications(seed=5, count=4, first=6), process_id="a", end=50.0)
    assert [piece.of(r).tolist() for r in range(4)] == [whole.of(r + 6).tolist() for r in range(4)]


def test_sample_poisson__scenarios_share_events_unless_asked() -> None:
    shared = sample_poisson(0.1, Replications(seed=5, count=10), process_id="a", end=50.0)
    assert same(shared, sample_poisson(0.1, Replications(seed=5, count=10), process_id="a", end=50.0))
    assert not same(shared, sample_poisson(0.1, Replications(seed=5, count=10, scenario="s"), process_id="a", end=50.0))
    assert not same(shared, sample_poisson(0.1, Replications(seed=5, count=10), process_id="b", end=50.0))


def test_sample_poisson__with_one_majorant_a_lower_rate_keeps_a_subset() -> None:
    replications = Replications(seed=5, count=200)
    high = sample_poisson(0.2, replications, process_id="a", end=100.0, majorant=0.2)
    low = sample_poisson(SeasonalRate(0.1, amplitude=0.9), replications, process_id="a", end=100.0, majorant=0.2)
    assert low.times.size < high.times.size
    for replication in range(200):
        assert set(low.of(replication)) <= set(high.of(replication))


def test_sample_poisson__no_rate_or_no_time_gives_no_events() -> None:
    for rate, end in ((0.0, 100.0), (1.0, 0.0)):
        assert sample_poisson(rate, Replications(seed=1, count=7), process_id="a", end=end).counts.tolist() == [0] * 7


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SeasonalRate(-1), "rate: found -1; allowed: a finite number, 0 or more"),
        (lambda: SeasonalRate(1, amplitude=1.5), "amplitude: found 1.5"),
        (lambda: SeasonalRate(math.nan), "rate: found nan"),
        (lambda: SeasonalRate(1).expected_events(3, 2), "end: found 2"),
        (lambda: Replications(seed=-1, count=1), "seed: found -1"),
        (lambda: Replications(seed=1, count=0), "count: found 0; allowed: a whole number, 1"),
        (lambda: sample_poisson(2.0, Replications(1, 1), process_id="a", end=1.0, majorant=1.0), "majorant: found 1"),
        (lambda: sample_poisson(1e9, Replications(1, 10), process_id="a", end=1.0), "sample: found 1e.10 events"),
        (lambda: sample_poisson(1.0, Replications(1, 1), process_id="a", end=1.0).of(1), "replication: found 1"),
    ],
)
def test_poisson__refuses(make: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make()
