"""Event E3b as operations: buffers order, each after all that order from it without delay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import Policy
from chaintwin.network.program import Program
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows, slacks
from chaintwin.simulation.tape.tape import Writer

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


RULES = ((Policy.BASE_STOCK, Op.ORDER_UP_TO), (Policy.S_S, Op.ORDER_S_S), (Policy.R_NQ, Op.ORDER_R_NQ))
"""The operation of each policy."""


def write_orders(writer: Writer, program: Program, *, rows: Rows) -> None:
    """Write event E3b.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    """
    buffers = program.buffers
    place = np.empty(buffers.policy.size, dtype=np.int64)
    place[program.order.information] = np.arange(place.size)
    slack = slacks(program)
    ordering = buffers.policy != Policy.NONE
    reviewed = np.flatnonzero(ordering & (buffers.review_period > 1))
    writer.write(
        "order",
        Op.REVIEW,
        place=(place[reviewed], 0),
        rows=(buffers.review_period[reviewed], buffers.review_phase[reviewed], 0),
    )
    simple = _is_simple(program)
    _write_simple(writer, program, rows, place=place, slack=slack, chosen=np.flatnonzero(simple))
    _write_general(writer, program, rows, place=place, slack=slack, chosen=np.flatnonzero(ordering & ~simple))


def _is_simple(program: Program) -> NDArray[np.bool_]:
    """Tell which buffers order up to a level, from one source that takes any quantity, and lose no demand."""
    buffers, activities = program.buffers, program.activities
    plain = (activities.minimum_order == 0) & (activities.batch == 0) & (np.diff(activities.output_start) == 1)
    simple: NDArray[np.bool_] = (
        (buffers.policy == Policy.BASE_STOCK)
        & (np.diff(buffers.source_start) == 1)
        & (buffers.claim_lossy == 0)
        & (buffers.minimum_order == 0)
        & (buffers.batch == 0)
    )
    chosen = np.flatnonzero(simple)
    arc = buffers.source_start[chosen]
    simple[chosen] = (buffers.source_output[arc] == 1.0) & plain[buffers.source_activity[arc]]
    return simple


def _write_simple(writer: Writer, program: Program, rows: Rows, *, place: Integers, slack: Floats, chosen: Integers) -> None:
    buffers, activities = program.buffers, program.activities
    source = buffers.source_activity[buffers.source_start[chosen]]
    ring, length, ahead = _queue(program, rows, source)
    inputs = np.diff(activities.input_start)[source]
    visible = activities.information_delay[source] == 0
    has_first = (inputs > 0) & visible
    first = np.where(has_first, activities.input_start[source], 0)
    upstream = np.full(chosen.size, rows.nowhere, dtype=np.int64)
    taken = np.zeros(chosen.size)
    if activities.input_buffer.size:
        upstream = np.where(has_first, rows.position[activities.input_buffer[first]], rows.nowhere)
        taken = np.where(has_first, activities.input_quantity[first], 0.0)
    writer.write(
        "order",
        Op.ORDER_ALONE,
        place=(place[chosen], 1),
        rows=(rows.position[chosen], ring, length, upstream, int(rows.spare[2]), rows.orders[source], ahead),
        numbers=(buffers.low[chosen], slack[chosen], taken),
    )
    _write_upstream(writer, program, rows, place=(place[chosen], 2), activity=source, skip=1)


def _write_general(writer: Writer, program: Program, rows: Rows, *, place: Integers, slack: Floats, chosen: Integers) -> None:
    """Write what each buffer wants, and how its sources share it."""
    buffers = program.buffers
    projected, order = int(rows.spare[0]), int(rows.spare[1])
    lossy = buffers.claim_lossy[chosen] == 1
    _write_projection(writer, program, rows, place=place, chosen=chosen[lossy])
    position = np.where(lossy, projected, rows.position[chosen])
    low, high = buffers.low, buffers.high
    for policy, op in RULES:
        mine = buffers.policy[chosen] == policy
        which = chosen[mine]
        levels = (low[which],) if op is Op.ORDER_UP_TO else (low[which], high[which])
        writer.write("order", op, place=(place[which], 4), rows=(order, position[mine]), numbers=(*levels, slack[which]))
    shaped = chosen[(buffers.minimum_order[chosen] > 0) | (buffers.batch[chosen] > 0)]
    writer.write(
        "order",
        Op.ROUND,
        place=(place[shaped], 4, 1),
        rows=(order,),
        numbers=(1.0, buffers.minimum_order[shaped], buffers.batch[shaped], slack[shaped]),
    )
    count = np.diff(buffers.source_start)[chosen]
    arc = np.repeat(buffers.source_start[chosen] - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
    owner = np.repeat(chosen, count)
    source, part = buffers.source_activity[arc], int(rows.spare[2])
    _write_parts(writer, program, rows, place=place, owner=owner, arc=arc)
    _write_shapes(writer, program, rows, place=place, slack=slack, owner=owner, arc=arc)
    where = (place[owner], 5, arc - buffers.source_start[owner])
    ring, length, ahead = _queue(program, rows, source)
    writer.write(
        "order",
        Op.PLACE,
        place=(*where, 2),
        rows=(ring, length, part, rows.orders[source], ahead),
        numbers=(slack[owner],),
    )
    _write_supplied(writer, program, rows, place=where, activity=source)
    _write_upstream(writer, program, rows, place=where, activity=source, skip=0)


def _write_parts(writer: Writer, program: Program, rows: Rows, *, place: Integers, owner: Integers, arc: Integers) -> None:
    """Write each source's part of an order: by its share, in whole units by largest remainder."""
    buffers, streams = program.buffers, program.streams
    order, part = int(rows.spare[1]), int(rows.spare[2])
    first, count = buffers.source_start[owner], np.diff(buffers.source_start)[owner]
    item, alone = arc - first, count == 1
    total = buffers.source_total[owner]
    factor = np.where(alone, 1.0, buffers.source_share[arc] / total)
    by_remainder = ~alone if program.integer else np.zeros(arc.size, dtype=bool)
    real, whole = np.flatnonzero(~by_remainder), np.flatnonzero(by_remainder)
    writer.write("order", Op.PART, place=(place[owner[real]], 5, item[real], 0), rows=(part, order), numbers=(factor[real],))
    shares = streams.factor_value.size + streams.series_value.size + program.resources.capacity_value.size
    writer.write(
        "order",
        Op.PART_WHOLE,
        place=(place[owner[whole]], 5, item[whole], 0),
        rows=(part, order, shares + first[whole], count[whole], item[whole]),
        numbers=(total[whole],),
    )


