"""What a network has earned, sold or shipped by a period, replication by replication."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.program import Program
from chaintwin.risk.stress.programmes.flows import Measure, unit_costs
from chaintwin.simulation.block import Blocks
from chaintwin.simulation.counting.measures import LEDGER, measures_of, openings_of
from chaintwin.simulation.counting.sums import Sums
from chaintwin.simulation.kernels.reducing_kernels import sum_kernel
from chaintwin.simulation.tape.tape import Tape

Floats = NDArray[np.float64]

SPENT = tuple(name for name in LEDGER if name.endswith("_cost") and name != "lost_sales_cost")
"""Costs that count. What a lost sale would have brought is missing in the revenue already."""


@dataclass(frozen=True, slots=True)
class Account:
    """Reads what is measured at the end of some periods.

    Parameters
    ----------
    measure : margin, sales or units. periods : that have been counted.
    figures : of the whole network, a period. stock : on hand and under way of each buffer. worth : Floats[N], money a unit of it.
    """

    measure: Measure
    periods: int
    figures: Sums
    stock: Sums
    worth: Floats

    @staticmethod
    def of(program: Program, tape: Tape, *, measure: Measure, begin: int, periods: int) -> Account:
        """Return the account of a program once so many periods from ``begin`` on have been counted."""
        rows, rings, end = tape.rows, {"pipes": tape.pipes, "queues": tape.queues}, begin + periods
        measures = measures_of(program, rows, **rings, end=end, periods=periods, room=periods)
        stock, _ = openings_of(program, rows, **rings, begin=end)
        return Account(measure, periods, measures.figures, stock, unit_costs(program))

    def read(self, blocks: Blocks) -> Floats:
        """Return Floats[replications]: what was earned, sold or shipped.

        The margin is all revenue less all costs, and what is on hand and under way at the end at what it costs to have it there.

        Parameters
        ----------
        blocks : one block, with the periods played.
        """
        table = blocks.table[0]
        ledger = np.empty((len(LEDGER), table.shape[1]))
        sum_kernel(table, *self.figures, np.arange(len(LEDGER)), ledger)
        of: dict[str, Floats] = dict(zip(LEDGER, ledger * self.periods, strict=True))
        if self.measure is Measure.UNITS:
            return of["shipped"]
        if self.measure is Measure.SALES:
            return of["revenue"]
        held = np.empty((self.stock.start.size - 1, table.shape[1]))
        sum_kernel(table, *self.stock, np.arange(held.shape[0]), held)
        spent = np.zeros(table.shape[1])
        for name in SPENT:
            spent = spent + of[name]
        found: Floats = of["revenue"] - spent + self.worth @ held[: self.worth.size]
        return found
