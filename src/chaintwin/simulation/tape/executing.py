"""Event E4 as operations: buffers allocate and ship, then activities start, level by level, upstream first.

Capacities are found out before anybody orders, because orders may depend on them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import Effect
from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.counting.sums import Sums
from chaintwin.simulation.tape.leads import Leads
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rooms.filling import Filling, filling_of
from chaintwin.simulation.tape.rooms.storing import write_room
from chaintwin.simulation.tape.rows import Rows, ripens, slacks
from chaintwin.simulation.tape.sharing import write_sharing
from chaintwin.simulation.tape.supply.yields import write_yields
from chaintwin.simulation.tape.tape import Writer

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class _Plan(NamedTuple):
    """Where each buffer and activity has its turn: level and place in the level; and which take the short way.

    ``alone`` marks buffers with one claim; ``direct`` activities that start in one operation, ``own`` those whose input nobody
    else has a claim on, ``ringed`` those whose start may go into the pipeline as it is. ``slack`` is what is too little for an
    activity to count as a start.
    """

    buffer_level: Integers
    buffer_place: Integers
    activity_level: Integers
    activity_place: Integers
    alone: Flags
    direct: Flags
    own: Flags
    ringed: Flags
    slack: Floats


def write_execution(writer: Writer, program: Program, *, rows: Rows, resource_share: Floats, leads: Leads, rooms: Sums) -> None:
    """Write event E4.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    resource_share : Floats[K], 0 to 1: part of each resource that works; it stays so.
    leads : tables of lead times.
    rooms : what the stock in each room takes, as for ``storing.write_room``.
    """
    filling = filling_of(program).at_once(leads.shortest)
    plan = _plan(program, rows, filling=filling)
    _write_capacity(writer, program, rows, share=resource_share)
    _write_allocation(writer, program, rows, plan)
    _write_direct(writer, program, rows, plan)
    others = np.flatnonzero(~plan.direct)
    uses = (np.diff(program.activities.use_start) > 0) | (filling.net > 0)
    _write_limits(writer, program, rows, plan, chosen=others[uses[others]], step=3)
    _write_cuts(writer, program, rows, plan, filling=filling)
    _write_needed_rooms(writer, program, rows, plan, filling=filling, terms=rooms)
    # What uses no resource is limited and started in one go, because all share one row for what starts.
    _write_limits(writer, program, rows, plan, chosen=others[~uses[others]], step=8)
    _write_starts(writer, program, rows, plan, chosen=others)
    _write_sent(writer, program, rows, plan, chosen=np.flatnonzero(~(plan.direct & plan.ringed)), leads=leads)


def _plan(program: Program, rows: Rows, *, filling: Filling) -> _Plan:
    buffers, activities = program.buffers, program.activities
    buffer_level, buffer_place = program.order.buffer_turns()
    activity_level, activity_place = program.order.activity_turns()
    # Demand that is shipped whole has to be looked at even where nobody else has a claim.
    alone = np.diff(buffers.claim_start) == 1
    alone[program.streams.buffer[program.streams.complete == 1]] = False
    inputs = np.diff(activities.input_start)
    no_use = (np.diff(activities.use_start) == 0) & (filling.net == 0)
    fixed = (activities.lead_random == 0) & (activities.lead_fixed > 0) & (activities.lead_fixed == rows.pipe_length)
    fixed |= ripens(program)
    own = np.ones(inputs.size, dtype=bool)
    fed = np.flatnonzero(inputs == 1)
    own[fed] = alone[activities.input_buffer[activities.input_start[fed]]]
    direct = no_use & (inputs <= 1)
    slack = np.zeros(inputs.size)
    makers = np.repeat(np.arange(inputs.size), np.diff(activities.output_start))
    np.maximum.at(slack, makers, slacks(program)[activities.output_buffer])
    return _Plan(buffer_level, buffer_place, activity_level, activity_place, alone, direct, own, fixed, slack)


def _write_capacity(writer: Writer, program: Program, rows: Rows, *, share: Floats) -> None:
    resources = program.resources
    before = program.streams.factor_value.size + program.streams.series_value.size
    start, count = resources.capacity_start[:-1] + before, np.diff(resources.capacity_start)
    every = np.arange(count.size)
    writer.write("survey", Op.CAPACITY, place=(0, 0, every), rows=(rows.capacity, start, count), numbers=(share,))


def _write_allocation(writer: Writer, program: Program, rows: Rows, plan: _Plan) -> None:
    """Write that buffers share their stock and ship to customers; stock with one claim needs no sharing."""
    buffers = program.buffers
    owner = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.claim_start))
    several = np.flatnonzero((np.diff(buffers.claim_start) > 0) & ~plan.alone)
    where = (plan.buffer_level[several], 1, plan.buffer_place[several])
    write_sharing(writer, program, rows=rows, event="execute", place=where, chosen=several)
    claim = np.flatnonzero(buffers.claim_kind == 0)
    at, stream = owner[claim], buffers.claim_index[claim]
    shared, single = ~plan.alone[at], plan.alone[at]
    step = np.minimum(1 + claim - buffers.claim_start[at], 511)
    for chosen, op in ((shared, Op.SHIP), (single, Op.SHIP_ALONE)):
        which, who = at[chosen], stream[chosen]
        grant = (rows.grants[claim[chosen]],) if op is Op.SHIP else ()
        writer.write(
            "execute",
            op,
            place=(plan.buffer_level[which], 1, plan.buffer_place[which], step[chosen]),
            rows=(rows.backlog[who], rows.on_hand[which], *grant, rows.shipped[who]),
        )


def _write_direct(writer: Writer, program: Program, rows: Rows, plan: _Plan) -> None:
    activities = program.activities
    inputs = np.diff(activities.input_start)
    fed, free = np.flatnonzero(plan.direct & (inputs == 1)), np.flatnonzero(plan.direct & (inputs == 0))
    granted, fed = fed[~plan.own[fed]], fed[plan.own[fed]]
    # What does not go into the pipeline as it is goes into a row of its own, from which it is sent.
    into, length = np.where(plan.ringed, rows.pipe, rows.starts), np.where(plan.ringed, rows.pipe_length, 1)
    arc = activities.input_start[granted]
    writer.write(
        "execute",
        Op.START_GRANTED,
        place=(plan.activity_level[granted], 8, plan.activity_place[granted]),
        rows=(
            rows.on_hand[activities.input_buffer[arc]],
            rows.grants[activities.input_claim[arc]],
            rows.waiting[granted],
            into[granted],
            length[granted],
            rows.started[granted],
            rows.start_count[granted],
        ),
        numbers=(activities.input_quantity[arc], plan.slack[granted]),
    )
    arc = activities.input_start[fed]
    writer.write(
        "execute",
        Op.START_ALONE,
        place=(plan.activity_level[fed], 8, plan.activity_place[fed]),
        rows=(
            rows.on_hand[activities.input_buffer[arc]],
            rows.waiting[fed],
            into[fed],
            length[fed],
            rows.started[fed],
            rows.start_count[fed],
        ),
        numbers=(activities.input_quantity[arc], plan.slack[fed]),
    )
    writer.write(
        "execute",
        Op.START_FREE,
        place=(plan.activity_level[free], 8, plan.activity_place[free]),
        rows=(rows.waiting[free], into[free], length[free], rows.started[free], rows.start_count[free]),
        numbers=(plan.slack[free],),
    )


def _write_limits(writer: Writer, program: Program, rows: Rows, plan: _Plan, *, chosen: Integers, step: int) -> None:
    """Write what each activity can start: what is ordered, as far as granted inputs reach."""
    if not chosen.size:
        return
    activities = program.activities
    level, place = plan.activity_level[chosen], plan.activity_place[chosen]
    writer.write("execute", Op.COPY, place=(level, step, place, 0), rows=(rows.starts[chosen], rows.waiting[chosen]))
    owner, arc = _arcs(activities.input_start, chosen)
    at = activities.input_buffer[arc]
    item = np.minimum(1 + arc - activities.input_start[owner], 100)
    for alone, op in ((False, Op.LIMIT), (True, Op.LIMIT_ALONE)):
        mine = plan.alone[at] == alone
        source = rows.on_hand[at[mine]] if alone else rows.grants[activities.input_claim[arc[mine]]]
        writer.write(
            "execute",
            op,
            place=(plan.activity_level[owner[mine]], step, plan.activity_place[owner[mine]], item[mine]),
            rows=(rows.starts[owner[mine]], source),
            numbers=(activities.input_quantity[arc[mine]],),
        )
    if program.integer:
        writer.write("execute", Op.FLOOR, place=(level, step, place, 101), rows=(rows.starts[chosen],))


def _write_cuts(writer: Writer, program: Program, rows: Rows, plan: _Plan, *, filling: Filling) -> None:
    """Write that users of scarce resources are cut to the scarcest, from what they wanted before any cut."""
    activities, order = program.activities, program.order
    cutting = (np.diff(activities.use_start) > 0) | (filling.net > 0)
    chosen = np.flatnonzero(cutting)
    if not chosen.size:
        return
    owner, arc = _arcs(activities.use_start, chosen)
    level, place = plan.activity_level[owner], plan.activity_place[owner]
    resource, start = activities.use_resource[arc], rows.starts[owner]
    item = np.minimum(1 + arc - activities.use_start[owner], 100)
    levels = np.repeat(np.arange(order.level_resource_start.size - 1), np.diff(order.level_resource_start))
    used = order.level_resource
    writer.write("execute", Op.CLEAR, place=(levels, 2, used), rows=(rows.need[used], 1))
    writer.write(
        "execute",
        Op.ADD,
        place=(level, 4, place, item),
        rows=(rows.need[resource], start, 1),
        numbers=(activities.use_quantity[arc],),
    )
    cut = int(rows.spare[5])
    each = (plan.activity_level[chosen], 5, plan.activity_place[chosen])
    writer.write("execute", Op.COPY, place=(*each, 0), rows=(cut, rows.starts[chosen]))
    writer.write(
        "execute", Op.CUT, place=(level, 5, place, item), rows=(cut, start, rows.need[resource], rows.capacity[resource])
    )
    writer.write("execute", Op.COPY, place=(*each, 101), rows=(rows.starts[chosen], cut))
    if program.integer:
        writer.write("execute", Op.FLOOR, place=(*each, 102), rows=(rows.starts[chosen],))
    for into, factor in ((rows.capacity, -1.0), (rows.used, 1.0)):
        writer.write(
            "execute",
            Op.ADD,
            place=(level, 6, place, item + (101 if factor > 0 else 0)),
            rows=(into[resource], start, 1),
            numbers=(factor * activities.use_quantity[arc],),
        )
    writer.write("execute", Op.CLAMP, place=(levels, 7, used), rows=(rows.capacity[used],))


def _write_needed_rooms(writer: Writer, program: Program, rows: Rows, plan: _Plan, *, filling: Filling, terms: Sums) -> None:
    """Write that a room is one more resource for what fills it without a lead time: so much as is free of it in the level."""
    chosen = np.flatnonzero(filling.net > 0)
    level, place, room = plan.activity_level[chosen], plan.activity_place[chosen], filling.room[chosen]
    levels, rooms = np.unique(np.stack([level, room]), axis=1)
    after = program.counts[3]
    write_room(writer, program, event="execute", place=(levels, 2, after + rooms), rows=rows, terms=terms, chosen=rooms)
    need, free, start = rows.room_need[room], rows.room_free[room], rows.starts[chosen]
    writer.write("execute", Op.ADD, place=(level, 4, place, 101), rows=(need, start, 1), numbers=(filling.net[chosen],))
    writer.write("execute", Op.CUT, place=(level, 5, place, 100), rows=(int(rows.spare[5]), start, need, free))


def _write_starts(writer: Writer, program: Program, rows: Rows, plan: _Plan, *, chosen: Integers) -> None:
    """Write that inputs leave stock and what starts leaves the queue."""
    if not chosen.size:
        return
    activities = program.activities
    level, place = plan.activity_level[chosen], plan.activity_place[chosen]
    owner, arc = _arcs(activities.input_start, chosen)
    writer.write(
        "execute",
        Op.ADD,
        place=(
            plan.activity_level[owner],
            8,
            plan.activity_place[owner],
            np.minimum(110 + arc - activities.input_start[owner], 200),
        ),
        rows=(rows.on_hand[activities.input_buffer[arc]], rows.starts[owner], 1),
        numbers=(-activities.input_quantity[arc],),
    )
    writer.write(
        "execute",
        Op.BEGIN,
        place=(level, 8, place, 201),
        rows=(rows.waiting[chosen], rows.starts[chosen], rows.started[chosen], rows.start_count[chosen]),
        numbers=(plan.slack[chosen],),
    )


def _write_sent(writer: Writer, program: Program, rows: Rows, plan: _Plan, *, chosen: Integers, leads: Leads) -> None:
    """Write that what starts goes on its way, or into stock where there is no lead time."""
    if not chosen.size:
        return
    activities, lead = program.activities, int(rows.spare[6])
    level, place = plan.activity_level[chosen], plan.activity_place[chosen]
    ripe = ripens(program)[chosen]
    random = (activities.lead_random[chosen] == 1) & ~ripe
    queued = random & (rows.latest[chosen] != rows.nowhere)
    stretch = rows.struck.row_of(Effect.LEAD, count=activities.kind.size)
    stretched = random & (stretch[chosen] >= 0)
    at_once = (activities.lead_fixed[chosen] == 0) & ~random & ~ripe
    exact = ripe | (activities.lead_fixed[chosen] == rows.pipe_length[chosen])
    draw = program.streams.stream.size + np.arange(activities.kind.size)
    ring, starts = (rows.pipe, rows.pipe_length), rows.starts
    for mine, part, op, operands in (
        (queued | stretched, 202, Op.LEAD, (lead, draw, leads.of)),
        (stretched, 203, Op.STRETCH, (lead, stretch)),
        (queued, 204, Op.QUEUE, (lead, starts, rows.latest)),
        (queued | stretched, 205, Op.SCATTER, (*ring, starts, lead, rows.lead_sum)),
        (random & ~queued & ~stretched, 205, Op.SEND, (*ring, starts, draw, leads.of, lead, rows.lead_sum)),
        (~random & ~at_once & exact, 205, Op.PUT, (*ring, starts)),
        (~random & ~at_once & ~exact, 205, Op.PUT_AHEAD, (*ring, activities.lead_fixed, starts)),
    ):
        which = chosen[mine]
        rows_of: list[int | Integers] = [value if isinstance(value, int) else value[which] for value in operands]
        number = {Op.QUEUE: plan.slack, Op.STRETCH: activities.lead_max}.get(op)
        numbers = () if number is None else (number[which].astype(np.float64),)
        writer.write("execute", op, place=(level[mine], 8, place[mine], part), rows=rows_of, numbers=numbers)
    _write_finished(writer, program, rows, plan, chosen=chosen[at_once | (random & (leads.shortest[chosen] == 0))])


def _write_finished(writer: Writer, program: Program, rows: Rows, plan: _Plan, *, chosen: Integers) -> None:
    """Write that what has no lead time, or drew none, is in stock at once."""
    if not chosen.size:
        return
    activities, lead = program.activities, int(rows.spare[6])
    come = np.where(activities.lead_random == 1, lead, rows.starts)
    place = (plan.activity_level[chosen], 8, plan.activity_place[chosen], 207)
    arrived = (come[chosen], np.ones(chosen.size, dtype=np.int64))
    paid = np.flatnonzero(rows.received[chosen] != rows.nowhere)
    due = tuple(part[paid] if isinstance(part, np.ndarray) else part for part in (*place[:3], 206))
    writer.write("execute", Op.ADD, place=due, rows=(rows.received[chosen[paid]], arrived[0][paid], 1), numbers=(1.0,))
    write_yields(writer, program, rows=rows, event="execute", place=place, arrived=arrived, chosen=chosen)
    owner, arc = _arcs(activities.output_start, chosen)
    drawn = program.yields_drawn[owner]
    writer.write(
        "execute",
        Op.ADD,
        place=(
            plan.activity_level[owner],
            8,
            plan.activity_place[owner],
            np.minimum(210 + arc - activities.output_start[owner], 500),
        ),
        rows=(
            rows.on_hand[activities.output_buffer[arc]],
            np.where(drawn, rows.spare[13], come[owner]),
            1,
        ),
        numbers=(np.where(drawn, activities.output_gross[arc], activities.output_quantity[arc]),),
    )
    # The position counted what was ordered by its mean yield.
    position = rows.position[activities.output_buffer[arc]]
    late = np.flatnonzero(drawn & (position != rows.nowhere))
    owner, arc, position = owner[late], arc[late], position[late]
    for row, part, factor in (
        (np.full(late.size, rows.spare[13]), 501, activities.output_gross[arc]),
        (come[owner], 502, -activities.output_quantity[arc]),
    ):
        where = (plan.activity_level[owner], 8, plan.activity_place[owner], part)
        writer.write("execute", Op.ADD, place=where, rows=(position, row, 1), numbers=(factor,))


def _arcs(start: Integers, chosen: Integers) -> tuple[Integers, Integers]:
    """Return owner and number of every entry of the rows of the chosen entities."""
    place, arc = spread(start, chosen)
    return chosen[place], arc
