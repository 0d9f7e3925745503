"""How a linear ordering policy answers a single unit of demand, and how much that makes orders vary."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, check_numbers, check_whole

Floats = NDArray[np.float64]

LINEAR_WITHIN = 1e-6
"""How far orders may be off the sum of their responses, relative to the largest: far above rounding, far below a cut-off."""


def response_ratio(response: ArrayLike, *, autocorrelation: ArrayLike | None = None) -> float:
    """Return Var(orders) / Var(demand) of a linear policy.

    Parameters
    ----------
    response : orders of the period of a unit of demand and of those after it, Floats[n], until nothing more is ordered for it.
    autocorrelation : of demand, at lags 0, 1, ..., Floats[m], the first 1, beyond the last 0; None for independent demand.

    Returns
    -------
    The sum over lags of the response's products with itself times the autocorrelation; for independent demand the sum of its
    squares.

    Raises
    ------
    UsageError : a number is not finite, or an autocorrelation is out of -1..1 or does not begin with 1.

    Example
    -------
    >>> round(response_ratio([1.4, 0, -0.4]), 12), round(response_ratio([1.4, -0.4], autocorrelation=[1, 0.5]), 12)
    (2.12, 1.56)

    Source: METHODS 4.2; Dejonckheere, Disney, Lambrecht & Towill 2003, "Measuring and avoiding the bullwhip effect".
    """
    weights = check_numbers("response", response)
    if autocorrelation is None:
        return float(weights @ weights)
    lags = check_numbers("autocorrelation", autocorrelation, low=-1.0, high=1.0)
    if lags[0] != 1:
        raise UsageError(f"autocorrelation[0]: found {lags[0]:g}; allowed: 1; fix: begin with lag 0")
    products = np.correlate(weights, weights, mode="full")[weights.size - 1 :]
    count = min(products.size, lags.size)
    return float(products[0] + 2 * products[1:count] @ lags[1:count])


def impulse_response(policy: Callable[[Floats], Floats], periods: int) -> Floats:
    """Return how a policy answers one unit of demand more in the first period.

    Parameters
    ----------
    policy : from demand, Floats[periods], to orders of the same periods, starting from the same state each time. Orders may have
        to be allowed below 0: a policy that cuts them off is not linear.
    periods : how many to look at, 2 or more; until the response has died out.

    Returns
    -------
    Floats[periods], units ordered.

    Raises
    ------
    UsageError : orders have another shape, or do not add up or shift with demand, so that no response describes them.

    Example
    -------
    >>> impulse_response(lambda demand: demand + 2 * np.diff(demand, prepend=0.0), 4).tolist()
    [3.0, -2.0, 0.0, 0.0]
    """
    periods = check_whole("periods", periods, low=2)
    base = _orders(policy, np.zeros(periods))
    unit = np.zeros(periods)
    unit[0] = 1.0
    response: Floats = _orders(policy, unit) - base
    # Demand of all sizes and signs, not periodic: whatever is not linear or depends on the period shows.
    trial = 10 * np.sin(np.arange(periods) ** 1.5)
    wanted = base + np.convolve(trial, response)[:periods]
    gap = np.abs(_orders(policy, trial) - wanted)
    if gap.max() > LINEAR_WITHIN * max(1.0, float(np.abs(wanted).max())):
        where = int(gap.argmax())
        raise UsageError(
            f"policy: found orders {gap[where]:g} off the sum of its responses in period {where}; allowed: a linear policy;"
            " fix: allow orders below 0, or simulate it and measure"
        )
    return response


def moving_average_response(exposure: float, window: int) -> Floats:
    """Return the orders of an order-up-to policy whose level is exposure times a moving average.

    Parameters
    ----------
    exposure : periods of demand that the level covers, 0 or more.
    window : periods in the average, 1 or more.

    Returns
    -------
    Floats[window + 1].

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> moving_average_response(2, 5).tolist()
    [1.4, 0.0, 0.0, 0.0, 0.0, -0.4]

    Source: Chen, Drezner, Ryan & Simchi-Levi 2000, equation 4.
    """
    exposure = check_number("exposure", exposure, low=0.0)
    window = check_whole("window", window, low=1)
    response = np.zeros(window + 1)
    response[0] = 1 + exposure / window
    response[window] = -exposure / window
    return response


def smoothing_response(exposure: float, weight: float, *, periods: int) -> Floats:
    """Return the orders of an order-up-to policy whose level is exposure times an exponentially smoothed demand.

    Parameters
    ----------
    exposure : periods of demand that the level covers, 0 or more.
    weight : of the last demand in the forecast, more than 0 and at most 1.
    periods : how many of the orders, 1 or more; they fade as (1 - weight)^k.

    Returns
    -------
    Floats[periods].

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> smoothing_response(2, 0.5, periods=3).tolist()
    [2.0, -0.5, -0.25]

    Source: Chen, Ryan & Simchi-Levi 2000, "The impact of exponential smoothing forecasts on the bullwhip effect".
    """
    exposure = check_number("exposure", exposure, low=0.0)
    weight = check_number("weight", weight, low=0.0, high=1.0, open_low=True)
    periods = check_whole("periods", periods, low=1)
    response = np.empty(periods, dtype=np.float64)
    response[0] = 1 + exposure * weight
    response[1:] = -exposure * weight**2 * (1 - weight) ** np.arange(periods - 1)
    return response


def proportional_response(adjustment_time: float, *, periods: int) -> Floats:
    """Return the orders of a proportional order-up-to policy with a constant forecast.

    Parameters
    ----------
    adjustment_time : periods over which a gap to the target is made up, more than 1/2; 1 is order-up-to.
    periods : how many of the orders, 1 or more; they fade as (1 - 1/adjustment_time)^k.

    Returns
    -------
    Floats[periods].

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> proportional_response(2, periods=3).tolist()
    [0.5, 0.25, 0.125]

    Source: Disney, Farasyn, Lambrecht, Towill & Van de Velde 2007.
    """
    time = check_number("adjustment_time", adjustment_time, low=0.5, open_low=True)
    periods = check_whole("periods", periods, low=1)
    return np.asarray((1 - 1 / time) ** np.arange(periods) / time, dtype=np.float64)


def _orders(policy: Callable[[Floats], Floats], demand: Floats) -> Floats:
    orders = np.asarray(policy(demand.copy()), dtype=np.float64)
    if orders.shape != demand.shape or not np.isfinite(orders).all():
        raise UsageError(f"policy: found orders of shape {orders.shape}; allowed: {demand.size:,} finite numbers, one a period")
    return orders
