"""The conservation laws of METHODS 1.9 as sums of rows that must be zero, and rows that must not be below it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.counting.sums import Sums, SumWriter
from chaintwin.simulation.tape.ages.lots import by_class
from chaintwin.simulation.tape.rows import Rings, Rows, fractional
from chaintwin.simulation.tape.supply.yields import add_positions

Integers = NDArray[np.int64]

NOISE = 1e-9
"""Error that sums of real quantities may have, relative to their terms."""

LAWS = {
    1: "buffer balance",
    2: "demand is shipped, lost or owed",
    3: "orders are started or waiting, and the position says so",
    7: "nothing is below zero",
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A law that does not hold.

    Parameters
    ----------
    law : number in METHODS 1.9. entity : index of the buffer, stream or activity. replication : column of the table.
    size : by how much.
    """

    law: int
    entity: int
    replication: int
    size: float


@dataclass(frozen=True, slots=True)
class Balances:
    """Sums that are zero while the laws hold, and what they are sums of.

    Parameters
    ----------
    sums : what must be zero, relative to the sum of the absolute terms.
    least : Integers[sums]: a row that must not be below zero, -1 for none.
    law : Integers[sums]: the law a sum belongs to; 7 for one whose terms only say what size a row below zero is compared with.
    entity : Integers[sums]: index of the buffer, stream or activity.
    tolerance : Floats[sums]: by how much a sum may miss zero, relative to the sum of the absolute terms; 0 in whole units.
    """

    sums: Sums
    least: Integers
    law: Integers
    entity: Integers
    tolerance: NDArray[np.float64]


def balances_of(program: Program, rows: Rows, *, pipes: Rings) -> Balances:
    """Return the laws 1, 2, 3 and 7 of a network.

    Law 3 is looked at through the inventory position, which is kept by orders and demand alone and must equal stock and all that
    is due less all that is claimed.

    Parameters
    ----------
    program, rows : the network and its layout.
    pipes : rings of what has been started.
    """
    count, actors, streams, _ = program.counts
    kept = np.flatnonzero(rows.position != rows.nowhere)
    bases = np.cumsum([0, count, streams, kept.size])
    writer = SumWriter()
    _write_stock(writer, program, rows, pipes=pipes)
    asked = bases[1] + np.arange(streams)
    for row, sign in ((rows.opening_backlog, 1.0), (rows.asked_for, 1.0)):
        writer.add(asked, row, weight=sign)
    for row in (rows.shipped, rows.lost, rows.backlog):
        writer.add(asked, row, weight=-1.0)
    add_positions(writer, program, rows=rows, chosen=kept, owner=bases[2] + np.arange(kept.size))
    writer.add(bases[2] + np.arange(kept.size), rows.position[kept], weight=-1.0)
    waiting = bases[3] + np.arange(actors)
    writer.add(waiting, rows.waiting)
    writer.add(waiting, rows.started)
    aged = _write_ages(writer, program, rows, base=int(bases[3]) + actors)
    nothing, no_age = np.full(kept.size, -1, dtype=np.int64), np.full(aged.size, -1, dtype=np.int64)
    tolerance = np.full(int(bases[3]) + actors + aged.size, 0.0 if program.integer else NOISE)
    # A position counts what is under way by its mean yield, which is a fraction; everything else is whole.
    tolerance[bases[2] : bases[3]][fractional(program)[kept]] = NOISE
    return Balances(
        sums=writer.finish(int(bases[3]) + actors + aged.size),
        least=np.concatenate([rows.on_hand, rows.backlog, nothing, rows.waiting, no_age]),
        law=np.repeat([1, 2, 3, 7, 1], [count, streams, kept.size, actors, aged.size]),
        entity=np.concatenate([np.arange(count), np.arange(streams), kept, np.arange(actors), aged]),
        tolerance=tolerance,
    )


def _write_ages(writer: SumWriter, program: Program, rows: Rows, *, base: int) -> Integers:
    """Law 1 as well: stock that expires is the sum of its ages, or what it was when they were last looked at; return where."""
    aged = np.flatnonzero(rows.expired != rows.nowhere)
    classes = by_class(program)[aged]
    lots = Rings.of(rows.lots[aged[classes]], rows.lots_length[aged[classes]])
    owner = base + np.arange(aged.size)
    writer.add(owner[classes][lots.owner], lots.rows)
    writer.add(owner[~classes], rows.held[aged[~classes]])
    writer.add(owner, rows.on_hand[aged], weight=-1.0)
    # Twice, against itself: it says how much has flowed, against which rounding noise is measured.
    for sign in (1.0, -1.0):
        writer.add(owner, rows.stock[aged], weight=sign)
    return aged


def _write_stock(writer: SumWriter, program: Program, rows: Rows, *, pipes: Rings) -> None:
    """Law 1: first stock and what was on its way, and what was started since less what is on its way, less what left.

    Where what is good is drawn, it is first stock and what came in that was good.
    """
    buffers = program.buffers
    every = np.arange(rows.on_hand.size)
    writer.add(every, rows.opening_balance)
    owner = np.repeat(every, np.diff(buffers.supply_start))
    drawn = program.yields_drawn[buffers.supply_activity]
    fixed, lucky = np.flatnonzero(~drawn), np.flatnonzero(drawn)
    source, quantity = buffers.supply_activity[fixed], buffers.supply_quantity[fixed]
    writer.add(owner[fixed], rows.started[source], weight=quantity)
    place, entry = spread(pipes.start, source)
    writer.add(owner[fixed[place]], pipes.rows[entry], weight=-quantity[place])
    writer.add(owner[lucky], rows.good[buffers.supply_activity[lucky]], weight=buffers.supply_gross[lucky])
    claimed = np.repeat(every, np.diff(buffers.claim_start))
    is_stream, index = buffers.claim_kind == 0, buffers.claim_index
    for chosen, row in ((is_stream, rows.shipped), (~is_stream, rows.started)):
        claim = np.flatnonzero(chosen)
        writer.add(claimed[claim], row[index[claim]], weight=-buffers.claim_quantity[claim])
    perishing, ruined = (np.flatnonzero(row != rows.nowhere) for row in (rows.expired, rows.struck.destroyed))
    writer.add(perishing, rows.expired[perishing], weight=-1.0)
    writer.add(ruined, rows.struck.destroyed[ruined], weight=-1.0)
    gone = rows.struck.lost[source]
    raided = np.flatnonzero(gone != rows.nowhere)
    writer.add(owner[fixed[raided]], gone[raided], weight=-quantity[raided])
    writer.add(every, rows.on_hand, weight=-1.0)
