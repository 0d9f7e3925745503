"""What starts cost more, and what is shipped brings in more, because a disruption moves prices: event E6 as operations."""

from __future__ import annotations

import numpy as np

from chaintwin.network.graph import Effect
from chaintwin.network.program import Program
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows
from chaintwin.simulation.tape.tape import Writer

CHARGE = 2
"""Step of the close, after stock was counted and before groups of payments are added up."""


def write_charges(writer: Writer, program: Program, *, rows: Rows, prices: int) -> None:
    """Write what the factors of costs, duties, tariffs and prices come to.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    prices : values of series that come before those of prices that change: of activities, then of streams.
    """
    activities, streams, struck = program.activities, program.streams, rows.struck
    steady = np.zeros(activities.kind.size + 1, dtype=np.int64)
    cost, price = (activities.cost_start, prices), (streams.price_start, prices + activities.cost_value.size)
    for kind, (effect, extra, before, total, (start, first), usual) in enumerate(
        (
            (Effect.COST, struck.surcharge, struck.surcharge_at, rows.started, cost, activities.variable_cost),
            (Effect.DUTY, struck.surduty, struck.surduty_at, rows.started, (steady, 0), activities.duty_cost),
            (Effect.TARIFF, struck.surduty, struck.surtariff_at, rows.started, (steady, 0), None),
            (Effect.PRICE, struck.surplus, struck.surplus_at, rows.shipped, price, streams.price),
        )
    ):
        entity, factor, amount = struck.on(effect)
        operands = (extra[entity], before[entity], total[entity], first + start[entity], np.diff(start)[entity], factor)
        numbers = (amount if usual is None else usual[entity],)
        writer.write("close", Op.CHARGE, place=(0, CHARGE, entity, kind), rows=operands, numbers=numbers)
