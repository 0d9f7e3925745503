"""What operations of event E3 do to rows: rules and how an order is shared; as in ``row_kernels.py``."""

from __future__ import annotations

import numpy as np

from chaintwin.jit import row_kernel
from chaintwin.simulation.kernels.row_kernels import SLACK, Row

SLACK_MOST = 1e-3
"""Part of a unit that is never taken for noise, however large the quantity."""

ROUNDING = 1e-15
"""Rounding noise of a part of an order, relative to the order."""


@row_kernel
def project_kernel(position: Row, backlog: Row, grant: Row, demand: Row, fraction: float, integer: bool) -> None:
    """E3: a loss that today's stock already decides is not ordered again (METHODS 1.5, lost sales)."""
    if integer:
        for w in range(position.shape[0]):
            position[w] += np.floor(fraction * min(backlog[w] - grant[w], demand[w]) + SLACK)
    else:
        for w in range(position.shape[0]):
            position[w] += fraction * min(backlog[w] - grant[w], demand[w])


@row_kernel
def order_up_to_kernel(order: Row, position: Row, level: float, slack: float) -> None:
    """E3, base stock: what is missing from a level."""
    for w in range(order.shape[0]):
        gap = level - position[w]
        order[w] = gap if gap > slack else 0.0


@row_kernel
def order_s_s_kernel(order: Row, position: Row, low: float, high: float, slack: float) -> None:
    """E3, (s,S): up to a level once the position is down at the reorder point."""
    for w in range(order.shape[0]):
        order[w] = high - position[w] if position[w] <= low + slack else 0.0


@row_kernel
def order_r_nq_kernel(order: Row, position: Row, low: float, lot: float, slack: float) -> None:
    """E3, (R,nQ): whole lots until the position is above the reorder point."""
    for w in range(order.shape[0]):
        gap = low + slack - position[w]
        order[w] = lot * (np.floor(gap / lot) + 1.0) if gap >= 0.0 else 0.0


@row_kernel
def order_lots_kernel(order: Row, position: Row, level: float, lot: float, slack: float) -> None:
    """E3, kanban: as many whole lots as fit below the level."""
    for w in range(order.shape[0]):
        order[w] = lot * max(np.floor((level + slack - position[w]) / lot), 0.0)


@row_kernel
def order_part_kernel(order: Row, position: Row, forecast: Row, level: float, gain: float) -> None:
    """E3, proportional order-up-to: the forecast and a part of the gap (METHODS 4.3)."""
    for w in range(order.shape[0]):
        order[w] = max(forecast[w] + gain * (level - position[w]), 0.0)


@row_kernel
def order_forecast_kernel(order: Row, position: Row, forecast: Row, safety: float, periods: float, slack: float) -> None:
    """E3, distribution requirements: up to what is expected in some periods and a safety stock (METHODS 1.5, DRP)."""
    for w in range(order.shape[0]):
        gap = safety + periods * forecast[w] - position[w]
        order[w] = gap if gap > slack else 0.0


@row_kernel
def average_kernel(forecast: Row, total: Row, oldest: Row, claims: Row, periods: float) -> None:
    """E3: the forecast is the mean of the last claims; those of today take the place of the oldest."""
    for w in range(forecast.shape[0]):
        total[w] += claims[w] - oldest[w]
        oldest[w] = claims[w]
        forecast[w] = total[w] / periods


@row_kernel
def order_anchored_kernel(
    order: Row, position: Row, supply: Row, forecast: Row, level: float, gain: float, supply_gain: float
) -> None:
    """E3, anchoring and adjustment: stock and supply line are weighed apart (Sterman 1989, equations 9 to 11)."""
    for w in range(order.shape[0]):
        stock = position[w] - supply[w]
        order[w] = max(forecast[w] + gain * (level - stock - supply_gain * supply[w]), 0.0)


@row_kernel
def forecast_kernel(forecast: Row, claims: Row, weight: float) -> None:
    """E3: exponential smoothing of what is claimed."""
    for w in range(forecast.shape[0]):
        forecast[w] = weight * claims[w] + (1.0 - weight) * forecast[w]


