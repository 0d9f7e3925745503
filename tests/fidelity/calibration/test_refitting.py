"""From alarm to decision: the change is found, a refit on the data since then is taken, and one that only fits noise is not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.fidelity.calibration import Verdict, estimate_change, judge_refit
from chaintwin.fidelity.calibration.refitting import Drift
from chaintwin.laws import Law, parse
from chaintwin.laws.fits import fit_lead_time
from chaintwin.laws.scores import crps_sample, randomized_pit
from chaintwin.laws.sequential import SHIFTS, new_detector, watch
from tests.sizes import scaled

GRID = (np.arange(256) + 0.5) / 256


def scores(law: Law, truth: np.ndarray) -> list[float]:
    members = law.quantile_many(GRID)
    return [crps_sample(members, value) for value in truth]


def pit(law: Law, value: float, v: float) -> float:
    return float(randomized_pit([law.quantile_many(GRID)], [value], breaks=[v])[0])


def test_estimate_change__level_and_spread() -> None:
    from scipy.stats import norm

    rng = np.random.default_rng(1)
    before = rng.random(80)
    level = estimate_change(np.concatenate([before, norm.cdf(rng.normal(1.2, 1, 15))]))
    assert level is not None
    assert level.drift is Drift.LEVEL
    assert abs(level.change.at - 80) <= 4
    spread = estimate_change(np.concatenate([before, norm.cdf(rng.normal(0, 3, 15))]))
    assert spread is not None
    assert spread.drift is Drift.SPREAD
    assert abs(spread.change.at - 80) <= 4


@pytest.mark.parametrize(("cv", "most"), [(0.2, 15.0), (0.4, 40.0)])
def test_recalibration__a_lead_time_shift_is_found_refitted_and_accepted(cv: float, most: float) -> None:
    truth, shifted = parse(f"gamma(mean=10, cv={cv})"), parse(f"gamma(mean=13, cv={cv})")
    rng = np.random.default_rng(3)
    delays, accepted, runs = [], 0, scaled(ci=25, full=400)
    for _ in range(runs):
        state = new_detector(500.0, shifts=SHIFTS)
        arrivals = list(truth.quantile_many(rng.random(30)))
        for value in arrivals:
            state = watch(state, pit(truth, value, float(rng.random())))
        while state.alarm is None:
            arrivals.append(float(shifted.quantile(float(rng.random()))))
            state = watch(state, pit(truth, arrivals[-1], float(rng.random())))
        delays.append(state.count - 30)
        assert state.change is not None
        since = arrivals[state.change :]
        refit = fit_lead_time(since, [True] * len(since), family_times=arrivals).law
        assert refit is not None
        holdout = shifted.quantile_many(rng.random(150))
        accepted += judge_refit(scores(truth, holdout), scores(refit, holdout)).verdict is Verdict.ACCEPT
    # Three alarms in four come within what is promised, not only the mean.
    assert np.quantile(delays, 0.75) <= most
    assert np.mean(delays) <= most
    assert accepted / runs > 0.7


def test_judge_refit__noise_is_not_mistaken_for_improvement() -> None:
    truth = parse("gamma(mean=10, cv=0.4)")
    rng = np.random.default_rng(4)
    accepted, runs = 0, scaled(ci=150, full=2_000)
    for _ in range(runs):
        few = truth.quantile_many(rng.random(12))
        refit = fit_lead_time(few, [True] * 12).law
        assert refit is not None
        holdout = truth.quantile_many(rng.random(40))
        accepted += judge_refit(scores(truth, holdout), scores(refit, holdout)).verdict is Verdict.ACCEPT
    # A refit on noise is worse than the truth; the interval lets it through as rarely as its tail says.
    assert accepted / runs < 0.06


def test_judge_refit__interval_is_that_of_student_on_the_differences() -> None:
    from scipy.stats import ttest_rel

    rng = np.random.default_rng(5)
    old, new = rng.gamma(2, 1, 30), rng.gamma(2, 0.8, 30)
    found = judge_refit(old, new, confidence=0.9)
    plain = ttest_rel(old, new).confidence_interval(0.9)
    assert (found.low, found.high) == (pytest.approx(plain.low), pytest.approx(plain.high))
    assert found.improvement == pytest.approx(old.mean() - new.mean())
    blocks = judge_refit(np.repeat(old, 3), np.repeat(new, 3), confidence=0.9, block=3)
    assert (blocks.low, blocks.high) == (pytest.approx(plain.low), pytest.approx(plain.high))


def test_judge_refit__too_little_evidence_is_escalated() -> None:
    few = judge_refit([2.0] * 7, [1.0] * 7)
    assert (few.verdict, few.low, few.high) == (Verdict.ESCALATE, -math.inf, math.inf)
    assert "at least 8" in few.reason
    worse = judge_refit([1.0, 1.1] * 5, [2.0, 2.2] * 5)
    assert (worse.verdict, worse.reason) == (Verdict.ESCALATE, "predicts worse on the holdout")
    assert judge_refit([1.0, 3.0] * 5, [3.0, 1.0] * 5).verdict is Verdict.ESCALATE
    calls: list[Any] = [
        lambda: judge_refit([1.0], [1.0, 2.0]),
        lambda: judge_refit([math.nan], [1.0]),
        lambda: judge_refit([1.0], [1.0], block=0),
    ]
    for call in calls:
        with pytest.raises(UsageError):
            call()


def test_estimate_change__a_large_shift_is_one_of_the_level() -> None:
    found = estimate_change([0.5, 0.3, 0.7, 0.4, 0.6, 0.5] + [0.9987] * 5)
    assert found is not None
    assert found.drift is Drift.LEVEL
    wide = estimate_change([0.5, 0.3, 0.7, 0.4, 0.6, 0.5] + [0.9987, 0.0013] * 3)
    assert wide is not None
    assert wide.drift is Drift.SPREAD
