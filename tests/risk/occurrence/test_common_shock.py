"""Regional shocks: worked answers, inclusion and exclusion, and samples."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.risk.occurrence import Replications, hit_probabilities, sample_common_shock
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

COUNT = scaled(ci=20_000, full=400_000)


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.common_shock"))
def test_hit_probabilities__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    found = hit_probabilities(inputs["own_rates"], inputs["hit_prob"], shock_rate=inputs["shock_rate"], span=inputs["t"])
    answer = {
        "P_hit": found.hit,
        "P_none": found.none_hit,
        "P_all": found.all_hit,
        "corr_01": found.correlation[0, 1],
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


@given(
    sites=st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1)), min_size=1, max_size=5),
    shock_rate=st.floats(0, 5),
    span=st.floats(0, 3),
)
def test_hit_probabilities__agree_with_inclusion_and_exclusion(
    sites: list[tuple[float, float]], shock_rate: float, span: float
) -> None:
    own, share = zip(*sites, strict=True)
    found = hit_probabilities(own, share, shock_rate=shock_rate, span=span)
    every = 0.0
    for size in range(len(sites) + 1):
        for group in itertools.combinations(range(len(sites)), size):
            touched = 1 - math.prod(1 - share[i] for i in group)
            every += (-1) ** size * math.exp(-(sum(own[i] for i in group) + shock_rate * touched) * span)
    assert found.all_hit == pytest.approx(every, abs=1e-9)
    assert -1e-12 <= found.all_hit <= found.hit.min() + 1e-12
    assert found.none_hit <= 1 - found.hit.max() + 1e-12
    known = found.correlation[np.isfinite(found.correlation)]
    assert (known >= -1e-6).all()


def test_sample_common_shock__agrees_with_the_formulas() -> None:
    sites, own, share = ["a", "b", "c"], [0.1, 0.2, 0.05], [0.6, 0.9, 0.3]
    exact = hit_probabilities(own, share, shock_rate=0.3, span=1.0)
    replications = Replications(seed=8, count=COUNT)
    found = sample_common_shock(0.3, replications, hazard_id="quake", sites=sites, vulnerabilities=share, own_rates=own, end=1.0)
    hit = np.array([found.by_site[site].counts > 0 for site in sites])
    for value, expected in [
        *zip(hit.mean(axis=1), exact.hit, strict=True),
        (hit.all(axis=0).mean(), exact.all_hit),
        ((~hit).all(axis=0).mean(), exact.none_hit),
    ]:
        assert abs(value - expected) < 4 * math.sqrt(expected * (1 - expected) / COUNT)
    assert np.corrcoef(hit)[0, 1] == pytest.approx(exact.correlation[0, 1], abs=5 / math.sqrt(COUNT))


def test_sample_common_shock__a_further_site_changes_nothing() -> None:
    replications = Replications(seed=8, count=300)
    one = sample_common_shock(
        2.0, replications, hazard_id="q", sites=["a"], vulnerabilities=[0.5], own_rates=[0.4], end=3.0
    ).by_site["a"]
    two = sample_common_shock(
        2.0, replications, hazard_id="q", sites=["b", "a"], vulnerabilities=[1.0, 0.5], own_rates=[3.0, 0.4], end=3.0
    ).by_site["a"]
    assert one.times.tolist() == two.times.tolist()


def test_sample_common_shock__refuses_what_cannot_be() -> None:
    replications = Replications(seed=8, count=3)
    with pytest.raises(UsageError, match="sites: found 2 ids, 1 different"):
        sample_common_shock(1.0, replications, hazard_id="q", sites=["a", "a"], vulnerabilities=[0.5, 0.5], end=3.0)
    with pytest.raises(UsageError, match=r"vulnerabilities\[1\]: found 1.5"):
        sample_common_shock(1.0, replications, hazard_id="q", sites=["a", "b"], vulnerabilities=[0.5, 1.5], end=3.0)
    with pytest.raises(UsageError, match="vulnerabilities: found an array of shape"):
        sample_common_shock(1.0, replications, hazard_id="q", sites=["a", "b"], vulnerabilities=[0.5], end=3.0)
