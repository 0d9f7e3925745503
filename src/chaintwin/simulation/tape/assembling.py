"""From a program and a state to the tape of a period: events E1 to E6 of METHODS 1.2 as operations on rows.

Where a general event takes several operations, the common case has one of its own: a buffer with one source that takes any
quantity, stock with one claim on it, an activity with one input.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.program import Program
from chaintwin.network.state import State
from chaintwin.simulation.tape.ages.perishing import write_ages
from chaintwin.simulation.tape.executing import write_execution
from chaintwin.simulation.tape.leads import lead_tables
from chaintwin.simulation.tape.money.paying import write_payments
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.ordering import write_orders
from chaintwin.simulation.tape.rooms.storing import stored_terms, write_storing
from chaintwin.simulation.tape.rows import Rings, Rows, first_column, ripens, rows_for, slacks
from chaintwin.simulation.tape.sharing import claims_of, write_claim_ages
from chaintwin.simulation.tape.strikes.charging import write_charges
from chaintwin.simulation.tape.strikes.striking import (
    strike_draws,
    strike_series,
    write_capacities,
    write_strikes,
    write_swelling,
)
from chaintwin.simulation.tape.supply.receipts import write_receipts
from chaintwin.simulation.tape.supply.remaining import drawn_shipments, remaining_of
from chaintwin.simulation.tape.tape import Tape, Writer
from chaintwin.simulation.tape.wanting import write_claims

Integers = NDArray[np.int64]


def assemble(program: Program, state: State, *, periods: int | None = None) -> Tape:
    """Return the tape of a program that starts from a state.

    Parameters
    ----------
    program : the network.
    state : where it starts; arrivals later than any lead time make pipelines longer.
    periods : how many are played at most, if that is known; stock that cannot expire in them needs no ages.

    Raises
    ------
    UsageError
        Something in the state is due before its period.
    """
    rows = rows_for(program, state, periods=periods)
    writer, leads = Writer(), lead_tables(program)
    _write_demand(writer, program, rows)
    write_swelling(writer, program, rows=rows)
    _write_reveals(writer, program, rows)
    write_claims(writer, program, rows=rows)
    ordered = write_orders(writer, program, rows=rows)
    stored = stored_terms(program, rows)
    terms, rooms = ordered.join(stored), stored._replace(start=stored.start + ordered.row.size)
    write_storing(writer, program, rows=rows, terms=rooms, leads=leads)
    write_receipts(writer, program, rows=rows, summed=ordered.row, leads=leads)
    write_execution(writer, program, rows=rows, resource_share=state.resource_share, leads=leads, rooms=rooms)
    write_capacities(writer, rows=rows)
    _write_close(writer, program, rows)
    write_ages(writer, program, rows=rows)
    write_claim_ages(writer, program, rows=rows)
    buffers, streams, activities = program.buffers, program.streams, program.activities
    capacity = program.resources.capacity_value
    series = np.concatenate([streams.factor_value, streams.series_value, capacity, buffers.source_share, buffers.level_value])
    prices = (activities.cost_value, streams.price_value, program.payments.series_value)
    terms = terms.join(write_payments(writer, program, rows=rows, before=series.size, after=terms.row.size))
    drawn = np.concatenate([streams.stream, program.activities.lead_stream, program.activities.yield_stream])
    struck = series.size + sum(values.size for values in prices)
    write_charges(writer, program, rows=rows, prices=series.size)
    write_strikes(writer, program, rows=rows, before=struck, draws=drawn.size)
    code, numbers = writer.finish()
    claims, quantities = claims_of(program, rows)
    return Tape(
        code=code,
        numbers=numbers,
        claims=claims,
        quantities=quantities,
        series=np.concatenate([series, *prices, strike_series(program)]),
        terms=terms,
        streams=np.concatenate([drawn, strike_draws(program)]),
        laws=leads.laws,
        rows=rows,
        pipes=Rings.of(rows.pipe, rows.pipe_length, by_start=ripens(program)),
        queues=Rings.of(rows.info, rows.info_length),
        first=first_column(program, state, rows=rows, drawn=drawn_shipments(program, state.shipments)),
        remaining=remaining_of(program, state, rows=rows, leads=leads),
    )


def _write_demand(writer: Writer, program: Program, rows: Rows) -> None:
    """E2: demand is drawn or replayed and joins the backlog."""
    streams = program.streams
    drawn, replayed = np.flatnonzero(streams.law >= 0), np.flatnonzero(streams.law < 0)
    start, count = streams.factor_start[drawn], np.diff(streams.factor_start)[drawn]
    position = rows.position[streams.buffer]
    joined = (rows.backlog[drawn], position[drawn], rows.asked_for[drawn])
    writer.write("ask", Op.DRAW, place=(drawn, 0), rows=(rows.demand[drawn], drawn, streams.law[drawn], start, count, *joined))
    start, count = streams.series_start[replayed] + streams.factor_value.size, np.diff(streams.series_start)[replayed]
    samples = streams.samples[replayed]
    each = samples > 1
    one, several = (rows.demand[replayed][~each], start[~each], count[~each]), (rows.demand[replayed][each], start[each])
    writer.write("ask", Op.REPLAY, place=(replayed[~each], 0), rows=one)
    writer.write("ask", Op.REPLAY_EACH, place=(replayed[each], 0), rows=(*several, count[each] // samples[each], samples[each]))
    joined = (rows.backlog[replayed], position[replayed], rows.asked_for[replayed])
    writer.write("ask", Op.ASK, place=(replayed, 1), rows=(rows.demand[replayed], *joined))


def _write_reveals(writer: Writer, program: Program, rows: Rows) -> None:
    """E3a: orders that have travelled long enough join the queue of their source, and its position falls."""
    activities = program.activities
    owner = np.repeat(np.arange(activities.kind.size), np.diff(activities.input_start))
    upstream = rows.position[activities.input_buffer]
    arc = np.flatnonzero((rows.info_length[owner] > 0) & (upstream != rows.nowhere))
    ring = (rows.info[owner[arc]], rows.info_length[owner[arc]])
    writer.write(
        "reveal", Op.ADD, place=(owner[arc], 0, arc), rows=(upstream[arc], *ring), numbers=(-activities.input_quantity[arc],)
    )
    delayed = np.flatnonzero(rows.info_length > 0)
    ring = (rows.info[delayed], rows.info_length[delayed])
    writer.write("reveal", Op.ADD, place=(delayed, 1), rows=(rows.waiting[delayed], *ring), numbers=(1.0,))
    writer.write("reveal", Op.CLEAR, place=(delayed, 2), rows=ring)


def _write_close(writer: Writer, program: Program, rows: Rows) -> None:
    """E5 and E6: lost sales leave, then streams and stock are counted."""
    streams = program.streams
    slack = slacks(program)
    lossy, kept = np.flatnonzero(streams.lost_fraction > 0), np.flatnonzero(streams.lost_fraction == 0)
    for op, chosen in ((Op.SERVED, lossy), (Op.SETTLE, kept)):
        served = tuple(row[chosen] for row in (rows.backlog, rows.demand, rows.immediate, rows.asked, rows.clear))
        owed = (rows.owed[chosen],) if op is Op.SETTLE else ()
        numbers = (slack[streams.buffer[chosen]],)
        writer.write("close", op, place=(0, 0, chosen, 0), rows=(*served, *owed), numbers=numbers)
    promised = np.flatnonzero(rows.promised_length > 0)
    ring = (rows.promised[promised], rows.promised_length[promised])
    kept_by = (rows.owed_before[promised], rows.wanted[promised], rows.on_time[promised])
    writer.write(
        "close",
        Op.PROMISE,
        place=(0, 0, promised, 1),
        rows=(rows.backlog[promised], rows.demand[promised], *kept_by, *ring),
        numbers=(streams.lost_fraction[promised],),
    )
    writer.write(
        "close",
        Op.LOSE,
        place=(0, 0, lossy, 2),
        rows=(rows.backlog[lossy], rows.demand[lossy], rows.position[streams.buffer[lossy]], rows.lost[lossy]),
        numbers=(streams.lost_fraction[lossy],),
    )
    writer.write("close", Op.OWE, place=(0, 0, lossy, 3), rows=(rows.backlog[lossy], rows.owed[lossy]))
    stock = np.arange(rows.on_hand.size)
    writer.write("close", Op.STOCK, place=(0, 2, stock), rows=(rows.on_hand, rows.stock, rows.stocked), numbers=(slack,))
