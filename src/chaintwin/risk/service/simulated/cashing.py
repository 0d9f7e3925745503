"""Cash to cash of a simulated network: what lies in stock and on bills, day by day, and the flows that turn it over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.network.graph import Basis
from chaintwin.network.lowering.paying import CARRIERS, CREWS, CUSTOMS
from chaintwin.network.program import Program
from chaintwin.risk.service.simulated.serving import has_started, priced
from chaintwin.risk.service.simulated.tallying import mean_of
from chaintwin.simulation.history.trace import Trace

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BALANCES = ("inventory", "goods_sold", "receivable", "revenue", "payable", "purchases", "margin", "cash")
"""What is worked out of each owner and of all: mean balances (money) and flows (money a period)."""


@dataclass(frozen=True, slots=True, eq=False)
class Books:
    """What owners had and did in one replication.

    Parameters
    ----------
    balances : by name of `BALANCES` Floats[P + 1]: each account, then all owners as one company, between whose own accounts
        nothing is owed.
    opening, closing : receivable less payable before the first counted period and after the last, Floats[P + 1], money.
    """

    balances: dict[str, Floats]
    opening: Floats
    closing: Floats


def book(trace: Trace, *, warm_up: int, owner: Integers, worth: Floats) -> Books:
    """Keep the books of a replication, bill by bill.

    Stock belongs to the owner of its site, and goods under way or in work to the owner of the site they left, at the value of
    what went into them; what was bought outside is nobody's until it is there. What is unpaid is due of the last periods of its
    term. Goods sold are at the value of what left to customers and other owners, so that inventory over them is days of stock.
    Purchases are what falls due to others than carriers, customs and crews.

    Parameters
    ----------
    trace : the replication. warm_up : periods at its start that do not count; bills of these are paid in those that do.
    owner : Integers[N], account of the owner of each stock point, 0 where there are no accounts.
    worth : Floats[N], value of one unit of each stock point's product.

    Source: METHODS 1.8 and 5.3; SCOR digital standard, AM.1.1.
    """
    program = trace.program
    payments, accounts = program.payments, max(program.payments.is_owner.size, 1)
    due = _falling_due(trace)
    counted = due[warm_up:]
    unpaid = _unpaid(due, payments.term)
    whole = accounts + 1
    is_ours = np.append(payments.is_owner == 1, True) if payments.is_owner.size else np.ones(whole, dtype=np.bool_)
    inside = (
        (payments.is_owner[payments.payer] == 1) & (payments.is_owner[payments.payee] == 1)
        if payments.term.size
        else np.zeros(0, dtype=np.bool_)
    )
    names = program.names.accounts["account_id"]
    is_goods = ~names.is_in([CARRIERS, CUSTOMS, CREWS]).to_numpy()[payments.payee] if payments.term.size else inside

    def sides(values: Floats, end: Integers, chosen: NDArray[np.bool_] | None = None) -> Floats:
        """Return Floats[P + 1], sums of groups by one of their ends, and of those with an end outside."""
        kept = values if chosen is None else np.where(chosen, values, 0.0)
        mine = np.bincount(end, weights=kept, minlength=accounts)
        ours = kept[~inside & (is_ours[end] if end.size else inside)].sum()
        return np.append(mine, ours)

    flow, open_bills = counted.mean(axis=0), unpaid[warm_up:].mean(axis=0)
    before = unpaid[warm_up - 1] if warm_up else np.zeros(payments.term.size)
    paid = _paid(due, payments.term)[warm_up:].mean(axis=0)

    def net(values: Floats) -> Floats:
        return sides(values, payments.payee) - sides(values, payments.payer)

    inventory, sold = _goods(trace, warm_up=warm_up, owner=owner, worth=worth, accounts=accounts)
    balances = {
        "inventory": inventory,
        "goods_sold": sold,
        "receivable": sides(open_bills, payments.payee),
        "revenue": sides(flow, payments.payee),
        "payable": sides(open_bills, payments.payer),
        "purchases": sides(flow, payments.payer, is_goods),
        "margin": net(flow),
        "cash": net(paid),
    }
    return Books(balances, net(before), net(unpaid[-1]) if len(unpaid) else net(before))


def cash_table(books: list[Books], program: Program, *, days: float, confidence: float) -> pl.DataFrame:
    """Return the cash-to-cash cycle of each owner, and of all as one company.

    Parameters
    ----------
    books : of each replication. program : what was run.
    days : in one period. confidence : level of the intervals.

    Returns
    -------
    ``account_id`` (null: all owners as one), the means of `BALANCES`, ``inventory_days``, ``receivable_days``, ``payable_days``,
    ``cash_to_cash_days``, each with its ``_half_width``; null where a flow is 0, and those of bills where no cash is followed.
    """
    accounts = program.names.accounts
    has_bills = accounts.height > 0
    found = {name: np.stack([each.balances[name] for each in books]) for name in BALANCES}
    each: dict[str, Floats] = {}
    ratios: dict[str, Floats] = {}
    for name, above, below in (
        ("inventory_days", "inventory", "goods_sold"),
        ("receivable_days", "receivable", "revenue"),
        ("payable_days", "payable", "purchases"),
    ):
        with np.errstate(invalid="ignore", divide="ignore"):
            each[name] = np.where(found[below] > 0, found[above] / found[below], np.nan) * days
            total = found[below].mean(axis=0)
            ratios[name] = np.where(total > 0, found[above].mean(axis=0) / total, np.nan) * days
    for values in (each, ratios):
        values["cash_to_cash_days"] = values["inventory_days"] + values["receivable_days"] - values["payable_days"]
    columns: dict[str, Floats] = {name: found[name].mean(axis=0) for name in BALANCES}
    for name, value in ratios.items():
        columns |= {name: value, f"{name}_half_width": mean_of(each[name], confidence=confidence)[1]}
    ids = [*accounts["account_id"].to_list(), None] if has_bills else [None, None]
    table = pl.DataFrame({"account_id": pl.Series(ids, dtype=pl.String)} | columns)
    is_owner = [*accounts["is_owner"].to_list(), True] if has_bills else [False, True]
    table = table.filter(pl.Series(is_owner))
    if not has_bills:
        unknown = [name for name in table.columns if name not in ("account_id", "inventory", "goods_sold")]
        unknown = [name for name in unknown if not name.startswith("inventory_days")]
        table = table.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in unknown)
    return table.with_columns(pl.col(pl.Float64).fill_nan(None))


def _falling_due(trace: Trace) -> Floats:
    """Return Floats[T, G], money that falls due in each period."""
    payments = trace.program.payments
    flows = {
        Basis.STARTED: trace.started,
        Basis.RECEIVED: trace.arrived,
        Basis.COUNTED: has_started(trace).astype(np.float64),
        Basis.SHIPPED: trace.shipped,
        Basis.USED: trace.used,
        Basis.EXPIRED: trace.expired,
    }
    count = payments.item_price.size
    amounts = np.zeros((len(trace.on_hand), count))
    for basis, flow in flows.items():
        mine = np.flatnonzero(payments.item_basis == basis)
        amounts[:, mine] = flow[:, payments.item_entity[mine]]
    changing = np.diff(payments.series_start) > 0
    worth = priced(amounts, payments.series_start, values=payments.series_value, begin=trace.begin)
    amounts = np.where(changing, worth, amounts * payments.item_price)
    group = np.repeat(np.arange(payments.term.size), np.diff(payments.item_start))
    into = sparse.csr_array((np.ones(count), (np.arange(count), group)), shape=(count, payments.term.size))
    return np.asarray(amounts @ into, dtype=np.float64)


def _unpaid(due: Floats, term: Integers) -> Floats:
    """Return Floats[T, G], what is owed at the close of each period: what fell due in the last periods of the term."""
    total = np.concatenate([np.zeros((1, due.shape[1])), np.cumsum(due, axis=0)])
    paid_until = np.maximum(np.arange(1, len(due) + 1)[:, None] - term, 0)
    found: Floats = total[1:] - np.take_along_axis(total, paid_until, axis=0)
    return found


def _paid(due: Floats, term: Integers) -> Floats:
    """Return Floats[T, G], what is paid in each period."""
    place = np.arange(len(due))[:, None] - term
    return np.where(place >= 0, np.take_along_axis(due, np.maximum(place, 0), axis=0), 0.0)


def _goods(trace: Trace, *, warm_up: int, owner: Integers, worth: Floats, accounts: int) -> tuple[Floats, Floats]:
    """Return Floats[P + 1] twice: value of what owners have, and of what they sell in a period."""
    program = trace.program
    activities, streams = program.activities, program.streams
    here = np.bincount(owner, weights=trace.on_hand[warm_up:].mean(axis=0) * worth, minlength=accounts)
    entry = np.repeat(np.arange(activities.kind.size), np.diff(activities.input_start))
    into = activities.input_quantity * worth[activities.input_buffer]
    giver = owner[activities.input_buffer]
    under_way = trace.in_process[warm_up:].mean(axis=0)[entry] * into
    held = here + np.bincount(giver, weights=under_way, minlength=accounts)
    sold = trace.shipped[warm_up:].mean(axis=0) * worth[streams.buffer]
    to_customers = np.bincount(owner[streams.buffer], weights=sold, minlength=accounts)
    target = np.full(activities.kind.size, -1)
    has_output = np.diff(activities.output_start) > 0
    target[has_output] = owner[activities.output_buffer[activities.output_start[:-1][has_output]]]
    traded = trace.started[warm_up:].mean(axis=0)[entry] * into * (giver != target[entry])
    to_others = np.bincount(giver, weights=traded, minlength=accounts)
    return np.append(held, held.sum()), np.append(to_customers + to_others, sold.sum())
