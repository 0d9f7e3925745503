"""What of arrivals is good, as operations, and positions that count what is under way by its mean yield (METHODS 1.5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.counting.sums import Sums, SumWriter
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rings, Rows, fractional
from chaintwin.simulation.tape.tape import Writer

Integers = NDArray[np.int64]

LEAST_CHANCE = 1e-280
"""Chance that none of some units is of the rarer kind, which must not be smaller if it is to be a number."""

PART_MOST = 1 << 16
"""Units that are drawn at once at most, for the rounding error of that chance grows with them."""

AT_ONCE = 1 << 33
"""First slot of the draws for what arrives without lead time; arrivals of the morning begin at slot 0."""


def write_yields(
    writer: Writer,
    program: Program,
    *,
    rows: Rows,
    event: str,
    place: tuple[int | Integers, ...],
    arrived: tuple[Integers, Integers],
    chosen: Integers,
) -> None:
    """Write which units of what arrives are good, and that the others are scrapped.

    In whole units the good ones are drawn; where quantities are real a fixed part is good, and only the rest is counted here.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    event, place : when; a part of a place for each of the chosen, or one for all.
    arrived : ring and length of what arrives, for each of the chosen.
    chosen : Integers: activities; those of which all is good are left out.
    """
    rate = program.activities.yield_rate[chosen]
    drawn, at_once = program.yields_drawn[chosen], event != "receive"

    def at(mine: NDArray[np.bool_], part: int) -> tuple[int | Integers, ...]:
        return (*(value if isinstance(value, int) else value[mine] for value in place), part)

    def of(row: Integers, mine: NDArray[np.bool_]) -> Integers:
        found: Integers = row[chosen[mine]]
        return found

    ring, length = arrived
    draw = program.streams.stream.size + program.activities.kind.size + chosen
    mine = drawn
    most = np.array([_most(value) for value in rate[mine].tolist()])
    into = (of(rows.good, mine), of(rows.scrapped, mine))
    writer.write(
        event,
        Op.YIELD,
        place=at(mine, 0),
        rows=(int(rows.spare[13]), ring[mine], length[mine], draw[mine], *into),
        numbers=(rate[mine], most, AT_ONCE if at_once else 0),
    )
    mine = ~drawn & (rate < 1.0)
    rest = (of(rows.scrapped, mine), ring[mine], length[mine])
    writer.write(event, Op.ADD, place=at(mine, 0), rows=rest, numbers=(1.0 - rate[mine],))
    if at_once:
        late = of(rows.scrapped_at_once, drawn)
        writer.write(event, Op.ADD, place=at(drawn, 1), rows=(late, ring[drawn], length[drawn]), numbers=(1.0,))
        writer.write(event, Op.ADD, place=at(drawn, 2), rows=(late, int(rows.spare[13]), 1), numbers=(-1.0,))


def write_positions(writer: Writer, program: Program, *, rows: Rows, after: int) -> Sums:
    """Write that positions with fractions are added up anew before anybody orders, and return the sums the operations refer to.

    What is drawn differs from the mean that was counted when it was ordered, and kept sums of fractions would gather rounding
    noise.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    after : terms of sums that come before these.
    """
    chosen = np.flatnonzero(fractional(program))
    sums = SumWriter()
    add_positions(sums, program, rows=rows, chosen=chosen, owner=np.arange(chosen.size))
    terms = sums.finish(chosen.size)
    ends = (after + terms.start[:-1], after + terms.start[1:])
    writer.write("survey", Op.SUM, place=(0, 2, chosen), rows=(rows.position[chosen], *ends))
    return terms


def add_positions(sums: SumWriter, program: Program, *, rows: Rows, chosen: Integers, owner: Integers) -> None:
    """Add the terms of some inventory positions: stock and all that is due, less all that is claimed.

    Parameters
    ----------
    sums : takes the terms.
    program, rows : the network and its layout.
    chosen : Integers: buffers. owner : Integers: the sum of each.
    """
    buffers = program.buffers
    sums.add(owner, rows.on_hand[chosen])
    number, arc = spread(buffers.supply_start, chosen)
    source, quantity = buffers.supply_activity[arc], buffers.supply_quantity[arc]
    for ring in (Rings.of(rows.pipe, rows.pipe_length), Rings.of(rows.info, rows.info_length)):
        which, entry = spread(ring.start, source)
        sums.add(owner[number[which]], ring.rows[entry], weight=quantity[which])
    sums.add(owner[number], rows.waiting[source], weight=quantity)
    number, claim = spread(buffers.claim_start, chosen)
    is_stream, index = buffers.claim_kind[claim] == 0, buffers.claim_index[claim]
    for mine, row in ((is_stream, rows.backlog), (~is_stream, rows.waiting)):
        sums.add(owner[number[mine]], row[index[mine]], weight=-buffers.claim_quantity[claim[mine]])


def _most(rate: float) -> float:
    """Return how many units are drawn at once: a power of two, of which the chance that all are of the usual kind is a number."""
    units, chance = 1, max(rate, 1.0 - rate)
    while units < PART_MOST and chance * chance >= LEAST_CHANCE:
        units, chance = 2 * units, chance * chance
    return float(units)
