"""Closed forms of the bullwhip against worked cases, sums of squared responses, and simulated policies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from chaintwin.errors import UsageError
from chaintwin.risk.bullwhip import (
    best_adjustment_time,
    best_forecast_ratio,
    chain_ratios,
    impulse_response,
    moving_average_ratio,
    moving_average_response,
    proportional_ratios,
    proportional_response,
    response_ratio,
    smoothing_ratio,
    smoothing_response,
)
from tests.shared_data import cases_of, matches

Floats = NDArray[np.float64]

EXPOSURES, CORRELATIONS = st.integers(0, 8), st.floats(-0.9, 0.9)
LONG = 600


def answer_of(case: dict[str, Any]) -> dict[str, Any]:
    given_, kind = case["inputs"], case["kind"]
    if kind == "bw.ma":
        return {"ratio": moving_average_ratio(given_["L"], given_["p"])}
    if kind == "bw.exp_smoothing":
        return {"ratio": smoothing_ratio(given_["L"], given_["alpha"])}
    if kind == "bw.ar1_mmse":
        return {"ratio": best_forecast_ratio(given_["L"], given_["rho"])}
    if kind == "bw.pout":
        ratios = proportional_ratios(given_["L"], given_["Ti"])
        return {"order_ratio": ratios.orders, "net_stock_ratio": ratios.net_stock, "golden_Ti": best_adjustment_time()}
    assert kind == "bw.chain"
    chain = chain_ratios(given_["L"], given_["p"])
    return {"shared": chain.shared, "private_exact": chain.private, "private_lower_bound": chain.lower_bound[-1]}


@pytest.mark.parametrize(
    "case", [case for kind in ("ma", "exp", "ar1", "pout", "chain") for case in cases_of("cases/bullwhip.json", f"bw.{kind}")]
)
def test_closed_forms__worked_case(case: dict[str, Any]) -> None:
    assert matches(answer_of(case), case["expected"], tolerance=case["tol"]["value"])


@pytest.mark.parametrize(
    "case", [case for kind in ("chen", "lee", "pout") for case in cases_of("bullwhip/cases.json", f"{kind}_")]
)
def test_closed_forms__public_case(case: dict[str, Any]) -> None:
    given_, expected, tolerance = case["inputs"], case["expected"], case["tolerance"]["formula_rel"]
    if "Ti" in given_:
        ratios = proportional_ratios(given_["physical_delay"], given_["Ti"])
        assert matches(ratios.orders, expected["order_variance_ratio"], tolerance=tolerance)
        assert matches(ratios.net_stock, expected["net_stock_variance_ratio"], tolerance=tolerance)
        return
    if "p" in given_:
        found = moving_average_ratio(given_["L"], given_["p"], correlation=given_["rho"])
    elif "alpha" in given_:
        found = smoothing_ratio(given_["L"], given_["alpha"], correlation=given_["rho"])
    else:
        found = best_forecast_ratio(given_["protection_interval"], given_["rho"])
    assert matches(found, expected["variance_ratio"], tolerance=tolerance)


@pytest.mark.parametrize("case", cases_of("bullwhip/cases.json", "central_"))
def test_chain_ratios__public_case(case: dict[str, Any]) -> None:
    expected, tolerance = case["expected"], case["tolerance"]["formula_rel"]
    chain = chain_ratios(case["inputs"]["stage_L"], case["inputs"]["p"])
    assert matches(chain.shared[-1], expected["variance_ratio_centralised_last_stage"], tolerance=tolerance)
    assert matches(chain.lower_bound[-1], expected["variance_ratio_decentralised_lower_bound"], tolerance=tolerance)
    assert chain.private[-1] == pytest.approx(3.40, abs=0.01)


def autocorrelation(rho: float) -> Floats:
    return rho ** np.arange(LONG)


@given(exposure=EXPOSURES, window=st.integers(1, 12), rho=CORRELATIONS)
def test_moving_average_ratio__is_that_of_its_response(exposure: int, window: int, rho: float) -> None:
    found = response_ratio(moving_average_response(exposure, window), autocorrelation=autocorrelation(rho))
    assert moving_average_ratio(exposure, window, correlation=rho) == pytest.approx(found, rel=1e-9)


@given(exposure=EXPOSURES, weight=st.floats(0.1, 1), rho=CORRELATIONS)
def test_smoothing_ratio__is_that_of_its_response(exposure: int, weight: float, rho: float) -> None:
    response = smoothing_response(exposure, weight, periods=LONG)
    found = response_ratio(response, autocorrelation=autocorrelation(rho))
    assert smoothing_ratio(exposure, weight, correlation=rho) == pytest.approx(found, rel=1e-9)


@given(exposure=EXPOSURES, rho=CORRELATIONS)
def test_best_forecast_ratio__is_that_of_its_response(exposure: int, rho: float) -> None:
    covered = rho * (1 - rho**exposure) / (1 - rho)
    found = response_ratio([1 + covered, -covered], autocorrelation=autocorrelation(rho))
    assert best_forecast_ratio(exposure, rho) == pytest.approx(found, rel=1e-9)


@given(exposure=EXPOSURES, time=st.floats(0.6, 12))
def test_proportional_ratios__is_that_of_its_responses(exposure: int, time: float) -> None:
    response = proportional_response(time, periods=LONG)
    ratios = proportional_ratios(exposure, time)
    assert ratios.orders == pytest.approx(response_ratio(response), rel=1e-9)
    # Net stock gains what was ordered an exposure ago and loses demand.
    receipts = np.concatenate([np.zeros(exposure), response])
    demand = np.zeros(receipts.size)
    demand[0] = 1
    # An order answers the demand of its own period, so that a receipt an exposure later meets as many demands in between.
    assert ratios.net_stock == pytest.approx(response_ratio(np.cumsum(receipts - demand)), rel=1e-9)


@given(weight=st.floats(0, 50))
def test_best_adjustment_time__is_where_the_sum_is_least(weight: float) -> None:
    def cost(time: float) -> float:
        ratios = proportional_ratios(2, time)
        return weight * ratios.orders + ratios.net_stock

    found = minimize_scalar(cost, bounds=(0.51, 20), method="bounded", options={"xatol": 1e-9})
    assert best_adjustment_time(weight) == pytest.approx(found.x, abs=1e-4)


@given(exposures=st.lists(st.integers(0, 5), min_size=1, max_size=5), window=st.integers(1, 9))
def test_chain_ratios__order(exposures: list[int], window: int) -> None:
    chain = chain_ratios(exposures, window)
    for shared, private, bound in zip(chain.shared, chain.private, chain.lower_bound, strict=True):
        assert 1 <= shared <= private + 1e-9
        assert bound <= private + 1e-9 * private
    assert chain.private[0] == pytest.approx(chain.shared[0]) == pytest.approx(chain.lower_bound[0])


def order_up_to(demand: Floats, *, exposure: int, weight: float) -> Floats:
    """Order what brings the position to exposure times the forecast, returns allowed."""
    forecast = position = 0.0
    orders = np.empty_like(demand)
    for period, asked in enumerate(demand):
        forecast += weight * (asked - forecast)
        position -= asked
        orders[period] = exposure * forecast - position
        position += orders[period]
    return orders


@given(exposure=EXPOSURES, weight=st.floats(0.05, 1))
def test_impulse_response__of_a_played_policy(exposure: int, weight: float) -> None:
    found = impulse_response(lambda demand: order_up_to(demand, exposure=exposure, weight=weight), 60)
    assert found == pytest.approx(smoothing_response(exposure, weight, periods=60), abs=1e-9)


def test_impulse_response__refuses_what_is_not_linear() -> None:
    with pytest.raises(UsageError, match=r"policy: found orders .* allowed: a linear policy"):
        impulse_response(lambda demand: np.maximum(order_up_to(demand, exposure=3, weight=0.4), 0.0), 30)
    with pytest.raises(UsageError, match=r"policy: found orders of shape \(3,\)"):
        impulse_response(lambda _: np.zeros(3), 30)
    with pytest.raises(UsageError, match="allowed: a linear policy"):
        impulse_response(lambda demand: demand * np.arange(30), 30)


def test_response_ratio__of_a_played_policy_in_simulation() -> None:
    demand = 100 + np.random.default_rng(2).normal(size=200_000)
    orders = order_up_to(demand, exposure=3, weight=0.3)[1000:]
    # The ratio has a standard error near 0.4 % at this length.
    assert orders.var() / demand[1000:].var() == pytest.approx(smoothing_ratio(3, 0.3), rel=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: moving_average_ratio(-1, 5), "exposure: found -1"),
        (lambda: moving_average_ratio(1, 0), "window: found 0"),
        (lambda: moving_average_ratio(1, 5, correlation=1.0), "correlation: found 1; allowed: .* less than 1"),
        (lambda: smoothing_ratio(1, 0.0), "weight: found 0"),
        (lambda: best_forecast_ratio(1.5, 0.2), "exposure: found 1.5"),
        (lambda: best_forecast_ratio(1, -1.0), "correlation: found -1"),
        (lambda: proportional_ratios(1, 0.5), "adjustment_time: found 0.5"),
        (lambda: chain_ratios([], 3), "exposures: found none"),
        (lambda: best_adjustment_time(-1.0), "order_weight: found -1"),
        (lambda: response_ratio([1.0], autocorrelation=[0.5]), r"autocorrelation\[0\]: found 0.5"),
        (lambda: response_ratio([]), "response: found an array"),
    ],
)
def test_closed_forms__refuse(call: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call()
