"""Which stock has ages, in how many rows they are kept, and what they are at the start."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import GraphError
from chaintwin.network.graph import Issue
from chaintwin.network.program import Program
from chaintwin.network.sizes import RING_SLOTS_MAX
from chaintwin.network.state import State

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def expires(program: Program, state: State, *, periods: int | None) -> Flags:
    """Return bool[N]: stock of the buffer may expire within some periods.

    Parameters
    ----------
    program, state : what is run, and from where.
    periods : how many; None for any number.
    """
    life = program.buffers.life
    oldest = np.zeros(life.size, dtype=np.int64)
    np.maximum.at(oldest, state.lots.buffer_index, state.lots.age)
    found: Flags = life > 0
    if periods is not None:
        found &= life - 1 - oldest < periods
    return found


def lot_rows(program: Program, perishing: Flags) -> Integers:
    """Return Integers[N]: rows in which a buffer keeps what came in, by period.

    Where the oldest unit is taken first, stock that came in too long ago is all that is more than what came in since: the sum
    over the periods but the oldest is enough, and no class has to be looked at. Otherwise every class has a row.

    Parameters
    ----------
    program : the network.
    perishing : bool[N], where stock may expire.

    Raises
    ------
    GraphError
        The lives of all stock points together are too long.
    """
    life = program.buffers.life
    rows: Integers = np.where(perishing, life - 1 + by_class(program), 0)
    if rows.sum() > RING_SLOTS_MAX:
        name = program.names.buffers["buffer_id"][int(rows.argmax())]
        found = f"found {rows.sum():,} periods of shelf life over all stock points, most of them {name}"
        raise GraphError(f"{found}; allowed: at most {RING_SLOTS_MAX:,}")
    return rows


def by_class(program: Program) -> Flags:
    """Return bool[N]: the stock of each period is counted, because the youngest is taken first."""
    found: Flags = (program.buffers.issue == Issue.LIFO) & (program.buffers.life > 1)
    return found


def first_lots(program: Program, state: State, *, first: Integers, length: Integers) -> tuple[Integers, Floats, Floats]:
    """Return rows, what is in them at the start (several entries of a row add up), and Floats[N]: stock from before that period.

    A lot of age 0 counts as received in the state's period, one of age a as received a periods earlier; what should have expired
    already does so at the close of the first period.

    Parameters
    ----------
    program, state : what is run, and from where.
    first, length : Integers[N]: the rows of each buffer, as ``lot_rows`` counts them.
    """
    lots = state.lots
    at, age = lots.buffer_index, lots.age.copy()
    classes = by_class(program)[at]
    age = np.where(classes, np.minimum(age, program.buffers.life[at] - 1), age)
    kept = np.flatnonzero((age > 0) & (age <= np.where(classes, length[at] - 1, length[at])))
    row = first[at[kept]] + (state.period - age[kept]) % length[at[kept]]
    held = np.bincount(at, weights=np.where(age > 0, lots.quantity, 0.0), minlength=first.size)
    return row, lots.quantity[kept], held.astype(np.float64)