def _write_shapes(
    writer: Writer, program: Program, rows: Rows, *, place: Integers, slack: Floats, owner: Integers, arc: Integers
) -> None:
    """Write that parts become units of the activity, in minimum orders and batches, where that changes them."""
    buffers, activities = program.buffers, program.activities
    source = buffers.source_activity[arc]
    output, minimum, batch = buffers.source_output[arc], activities.minimum_order[source], activities.batch[source]
    shaped = np.flatnonzero((output != 1.0) | (minimum > 0) | (batch > 0))
    item = arc - buffers.source_start[owner]
    writer.write(
        "order",
        Op.ROUND,
        place=(place[owner[shaped]], 5, item[shaped], 1),
        rows=(int(rows.spare[2]),),
        numbers=(output[shaped], minimum[shaped], batch[shaped], slack[owner[shaped]]),
    )


def _write_projection(writer: Writer, program: Program, rows: Rows, *, place: Integers, chosen: Integers) -> None:
    """Write the dry run of the allocation that tells which of today's demand will be lost."""
    buffers = program.buffers
    projected, left, total = (int(rows.spare[number]) for number in (0, 3, 4))
    writer.write("order", Op.COPY, place=(place[chosen], 1), rows=(projected, rows.position[chosen]))
    first, end = buffers.claim_start[chosen], buffers.claim_start[chosen + 1]
    writer.write("order", Op.ALLOCATE, place=(place[chosen], 2), rows=(rows.on_hand[chosen], left, total, first, end))
    owner = np.repeat(np.arange(place.size), np.diff(buffers.claim_start))
    is_chosen = np.zeros(place.size, dtype=bool)
    is_chosen[chosen] = True
    claim = np.flatnonzero(is_chosen[owner] & (buffers.claim_kind == 0)) if owner.size else np.zeros(0, dtype=np.int64)
    stream = buffers.claim_index[claim]
    writer.write(
        "order",
        Op.PROJECT,
        place=(place[owner[claim]], 3, claim - buffers.claim_start[owner[claim]]),
        rows=(projected, rows.backlog[stream], rows.grants[claim], rows.demand[stream]),
        numbers=(program.streams.lost_fraction[stream],),
    )


def _write_supplied(
    writer: Writer, program: Program, rows: Rows, *, place: tuple[Integers, int, Integers], activity: Integers
) -> None:
    """Write that what is ordered counts in the position of every buffer it will reach."""
    activities = program.activities
    count = np.diff(activities.output_start)[activity]
    which = np.repeat(np.arange(activity.size), count)
    arc = np.repeat(activities.output_start[activity] - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
    into = rows.position[activities.output_buffer[arc]]
    keep = into != rows.nowhere
    which, arc, into = which[keep], arc[keep], into[keep]
    step = 16 + arc - activities.output_start[activity[which]]
    writer.write(
        "order",
        Op.ADD,
        place=(place[0][which], place[1], place[2][which], np.minimum(step, 255)),
        rows=(into, int(rows.spare[2]), 1),
        numbers=(activities.output_quantity[arc],),
    )


def _write_upstream(
    writer: Writer,
    program: Program,
    rows: Rows,
    *,
    place: tuple[Integers, int] | tuple[Integers, int, Integers],
    activity: Integers,
    skip: int,
) -> None:
    """Write that an order seen at once lowers the position of the buffers it will be taken from; the first ``skip`` are done."""
    activities = program.activities
    seen = activities.information_delay[activity] == 0
    first = activities.input_start[activity] + skip
    count = np.where(seen, np.maximum(activities.input_start[activity + 1] - first, 0), 0)
    which = np.repeat(np.arange(activity.size), count)
    arc = np.repeat(first - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
    into = rows.position[activities.input_buffer[arc]]
    keep = into != rows.nowhere
    which, arc, into = which[keep], arc[keep], into[keep]
    item = place[2][which] if len(place) == 3 else 0
    step = 256 + arc - activities.input_start[activity[which]]
    writer.write(
        "order",
        Op.ADD,
        place=(place[0][which], place[1], item, np.minimum(step, 511)),
        rows=(into, int(rows.spare[2]), 1),
        numbers=(-activities.input_quantity[arc],),
    )


def _queue(program: Program, rows: Rows, activity: Integers) -> tuple[Integers, Integers, Integers]:
    """Return the ring that new orders join, its length, and how far ahead: orders on their way, or without delay the queue."""
    delay, length = program.activities.information_delay[activity], rows.info_length[activity]
    delayed = delay > 0
    # Today's row has been read already, so in a ring as long as the delay it is the one to write to.
    ahead = np.where(length > delay, delay, 0)
    return (
        np.where(delayed, rows.info[activity], rows.waiting[activity]),
        np.where(delayed, length, 1),
        np.where(delayed, ahead, 0),
    )
