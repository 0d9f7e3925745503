"""Buffers whose orders are not sent, or whose rules believe in stock that is not there, as operations of event E3."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import TWO_SPEEDS, Effect, Policy
from chaintwin.network.program import Program
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows
from chaintwin.simulation.tape.tape import BITS, Writer

Integers = NDArray[np.int64]

REVIEWED = (1 << BITS[3]) - 1
"""Item of the review, which leaves out all that comes after it in a buffer's turn."""


def misled(program: Program) -> NDArray[np.bool_]:
    """Return bool[N]: a disruption is on the orders of the buffer, or on the stock its rule believes in."""
    count = program.counts[0]
    found: NDArray[np.bool_] = program.strikes.struck(Effect.ORDERS, count=count)
    return found | program.strikes.struck(Effect.REPORTED, count=count)


def write_misleading(writer: Writer, program: Program, *, rows: Rows, place: Integers, last: int) -> None:
    """Write that rules see a wrong position, which is put right once they have decided, and that only a part of orders is sent.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    place : Integers[N]: turn of each buffer.
    last : step in which buffers with sources of two speeds order from the regular ones.
    """
    policy, order = program.buffers.policy, int(rows.spare[1])
    buffer, factor, _ = rows.struck.on(Effect.REPORTED)
    acting = policy[buffer] != Policy.NONE
    by_echelon = policy[buffer] == Policy.ECHELON
    # The position of an echelon is added up anew in every period, so nothing has to be put right.
    for mine, into, where, sign in (
        (acting & ~by_echelon, rows.position, (0, REVIEWED, 1), 1.0),
        (acting & ~by_echelon, rows.position, (last, 0, 4), -1.0),
        (by_echelon, np.full(policy.size, rows.spare[0]), (1, 2, 0), 1.0),
    ):
        which = buffer[mine]
        operands = (into[which], rows.on_hand[which], factor[mine])
        writer.write("order", Op.MISLEAD, place=(place[which], *where), rows=operands, numbers=(sign,))
    buffer, factor, _ = rows.struck.on(Effect.ORDERS)
    acting = policy[buffer] != Policy.NONE
    unsent = rows.struck.unsent[buffer]
    writer.write("order", Op.LESSEN, place=(place[buffer[acting]], 4, 3), rows=(order, factor[acting], unsent[acting]))
    fast = np.isin(policy[buffer], TWO_SPEEDS)
    writer.write("order", Op.LESSEN, place=(place[buffer[fast]], last, 0, 3), rows=(order, factor[fast], unsent[fast]))
