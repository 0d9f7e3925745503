"""Event E3b as operations: buffers order, each after all that order from it without delay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import TWO_SPEEDS, Policy
from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.counting.sums import Sums
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows, fractional, slacks
from chaintwin.simulation.tape.sourcing import source_places, write_survey, write_tiers
from chaintwin.simulation.tape.strikes.misleading import misled
from chaintwin.simulation.tape.supply.comparing import tiered
from chaintwin.simulation.tape.supply.substitutes import write_missing, write_parts, write_rests
from chaintwin.simulation.tape.supply.yields import write_positions
from chaintwin.simulation.tape.tape import BITS, Writer
from chaintwin.simulation.tape.wanting import claims_seen, projects, write_regular_wants, write_wants

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
REVIEWED = (1 << BITS[3]) - 1
"""Item after all that is done in every period, reviewed or not."""

Place = tuple[Integers, Integers, Integers]
"""Turn of the buffer, step and item of each of some operations."""


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
        place=(place[reviewed], 0, REVIEWED),
        rows=(buffers.review_period[reviewed], buffers.review_phase[reviewed], 0),
    )
    missing = _write_substitutes(writer, program, rows, place=place, slack=slack)
    simple = _is_simple(program, rows)
    _write_simple(writer, program, rows, place=place, slack=slack, chosen=np.flatnonzero(simple))
    general = np.flatnonzero(ordering & ~simple)
    wants = write_wants(writer, program, rows=rows, place=place, slack=slack, chosen=general, after=missing.row.size)
    terms = missing.join(wants)
    free = write_survey(writer, program, rows=rows, after=terms.row.size)
    write_tiers(writer, program, rows=rows, place=place)
    _write_general(writer, program, rows, place=place, slack=slack, chosen=general)
    write_regular_wants(writer, program, rows=rows, place=place, slack=slack)
    terms = terms.join(free)
    return terms.join(write_positions(writer, program, rows=rows, after=terms.row.size))


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
        & ~fractional(program)
        & ~misled(program)
    )
    chosen = np.flatnonzero(simple)
    arc = buffers.source_start[chosen]
    simple[chosen] = (buffers.source_output[arc] == 1.0) & plain[buffers.source_activity[arc]]
    return simple


def _write_substitutes(writer: Writer, program: Program, rows: Rows, *, place: Integers, slack: Floats) -> Sums:
    """Write that buffers order what they lack today from their substitutes, and return the sums the operations refer to."""
    buffers = program.buffers
    terms = write_missing(writer, program, rows=rows, place=place, slack=slack)
    owner = np.repeat(np.arange(place.size), np.diff(buffers.substitute_start))
    source = buffers.substitute_activity
    where = write_parts(writer, program, rows=rows, place=place)
    numbers = (slack[owner],)
    writer.write(
        "order",
        Op.PLACE,
        place=(*where, 3),
        rows=(rows.waiting[source], 1, int(rows.spare[2]), rows.orders[source], 0),
        numbers=numbers,
    )
    _write_supplied(writer, program, rows, place=where, activity=source)
    _write_upstream(writer, program, rows, place=where, activity=source, skip=0)
    write_rests(writer, program, rows=rows, where=where)
    return terms


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
    where = (place[chosen], np.full(chosen.size, 2), np.zeros(chosen.size, dtype=np.int64))
    _write_upstream(writer, program, rows, place=where, activity=source, skip=1)


def _write_general(writer: Writer, program: Program, rows: Rows, *, place: Integers, slack: Floats, chosen: Integers) -> None:
    """Write how the sources of each buffer, or of each tier, share what it wants."""
    if not chosen.size:
        return
    buffers = program.buffers
    steps, items = source_places(program)
    number, arc = spread(buffers.source_start, chosen)
    owner = chosen[number]
    source, part = buffers.source_activity[arc], int(rows.spare[2])
    where = (place[owner], steps[arc], items[arc])
    _write_parts(writer, program, rows, place=where, owner=owner, arc=arc)
    _write_shapes(writer, program, rows, place=where, slack=slack, owner=owner, arc=arc)
    ring, length, ahead = _queue(program, rows, source)
    writer.write(
        "order",
        Op.PLACE,
        place=(*where, 2),
        rows=(ring, length, part, rows.orders[source], ahead),
        numbers=(slack[owner],),
    )
    _write_supplied(writer, program, rows, place=where, activity=source)
    _write_seen(writer, program, rows, place=where, owner=owner, arc=arc)
    _write_upstream(writer, program, rows, place=where, activity=source, skip=0)


def _write_parts(writer: Writer, program: Program, rows: Rows, *, place: Place, owner: Integers, arc: Integers) -> None:
    """Write each source's part of what its tier gets: by its share, in whole units by largest remainder."""
    buffers, streams = program.buffers, program.streams
    part = int(rows.spare[2])
    order = np.where(tiered(program)[owner] & (buffers.source_tier[arc] > 0), rows.spare[10], rows.spare[1])
    # The sources of one tier of a buffer lie beside each other.
    new = np.ones(arc.size, dtype=bool)
    new[1:] = (owner[1:] != owner[:-1]) | (buffers.source_tier[arc[1:]] != buffers.source_tier[arc[:-1]])
    group = np.cumsum(new) - 1
    first, count = arc[new][group], np.bincount(group)[group]
    item, alone = arc - first, count == 1
    total = buffers.source_total[arc]
    factor = np.where(alone, 1.0, buffers.source_share[arc] / total)
    by_remainder = ~alone if program.integer else np.zeros(arc.size, dtype=bool)
    real, whole = np.flatnonzero(~by_remainder), np.flatnonzero(by_remainder)
    at = tuple(where[real] for where in place)
    writer.write("order", Op.PART, place=(*at, 0), rows=(part, order[real]), numbers=(factor[real],))
    shares = streams.factor_value.size + streams.series_value.size + program.resources.capacity_value.size
    writer.write(
        "order",
        Op.PART_WHOLE,
        place=(*(where[whole] for where in place), 0),
        rows=(part, order[whole], shares + first[whole], count[whole], item[whole]),
        numbers=(total[whole],),
    )


