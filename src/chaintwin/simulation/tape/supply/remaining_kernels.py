"""When what is under way arrives, drawn for each replication at the start of a run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import kernel
from chaintwin.laws.tables_kernels import discrete_quantile_kernel
from chaintwin.rng_kernels import fill_uniform_kernel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Words = NDArray[np.uint64]


@kernel
def remaining_kernel(
    first: int,
    period: int,
    keys: Words,
    slot: Integers,
    started: Integers,
    law: Integers,
    share: Floats,
    due: Floats,
    place: Integers,
    quantity: Floats,
    values: Floats,
    uniforms: Floats,
    table: Floats,
) -> None:
    """Put shipments into the rows of their arrivals, each replication its own; ``table`` is float64[rows, W].

    ``uniforms`` is float64[W], scratch.

    ``keys`` is Words[S, 3]; ``law`` is where the record of the lead time begins in ``values``, -1 where the arrival ``due`` is
    known. Uniforms below ``share`` would give a lead time that has passed, so what is drawn lies above it. ``place`` is
    Integers[S, 3]: first row and length of the ring, and the row of the latest arrival of goods that do not overtake each other,
    -1 where they may. Shipments of these come in the order of their starts.
    """
    for s in range(slot.shape[0]):
        row, length, latest = place[s, 0], place[s, 1], place[s, 2]
        if law[s] >= 0:
            # A loop of its own, which the compiler turns into vector instructions.
            fill_uniform_kernel(keys[s, 0], keys[s, 1], keys[s, 2], first, period, slot[s], uniforms)
            for w in range(table.shape[1]):
                lead = discrete_quantile_kernel(law[s], values, share[s] + uniforms[w] * (1.0 - share[s]))
                uniforms[w] = max(started[s] + lead, np.float64(period))
        else:
            for w in range(table.shape[1]):
                uniforms[w] = due[s]
        if latest >= 0:
            for w in range(table.shape[1]):
                uniforms[w] = max(uniforms[w], table[latest, w])
                table[latest, w] = uniforms[w]
        for w in range(table.shape[1]):
            table[row + np.int64(uniforms[w]) % length, w] += quantity[s]
