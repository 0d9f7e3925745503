"""The crossing test: pairs counted plainly, the three modes told apart, and the laws behind those that keep order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.fidelity.calibration import check_crossing
from chaintwin.fidelity.calibration.crossing import fit_fifo, fit_kaplan
from chaintwin.laws import Law, LawKind
from chaintwin.network.graph import LeadMode
from tests.oracles import plain_fidelity
from tests.sizes import scaled

PMF = {1: 0.2, 3: 0.5, 6: 0.3}
"""That of the worked case of METHODS 1.4."""

Arrivals = tuple[np.ndarray, np.ndarray]


def draw(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.choice(list(PMF), p=list(PMF.values()), size=count)


def crossing(rng: np.random.Generator, count: int) -> Arrivals:
    starts = np.sort(rng.choice(2 * count, count, replace=False))
    return starts, starts + draw(rng, count)


def fifo(rng: np.random.Generator, count: int) -> Arrivals:
    starts, ends = crossing(rng, count)
    return starts, np.maximum.accumulate(ends)


def kaplan(rng: np.random.Generator, count: int) -> Arrivals:
    starts = np.sort(rng.choice(2 * count, count, replace=False))
    ages = draw(rng, 2 * count + 40)
    ends = np.array([next(t for t in range(int(s), ages.size) if t - s >= ages[t]) for s in starts])
    return starts, ends


def shares(law: Law) -> dict[float, float]:
    return {law.parameters[0]: 1.0} if law.kind is LawKind.CONSTANT else dict(zip(law.values, law.weights, strict=True))


@given(rows=st.lists(st.tuples(st.integers(0, 15), st.integers(0, 9)), min_size=3, max_size=15))
def test_check_crossing__counts_pairs_as_one_would(rows: list[tuple[int, int]]) -> None:
    starts, ends = [row[0] for row in rows], [row[0] + row[1] for row in rows]
    found = check_crossing(starts, ends, seed=1, rounds=19)
    pairs = sum(1 for i in range(len(rows)) for j in range(i) if starts[i] != starts[j])
    assert found.pairs == pairs
    assert found.share * max(pairs, 1) == pytest.approx(plain_fidelity.out_of_order(starts, ends))


def test_check_crossing__expected_share_is_that_of_independent_draws() -> None:
    rng = np.random.default_rng(2)
    starts = np.arange(400)
    ends = starts + draw(rng, 400)
    found = check_crossing(starts, ends, seed=1)
    # P(first draw > gap + second draw), summed over pairs of neighbors at each gap.
    expected = sum(p * q for gap in range(1, 6) for a, p in PMF.items() for b, q in PMF.items() if a > gap + b) * 400
    assert found.expected_share * found.pairs == pytest.approx(expected, rel=0.15)
    assert found.share == pytest.approx(found.expected_share, rel=0.3)


@pytest.mark.parametrize(("make", "mode"), [(crossing, LeadMode.CROSSING), (fifo, LeadMode.FIFO), (kaplan, LeadMode.KAPLAN)])
def test_check_crossing__tells_the_modes_apart(make: object, mode: LeadMode) -> None:
    right, runs = 0, scaled(ci=30, full=300)
    for run in range(runs):
        starts, ends = make(np.random.default_rng(run), 150)  # type: ignore[operator]
        found = check_crossing(starts, ends, seed=run, rounds=199)
        assert found.is_decided
        right += found.mode is mode
    assert right / runs >= 0.9


def test_check_crossing__false_orders_are_as_rare_as_the_level() -> None:
    below, runs = 0, scaled(ci=200, full=2_000)
    for run in range(runs):
        starts, ends = crossing(np.random.default_rng(1_000 + run), 60)
        below += check_crossing(starts, ends, seed=run, rounds=99).p_value <= 0.05
    assert below / runs < 0.05 + 4 * np.sqrt(0.05 * 0.95 / runs)


def test_check_crossing__cannot_tell_where_nothing_could_cross() -> None:
    starts = np.arange(0, 1_000, 10)
    found = check_crossing(starts, starts + draw(np.random.default_rng(3), 100), seed=1)
    assert (found.mode, found.is_decided, found.fifo) == (LeadMode.CROSSING, False, None)
    few = check_crossing([0.0, 1.0], [2.0, 3.0], seed=1)
    assert (few.mode, few.is_decided, few.shipments) == (LeadMode.CROSSING, False, 2)
    none = check_crossing([0.0, 1.0, 2.0], [np.nan] * 3, seed=1)
    assert none.shipments == 0


def test_check_crossing__late_starts_that_came_quickly_do_not_bias_it() -> None:
    starts, ends = crossing(np.random.default_rng(4), 200)
    now = float(np.quantile(ends, 0.8))
    known = starts <= now
    came = np.where(ends <= now, ends, np.nan)[known].astype(float)
    found = check_crossing(starts[known], came, seed=1)
    assert found.mode is LeadMode.CROSSING
    assert found.shipments < known.sum()


def test_fit_fifo_and_fit_kaplan__find_the_law_behind_the_arrivals() -> None:
    count = scaled(ci=600, full=5_000)
    for make, fit in ((fifo, fit_fifo), (kaplan, fit_kaplan)):
        starts, ends = make(np.random.default_rng(9), count)
        table = shares(fit(starts, ends).law)
        assert {value for value, share in table.items() if share > 0.05} == set(PMF)
        for value, share in PMF.items():
            assert table[value] == pytest.approx(share, abs=0.08)
    # What arrives in order is longer than what was drawn: taking arrivals for draws would misstate the law.
    starts, ends = fifo(np.random.default_rng(9), count)
    arrivals = np.bincount((ends - starts).astype(int)) / count
    assert arrivals[1] < 0.12
    every = np.maximum.accumulate(np.arange(count) + draw(np.random.default_rng(10), count))
    seen = np.bincount(every - np.arange(count), minlength=7) / count
    for value, share in plain_fidelity.effective_fifo(PMF).items():
        assert seen[value] == pytest.approx(share, abs=0.06)


def test_check_crossing__refusals() -> None:
    with pytest.raises(UsageError, match=r"arrived\[1\]"):
        check_crossing([0.0, 5.0], [1.0, 4.0], seed=1)
    with pytest.raises(UsageError, match="arrived"):
        check_crossing([0.0, 5.0], [1.0], seed=1)


def test_check_crossing__several_starts_a_period() -> None:
    rng = np.random.default_rng(5)
    starts = np.repeat(np.arange(40.0), 2) + np.tile([0.3, 0.7], 40)
    ends = np.maximum.accumulate(starts + rng.choice([1.0, 3.0, 6.0], 80))
    found = check_crossing(starts, ends, seed=7)
    assert found.mode is not LeadMode.CROSSING
    assert found.kaplan is not None


def test_bounds__what_is_out_is_not_left_out() -> None:
    starts, ends = list(range(30)), [start + 2 for start in range(30)]
    out = [float("nan")] * 30
    for fit in (fit_fifo, fit_kaplan):
        assert shares(fit(starts, ends).law) == {2.0: 1.0}
        stalled = fit([*starts, *range(30, 60)], [*ends, *out], until=61)
        assert max(shares(stalled.law)) >= 30, "a lane on which nothing has come for thirty periods is not what it was"
    assert fit_fifo([0, 1, 2], [5, float("nan"), 6]).law == fit_fifo([0, 2], [5, 6]).law, "others have overtaken it"
    with pytest.raises(UsageError, match="1 or more"):
        fit_fifo([0], [float("nan")], until=3)
