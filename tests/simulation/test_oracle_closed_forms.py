"""The closed forms against every worked case of their kinds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.oracles.plain_closed_forms import CLOSED_FORMS, reorder_up_to_cost, reorder_up_to_poisson
from tests.shared_data import cases_of, matches, shared_path

CASES = "cases/simulation.json"


@pytest.mark.parametrize("case", [case for kind in CLOSED_FORMS for case in cases_of(CASES, kind)])
def test_closed_forms__worked_case(case: dict[str, Any]) -> None:
    answer = CLOSED_FORMS[case["kind"]](**case["inputs"])
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


def test_closed_forms__every_kind_has_a_case() -> None:
    kinds = {case["kind"] for case in json.loads(shared_path(CASES).read_text(encoding="utf-8"))["cases"]}
    assert set(CLOSED_FORMS) <= kinds


def test_reorder_up_to_cost__no_neighbor_is_cheaper() -> None:
    best = reorder_up_to_poisson(lam=6.0, K=30.0, h=1.0, p=7.0)
    s, level = int(best["s"]), int(best["S"])
    for ds in range(-2, 3):
        for dl in range(-3, 4):
            cost = reorder_up_to_cost(s + ds, level + dl, lam=6.0, K=30.0, h=1.0, p=7.0)
            assert cost >= best["cost_per_period"] - 1e-12
