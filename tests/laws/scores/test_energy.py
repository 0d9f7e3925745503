"""The joint check: uniform where the joint law is right, whatever its dependence; far from it where only the margins are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.laws.scores import energy_pit, randomized_pit, uniformity
from tests.oracles import plain_fidelity
from tests.sizes import scaled

POINT = st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=2)


@given(members=st.lists(POINT, min_size=1, max_size=10), observed=POINT, v=st.floats(0, 1))
def test_energy_pit__agrees_with_plain_distances(members: list[list[float]], observed: list[float], v: float) -> None:
    assert energy_pit(members, observed, tie_break=v) == pytest.approx(plain_fidelity.energy_pit(members, observed, v), abs=1e-9)


def test_energy_pit__finds_a_wrong_dependence_that_no_margin_shows() -> None:
    rng = np.random.default_rng(5)
    count = scaled(ci=400, full=4_000)
    mixing = np.linalg.cholesky(np.array([[1.0, 0.95], [0.95, 1.0]]))
    truth = rng.normal(size=(count, 2)) @ mixing.T
    right = rng.normal(size=(count, 30, 2)) @ mixing.T
    apart = rng.normal(size=(count, 30, 2))
    v = rng.random(count)

    def p_value(ensembles: np.ndarray) -> float:
        return uniformity([energy_pit(one, y, tie_break=t) for one, y, t in zip(ensembles, truth, v, strict=True)]).p_value

    assert p_value(right) > 1e-3
    assert p_value(apart) < 1e-4
    for place in (0, 1):
        assert uniformity(randomized_pit(list(apart[:, :, place]), truth[:, place], breaks=v)).p_value > 1e-3


def test_energy_pit__no_unit_outweighs_the_others() -> None:
    rng = np.random.default_rng(6)
    members, observed = rng.normal(size=(20, 3)), rng.normal(size=3)
    units = np.array([1.0, 1e6, 1e-6])
    assert energy_pit(members, observed, tie_break=0.5) == energy_pit(members * units, observed * units, tie_break=0.5)
    with pytest.raises(UsageError, match="observed"):
        energy_pit(members, observed[:2], tie_break=0.5)
