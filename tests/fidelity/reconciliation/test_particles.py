"""Hidden states: filter and smoother against the exact answers of linear models, and resampling by its counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.fidelity.reconciliation import StockBelief, assimilate, follow, follow_particles
from chaintwin.fidelity.reconciliation.particles import resample_systematically
from tests.sizes import scaled


def test_follow_particles__agrees_with_the_kalman_filter_where_that_is_exact() -> None:
    rng = np.random.default_rng(4)
    flows = rng.normal(0, 5, 12)
    true = 100 + np.cumsum(flows + rng.normal(0, 3, 12))
    counts = [float(true[t] + rng.normal(0, 4)) if t % 3 == 2 else None for t in range(12)]
    exact = follow(StockBelief(100, 25), flows, counts=counts, noise=9, error=16)
    size = scaled(ci=4_096, full=65_536)
    path = follow_particles(
        100 + 5 * rng.normal(size=(size, 1)),
        steps=12,
        transition=lambda x, step: x + flows[step] + 3 * rng.normal(size=x.shape),
        log_likelihood=lambda x, step: (
            np.zeros(size) if counts[step] is None else -0.5 * (counts[step] - x[:, 0]) ** 2 / 16 - 0.5 * np.log(2 * np.pi * 16)
        ),
        seed=7,
    )
    assert path.mean[:, 0] == pytest.approx(exact.mean, abs=0.5)
    assert path.sd[:, 0] == pytest.approx(np.sqrt(exact.variance), rel=0.08)
    assert path.log_evidence == pytest.approx(exact.log_likelihood, abs=0.3)
    assert path.particles.mean() == pytest.approx(exact.last.mean, abs=0.5)
    assert (path.effective <= size + 1e-6).all()


@given(weights=st.lists(st.floats(0, 1), min_size=1, max_size=20), place=st.floats(0, 1, exclude_max=True))
def test_resample_systematically__each_goes_on_as_often_as_its_weight_says(weights: list[float], place: float) -> None:
    if sum(weights) < 1e-6:
        return
    shares = np.array(weights) / sum(weights)
    chosen = np.bincount(resample_systematically(shares, place), minlength=shares.size)
    assert chosen.sum() == shares.size
    assert (np.abs(chosen - shares * shares.size) <= 1 + 1e-6).all()


def test_assimilate__agrees_with_least_squares_where_that_is_exact() -> None:
    rng = np.random.default_rng(5)
    matrix, sd = np.array([[1.0, 0.5], [0.2, -1.0], [1.0, 1.0]]), np.array([0.5, 0.3, 1.0])
    prior = np.diag([4.0, 1.0])
    truth = np.array([1.5, -0.5])
    observed = matrix @ truth + rng.normal(0, sd)
    members = rng.normal(size=(scaled(ci=8_000, full=80_000), 2)) @ np.sqrt(prior)
    after = assimilate(members, predict=lambda x: x @ matrix.T, observed=observed, sd=sd, seed=7)
    precision = np.linalg.inv(prior) + matrix.T @ np.diag(1 / sd**2) @ matrix
    exact = np.linalg.solve(precision, matrix.T @ (observed / sd**2))
    assert after.mean(axis=0) == pytest.approx(exact, abs=0.05)
    assert np.cov(after.T) == pytest.approx(np.linalg.inv(precision), rel=0.1, abs=0.01)


def test_particles__refusals() -> None:
    start = np.zeros((4, 1))
    with pytest.raises(UsageError, match="no particle allows"):
        follow_particles(start, steps=1, transition=lambda x, step: x, log_likelihood=lambda x, step: np.full(4, -np.inf), seed=1)
    with pytest.raises(UsageError, match="steps"):
        follow_particles(start, steps=0, transition=lambda x, step: x, log_likelihood=lambda x, step: np.zeros(4), seed=1)
    one = np.ones(1)
    with pytest.raises(UsageError, match="inverses"):
        assimilate(start, predict=lambda x: x, observed=one, sd=one, seed=1, inflations=(2.0,))
    with pytest.raises(UsageError, match="predict"):
        assimilate(start, predict=lambda x: np.zeros((4, 2)), observed=one, sd=one, seed=1)
