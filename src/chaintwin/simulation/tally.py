"""What is counted of a block of replications. The last axis is always the replication, W wide; every number is float64."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Tally(NamedTuple):
    """Sums over the counted periods, by replication; N buffers, A activities, D streams, K resources, T periods.

    Parameters
    ----------
    on_hand, stocked : [N, W] sum of stock at close; periods that close with stock.
    demand, shipped, immediate, lost, owed : [D, W] units asked for; served; served in the period they were asked for; lost; sum
        of the backlog at close.
    asked, clear : [D, W] periods with demand; those of them that close without backlog.
    ordered, started, orders, starts, moving : [A, W] units ordered; started; periods with an order; with a start; sum of units in
        process at close.
    used : [K, W] resource units used.
    period_stock, period_owed, period_demand, period_immediate : [T, W] totals over all entities by period.
    """

    on_hand: Floats
    stocked: Floats
    demand: Floats
    shipped: Floats
    immediate: Floats
    lost: Floats
    owed: Floats
    asked: Floats
    clear: Floats
    ordered: Floats
    started: Floats
    orders: Floats
    starts: Floats
    moving: Floats
    used: Floats
    period_stock: Floats
    period_owed: Floats
    period_demand: Floats
    period_immediate: Floats
