"""Event E1 as operations: what arrives joins stock."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.program import Program
from chaintwin.simulation.tape.leads import Leads
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows, ripens
from chaintwin.simulation.tape.strikes.detaining import write_detained, write_stretched
from chaintwin.simulation.tape.supply.yields import write_yields
from chaintwin.simulation.tape.tape import Writer

Integers = NDArray[np.int64]


def write_receipts(writer: Writer, program: Program, *, rows: Rows, summed: NDArray[np.int32], leads: Leads) -> None:
    """Write that what arrives joins stock; a row is cleared unless it is overwritten before anybody adds up what is under way.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    summed : rows that are added up in the period.
    leads : tables of lead times.
    """
    activities, ripe = program.activities, ripens(program)
    age, arriving = int(rows.spare[5]), int(rows.spare[6])
    # What comes to a site with little room was looked at before.
    stored = rows.outside != rows.nowhere
    aged = np.flatnonzero(ripe & ~stored)
    writer.write(
        "receive",
        Op.LEAD,
        place=(aged, 0, 0),
        rows=(age, program.streams.stream.size + aged, leads.of[aged]),
    )
    ring = (rows.pipe[aged], rows.pipe_length[aged])
    writer.write("receive", Op.RIPEN, place=(aged, 0, 1), rows=(*ring, arriving, age, rows.lead_sum[aged]))
    write_stretched(writer, program, rows=rows, event="receive", place=(aged, 0, 0, 1), chosen=aged)
    write_detained(writer, program, rows=rows, ripe=(aged, np.full(aged.size, arriving), ("receive", (aged, 0, 1, 1))))
    ripened = np.where(stored, rows.arriving, arriving)
    come = (np.where(ripe, ripened, rows.pipe), np.where(ripe, 1, rows.pipe_length))
    moving = np.flatnonzero(rows.pipe_length > 0)
    arrived = (come[0][moving], come[1][moving])
    write_yields(writer, program, rows=rows, event="receive", place=(moving, 0, 2), arrived=arrived, chosen=moving)
    owner = np.repeat(np.arange(activities.kind.size), np.diff(activities.output_start))
    keep = rows.pipe_length[owner] > 0
    arc, owner = np.flatnonzero(keep), owner[keep]
    drawn = program.yields_drawn[owner]
    writer.write(
        "receive",
        Op.ADD,
        place=(owner, 0, 3 + arc),
        rows=(
            rows.on_hand[activities.output_buffer[arc]],
            np.where(drawn, rows.spare[13], come[0][owner]),
            np.where(drawn, 1, come[1][owner]),
        ),
        numbers=(np.where(drawn, activities.output_gross[arc], activities.output_quantity[arc]),),
    )
    paid = np.flatnonzero(rows.received != rows.nowhere)
    writer.write(
        "receive",
        Op.ADD,
        place=(paid, 0, 3 + keep.size),
        rows=(rows.received[paid], come[0][paid], come[1][paid]),
        numbers=(1.0,),
    )
    fixed = (activities.lead_random == 0) & (activities.lead_fixed == rows.pipe_length) & ~np.isin(rows.pipe, summed)
    spent = np.flatnonzero((rows.pipe_length > 0) & ~fixed & ~ripe)
    writer.write("receive", Op.CLEAR, place=(spent, 1), rows=(rows.pipe[spent], rows.pipe_length[spent]))
