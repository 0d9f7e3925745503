"""Prices that change and payments as operations: event E6 of METHODS 1.2, accrual and cash of METHODS 1.8."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import Basis
from chaintwin.network.program import Program
from chaintwin.simulation.counting.sums import Sums, SumWriter
from chaintwin.simulation.tape.operations import Op
from chaintwin.simulation.tape.rows import Rows
from chaintwin.simulation.tape.tape import Writer

Integers = NDArray[np.int64]

VALUE, SETTLE, FOLLOW = 3, 4, 5
"""Steps of the close, after stock was counted: quantities get their price, groups are paid, accounts are looked at."""


def write_payments(writer: Writer, program: Program, *, rows: Rows, before: int, after: int) -> Sums:
    """Write what is earned and spent at prices that change, what falls due and what is paid; return the sums referred to.

    Parameters
    ----------
    writer : takes the operations.
    program, rows : the network and its layout.
    before : values of series that come before those of prices: see ``price_series``.
    after : terms of sums that come before these.
    """
    activities, streams, payments = program.activities, program.streams, program.payments
    items = item_rows(program, rows)
    first = before
    for kind, (value, at, quantity, start) in enumerate(
        (
            (rows.spent, rows.spent_at, rows.started, activities.cost_start),
            (rows.earned, rows.earned_at, rows.shipped, streams.price_start),
            (rows.worth, rows.worth_at, items, payments.series_start),
        )
    ):
        chosen = np.flatnonzero((np.diff(start) > 0) & (quantity != rows.nowhere))
        series = (first + start[chosen], np.diff(start)[chosen])
        operands = (value[chosen], at[chosen], quantity[chosen], *series)
        writer.write("close", Op.APPRAISE, place=(0, VALUE, chosen, kind), rows=operands)
        first += int(start[-1])
    changing = np.diff(payments.series_start) > 0
    sums = SumWriter()
    groups = payments.term.size
    owner = np.repeat(np.arange(groups), np.diff(payments.item_start))
    known = np.flatnonzero(items != rows.nowhere)
    row, weight = np.where(changing, rows.worth, items), np.where(changing, 1.0, payments.item_price)
    sums.add(owner[known], row[known], weight=weight[known])
    terms = sums.finish(groups)
    accrued = int(rows.spare[7])
    every = np.arange(groups)
    ends = (after + terms.start[:-1], after + terms.start[1:])
    writer.write("close", Op.SUM, place=(0, SETTLE, every, 0), rows=(accrued, *ends))
    sides = (rows.cash[payments.payer], rows.cash[payments.payee])
    later = np.flatnonzero(payments.term > 0)
    writer.write(
        "close",
        Op.PAY_LATER,
        place=(0, SETTLE, later, 1),
        rows=(
            accrued,
            rows.due[later],
            rows.dues[later],
            rows.dues_length[later],
            rows.unpaid[later],
            *(side[later] for side in sides),
        ),
    )
    now = np.flatnonzero(payments.term == 0)
    writer.write("close", Op.PAY, place=(0, SETTLE, now, 1), rows=(accrued, rows.due[now], *(side[now] for side in sides)))
    number = np.where(payments.is_owner == 1, np.arange(rows.cash.size), -1)
    accounts = np.arange(rows.cash.size)
    writer.write("close", Op.FOLLOW, place=(0, FOLLOW, accounts), rows=(rows.cash, rows.cash_at, rows.funding, number))
    return terms


def item_rows(program: Program, rows: Rows) -> Integers:
    """Return the row whose sum an item of the payments is paid by, ``nowhere`` for what cannot happen; Integers[I]."""
    payments, entity = program.payments, program.payments.item_entity
    received = np.where(rows.received == rows.nowhere, rows.started, rows.received)
    found = np.full(entity.size, rows.nowhere, dtype=np.int64)
    for basis, row in (
        (Basis.STARTED, rows.started),
        (Basis.RECEIVED, received),
        (Basis.COUNTED, rows.start_count),
        (Basis.SHIPPED, rows.shipped),
        (Basis.USED, rows.used),
        (Basis.EXPIRED, rows.expired),
        (Basis.SURCHARGED, rows.struck.surcharge),
        (Basis.SURDUTIED, rows.struck.surduty),
        (Basis.SURPLUS, rows.struck.surplus),
    ):
        mine = payments.item_basis == basis
        found[mine] = row[entity[mine]]
    return found
