"""What disruptions hold up: goods that are not let in, goods that take longer, and starts for which capacity was taken away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import Effect, LeadMode
from chaintwin.simulation.first_causes.strikers import Strikers, offered
from chaintwin.simulation.history.trace import NEVER, Trace
from chaintwin.simulation.kernels.row_kernels import SLACK
from chaintwin.simulation.tape.rows import ripens

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ByCause = list[tuple[int, int, Floats]]
"""Entity, number of the cause, and a value for each period."""


def detained(trace: Trace) -> ByCause:
    """Return by activity and cause the part, 0 to 1, of what waits at the end of its way that a disruption keeps there.

    Parameters
    ----------
    trace : of a network with disruptions.
    """
    assert trace.struck is not None, "the network has disruptions"
    strikers, found = Strikers(trace), []
    share = np.divide(trace.struck.detained, trace.held, out=np.zeros_like(trace.held), where=trace.held > 0)
    for activity, rows in strikers.on(Effect.ARRIVALS).items():
        parts = strikers.parts(rows)
        for number, row in enumerate(rows.tolist()):
            part = np.minimum(share[:, activity], 1.0) * parts[:, number]
            found.append((activity, int(strikers.cause[row]), part))
    return found


def stretched(trace: Trace, lead: Integers) -> ByCause:
    """Return by activity and cause the units that are late by no more than the disruption adds to the usual lead time.

    What has to wait behind such units, because goods of the activity arrive in the order they started in, is late for the
    same reason. Where goods arrive by their age it is the disruption of the day that counts.

    Parameters
    ----------
    trace : of a network with disruptions. lead : Integers[A], usual lead times.
    """
    strikers, found = Strikers(trace), []
    by_age = ripens(trace.program)
    for activity, rows in strikers.on(Effect.LEAD).items():
        factor, parts = strikers.product(rows), strikers.parts(rows, more=True)
        usual = int(lead[activity])
        longer = np.maximum(np.floor(usual * factor + (0.5 + SLACK)), min(usual, 1)).astype(np.int64)
        mine = _pieces(trace, activity)
        if by_age[activity]:
            values = _late_by_age(trace, mine, usual=usual, longer=longer)[:, None] * parts
        else:
            in_order = trace.program.activities.lead_mode[activity] == LeadMode.FIFO
            values = _late(trace, mine, usual=usual, longer=longer, parts=parts, in_order=in_order)
        for number, row in enumerate(rows.tolist()):
            found.append((activity, int(strikers.cause[row]), values[:, number]))
    return found


def limited(trace: Trace, queue: Floats) -> ByCause:
    """Return by resource and cause the part, 0 to 1, of what waits for the resource that would have started without disruptions.

    What a disruption takes of a capacity adds to what waits because of it, as long as anything waits.

    Parameters
    ----------
    trace : of a network with disruptions.
    queue : Floats[T, uses]: what waits for each resource, in its units.
    """
    strikers, resource_of = Strikers(trace), trace.program.activities.use_resource
    usual, now = offered(trace)
    found: ByCause = []
    for resource, rows in strikers.on(Effect.CAPACITY).items():
        waits = queue[:, resource_of == resource].sum(axis=1)
        taken, parts = usual[:, resource] - now[:, resource], strikers.parts(rows)
        owed, values = np.zeros(rows.size), np.zeros(parts.shape)
        for at in range(waits.size):
            owed = owed + max(taken[at], 0.0) * parts[at]
            total = owed.sum()
            # What was added to the capacity works off what waits, and less cannot wait than does.
            most = min(total + min(taken[at], 0.0), waits[at])
            owed = owed * (max(most, 0.0) / total) if total > 0 else owed
            values[at] = owed / waits[at] if waits[at] > 0 else 0.0
        for number, row in enumerate(rows.tolist()):
            found.append((resource, int(strikers.cause[row]), values[:, number]))
    return found


def _pieces(trace: Trace, activity: int) -> list[tuple[int, int, float]]:
    """Return start, end and units of all goods of the run, in order of their start: until they arrive or are lost."""
    assert trace.struck is not None, "the network has disruptions"
    journeys, losses = trace.journeys, trace.struck.losses
    found = []
    for number in np.flatnonzero((journeys.activity == activity) & (journeys.started >= trace.begin)).tolist():
        end = trace.end if journeys.arrived[number] == NEVER else int(journeys.arrived[number])
        found.append((int(journeys.started[number]), end, float(trace.struck.left[number])))
        gone = np.flatnonzero(losses.journey == number)
        found += [(int(journeys.started[number]), int(losses.period[at]), float(losses.quantity[at])) for at in gone.tolist()]
    return sorted(found)


def _late(
    trace: Trace, pieces: list[tuple[int, int, float]], *, usual: int, longer: Integers, parts: Floats, in_order: bool
) -> Floats:
    """Return Floats[T, effects]: units that are late, until the time their start gave them at most."""
    found, begin = np.zeros(parts.shape), trace.begin
    until, share = -1, parts[0]
    for start, end, units in pieces:
        allowed, own = start + int(longer[start - begin]), parts[start - begin]
        if not in_order or allowed >= until:
            until, share = allowed, own
        first = start + usual - begin
        found[first : max(min(until, end) - begin, first)] += units * share
    return found


def _late_by_age(trace: Trace, pieces: list[tuple[int, int, float]], *, usual: int, longer: Integers) -> Floats:
    """Return Floats[T]: units older than is usual and no older than the disruption of the day lets them become."""
    found, begin = np.zeros(longer.size), trace.begin
    for start, end, units in pieces:
        at = np.arange(min(start + usual, end) - begin, end - begin)
        found[at] += units * (at + begin - start < longer[at])
    return found
