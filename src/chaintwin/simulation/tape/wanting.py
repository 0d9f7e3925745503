"""What each buffer wants to order: its position, what it expects, and the rule it follows (METHODS 1.5)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import TWO_SPEEDS, Policy
from chaintwin.network.paths.ordering import rows_of, spread
from chaintwin.network.paths.speeds import expedite_leads
from chaintwin.network.program import Program
from chaintwin.simulation.counting.sums import Sums, SumWriter
from chaintwin.simulation.tape.ages.perishing import write_expected
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rings, Rows
from chaintwin.simulation.tape.sharing import write_sharing
from chaintwin.simulation.tape.sourcing import LAST
from chaintwin.simulation.tape.strikes.misleading import write_misleading
from chaintwin.simulation.tape.supply.substitutes import write_there
from chaintwin.simulation.tape.tape import BITS, Writer

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


NEAR = 3 << (BITS[3] - 2)
"""Item after all that a rule expects of the day, from which on the position is cut to what is near."""


def projects(program: Program, rows: Rows) -> NDArray[np.bool_]:
    """Return bool[N]: the rule of the buffer sees its position with what will be lost or expire today."""
    found: NDArray[np.bool_] = (program.buffers.claim_lossy == 1) | (rows.expired != rows.nowhere)
    return found


def write_claims(writer: Writer, program: Program, *, rows: Rows) -> None:
    """Write that buffers whose rules forecast add up what they learn from.

    That is what is claimed from them, today's demand and orders that become visible, or what customers ask for at and below.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    """
    streams, activities = program.streams, program.activities
    expecting = np.flatnonzero(rows.claimed != rows.nowhere)
    if not expecting.size:
        return
    writer.write("receive", Op.CLEAR, place=(expecting, 2), rows=(rows.claimed[expecting], 1))
    claimed = claims_seen(program, rows)
    asked = np.flatnonzero(claimed[streams.buffer] != rows.nowhere)
    writer.write("ask", Op.ADD, place=(asked, 2), rows=(claimed[streams.buffer[asked]], rows.demand[asked], 1), numbers=(1.0,))
    _write_customers(writer, program, rows)
    owner = np.repeat(np.arange(activities.kind.size), np.diff(activities.input_start))
    into = claimed[activities.input_buffer]
    arc = np.flatnonzero((rows.info_length[owner] > 0) & (into != rows.nowhere))
    ring = (rows.info[owner[arc]], rows.info_length[owner[arc]])
    writer.write(
        "reveal", Op.ADD, place=(owner[arc], 0, arc, 1), rows=(into[arc], *ring), numbers=(activities.input_quantity[arc],)
    )


def claims_seen(program: Program, rows: Rows) -> Integers:
    """Return Integers[N], rows that add up what is claimed; nowhere for buffers that forecast nothing, or look at customers."""
    return np.where(program.buffers.sees_customers == 1, rows.nowhere, rows.claimed)


