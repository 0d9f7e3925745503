"""The fidelity vector: worked answer, parts between 0 and 1, and each part falls when what it measures gets worse."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.fidelity.scoring import (
    FidelityVector,
    coverage_part,
    distribution_part,
    scale_of,
    skill_part,
    state_part,
    timeliness_part,
)
from chaintwin.laws.scores import coverage_of
from tests.shared_data import cases_of, matches

PART = st.floats(0, 1)


@pytest.mark.parametrize("case", cases_of("cases/calibration.json", "cal.fidelity"))
def test_fidelity_vector__worked_cases(case: dict[str, Any]) -> None:
    given = case["inputs"]
    vector = FidelityVector(
        state=state_part(given["state_abs_err"], given["state_scale"]),
        skill=skill_part(given["crps_model"], given["crps_reference"]),
        coverage=coverage_part(coverage_of(given["cover"], given["nominal"], size=given["n_cover"])),
        distribution=distribution_part(given["ks_p"]),
        timeliness=timeliness_part(given["latency_s"], given["latency_target_s"]),
    )
    assert matches({"vector": vector.known, "score": vector.score}, case["expected"], tolerance=case["tol"]["value"])


@given(parts=st.lists(PART, min_size=5, max_size=5))
def test_score__is_the_geometric_mean_with_a_floor(parts: list[float]) -> None:
    score = FidelityVector(*parts).score
    assert score == pytest.approx(math.prod(max(part, 1e-6) for part in parts) ** 0.2, rel=1e-9)
    assert min(parts) - 1e-9 <= score <= max([*parts, 1e-6]) + 1e-9
    alone = FidelityVector(state=parts[0])
    assert alone.score == pytest.approx(max(parts[0], 1e-6))
    assert alone.known == {"state": parts[0]}


def test_score__nothing_measured_is_no_number() -> None:
    assert math.isnan(FidelityVector().score)


@given(low=st.floats(0, 1e6), more=st.floats(0, 1e6), scale=st.floats(1e-3, 1e6))
def test_parts__never_rise_when_things_get_worse(low: float, more: float, scale: float) -> None:
    for part in (
        lambda worse: state_part(worse, scale),
        lambda worse: skill_part(worse, scale),
        lambda worse: timeliness_part(worse, scale),
    ):
        assert 0 <= part(low + more) <= part(low) <= 1
    for share in (0.0, 0.5, 0.9, 1.0):
        assert 0 <= coverage_part(coverage_of(share, 0.9, size=50)) <= 1


def test_parts__ends() -> None:
    assert (state_part(0, 0), state_part(1, 0)) == (1.0, 0.0)
    assert (skill_part(0, 0), skill_part(1, 0), skill_part(0, 1)) == (1.0, 0.0, 1.0)
    assert scale_of([-1.0, 3.0]) == 2.0
    calls: list[Any] = [
        lambda: state_part(-1, 1),
        lambda: distribution_part(2.0),
        lambda: timeliness_part(1, 0),
        lambda: scale_of([]),
    ]
    for call in calls:
        with pytest.raises(UsageError):
            call()
