"""What disruptions do to rows, float64[W], one number a replication (METHODS 3.1, event E0 of 1.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import part_kernel, row_kernel
from chaintwin.simulation.kernels.row_kernels import SLACK, Row

Floats = NDArray[np.float64]


@part_kernel
def strike_kernel(
    op: int,
    line: NDArray[np.int32],
    numbers: Floats,
    period: int,
    integer: bool,
    series: Floats,
    table: Floats,
) -> None:
    """Do one operation of disruptions; ``line`` is the operation and its operands."""
    a, b, c, d, e, f = line[1], line[2], line[3], line[4], line[5], line[6]
    if op == 85:
        left = series[e : e + f]
        _strength_kernel(table[a], table[b], table[c], table[d], left, float(period), numbers[0], numbers[1], numbers[2])
    elif op == 86:
        _weigh_kernel(table[a], table[b], numbers[0])
    elif op == 87:
        _multiply_kernel(table[a], table[b])
    elif op == 88:
        _confine_kernel(table[a], table[b], numbers[0])
    elif op == 89:
        _swell_kernel(table[a], table[b], table[c], table[d], table[e], integer)
    elif op == 90:
        _stretch_kernel(table[a], table[b], numbers[0])
    elif op == 91:
        _detain_kernel(table[a + period % b], table[a + (period + 1) % b], table[c], table[d], integer)
    elif op == 92:
        _detain_kernel(table[a], table[b + (period + 1) % c], table[d], table[e], integer)
    elif op == 93:
        _raid_kernel(table, a, b, c, d, e, f, period, integer)
    elif op == 94:
        _ruin_kernel(table[a], table[b], table[c], integer)
    elif op == 95:
        _lessen_kernel(table[a], table[b], table[c], integer)
    elif op == 98:
        for age in range(1, c + 1):
            _take_lot_kernel(table[b + (period - age) % c], table[a])
    elif op == 96:
        _mislead_kernel(table[a], table[b], table[c], numbers[0], integer)
    else:
        price = numbers[0] if e == 0 else series[d + period % e]
        _charge_kernel(table[a], table[b], table[c], table[f], price)


@part_kernel
def _raid_kernel(
    table: Floats, gone: int, ring: int, length: int, factor: int, beyond: int, by_start: int, period: int, integer: bool
) -> None:
    """Let a part of every row of a ring be gone, and note what of its way it had behind or before it."""
    for w in range(table.shape[1]):
        table[gone, w] = 0.0
    for ahead in range(length):
        # A row filled by the period of its start is as old as the ring is long, less what is ahead of it.
        way = float(length - ahead) if by_start != 0 else float(-ahead)
        _raid_row_kernel(table[gone], table[ring + (period + ahead) % length], table[factor], table[beyond], way, integer)


@row_kernel
def _strength_kernel(
    strength: Row, once: Row, onset: Row, length: Row, left: Floats, period: float, unit: float, shift: float, recovery: float
) -> None:
    """Find how strong a disruption is on average over a period: full for its length, then fading over the recovery."""
    last = left.shape[0] - 1
    for w in range(strength.shape[0]):
        since = period - (onset[w] * unit + shift)
        whole = max(length[w], 0.0) * unit
        begin, end = max(since, 0.0), max(since + 1.0, 0.0)
        full = max(min(end, whole) - min(begin, whole), 0.0)
        fading = 0.0
        if recovery > 0.0:
            first = min(max(begin - whole, 0.0), recovery) / recovery * last
            then = min(max(end - whole, 0.0), recovery) / recovery * last
            at, to = min(int(first), last - 1), min(int(then), last - 1)
            low = left[at] + (first - at) * (left[at + 1] - left[at])
            high = left[to] + (then - to) * (left[to + 1] - left[to])
            fading = recovery * (high - low)
        strength[w] = min(full + fading, 1.0)
        once[w] = 1.0 if since <= 0.0 and since > -1.0 else 0.0


@row_kernel
def _weigh_kernel(into: Row, strength: Row, change: float) -> None:
    """Multiply by the factor that a strength comes to."""
    for w in range(into.shape[0]):
        into[w] *= 1.0 + change * strength[w]


@row_kernel
def _multiply_kernel(into: Row, factor: Row) -> None:
    """Multiply one row by another."""
    for w in range(into.shape[0]):
        into[w] *= factor[w]


@row_kernel
def _confine_kernel(capacity: Row, factor: Row, limit: float) -> None:
    """Give what has no capacity one as long as it is disrupted."""
    for w in range(capacity.shape[0]):
        capacity[w] = min(capacity[w], limit * factor[w]) if factor[w] < 1.0 else capacity[w]


@row_kernel
def _swell_kernel(demand: Row, factor: Row, backlog: Row, position: Row, total: Row, integer: bool) -> None:
    """E2: what is asked for changes after it joined the backlog."""
    for w in range(demand.shape[0]):
        asked = demand[w] * factor[w]
        asked = np.floor(asked + (0.5 + SLACK)) if integer else asked
        more = asked - demand[w]
        demand[w] = asked
        backlog[w] += more
        position[w] -= more
        total[w] += more


@row_kernel
def _stretch_kernel(lead: Row, factor: Row, longest: float) -> None:
    """Lengthen or shorten a lead time, in whole periods, halves up; what takes time goes on taking a period at least."""
    for w in range(lead.shape[0]):
        lead[w] = max(min(np.floor(lead[w] * factor[w] + (0.5 + SLACK)), longest), min(lead[w], 1.0))


@row_kernel
def _detain_kernel(today: Row, tomorrow: Row, factor: Row, total: Row, integer: bool) -> None:
    """E0: only a part of what arrives comes in, whole units rounded down; the rest arrives a period later."""
    for w in range(today.shape[0]):
        come = today[w] * min(factor[w], 1.0)
        come = np.floor(come + SLACK) if integer else come
        held = today[w] - come
        today[w] = come
        tomorrow[w] += held
        total[w] += held


@row_kernel
def _raid_row_kernel(gone: Row, row: Row, factor: Row, beyond: Row, way: float, integer: bool) -> None:
    """Let a part of a row be gone, whole units rounded down, and add up what of its way that changes."""
    for w in range(gone.shape[0]):
        taken = row[w] * max(1.0 - factor[w], 0.0)
        taken = np.floor(taken + SLACK) if integer else taken
        row[w] -= taken
        gone[w] += taken
        beyond[w] += way * taken


@row_kernel
def _ruin_kernel(gone: Row, row: Row, factor: Row, integer: bool) -> None:
    """Let a part of a row be gone, whole units rounded down."""
    for w in range(gone.shape[0]):
        taken = max(row[w], 0.0) * max(1.0 - factor[w], 0.0)
        taken = np.floor(taken + SLACK) if integer else taken
        row[w] -= taken
        gone[w] = taken


@row_kernel
def _take_lot_kernel(lot: Row, gone: Row) -> None:
    """Take what is gone from a lot, as far as it holds that."""
    for w in range(lot.shape[0]):
        part = min(lot[w], gone[w])
        lot[w] -= part
        gone[w] -= part


@row_kernel
def _lessen_kernel(order: Row, factor: Row, unsent: Row, integer: bool) -> None:
    """E3: only a part of an order is sent, whole units rounded down; one that is sent as it is may be a fraction."""
    for w in range(order.shape[0]):
        wanted = order[w]
        sent = wanted * factor[w]
        sent = np.floor(sent + SLACK) if integer and factor[w] != 1.0 else sent
        order[w] = sent
        unsent[w] += max(wanted - sent, 0.0)


@row_kernel
def _mislead_kernel(position: Row, on_hand: Row, factor: Row, sign: float, integer: bool) -> None:
    """E3: let a rule see stock that is not there, or not see what is; the other sign takes it back."""
    for w in range(position.shape[0]):
        told = on_hand[w] * factor[w]
        told = np.floor(told + (0.5 + SLACK)) if integer else told
        position[w] += sign * (told - on_hand[w])


@row_kernel
def _charge_kernel(extra: Row, before: Row, total: Row, factor: Row, price: float) -> None:
    """E6: what a total has grown by costs more or less than its price by a factor."""
    for w in range(extra.shape[0]):
        now = total[w]
        extra[w] += (factor[w] - 1.0) * price * (now - before[w])
        before[w] = now
