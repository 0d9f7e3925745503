"""Receipts that do not fit wait outside until the next period, as operations before event E1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.program import Program
from chaintwin.simulation.counting.sums import Sums, SumWriter
from chaintwin.simulation.tape.leads import Leads
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rooms.filling import filling_of
from chaintwin.simulation.tape.rows import Rows, ripens
from chaintwin.simulation.tape.strikes.detaining import write_detained, write_stretched
from chaintwin.simulation.tape.tape import Writer

Integers = NDArray[np.int64]

NOISE = 1e-12
"""What is missing of a room, as a share of its capacity, is rounding noise up to here and holds nothing back."""


def stored_terms(program: Program, rows: Rows) -> Sums:
    """Return for each room what its stock takes, with a minus: one sum a room.

    Parameters
    ----------
    program, rows : the network and its layout.
    """
    buffers, writer = program.buffers, SumWriter()
    inside = np.flatnonzero(buffers.room >= 0)
    writer.add(buffers.room[inside], rows.on_hand[inside], weight=-buffers.volume[inside])
    return writer.finish(program.rooms.capacity.size)


def write_room(writer: Writer, program: Program, *, event: str, place: tuple[int | Integers, ...], rows: Rows, terms: Sums,
               chosen: Integers) -> None:  # fmt: skip
    """Write what is free of some rooms now, and that nothing is asked of them yet.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    event, place : where on the tape; three parts of the place.
    terms : as ``stored_terms`` gives them, numbered from where they stand on the tape.
    chosen : Integers, rooms.
    """
    free, need = rows.room_free[chosen], rows.room_need[chosen]
    writer.write(event, Op.SUM, place=(*place, 0), rows=(free, terms.start[chosen], terms.start[chosen + 1]))
    writer.write(event, Op.ROOM, place=(*place, 1), rows=(free,), numbers=(program.rooms.capacity[chosen],))
    writer.write(event, Op.CLEAR, place=(*place, 2), rows=(need, 1))


def write_storing(writer: Writer, program: Program, *, rows: Rows, terms: Sums, leads: Leads) -> None:
    """Write that of what arrives today only what fits comes in, and the rest arrives again tomorrow.

    Where everything fits, in all replications of a block, one operation finds that out and the others are left out.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    terms : as for ``write_room``.
    leads : tables of lead times.
    """
    filling, ripe = filling_of(program), ripens(program)
    waiting = np.flatnonzero(rows.outside != rows.nowhere)
    room = filling.room[waiting]
    write_room(writer, program, event="store", place=(np.unique(room), 0, 0), rows=rows, terms=terms, chosen=np.unique(room))
    aged, timed = waiting[ripe[waiting]], waiting[~ripe[waiting]]
    age = int(rows.spare[5])
    place = (filling.room[aged], 1, aged)
    writer.write("store", Op.LEAD, place=(*place, 0), rows=(age, program.streams.stream.size + aged, leads.of[aged]))
    ring = (rows.pipe[aged], rows.pipe_length[aged])
    writer.write("store", Op.RIPEN, place=(*place, 2), rows=(*ring, rows.arriving[aged], age, rows.lead_sum[aged]))
    write_stretched(writer, program, rows=rows, event="store", place=(*place, 1), chosen=aged)
    write_detained(writer, program, rows=rows, ripe=(aged, rows.arriving[aged], ("store", (*place, 3))))
    today = np.where(ripe, rows.arriving, rows.pipe)[waiting], np.where(ripe, 1, rows.pipe_length)[waiting]
    asked = (rows.room_need[room], *today)
    writer.write("store", Op.ADD, place=(room, 2, waiting), rows=asked, numbers=(filling.volume[waiting],))
    noise = NOISE * program.rooms.capacity
    rooms = np.unique(room)
    short = (rows.room_need[rooms], rows.room_free[rooms], 0)
    writer.write("store", Op.SHORT, place=(rooms, 3), rows=short, numbers=(noise[rooms],))
    for who, op, first in ((timed, Op.HOLD, ()), (aged, Op.HOLD_RIPE, (rows.arriving[aged],))):
        at = filling.room[who]
        writer.write(
            "store",
            op,
            place=(at, 4, who),
            rows=(*first, rows.pipe[who], rows.pipe_length[who], rows.room_free[at], rows.room_need[at], rows.outside[who]),
            numbers=(filling.volume[who], noise[at]),
        )
