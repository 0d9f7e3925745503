"""One stock by books and counts: worked path, batch least squares, honest intervals, the drift that was put in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.fidelity.reconciliation import StockBelief, book, count, fit_shrinkage, follow
from tests.oracles import plain_fidelity
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

VARIANCE = st.floats(0.1, 50)


@pytest.mark.parametrize("case", cases_of("cases/calibration.json", "cal.kalman_inventory"))
def test_follow__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    path = follow(
        StockBelief(inputs["x0"], inputs["P0"]),
        inputs["net_flow"],
        counts=inputs["counts"],
        noise=inputs["Q"],
        error=inputs["R"],
    )
    got = {"mean_var": np.column_stack([path.mean, path.variance]).tolist()}
    assert matches(got, case["expected"], tolerance=case["tol"]["value"])


@given(
    rows=st.lists(st.tuples(st.integers(-50, 50), st.none() | st.integers(0, 500)), min_size=1, max_size=8),
    start=VARIANCE,
    noise=VARIANCE,
    error=VARIANCE,
)
def test_follow__last_state_is_that_of_batch_least_squares(
    rows: list[tuple[int, int | None]], start: float, noise: float, error: float
) -> None:
    flows, counts = [row[0] for row in rows], [row[1] for row in rows]
    last = follow(StockBelief(100.0, start), flows, counts=counts, noise=noise, error=error).last
    mean, variance = plain_fidelity.kalman(100.0, start, flows, counts, q=noise, r=error)
    assert last.mean == pytest.approx(mean, rel=1e-7, abs=1e-7)
    assert last.variance == pytest.approx(variance, rel=1e-6)


@given(mean=st.floats(0, 100), variance=VARIANCE, counted=st.floats(0, 100), error=VARIANCE)
def test_count__lies_between_and_is_surer_than_both(mean: float, variance: float, counted: float, error: float) -> None:
    after = count(StockBelief(mean, variance), counted, error=error)
    assert min(mean, counted) - 1e-9 <= after.mean <= max(mean, counted) + 1e-9
    assert after.variance < min(variance, error)
    certain = count(StockBelief(mean, variance), counted, error=0.0)
    assert certain.mean == pytest.approx(counted, abs=1e-9)
    assert certain.variance == 0
    assert count(StockBelief(mean, 0.0), counted, error=0.0) == StockBelief(counted, 0.0)
    assert book(StockBelief(mean, variance), 5.0, noise=0.0, shrinkage=2.0).mean == pytest.approx(mean + 3.0)


def test_follow__intervals_hold_what_they_promise_and_books_alone_do_not() -> None:
    rng = np.random.default_rng(7)
    inside = naive = surprises = 0.0
    runs = scaled(ci=400, full=10_000)
    for _ in range(runs):
        flows = rng.normal(0, 20, 30)
        true = 300 + np.cumsum(flows) - np.cumsum(rng.normal(1.0, 3.0, 30))
        counts = [float(true[t] + rng.normal(0, 2.0)) if t % 7 == 6 else None for t in range(30)]
        path = follow(StockBelief(300, 0.0), flows, counts=counts, noise=9.0, error=4.0, shrinkage=1.0)
        low, high = path.last.interval(0.9)
        inside += low <= true[-1] <= high
        book_low, book_high = StockBelief(300 + float(flows.sum()), 9.0 * 30).interval(0.9)
        naive += book_low <= true[-1] <= book_high
        surprises += float(np.nanmean(path.surprise**2))
    assert abs(inside / runs - 0.9) < 4 * np.sqrt(0.09 / runs)
    assert surprises / runs == pytest.approx(1.0, abs=0.12)
    # Without counts the shrinkage is never seen: the control misses far more often.
    assert naive / runs < 0.6


def test_fit_shrinkage__finds_what_was_put_in() -> None:
    rng = np.random.default_rng(3)
    flows = rng.normal(0, 10, 3_000)
    true = 500 + np.cumsum(flows) - np.cumsum(rng.normal(0.8, 3.0, 3_000))
    for error in (0.0, 25.0):
        counts = [float(true[t] + rng.normal(0, error**0.5)) if t % 6 == 0 else None for t in range(3_000)]
        found = fit_shrinkage(flows, counts=counts, error=error)
        assert found.noise == pytest.approx(9.0, rel=0.25)
        assert found.mean == pytest.approx(0.8, abs=0.25)
        assert found.count == 499
        best = follow(
            StockBelief(counts[0] or 0.0, error),
            flows[1:],
            counts=counts[1:],
            noise=found.noise,
            error=error,
            shrinkage=found.mean,
        ).log_likelihood
        for factor in (0.5, 2.0):
            worse = follow(
                StockBelief(counts[0] or 0.0, error),
                flows[1:],
                counts=counts[1:],
                noise=found.noise * factor,
                error=error,
                shrinkage=found.mean,
            )
            assert worse.log_likelihood < best


def test_fit_shrinkage__errors_of_counts_alone_are_no_shrinkage() -> None:
    rng = np.random.default_rng(5)
    counts = [float(100 + rng.normal(0, 5)) for _ in range(60)]
    assert fit_shrinkage([0.0] * 60, counts=counts, error=25.0).noise < 1.0
    assert fit_shrinkage([0.0] * 4, counts=[5.0] * 4, error=0.0).noise == 0.0


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: follow(StockBelief(1, 1), [1.0], counts=[], noise=1.0, error=1.0), "counts"),
        (lambda: follow(StockBelief(1, 1), [1.0], counts=[None], noise=-1.0, error=1.0), "noise"),
        (lambda: count(StockBelief(1, 1), 2.0, error=-1.0), "error"),
        (lambda: fit_shrinkage([1.0, 1.0], counts=[1.0, 2.0], error=0.0), "at least 3"),
    ],
)
def test_kalman__refusals(call: Any, part: str) -> None:
    with pytest.raises(UsageError, match=part):
        call()
