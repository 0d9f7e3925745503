"""Lead times from shipping and receiving: worked rows, any order, and what dropping open ones would do."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.fidelity.calibration import Movement, Step, extract_lead_times
from chaintwin.fidelity.calibration.lead_times import durations_of
from chaintwin.laws.fits import fit_lead_time
from tests.shared_data import cases_of, matches


@pytest.mark.parametrize("case", cases_of("cases/calibration.json", "cal.leadtime_extract"))
def test_extract_lead_times__worked_cases(case: dict[str, Any]) -> None:
    movements = [
        Movement(event["eventTime"], Step(event["bizStep"]), tuple(event["epcList"]), event["readPoint"])
        for event in case["inputs"]["events"]
    ]
    rows = extract_lead_times(movements, now=case["inputs"]["now"])
    got = [[row.item, row.origin, row.destination, row.duration, int(row.arrived)] for row in rows]
    assert matches({"rows": got}, case["expected"], tolerance=case["tol"]["value"])


@given(
    ways=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.none() | st.integers(1, 30)), max_size=12),
    seed=st.integers(0, 99),
)
def test_extract_lead_times__every_way_comes_back_whatever_the_order(ways: list[tuple[str, int, int | None]], seed: int) -> None:
    movements, expected, free = [], [], dict.fromkeys("abc", 0)
    for item, gap, taken in ways:
        start = free[item] + gap + 1
        if free[item] < 0:
            continue
        movements.append(Movement(start, Step.SHIPPING, (item,), "A"))
        if taken is None:
            expected.append((item, start, 500 - start, False))
            free[item] = -1
        else:
            movements.append(Movement(start + taken, Step.RECEIVING, (item,), "B"))
            expected.append((item, start, taken, True))
            free[item] = start + taken
    random.Random(seed).shuffle(movements)
    rows = extract_lead_times(movements, now=500)
    assert [(row.item, row.duration, row.arrived) for row in rows] == [
        (item, taken, came) for item, _, taken, came in sorted(expected)
    ]
    assert all((row.destination == "B") == row.arrived for row in rows)


def test_extract_lead_times__odd_events() -> None:
    rows = extract_lead_times(
        [
            Movement(5, Step.RECEIVING, ("x", "y"), "B"),
            Movement(10, Step.SHIPPING, ("x",), "A"),
            Movement(20, Step.SHIPPING, ("x",), "B"),
            Movement(30, Step.RECEIVING, ("x", "x"), "C"),
            Movement(99, Step.SHIPPING, ("z",), "A"),
        ],
        now=50,
    )
    # Received but never shipped: ignored; shipped twice: the first way ended unseen; after now: not known yet.
    assert [(row.item, row.origin, row.destination, row.duration) for row in rows] == [("x", "B", "C", 10)]


def test_extract_lead_times__dropping_open_ones_would_make_lead_times_look_short() -> None:
    rng = np.random.default_rng(1)
    starts, leads = rng.uniform(0, 100, 400), rng.gamma(4, 5, 400)
    movements = [Movement(start, Step.SHIPPING, (f"s{i}",), "A") for i, start in enumerate(starts)]
    movements += [
        Movement(start + lead, Step.RECEIVING, (f"s{i}",), "B") for i, (start, lead) in enumerate(zip(starts, leads, strict=True))
    ]
    rows = extract_lead_times(movements, now=100)
    ages, arrived = durations_of(rows)
    law = fit_lead_time(ages, arrived).law
    assert law is not None
    assert law.mean == pytest.approx(20, abs=1.5)
    dropped = np.array(ages)[np.array(arrived)].mean()
    assert dropped < 19 < law.mean
