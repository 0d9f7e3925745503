"""Substitutes as operations: before a buffer orders by its rule it takes what it lacks today (METHODS 1.5, substitution)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.counting.sums import Sums, SumWriter
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows, fractional
from chaintwin.simulation.tape.sourcing import EVERYTHING
from chaintwin.simulation.tape.tape import Writer

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def write_missing(writer: Writer, program: Program, *, rows: Rows, place: Integers, slack: Floats) -> Sums:
    """Write what each buffer with substitutes lacks: claims beyond its stock and what has been ordered without lead time.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    place : Integers[N]: turn of each buffer.
    slack : Floats[N]: what is no larger is nothing.

    Returns
    -------
    The sums the operations refer to, the first of the tape.
    """
    buffers, activities = program.buffers, program.activities
    chosen = np.flatnonzero(np.diff(buffers.substitute_start))
    sums, every = SumWriter(), np.arange(chosen.size)
    sums.add(every, rows.on_hand[chosen])
    number, arc = spread(buffers.supply_start, chosen)
    source = buffers.supply_activity[arc]
    at_once = (activities.lead_random[source] == 0) & (activities.lead_fixed[source] == 0)
    sums.add(number[at_once], rows.waiting[source[at_once]], weight=buffers.supply_quantity[arc[at_once]])
    number, claim = spread(buffers.claim_start, chosen)
    is_stream, index = buffers.claim_kind[claim] == 0, buffers.claim_index[claim]
    for mine, row in ((is_stream, rows.backlog), (~is_stream, rows.waiting)):
        sums.add(number[mine], row[index[mine]], weight=-buffers.claim_quantity[claim[mine]])
    terms = sums.finish(chosen.size)
    over, lacking = int(rows.spare[0]), int(rows.spare[9])
    writer.write("order", Op.SUM, place=(place[chosen], 0, 1), rows=(over, terms.start[:-1], terms.start[1:]))
    writer.write("order", Op.ORDER_UP_TO, place=(place[chosen], 0, 2), rows=(lacking, over), numbers=(0.0, slack[chosen]))
    return terms


def write_parts(writer: Writer, program: Program, *, rows: Rows, place: Integers) -> tuple[Integers, Integers, Integers]:
    """Write what each substitute gives: what is lacking still, as far as its inputs and resources are free.

    Parameters
    ----------
    writer, program, rows, place : as for ``write_missing``.

    Returns
    -------
    Turn, step and item of each substitute, at which its part is known from part 3 on.
    """
    buffers, activities = program.buffers, program.activities
    owner = np.repeat(np.arange(place.size), np.diff(buffers.substitute_start))
    source, output = buffers.substitute_activity, buffers.substitute_output
    part, lacking, able = (int(rows.spare[number]) for number in (2, 9, 12))
    turn, step = place[owner], np.zeros(owner.size, dtype=np.int64)
    item: Integers = 3 + 2 * (np.arange(owner.size) - buffers.substitute_start[owner])
    writer.write("order", Op.SET, place=(turn, step, item, 0), rows=(able,), numbers=(np.full(owner.size, EVERYTHING),))
    for start, before, row, quantity in (
        (activities.input_start, 0, rows.free_stock[activities.input_buffer], activities.input_quantity),
        (activities.use_start, 1000, rows.free_capacity[activities.use_resource], activities.use_quantity),
    ):
        which, arc = spread(start, source)
        which, arc = which[quantity[arc] > 0], arc[quantity[arc] > 0]
        number = np.minimum(1 + before + arc - start[source[which]], 1000 + before)
        at = (turn[which], step[which], item[which], number)
        writer.write("order", Op.LEAST, place=at, rows=(able, row[arc]), numbers=(quantity[arc],))
    where = (turn, step, item + 1)
    writer.write("order", Op.COPY, place=(*where, 0), rows=(np.full(owner.size, part), lacking))
    real = np.flatnonzero((output != 1.0) | fractional(program)[owner])
    writer.write(
        "order", Op.ROUND, place=(turn[real], step[real], item[real] + 1, 1), rows=(part,), numbers=(output[real], 0.0, 0.0, 0.0)
    )
    writer.write("order", Op.LEAST, place=(*where, 2), rows=(part, able), numbers=(np.ones(owner.size),))
    return where


def write_rests(writer: Writer, program: Program, *, rows: Rows, where: tuple[Integers, Integers, Integers]) -> None:
    """Write what is lacking after each substitute.

    Parameters
    ----------
    writer, program, rows : as for ``write_missing``.
    where : turn, step and item of each substitute.
    """
    part, lacking = int(rows.spare[2]), int(rows.spare[9])
    output = program.buffers.substitute_output
    writer.write("order", Op.ADD, place=(*where, 1500), rows=(lacking, part, 1), numbers=(-output,))
    writer.write("order", Op.CLAMP, place=(*where, 1501), rows=(np.full(output.size, lacking),))


def write_there(writer: Writer, program: Program, *, rows: Rows, place: Integers, chosen: Integers) -> Integers:
    """Write what some buffers will have to share today with what substitutes were asked for, and return its row for each buffer.

    Parameters
    ----------
    writer, program, rows, place : as for ``write_missing``.
    chosen : Integers: the buffers.
    """
    buffers = program.buffers
    there = rows.on_hand.copy()
    helped = chosen[np.diff(buffers.substitute_start)[chosen] > 0]
    more = int(rows.spare[1])
    there[helped] = more
    writer.write("order", Op.COPY, place=(place[helped], 1, 2), rows=(np.full(helped.size, more), rows.on_hand[helped]))
    number, arc = spread(buffers.substitute_start, helped)
    waiting = rows.waiting[buffers.substitute_activity[arc]]
    at = (place[helped[number]], 1, 3)
    writer.write("order", Op.ADD, place=at, rows=(more, waiting, 1), numbers=(buffers.substitute_output[arc],))
    # A mean yield makes fractions, and whole units are shared.
    broken = helped[fractional(program)[helped]]
    writer.write("order", Op.FLOOR, place=(place[broken], 1, 4), rows=(np.full(broken.size, more),))
    return there
