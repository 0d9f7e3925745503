"""What passes through stock points in a period, read from a block that is played period by period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.network.program import Program
from chaintwin.simulation.block import Blocks

Floats = NDArray[np.float64]

ROUNDING = 1e-9
"""Stock that falls short of what is needed by less than this part of it is enough."""


class Meter:
    """Reads a period of a block: what passed through stock points, what was asked of them and what they ordered.

    Parameters
    ----------
    program : the network of the block.
    """

    def __init__(self, program: Program) -> None:
        buffers, activities, streams = program.buffers, program.activities, program.streams
        count, actors, asking, _ = program.counts
        self.sold = sparse.csr_array((np.ones(asking), (streams.buffer, np.arange(asking))), shape=(count, asking))
        taker = np.repeat(np.arange(actors), np.diff(activities.input_start))
        self.taken = sparse.csr_array((activities.input_quantity, (activities.input_buffer, taker)), shape=(count, actors))
        self.inputs, self.takers = activities.input_buffer, taker
        self.needed = np.asarray(activities.input_quantity, dtype=np.float64)[:, None]
        self.of_inputs = sparse.csr_array((np.ones(taker.size), (self.inputs, np.arange(taker.size))), shape=(count, taker.size))
        owner = np.repeat(np.arange(count), np.diff(buffers.source_start))
        self.placed = sparse.csr_array((buffers.source_output, (owner, buffers.source_activity)), shape=(count, actors))

    def read(self, blocks: Blocks) -> dict[str, Floats]:
        """Play one period and return Floats[N, replications] of each quantity.

        ``asked`` counts what waits at each of its inputs. ``refused`` counts what was asked and not given, and what waits only at
        the inputs of which too little is there: where all are there, it waits for something else.
        """
        rows = blocks.plan.tape.rows
        before = self._queued(blocks)
        # Sums that begin at zero in each period are its flows.
        blocks.table[:, rows.sums()] = 0.0
        blocks.advance(blocks.period + 1)
        started, waiting = blocks.read(rows.started), blocks.read(rows.waiting)
        passed = np.asarray(self.sold @ blocks.read(rows.shipped)) + np.asarray(self.taken @ started)
        late = blocks.read(rows.backlog) + blocks.read(rows.lost)
        owed = np.asarray(self.sold @ late) + np.asarray(self.taken @ waiting)
        gone = np.where((rows.struck.cancelled == rows.nowhere)[:, None], 0.0, blocks.read(rows.struck.cancelled))
        ordered = np.asarray(self.placed @ (started + self._queued(blocks) + gone - before))
        needed = self.needed * waiting[self.takers]
        is_missing = blocks.read(rows.on_hand)[self.inputs] < needed * (1.0 - ROUNDING)
        refused = np.asarray(self.sold @ late) + np.asarray(self.of_inputs @ np.where(is_missing, needed, 0.0))
        return {"passed": passed, "asked": passed + owed, "ordered": ordered, "refused": refused}

    def _queued(self, blocks: Blocks) -> Floats:
        """Return what is ordered and not started, seen by its source or not: Floats[A, replications]."""
        tape = blocks.plan.tape
        found = blocks.read(tape.rows.waiting)
        hidden = tape.queues
        if hidden.rows.size:
            np.add.at(found, hidden.owner, blocks.read(hidden.rows))
        return found
