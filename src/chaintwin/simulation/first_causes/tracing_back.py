"""From each late unit back to its first cause, through the shortages of all that supplies it."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.first_causes.shortfalls import DUST, Shortfalls, shortfalls_of
from chaintwin.simulation.history.trace import Trace

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Cause(StrEnum):
    """Why a stock point was short, at first."""

    LEVEL = "level"
    START = "start"
    LEAD_TIME = "lead_time"
    CAPACITY = "capacity"
    ROOM = "room"


MEASURES = ("late_units", "late_unit_periods", "lost_units", "cost")
"""What is attributed: units not served at once; units owed, summed over closes; units lost; money for both."""


def attributed(trace: Trace, *, counted_from: int) -> sparse.csr_array:
    """Return what is late in a trace by stream and cause: [measure * D + stream, cause], causes as in ``cause_index``.

    Parameters
    ----------
    trace : a replication.
    counted_from : first period whose late units count; their causes may be earlier.
    """
    onward, final = _edges(trace, shortfalls_of(trace))
    late = _late(trace, counted_from=counted_from)
    found = late @ final
    # Every step leads to an earlier period, or upstream within one, so this ends.
    late = late @ onward
    while late.nnz:
        found = found + late @ final
        late = late @ onward
    return sparse.csr_array(found)


def late_amounts(trace: Trace) -> Floats:
    """Return Floats[measures, T, D]: what is late by stream and period, before any cause is looked for."""
    streams = trace.program.streams
    missed = np.minimum(trace.backlog + trace.lost, trace.demand)
    missed[missed <= DUST * np.maximum(trace.demand, 1.0)] = 0.0
    cost = trace.backlog * streams.backlog_cost + trace.lost * streams.lost_cost
    return np.stack([missed, trace.backlog, trace.lost, cost])


def cause_index(program: Program) -> tuple[list[Cause], list[str]]:
    """Return kind and id of every possible cause, by index."""
    names = program.names
    groups = (
        (Cause.LEVEL, names.buffers["buffer_id"]),
        (Cause.START, names.buffers["buffer_id"]),
        (Cause.LEAD_TIME, names.activities["activity_id"]),
        (Cause.CAPACITY, names.resources["resource_id"]),
        (Cause.ROOM, names.rooms["site_id"]),
    )
    kinds = [kind for kind, ids in groups for _ in range(ids.len())]
    return kinds, [name for _, ids in groups for name in ids.to_list()]


def _late(trace: Trace, *, counted_from: int) -> sparse.csr_array:
    """Return what is late by measure and stream, at the place where it is: [measure * D + stream, period * N + buffer]."""
    amounts = late_amounts(trace)
    amounts[:, : counted_from - trace.begin] = 0.0
    measure, period, stream = np.nonzero(amounts)
    buffers = trace.on_hand.shape[1]
    place = period * buffers + trace.program.streams.buffer[stream]
    shape = (len(MEASURES) * amounts.shape[2], amounts.shape[1] * buffers)
    row = measure * amounts.shape[2] + stream
    return sparse.csr_array((amounts[measure, period, stream], (row, place)), shape=shape)


def _edges(trace: Trace, short: Shortfalls) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return where the shortage of a place comes from: from other places, and from causes; each row of both sums to 1."""
    program = trace.program
    periods, buffers = trace.on_hand.shape
    owner = np.repeat(np.arange(buffers), np.diff(program.buffers.supply_start))
    source, quantity = program.buffers.supply_activity, program.buffers.supply_quantity
    queued, late = short.queued[:, source] * quantity, short.late[:, source] * quantity
    overdue = np.zeros_like(trace.on_hand)
    for number, at in enumerate(owner.tolist()):
        overdue[:, at] += queued[:, number] + late[:, number]
    # As much as was missing would have been there; of more than that everything takes its part.
    part = np.divide(np.minimum(overdue, short.missing), short.missing, out=np.zeros_like(overdue), where=short.missing > 0)
    scale = np.divide(part, overdue, out=np.zeros_like(overdue), where=overdue > 0)
    rooms = 2 * buffers + program.counts[1] + program.counts[3]
    writer = _Edges(periods, buffers, causes=rooms + program.rooms.capacity.size)
    rest = 1.0 - part
    early = np.arange(periods)[:, None] < _first_arrivals(program, short.lead)
    period, buffer = np.nonzero(rest)
    writer.end(period * buffers + buffer, buffer + np.where(early[period, buffer], buffers, 0), rest[period, buffer])
    # What waits outside for want of room is not the lane's fault.
    outside = np.minimum(trace.held, short.late)[:, source] * quantity
    for amount, first, cause in ((late - outside, 2 * buffers, source), (outside, rooms, short.room[source])):
        weight = amount * scale[:, owner]
        period, arc = np.nonzero(weight)
        writer.end(period * buffers + owner[arc], first + cause[arc], weight[period, arc])
    weight = queued * scale[:, owner]
    period, arc = np.nonzero(weight)
    _write_queued(
        writer, program, short, trace, node=period * buffers + owner[arc], activity=source[arc],
        before=period - short.lead[source[arc]], weight=weight[period, arc],
    )  # fmt: skip
    return writer.finish()


