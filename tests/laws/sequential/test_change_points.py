"""Where a change began: the place of largest likelihood, near the truth, inside its interval."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.laws.sequential import change_point, normal_scores, spread_scores
from tests.sizes import scaled


@given(values=st.lists(st.floats(-4, 4).map(lambda x: round(x, 3)), min_size=1, max_size=30), allowance=st.floats(0, 1))
def test_change_point__is_the_stretch_of_largest_sum(values: list[float], allowance: float) -> None:
    found = change_point(values, allowance=allowance)
    sums = {(sign, at): sum(sign * v - allowance for v in values[at:]) for sign in (1, -1) for at in range(len(values))}
    best = max(sums.values())
    if found is None:
        assert best <= 1e-9
        return
    assert found.statistic == pytest.approx(best, abs=1e-9)
    assert max(sums[1, found.at], sums[-1, found.at]) == pytest.approx(best, abs=1e-9)
    assert found.low <= found.at <= found.high
    assert found.shift == pytest.approx(np.mean(values[found.at :]))


def test_change_point__near_the_truth_and_inside_its_interval() -> None:
    rng = np.random.default_rng(4)
    places, inside = [], 0
    runs = scaled(ci=300, full=5_000)
    for _ in range(runs):
        found = change_point(np.concatenate([rng.normal(0, 1, 60), rng.normal(-1, 1, 20)]))
        assert found is not None
        places.append(found.at)
        inside += found.low <= 60 <= found.high
    assert abs(np.median(places) - 60) <= 1
    assert inside / runs > 0.85


def test_change_point__nothing_to_be_found() -> None:
    assert change_point([0.0] * 5, allowance=0.0) is None
    with pytest.raises(UsageError, match="values"):
        change_point([])


def test_scores__standard_while_all_is_well() -> None:
    pits = (np.arange(20_000) + 0.5) / 20_000
    for scores in (normal_scores(pits), spread_scores(pits)):
        assert abs(scores.mean()) < 1e-3
        assert scores.std() == pytest.approx(1, abs=5e-3)
    assert np.isfinite(normal_scores([0.0, 1.0])).all()
