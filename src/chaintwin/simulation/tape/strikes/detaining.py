"""Goods that arrive by their age under a disruption: their age is stretched, and some of what is ripe waits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import Effect
from chaintwin.network.program import Program
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows
from chaintwin.simulation.tape.tape import Writer

Integers = NDArray[np.int64]
Place = tuple[int | Integers, ...]


def write_stretched(writer: Writer, program: Program, *, rows: Rows, event: str, place: Place, chosen: Integers) -> None:
    """Write that the age of what arrives today is stretched, after it was drawn into the row for cuts.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    event, place : when, for each of the chosen.
    chosen : Integers: activities whose goods arrive by their age.
    """
    factor = rows.struck.row_of(Effect.LEAD, count=rows.pipe.size)[chosen]
    mine = np.flatnonzero(factor >= 0)
    longest = program.activities.lead_max[chosen[mine]].astype(np.float64)
    writer.write(event, Op.STRETCH, place=_of(place, mine), rows=(int(rows.spare[5]), factor[mine]), numbers=(longest,))


def write_detained(writer: Writer, program: Program, *, rows: Rows, ripe: tuple[Integers, Integers, tuple[str, Place]]) -> None:
    """Write that of what is ripe today some waits for the next period.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    ripe : activities, the row of what arrives of each, and event and place after it was found.
    """
    chosen, arriving, (event, place) = ripe
    factor = rows.struck.row_of(Effect.ARRIVALS, count=rows.pipe.size)[chosen]
    mine = np.flatnonzero(factor >= 0)
    which = chosen[mine]
    ring = (rows.pipe[which], rows.pipe_length[which])
    operands = (arriving[mine], *ring, factor[mine], rows.struck.detained[which])
    writer.write(event, Op.DETAIN_RIPE, place=_of(place, mine), rows=operands)


def _of(place: Place, mine: Integers) -> Place:
    """Return the places of some of the chosen."""
    return tuple(part if isinstance(part, int) else part[mine] for part in place)
