"""From each late unit back to its first cause, through the shortages of all that supplies it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.first_causes.holding import ByCause, detained, limited, stretched
from chaintwin.simulation.first_causes.lacking import lacking
from chaintwin.simulation.first_causes.shortfalls import DUST, Shortfalls, shortfalls_of
from chaintwin.simulation.first_causes.strikers import disruption_causes
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
    DISRUPTION = "disruption"


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
    total = sparse.csr_array(found)
    # Parts that are what others leave may be below 0 by rounding.
    total.data = np.maximum(total.data, 0.0)
    return total


def late_amounts(trace: Trace) -> Floats:
    """Return Floats[measures, T, D]: what is late by stream and period, before any cause is looked for."""
    streams = trace.program.streams
    missed = np.minimum(trace.backlog + trace.lost, trace.demand)
    missed[missed <= DUST * np.maximum(trace.demand, 1.0)] = 0.0
    cost = trace.backlog * streams.backlog_cost + trace.lost * streams.lost_cost
    return np.stack([missed, trace.backlog, trace.lost, cost])


def cause_index(program: Program) -> tuple[list[Cause], list[str], list[str | None]]:
    """Return kind, id of the place, and name of the disruption, of every possible cause, by index."""
    names = program.names
    groups = (
        (Cause.LEVEL, names.buffers["buffer_id"]),
        (Cause.START, names.buffers["buffer_id"]),
        (Cause.LEAD_TIME, names.activities["activity_id"]),
        (Cause.CAPACITY, names.resources["resource_id"]),
        (Cause.ROOM, names.rooms["site_id"]),
    )
    kinds = [kind for kind, ids in groups for _ in range(ids.len())]
    places = [name for _, ids in groups for name in ids.to_list()]
    disruptions, struck, _ = disruption_causes(program)
    nobody: list[str | None] = [None] * len(kinds)
    return kinds + [Cause.DISRUPTION] * len(struck), places + struck, nobody + disruptions


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


@dataclass(frozen=True, slots=True)
class _Disrupted:
    """What disruptions did, by entity and number of the cause, Floats[T] each; all empty where there are none.

    Parameters
    ----------
    lacking : units that a stock point lacks.
    detained : part, 0 to 1, of what waits at the end of its way. stretched : late units.
    limited : part, 0 to 1, of what waits for a resource.
    """

    lacking: ByCause
    detained: ByCause
    stretched: ByCause
    limited: ByCause

    @staticmethod
    def of(trace: Trace, short: Shortfalls) -> _Disrupted:
        if trace.struck is None:
            return _Disrupted([], [], [], [])
        activities = trace.program.activities
        user = np.repeat(np.arange(trace.waiting.shape[1]), np.diff(activities.use_start))
        queue = (trace.waiting - short.by_input)[:, user] * activities.use_quantity * short.decides
        return _Disrupted(
            [(buffer, cause, amount) for (buffer, cause), amount in lacking(trace, short.lead).items()],
            detained(trace),
            stretched(trace, short.lead),
            limited(trace, queue),
        )


def _edges(trace: Trace, short: Shortfalls) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Return where the shortage of a place comes from: from other places, and from causes; each row of both sums to 1."""
    program, struck = trace.program, _Disrupted.of(trace, short)
    periods, buffers = trace.on_hand.shape
    owner = np.repeat(np.arange(buffers), np.diff(program.buffers.supply_start))
    source, quantity = program.buffers.supply_activity, program.buffers.supply_quantity
    queued, late = short.queued[:, source] * quantity, short.late[:, source] * quantity
    overdue = np.zeros_like(trace.on_hand)
    for number, at in enumerate(owner.tolist()):
        overdue[:, at] += queued[:, number] + late[:, number]
    for at, _, amount in struck.lacking:
        overdue[:, at] += amount
    # As much as was missing would have been there; of more than that everything takes its part.
    part = np.divide(np.minimum(overdue, short.missing), short.missing, out=np.zeros_like(overdue), where=short.missing > 0)
    scale = np.divide(part, overdue, out=np.zeros_like(overdue), where=overdue > 0)
    writer = _Edges(trace)
    rest = 1.0 - part
    early = np.arange(periods)[:, None] < _first_arrivals(program, short.lead)
    period, buffer = np.nonzero(rest)
    writer.end(period * buffers + buffer, buffer + np.where(early[period, buffer], buffers, 0), rest[period, buffer])
    for at, cause, amount in struck.lacking:
        writer.end(np.arange(periods) * buffers + at, np.full(periods, writer.disruptions + cause), amount * scale[:, at])
    for units, causes in _late_causes(trace, short, struck, writer=writer):
        weight = units * scale[:, owner]
        period, arc = np.nonzero(weight)
        writer.end(period * buffers + owner[arc], causes[arc], weight[period, arc])
    weight = queued * scale[:, owner]
    period, arc = np.nonzero(weight)
    _write_queued(
        writer, program, short, trace, node=period * buffers + owner[arc], activity=source[arc],
        before=period - short.lead[source[arc]], weight=weight[period, arc], struck=struck,
    )  # fmt: skip
    return writer.finish()


