"""Stock that expires, as operations: what comes in, what a rule should not count on, and what leaves at close (METHODS 1.5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.program import Program
from chaintwin.simulation.tape.ages.lots import by_class
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows
from chaintwin.simulation.tape.tape import BITS, Writer

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

LAST = (1 << BITS[1]) - 1
"""Place after every entity."""

AFTER = 1 << (BITS[3] - 1)
"""Item after every claim."""


def write_ages(writer: Writer, program: Program, *, rows: Rows) -> None:
    """Write that stock which expires remembers what came in, and that what is too old leaves at close.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    """
    kept = np.flatnonzero(rows.lots_length > 0)
    came = (rows.on_hand, rows.held, rows.young, rows.lots, rows.lots_length)
    writer.write("receive", Op.AGE_IN, place=(LAST, 0, kept), rows=[row[kept] for row in came])
    # What is ready at once comes in later than all other receipts, but before the stock is shared.
    level, place = program.order.buffer_turns()
    fed = kept[_fed_at_once(program)[kept]]
    writer.write("execute", Op.AGE_MORE, place=(level[fed], 0, place[fed]), rows=[row[fed] for row in came])
    perishing, classes = rows.expired != rows.nowhere, by_class(program)
    pooled, classed = np.flatnonzero(perishing & ~classes), np.flatnonzero(perishing & classes)
    stock = (rows.on_hand, rows.position, rows.held)
    leaving = (*stock, rows.young, rows.expired)
    writer.write("close", Op.EXPIRE, place=(0, 1, pooled), rows=[row[pooled] for row in leaving])
    ring = (rows.expired, rows.lots, rows.lots_length)
    writer.write("close", Op.EXPIRE_LAST, place=(0, 1, classed), rows=[row[classed] for row in (*stock, *ring)])


def write_expected(writer: Writer, program: Program, *, rows: Rows, place: Integers, chosen: Integers, copied: Flags) -> None:
    """Write that the position a rule sees leaves out what will expire today.

    What is claimed when the buffer has its turn counts as taken, as far as stock reaches.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    place : Integers[N]: turn of each buffer.
    chosen : Integers: buffers whose stock expires.
    copied : bool over ``chosen``: the position the rule sees is in its row already.
    """
    buffers = program.buffers
    projected, total = int(rows.spare[0]), int(rows.spare[4])
    bare = chosen[~copied]
    writer.write("order", Op.COPY, place=(place[bare], 1), rows=(projected, rows.position[bare]))
    writer.write("order", Op.CLEAR, place=(place[chosen], 3, AFTER, 0), rows=(np.full(chosen.size, total), 1))
    is_chosen = np.zeros(place.size, dtype=bool)
    is_chosen[chosen] = True
    owner = np.repeat(np.arange(place.size), np.diff(buffers.claim_start))
    for kind, source in ((0, rows.backlog), (1, rows.waiting)):
        claim = np.flatnonzero(is_chosen[owner] & (buffers.claim_kind == kind))
        writer.write(
            "order",
            Op.ADD,
            place=(place[owner[claim]], 3, AFTER, 1),
            rows=(total, source[buffers.claim_index[claim]], 1),
            numbers=(buffers.claim_quantity[claim],),
        )
    classes = by_class(program)[chosen]
    pooled, classed = chosen[~classes], chosen[classes]
    writer.write(
        "order",
        Op.EXPECT,
        place=(place[pooled], 3, AFTER, 2),
        rows=(projected, rows.on_hand[pooled], total, rows.young[pooled]),
    )
    writer.write(
        "order",
        Op.EXPECT_LAST,
        place=(place[classed], 3, AFTER, 2),
        rows=(projected, rows.on_hand[classed], total, rows.lots[classed], rows.lots_length[classed]),
    )


def _fed_at_once(program: Program) -> Flags:
    """Return bool[N]: some activity may fill the buffer without a lead time."""
    activities = program.activities
    at_once = (activities.lead_random == 1) | (activities.lead_fixed == 0)
    owner = np.repeat(np.arange(at_once.size), np.diff(activities.output_start))
    fed = np.zeros(program.buffers.life.size, dtype=bool)
    fed[activities.output_buffer[at_once[owner]]] = True
    return fed
