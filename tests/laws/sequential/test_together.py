"""Many detectors at once see what each sees alone."""

from __future__ import annotations

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.laws.sequential import SHIFTS, new_detector, watch_all, watch_together


@pytest.mark.parametrize("shifts", [(), SHIFTS])
def test_watch_together__is_watch_all_of_each(shifts: tuple[float, ...]) -> None:
    rng = np.random.default_rng(7)
    series = [rng.random(size) ** power for size, power in ((40, 1.0), (90, 0.3), (7, 0.2), (60, 3.0), (1, 1.0))]
    series.append(np.array([0.0, 1.0, 0.5, 1.0]))
    state = new_detector(30, shifts=shifts)
    found = watch_together(state, series)
    for path, pits in zip(found, series, strict=True):
        alone = watch_all(state, pits)
        assert (path.alarm, path.change) == (alone.alarm, alone.change)
        np.testing.assert_allclose(path.statistic, alone.statistic, rtol=1e-9)
    assert any(path.alarm is not None for path in found)
    assert watch_together(state, []) == []
    with pytest.raises(UsageError):
        watch_together(state, [[0.5], [1.5]])


def test_watch_together__between_two_ends_bets_pay_their_mean() -> None:
    state = new_detector(1e6, shifts=SHIFTS)
    ends = [(0.0, 1.0), (0.2, 0.7), (0.0, 0.1), (0.9, 1.0), (0.4, 0.4)]
    for low, high in ends:
        (path,) = watch_together(state, [[low]], highs=[[high]])
        inside = low + (high - low) * (np.arange(4_000) + 0.5) / 4_000
        mean = np.mean([one.statistic[0] for one in watch_together(state, [[pit] for pit in inside])])
        assert path.statistic[0] == pytest.approx(mean, rel=1e-3)
    # A value that could not be another one says nothing at all.
    (path,) = watch_together(state, [[0.0] * 50], highs=[[1.0] * 50])
    np.testing.assert_allclose(path.statistic, np.arange(1, 51))
    (path,) = watch_together(state, [[0.0] * 50], highs=[[1.0] * 50], weights=[[0.0] * 50])
    assert not path.statistic.any()
