"""Whole lead times: the probabilities that the engine draws from, what is met where order is kept, and scores of them."""

from __future__ import annotations

import numpy as np
import pytest

from chaintwin.fidelity.calibration import Parameter, ParameterKind
from chaintwin.fidelity.versions.whole_periods import (
    LeadTable,
    crps_of,
    crps_under_way,
    met,
    mixed_of,
    pit_of,
    table_of,
    table_of_law,
)
from chaintwin.laws import LawKind, parse
from chaintwin.laws.scores import crps_sample
from chaintwin.network.graph import LeadMode

PLAIN = table_of_law(parse("pmf(1:0.2, 3:0.5, 6:0.3)"))


def parameter(law: LawKind, *draws: tuple[float, ...], values: tuple[float, ...] = ()) -> Parameter:
    return Parameter(ParameterKind.LEAD_TIME, "a", "2", law, values, draws, "", 9, 0, 0, 1)


@pytest.mark.parametrize(
    "text", ["lognormal(mean=4, cv=0.3)", "gamma(9, 0.5)", "weibull(2, 5)", "uniform(0, 3)", "poisson(3)", "2"]
)
def test_table_of_law__rounds_as_the_engine_does(text: str) -> None:
    law = parse(text)
    uniforms = (np.arange(40_000) + 0.5) / 40_000
    drawn = np.maximum(np.floor(law.quantile_many(uniforms) + 0.5), 0.0)
    found = table_of_law(law)
    for column, share in enumerate(found.shares[0]):
        assert share == pytest.approx(float((drawn == found.first + column).mean()), abs=1e-4)


def test_table_of__draws_of_a_family_are_those_of_each_law() -> None:
    for law, draws in ((LawKind.GAMMA, ((9.0, 0.5), (4.0, 1.5))), (LawKind.LOGNORMAL, ((1.2, 0.3), (1.0, 0.5)))):
        found = table_of(parameter(law, *draws))
        for row, numbers in enumerate(draws):
            alone = table_of_law(parse(f"{law.value}{numbers}"))
            ours = LeadTable(found.first, found.shares[row : row + 1])
            assert ours.means[0] == pytest.approx(alone.means[0], abs=1e-4)
            np.testing.assert_allclose(ours.until(0, 30), alone.until(0, 30), atol=2e-5)


def test_table_of__constants_and_values() -> None:
    found = table_of(parameter(LawKind.CONSTANT, (2.0,), (4.0,)))
    assert (found.first, found.shares.tolist()) == (2, [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    found = table_of(parameter(LawKind.PMF, (0.5, 0.5), (0.0, 1.0), values=(0.4, 2.6)))
    assert (found.first, found.means.tolist()) == (0, [1.5, 3.0])
    assert table_of(parameter(LawKind.PMF, (0.5, 0.5), (0.0, 1.0), values=(0.4, 2.6)), draws=1).shares.shape[0] == 1


def test_lead_table__moved_and_bounded() -> None:
    assert PLAIN.moved(2).means[0] == pytest.approx(PLAIN.means[0] + 2)
    assert PLAIN.moved(-2).means[0] == pytest.approx(0.5 * 1 + 0.3 * 4)
    assert PLAIN.at_least(4).means[0] == pytest.approx(0.7 * 4 + 0.3 * 6)
    assert PLAIN.at_least(9).means[0] == 9.0
    assert PLAIN.until(0, 6)[0].round(9).tolist() == [0.0, 0.2, 0.2, 0.7, 0.7, 0.7]
    assert parse(str(PLAIN.law())).mean == pytest.approx(PLAIN.means[0])
    assert mixed_of([PLAIN, PLAIN.moved(3)]).means[0] == pytest.approx(PLAIN.means[0] + 1.5)


@pytest.mark.parametrize("mode", [LeadMode.FIFO, LeadMode.KAPLAN])
@pytest.mark.parametrize("spacing", [1, 3])
def test_met__is_what_a_long_history_meets(mode: LeadMode, spacing: int) -> None:
    rng, count = np.random.default_rng(7), 60_000
    starts = np.arange(0, count * spacing, spacing)
    if mode is LeadMode.FIFO:
        drawn = rng.choice([1, 3, 6], p=[0.2, 0.5, 0.3], size=count)
        leads = np.maximum.accumulate(starts + drawn) - starts
    else:
        ages = rng.choice([1, 3, 6], p=[0.2, 0.5, 0.3], size=count * spacing + 10)
        leads = np.array([next(age for age in range(1, 7) if ages[start + age] <= age) for start in starts.tolist()])
    found = met(PLAIN, mode=mode, spacing=float(spacing))
    for column, share in enumerate(found.shares[0]):
        assert share == pytest.approx(float((leads[100:] == found.first + column).mean()), abs=0.01)
    assert met(PLAIN, mode=LeadMode.CROSSING) is PLAIN


def test_scores__are_those_of_a_sample() -> None:
    sample = [1.0] * 2 + [3.0] * 5 + [6.0] * 3
    for observed in range(9):
        assert crps_of(PLAIN, observed) == pytest.approx(crps_sample(sample, float(observed)))
        below, equal = sum(one < observed for one in sample), sample.count(float(observed))
        assert pit_of(PLAIN, observed, tie_break=0.3) == pytest.approx((below + 0.3 * equal) / 10)


@pytest.mark.parametrize("age", [0, 1, 2, 3, 4, 6, 7, 9])
def test_crps_under_way__is_the_sum_over_what_can_be_known(age: int) -> None:
    shares = dict(enumerate(PLAIN.shares[0].tolist(), start=PLAIN.first))

    def below(period: int) -> float:
        """Probability of at most so many periods, given that it is at least ``age``; what cannot be comes at once."""
        left = sum(share for at, share in shares.items() if at >= age)
        return sum(share for at, share in shares.items() if age <= at <= period) / left if left else 1.0

    for until in range(age, 12):
        for observed in range(age, 14):
            expected = sum((below(period) - (observed <= period)) ** 2 for period in range(age, until))
            assert crps_under_way(PLAIN, observed, age=age, until=until) == pytest.approx(expected, abs=1e-12)
            # What has not come is known to be no earlier, and that is all.
            if observed >= until:
                assert crps_under_way(PLAIN, until, age=age, until=until) == crps_under_way(PLAIN, observed, age=age, until=until)


@pytest.mark.parametrize(("age", "until"), [(0, 3), (0, 5), (2, 4), (3, 6), (2, 20)])
def test_crps_under_way__no_other_law_is_better_than_the_right_one(age: int, until: int) -> None:
    chance = np.random.default_rng(7)

    def mean_of(table: LeadTable) -> float:
        at = range(PLAIN.first, PLAIN.first + PLAIN.shares.shape[1])
        pairs = [(period, share) for period, share in zip(at, PLAIN.shares[0], strict=True) if period >= age]
        return float(sum(share * crps_under_way(table, period, age=age, until=until) for period, share in pairs))

    best = mean_of(PLAIN)
    for _ in range(200):
        other = LeadTable(int(chance.integers(0, 4)), chance.dirichlet(np.ones(6))[None, :])
        assert mean_of(other) >= best - 1e-12
    # The control: of those alone that have come, a law that is too quick is better.
    came = [(period, share) for period, share in enumerate(PLAIN.shares[0], start=PLAIN.first) if period < 4]
    quick = table_of_law(parse("pmf(1:0.29, 3:0.71)"))
    scores = [sum(share * crps_of(table, period) for period, share in came) for table in (quick, PLAIN)]
    assert scores[0] < scores[1]
