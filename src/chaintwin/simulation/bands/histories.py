"""What a tape writes down besides, period by period, where bands are asked for.

A ring of rows for each kept quantity takes the value at the close of a period, and is read and cleared every few periods, so that
the table does not grow with the periods of a run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import ActivityKind
from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.counting.measures import Measures
from chaintwin.simulation.counting.sums import Sums, SumWriter
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows
from chaintwin.simulation.tape.tape import Tape, Writer

Integers = NDArray[np.int64]

RING_BYTES = 256 * 1024
"""Rings of a block of 64 replications take no more than this, so that they stay in the cache; at least one period."""

RING_MAX = 64
"""Periods of a ring at most."""

KEPT = 2
"""Kept quantities of a stock point whose values are counted: stock on hand and backlog."""


@dataclass(frozen=True, slots=True)
class Histories:
    """A tape that writes down chosen stock points.

    Parameters
    ----------
    tape : the tape with what it writes.
    length : periods of a ring. rings : their rows.
    counted : Integers[2 n], first rows of the rings of stock and then backlog of n stock points; where a ring is one period long,
        perhaps the row itself that holds them.
    running : Integers[2 n], first rows of the rings of running totals of units ordered by the stock points and asked of them.
    previous, mean, spread : Integers[2 n], rows for how much these totals grow in a period.
    totals : the running totals as sums of rows.
    """

    tape: Tape
    length: int
    rings: slice
    counted: Integers
    running: Integers
    previous: Integers
    mean: Integers
    spread: Integers
    totals: Sums

    def measured(self, measures: Measures) -> Measures:
        """Return what is measured with ``bullwhip`` added: how orders vary over how demand does."""
        size = self.spread.size // 2
        first = measures.above.size
        return replace(
            measures,
            ratios={**measures.ratios, "bullwhip": slice(first, first + size)},
            above=np.concatenate([measures.above, self.spread[:size]]),
            below=np.concatenate([measures.below, self.spread[size:]]),
        )


def with_histories(tape: Tape, program: Program, *, chosen: Integers, periods: int) -> Histories:
    """Return a tape that also writes down stock, backlog, orders and demand of chosen stock points at the close of every period.

    Parameters
    ----------
    tape, program : one period of a network.
    chosen : Integers[n], buffers.
    periods : periods that count; a ring is never longer.
    """
    size, rows = chosen.size, tape.rows
    rings = 2 * KEPT * size
    length = int(min(max(RING_BYTES // max(1, rings * 512), 1), RING_MAX, periods))
    scratch = rows.count
    first = scratch + 1 + length * np.arange(rings)
    state = scratch + 1 + length * rings + np.arange(6 * size)
    backlog, totals = _backlog(program, rows, chosen), _totals(tape, program, chosen)
    summed = first.copy()
    if length == 1:
        # What a row holds at the close needs no copy, for it is read before the next period.
        alone = (np.diff(backlog.start) == 1) & (np.append(backlog.weight, 0.0)[backlog.start[:-1]] == 1.0)
        summed[size : 2 * size][alone] = -1
        held = np.append(backlog.row, 0)[backlog.start[:-1]]
        counted = np.concatenate([rows.on_hand[chosen], np.where(alone, held, first[size : 2 * size])])
    else:
        counted = first[: 2 * size]
    code, numbers = _writes(tape, (backlog, totals), first=summed, length=length, stock=rows.on_hand[chosen])
    terms = tape.terms
    count = int(state[-1]) + 1 if state.size else rows.count + 1
    return Histories(
        tape=replace(
            tape,
            code=np.concatenate([tape.code, code]),
            numbers=np.concatenate([tape.numbers, numbers]),
            terms=Sums(
                terms.start,
                np.concatenate([terms.row, backlog.row, totals.row]),
                np.concatenate([terms.weight, backlog.weight, totals.weight]),
            ),
            rows=replace(rows, count=count),
            first=np.concatenate([tape.first, np.zeros(count - rows.count)]),
        ),
        length=length,
        rings=slice(scratch + 1, scratch + 1 + length * rings),
        counted=counted,
        running=first[KEPT * size :],
        previous=state[: 2 * size],
        mean=state[2 * size : 4 * size],
        spread=state[4 * size :],
        totals=totals,
    )


def _writes(
    tape: Tape, sums: tuple[Sums, Sums], *, first: Integers, length: int, stock: Integers
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Return the operations that fill rings with stock and sums at the close; none for a sum without terms or ring (-1)."""
    writer = Writer()
    scratch, size, base = tape.rows.count, stock.size, tape.terms.row.size
    if length > 1:
        writer.write("close", Op.PUT_AHEAD, place=(0, 0, np.arange(size)), rows=(first[:size], length, 0, stock))
    start = np.concatenate([sums[0].start[:-1], sums[1].start[:-1] + sums[0].row.size]) + base
    end = np.concatenate([sums[0].start[1:], sums[1].start[1:] + sums[0].row.size]) + base
    item = np.flatnonzero((end > start) & (first[size:] >= 0))
    ring, start, end = first[size:][item], start[item], end[item]
    # The order of operations is the order of their places; each sum is moved to its ring before the next one is made.
    writer.write("close", Op.SUM, place=(0, 1, item, 0), rows=(scratch if length > 1 else ring, start, end))
    if length > 1:
        writer.write("close", Op.PUT_AHEAD, place=(0, 1, item, 1), rows=(ring, length, 0, scratch))
    return writer.finish()


def _backlog(program: Program, rows: Rows, chosen: Integers) -> Sums:
    """Return what customers and lanes wait for; what waits at a plant may wait for a machine, so it is left out."""
    buffers = program.buffers
    writer = SumWriter()
    place, claim = spread(buffers.claim_start, chosen)
    is_stream, index = buffers.claim_kind[claim] == 0, buffers.claim_index[claim]
    writer.add(place[is_stream], rows.backlog[index[is_stream]])
    is_lane = np.zeros(claim.size, dtype=bool)
    is_lane[~is_stream] = program.activities.kind[index[~is_stream]] == ActivityKind.MOVE
    writer.add(place[is_lane], rows.waiting[index[is_lane]], weight=buffers.claim_quantity[claim[is_lane]])
    return writer.finish(chosen.size)


def _totals(tape: Tape, program: Program, chosen: Integers) -> Sums:
    """Return running totals of units ordered by each stock point, then of units asked of each."""
    buffers, rows = program.buffers, tape.rows
    writer = SumWriter()
    place, source = spread(buffers.source_start, chosen)
    activity, output = buffers.source_activity[source], buffers.source_output[source]
    for row in (rows.started, rows.waiting):
        writer.add(place, row[activity], weight=output)
    which, entry = spread(tape.queues.start, activity)
    writer.add(place[which], tape.queues.rows[entry], weight=output[which])
    place, claim = spread(buffers.claim_start, chosen)
    is_stream, index, quantity = buffers.claim_kind[claim] == 0, buffers.claim_index[claim], buffers.claim_quantity[claim]
    writer.add(chosen.size + place[is_stream], rows.asked_for[index[is_stream]])
    for row in (rows.started, rows.waiting):
        writer.add(chosen.size + place[~is_stream], row[index[~is_stream]], weight=quantity[~is_stream])
    return writer.finish(2 * chosen.size)
