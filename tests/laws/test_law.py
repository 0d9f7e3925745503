"""Moments, cdf, inversion and partial moments of every kind of law."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.laws import Law, LawError, LawKind, pack_laws, parse
from chaintwin.laws.tables_kernels import quantile_kernel
from tests.laws.examples import ALL, BASIC, LAWS
from tests.oracles.plain_tables import search_atoms
from tests.shared_data import cases_of, matches

POINTS = (np.arange(50_000) + 0.5) / 50_000


@pytest.mark.parametrize("case", cases_of("cases/rng.json", "rng.inverse"))
def test_quantile__worked_cases(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    law = Law(LawKind(inputs["dist"]), tuple(map(float, inputs["params"])))
    assert matches({"x": law.quantile(inputs["u"])}, case["expected"], tolerance=case["tol"]["value"])


@pytest.mark.parametrize("text", ALL)
def test_law__moments_agree_with_the_quantile_function(text: str) -> None:
    law = parse(text)
    draws = law.quantile_many(POINTS)
    assert (np.diff(draws) >= 0).all()
    assert draws.mean() == pytest.approx(law.mean, abs=2e-3 * law.sd + 1e-9 * abs(law.mean))
    assert draws.var() == pytest.approx(law.variance, rel=1e-2, abs=1e-9)
    low, high = law.support
    assert draws[0] >= low
    assert draws[-1] <= high


@pytest.mark.parametrize("text", ALL)
def test_law__partial_moments_agree_with_the_quantile_function(text: str) -> None:
    law = parse(text)
    draws = law.quantile_many(POINTS)
    for share in (0.05, 0.5, 0.93):
        x = law.quantile(share)
        inside = draws <= x
        for order in (0, 1, 2):
            expected = (inside * draws**order).mean()
            size = 1 + (np.abs(draws) ** order).mean()
            assert law.partial_moment(order, x) == pytest.approx(expected, abs=3e-4 * size)
        assert law.expected_excess(x) == pytest.approx(np.maximum(draws - x, 0).mean(), abs=2e-3 * law.sd + 1e-9)


@given(law=LAWS, u=st.floats(1e-9, 1 - 1e-9))
def test_quantile__is_the_smallest_value_that_reaches(law: Law, u: float) -> None:
    x = law.quantile(u)
    scale = max(abs(x), law.sd)
    assert law.cdf(x + 1e-9 * scale) >= u - 1e-9
    assert law.cdf(x - 1e-7 * scale - 1e-12) <= u + 1e-7 + 1e-4 * (1 - law.is_discrete) * u


@pytest.mark.parametrize("text", [text for text in BASIC if parse(text).is_whole])
def test_quantile__discrete_laws_equal_counting_up(text: str) -> None:
    law = parse(text)
    for u in (1e-6, 0.013, 0.35, 0.5, 0.8, 0.977, 1 - 1e-7):
        assert law.quantile(u) == search_atoms(law, u)


def test_quantile__weights_reach_their_decimal_sums() -> None:
    law = parse("pmf(1:0.1, 2:0.7, 3:0.1, 4:0.1)")
    assert [law.quantile(u) for u in (0.1, 0.8, 0.9, 1.0)] == [1, 2, 3, 4]


def test_quantile__ends_are_the_support() -> None:
    assert parse("normal(0, 1)").quantile(0.0) == -math.inf
    assert parse("poisson(3)").quantile(1.0) == math.inf
    assert parse("uniform_int(2, 9)").quantile(0.0) == 2
    with pytest.raises(LawError, match="u: found"):
        parse("normal(0, 1)").quantile(1.5)


@pytest.mark.parametrize(
    ("text", "mean", "variance"),
    [
        ("lognormal(mean=12, cv=0.4)", 12, 23.04),
        ("gamma(mean=10, cv=0.5)", 10, 25),
        ("negbin(mean=5, var=20)", 5, 20),
        ("geometric(0.25)", 4, 12),
        ("weibull(1, 3)", 3, 9),
        ("zero_inflated(poisson(4), 0.25)", 3, 6),
        ("uniform_int(1, 6)", 3.5, 35 / 12),
        ("truncated(normal(0, 1), low=0)", math.sqrt(2 / math.pi), 1 - 2 / math.pi),
        ("truncated(normal(1000000, 0.001), low=1000000)", 1e6 + 1e-3 * math.sqrt(2 / math.pi), 1e-6 * (1 - 2 / math.pi)),
    ],
)
def test_law__known_moments(text: str, mean: float, variance: float) -> None:
    law = parse(text)
    assert law.mean == pytest.approx(mean, rel=1e-12)
    assert law.variance == pytest.approx(variance, rel=1e-9)


def test_law__says_whether_values_are_separate_and_whole() -> None:
    assert [parse(text).is_discrete for text in ("5", "poisson(3)", "gamma(1, 2)", "zero_inflated(gamma(1, 2), 0.5)")] == [
        True,
        True,
        False,
        False,
    ]
    assert [parse(text).is_whole for text in ("5", "5.5", "shift(poisson(3), 0.5)", "pmf(1:0.5, 2:0.5)")] == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        (LawKind.NORMAL, (1.0, -2.0), "normal sd: found -2; allowed: a number, 0 or more"),
        (LawKind.NORMAL, (math.nan, 2.0), "normal mean: found nan"),
        (LawKind.POISSON, (math.inf,), "poisson mean: found inf"),
        (LawKind.POISSON, (1.0, 2.0), "found 2 parameters"),
        (LawKind.UNIFORM, (5.0, 2.0), "low at most high"),
        (LawKind.BINOMIAL, (2.5, 0.5), "whole number"),
        (LawKind.PMF, (), "one weight per value"),
        (LawKind.SHIFT, (1.0,), "one law inside a wrapper"),
    ],
)
def test_law__refuses_parameters_that_mean_nothing(kind: LawKind, parameters: tuple[float, ...], message: str) -> None:
    with pytest.raises(LawError, match=message):
        Law(kind, parameters)


def test_law__refuses_truncation_that_keeps_nearly_nothing() -> None:
    with pytest.raises(LawError, match="bounds that hold at least"):
        parse("truncated(normal(0, 1), low=8, high=9)")


@pytest.mark.parametrize("inner", ["geometric(0.5)", "poisson(3)", "pmf(0.1:0.3, 0.7:0.7)", "pmf(1:0.3, 4:0.7)"])
@pytest.mark.parametrize("shift", [1.8, 0.1, 0.7, 2.3, -1.7, 1e6 + 0.3])
def test_shift__keeps_every_separate_value(inner: str, shift: float) -> None:
    law, base = Law(LawKind.SHIFT, (shift,), inner=parse(inner)), parse(inner)
    for u in (0.05, 0.3, 0.6, 0.95):
        atom = base.quantile(u)
        assert law.quantile(u) == pytest.approx(atom + shift)
        assert law.cdf(atom + shift) == base.cdf(atom)
        assert law.mass_below(atom + shift) == base.mass_below(atom)
        assert law.partial_moment(0, atom + shift) == pytest.approx(base.partial_moment(0, atom))
    packed = pack_laws([law])
    for u in (2.0**-33, 0.2500000001164153, 0.6000000000931323, 1 - 2.0**-33):
        drawn = quantile_kernel(packed.kind[0], packed.offset[0], packed.size[0], packed.values, u)
        assert drawn == pytest.approx(law.quantile(u))