def _late_causes(trace: Trace, short: Shortfalls, struck: _Disrupted, *, writer: _Edges) -> Iterator[tuple[Floats, Integers]]:
    """Yield what is late and ends at some causes, Floats[T, arcs], with the cause of each arc of what supplies stock points.

    What waits outside for want of room, or because a disruption lets nothing in, is not the lane's fault.
    """
    buffers = trace.program.buffers
    source, quantity = buffers.supply_activity, buffers.supply_quantity
    held = np.minimum(trace.held, short.late)
    late, outside = short.late[:, source] * quantity, held[:, source] * quantity
    slow, kept, longer = short.late - held, np.zeros_like(late), np.zeros_like(late)
    total = np.zeros_like(slow)
    for activity, _, units in struck.stretched:
        total[:, activity] += units
    scale = np.divide(np.minimum(total, slow), total, out=np.zeros_like(slow), where=total > 0)
    for found, entries, most in ((kept, struck.detained, held), (longer, struck.stretched, scale)):
        for activity, cause, part in entries:
            arcs = np.flatnonzero(source == activity)
            amount = np.zeros_like(late)
            amount[:, arcs] = (part * most[:, activity])[:, None] * quantity[arcs]
            found += amount
            yield amount, np.full(source.size, writer.disruptions + cause)
    yield np.maximum(late - outside - longer, 0.0), writer.lanes + source
    yield np.maximum(outside - kept, 0.0), writer.rooms + short.room[source]


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
    struck: _Disrupted,
) -> None:
    """Write why activities did not start: for want of inputs, in proportion to what each lacked, of capacity, or of room."""
    activities, buffers = program.activities, trace.on_hand.shape[1]
    waits = trace.waiting[before, activity]
    fed = np.divide(short.by_input[before, activity], waits, out=np.zeros(waits.size), where=waits > 0)
    which, arc = spread(activities.input_start, activity)
    size = short.input_short[before[which], arc]
    total = np.bincount(which, weights=size, minlength=activity.size)
    even = 1.0 / np.maximum(np.diff(activities.input_start)[activity], 1)
    part = np.where(total[which] > 0, size / np.where(total > 0, total, 1.0)[which], even[which])
    writer.go(node[which], before[which] * buffers + activities.input_buffer[arc], (weight * fed)[which] * part)
    which, use = spread(activities.use_start, activity)
    part = short.decides[before[which], use]
    decided = np.bincount(which, weights=part, minlength=activity.size)
    # Where no resource limits anything, only room can have held back what inputs allowed.
    bare = np.flatnonzero((decided == 0) & (short.room[activity] >= 0))
    writer.end(node[bare], writer.rooms + short.room[activity[bare]], (weight * (1.0 - fed))[bare])
    value, when, resource = (weight * (1.0 - fed))[which] * part, before[which], activities.use_resource[use]
    left = np.ones(value.size)
    for at, cause, taken in struck.limited:
        mine = np.flatnonzero(resource == at)
        left[mine] -= taken[when[mine]]
        writer.end(node[which[mine]], np.full(mine.size, writer.disruptions + cause), value[mine] * taken[when[mine]])
    writer.end(node[which], writer.resources + resource, value * np.where(left > DUST, left, 0.0))


def _first_arrivals(program: Program, lead: Integers) -> Floats:
    """Return Floats[N]: periods after the begin in which an order of the run can be there; 0 where nothing is ordered."""
    buffers = program.buffers
    first = np.full(buffers.policy.size, np.inf)
    owner = np.repeat(np.arange(first.size), np.diff(buffers.source_start))
    np.minimum.at(first, owner, (lead + program.activities.information_delay)[buffers.source_activity].astype(np.float64))
    return np.where(np.isfinite(first), first, 0.0)


class _Edges:
    """Collects weights from places to places and to causes; the first cause of each kind is numbered as in ``cause_index``."""

    def __init__(self, trace: Trace) -> None:
        program, (periods, buffers) = trace.program, trace.on_hand.shape
        self.lanes = 2 * buffers
        self.resources = self.lanes + program.counts[1]
        self.rooms = self.resources + program.counts[3]
        self.disruptions = self.rooms + program.rooms.capacity.size
        self.places, self.causes = periods * buffers, self.disruptions + len(disruption_causes(program)[0])
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