def _write_queued(
    writer: _Edges,
    program: Program,
    short: Shortfalls,
    trace: Trace,
    *,
    node: Integers,
    activity: Integers,
    before: Integers,
    weight: Floats,
) -> None:
    """Write why activities did not start: for want of inputs, in proportion to what each lacked, of capacity, or of room."""
    activities, buffers = program.activities, trace.on_hand.shape[1]
    waits = trace.waiting[before, activity]
    fed = np.divide(short.by_input[before, activity], waits, out=np.zeros(waits.size), where=waits > 0)
    for start, target, amounts, share in (
        (activities.input_start, activities.input_buffer, short.input_short, weight * fed),
        (activities.use_start, activities.use_resource, short.load, weight * (1.0 - fed)),
    ):
        count = np.diff(start)[activity]
        which, arc = spread(start, activity)
        size = amounts[before[which], arc]
        if target is activities.use_resource:
            # The scarcest resource decides; those as scarce share.
            most = np.full(activity.size, -1.0)
            np.maximum.at(most, which, size)
            size = (size >= most[which]).astype(np.float64)
        total = np.bincount(which, weights=size, minlength=activity.size)
        even = 1.0 / np.maximum(count, 1)
        value = share[which] * np.where(total[which] > 0, size / np.where(total > 0, total, 1.0)[which], even[which])
        if target is activities.use_resource:
            writer.end(node[which], 2 * buffers + program.counts[1] + target[arc], value)
        else:
            writer.go(node[which], before[which] * buffers + target[arc], value)
    # Where no resource is used, only room can have held back what inputs allowed.
    bare = np.flatnonzero((np.diff(activities.use_start)[activity] == 0) & (short.room[activity] >= 0))
    room = 2 * buffers + program.counts[1] + program.counts[3] + short.room[activity[bare]]
    writer.end(node[bare], room, weight[bare] * (1.0 - fed[bare]))


def _first_arrivals(program: Program, lead: Integers) -> Floats:
    """Return Floats[N]: periods after the begin in which an order of the run can be there; 0 where nothing is ordered."""
    buffers = program.buffers
    first = np.full(buffers.policy.size, np.inf)
    owner = np.repeat(np.arange(first.size), np.diff(buffers.source_start))
    np.minimum.at(first, owner, (lead + program.activities.information_delay)[buffers.source_activity].astype(np.float64))
    return np.where(np.isfinite(first), first, 0.0)


class _Edges:
    """Collects weights from places to places and to causes."""

    def __init__(self, periods: int, buffers: int, *, causes: int) -> None:
        self.places, self.causes = periods * buffers, causes
        self.on: list[tuple[Integers, Integers, Floats]] = []
        self.off: list[tuple[Integers, Integers, Floats]] = []

    def go(self, node: Integers, target: Integers, weight: Floats) -> None:
        self.on.append((node, target, weight))

    def end(self, node: Integers, cause: Integers, weight: Floats) -> None:
        self.off.append((node, cause, weight))

    def finish(self) -> tuple[sparse.csr_array, sparse.csr_array]:
        found = []
        for entries, width in ((self.on, self.places), (self.off, self.causes)):
            rows, columns, weights = (np.concatenate([entry[number] for entry in entries]) for number in range(3))
            kept = weights != 0
            matrix = sparse.coo_array((weights[kept], (rows[kept], columns[kept])), shape=(self.places, width))
            found.append(sparse.csr_array(matrix))
        return found[0], found[1]
