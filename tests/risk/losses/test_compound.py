"""Compound annual losses: worked answers, a Fourier transform, simulation, and the lattice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma, poisson

from chaintwin.errors import UsageError
from chaintwin.laws import Law, LawKind, parse
from chaintwin.risk.losses import compound_poisson, panjer_poisson, spread_on_lattice, tail_risk
from chaintwin.risk.occurrence import Replications, sample_poisson
from tests.shared_data import cases_of, matches
from tests.sizes import scaled

YEARS = scaled(ci=200_000, full=2_000_000)


@pytest.mark.parametrize("case", cases_of("cases/disruption.json", "dis.compound_loss"))
def test_compound_poisson__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    severity = parse(f"pmf({', '.join(f'{x}:{p}' for x, p in inputs['severity'].items())})")
    found = compound_poisson(inputs["rate"], severity)
    tail = found.tail_risk(inputs["alpha"])
    answer = {
        "mean": found.mean,
        "sd": found.sd,
        "P_zero": found.no_loss_probability,
        "var": tail.value_at_risk,
        "cvar": tail.expected_shortfall,
    }
    assert matches(answer, case["expected"], tolerance=case["tol"]["value"])


@pytest.mark.parametrize("case", cases_of("risk/cases.json", "var_"))
def test_compound_poisson__exponential_severity(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    found = compound_poisson(inputs["event_rate_per_year"], Law(LawKind.EXPONENTIAL, (float(inputs["mean_severity"]),)))
    tolerance = case["tolerance"]["exact_method_rel"]
    assert found.mean == pytest.approx(expected["expected_annual_loss"], rel=1e-9)
    assert found.sd == pytest.approx(expected["sd_annual_loss"], rel=1e-9)
    for percent in ("90.0", "95.0", "99.0"):
        tail = found.tail_risk(float(percent) / 100)
        assert tail.value_at_risk == pytest.approx(expected[f"VaR_{percent}"], rel=tolerance)
        assert tail.expected_shortfall == pytest.approx(expected[f"CVaR_{percent}"], rel=tolerance)


@pytest.mark.parametrize("case", cases_of("risk/cases.json", "lognormal_loss"))
def test_compound_poisson__lognormal_severity(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    severity = Law(LawKind.LOGNORMAL, (float(inputs["mu"]), inputs["sigma"]))
    found = compound_poisson(inputs["event_rate_per_year"], severity, points=2048)
    assert found.mean == pytest.approx(expected["expected_annual_loss"], rel=1e-9)
    assert found.sd == pytest.approx(expected["sd_annual_loss"], rel=1e-9)
    amounts = np.arange(found.probability.size) * found.step
    assert found.probability @ amounts == pytest.approx(found.mean, rel=1e-4)
    # The lattice splits small severities between 0 and one step, so a year without loss is slightly more frequent on it.
    assert found.no_loss_probability == pytest.approx(expected["prob_no_event"], abs=0.02)


@pytest.mark.parametrize("case", cases_of("risk/cases.json", "var_"))
def test_tail_risk__of_simulated_years_meets_the_worked_case(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    counts = sample_poisson(inputs["event_rate_per_year"], Replications(seed=17, count=YEARS), process_id="flood", end=1.0).counts
    rng = np.random.default_rng(1)
    losses = np.where(counts > 0, rng.gamma(np.maximum(counts, 1), inputs["mean_severity"]), 0.0)
    tolerance = case["tolerance"]
    assert losses.mean() == pytest.approx(expected["expected_annual_loss"], rel=tolerance["rel_mean"])
    assert tail_risk(losses, 0.95).value_at_risk == pytest.approx(expected["VaR_95.0"], rel=tolerance["rel_VaR95"])
    assert tail_risk(losses, 0.99).value_at_risk == pytest.approx(expected["VaR_99.0"], rel=tolerance["rel_VaR99"])


@given(
    rate=st.floats(0, 20),
    masses=st.lists(st.integers(0, 9), min_size=2, max_size=12).filter(lambda found: sum(found) > 0),
)
def test_panjer_poisson__agrees_with_the_fourier_transform(rate: float, masses: list[int]) -> None:
    size = 768
    severity = np.zeros(size)
    severity[: len(masses)] = np.array(masses) / sum(masses)
    expected = np.fft.irfft(np.exp(rate * (np.fft.rfft(severity) - 1)), size)
    assert panjer_poisson(rate, severity) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("text", ["pmf(1:0.5, 4:0.3, 15:0.2)", "poisson(3)", "geometric(0.2)", "uniform_int(0, 9)"])
def test_compound_poisson__whole_severities_are_exact(text: str) -> None:
    found = compound_poisson(2.5, parse(text))
    amounts = np.arange(found.probability.size)
    assert found.is_exact
    assert found.probability.sum() == pytest.approx(1, abs=1e-12)
    assert found.probability @ amounts == pytest.approx(found.mean, rel=1e-10)
    assert found.probability @ (amounts - found.mean) ** 2 == pytest.approx(found.sd**2, rel=1e-9)
    as_sample = tail_risk(amounts, 0.97, weights=found.probability)
    tail = found.tail_risk(0.97)
    assert tail.value_at_risk == as_sample.value_at_risk
    assert tail.expected_shortfall == pytest.approx(as_sample.expected_shortfall, rel=1e-9)


@pytest.mark.parametrize("level", [0.3, 0.6, 0.9, 0.99, 0.999])
def test_compound_poisson__gamma_severities_agree_with_the_mixture(level: float) -> None:
    rate, shape, scale = 1.2, 2.0, 50.0
    tail = compound_poisson(rate, parse("gamma(2, 50)"), points=4096).tail_risk(level)
    counts = np.arange(1, 60)
    chances = poisson.pmf(counts, rate)
    value = tail.value_at_risk
    if level <= math.exp(-rate):
        assert value == 0
        return
    reached = math.exp(-rate) + chances @ gamma.cdf(value, shape * counts, scale=scale)
    assert reached == pytest.approx(level, abs=2e-5)
    beyond = chances @ (shape * counts * scale * gamma.sf(value, shape * counts + 1, scale=scale)) / (1 - level)
    assert tail.expected_shortfall == pytest.approx(beyond, rel=1e-3)


@pytest.mark.parametrize("text", ["exponential(30)", "lognormal(3, 1)", "pmf(1:0.5, 2.5:0.5)", "uniform(5, 50)", "40"])
def test_spread_on_lattice__keeps_the_mean(text: str) -> None:
    law = parse(text)
    masses = spread_on_lattice(law, 0.75, size=2000)
    assert (masses >= 0).all()
    missing = law.expected_excess(2000 * 0.75)
    assert masses @ (np.arange(2000) * 0.75) + (1 - masses.sum()) * 2000 * 0.75 + missing == pytest.approx(law.mean, rel=1e-9)


def test_compound_poisson__a_given_step_is_taken() -> None:
    exact = compound_poisson(1.5, parse("exponential(100)"))
    coarse = compound_poisson(1.5, parse("exponential(100)"), step=2.0)
    assert coarse.step == 2.0
    assert coarse.tail_risk(0.95).value_at_risk == pytest.approx(exact.tail_risk(0.95).value_at_risk, rel=1e-4)
    assert compound_poisson(0.0, parse("exponential(100)")).tail_risk(0.95).expected_shortfall == 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: compound_poisson(-1, parse("3")), "rate: found -1"),
        (lambda: compound_poisson(1000, parse("3")), "rate: found 1000; .*; fix: split the year, or simulate"),
        (lambda: compound_poisson(1, parse("normal(3, 1)")), "severity: found normal"),
        (lambda: compound_poisson(1, parse("exponential(3)"), step=1e-6), "step: found .* amounts"),
        (lambda: compound_poisson(1, parse("exponential(3)"), tail=1e-4).tail_risk(0.9999), "level: found 0.9999"),
    ],
)
def test_compound_poisson__refuses(make: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make()
