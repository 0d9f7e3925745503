"""Sources in tiers as operations: what each could start today, and what the tiers before leave to the next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.counting.sums import Sums, SumWriter
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows
from chaintwin.simulation.tape.supply.comparing import tiered
from chaintwin.simulation.tape.tape import Writer

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EVERYTHING = 1e300
"""What a source can start that takes from no stock and no resource."""

FIRST, NEXT, LAST = 5, 6, 7
"""Steps of a buffer's turn: the order is cut to what the first tier can start; the next tiers; the first tier in the end, which
gets what nobody could start as well."""


def write_survey(writer: Writer, program: Program, *, rows: Rows, after: int) -> Sums:
    """Write what of stock and capacity nobody has claimed before anybody orders, and return the sums the operations refer to.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    after : terms of sums that come before these.
    """
    buffers, activities = program.buffers, program.activities
    stocks = np.flatnonzero(rows.free_stock != rows.nowhere)
    capacities = np.flatnonzero(rows.free_capacity != rows.nowhere)
    sums = SumWriter()
    sums.add(np.arange(stocks.size), rows.on_hand[stocks])
    number, claim = spread(buffers.claim_start, stocks)
    is_stream, index, quantity = buffers.claim_kind[claim] == 0, buffers.claim_index[claim], buffers.claim_quantity[claim]
    sums.add(number[is_stream], rows.backlog[index[is_stream]], weight=-quantity[is_stream])
    sums.add(number[~is_stream], rows.waiting[index[~is_stream]], weight=-quantity[~is_stream])
    each = stocks.size + np.arange(capacities.size)
    sums.add(each, rows.capacity[capacities])
    owner = np.repeat(np.arange(activities.kind.size), np.diff(activities.use_start))
    place = np.full(program.counts[3], -1, dtype=np.int64)
    place[capacities] = each
    using = np.flatnonzero(place[activities.use_resource] >= 0)
    sums.add(place[activities.use_resource[using]], rows.waiting[owner[using]], weight=-activities.use_quantity[using])
    terms = sums.finish(stocks.size + capacities.size)
    into = np.concatenate([rows.free_stock[stocks], rows.free_capacity[capacities]])
    ends = (after + terms.start[:-1], after + terms.start[1:])
    writer.write("survey", Op.SUM, place=(0, 1, np.arange(into.size)), rows=(into, *ends))
    return terms


def source_places(program: Program) -> tuple[Integers, Integers]:
    """Return step and item of each source in its buffer's turn, leaving room before each tier for what is compared there."""
    buffers = program.buffers
    later = buffers.source_tier > 0
    room = _room(program)
    item = np.cumsum(room) + np.arange(room.size) + 1
    owner = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.source_start))
    first = np.where(np.diff(buffers.source_start) > 0, buffers.source_start[:-1], 0)
    base = (item - room)[first] if item.size else first
    return np.where(later, NEXT, LAST), item - base[owner] + 1


def write_tiers(writer: Writer, program: Program, *, rows: Rows, place: Integers) -> None:
    """Write how an order is cut into what each tier can start today.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    place : Integers[N]: turn of each buffer.
    """
    buffers = program.buffers
    if not tiered(program).any():
        return
    owner = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.source_start))
    order, left, taken, most = (int(rows.spare[number]) for number in (1, 9, 10, 11))
    chosen = np.flatnonzero(tiered(program)[owner])
    _, items = source_places(program)
    opens = _opens_tier(program)
    first = chosen[opens[chosen]]
    step = np.where(buffers.source_tier == 0, FIRST, NEXT)
    start = items - _room(program)
    # Every source of a tier adds what it can start before the tier takes its part.
    tier = np.cumsum(opens) - 1
    base = start[np.flatnonzero(opens)][tier] if opens.size else start
    offset = _offsets(program, opens)
    writer.write("order", Op.SET, place=(place[owner[first]], step[first], base[first]), rows=(most,), numbers=(0.0,))
    _write_abilities(writer, program, rows, where=(place[owner], step, base + 1 + offset), chosen=chosen)
    last = items[np.flatnonzero(opens)][tier] - 1 if opens.size else items
    mine = first[buffers.source_tier[first] == 0]
    writer.write("order", Op.TAKE, place=(place[owner[mine]], FIRST, last[mine]), rows=(order, left, most))
    later = first[buffers.source_tier[first] > 0]
    writer.write("order", Op.TAKE_NEXT, place=(place[owner[later]], NEXT, last[later]), rows=(taken, left, most))
    buffer = np.flatnonzero(tiered(program))
    writer.write("order", Op.ADD, place=(place[buffer], LAST, 0), rows=(order, left, 1), numbers=(1.0,))


def _write_abilities(
    writer: Writer, program: Program, rows: Rows, *, where: tuple[Integers, Integers, Integers], chosen: Integers
) -> None:
    """Write that each source adds what its inputs and resources allow today to what its tier can start."""
    buffers, activities = program.buffers, program.activities
    most, able = int(rows.spare[11]), int(rows.spare[12])
    turn, step, item = (part[chosen] for part in where)
    source = buffers.source_activity[chosen]
    writer.write("order", Op.SET, place=(turn, step, item), rows=(able,), numbers=(EVERYTHING,))
    inputs, uses = np.diff(activities.input_start)[source], np.diff(activities.use_start)[source]
    for start, before, row, quantity in (
        (activities.input_start, np.zeros_like(inputs), rows.free_stock[activities.input_buffer], activities.input_quantity),
        (activities.use_start, inputs, rows.free_capacity[activities.use_resource], activities.use_quantity),
    ):
        which, arc = spread(start, source)
        which, arc = which[quantity[arc] > 0], arc[quantity[arc] > 0]
        number = 1 + before[which] + arc - start[source[which]]
        writer.write(
            "order",
            Op.LEAST,
            place=(turn[which], step[which], item[which] + number),
            rows=(able, row[arc]),
            numbers=(quantity[arc],),
        )
    writer.write(
        "order",
        Op.ADD,
        place=(turn, step, item + 1 + inputs + uses),
        rows=(most, able, 1),
        numbers=(buffers.source_output[chosen],),
    )


def _opens_tier(program: Program) -> NDArray[np.bool_]:
    """Tell which sources are the first of a tier of their buffer."""
    buffers = program.buffers
    owner = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.source_start))
    opens = np.ones(owner.size, dtype=bool)
    opens[1:] = (owner[1:] != owner[:-1]) | (buffers.source_tier[1:] != buffers.source_tier[:-1])
    return opens


def _lengths(program: Program) -> Integers:
    """Return how many operations find out what each source can start."""
    activities = program.activities
    return (2 + np.diff(activities.input_start) + np.diff(activities.use_start))[program.buffers.source_activity]


def _offsets(program: Program, opens: NDArray[np.bool_]) -> Integers:
    """Return how many operations of its tier come before those of each source."""
    before = np.cumsum(_lengths(program)) - _lengths(program)
    return before - before[np.flatnonzero(opens)][np.cumsum(opens) - 1] if opens.size else before


def _room(program: Program) -> Integers:
    """Return, for the first source of a tier, how many operations of comparing come before it."""
    opens = _opens_tier(program)
    if not opens.size:
        return np.zeros(0, dtype=np.int64)
    first = np.flatnonzero(opens)
    room = np.zeros(opens.size, dtype=np.int64)
    room[first] = np.add.reduceat(_lengths(program), first) + 2
    return room
