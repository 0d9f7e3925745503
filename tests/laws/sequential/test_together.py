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
