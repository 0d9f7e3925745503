"""What one operation of a tape does to rows: float64[W], one number a replication; no two of them are the same row.

Each is an event of METHODS 1.2 or a part of one; ``operations.py`` lists them. The loops have no branches that depend on
anything but the replication, so that the compiler turns them into vector instructions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import row_kernel

Row = NDArray[np.float64]

SLACK = 1e-9
"""Rounding noise of real quantities, relative to a level (METHODS 1.5), and of quotients that should be whole."""


@row_kernel
def add_kernel(into: Row, row: Row, factor: float) -> None:
    """Add a multiple of a row."""
    for w in range(into.shape[0]):
        into[w] += factor * row[w]


@row_kernel
def fill_kernel(into: Row, value: float) -> None:
    """Set a row to one value."""
    for w in range(into.shape[0]):
        into[w] = value


@row_kernel
def copy_kernel(into: Row, row: Row) -> None:
    """Copy a row."""
    for w in range(into.shape[0]):
        into[w] = row[w]


@row_kernel
def scale_kernel(into: Row, row: Row, factor: float) -> None:
    """Set a row to a multiple of another."""
    for w in range(into.shape[0]):
        into[w] = factor * row[w]


@row_kernel
def demand_kernel(demand: Row, backlog: Row, position: Row, total: Row, factor: float, integer: bool) -> None:
    """E2: what was drawn joins the backlog; a law that reaches below zero asks for nothing there."""
    # A loop each, because a choice inside would be made again for every replication.
    if integer:
        for w in range(demand.shape[0]):
            asked = np.floor(max(demand[w], 0.0) * factor + (0.5 + SLACK))
            demand[w] = asked
            backlog[w] += asked
            position[w] -= asked
            total[w] += asked
    else:
        for w in range(demand.shape[0]):
            asked = max(demand[w], 0.0) * factor
            demand[w] = asked
            backlog[w] += asked
            position[w] -= asked
            total[w] += asked


@row_kernel
def ask_kernel(demand: Row, backlog: Row, position: Row, total: Row) -> None:
    """E2: demand joins the backlog."""
    for w in range(demand.shape[0]):
        asked = demand[w]
        backlog[w] += asked
        position[w] -= asked
        total[w] += asked


@row_kernel
def ship_kernel(backlog: Row, on_hand: Row, grant: Row, total: Row) -> None:
    """E4: a customer gets what was granted."""
    for w in range(backlog.shape[0]):
        shipped = grant[w]
        backlog[w] -= shipped
        on_hand[w] -= shipped
        total[w] += shipped


@row_kernel
def ship_alone_kernel(backlog: Row, on_hand: Row, total: Row) -> None:
    """E4: a customer gets what is there, for nobody else has a claim."""
    for w in range(backlog.shape[0]):
        shipped = min(backlog[w], max(on_hand[w], 0.0))
        backlog[w] -= shipped
        on_hand[w] -= shipped
        total[w] += shipped


@row_kernel
def served_kernel(
    backlog: Row, demand: Row, immediate: Row, asked: Row, clear: Row, period_immediate: Row, period_demand: Row, slack: float
) -> None:
    """E6: old demand is served first, so what is owed of today's demand is all of the backlog up to today's demand."""
    for w in range(backlog.shape[0]):
        today, owed = demand[w], backlog[w]
        served = today - min(owed, today)
        immediate[w] += served
        period_immediate[w] += served
        period_demand[w] += today
        asked[w] += 1.0 if today > 0.0 else 0.0
        clear[w] += 1.0 if today > 0.0 and owed <= slack else 0.0


@row_kernel
def settle_kernel(
    backlog: Row,
    demand: Row,
    immediate: Row,
    asked: Row,
    clear: Row,
    owed_total: Row,
    period_immediate: Row,
    period_demand: Row,
    period_owed: Row,
    slack: float,
) -> None:
    """E6: ``served_kernel`` and ``owe_kernel`` at once, for demand that is never lost."""
    for w in range(backlog.shape[0]):
        today, owed = demand[w], backlog[w]
        served = today - min(owed, today)
        immediate[w] += served
        period_immediate[w] += served
        period_demand[w] += today
        asked[w] += 1.0 if today > 0.0 else 0.0
        clear[w] += 1.0 if today > 0.0 and owed <= slack else 0.0
        owed_total[w] += owed
        period_owed[w] += owed


@row_kernel
def lose_kernel(backlog: Row, demand: Row, position: Row, total: Row, fraction: float, integer: bool) -> None:
    """E5: lost sales leave."""
    for w in range(backlog.shape[0]):
        lost = fraction * min(backlog[w], demand[w])
        if integer:
            lost = np.floor(lost + SLACK)
        backlog[w] -= lost
        position[w] += lost
        total[w] += lost


@row_kernel
def promise_kernel(
    backlog: Row, demand: Row, before: Row, wanted: Row, total: Row, slot: Row, fraction: float, integer: bool
) -> None:
    """E5: count what was delivered today of demand that its promise still holds for (METHODS 5.2, oldest demand first).

    With A the cumulative demand less what was lost, C what was delivered and w the window that is C(t) - max(C(t-1), A(t-w-1)).
    Taken from C(t), which is A(t) less what is owed, both are small numbers: what was delivered today, and what was demanded
    since less what is owed.
    """
    for w in range(backlog.shape[0]):
        lost = fraction * min(backlog[w], demand[w])
        if integer:
            lost = np.floor(lost + SLACK)
        kept = demand[w] - lost
        wanted[w] += kept - slot[w]
        slot[w] = kept
        delivered = before[w] + demand[w] - backlog[w]
        before[w] = backlog[w] - lost
        total[w] += max(min(delivered, wanted[w] - before[w]), 0.0)


@row_kernel
def owe_kernel(backlog: Row, total: Row, period_total: Row) -> None:
    """E6: count what is owed at close."""
    for w in range(backlog.shape[0]):
        owed = backlog[w]
        total[w] += owed
        period_total[w] += owed


@row_kernel
def limit_kernel(start: Row, grant: Row, taken: float) -> None:
    """E4: no more is started than a grant allows."""
    if taken == 1.0:
        for w in range(start.shape[0]):
            start[w] = min(start[w], grant[w])
    else:
        for w in range(start.shape[0]):
            start[w] = min(start[w], grant[w] / taken)


@row_kernel
def limit_alone_kernel(start: Row, on_hand: Row, taken: float) -> None:
    """E4: no more is started than the stock allows, on which nobody else has a claim."""
    # Granted is the smaller of claim and stock; the claim is what the start is taken from already.
    if taken == 1.0:
        for w in range(start.shape[0]):
            start[w] = min(start[w], max(on_hand[w], 0.0))
    else:
        for w in range(start.shape[0]):
            start[w] = min(start[w], max(on_hand[w], 0.0) / taken)


@row_kernel
def floor_kernel(start: Row) -> None:
    """E4: whole units are started."""
    for w in range(start.shape[0]):
        start[w] = np.floor(start[w] + SLACK)


@row_kernel
def cut_kernel(cut: Row, start: Row, need: Row, capacity: Row) -> None:
    """E4: no more is started than a scarce resource allows."""
    for w in range(cut.shape[0]):
        allowed = min(cut[w], start[w] * capacity[w] / need[w])
        cut[w] = allowed if need[w] > capacity[w] else cut[w]


@row_kernel
def clamp_kernel(row: Row) -> None:
    """Raise what is below zero to zero."""
    for w in range(row.shape[0]):
        row[w] = max(row[w], 0.0)


@row_kernel
def begin_kernel(waiting: Row, start: Row, total: Row, count: Row, slack: float) -> None:
    """E4: what starts leaves the queue and is counted."""
    for w in range(start.shape[0]):
        started = start[w]
        waiting[w] -= started
        total[w] += started
        count[w] += 1.0 if started > slack else 0.0


@row_kernel
def start_alone_kernel(
    on_hand: Row, waiting: Row, slot: Row, total: Row, count: Row, taken: float, slack: float, integer: bool
) -> None:
    """E4: start from one input, on which nobody else has a claim, into a pipeline read already today."""
    if taken == 1.0:
        for w in range(on_hand.shape[0]):
            started = min(waiting[w], max(on_hand[w], 0.0))
            on_hand[w] -= started
            waiting[w] -= started
            slot[w] = started
            total[w] += started
            count[w] += 1.0 if started > slack else 0.0
    else:
        for w in range(on_hand.shape[0]):
            started = min(waiting[w], max(on_hand[w], 0.0) / taken)
            if integer:
                started = np.floor(started + SLACK)
            on_hand[w] -= taken * started
            waiting[w] -= started
            slot[w] = started
            total[w] += started
            count[w] += 1.0 if started > slack else 0.0


@row_kernel
def start_granted_kernel(
    on_hand: Row, grant: Row, waiting: Row, slot: Row, total: Row, count: Row, taken: float, slack: float, integer: bool
) -> None:
    """E4: start from one input as far as granted, into a pipeline read already today."""
    if taken == 1.0:
        for w in range(on_hand.shape[0]):
            started = min(waiting[w], grant[w])
            on_hand[w] -= started
            waiting[w] -= started
            slot[w] = started
            total[w] += started
            count[w] += 1.0 if started > slack else 0.0
    else:
        for w in range(on_hand.shape[0]):
            started = min(waiting[w], grant[w] / taken)
            if integer:
                started = np.floor(started + SLACK)
            on_hand[w] -= taken * started
            waiting[w] -= started
            slot[w] = started
            total[w] += started
            count[w] += 1.0 if started > slack else 0.0


@row_kernel
def start_free_kernel(waiting: Row, slot: Row, total: Row, count: Row, slack: float) -> None:
    """E4: start without input, into a pipeline read already today."""
    for w in range(waiting.shape[0]):
        started = waiting[w]
        waiting[w] = 0.0
        slot[w] = started
        total[w] += started
        count[w] += 1.0 if started > slack else 0.0


@row_kernel
def queue_kernel(lead: Row, start: Row, latest: Row, period: float, slack: float) -> None:
    """E4, no overtaking: what starts arrives no earlier than all that started before it (METHODS 1.4, fifo)."""
    for w in range(lead.shape[0]):
        arrival = max(period + lead[w], latest[w])
        # What is only rounding noise holds nothing up that comes after it.
        is_start = start[w] > slack
        lead[w] = arrival - period if is_start else lead[w]
        latest[w] = arrival if is_start else latest[w]


@row_kernel
def ripen_kernel(slot: Row, arriving: Row, age: Row, total: Row, old: float) -> None:
    """E1, arrival by age: what started ``old`` periods ago arrives if the age of the day is no more (METHODS 1.4, kaplan)."""
    for w in range(slot.shape[0]):
        come = slot[w] if old >= age[w] else 0.0
        slot[w] -= come
        arriving[w] += come
        total[w] += old * come


@row_kernel
def stock_kernel(on_hand: Row, total: Row, stocked: Row, period_total: Row, slack: float) -> None:
    """E6: count stock at close."""
    for w in range(on_hand.shape[0]):
        stock = on_hand[w]
        total[w] += stock
        stocked[w] += 1.0 if stock > slack else 0.0
        period_total[w] += stock


@row_kernel
def claim_kernel(grant: Row, claim: Row, total: Row, factor: float) -> None:
    """E4: set a claim and add it to the total of its tier."""
    for w in range(grant.shape[0]):
        wanted = factor * claim[w]
        grant[w] = wanted
        total[w] += wanted


@row_kernel
def grant_alone_kernel(grant: Row, left: Row) -> None:
    """E4: the only claim of a tier gets what is left."""
    for w in range(grant.shape[0]):
        granted = min(grant[w], left[w])
        grant[w] = granted
        left[w] -= granted


@row_kernel
def grant_share_kernel(grant: Row, left: Row, total: Row) -> None:
    """E4: a short tier shares in proportion; one served in full gets its claims exactly, so that no dust is left owed."""
    for w in range(grant.shape[0]):
        grant[w] = grant[w] if total[w] <= left[w] else left[w] * grant[w] / total[w]


@row_kernel
def leave_kernel(left: Row, total: Row) -> None:
    """After a tier that was short exactly nothing is left; a difference of sums would leave -1e-16 (METHODS 1.3)."""
    for w in range(left.shape[0]):
        left[w] = left[w] - total[w] if total[w] <= left[w] else 0.0
