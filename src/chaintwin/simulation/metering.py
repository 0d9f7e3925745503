"""What passes through stock points in a period, read from a block that is played period by period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.network.program import Program
from chaintwin.simulation.block import Blocks

Floats = NDArray[np.float64]


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
        owner = np.repeat(np.arange(count), np.diff(buffers.source_start))
        self.placed = sparse.csr_array((buffers.source_output, (owner, buffers.source_activity)), shape=(count, actors))

    def read(self, blocks: Blocks) -> dict[str, Floats]:
        """Play one period and return Floats[N, replications] of each quantity."""
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
        return {"passed": passed, "asked": passed + owed, "ordered": ordered}

    def _queued(self, blocks: Blocks) -> Floats:
        """Return what is ordered and not started, seen by its source or not: Floats[A, replications]."""
        tape = blocks.plan.tape
        found = blocks.read(tape.rows.waiting)
        hidden = tape.queues
        if hidden.rows.size:
            np.add.at(found, hidden.owner, blocks.read(hidden.rows))
        return found
