"""Sharing a buffer's stock over its claims (METHODS 1.3): tiers by priority, proportional inside a tier."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import part_kernel
from chaintwin.simulation.kernels.row_kernels import (
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

    ``claims`` holds the row of a claim, the row of its grant and its tier; ``quantities`` the units of stock in a unit of it.
    """
    copy_kernel(table[left], table[on_hand])
    clamp_kernel(table[left])
    while first < last:
        end = first + 1
        while end < last and claims[end, 2] == claims[first, 2]:
            end += 1
        fill_kernel(table[total], 0.0)
        for claim in range(first, end):
            claim_kernel(table[claims[claim, 1]], table[claims[claim, 0]], table[total], quantities[claim])
        if end == first + 1:
            grant_alone_kernel(table[claims[first, 1]], table[left])
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
