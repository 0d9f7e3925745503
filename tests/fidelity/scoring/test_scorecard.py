"""Scorecards: a twin that is right scores high, each way to be wrong shows in its own part, and groups pool what is theirs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.fidelity.scoring import (
    OVERALL,
    Evidence,
    Forecast,
    StateError,
    apart_in_time,
    joint_pits,
    make_scorecard,
    pits_of,
    score_forecasts,
)
from tests.oracles import plain_fidelity


def forecasts(
    *, bias: float = 0.0, width: float = 1.0, count: int = 300, unit: float = 1.0, subject: str = "dc/milk"
) -> list[Forecast]:
    rng = np.random.default_rng(17)
    found = []
    for origin in range(count):
        level = rng.normal(100, 30)
        members = unit * (level + bias + width * rng.normal(0, 5, 40))
        reference = unit * (100 + rng.normal(0, 30, 40))
        found.append(Forecast(subject, "on_hand", origin, 1, members, reference, unit * (level + rng.normal(0, 5))))
    return found


def test_score_forecasts__agrees_with_plain_means() -> None:
    mine = forecasts(count=12)
    found = score_forecasts(list(reversed(mine)), seed=7)
    assert found.crps == pytest.approx(np.mean([plain_fidelity.crps(one.members.tolist(), one.observed) for one in mine]))
    assert found.pits == pytest.approx(pits_of(mine, seed=7))
    assert found.coverage.share == np.mean(np.abs(found.pits - 0.5) <= 0.45)
    with pytest.raises(UsageError, match="at least one"):
        score_forecasts([], seed=7)


def test_pits_of__a_forecast_always_has_the_same_and_others_change_nothing() -> None:
    tied = [Forecast("a", "on_hand", origin, 1, np.zeros(9), np.zeros(0), 0.0) for origin in range(40)]
    pits = pits_of(tied, seed=7)
    assert pits_of(tied[5:6], seed=7)[0] == pits[5]
    assert len(set(pits.tolist())) == 40
    assert not np.array_equal(pits_of(tied, seed=8), pits)


def test_make_scorecard__each_fault_shows_in_its_part() -> None:
    right = make_scorecard(Evidence(forecasts()), seed=7).overall
    assert right.coverage is not None
    assert right.skill is not None
    assert min(right.coverage, right.distribution or 0) > 0.5
    assert right.skill > 0.7
    shifted = make_scorecard(Evidence(forecasts(bias=4.0)), seed=7).overall
    assert shifted.distribution == pytest.approx(0, abs=1e-3)
    assert shifted.skill is not None
    assert shifted.skill < right.skill
    narrow = make_scorecard(Evidence(forecasts(width=0.3)), seed=7).overall
    assert narrow.coverage == pytest.approx(0, abs=1e-3)
    assert narrow.score < shifted.score < right.score


def test_make_scorecard__units_do_not_outweigh_each_other() -> None:
    good, bad = forecasts(subject="a"), forecasts(bias=60.0, subject="b")
    plain = make_scorecard(Evidence([*good, *bad]), seed=7).overall.skill
    heavy = make_scorecard(Evidence([*good, *forecasts(bias=60.0, subject="b", unit=1e6)]), seed=7).overall.skill
    assert heavy == pytest.approx(plain, rel=1e-6)


def test_make_scorecard__groups_pool_what_is_theirs() -> None:
    evidence = Evidence(
        [*forecasts(count=40, subject="dc/milk"), *forecasts(count=40, bias=8.0, subject="shop/milk")],
        states={"dc/milk": StateError(1.0, 100.0, 10), "shop/milk": StateError(50.0, 100.0, 30)},
        latencies={"dc/milk": 30.0, "shop/milk": 240.0},
        latency_target=60.0,
    )
    card = make_scorecard(evidence, seed=7, groups_of=lambda subject: (subject, subject.split("/")[0]))
    assert set(card.vectors) == {OVERALL, "dc", "shop", "dc/milk", "shop/milk"}
    assert card.vectors["dc"] == card.vectors["dc/milk"]
    assert card.vectors["dc"].state == pytest.approx(0.99)
    assert card.overall.state == pytest.approx(1 - (10 * 1 + 30 * 50) / 40 / 100)
    assert (card.vectors["dc"].timeliness, card.overall.timeliness) == (1.0, 0.25)
    assert card.vectors["shop"].score < card.overall.score < card.vectors["dc"].score
    assert card.scores["dc"].size == 40


def test_make_scorecard__what_was_not_measured_is_left_out() -> None:
    card = make_scorecard(Evidence(states={"a": StateError(0.0, 10.0)}), seed=7)
    assert card.overall.known == {"state": 1.0}
    assert card.joint is None
    without = make_scorecard(
        Evidence([Forecast("a", "on_hand", origin, 1, np.arange(9.0), np.zeros(0), 4.0) for origin in range(9)]), seed=7
    )
    assert without.overall.skill is None
    with pytest.raises(UsageError, match="evidence"):
        make_scorecard(Evidence(), seed=7)


def test_joint__two_stocks_that_move_together_but_are_forecast_apart() -> None:
    rng = np.random.default_rng(21)

    def both(is_joint: bool) -> list[Forecast]:
        found = []
        for origin in range(400):
            shocks = rng.normal(size=41)
            for subject in ("a", "b"):
                values = (shocks if is_joint else np.append(rng.normal(size=40), shocks[40])) + 0.1 * rng.normal(size=41)
                found.append(Forecast(subject, "on_hand", origin, 1, values[:40], np.zeros(0), float(values[40])))
        return found

    together, apart = make_scorecard(Evidence(both(True)), seed=7), make_scorecard(Evidence(both(False)), seed=7)
    assert together.joint is not None
    assert apart.joint is not None
    assert together.joint.p_value > 1e-3
    assert apart.joint.p_value < 1e-4
    # Neither stock alone shows it.
    for subject in ("a", "b"):
        assert (apart.vectors[subject].distribution or 0) > 0.05
    assert joint_pits(both(True), seed=7).shape == (400,)
    uneven = [Forecast("a", "x", 0, 1, np.zeros(3), np.zeros(0), 0.0), Forecast("b", "x", 0, 1, np.zeros(4), np.zeros(0), 0.0)]
    with pytest.raises(UsageError, match="one ensemble"):
        joint_pits(uneven, seed=7)


def test_apart_in_time__horizons_of_a_kept_subset_never_overlap() -> None:
    rng = np.random.default_rng(2)
    every = [
        Forecast(str(rng.integers(3)), "x", int(rng.integers(60)), int(rng.choice([1, 7])), np.zeros(1), np.zeros(0), 0.0)
        for _ in range(300)
    ]
    kept = apart_in_time(every)
    ends: dict[tuple[str, int], float] = {}
    for one in kept:
        assert one.origin >= ends.get((one.subject, one.horizon), -math.inf)
        ends[one.subject, one.horizon] = one.origin + one.horizon
    assert len(kept) > 30


def test_make_scorecard__a_right_twin_of_stock_points_that_move_together_is_not_blamed() -> None:
    rng = np.random.default_rng(4)
    low = pooled = 0
    for _ in range(30):
        mine = []
        for origin in range(30):
            shared = rng.normal()
            for place in range(12):
                observed = 0.9 * shared + math.sqrt(0.19) * rng.normal()
                members = rng.normal(size=60)
                mine.append(Forecast(f"store {place}", "on_hand", origin, 1, members, np.zeros(0), observed))
        found = make_scorecard(Evidence(mine), seed=7).overall
        assert found.coverage is not None
        assert found.distribution is not None
        low += min(found.coverage, found.distribution) < 1.0
        pooled += score_forecasts(mine, seed=7).uniformity.p_value < 0.05
    assert low <= 6
    assert pooled > 15, "as if they were independent, the same test blames it most of the time"


def test_make_scorecard__equal_members_leave_rounding_alone() -> None:
    def card(members: np.ndarray, reference: np.ndarray) -> float | None:
        one = Forecast("a", "on_hand", 0, 1, members, reference, 0.1)
        return make_scorecard(Evidence([one]), seed=7).overall.skill

    assert card(np.full(40, 0.1), np.full(256, 0.1)) == 1.0
    assert card(np.full(40, 0.1), np.full(256, 0.3)) == 1.0