def write_wants(
    writer: Writer, program: Program, *, rows: Rows, place: Integers, slack: Floats, chosen: Integers, after: int
) -> Sums:
    """Write what each of some buffers wants, into the row of orders, and return the sums the operations refer to.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    place : Integers[N]: turn of each buffer.
    slack : Floats[N]: what is no larger is no order.
    chosen : Integers: the buffers.
    after : terms of sums that come before these.
    """
    if not chosen.size:
        return SumWriter().finish(0)
    buffers = program.buffers
    order, projected, supply = (int(rows.spare[number]) for number in (1, 0, 7))
    lossy = buffers.claim_lossy[chosen] == 1
    by_echelon = buffers.policy[chosen] == Policy.ECHELON
    terms = _write_sums(writer, program, rows, place=place, chosen=chosen, after=after)
    _write_projection(writer, program, rows, place=place, chosen=chosen[lossy])
    perishing = rows.expired[chosen] != rows.nowhere
    write_expected(writer, program, rows=rows, place=place, chosen=chosen[perishing], copied=(lossy | by_echelon)[perishing])
    fast = np.isin(buffers.policy[chosen], TWO_SPEEDS)
    _write_near(writer, program, rows, place=place, chosen=chosen[fast])
    seen = np.where(fast, rows.spare[8], np.where(lossy | by_echelon | perishing, projected, rows.position[chosen]))
    expecting = chosen[(rows.forecast[chosen] != rows.nowhere) & (rows.window_length[chosen] == 0)]
    averaging = chosen[rows.window_length[chosen] > 0]
    # Before the review, because what is expected is learned every period.
    writer.write(
        "order",
        Op.FORECAST,
        place=(place[expecting], 0, 0),
        rows=(rows.forecast[expecting], rows.claimed[expecting]),
        numbers=(buffers.smoothing[expecting],),
    )
    window = (rows.window[averaging], rows.window_length[averaging])
    learned = (rows.forecast[averaging], rows.window_sum[averaging], *window, rows.claimed[averaging])
    writer.write("order", Op.AVERAGE, place=(place[averaging], 0, 0), rows=learned)
    first = _level_series(program)
    changing = np.diff(buffers.level_start)[chosen] > 0

    def rule(
        policy: Policy, op: Op, more: tuple[int | Integers, ...], *numbers: Floats, only: NDArray[np.bool_] | bool = True
    ) -> None:
        mine = np.flatnonzero((buffers.policy[chosen] == policy) & only)
        which = chosen[mine]
        operands = [value if isinstance(value, int) else value[which] for value in more]
        position = () if op is Op.SET else (seen[mine],)
        writer.write(
            "order",
            op,
            place=(place[which], 4),
            rows=(order, *position, *operands),
            numbers=[value[which] for value in numbers],
        )

    rule(Policy.BASE_STOCK, Op.ORDER_UP_TO, (), buffers.low, slack, only=~changing)
    rule(Policy.BASE_STOCK, Op.ORDER_SERIES, (first, np.diff(buffers.level_start)), slack, only=changing)
    rule(Policy.ECHELON, Op.ORDER_UP_TO, (), buffers.low, slack)
    rule(Policy.DUAL_INDEX, Op.ORDER_UP_TO, (), buffers.high, slack)
    rule(Policy.BASE_SURGE, Op.ORDER_UP_TO, (), buffers.low, slack)
    rule(Policy.S_S, Op.ORDER_S_S, (), buffers.low, buffers.high, slack)
    rule(Policy.R_NQ, Op.ORDER_R_NQ, (), buffers.low, buffers.high, slack)
    rule(Policy.KANBAN, Op.ORDER_LOTS, (), buffers.low, buffers.high, slack)
    rule(Policy.CONSTANT, Op.SET, (), buffers.low)
    rule(Policy.DRP, Op.ORDER_FORECAST, (rows.forecast,), buffers.low, buffers.high, slack)
    rule(Policy.SMOOTHED, Op.ORDER_PART, (rows.forecast,), buffers.low, buffers.gain)
    anchored = (buffers.low, buffers.gain, buffers.supply_gain)
    rule(Policy.STERMAN, Op.ORDER_ANCHORED, (supply, rows.forecast), *anchored)
    if program.integer:
        parted = chosen[np.isin(buffers.policy[chosen], (Policy.ECHELON, Policy.SMOOTHED, Policy.STERMAN, Policy.DRP))]
        writer.write("order", Op.NEAREST, place=(place[parted], 4, 1), rows=(order,))
    _write_shape(writer, program, order, place=place, slack=slack, chosen=chosen, step=4)
    write_misleading(writer, program, rows=rows, place=place, last=LAST)
    return terms


