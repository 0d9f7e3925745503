"""Counts of order lines, orders and units of each replication, and the shares that follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.risk.service.simulated.lines import Lines
from chaintwin.simulation.counting.moments import Moments, Ratios
from chaintwin.simulation.history.trace import Trace
from chaintwin.simulation.tape.rows import slacks

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

ROUNDING = 1e-12
"""Half widths below this share of their mean come from rounding."""

LONGEST_WAIT = 14
"""Waits from 0 to this are looked at, in periods."""

ORDER_SHARES: Mapping[str, tuple[str, str]] = {
    "otif_order": ("otif", "orders on time in full in all lines"),
    "right_time": ("on_time", "orders that came within the promise window"),
    "right_quantity": ("in_full", "orders that came in full by the end of the run"),
}
"""Shares of orders: what their lines must all be, and what that means."""

STREAM_SHARES: Mapping[str, tuple[str, str, str]] = {
    "otif_line": ("otif_lines", "lines", "lines on time in full"),
    "otif_volume": ("otif_units", "demand", "units of lines that came on time as a whole"),
    "fill_rate": ("at_once", "demand", "units served in the period they are asked for: type 2"),
    "on_time_rate": ("on_time_units", "demand", "units served within the promise window"),
    "cycle_service_level": ("clear", "lines", "periods with demand and nothing owed or lost: type 1"),
    "ready_rate": ("stocked", "periods", "periods that close with stock: ready rate"),
}
"""Shares of totals over streams: what stands above and below, and what that means."""


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What is counted of the service in one replication.

    Parameters
    ----------
    streams : by name of count Floats[D]: ``lines``, ``otif_lines``, ``on_time_lines``, ``in_full_lines``, ``demand``,
        ``otif_units``, ``at_once``, ``on_time_units``, ``clear``, ``stocked``, ``periods``, ``lost``,
        ``shipped``, ``owed`` (units at the end).
    orders : by name of count Floats[G]: ``orders``, ``otif``, ``on_time``, ``in_full``.
    waits : Floats[LONGEST_WAIT + 1], units served within each wait.
    """

    streams: Mapping[str, Floats]
    orders: Mapping[str, Floats]
    waits: Floats


def tally_lines(lines: Lines, trace: Trace, *, warm_up: int, group: NDArray[np.int64]) -> Tally:
    """Count the lines of a replication.

    Parameters
    ----------
    lines : of the replication. trace, warm_up : what they are of.
    group : Integers[D], whose order each stream's lines belong to: those of one period and group are one order.
    """
    program = trace.program
    buffer = program.streams.buffer
    slack = slacks(program)
    is_line, on_time, in_full = lines.is_line, lines.is_on_time, lines.is_in_full
    otif = on_time & in_full
    is_clear = is_line & (trace.backlog[warm_up:] + trace.lost[warm_up:] <= slack[buffer])
    stocked = (trace.on_hand[warm_up:] > slack)[:, buffer]
    streams = {
        "lines": is_line,
        "otif_lines": otif,
        "on_time_lines": on_time,
        "in_full_lines": in_full,
        "demand": lines.ordered,
        "otif_units": np.where(on_time, lines.accepted, 0.0),
        "at_once": lines.served_within(0),
        "on_time_units": lines.served_within(lines.window),
        "clear": is_clear,
        "stocked": stocked,
        "periods": np.ones(lines.ordered.shape),
        "lost": trace.lost[warm_up:],
        "shipped": lines.shipped,
    }
    members = sparse.csr_array((np.ones(group.size), (np.arange(group.size), group)))
    waits = [float(lines.served_within(wait).sum()) for wait in range(LONGEST_WAIT + 1)]
    return Tally(
        streams={name: values.sum(axis=0, dtype=np.float64) for name, values in streams.items()} | {"owed": trace.backlog[-1]},
        orders={
            "orders": _orders(is_line, is_line, members=members),
            "otif": _orders(is_line, otif, members=members),
            "on_time": _orders(is_line, on_time, members=members),
            "in_full": _orders(is_line, in_full, members=members),
        },
        waits=np.array(waits),
    )


def share_of(above: Floats, below: Floats, *, confidence: float) -> tuple[Floats, Floats, Floats]:
    """Return shares of totals over replications, and the ends of their intervals (decision 11).

    Parameters
    ----------
    above, below : Floats[R, E], what stands above and below in each replication.
    confidence : level, strictly between 0 and 1.

    Returns
    -------
    Floats[E] three times: NaN where nothing stands below, the ends NaN with one replication.

    Example
    -------
    >>> value, low, high = share_of(np.array([[3.0], [5.0]]), np.array([[4.0], [6.0]]), confidence=0.95)
    >>> float(value[0]), float(high[0])
    (0.8, 1.0)
    """
    mean = np.stack([above.mean(axis=0), below.mean(axis=0)])
    top, bottom = above - mean[0], below - mean[1]
    spread = np.stack([(top * top).sum(axis=0), (bottom * bottom).sum(axis=0), (top * bottom).sum(axis=0)])
    found = Ratios(len(above), mean, spread)
    value, half = found.average(), found.half_width(confidence)
    return value, np.maximum(value - half, 0.0), np.minimum(value + half, 1.0)


def mean_of(values: Floats, *, confidence: float) -> tuple[Floats, Floats]:
    """Return means over replications and half the width of their intervals, NaN with one replication; Floats[R, E] to Floats[E].

    Example
    -------
    >>> mean, half = mean_of(np.array([[1.0], [3.0]]), confidence=0.95)
    >>> float(mean[0]), round(float(half[0]), 1)
    (2.0, 12.7)
    """
    mean = values.mean(axis=0)
    half = Moments(len(values), mean, ((values - mean) ** 2).sum(axis=0)).half_width(confidence)
    # A mean of equal values is rounded, and its last bit is no spread.
    return mean, np.where(half <= ROUNDING * np.abs(mean), 0.0, half)


def _orders(is_line: Booleans, is_met: Booleans, *, members: sparse.csr_array) -> Floats:
    """Return Floats[G]: orders of each group all of whose lines are met."""
    lines, failed = is_line @ members, (is_line & ~is_met) @ members
    found: Floats = ((lines > 0) & (failed == 0)).sum(axis=0, dtype=np.float64)
    return found
