"""Event E3b as operations: buffers order, each after all that order from it without delay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import Policy
from chaintwin.network.program import Program
from chaintwin.simulation.counting.sums import Sums
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows, slacks
from chaintwin.simulation.tape.tape import Writer
from chaintwin.simulation.tape.wanting import write_wants

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def write_orders(writer: Writer, program: Program, *, rows: Rows) -> Sums:
    """Write event E3b and return the sums its operations refer to.

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
        place=(place[reviewed], 0, 1),
        rows=(buffers.review_period[reviewed], buffers.review_phase[reviewed], 0),
    )
    simple = _is_simple(program, rows)
    _write_simple(writer, program, rows, place=place, slack=slack, chosen=np.flatnonzero(simple))
    general = np.flatnonzero(ordering & ~simple)
    terms = write_wants(writer, program, rows=rows, place=place, slack=slack, chosen=general)
    _write_general(writer, program, rows, place=place, slack=slack, chosen=general)
    return terms


def _is_simple(program: Program, rows: Rows) -> NDArray[np.bool_]:
    """Tell which buffers order up to a level, from one source that takes any quantity, and lose neither demand nor stock."""
    buffers, activities = program.buffers, program.activities
    plain = (activities.minimum_order == 0) & (activities.batch == 0) & (np.diff(activities.output_start) == 1)
    simple: NDArray[np.bool_] = (
        (buffers.policy == Policy.BASE_STOCK)
        & (np.diff(buffers.level_start) == 0)
        & (np.diff(buffers.source_start) == 1)
        & (buffers.claim_lossy == 0)
        & (buffers.minimum_order == 0)
        & (buffers.batch == 0)
        & (rows.expired == rows.nowhere)
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
    """Write how the sources of each buffer share what it wants."""
    buffers = program.buffers
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
    # Buffers whose rules forecast count the first input as well.
    for into, skipped, factor, shift in ((rows.position, skip, -1.0, 256), (rows.claimed, 0, 1.0, 384)):
        first = activities.input_start[activity] + skipped
        count = np.where(seen, np.maximum(activities.input_start[activity + 1] - first, 0), 0)
        which = np.repeat(np.arange(activity.size), count)
        arc = np.repeat(first - np.cumsum(count) + count, count) + np.arange(int(count.sum()))
        row = into[activities.input_buffer[arc]]
        keep = row != rows.nowhere
        which, arc, row = which[keep], arc[keep], row[keep]
        item = place[2][which] if len(place) == 3 else 0
        step = np.minimum(shift + arc - activities.input_start[activity[which]], shift + 127)
        writer.write(
            "order",
            Op.ADD,
            place=(place[0][which], place[1], item, step),
            rows=(row, int(rows.spare[2]), 1),
            numbers=(factor * activities.input_quantity[arc],),
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