def write_regular_wants(writer: Writer, program: Program, *, rows: Rows, place: Integers, slack: Floats) -> None:
    """Write what buffers with sources of two speeds want from the regular ones, once the expedited ones have their orders.

    Parameters
    ----------
    writer, program, rows, place, slack : as for ``write_wants``.
    """
    buffers = program.buffers
    order, projected = int(rows.spare[1]), int(rows.spare[0])
    indexed, surging = (np.flatnonzero(buffers.policy == policy) for policy in TWO_SPEEDS)
    if not indexed.size + surging.size:
        return
    seen = np.where(projects(program, rows)[indexed], projected, rows.position[indexed])
    writer.write(
        "order",
        Op.ORDER_UP_TO,
        place=(place[indexed], LAST, 0),
        rows=(order, seen),
        numbers=(buffers.low[indexed], slack[indexed]),
    )
    writer.write("order", Op.SET, place=(place[surging], LAST, 0), rows=(order,), numbers=(buffers.high[surging],))
    both = np.concatenate([indexed, surging])
    _write_shape(writer, program, order, place=place, slack=slack, chosen=both, step=LAST)


def _write_customers(writer: Writer, program: Program, rows: Rows) -> None:
    """Write that buffers which forecast customers add up today's demand at and below them, in their own units."""
    buffers, streams = program.buffers, program.streams
    looking = np.flatnonzero(buffers.sees_customers == 1)
    number, entry = spread(buffers.echelon_start, looking)
    by_buffer = np.argsort(streams.buffer, kind="stable")
    start = rows_of(streams.buffer[by_buffer], buffers.policy.size)
    place, at = spread(start, buffers.echelon_buffer[entry])
    owner, stream, content = looking[number[place]], by_buffer[at], buffers.echelon_content[entry[place]]
    writer.write("ask", Op.ADD, place=(stream, 3, owner), rows=(rows.claimed[owner], rows.demand[stream], 1), numbers=(content,))


def _write_shape(
    writer: Writer, program: Program, order: int, *, place: Integers, slack: Floats, chosen: Integers, step: int
) -> None:
    """Write that orders of some buffers come in minimum orders and batches."""
    buffers = program.buffers
    shaped = chosen[(buffers.minimum_order[chosen] > 0) | (buffers.batch[chosen] > 0)]
    writer.write(
        "order",
        Op.ROUND,
        place=(place[shaped], step, 0, 2) if step == LAST else (place[shaped], step, 2),
        rows=(order,),
        numbers=(1.0, buffers.minimum_order[shaped], buffers.batch[shaped], slack[shaped]),
    )


def _write_near(writer: Writer, program: Program, rows: Rows, *, place: Integers, chosen: Integers) -> None:
    """Write the position as expedited sources see it: without what is due later than they could deliver."""
    buffers, activities = program.buffers, program.activities
    if not chosen.size:
        return
    near = int(rows.spare[8])
    seen = np.where(projects(program, rows)[chosen], int(rows.spare[0]), rows.position[chosen])
    writer.write("order", Op.COPY, place=(place[chosen], 3, NEAR), rows=(near, seen))
    reach = expedite_leads(program)
    number, arc = spread(buffers.supply_start, chosen)
    owner, source, quantity = chosen[number], buffers.supply_activity[arc], buffers.supply_quantity[arc]
    lead = activities.lead_fixed[source]
    item = NEAR + 1 + arc - buffers.supply_start[owner]

    def add(first: Integers, last: Integers, ring: Integers, length: Integers, part: int) -> None:
        mine = np.flatnonzero((length > 0) & (first <= last))
        writer.write(
            "order",
            Op.AHEAD,
            place=(place[owner[mine]], 3, item[mine], part),
            rows=(near, ring[mine], length[mine], first[mine], last[mine]),
            numbers=(-quantity[mine],),
        )

    pipe, info = rows.pipe_length[source], rows.info_length[source]
    # What begins today is not there yet; an order that is seen later than any before it takes the row of today.
    add(reach[owner] + 1, pipe - 1, rows.pipe[source], pipe, 0)
    add(np.maximum(reach[owner] - lead + 1, 1), info, rows.info[source], info, 1)
    far = np.flatnonzero(lead > reach[owner])
    writer.write(
        "order",
        Op.ADD,
        place=(place[owner[far]], 3, item[far], 2),
        rows=(near, rows.waiting[source[far]], 1),
        numbers=(-quantity[far],),
    )


