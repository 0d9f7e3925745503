"""What the literature says orders must vary: closed forms for order-up-to and proportional policies.

Exposure is the number of periods of demand that the level covers: lead time, with the review period where there is one. Orders
may fall below zero in all of them; where they are cut off, ratios are others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, check_whole
from chaintwin.risk.bullwhip.responses import moving_average_response, response_ratio


@dataclass(frozen=True, slots=True)
class ChainRatios:
    """Variance ratios along a chain of order-up-to stages with moving averages, the stage next to the customer first.

    Parameters
    ----------
    shared : every stage forecasts the customers' demand.
    private : every stage forecasts the orders it gets; exact.
    lower_bound : product of the ratios of the stages up to each: what `private` never falls below.
    """

    shared: tuple[float, ...]
    private: tuple[float, ...]
    lower_bound: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SmoothedRatios:
    """Variances under a proportional order-up-to policy, over the variance of demand.

    Parameters
    ----------
    orders : below 1 for an adjustment time above 1.
    net_stock : never below the exposure.
    """

    orders: float
    net_stock: float


def moving_average_ratio(exposure: float, window: int, *, correlation: float = 0.0) -> float:
    """Return Var(orders) / Var(demand) of order-up-to with a moving average.

    Parameters
    ----------
    exposure : L, periods of demand that the level covers, 0 or more.
    window : p, periods in the average, 1 or more.
    correlation : of demand with that of the period before (AR(1)), strictly between -1 and 1.

    Returns
    -------
    1 + (2 L / p + 2 L^2 / p^2) (1 - correlation^p); exact where the level holds no multiple of an estimated spread, a lower bound
    otherwise.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(moving_average_ratio(3, 5), 9)
    2.92

    Source: Chen, Drezner, Ryan & Simchi-Levi 2000, "Quantifying the bullwhip effect in a simple supply chain", equation 5.
    """
    exposure = check_number("exposure", exposure, low=0.0)
    window = check_whole("window", window, low=1)
    relative = exposure / window
    return 1 + (2 * relative + 2 * relative**2) * (1 - _correlation(correlation) ** window)


def smoothing_ratio(exposure: float, weight: float, *, correlation: float = 0.0) -> float:
    """Return Var(orders) / Var(demand) of order-up-to with exponential smoothing.

    Parameters
    ----------
    exposure : L, periods of demand that the level covers, 0 or more.
    weight : a, of the last demand in the forecast, more than 0 and at most 1.
    correlation : r, of demand with that of the period before (AR(1)), strictly between -1 and 1.

    Returns
    -------
    1 + (2 L a + 2 L^2 a^2 / (2 - a)) (1 - r) / (1 - (1 - a) r).

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(smoothing_ratio(3, 0.3), 9)
    3.752941176

    Source: Chen, Ryan & Simchi-Levi 2000, "The impact of exponential smoothing forecasts on the bullwhip effect".
    """
    exposure = check_number("exposure", exposure, low=0.0)
    weight = check_number("weight", weight, low=0.0, high=1.0, open_low=True)
    rho = _correlation(correlation)
    grows = 2 * exposure * weight + 2 * (exposure * weight) ** 2 / (2 - weight)
    return 1 + grows * (1 - rho) / (1 - (1 - weight) * rho)


def best_forecast_ratio(exposure: float, correlation: float) -> float:
    """Return Var(orders) / Var(demand) of order-up-to with the best forecast of AR(1) demand.

    Parameters
    ----------
    exposure : L, periods of demand that the level covers, a whole number, 0 or more.
    correlation : r, of demand with that of the period before, strictly between -1 and 1.

    Returns
    -------
    1 + 2 r (1 - r^L) (1 - r^(L + 1)) / (1 - r); below 1 for a negative correlation.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(best_forecast_ratio(3, 0.6), 7), round(best_forecast_ratio(2, -0.4), 5)
    (3.0471808, 0.48928)

    Source: Lee, Padmanabhan & Whang 1997; Lee, So & Tang 2000; Luong 2007.
    """
    # A broken power of a negative correlation is no number, and no period is broken.
    number = check_number("exposure", exposure, low=0.0)
    periods = check_whole("exposure", int(number) if number.is_integer() else exposure)
    rho = _correlation(correlation)
    return 1 + 2 * rho * (1 - rho**periods) * (1 - rho ** (periods + 1)) / (1 - rho)


def chain_ratios(exposures: Sequence[float], window: int) -> ChainRatios:
    """Return Var(orders) / Var(demand) at every stage of a chain, with and without the customers' demand shared.

    Parameters
    ----------
    exposures : of the stages, the one next to the customer first, periods, 0 or more.
    window : periods in the moving average of every stage, 1 or more.

    Raises
    ------
    UsageError : there is no stage, or a number is out of its range.

    Example
    -------
    >>> ratios = chain_ratios([2, 2, 3], 6)
    >>> [round(ratio, 3) for ratio in ratios.shared], [round(ratio, 3) for ratio in ratios.private]
    ([1.889, 3.222, 6.056], [1.889, 3.963, 12.426])

    Source: Chen, Drezner, Ryan & Simchi-Levi 2000, section 3; the exact private ratio convolves the stages' responses.
    """
    if not exposures:
        raise UsageError("exposures: found none; allowed: one or more; fix: name the exposure of each stage")
    shared, private, bound = [], [], []
    covered, product, response = 0.0, 1.0, np.ones(1)
    for exposure in exposures:
        own = moving_average_response(exposure, window)
        response = np.convolve(response, own)
        covered += exposure
        product *= response_ratio(own)
        shared.append(moving_average_ratio(covered, window))
        private.append(response_ratio(response))
        bound.append(product)
    return ChainRatios(tuple(shared), tuple(private), tuple(bound))


def proportional_ratios(exposure: float, adjustment_time: float) -> SmoothedRatios:
    """Return how orders and net stock vary when only a part of the gap to the target is ordered, with independent demand.

    Parameters
    ----------
    exposure : L, periods from an order to its receipt, 0 or more.
    adjustment_time : T, periods over which a gap to the target is made up, more than 1/2; 1 is order-up-to.

    Returns
    -------
    Orders 1 / (2 T - 1), net stock L + (T - 1)^2 / (2 T - 1).

    Raises
    ------
    UsageError : a number is out of its range. At 1/2 and below, orders swing without end.

    Example
    -------
    >>> proportional_ratios(2, 4).orders == 1 / 7, round(proportional_ratios(2, 4).net_stock, 6)
    (True, 3.285714)

    Source: Disney, Farasyn, Lambrecht, Towill & Van de Velde 2007.
    """
    exposure = check_number("exposure", exposure, low=0.0)
    time = check_number("adjustment_time", adjustment_time, low=0.5, open_low=True)
    return SmoothedRatios(1 / (2 * time - 1), exposure + (time - 1) ** 2 / (2 * time - 1))


def best_adjustment_time(order_weight: float = 1.0) -> float:
    """Return the adjustment time at which weight times the variance of orders plus that of net stock is least.

    Parameters
    ----------
    order_weight : w, what the variance of orders counts against that of net stock, 0 or more.

    Returns
    -------
    (1 + sqrt(1 + 4 w)) / 2, periods: the golden ratio for a weight of 1, order-up-to for 0. The exposure plays no part.

    Raises
    ------
    UsageError : the weight is out of its range.

    Example
    -------
    >>> round(best_adjustment_time(), 6)
    1.618034

    Source: Disney, Farasyn, Lambrecht, Towill & Van de Velde 2007, for a weight of 1; the root of T^2 - T - w = 0 otherwise.
    """
    return (1 + math.sqrt(1 + 4 * check_number("order_weight", order_weight, low=0.0))) / 2


def _correlation(value: float) -> float:
    fix = "at 1 and beyond, demand has no variance to compare with"
    return check_number("correlation", value, low=-1.0, high=1.0, open_low=True, open_high=True, fix=fix)
