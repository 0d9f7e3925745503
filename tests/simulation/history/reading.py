"""Reads the state of a replication out of a block, but for the ages of its stock."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.state import Lots, OpenOrders, Shipments, State
from chaintwin.simulation.block import Blocks
from chaintwin.simulation.history.rebuilding import expected
from chaintwin.simulation.tape.rows import Rings, ripens

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def state_of(blocks: Blocks, column: int = 0, *, resource_share: Floats) -> State:
    """Return the state of one replication at the start of the period a block has come to.

    When a shipment left is kept only where it arrives by its age; elsewhere the start is put one usual lead time before the
    arrival, which changes nothing that happens later.

    Parameters
    ----------
    blocks : where it is read.
    column : of the replication. resource_share : Floats[K] the run has, which no row holds.
    """
    program, tape, period = blocks.plan.program, blocks.plan.tape, blocks.period
    rows = tape.rows

    def column_of(which: Integers) -> Floats:
        return blocks.read(which)[:, column]

    stock = column_of(rows.on_hand)
    stocked = np.flatnonzero(stock)
    none = np.zeros(stocked.size, dtype=np.int64)
    mover, ahead, moving = ring_entries(tape.pipes, column_of(tape.pipes.rows), period=period)
    by_age = ripens(program)[mover]
    usual = np.maximum(program.activities.lead_fixed[mover], 1)
    started = np.where(by_age, period + ahead, np.minimum(period + ahead - usual, period - 1))
    arrival = np.where(by_age, expected(program, mover, started=started, period=period), period + ahead)
    orderer, ahead, hidden = ring_entries(tape.queues, column_of(tape.queues.rows), period=period)
    waiting = column_of(rows.waiting)
    waits = np.flatnonzero(waiting)
    forecast = np.where(rows.forecast == rows.nowhere, program.buffers.forecast, column_of(rows.forecast))
    return State(
        period=period,
        lots=Lots(stocked, none, none, stock[stocked]),
        shipments=Shipments(mover, started, arrival, moving),
        orders=OpenOrders(
            np.concatenate([waits, orderer]),
            np.concatenate([np.full(waits.size, period - 1), period + ahead]),
            np.concatenate([waiting[waits], hidden]),
        ),
        backlog=column_of(rows.backlog),
        resource_share=resource_share,
        forecast=forecast,
    )


def ring_entries(rings: Rings, values: Floats, *, period: int) -> tuple[Integers, Integers, Floats]:
    """Return ring, periods ahead (below zero: since the start) and quantity of every row that is not empty, in that order.

    Parameters
    ----------
    rings : the rings. values : Floats[rows of all rings]. period : now.
    """
    ahead = rings.ahead(period).astype(np.int64)
    full = np.flatnonzero(values)
    order = full[np.lexsort((ahead[full], rings.owner[full]))]
    return rings.owner[order], ahead[order], values[order]
