"""What a stock count would find at one moment: the state shared by the live twin and the simulator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.program import Program

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lots:
    """Stock on hand by lot: parallel arrays, one entry a lot.

    Parameters
    ----------
    buffer_index : Integers[lots].
    age : Integers[lots], period since it was made; 0 where age does not matter.
    quality_index : Integers[lots]: place in the product's list of quality classes, best first; the engine does not use it yet.
    quantity : Floats[lots], unit.
    """

    buffer_index: Integers
    age: Integers
    quality_index: Integers
    quantity: Floats


@dataclass(frozen=True, slots=True)
class Shipments:
    """What has been started and not yet received, one entry a shipment or production order.

    Parameters
    ----------
    activity_index : Integers[shipments].
    started : Integers[shipments]: period it was started in, negative before the run.
    arrival : Integers[shipments]: period it will arrive in.
    quantity : Floats[shipments], units of the activity.
    is_open : bool[shipments]: nobody knows when it arrives, so each replication draws its lead time given its age, where the
        lead time is random; ``arrival`` is only what is expected. None: all arrivals are known.
    """

    activity_index: Integers
    started: Integers
    arrival: Integers
    quantity: Floats
    is_open: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class OpenOrders:
    """What has been ordered and not yet started.

    Parameters
    ----------
    activity_index : Integers[orders].
    visible : Integers[orders]: period from which the source sees the order.
    quantity : Floats[orders], units of the activity.
    """

    activity_index: Integers
    visible: Integers
    quantity: Floats


@dataclass(frozen=True, slots=True)
class State:
    """The state of a network at the start of a period.

    Parameters
    ----------
    period : period the state belongs to; its receipts have not happened yet.
    lots : stock on hand.
    shipments : in transit and in process.
    orders : open orders; those with ``visible < period`` wait at the source.
    backlog : Floats[D], unit: demand owed, by stream.
    resource_share : Floats[K], 0 to 1: part of each resource that works.
    cash : money; the engine does not use it yet.
    forecast : Floats[N], unit a period: what rules that forecast expect; by default what the network says they expect at first.
    """

    period: int
    lots: Lots
    shipments: Shipments
    orders: OpenOrders
    backlog: Floats
    resource_share: Floats
    cash: float = 0.0
    forecast: Floats | None = None

    def on_hand(self, buffer_count: int) -> Floats:
        """Return stock on hand by buffer, all ages and qualities together; Floats[buffer_count]."""
        return np.bincount(self.lots.buffer_index, weights=self.lots.quantity, minlength=buffer_count).astype(np.float64)


def initial_state(program: Program) -> State:
    """Return the state a program starts from: its first stock, pipeline and open orders, nothing owed."""
    _, _, streams, resources = program.counts
    stocked = np.flatnonzero(program.buffers.on_hand)
    none = np.zeros(stocked.size, dtype=np.int64)
    lots = Lots(stocked, none, none, program.buffers.on_hand[stocked])
    activities = program.activities
    moving_activity, moving_period, moving = _spread(activities.pipe_start, program.pipeline)
    # As if one had left a period, the last of them yesterday.
    last = np.zeros(activities.kind.size, dtype=np.int64)
    np.maximum.at(last, moving_activity, moving_period)
    shipments = Shipments(moving_activity, moving_period - last[moving_activity] - 1, moving_period, moving)
    ordered_activity, visible, ordered = _spread(activities.info_start, program.orders)
    orders = OpenOrders(ordered_activity, visible, ordered)
    return State(0, lots, shipments, orders, np.zeros(streams), np.ones(resources))


def _spread(start: Integers, values: Floats) -> tuple[Integers, Integers, Floats]:
    place = np.flatnonzero(values)
    owner = np.searchsorted(start, place, side="right") - 1
    return owner, place - start[owner], values[place]