def _write_shapes(
    writer: Writer, program: Program, rows: Rows, *, place: Place, slack: Floats, owner: Integers, arc: Integers
) -> None:
    """Write that parts become units of the activity, in minimum orders and batches, where that changes them."""
    buffers, activities = program.buffers, program.activities
    source = buffers.source_activity[arc]
    output, minimum, batch = buffers.source_output[arc], activities.minimum_order[source], activities.batch[source]
    # Where the position holds fractions only what is asked for in good units is rounded with them.
    broken = np.flatnonzero(fractional(program)[owner] & (output == 1.0))
    writer.write(
        "order",
        Op.ROUND,
        place=(*(where[broken] for where in place), 1),
        rows=(int(rows.spare[2]),),
        numbers=(output[broken], 0.0, 0.0, slack[owner[broken]]),
    )
    shaped = np.flatnonzero((output != 1.0) | (minimum > 0) | (batch > 0))
    writer.write(
        "order",
        Op.ROUND,
        place=(*(where[shaped] for where in place), 1),
        rows=(int(rows.spare[2]),),
        numbers=(output[shaped], minimum[shaped], batch[shaped], slack[owner[shaped]]),
    )


def _write_seen(writer: Writer, program: Program, rows: Rows, *, place: Place, owner: Integers, arc: Integers) -> None:
    """Write that regular sources see what the expedited ones got, where the position is one with projected losses."""
    buffers = program.buffers
    mine = np.flatnonzero((np.isin(buffers.policy, TWO_SPEEDS) & projects(program, rows))[owner] & (buffers.source_tier[arc] > 0))
    writer.write(
        "order",
        Op.ADD,
        place=(*(where[mine] for where in place), 15),
        rows=(int(rows.spare[0]), int(rows.spare[2]), 1),
        numbers=(buffers.source_output[arc[mine]],),
    )


def _write_supplied(writer: Writer, program: Program, rows: Rows, *, place: Place, activity: Integers) -> None:
    """Write that what is ordered counts in the position of every buffer it will reach."""
    activities = program.activities
    which, arc = spread(activities.output_start, activity)
    into = rows.position[activities.output_buffer[arc]]
    keep = into != rows.nowhere
    which, arc, into = which[keep], arc[keep], into[keep]
    step = 16 + arc - activities.output_start[activity[which]]
    writer.write(
        "order",
        Op.ADD,
        place=(*(where[which] for where in place), np.minimum(step, 255)),
        rows=(into, int(rows.spare[2]), 1),
        numbers=(activities.output_quantity[arc],),
    )


def _write_upstream(writer: Writer, program: Program, rows: Rows, *, place: Place, activity: Integers, skip: int) -> None:
    """Write that an order seen at once lowers the position of the buffers it will be taken from; the first ``skip`` are done.

    Buffers whose rules forecast claims count all inputs as such; where sources are compared, stock and capacity are free no
    longer.
    """
    activities = program.activities
    seen = activities.information_delay[activity] == 0
    taken = (activities.input_start, activities.input_buffer, activities.input_quantity)
    used = (activities.use_start, activities.use_resource, activities.use_quantity)
    for into, skipped, factor, shift, (start, other, quantity) in (
        (rows.position, skip, -1.0, 256, taken),
        (claims_seen(program, rows), 0, 1.0, 384, taken),
        (rows.free_stock, 0, -1.0, 512, taken),
        (rows.free_capacity, 0, -1.0, 1024, used),
    ):
        if (into == rows.nowhere).all():
            continue
        which, arc = spread(start, activity)
        row = into[other[arc]]
        keep = (row != rows.nowhere) & seen[which] & (arc - start[activity[which]] >= skipped)
        which, arc, row = which[keep], arc[keep], row[keep]
        step = np.minimum(shift + arc - start[activity[which]], shift + 127)
        writer.write(
            "order",
            Op.ADD,
            place=(*(where[which] for where in place), step),
            rows=(row, int(rows.spare[2]), 1),
            numbers=(factor * quantity[arc],),
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
