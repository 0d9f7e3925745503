"""What operations of money do to rows: prices that change, payments now or later, and cash (METHODS 1.8)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.jit import part_kernel, row_kernel
from chaintwin.simulation.kernels.row_kernels import Row

Floats = NDArray[np.float64]


@part_kernel
def money_kernel(
    op: int,
    a: int,
    b: int,
    c: int,
    d: int,
    e: int,
    f: int,
    g: int,
    period: int,
    row: int,
    length: int,
    series: Floats,
    table: Floats,
) -> None:
    """Do one operation of money; ``row`` is the row of this period in the totals of the first account."""
    if op == 80:
        appraise_kernel(table[a], table[b], table[c], series[d + period % e])
    elif op == 81:
        pay_kernel(table[a], table[b], table[c], table[d])
    elif op == 82:
        pay_later_kernel(table[a], table[b], table[c + period % d], table[e], table[f], table[g])
    else:
        if d >= 0:
            change_kernel(table[a], table[b], table[row + d * length])
        follow_kernel(table[a], table[b], table[c])


@row_kernel
def appraise_kernel(value: Row, before: Row, total: Row, price: float) -> None:
    """Add what a total has grown by, at a price."""
    for w in range(value.shape[0]):
        now = total[w]
        value[w] += price * (now - before[w])
        before[w] = now


@row_kernel
def pay_kernel(accrued: Row, due: Row, payer: Row, payee: Row) -> None:
    """Pay what has accrued beyond what was due."""
    for w in range(accrued.shape[0]):
        paid = accrued[w] - due[w]
        due[w] = accrued[w]
        payer[w] -= paid
        payee[w] += paid


@row_kernel
def pay_later_kernel(accrued: Row, due: Row, turn: Row, unpaid: Row, payer: Row, payee: Row) -> None:
    """Pay what fell due a whole turn of the ring ago; what falls due today takes its place."""
    for w in range(accrued.shape[0]):
        fallen, paid = accrued[w] - due[w], turn[w]
        due[w] = accrued[w]
        turn[w] = fallen
        unpaid[w] += fallen - paid
        payer[w] -= paid
        payee[w] += paid


@row_kernel
def change_kernel(cash: Row, before: Row, total: Row) -> None:
    """Add the change of the period to its total."""
    for w in range(cash.shape[0]):
        total[w] += cash[w] - before[w]


@row_kernel
def follow_kernel(cash: Row, before: Row, funding: Row) -> None:
    """Remember cash, and the most that it was below what it began with."""
    for w in range(cash.shape[0]):
        before[w] = cash[w]
        funding[w] = max(funding[w], -cash[w])
