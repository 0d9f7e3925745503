"""Service of one stream of demand that is served in the order of asking, read off its cumulative curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_numbers, check_whole, refusal

Floats = NDArray[np.float64]

SLACK = 1e-9
"""Cumulative curves are compared within this share of all demand: sums of many periods are rounded."""


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """How a stream of demand was served.

    Parameters
    ----------
    fill_rate : type 2: share of the units served in their own period; None without demand.
    on_time_fill : share of the units served within the window; None without demand.
    type1_period : share of the periods with demand that close without backlog; None without demand.
    ready_rate : share of periods that close with stock on hand; None where no stock was given.
    end_backlog : units still owed.
    on_time_units : units of each period's demand served within the window, Floats[T].
    period_count, demand_period_count : periods, and those with demand.
    """

    fill_rate: float | None
    on_time_fill: float | None
    type1_period: float | None
    ready_rate: float | None
    end_backlog: float
    on_time_units: Floats
    period_count: int
    demand_period_count: int


def measure_service(demand: ArrayLike, shipped: ArrayLike, *, on_hand_end: ArrayLike | None = None, window: int = 0) -> Service:
    """Measure service from what was asked and what was shipped; the oldest demand is served first.

    Parameters
    ----------
    demand, shipped : units a period, Floats[T], 0 or more. Shipments never run ahead of demand.
    on_hand_end : units on hand at the close of each period, Floats[T], 0 or more; None where unknown.
    window : periods a unit may wait and still be on time, 0 or more. Nothing more counts as shipped after the last period.

    Raises
    ------
    UsageError : lengths differ, a number is below 0 or not finite, or more was shipped than asked for until a period.

    Example
    -------
    >>> service = measure_service([5, 7], [5, 6], window=1)
    >>> service.fill_rate == 11 / 12, service.end_backlog, service.type1_period
    (True, 1.0, 0.5)

    Source: METHODS 5.2; Silver, Pyke & Thomas 2017, "Inventory and production management in supply chains", section 6.6.
    """
    asked = check_numbers("demand", demand, low=0.0)
    sent = check_numbers("shipped", shipped, low=0.0, size=asked.size)
    window = check_whole("window", window)
    ahead, done = np.cumsum(asked), np.cumsum(sent)
    slack = SLACK * max(float(ahead[-1]), 1.0)
    backlog = ahead - done
    if backlog.min() < -slack:
        period = int(np.argmax(backlog < -slack))
        allowed = f"{ahead[period]:g}, what was asked for until then"
        fix = "begin where no order is open, or add the open orders to the demand of the first period"
        raise UsageError(f"shipped[{period}]: found {done[period]:g} units until then; allowed: {allowed}; fix: {fix}")
    backlog[np.abs(backlog) <= slack] = 0.0
    has_demand = asked > 0
    periods = int(has_demand.sum())
    on_time = _served_within(asked, done, window=window)
    ready = None
    if on_hand_end is not None:
        ready = float((check_numbers("on_hand_end", on_hand_end, low=0.0, size=asked.size) > 0).mean())
    total = float(ahead[-1])
    return Service(
        fill_rate=float(_served_within(asked, done, window=0).sum()) / total if periods else None,
        on_time_fill=float(on_time.sum()) / total if periods else None,
        type1_period=float((backlog[has_demand] == 0).mean()) if periods else None,
        ready_rate=ready,
        end_backlog=float(backlog[-1]),
        on_time_units=on_time,
        period_count=asked.size,
        demand_period_count=periods,
    )


def waiting_shares(demand: ArrayLike, shipped: ArrayLike, *, longest: int) -> Floats:
    """Return the share of units served within each of several waits: the distribution of how long units wait.

    Parameters
    ----------
    demand, shipped : as for `measure_service`; some demand.
    longest : waits from 0 to this are looked at, periods.

    Returns
    -------
    Floats[longest + 1], rising; below 1 at the end where units wait longer or still.

    Raises
    ------
    UsageError : as for `measure_service`, or nothing was asked for.

    Example
    -------
    >>> waiting_shares([4, 4], [2, 4], longest=1).tolist()
    [0.5, 0.75]

    Source: METHODS 5.2.
    """
    longest = check_whole("longest", longest)
    first = measure_service(demand, shipped)
    if first.fill_rate is None:
        raise refusal("demand", 0.0, allowed="some units in all", fix="leave the stream out")
    asked, sent = np.asarray(demand, dtype=np.float64), np.asarray(shipped, dtype=np.float64)
    done = np.cumsum(sent)
    served = [float(_served_within(asked, done, window=wait).sum()) for wait in range(longest + 1)]
    return np.array(served, dtype=np.float64) / float(asked.sum())


def _served_within(asked: Floats, done: Floats, *, window: int) -> Floats:
    """Return Floats[T]: units of each period served until so many periods later."""
    # The cumulative shipments keep their last value beyond the end.
    until = done[np.minimum(np.arange(asked.size) + window, asked.size - 1)]
    earlier = np.concatenate([[0.0], np.cumsum(asked)[:-1]])
    served: Floats = np.minimum(np.maximum(until - earlier, 0.0), asked)
    return served