def _level_series(program: Program) -> Integers:
    """Return Integers[N]: where the levels of each buffer begin in the tape's series."""
    streams, buffers = program.streams, program.buffers
    before = (streams.factor_value, streams.series_value, program.resources.capacity_value, buffers.source_share)
    return buffers.level_start[:-1] + sum(values.size for values in before)


def _write_sums(writer: Writer, program: Program, rows: Rows, *, place: Integers, chosen: Integers, after: int) -> Sums:
    """Write the supply lines of buffers that weigh them apart, and the positions of echelons."""
    buffers = program.buffers
    pipes, queues = Rings.of(rows.pipe, rows.pipe_length), Rings.of(rows.info, rows.info_length)
    anchored, echelons = (chosen[buffers.policy[chosen] == policy] for policy in (Policy.STERMAN, Policy.ECHELON))
    summed = np.concatenate([anchored, echelons])
    sums = SumWriter()
    number, arc = spread(buffers.supply_start, summed)
    source, quantity = buffers.supply_activity[arc], buffers.supply_quantity[arc]
    for ring in (pipes, queues):
        which, entry = spread(ring.start, source)
        sums.add(number[which], ring.rows[entry], weight=quantity[which])
    sums.add(number, rows.waiting[source], weight=quantity)
    for place_in_list, buffer in enumerate(echelons.tolist(), start=anchored.size):
        _add_echelon(sums, program, rows, pipes=pipes, owner=place_in_list, buffer=buffer)
    terms = sums.finish(summed.size)
    into = np.repeat(rows.spare[[7, 0]], [anchored.size, echelons.size])
    writer.write("order", Op.SUM, place=(place[summed], 1, 1), rows=(into, after + terms.start[:-1], after + terms.start[1:]))
    return terms


def _add_echelon(sums: SumWriter, program: Program, rows: Rows, *, pipes: Rings, owner: int, buffer: int) -> None:
    """Add what of a buffer is on hand and under way at and below it, less what is owed there, in units of the buffer."""
    buffers, activities, streams = program.buffers, program.activities, program.streams
    entries = slice(buffers.echelon_start[buffer], buffers.echelon_start[buffer + 1])
    content = np.zeros(buffers.policy.size)
    content[buffers.echelon_buffer[entries]] = buffers.echelon_content[entries]
    members = np.flatnonzero(content)
    owed = np.flatnonzero(content[streams.buffer])
    carried = np.bincount(
        np.repeat(np.arange(activities.kind.size), np.diff(activities.input_start)),
        weights=content[activities.input_buffer] * activities.input_quantity,
        minlength=activities.kind.size,
    ).astype(np.float64)
    under_way = np.flatnonzero(carried[pipes.owner])
    for row, weight in (
        (rows.on_hand[members], content[members]),
        (rows.backlog[owed], -content[streams.buffer[owed]]),
        (pipes.rows[under_way], carried[pipes.owner[under_way]]),
    ):
        sums.add(np.full(row.size, owner), row, weight=weight)


def _write_projection(writer: Writer, program: Program, rows: Rows, *, place: Integers, chosen: Integers) -> None:
    """Write the dry run of the allocation that tells which of today's demand will be lost."""
    buffers = program.buffers
    if not chosen.size:
        return
    projected = int(rows.spare[0])
    kept = chosen[buffers.policy[chosen] != Policy.ECHELON]
    writer.write("order", Op.COPY, place=(place[kept], 1), rows=(projected, rows.position[kept]))
    there = write_there(writer, program, rows=rows, place=place, chosen=chosen)
    shared = replace(rows, on_hand=there)
    write_sharing(writer, program, rows=shared, event="order", place=(place[chosen], 2), chosen=chosen)
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
