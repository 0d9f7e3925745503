"""The drift detector: worked path, plain recursion, false alarms and delays as measured, storing and taking up again."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.laws import parse
from chaintwin.laws.sequential import (
    SHIFTS,
    DetectorState,
    change_point,
    new_detector,
    normal_scores,
    spread_scores,
    watch,
    watch_all,
)
from tests.oracles import plain_fidelity
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

STAKES = st.lists(st.sampled_from([-1.0, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=6)


@pytest.mark.parametrize("case", cases_of("cases/calibration.json", "cal.e_detector"))
def test_watch_all__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    detector = new_detector(inputs["threshold"], stakes=inputs["lambdas"])
    path = watch_all(detector, inputs["pit"])
    got = {"path": path.statistic, "alarm_index": path.alarm, "arl_bound": detector.mean_time_bound}
    assert matches(got, case["expected"], tolerance=case["tol"]["value"])


@given(pits=st.lists(st.floats(0, 1), min_size=1, max_size=40), stakes=STAKES)
def test_watch_all__agrees_with_the_plain_recursion(pits: list[float], stakes: list[float]) -> None:
    found = watch_all(new_detector(10.0, stakes=stakes), pits)
    plain = plain_fidelity.e_detector(pits, stakes)
    assert found.statistic.tolist() == pytest.approx(plain, rel=1e-9, abs=1e-9)
    first = next((place for place, value in enumerate(plain) if value >= 10.0 * (1 + 1e-9)), None)
    if first is not None:
        assert found.alarm is not None
        assert found.alarm <= first
        assert found.change is not None
        assert 0 <= found.change <= found.alarm


@given(pits=st.lists(st.floats(0, 1), min_size=1, max_size=30), stakes=STAKES, cut=st.integers(0, 30))
def test_watch__a_stored_state_goes_on_where_it_was(pits: list[float], stakes: list[float], cut: int) -> None:
    whole = watch_all(new_detector(5.0, stakes=stakes), pits).state
    state = new_detector(5.0, stakes=stakes)
    for value in pits[:cut]:
        state = watch(state, value)
    state = msgspec.json.decode(msgspec.json.encode(state), type=DetectorState)
    for value in pits[cut:]:
        state = watch(state, value)
    assert state == whole


def run_lengths(threshold: float, *, runs: int, power: float, shifts: tuple[float, ...] = ()) -> np.ndarray:
    """Return the number of values to the alarm; PITs are uniforms to a power, 1 while nothing has drifted."""
    rng = np.random.default_rng(11)
    found = []
    for _ in range(runs):
        state = new_detector(threshold, shifts=shifts)
        while state.alarm is None:
            state = watch(state, float(rng.random() ** power))
        found.append(state.count)
    return np.array(found)


@pytest.mark.parametrize(("threshold", "measured"), [(100.0, 108.0), (500.0, 550.0)])
def test_watch__false_alarms_are_at_least_as_far_apart_as_promised(threshold: float, measured: float) -> None:
    found = run_lengths(threshold, runs=scaled(ci=100, full=2_000), power=1.0)
    error = float(found.std()) / math.sqrt(found.size)
    assert found.mean() > threshold - 3 * error
    assert abs(found.mean() - measured) < 4 * error


@pytest.mark.parametrize(("threshold", "measured"), [(100.0, 27.0), (500.0, 38.0)])
def test_watch__drift_is_found_within_the_measured_delay(threshold: float, measured: float) -> None:
    found = run_lengths(threshold, runs=scaled(ci=200, full=4_000), power=0.5)
    error = float(found.std()) / math.sqrt(found.size)
    assert abs(found.mean() - measured) < 4 * error + 0.5


def test_watch__bets_on_shifts_keep_the_promise_and_find_late_shipments_soon() -> None:
    found = run_lengths(500.0, runs=scaled(ci=100, full=2_000), power=1.0, shifts=SHIFTS)
    assert found.mean() > 500 - 3 * float(found.std()) / math.sqrt(found.size)
    truth, late = parse("gamma(mean=10, cv=0.2)"), parse("gamma(mean=13, cv=0.2)")
    rng = np.random.default_rng(3)
    delays: dict[tuple[float, ...], list[int]] = {(): [], SHIFTS: []}
    for _ in range(scaled(ci=100, full=2_000)):
        pits = truth.cdf_many(late.quantile_many(rng.random(80)))
        for shifts, places in delays.items():
            alarm = watch_all(new_detector(500.0, shifts=shifts), pits).alarm
            assert alarm is not None
            places.append(alarm + 1)
    assert np.quantile(delays[SHIFTS], 0.9) <= 15
    # The control without these bets is slower.
    assert np.mean(delays[SHIFTS]) < 0.75 * np.mean(delays[()])


def test_watch__each_bet_has_a_mean_of_at_most_one() -> None:
    # The mean of R + its count is what the bound on false alarms stands on: one value adds 1 at most.
    for stakes, shifts in (((0.75, -0.75, 1.0), ()), ((0.5,), SHIFTS)):
        start = new_detector(100.0, stakes=stakes, shifts=shifts)
        grid = (np.arange(200_000) + 0.5) / 200_000
        firsts = [watch(start, float(value)).statistic for value in grid[::10]]
        assert np.mean(firsts) == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("spread", [0.25, 4.0])
def test_watch__forecasts_too_wide_and_too_narrow_are_found(spread: float) -> None:
    from scipy.stats import norm

    values = norm.cdf(np.random.default_rng(2).normal(0, spread, 400))
    alarm = watch_all(new_detector(500.0), values).alarm
    assert alarm is not None
    assert alarm < 100


def test_watch__the_change_is_placed_near_where_it_was() -> None:
    rng = np.random.default_rng(8)
    off = []
    for _ in range(scaled(ci=40, full=400)):
        state = new_detector(500.0)
        for value in rng.random(100):
            state = watch(state, float(value))
        if state.alarm is not None:
            continue
        while state.alarm is None:
            state = watch(state, float(1 - 0.4 * rng.random()))
        assert state.change is not None
        off.append(state.change - 100)
    assert len(off) > 20
    assert abs(float(np.median(off))) <= 1


@given(pits=st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_watch__the_change_is_that_of_the_charts_over_all_values(pits: list[float]) -> None:
    state = watch_all(new_detector(5.0), pits).state
    charts = [change_point(scores) for scores in (normal_scores(pits), spread_scores(pits))]
    best = max((chart for chart in charts if chart is not None), key=lambda chart: chart.statistic, default=None)
    assert max(state.sums) == pytest.approx(0.0 if best is None else best.statistic, abs=1e-9)
    if best is not None and sorted(state.sums)[-2] < best.statistic - 1e-9:
        assert state.change_estimate == best.at


def test_watch__goes_on_for_ever_without_overflow() -> None:
    state = new_detector(100.0)
    for _ in range(3_000):
        state = watch(state, 1.0)
    assert state.statistic == math.inf
    assert all(math.isfinite(value) for value in state.logs or ())
    assert state.alarm is not None
    assert state.alarm < 20
    assert (state.change, state.change_estimate) == (0, 0)


def test_new_detector__refusals() -> None:
    with pytest.raises(UsageError, match="threshold"):
        new_detector(1.0)
    with pytest.raises(UsageError, match="stakes"):
        new_detector(100.0, stakes=[1.5])
    with pytest.raises(UsageError, match="stakes"):
        new_detector(100.0, stakes=[])
    with pytest.raises(UsageError, match="shifts"):
        new_detector(100.0, shifts=[9.0])
    with pytest.raises(UsageError, match="pit"):
        watch(new_detector(100.0), 1.1)
