"""Event E0 as operations: how strong disruptions are, what they destroy, and what they hold up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import Effect
from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.tape.ages.lots import by_class
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows, ripens
from chaintwin.simulation.tape.tape import Writer

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

DRAW, STRIKE, HAPPEN, CLEAR, WEIGH, STOCK, TRANSIT, QUEUE, UNSEEN, ARRIVALS = range(10)
"""Steps of the event."""


def write_strikes(writer: Writer, program: Program, *, rows: Rows, before: int, draws: int) -> None:
    """Write event E0.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    before : values of series that come before those of strikes: see ``strike_series``.
    draws : random streams that come before those of strikes.
    """
    strikes = program.strikes
    if not strikes.shift.size:
        return
    _write_strengths(writer, program, rows, before=before, draws=draws)
    _write_destroyed(writer, program, rows)
    _write_lost(writer, program, rows)
    _write_cancelled(writer, program, rows)
    owner, factor, _ = rows.struck.on(Effect.ARRIVALS)
    timed = np.flatnonzero(~ripens(program)[owner] & (rows.pipe_length[owner] > 0))
    which = owner[timed]
    ring = (rows.pipe[which], rows.pipe_length[which])
    writer.write("strike", Op.DETAIN, place=(0, ARRIVALS, which), rows=(*ring, factor[timed], rows.struck.detained[which]))


def write_swelling(writer: Writer, program: Program, *, rows: Rows) -> None:
    """Write that streams ask for more or less: after demand was drawn, before anybody looks at it."""
    stream, factor, _ = rows.struck.on(Effect.DEMAND)
    position = rows.position[program.streams.buffer[stream]]
    operands = (rows.demand[stream], factor, rows.backlog[stream], position, rows.asked_for[stream])
    writer.write("ask", Op.SWELL, place=(stream, 1, 0, 1), rows=operands)


def write_capacities(writer: Writer, *, rows: Rows) -> None:
    """Write that resources offer less, or more: after what they offer was found out, before anybody orders."""
    resource, factor, limit = rows.struck.on(Effect.CAPACITY)
    for limited, op in ((limit > 0, Op.CONFINE), (limit == 0, Op.SCALE)):
        mine = np.flatnonzero(limited)
        numbers = (limit[mine],) if op is Op.CONFINE else ()
        writer.write(
            "survey", op, place=(0, 0, resource[mine], 1), rows=(rows.capacity[resource[mine]], factor[mine]), numbers=numbers
        )


def strike_series(program: Program) -> Floats:
    """Return the values of series that operations of disruptions refer to: how strikes fade."""
    return program.strikes.left_value


def strike_draws(program: Program) -> NDArray[np.uint64]:
    """Return Words[3 S]: random streams of onset, duration and chance."""
    strikes = program.strikes
    return np.concatenate([strikes.onset_stream, strikes.duration_stream, strikes.chance_stream])


def _write_strengths(writer: Writer, program: Program, rows: Rows, *, before: int, draws: int) -> None:
    strikes, struck = program.strikes, rows.struck
    count = strikes.shift.size
    every = np.arange(count)
    for kind, (into, law) in enumerate(
        ((struck.onset, strikes.onset_law), (struck.length, strikes.duration_law), (struck.chance, strikes.chance_law))
    ):
        draw = draws + kind * count + every
        writer.write("strike", Op.DRAW_ONCE, place=(0, DRAW, every, kind), rows=(into, draw, law))
    start, points = strikes.left_start[:-1] + before, np.diff(strikes.left_start)
    operands = (struck.strength, struck.once, struck.onset, struck.length, start, points)
    numbers = (strikes.per_unit, strikes.shift, strikes.recovery)
    writer.write("strike", Op.STRIKE, place=(0, STRIKE, every), rows=operands, numbers=numbers)
    rare = np.flatnonzero(strikes.chance < 1)
    for part, into in enumerate((struck.strength, struck.once)):
        writer.write("strike", Op.SCALE, place=(0, HAPPEN, rare, part), rows=(into[rare], struck.chance[rare]))
    factors = struck.factors
    writer.write("strike", Op.SET, place=(0, CLEAR, np.arange(factors.count)), rows=(struck.factor,), numbers=(1.0,))
    strength = np.where(factors.once, struck.once[factors.strike], struck.strength[factors.strike])
    parts = np.arange(factors.owner.size)
    writer.write(
        "strike",
        Op.WEIGH,
        place=(0, WEIGH, parts),
        rows=(struck.factor[factors.owner], strength),
        numbers=(factors.change,),
    )


def _write_destroyed(writer: Writer, program: Program, rows: Rows) -> None:
    buffer, factor, _ = rows.struck.on(Effect.STOCK)
    gone = int(rows.struck.gone[0])
    writer.write("strike", Op.RUIN, place=(0, STOCK, buffer, 0), rows=(gone, rows.on_hand[buffer], factor))
    writer.write("strike", Op.ADD, place=(0, STOCK, buffer, 1), rows=(rows.struck.destroyed[buffer], gone, 1), numbers=(1.0,))
    writer.write("strike", Op.ADD, place=(0, STOCK, buffer, 2), rows=(rows.position[buffer], gone, 1), numbers=(-1.0,))
    # Of stock that expires the oldest is gone first, or the youngest where these are issued first. First stock of age 0 is in no
    # lot yet, and younger than what there was at the last close.
    aged = buffer[rows.held[buffer] != rows.nowhere]
    is_classed = by_class(program)[aged]
    simple, classed = aged[~is_classed], aged[is_classed]
    # What was held may lie a rounding below zero, which has to stay as it is where nothing is gone.
    writer.write("strike", Op.LEAST, place=(0, STOCK, simple, 3), rows=(gone, rows.held[simple]), numbers=(1.0,))
    writer.write("strike", Op.CLAMP, place=(0, STOCK, simple, 4), rows=(gone,))
    writer.write("strike", Op.ADD, place=(0, STOCK, simple, 5), rows=(rows.held[simple], gone, 1), numbers=(-1.0,))
    writer.write("strike", Op.COPY, place=(0, STOCK, classed, 5), rows=(gone, rows.held[classed]))
    writer.write(
        "strike", Op.LEAST, place=(0, STOCK, classed, 6), rows=(rows.held[classed], rows.on_hand[classed]), numbers=(1.0,)
    )
    writer.write("strike", Op.ADD, place=(0, STOCK, classed, 7), rows=(gone, rows.held[classed], 1), numbers=(-1.0,))
    lots = (rows.lots[classed], rows.lots_length[classed])
    writer.write("strike", Op.TAKE_LOTS, place=(0, STOCK, classed, 8), rows=(gone, *lots))


def _write_lost(writer: Writer, program: Program, rows: Rows) -> None:
    struck, gone = rows.struck, int(rows.struck.gone[0])
    activity, factor, _ = struck.on(Effect.TRANSIT)
    moving = np.flatnonzero(rows.pipe_length[activity] > 0)
    activity, factor = activity[moving], factor[moving]
    by_start = ripens(program)[activity].astype(np.int64)
    operands = (gone, rows.pipe[activity], rows.pipe_length[activity], factor, struck.beyond[activity], by_start)
    writer.write("strike", Op.RAID, place=(0, TRANSIT, activity, 0), rows=operands)
    writer.write("strike", Op.ADD, place=(0, TRANSIT, activity, 1), rows=(struck.lost[activity], gone, 1), numbers=(1.0,))
    _write_not_coming(writer, program, rows, step=TRANSIT, activity=activity)


def _write_cancelled(writer: Writer, program: Program, rows: Rows) -> None:
    struck, gone, activities = rows.struck, int(rows.struck.gone[0]), program.activities
    activity, factor, _ = struck.on(Effect.QUEUE)
    writer.write("strike", Op.RUIN, place=(0, QUEUE, activity, 0), rows=(gone, rows.waiting[activity], factor))
    number, arc = spread(activities.input_start, activity)
    into = rows.position[activities.input_buffer[arc]]
    part = np.minimum(400 + arc - activities.input_start[activity[number]], 1000)
    writer.write(
        "strike",
        Op.ADD,
        place=(0, QUEUE, activity[number], part),
        rows=(into, gone, 1),
        numbers=(activities.input_quantity[arc],),
    )
    claim = activities.input_claim[arc]
    held = np.flatnonzero(rows.claim_held[claim] != rows.nowhere)
    writer.write(
        "strike",
        Op.ADD,
        place=(0, QUEUE, activity[number[held]], part[held]),
        rows=(rows.claim_held[claim[held]], gone, 1),
        numbers=(-1.0,),
    )
    hidden = np.flatnonzero(rows.info_length[activity] > 0)
    ring = (rows.info[activity[hidden]], rows.info_length[activity[hidden]])
    operands = (gone, *ring, factor[hidden], rows.nowhere, 0)
    writer.write("strike", Op.RAID, place=(0, UNSEEN, activity[hidden], 0), rows=operands)
    paid = struck.row_of(Effect.PREPAID, count=rows.waiting.size)
    before = int(struck.before[0])
    for step, chosen in ((QUEUE, activity), (UNSEEN, activity[hidden])):
        writer.write("strike", Op.ADD, place=(0, step, chosen, 1), rows=(struck.cancelled[chosen], gone, 1), numbers=(1.0,))
        # A factor below one costs less than the price; of a price with a minus it costs that part of it.
        charged = chosen[paid[chosen] >= 0]
        writer.write("strike", Op.SET, place=(0, step, charged, 1001), rows=(before,), numbers=(np.zeros(charged.size),))
        money = (struck.surcharge[charged], before, gone, 0, 0, paid[charged])
        prices = (-activities.variable_cost[charged],)
        writer.write("strike", Op.CHARGE, place=(0, step, charged, 1002), rows=money, numbers=prices)
        _write_not_coming(writer, program, rows, step=step, activity=chosen)


def _write_not_coming(writer: Writer, program: Program, rows: Rows, *, step: int, activity: Integers) -> None:
    """Write that what is gone counts no longer in the position of the buffers it would have reached."""
    activities = program.activities
    number, arc = spread(activities.output_start, activity)
    part = np.minimum(3 + arc - activities.output_start[activity[number]], 399)
    writer.write(
        "strike",
        Op.ADD,
        place=(0, step, activity[number], part),
        rows=(rows.position[activities.output_buffer[arc]], int(rows.struck.gone[0]), 1),
        numbers=(-activities.output_quantity[arc],),
    )
