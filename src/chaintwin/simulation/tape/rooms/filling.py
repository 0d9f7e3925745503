"""Which activities fill a room, and how much of it a unit of them takes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import LeadMode
from chaintwin.network.program import Program

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Filling(NamedTuple):
    """What a unit of each activity does to a room.

    Parameters
    ----------
    room : Integers[A]: the room its outputs go to, -1 where they take none.
    volume : Floats[A]: what its outputs take.
    net : Floats[A]: what they take beyond what its inputs leave free in the same room, 0 or more.
    """

    room: Integers
    volume: Floats
    net: Floats

    def at_once(self, shortest: Integers) -> Filling:
        """Return the same with nothing as net where there always is a lead time; ``shortest``: Integers[A]."""
        return self._replace(net=np.where(shortest == 0, self.net, 0.0))


def filling_of(program: Program) -> Filling:
    """Return which room each activity fills.

    Parameters
    ----------
    program : the network; no activity fills two rooms.
    """
    buffers, activities = program.buffers, program.activities
    count = activities.kind.size
    owner = np.repeat(np.arange(count), np.diff(activities.output_start))
    inside = buffers.room[activities.output_buffer] >= 0
    room = np.full(count, -1, dtype=np.int64)
    room[owner[inside]] = buffers.room[activities.output_buffer[inside]]
    # Where what is good is drawn, all of it may be.
    quantity = np.where(program.yields_drawn[owner], activities.output_gross, activities.output_quantity)
    taken = quantity * buffers.volume[activities.output_buffer]
    volume = np.bincount(owner[inside], weights=taken[inside], minlength=count)
    owner = np.repeat(np.arange(count), np.diff(activities.input_start))
    left = np.where(
        buffers.room[activities.input_buffer] == room[owner],
        activities.input_quantity * buffers.volume[activities.input_buffer],
        0.0,
    )
    freed = np.bincount(owner, weights=left, minlength=count)
    return Filling(room, volume.astype(np.float64), np.where(room >= 0, np.maximum(volume - freed, 0.0), 0.0))


def may_fill_at_once(program: Program) -> Flags:
    """Return bool[A]: the activity may fill a room without a lead time, as far as its law is known here."""
    activities = program.activities
    drawn = (activities.lead_random == 1) & (activities.lead_mode != LeadMode.KAPLAN)
    at_once: Flags = (filling_of(program).net > 0) & (drawn | ((activities.lead_random == 0) & (activities.lead_fixed == 0)))
    return at_once
