"""Stock against outages of a supplier that is up or down by chance, with steady demand."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chaintwin.laws.checking import check_number, check_whole


@dataclass(frozen=True, slots=True)
class OutageStock:
    """The best base stock against outages.

    Parameters
    ----------
    availability : share of periods in which the supplier is up.
    covered_periods : periods of outage that the stock covers.
    base_stock : in units, demand of the period itself included.
    cost_per_period : expected cost of stock and backorders.
    """

    availability: float
    covered_periods: int
    base_stock: float
    cost_per_period: float


def outage_distribution(failure: float, recovery: float, *, periods: int) -> float:
    """Return the probability that the supplier has been down for at most so many periods, 0 meaning up.

    Parameters
    ----------
    failure : probability that a supplier who is up is down the next period, 0 to 1.
    recovery : probability that one who is down is up the next period, more than 0 and at most 1.
    periods : 0 or more.

    Returns
    -------
    F(n) = 1 - failure / (failure + recovery) * (1 - recovery)**n.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> round(outage_distribution(0.04, 0.25, periods=3), 6)
    0.94181

    Source: Snyder & Shen 2019, "Fundamentals of supply chain theory", chapter 9.
    """
    down = _down_share(failure, recovery)
    return float(1 - down * (1 - recovery) ** check_whole("periods", periods))


def two_state_base_stock(
    failure: float, recovery: float, *, demand: float, holding_cost: float, backorder_cost: float
) -> OutageStock:
    """Return the best base stock when the supplier goes down and comes up again by chance.

    Parameters
    ----------
    failure : probability that a supplier who is up is down the next period, 0 to 1.
    recovery : probability that one who is down is up the next period, more than 0 and at most 1.
    demand : units per period, always the same, 0 or more.
    holding_cost : per unit and period, more than 0.
    backorder_cost : per unit and period, 0 or more.

    Returns
    -------
    Base stock demand * (1 + n), n the smallest number of periods with F(n) at least backorder / (backorder + holding).

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> found = two_state_base_stock(0.04, 0.25, demand=20, holding_cost=0.25, backorder_cost=3.0)
    >>> found.covered_periods, found.base_stock, round(found.cost_per_period, 6)
    (3, 80, 27.37069)

    Source: Tomlin 2006, "On the value of mitigation and contingency strategies"; Snyder & Shen 2019,
    chapter 9.
    """
    down = _down_share(failure, recovery)
    check_number("demand", demand, low=0.0)
    check_number("holding_cost", holding_cost, low=0.0, open_low=True)
    check_number("backorder_cost", backorder_cost, low=0.0)
    wanted = backorder_cost / (backorder_cost + holding_cost)
    periods = 0
    if recovery < 1 and 1 - down < wanted:
        periods = max(0, math.ceil(math.log((1 - wanted) / down) / math.log1p(-recovery)) - 1)
    # The logarithms may be off by one at a tie.
    while outage_distribution(failure, recovery, periods=periods) < wanted - 1e-12:
        periods += 1
    short = down * (1 - recovery) ** periods / recovery
    over = periods - down / recovery + short
    return OutageStock(
        availability=1 - down,
        covered_periods=periods,
        base_stock=demand * (1 + periods),
        cost_per_period=demand * (holding_cost * over + backorder_cost * short),
    )


def _down_share(failure: float, recovery: float) -> float:
    check_number("failure", failure, low=0.0, high=1.0)
    check_number("recovery", recovery, low=0.0, high=1.0, open_low=True, fix="an outage that never ends has no best stock")
    return failure / (failure + recovery)
