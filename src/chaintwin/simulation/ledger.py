"""From the sums of a block to the figures of a replication."""

from __future__ import annotations

import numpy as np

from chaintwin.network.graph import ActivityKind
from chaintwin.network.program import Program
from chaintwin.simulation.kernels.reducing_kernels import weigh_kernel
from chaintwin.simulation.tally import Floats, Tally

FIGURE_COUNT = 19


def ledger(program: Program, tally: Tally, *, periods: int) -> Floats:
    """Return Floats[figures, W]: the figures of whole replications, a period; see ``results.FIGURES`` for the rows.

    Parameters
    ----------
    program : the network.
    tally : sums over the counted periods.
    periods : how many.
    """
    buffers, activities, streams = program.buffers, program.activities, program.streams
    out = np.zeros((FIGURE_COUNT, tally.on_hand.shape[1]))
    scale = 1.0 / periods

    def add(row: int, values: Floats, weights: Floats) -> None:
        weigh_kernel(values, weights, out[row])

    each = np.full(streams.buffer.size, scale)
    for row, values in enumerate((tally.demand, tally.shipped, tally.immediate, tally.lost, tally.owed)):
        add(row, values, each)
    add(5, tally.asked, np.ones(each.size))
    add(6, tally.clear, np.ones(each.size))
    add(7, tally.on_hand, np.full(buffers.on_hand.size, scale))
    add(8, tally.on_hand, buffers.holding_cost * scale)
    add(9, tally.moving, activities.transit_cost * scale)
    add(10, tally.owed, streams.backlog_cost * scale)
    add(11, tally.lost, streams.lost_cost * scale)
    for kind in ActivityKind:
        # Rows 12 to 14 are transport, production and purchase, in the order of ActivityKind.
        add(12 + int(kind), tally.started, np.where(activities.kind == kind, activities.variable_cost, 0.0) * scale)
    add(15, tally.starts, activities.fixed_cost * scale)
    add(16, tally.started, activities.duty_cost * scale)
    add(17, tally.used, program.resources.cost * scale)
    add(18, tally.shipped, streams.price * scale)
    return out
