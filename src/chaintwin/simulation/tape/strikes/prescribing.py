"""Strikes whose onset and length are told for each replication instead of drawn: a block plays a different story in each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.strikes.layout import StruckRows
from chaintwin.simulation.tape.tape import Tape

Floats = NDArray[np.float64]


def prescribed(tape: Tape) -> Tape:
    """Return a tape that draws neither onset nor length of its strikes; ``prescribe`` tells them.

    Parameters
    ----------
    tape : of a program whose strikes are certain.
    """
    kept = tape.code[:, 0] != Op.DRAW_ONCE
    return replace(tape, code=tape.code[kept], numbers=tape.numbers[kept])


def prescribe(table: Floats, rows: StruckRows, *, onset: Floats, length: Floats) -> None:
    """Tell when strikes begin in each replication and how long they have full strength, before the first period is played.

    Parameters
    ----------
    table : Floats[rows, replications], of a block whose tape is ``prescribed``. rows : which of them hold what of strikes.
    onset, length : Floats[S, replications], in units of the strikes; a strike of length 0 changes nothing.

    Raises
    ------
    UsageError
        The shapes are not those of the block.
    """
    shape = (rows.onset.size, table.shape[1])
    if onset.shape != shape or length.shape != shape:
        raise UsageError(f"strikes: found {onset.shape} and {length.shape}; allowed: {shape}")
    table[rows.onset] = onset
    table[rows.length] = length
