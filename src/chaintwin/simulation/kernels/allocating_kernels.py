"""Sharing a buffer's stock over its claims (METHODS 1.3): tiers by priority, and three rules inside a tier that is short."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import part_kernel
from chaintwin.simulation.kernels.row_kernels import (
    SLACK,
    claim_kernel,
    clamp_kernel,
    copy_kernel,
    fill_kernel,
    grant_alone_kernel,
    grant_share_kernel,
    leave_kernel,
)

Table = NDArray[np.float64]
Integers = NDArray[np.int64]


@part_kernel
def allocate_kernel(
    rule: int,
    period: int,
    table: Table,
    on_hand: int,
    left: int,
    total: int,
    first: int,
    last: int,
    claims: Integers,
    quantities: Table,
    integer: bool,
) -> None:
    """Grant the stock of one buffer to its claims ``first`` to ``last``; grants are set, stock stays where it is.

    ``rule`` is the operation: 7 shares in proportion, 54 by age, 55 by targets. ``claims`` and ``quantities`` are those of
    ``sharing.claims_of``.
    """
    copy_kernel(table[left], table[on_hand])
    clamp_kernel(table[left])
    while first < last:
        end = first + 1
        while end < last and claims[end, 2] == claims[first, 2]:
            end += 1
        fill_kernel(table[total], 0.0)
        for claim in range(first, end):
            claim_kernel(table[claims[claim, 1]], table[claims[claim, 0]], table[total], quantities[claim, 0])
        if end == first + 1:
            grant_alone_kernel(table[claims[first, 1]], table[left])
        elif rule != 7:
            for w in range(table.shape[1]):
                if table[total, w] > table[left, w]:
                    if rule == 54:
                        _share_by_age_kernel(table, table[left, w], first, end, w, claims, quantities, period, integer)
                    else:
                        _share_fair_kernel(table, table[left, w], first, end, w, claims, quantities, integer)
            leave_kernel(table[left], table[total])
        elif integer:
            for w in range(table.shape[1]):
                if table[total, w] > table[left, w]:
                    _share_whole_kernel(table, table[left, w], table[total, w], first, end, w, claims)
            leave_kernel(table[left], table[total])
        else:
            for claim in range(first, end):
                grant_share_kernel(table[claims[claim, 1]], table[left], table[total])
            leave_kernel(table[left], table[total])
        first = end


@part_kernel
def _share_whole_kernel(table: Table, amount: float, total: float, first: int, end: int, w: int, claims: Integers) -> None:
    """Turn the claims of a tier into whole shares of ``amount`` by largest remainder, the first listed winning ties.

    Remainders are products less multiples of the total, exact below 2^53: as fractions of quotients 7/3 and 1/3 would differ.
    A claim's remainder is kept in column ``w`` of the row behind its grant.
    """
    rest = math.floor(amount)
    for claim in range(first, end):
        grant = claims[claim, 1]
        product = amount * table[grant, w]
        part = math.floor(product / total)
        remainder = product - part * total
        if remainder < 0.0:
            part, remainder = part - 1, remainder + total
        table[grant + 1, w] = remainder
        table[grant, w] = part
        rest -= part
    while rest >= 1:
        best = claims[first, 1]
        for claim in range(first + 1, end):
            if table[claims[claim, 1] + 1, w] > table[best + 1, w]:
                best = claims[claim, 1]
        table[best, w] += 1.0
        table[best + 1, w] = -1.0
        rest -= 1


@part_kernel
def _share_by_age_kernel(
    table: Table,
    amount: float,
    first: int,
    end: int,
    w: int,
    claims: Integers,
    quantities: Table,
    period: int,
    integer: bool,
) -> None:
    """Turn the claims of a tier into shares of ``amount``, the oldest first, in proportion what arose in one period.

    Beginning with the youngest, classes are taken off until what is older can be served; the last one taken shares the rest. A
    claim's older part is kept two rows behind its grant; what is older than its ring is one class.
    """
    age, older, shared = 0, amount + 1.0, 0.0
    length = claims[first, 4]
    while older > amount:
        older, shared = 0.0, 0.0
        for claim in range(first, end):
            grant = claims[claim, 1]
            rest = table[grant, w]
            part = rest
            if age < length:
                part = min(rest, quantities[claim, 0] * table[claims[claim, 3] + (period - age) % length, w])
            table[grant, w] = part
            table[grant + 2, w] = rest - part
            older += rest - part
            shared += part
        if older > amount:
            for claim in range(first, end):
                table[claims[claim, 1], w] = table[claims[claim, 1] + 2, w]
        age += 1
    if integer:
        if shared > 0.0:
            _share_whole_kernel(table, amount - older, shared, first, end, w, claims)
    else:
        for claim in range(first, end):
            table[claims[claim, 1], w] *= (amount - older) / max(shared, 1e-300)
    for claim in range(first, end):
        table[claims[claim, 1], w] += table[claims[claim, 1] + 2, w]


@part_kernel
def _share_fair_kernel(
    table: Table, amount: float, first: int, end: int, w: int, claims: Integers, quantities: Table, integer: bool
) -> None:
    """Turn the claims of a tier into shares of ``amount`` that bring all who get any to the same part of their targets.

    A share is ``part * target - position``, at least nothing and at most the claim, with one ``part`` for all: their sum rises
    with it along straight pieces. The piece that holds the amount is looked for by halving between the bends. A claim's position
    is kept in the row behind its grant, later what its share has of a unit.
    """
    low, high = np.inf, -np.inf
    for claim in range(first, end):
        wanted, grant = table[claims[claim, 1], w], claims[claim, 1]
        position = quantities[claim, 2] * table[claims[claim, 5], w] - wanted if quantities[claim, 1] > 0.0 else 0.0
        table[grant + 1, w] = position
        if wanted > 0.0:
            target = quantities[claim, 1] if quantities[claim, 1] > 0.0 else wanted
            low, high = min(low, position / target), max(high, (position + wanted) / target)
    inside = 1
    while inside > 0:
        inside, middle, bend = 0, 0.0, low
        for claim in range(first, end):
            wanted, position = table[claims[claim, 1], w], table[claims[claim, 1] + 1, w]
            target = quantities[claim, 1] if quantities[claim, 1] > 0.0 else wanted
            if wanted > 0.0:
                for at in (position / target, (position + wanted) / target):
                    if low < at < high:
                        inside, middle, bend = inside + 1, middle + at, at
        if inside > 0:
            middle /= inside
            # Rounding may put the mean of bends that are one onto the edge.
            middle = middle if low < middle < high else bend
            if _fair_sum_kernel(table, middle, first, end, w, claims, quantities) <= amount:
                low = middle
            else:
                high = middle
    slope, part = 0.0, amount
    for claim in range(first, end):
        wanted, position = table[claims[claim, 1], w], table[claims[claim, 1] + 1, w]
        target = quantities[claim, 1] if quantities[claim, 1] > 0.0 else wanted
        if wanted > 0.0:
            if (position + wanted) / target <= low:
                part -= wanted
            elif position / target <= low:
                slope += target
                part += position
    part = part / slope if slope > 0.0 else low
    rest = math.floor(amount)
    for claim in range(first, end):
        grant = claims[claim, 1]
        target = quantities[claim, 1] if quantities[claim, 1] > 0.0 else table[grant, w]
        share = min(max(part * target - table[grant + 1, w], 0.0), table[grant, w])
        whole = math.floor(share + SLACK)
        table[grant, w] = whole if integer else share
        table[grant + 1, w] = share - whole
        rest -= whole
    while integer and rest >= 1:
        best = claims[first, 1]
        for claim in range(first + 1, end):
            if table[claims[claim, 1] + 1, w] > table[best + 1, w] + SLACK:
                best = claims[claim, 1]
        table[best, w] += 1.0
        table[best + 1, w] = -1.0
        rest -= 1


@part_kernel
def _fair_sum_kernel(table: Table, part: float, first: int, end: int, w: int, claims: Integers, quantities: Table) -> float:
    """Return the sum of the shares that bring a tier to one part of its targets."""
    total = 0.0
    for claim in range(first, end):
        wanted, position = table[claims[claim, 1], w], table[claims[claim, 1] + 1, w]
        target = quantities[claim, 1] if quantities[claim, 1] > 0.0 else wanted
        total += min(max(part * target - position, 0.0), wanted)
    return total
