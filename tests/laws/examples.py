"""Laws of every kind, as people write them, and generators of laws for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from chaintwin.laws import Law, LawKind

BASIC = (
    "5",
    "normal(100, 20)",
    "normal(5, 0)",
    "lognormal(1, 0.5)",
    "gamma(2.5, 4)",
    "gamma(0.3, 4)",
    "exponential(3)",
    "weibull(1.7, 5)",
    "uniform(2, 5)",
    "triangular(1, 2, 7)",
    "triangular(1, 1, 7)",
    "triangular(1, 7, 7)",
    "poisson(0)",
    "poisson(7.5)",
    "poisson(1000)",
    "negbin(3, 0.25)",
    "negbin(0.4, 0.1)",
    "binomial(10, 0.3)",
    "binomial(0, 0.3)",
    "bernoulli(0.3)",
    "geometric(0.2)",
    "uniform_int(-1, 6)",
    "pmf(1:0.2, 3:0.5, 6:0.3)",
    "pmf(-1.5:0.1, 0:0.7, 2.5:0.2)",
    "empirical(1.5, 1.5, 3, 6, 6, 6)",
)
WRAPPED = (
    *(f"shift({text}, 2.5)" for text in BASIC),
    *(f"zero_inflated({text}, 0.3)" for text in BASIC),
    "truncated(normal(10, 20), low=0)",
    "truncated(normal(1000000, 1), low=999999, high=1000003)",
    "truncated(lognormal(1, 1), high=9)",
    "truncated(gamma(2.5, 4), low=3, high=20)",
    "truncated(weibull(1.7, 5), low=1, high=9)",
    "truncated(triangular(1, 2, 7), low=1.5, high=6)",
    "truncated(poisson(7.5), low=3, high=11)",
    "truncated(negbin(3, 0.25), low=1)",
    "truncated(binomial(10, 0.3), low=2, high=5)",
    "truncated(geometric(0.2), high=6)",
    "truncated(uniform_int(-1, 6), low=0, high=4)",
    "truncated(pmf(1:0.2, 3:0.5, 6:0.3), low=2)",
    "truncated(zero_inflated(gamma(2, 3), 0.4), high=10)",
    "zero_inflated(shift(poisson(3), 0.5), 0.2)",
    "shift(truncated(normal(10, 20), low=0), 1)",
    "zero_inflated(shift(negbin(3, 0.25), 1), 0.6)",
)
ALL = (*BASIC, *WRAPPED)
HUGE = ("poisson(1000000)", "negbin(4, 0.0001)", "zero_inflated(poisson(200000), 0.3)", "uniform_int(0, 1000000)")
"""Discrete laws with too many values for an exact table."""

_SIZES = st.floats(0.05, 500.0)
_SHARES = st.floats(0.02, 0.98)

SIMPLE_LAWS = st.one_of(
    st.builds(lambda m, s: Law(LawKind.NORMAL, (m, s)), st.floats(-1e6, 1e6), st.floats(1e-3, 1e5)),
    st.builds(lambda m, s: Law(LawKind.LOGNORMAL, (m, s)), st.floats(-3, 8), st.floats(0.01, 1.5)),
    st.builds(lambda a, b: Law(LawKind.GAMMA, (a, b)), st.floats(0.3, 50), _SIZES),
    st.builds(lambda a, b: Law(LawKind.WEIBULL, (a, b)), st.floats(0.5, 8), _SIZES),
    st.builds(lambda a, b: Law(LawKind.UNIFORM, (a, a + b)), st.floats(-1e3, 1e3), _SIZES),
    st.builds(lambda m: Law(LawKind.POISSON, (m,)), _SIZES),
    st.builds(lambda n, p: Law(LawKind.NEGBIN, (n, p)), st.floats(0.2, 40), st.floats(0.1, 0.98)),
    st.builds(lambda n, p: Law(LawKind.BINOMIAL, (float(n), p)), st.integers(1, 200), _SHARES),
    st.builds(lambda p: Law(LawKind.GEOMETRIC, (p,)), _SHARES),
    st.builds(lambda a, b: Law(LawKind.UNIFORM_INT, (float(a), float(a + b))), st.integers(-50, 50), st.integers(1, 50)),
    st.builds(
        lambda values: Law(
            LawKind.EMPIRICAL, values=tuple(sorted(values)), weights=tuple(float(i + 1) for i in range(len(values)))
        ),
        st.sets(st.integers(-40, 400).map(lambda i: i / 4), min_size=1, max_size=8),
    ),
)
LAWS = st.one_of(
    SIMPLE_LAWS,
    st.builds(lambda law, x: Law(LawKind.SHIFT, (x,), inner=law), SIMPLE_LAWS, st.floats(-100, 100)),
    st.builds(lambda law, p: Law(LawKind.ZERO_INFLATED, (p,), inner=law), SIMPLE_LAWS, st.floats(0, 0.95)),
    st.builds(
        lambda law, a, b: Law(LawKind.TRUNCATED, (law.quantile(min(a, b)), law.quantile(max(a, b))), inner=law),
        SIMPLE_LAWS,
        st.floats(0.01, 0.4),
        st.floats(0.6, 0.99),
    ),
)
