"""A scaled law has the mean times the factor, and every quantile where all values are scaled."""

from __future__ import annotations

import pytest

from chaintwin.laws import parse
from chaintwin.network.scenarios.scaling import plus, raised, scaled, times

BY_VALUE = (
    "12",
    "normal(100, 20)",
    "lognormal(2, 0.5)",
    "gamma(3, 4)",
    "exponential(5)",
    "weibull(2, 7)",
    "uniform(3, 9)",
    "triangular(1, 2, 6)",
    "pmf(1:0.2, 3:0.5, 6:0.3)",
    "empirical(3, 5, 5, 8)",
    "truncated(normal(10, 3), 4, 16)",
    "shift(gamma(2, 3), 4)",
    "zero_inflated(uniform(1, 5), 0.4)",
)


@pytest.mark.parametrize("text", BY_VALUE)
@pytest.mark.parametrize("factor", [0.5, 1.0, 1.2, 3.0])
def test_scaled__every_quantile(text: str, factor: float) -> None:
    law, other = parse(text), parse(scaled(text, factor, folder=None))
    for share in (0.01, 0.25, 0.5, 0.8, 0.99):
        assert other.quantile(share) == pytest.approx(factor * law.quantile(share), rel=1e-9)


@pytest.mark.parametrize("text", ["poisson(8)", "negbin(4, 0.3)", "zero_inflated(poisson(3), 0.2)"])
def test_scaled__counts_have_mean_and_variance_of_more_customers(text: str) -> None:
    law, other = parse(text), parse(scaled(text, 1.25, folder=None))
    assert other.mean == pytest.approx(1.25 * law.mean)
    if law.inner is None:
        assert other.variance == pytest.approx(1.25 * law.variance)


@pytest.mark.parametrize("text", ["geometric(0.2)", "binomial(10, 0.3)", "uniform_int(1, 6)", "shift(poisson(3), 1)"])
def test_scaled__what_stays_no_law_of_its_kind(text: str) -> None:
    assert scaled(text, 1.5, folder=None) == ""


def test_scaled__by_nothing_is_nothing() -> None:
    assert scaled("geometric(0.2)", 0, folder=None) == "0"


def test_raised__every_law() -> None:
    for text in (*BY_VALUE, "poisson(8)", "geometric(0.2)"):
        assert parse(raised(text, 2.5, folder=None)).mean == pytest.approx(parse(text).mean + 2.5)


def test_times_and_plus__as_written() -> None:
    assert (times(12, 1.2), plus(0.1, 0.2), times(1 / 3, 1.0)) == (14.4, 0.3, 1 / 3)