@row_kernel
def nearest_kernel(row: Row) -> None:
    """Round to the nearest whole unit, halves up, and what is a half but for rounding noise."""
    for w in range(row.shape[0]):
        row[w] = np.floor(row[w] + (0.5 + SLACK))


@row_kernel
def least_kernel(into: Row, row: Row, taken: float, integer: bool) -> None:
    """E3: as many units as a row allows, of which each takes some; nothing where it is below zero."""
    # Capacity that others use in fractions is no whole number even where each unit takes one.
    if integer:
        for w in range(into.shape[0]):
            into[w] = min(into[w], np.floor(max(row[w], 0.0) / taken + SLACK))
    elif taken != 1.0:
        for w in range(into.shape[0]):
            into[w] = min(into[w], max(row[w], 0.0) / taken)
    else:
        for w in range(into.shape[0]):
            into[w] = min(into[w], max(row[w], 0.0))


@row_kernel
def take_kernel(order: Row, left: Row, most: Row) -> None:
    """E3: the sources asked first get what they can start today."""
    for w in range(order.shape[0]):
        taken = min(order[w], most[w])
        left[w] = order[w] - taken
        order[w] = taken


@row_kernel
def take_next_kernel(taken: Row, left: Row, most: Row) -> None:
    """E3: the sources asked next get what they can start today of what is left."""
    for w in range(taken.shape[0]):
        taken[w] = min(left[w], most[w])
        left[w] -= taken[w]


@row_kernel
def part_whole_kernel(part: Row, order: Row, shares: Row, which: int, total: float) -> None:
    """E3: one source's part of whole units, by largest remainder, the first source winning ties (decision 7)."""
    for w in range(part.shape[0]):
        # Where a mean yield makes positions fractions, several sources share what is wanted rounded up.
        amount = np.ceil(order[w] - SLACK)
        left = amount
        near = SLACK + ROUNDING * amount
        mine = amount * shares[which] / total
        whole = np.floor(mine + near)
        before = 0
        for other in range(shares.shape[0]):
            theirs = amount * shares[other] / total
            floor = np.floor(theirs + near)
            left -= floor
            gap = (theirs - floor) - (mine - whole)
            if gap > near or (gap >= -near and other < which):
                before += 1
        part[w] = whole + (1.0 if before < left else 0.0)


@row_kernel
def round_kernel(part: Row, output: float, minimum: float, batch: float, slack: float, integer: bool) -> None:
    """E3: units of product become units of the activity, in minimum orders and batches."""
    if output != 1.0:
        for w in range(part.shape[0]):
            part[w] /= output
    if integer and (output != 1.0 or (batch == 0.0 and minimum == 0.0)):
        for w in range(part.shape[0]):
            part[w] = np.ceil(part[w] - min(SLACK * max(part[w], 1.0), SLACK_MOST))
    if batch > 0.0:
        for w in range(part.shape[0]):
            part[w] = batch * np.ceil(part[w] / batch - SLACK) if part[w] > slack else part[w]
    if minimum > 0.0:
        for w in range(part.shape[0]):
            part[w] = max(minimum, part[w]) if part[w] > slack else part[w]


@row_kernel
def place_kernel(queue: Row, part: Row, orders: Row, slack: float) -> None:
    """E3: an order joins the queue of its source."""
    for w in range(part.shape[0]):
        queue[w] += part[w]
        orders[w] += 1.0 if part[w] > slack else 0.0


@row_kernel
def order_alone_kernel(
    position: Row, queue: Row, upstream: Row, part: Row, orders: Row, level: float, slack: float, taken: float
) -> None:
    """E3, base stock at one source: position, queue and the sender's position at once."""
    for w in range(position.shape[0]):
        gap = level - position[w]
        order = gap if gap > slack else 0.0
        position[w] += order
        queue[w] += order
        upstream[w] -= taken * order
        part[w] = order
        orders[w] += 1.0 if order > 0.0 else 0.0
