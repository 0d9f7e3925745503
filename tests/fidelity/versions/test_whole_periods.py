"""Whole lead times: the probabilities that the engine draws from, what is met where order is kept, and scores of them."""

from __future__ import annotations

import numpy as np
import pytest

from chaintwin.fidelity.calibration import Parameter, ParameterKind
from chaintwin.fidelity.versions.whole_periods import LeadTable, crps_of, met, mixed_of, pit_of, table_of, table_of_law
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
