"""What was missing where, period by period: on claims, on starts, and against what should have arrived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.laws.tables_kernels import fill_quantile_kernel
from chaintwin.network.program import Program
from chaintwin.simulation.first_causes.strikers import idle, offered
from chaintwin.simulation.history.trace import NEVER, WAITING, Trace
from chaintwin.simulation.tape.leads import lead_tables
from chaintwin.simulation.tape.rooms.filling import filling_of
from chaintwin.simulation.tape.rows import ripens

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DUST = 1e-9
"""What is missing and less than this part of what was wanted is rounding."""


@dataclass(frozen=True, slots=True)
class Shortfalls:
    """Everything the causes of a trace are read from.

    Parameters
    ----------
    missing : Floats[T, N], unit: claims on a buffer beyond its stock when it allocated.
    queued : Floats[T, A]: units of an activity that should have started and still wait, and would be at their goal by now: those
        that waited one usual lead time ago, less what others arrived too early.
    late : Floats[T, A]: units of an activity that started in time and are not there.
    by_input : Floats[T, A]: of what waits at the close, the part that inputs did not allow; the rest is capacity's.
    input_short : Floats[T, inputs]: units of the activity an input did not allow.
    decides : Floats[T, uses], 0 to 1: the part of what waits that lies with the resource: the scarcest decides, those as scarce
        share. 0 where no resource of the activity limits anything.
    lead : Integers[A], period: usual lead times.
    room : Integers[A]: the room the activity fills, -1 for none.
    """

    missing: Floats
    queued: Floats
    late: Floats
    by_input: Floats
    input_short: Floats
    decides: Floats
    lead: Integers
    room: Integers


def shortfalls_of(trace: Trace) -> Shortfalls:
    """Return what was missing in a trace."""
    program = trace.program
    activities = program.activities
    grants, missing = _grants(trace)
    lead = usual_leads(program)
    wanted = trace.started + trace.waiting
    owner = np.repeat(np.arange(lead.size), np.diff(activities.input_start))
    allowed = grants[:, activities.input_claim] / activities.input_quantity
    short = np.maximum(wanted[:, owner] - allowed, 0.0)
    short[short <= DUST * np.maximum(wanted[:, owner], 1.0)] = 0.0
    worst = np.zeros_like(wanted)
    for arc in range(owner.size):
        np.maximum(worst[:, owner[arc]], short[:, arc], out=worst[:, owner[arc]])
    by_input = np.minimum(worst, trace.waiting)
    # Without resources and limits of storage only inputs hold a start back; the rest is what whole units leave.
    filling = filling_of(program)
    if program.rooms.capacity.size:
        filling = filling.at_once(lead_tables(program).shortest)
    decides = _decides(trace)
    user = np.repeat(np.arange(lead.size), np.diff(activities.use_start))
    bound = np.zeros(wanted.shape, dtype=bool)
    bound[:, filling.net != 0] = True
    for use, activity in enumerate(user.tolist()):
        bound[:, activity] |= decides[:, use] > 0
    by_input = np.where(bound, by_input, trace.waiting)
    unfed = np.diff(activities.input_start) == 0
    by_input[:, unfed] = 0.0
    queued, late = _overdue(trace, lead)
    return Shortfalls(missing, queued, late, by_input, short, decides, lead, filling.room)


def usual_leads(program: Program) -> Integers:
    """Return Integers[A]: the lead time of each activity, the median where it is drawn; ages are at least one period."""
    activities, laws = program.activities, program.laws
    lead = activities.lead_fixed.copy()
    half, drawn = np.array([0.5]), np.zeros(1)
    medians: dict[int, float] = {}
    for activity in np.flatnonzero(activities.lead_random).tolist():
        law = int(activities.lead_law[activity])
        if law not in medians:
            fill_quantile_kernel(laws.kind[law], laws.offset[law], laws.size[law], laws.values, half, drawn)
            medians[law] = float(drawn[0])
        lead[activity] = int(np.floor(medians[law] + 0.5))
    least = np.where(ripens(program), 1, 0)
    usual: Integers = np.clip(lead, least, np.maximum(activities.lead_max, least))
    return usual


def _grants(trace: Trace) -> tuple[Floats, Floats]:
    """Return Floats[T, claims], what each claim was granted, and Floats[T, N], what claims lacked: tiers share in proportion."""
    program = trace.program
    buffers, activities, streams = program.buffers, program.activities, program.streams
    periods = trace.on_hand.shape[0]
    owner = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.claim_start))
    is_stream = buffers.claim_kind == 0
    claims = np.zeros((periods, owner.size))
    sold = trace.backlog + trace.lost + trace.shipped
    claims[:, is_stream] = sold[:, buffers.claim_index[is_stream]]
    mine = buffers.claim_index[~is_stream]
    claims[:, ~is_stream] = buffers.claim_quantity[~is_stream] * (trace.started + trace.waiting)[:, mine]
    left = trace.on_hand.copy()
    for stream, buffer in enumerate(streams.buffer.tolist()):
        left[:, buffer] += trace.shipped[:, stream]
    taker = np.repeat(np.arange(trace.started.shape[1]), np.diff(activities.input_start))
    for arc, buffer in enumerate(activities.input_buffer.tolist()):
        left[:, buffer] += activities.input_quantity[arc] * trace.started[:, taker[arc]]
    left = np.maximum(left, 0.0)
    total = np.zeros_like(left)
    grants = np.zeros_like(claims)
    for claim, buffer in enumerate(owner.tolist()):
        total[:, buffer] += claims[:, claim]
    missing = np.maximum(total - left, 0.0)
    missing[missing <= DUST * np.maximum(total, 1.0)] = 0.0
    first = 0
    while first < owner.size:
        end = first + 1
        while end < owner.size and owner[end] == owner[first] and buffers.claim_tier[end] == buffers.claim_tier[first]:
            end += 1
        tier, buffer = claims[:, first:end].sum(axis=1), int(owner[first])
        share = np.divide(np.minimum(tier, left[:, buffer]), tier, out=np.ones(periods), where=tier > 0)
        grants[:, first:end] = claims[:, first:end] * share[:, None]
        left[:, buffer] = np.maximum(left[:, buffer] - tier, 0.0)
        first = end
    return grants, missing


def _overdue(trace: Trace, lead: Integers) -> tuple[Floats, Floats]:
    """Return what was held back before its start and what is late after it, of all that should have arrived by each period."""
    periods, journeys = trace.on_hand.shape[0], trace.journeys
    own = (journeys.started >= trace.begin) & (journeys.arrived != NEVER)
    come = np.zeros((periods, lead.size))
    np.add.at(come, (journeys.arrived[own] - trace.begin, journeys.activity[own]), trace.left[own])
    # What waits outside a site without room is late as well.
    come -= trace.held
    come[1:] += trace.held[:-1]
    before = np.arange(periods)[:, None] - lead
    known, at = before >= 0, np.maximum(before, 0)
    which = np.arange(lead.size)
    due = np.where(known, np.cumsum(trace.started, axis=0)[at, which], 0.0)
    due -= _lost(trace, lead)
    arrived = np.cumsum(come, axis=0)
    gap = due - arrived
    gap[np.abs(gap) <= DUST * np.maximum(arrived, 1.0)] = 0.0
    waited = np.where(known, trace.waiting[at, which], 0.0)
    # What arrived sooner than usual makes up for what waits.
    return np.maximum(waited - np.maximum(-gap, 0.0), 0.0), np.maximum(gap, 0.0)


def _lost(trace: Trace, lead: Integers) -> Floats:
    """Return Floats[T, A]: what of the starts of the run was lost, and should have been there, by each period."""
    found = np.zeros_like(trace.started)
    if trace.struck is None:
        return found
    losses = trace.struck.losses
    start = np.where(losses.journey == WAITING, trace.begin - 1, trace.journeys.started[losses.journey])
    own = start >= trace.begin
    when = np.maximum(start + lead[losses.activity], losses.period)[own] - trace.begin
    inside = when < found.shape[0]
    np.add.at(found, (when[inside], losses.activity[own][inside]), losses.quantity[own][inside])
    return np.cumsum(found, axis=0)


def _decides(trace: Trace) -> Floats:
    """Return Floats[T, uses]: how much of what waits lies with the resource: the one that was taken most, or those alike."""
    activities = trace.program.activities
    usual, now = offered(trace)
    load = np.where(now > 0, trace.used / np.where(now > 0, now, 1.0), np.inf)
    # A limit of a disruption that is not there holds nothing back.
    load = np.where(idle(usual, now), -1.0, load)[:, activities.use_resource]
    start = activities.use_start
    decides = np.zeros_like(load)
    for activity in np.flatnonzero(np.diff(start)).tolist():
        mine = load[:, start[activity] : start[activity + 1]]
        scarcest = (mine >= mine.max(axis=1, keepdims=True)) & (mine >= 0)
        decides[:, start[activity] : start[activity + 1]] = scarcest / np.maximum(scarcest.sum(axis=1, keepdims=True), 1)
    return decides
