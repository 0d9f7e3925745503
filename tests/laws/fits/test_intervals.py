"""Whole numbers between bounds: nothing is more likely, and with exact values it is the plain frequency."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.laws import Law, LawKind
from chaintwin.laws.fits import fit_intervals, kaplan_meier
from chaintwin.laws.fits.intervals import NO_BOUND

BOUNDS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), min_size=1, max_size=15)


def shares(law: Law) -> dict[float, float]:
    if law.kind is LawKind.CONSTANT:
        return {law.parameters[0]: 1.0}
    return dict(zip(law.values, law.weights, strict=True))


def log_likelihood(table: dict[float, float], bounds: list[tuple[int, int]]) -> float:
    return sum(math.log(max(sum(p for v, p in table.items() if low <= v <= high), 1e-300)) for low, high in bounds)


@given(values=st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_fit_intervals__exact_values_give_their_frequencies(values: list[int]) -> None:
    table = shares(fit_intervals(values, values).law)
    assert table == pytest.approx({value: count / len(values) for value, count in Counter(values).items()}, abs=1e-8)


@given(rows=BOUNDS, other=st.lists(st.floats(0.01, 1), min_size=11, max_size=11))
def test_fit_intervals__no_other_table_is_more_likely(rows: list[tuple[int, int]], other: list[float]) -> None:
    bounds = [(low, low + width) for low, width in rows]
    found = fit_intervals([low for low, _ in bounds], [high for _, high in bounds])
    table = shares(found.law)
    assert found.log_likelihood == pytest.approx(log_likelihood(table, bounds), abs=1e-3)
    rival = {float(value): weight / sum(other) for value, weight in enumerate(other)}
    assert log_likelihood(rival, bounds) <= found.log_likelihood + 1e-6


@given(rows=st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=20))
def test_fit_intervals__right_censoring_alone_is_kaplan_meier(rows: list[tuple[int, bool]]) -> None:
    times, arrived = [row[0] for row in rows], [row[1] for row in rows]
    # What is open at an age is out for longer: at least one period more.
    lows = [time if came else time + 1 for time, came in rows]
    table = shares(fit_intervals(lows, [time if came else NO_BOUND for time, came in rows]).law)
    curve = kaplan_meier(times, arrived)
    for time, survival in zip(curve.times, curve.survival, strict=True):
        assert sum(p for value, p in table.items() if value > time) == pytest.approx(survival, abs=2e-4)


def test_fit_intervals__refusals() -> None:
    with pytest.raises(UsageError, match=r"highs\[1\]"):
        fit_intervals([1, 3], [1, 2])
    with pytest.raises(UsageError, match="draws"):
        fit_intervals([1], [1], draws=np.zeros(1))
