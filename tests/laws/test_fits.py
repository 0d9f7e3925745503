"""Fits with right-censoring, and the rules that choose lead-time and demand laws."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.laws import Law, LawKind, pack_laws, parse
from chaintwin.laws.fits import (
    FitMethod,
    fit_demand,
    fit_gamma_censored,
    fit_lead_time,
    fit_lognormal_censored,
    fit_weibull_censored,
    kaplan_meier,
)
from chaintwin.laws.fits.lead_times import supported_mean
from chaintwin.laws.fits.survival import log_likelihood
from tests.shared_data import cases_of, matches


@pytest.mark.parametrize("case", cases_of("cases/calibration.json", "cal.kaplan_meier"))
def test_kaplan_meier__worked_cases(case: dict[str, Any]) -> None:
    curve = kaplan_meier(case["inputs"]["durations"], case["inputs"]["arrived"])
    rows = np.column_stack([curve.times, curve.survival, curve.standard_error]).tolist()
    assert matches({"curve": rows, "median": curve.median}, case["expected"], tolerance=case["tol"]["value"])


@pytest.mark.parametrize("case", cases_of("cases/calibration.json", "cal.weibull_censored"))
def test_fit_weibull_censored__worked_cases(case: dict[str, Any]) -> None:
    law = fit_weibull_censored(case["inputs"]["durations"], case["inputs"]["arrived"])
    shape, scale = law.parameters
    got = {"shape": shape, "scale": scale, "mean": law.mean}
    assert matches(got, case["expected"], tolerance=case["tol"]["value"])


@pytest.mark.parametrize(
    ("fit", "text"),
    [
        (fit_weibull_censored, "weibull(1.8, 20)"),
        (fit_gamma_censored, "gamma(3, 5)"),
        (fit_lognormal_censored, "lognormal(2.5, 0.6)"),
    ],
)
def test_fits__find_the_law_behind_censored_data(fit: Any, text: str) -> None:
    truth = parse(text)
    times = truth.quantile_many((np.arange(400) + 0.5) / 400)
    limits = truth.quantile_many((np.arange(400) * 0.618034 % 1) * 0.98 + 0.02) * 1.2
    observed = times <= limits
    assert 50 < (~observed).sum() < 250
    law = fit(np.minimum(times, limits), observed)
    assert law.mean == pytest.approx(truth.mean, rel=0.06)
    assert law.sd == pytest.approx(truth.sd, rel=0.15)
    # Dropping what is open makes lead times look shorter.
    assert fit(times[observed], observed[observed]).mean < law.mean


@pytest.mark.parametrize("fit", [fit_weibull_censored, fit_gamma_censored, fit_lognormal_censored])
def test_fits__no_neighbor_is_more_likely(fit: Any) -> None:
    times = [3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 12, 5]
    observed = [1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0]
    law = fit(times, observed)
    best = log_likelihood(law, times, observed=observed)
    for change in ((1.01, 1.0), (0.99, 1.0), (1.0, 1.01), (1.0, 0.99)):
        other = Law(law.kind, (law.parameters[0] * change[0], law.parameters[1] * change[1]))
        assert log_likelihood(other, times, observed=observed) < best


@pytest.mark.parametrize("fit", [fit_weibull_censored, fit_gamma_censored, fit_lognormal_censored])
@pytest.mark.parametrize("times", [[5.0] * 6, [0.0, 0.0, 3.0, 4.0], [0.0] * 5, [1e-3, 1e6, 5.0], [7.0]])
def test_fits__odd_samples_still_give_a_law_that_packs(fit: Any, times: list[float]) -> None:
    law = fit(times, [True] * len(times))
    assert math.isfinite(law.mean)
    assert np.isfinite(pack_laws([law]).values).all()


def test_fits__refuse_what_is_no_duration() -> None:
    with pytest.raises(UsageError, match="no arrival"):
        fit_gamma_censored([3.0, 4.0], [False, False])
    with pytest.raises(UsageError, match="found -1"):
        kaplan_meier([3.0, -1.0], [True, True])
    with pytest.raises(UsageError, match="found nan"):
        kaplan_meier([3.0, math.nan], [True, True])
    with pytest.raises(UsageError, match="two lists of one length"):
        kaplan_meier([3.0], [True, True])
    with pytest.raises(UsageError, match="without family_times"):
        fit_lead_time([3.0], [True], family_observed=[True])


def test_fit_lead_time__many_arrivals_give_the_curve() -> None:
    times = [3, 4, 4, 5, 6] * 8 + [9, 9]
    observed = [True] * 40 + [False, False]
    fitted = fit_lead_time(times, observed)
    assert fitted.method is FitMethod.KAPLAN_MEIER
    assert (fitted.sample_size, fitted.censored_count, fitted.reason) == (42, 2, "")
    assert fitted.law is not None
    assert fitted.law.values == (3, 4, 5, 6, 9)
    assert fitted.law.weights == pytest.approx([8 / 42, 16 / 42, 8 / 42, 8 / 42, 2 / 42])


def test_fit_lead_time__some_arrivals_lean_on_the_family() -> None:
    own = [4.0, 5.0, 5.5, 6.0, 7.0, 5.0, 4.5, 6.5]
    alone = fit_lead_time(own, [True] * 8)
    family = [9.0 + 0.1 * i for i in range(60)]
    shrunk = fit_lead_time(own, [True] * 8, family_times=own + family)
    assert alone.method is FitMethod.LIKELIHOOD
    assert shrunk.method is FitMethod.SHRUNK
    assert alone.law is not None
    assert shrunk.law is not None
    assert shrunk.law.kind is alone.law.kind
    assert alone.law.mean + 1 < shrunk.law.mean < np.mean(family)


def test_fit_lead_time__few_arrivals_take_the_family() -> None:
    family = [9.0, 10.0, 11.0, 12.0] * 10
    fitted = fit_lead_time([4.0, 5.0], [True, True], family_times=family)
    assert fitted.method is FitMethod.FAMILY
    assert fitted.law is not None
    assert fitted.law.mean == pytest.approx(10.5)
    lonely = fit_lead_time([4.0, 5.0, 9.0], [True, True, False], family_times=[4.0, 5.0])
    assert lonely.method is FitMethod.MEAN
    assert lonely.law is not None
    # What is out is drawn on at the average hazard: a third at ln 3 / 9.
    assert lonely.law.mean == pytest.approx((4 + 5 + 9) / 3 + 3 / math.log(3))
    assert "only 2 arrivals" in lonely.reason


def test_fit_lead_time__no_arrival_gives_a_reason_and_no_law() -> None:
    fitted = fit_lead_time([4.0, 5.0], [False, False], family_times=[3.0] * 40)
    assert fitted.law is None
    assert fitted.method is FitMethod.NONE
    assert fitted.reason == "none of 2 shipments has arrived"
    assert fit_lead_time([], []).reason == "no shipments"


@given(
    rows=st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=50),
    family=st.none() | st.lists(st.integers(0, 60), max_size=45),
)
def test_fit_lead_time__any_history_gives_a_law_or_a_reason(rows: list[tuple[int, bool]], family: list[int] | None) -> None:
    fitted = fit_lead_time([time for time, _ in rows], [flag for _, flag in rows], family_times=family)
    assert (fitted.law is None) == (not any(flag for _, flag in rows))
    if fitted.law is None:
        assert fitted.reason
    else:
        assert parse(str(fitted.law)) == fitted.law
        assert fitted.law.support[0] >= 0


@pytest.mark.parametrize(
    ("quantities", "kind"),
    [
        ([4.0] * 12, LawKind.CONSTANT),
        ([0.0] * 12, LawKind.CONSTANT),
        ([3, 4, 5], LawKind.POISSON),
        ([3.5, 4, 5], LawKind.CONSTANT),
        ([8, 7, 9, 8, 5, 11, 8, 8, 12, 6], LawKind.POISSON),
        ([1, 20, 3, 8, 0, 2, 30, 1, 4, 9], LawKind.NEGBIN),
        ([1000, 1100, 950, 1020, 990, 1050, 980, 1010], LawKind.NORMAL),
        ([1000, 11000, 950, 4020, 9900, 1050, 980, 101], LawKind.GAMMA),
        ([0, 0, 0, 5, 0, 0, 6, 0, 0, 0, 7, 0], LawKind.ZERO_INFLATED),
        ([0, 0, 0, 5000, 0, 0, 600, 0, 0, 0, 7000, 0], LawKind.ZERO_INFLATED),
        ([0, 0, 0, 5, 0, 0, 5, 0, 0, 0, 5, 0], LawKind.ZERO_INFLATED),
        ([0, 0, 0, 0, 40, 60, 50, 55] * 10, LawKind.EMPIRICAL),
    ],
)
def test_fit_demand__rule(quantities: list[float], kind: LawKind) -> None:
    law = fit_demand(quantities)
    assert law.kind is kind
    assert law.mean == pytest.approx(np.mean(quantities), rel=1e-12)


@given(st.lists(st.one_of(st.just(0.0), st.integers(0, 40).map(float), st.floats(0, 1e6)), min_size=1, max_size=80))
def test_fit_demand__keeps_the_mean_and_packs(quantities: list[float]) -> None:
    law = fit_demand(quantities)
    assert law.mean == pytest.approx(math.fsum(quantities) / len(quantities), rel=1e-9, abs=1e-12)
    assert parse(str(law)) == law


def test_fit_demand__refuses_what_is_no_demand() -> None:
    for quantities, part in (([], "no periods"), ([-1.0], "found -1"), ([math.nan], "found nan"), ([math.inf], "found inf")):
        with pytest.raises(UsageError, match=part):
            fit_demand(quantities)


def test_supported_mean__by_hand() -> None:
    # The curve is 1 up to 4 and 1/2 up to 6, where it is continued with the hazard ln 2 / 6.
    assert supported_mean([4.0, 6.0], [True, False]) == pytest.approx(4 + 1 + 0.5 * 6 / math.log(2))
    assert supported_mean([4.0, 6.0], [True, True]) == 5.0
    with pytest.raises(UsageError, match="no arrival"):
        supported_mean([4.0], [False])


def test_supported_mean__of_an_exponential_law_is_its_mean() -> None:
    truth = parse("exponential(10)")
    times = np.minimum(truth.quantile_many((np.arange(4000) + 0.5) / 4000), 15.0)
    mean = truth.mean
    assert supported_mean(times, times < 15.0) == pytest.approx(mean, rel=0.02)


@pytest.mark.parametrize("open_count", [0, 1, 5, 20, 60])
def test_fit_lead_time__few_arrivals_and_many_open_give_no_endless_tail(open_count: int) -> None:
    times = [2.0, 3.0, 5.0, 9.0, 14.0] + [15.0] * open_count
    observed = [True] * 5 + [False] * open_count
    fitted = fit_lead_time(times, observed)
    assert fitted.law is not None
    if open_count:
        assert fitted.law.mean <= supported_mean(times, observed) * (1 + 1e-9)
    family = fit_lead_time([4.0], [True], family_times=times, family_observed=observed)
    assert family.law == fitted.law


def test_fit_lead_time__moderate_censoring_is_left_as_fitted() -> None:
    times = [3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 12, 5]
    observed = [1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0]
    fits = [fit(times, observed) for fit in (fit_weibull_censored, fit_gamma_censored, fit_lognormal_censored)]
    best = max(fits, key=lambda law: log_likelihood(law, times, observed=observed))
    assert best.mean < supported_mean(times, observed)
    assert fit_lead_time(times, observed).law == best


def test_fit_lead_time__days_of_zero_do_not_lengthen_the_law() -> None:
    times = np.array([0.0] * 12 + [30.0])
    law = fit_lead_time(times, np.ones(times.size, dtype=np.bool_)).law
    assert law is not None
    assert law.mean <= 1.01 * times.mean()
    # A shipment that is out for longer cannot make the law shorter.
    longer = fit_lead_time(np.append(times, 31.0), np.append(np.ones(times.size, dtype=np.bool_), False)).law
    assert longer is not None
    assert longer.mean >= law.mean


def test_fit_lead_time__spread_that_was_seen_is_kept() -> None:
    times = [1.0, 1.0, 3.0, 4.0, 5.0, 6.0, 11.0, 13.0, 13.0, 13.0, 16.0, 35.0, 91.0]
    law = fit_lead_time(times, [True] * len(times)).law
    assert law is not None
    # The most likely law is longer than the data; the law at the limit is as wide as they are, not cut to an exponential one.
    assert law.mean == pytest.approx(np.mean(times), rel=1e-9)
    assert law.sd / law.mean == pytest.approx(np.std(times) / np.mean(times), rel=1e-6)


def test_fit_demand__orders_that_differ_by_rounding_are_one_size() -> None:
    law = fit_demand([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 838861.625, 838861.65625])
    assert law.mean == pytest.approx((838861.625 + 838861.65625) / 8)
