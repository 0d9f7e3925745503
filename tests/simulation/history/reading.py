"""Reads the state of a replication out of a block."""

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
        lots=lots_at(blocks, column),
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


def lots_at(blocks: Blocks, column: int) -> Lots:
    """Return the lots of one replication; stock that keeps for ever is one lot of age 0.

    Of stock whose oldest is taken first the classes are as large as they came in, so what is there is the youngest of them.
    """
    rows, period, life = blocks.plan.tape.rows, blocks.period, blocks.plan.program.buffers.life
    buffers, ages, quantities = [], [], []
    for buffer, stock in enumerate(blocks.read(rows.on_hand)[:, column].tolist()):
        first, length = int(rows.lots[buffer]), int(rows.lots_length[buffer])
        came = [stock]
        if life[buffer] > 0 and length > 0:
            classes = blocks.read(first + (period - 1 - np.arange(length)) % length)[:, column]
            # Only at the begin of a run is there anything that came in since the last close.
            came = [stock - float(blocks.read(rows.held[[buffer]])[0, column]), *classes.tolist()]
        for age, quantity in enumerate(came):
            there = min(quantity, stock)
            stock -= there
            if there:
                buffers.append(buffer)
                ages.append(age)
                quantities.append(there)
        assert stock <= 1e-9, buffer
    index = np.array(buffers, dtype=np.int64)
    return Lots(index, np.array(ages, dtype=np.int64), np.zeros_like(index), np.array(quantities, dtype=np.float64))


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
