"""Which row of a block's table holds what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.graph import LeadMode, Policy
from chaintwin.network.program import Activities, Program
from chaintwin.network.sizes import SLACK
from chaintwin.network.state import State

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


PERIOD_TOTALS = 4
"""Quantities that are totalled by period: stock, backlog, demand, demand served at once."""

EXPECTING = (Policy.SMOOTHED, Policy.STERMAN)
"""Rules that forecast what will be claimed."""


@dataclass(frozen=True, slots=True)
class Rings:
    """Rows that are used in turn, ring after ring.

    Parameters
    ----------
    length : Integers[rings], 0 where there is none.
    rows, slot, size : Integers[rows of all rings]: the row, its place in its ring, the length of its ring.
    by_start : bool[rows of all rings]: the place is that of the period of the start, not of the arrival.
    """

    length: Integers
    rows: Integers
    slot: Integers
    size: Integers
    by_start: NDArray[np.bool_]

    @staticmethod
    def of(first: Integers, length: Integers, *, by_start: NDArray[np.bool_] | None = None) -> Rings:
        """Return the rings that begin at rows ``first``; ``by_start`` marks those that are filled by the period of the start."""
        slot = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length, length)
        marks = np.zeros(length.size, dtype=bool) if by_start is None else by_start
        return Rings(length, np.repeat(first, length) + slot, slot, np.repeat(length, length), np.repeat(marks, length))

    @property
    def start(self) -> Integers:
        """Integers[rings + 1]: first entry of each ring in ``rows``, and their number."""
        return np.concatenate([[0], np.cumsum(self.length)]).astype(np.int64)

    @property
    def owner(self) -> Integers:
        """Integers[rows of all rings]: the ring of each."""
        return np.repeat(np.arange(self.length.size), self.length)

    def ahead(self, period: int) -> Floats:
        """Return Floats[rows of all rings]: the periods from ``period`` until it is the turn of a row.

        Of a row filled by the period of the start nobody knows; it counts the periods since then, below zero. Between two periods
        both change by one for each period in process, which is what they are used for.
        """
        ahead = (self.slot - period) % self.size
        age = self.size - ahead
        return np.where(self.by_start, -age, ahead).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Rows:
    """Row numbers: each array names one row an entity; N buffers, A activities, D streams, K resources, C claims.

    Parameters
    ----------
    on_hand : [N] stock. position : [N] inventory position (METHODS 1.2, E3), ``nowhere`` where the buffer never orders.
    backlog, demand : [D] owed; asked for today.
    waiting : [A] ordered and seen by the source, not started.
    pipe, pipe_length : [A] first row and number of rows of what has been started, by period of arrival; length 0: no lead time.
    info, info_length : [A] the same for orders not yet seen by the source.
    starts : [A] what starts today, for activities that need to keep it, else a row that all share.
    grants : [C] what a claim is granted; the row behind it is left for remainders.
    capacity, need : [K] left of a resource today; asked of it in a level.
    spare : [8] rows for passing results: position, order, part, left, total, cut, at once, supply line.
    forecast, claimed : [N] what is expected to be claimed in a period; what was claimed today; for rules that forecast.
    sums of the counted periods: stock, stocked [N]; asked_for, shipped, immediate, lost, owed, asked, clear [D]; started,
        orders, start_count, lead_sum [A] (units; periods with an order; with a start; units times lead time, where that is
        drawn); used [K].
    what counting starts from: opening_balance [N] stock and what was on its way to it; opening_backlog [D]; opening_queue [A]
        ordered, not started; opening_to_go [A] units in process times periods to go.
    latest : [A] last arrival so far of activities whose goods do not overtake each other.
    nowhere : a row nobody reads. hot : the first rows, which are worked on in every period. count : rows in all; totals by period
        follow them, ``PERIOD_TOTALS`` blocks of as many rows as periods.
    """

    on_hand: Integers
    position: Integers
    backlog: Integers
    demand: Integers
    waiting: Integers
    pipe: Integers
    pipe_length: Integers
    info: Integers
    info_length: Integers
    starts: Integers
    grants: Integers
    capacity: Integers
    need: Integers
    spare: Integers
    forecast: Integers
    claimed: Integers
    stock: Integers
    stocked: Integers
    asked_for: Integers
    shipped: Integers
    immediate: Integers
    lost: Integers
    owed: Integers
    asked: Integers
    clear: Integers
    started: Integers
    orders: Integers
    start_count: Integers
    lead_sum: Integers
    latest: Integers
    used: Integers
    opening_balance: Integers
    opening_backlog: Integers
    opening_queue: Integers
    opening_to_go: Integers
    nowhere: int
    hot: int
    count: int

    def sums(self) -> Integers:
        """Return the rows that are set to zero when counting begins."""
        names = ("stock", "stocked", "asked_for", "shipped", "immediate", "lost", "owed", "asked", "clear")
        more = ("started", "orders", "start_count", "lead_sum", "used")
        return np.concatenate([getattr(self, name) for name in (*names, *more)])


def rows_for(program: Program, state: State) -> Rows:
    """Lay out the table of a program that starts from a state; a later arrival in the state makes a pipeline longer."""
    activities, buffers = program.activities, program.buffers
    count, actors, streams, resources = program.counts
    pipe_length, info_length = _ring_lengths(program, state)
    kept = np.diff(activities.use_start) > 0
    next_row = 0

    def take(length: int | Integers) -> Integers:
        nonlocal next_row
        lengths = np.ones(length, dtype=np.int64) if isinstance(length, int) else length
        first = next_row + np.cumsum(lengths) - lengths
        next_row += int(lengths.sum())
        return first.astype(np.int64)

    nowhere, spare, shared = int(take(1)[0]), take(8), int(take(1)[0])
    starts = np.full(actors, shared, dtype=np.int64)
    starts[kept] = take(int(kept.sum()))

    def some(chosen: NDArray[np.bool_]) -> Integers:
        found = np.full(chosen.size, nowhere, dtype=np.int64)
        found[chosen] = take(int(chosen.sum()))
        return found

    random, expecting = activities.lead_random == 1, np.isin(buffers.policy, EXPECTING)
    chosen = {
        "position": some(buffers.policy != Policy.NONE),
        "forecast": some(expecting),
        "claimed": some(expecting),
        "lead_sum": some(random),
        "latest": some(random & (activities.lead_mode == LeadMode.FIFO)),
    }
    sizes: dict[str, int | Integers] = {
        "on_hand": count,
        "backlog": streams,
        "demand": streams,
        "waiting": actors,
        "pipe": pipe_length,
        "info": info_length,
        "grants": np.full(buffers.claim_kind.size, 2, dtype=np.int64),
        "capacity": resources,
        "need": resources,
        "stock": count,
        "stocked": count,
        "asked_for": streams,
        "shipped": streams,
        "immediate": streams,
        "lost": streams,
        "owed": streams,
        "asked": streams,
        "clear": streams,
        "started": actors,
        "orders": actors,
        "start_count": actors,
        "used": resources,
    }
    taken = {name: take(size) for name, size in sizes.items()}
    hot = next_row
    cold = {"opening_balance": count, "opening_backlog": streams, "opening_queue": actors, "opening_to_go": actors}
    taken |= {name: take(size) for name, size in cold.items()}
    return Rows(
        **taken,
        **chosen,
        pipe_length=pipe_length,
        info_length=info_length,
        starts=starts,
        spare=spare,
        nowhere=nowhere,
        hot=hot,
        count=next_row,
    )


def first_column(program: Program, state: State, *, rows: Rows) -> Floats:
    """Return float64[rows]: the table of one replication at the start of the state's period.

    Raises
    ------
    UsageError
        A shipment or an order is due before the state's period.
    """
    buffers = program.buffers
    column = np.zeros(rows.count)
    stock = state.on_hand(program.counts[0])
    waiting = np.zeros(program.counts[1])
    owner, arrival, units = state.shipments.activity_index, state.shipments.arrival, state.shipments.quantity
    _refuse_past(arrival - state.period, "shipment")
    under_way = np.bincount(owner, weights=units, minlength=waiting.size)
    # What arrives by its age is kept by the period of its start; what is older than can be has the greatest age.
    length = rows.pipe_length[owner]
    age = np.clip(state.period - state.shipments.started, 1, np.maximum(length, 1))
    place = np.where(ripens(program)[owner], state.period - age, arrival).astype(np.int64)
    np.add.at(column, rows.pipe[owner] + place % length, units)
    moving = units > 0
    # Of several to one row the last one counts, and they are sorted.
    order = np.flatnonzero(moving)[np.argsort(arrival[moving], kind="stable")]
    column[rows.latest[owner[order]]] = arrival[order]
    who, quantity = state.orders.activity_index, state.orders.quantity
    hidden = (state.orders.visible >= state.period) & (rows.info_length[who] > 0)
    slot = rows.info[who[hidden]] + state.orders.visible[hidden] % rows.info_length[who[hidden]]
    np.add.at(column, slot, quantity[hidden])
    np.add.at(waiting, who[~hidden], quantity[~hidden])
    due = under_way + np.bincount(who, weights=quantity, minlength=waiting.size)
    column[rows.on_hand], column[rows.waiting], column[rows.backlog] = stock, waiting, state.backlog
    position = stock.copy()
    target = np.repeat(np.arange(stock.size), np.diff(buffers.supply_start))
    np.add.at(position, target, buffers.supply_quantity * due[buffers.supply_activity])
    claimed = np.repeat(np.arange(stock.size), np.diff(buffers.claim_start))
    is_stream = buffers.claim_kind == 0
    index = buffers.claim_index
    np.add.at(position, claimed[is_stream], -state.backlog[index[is_stream]])
    np.add.at(position, claimed[~is_stream], -buffers.claim_quantity[~is_stream] * waiting[index[~is_stream]])
    column[rows.position] = position
    column[rows.forecast] = buffers.forecast if state.forecast is None else state.forecast
    column[rows.nowhere] = 0.0
    return column


def ripens(program: Program) -> NDArray[np.bool_]:
    """Return bool[A]: goods of the activity arrive by their age."""
    activities = program.activities
    found: NDArray[np.bool_] = (activities.lead_random == 1) & (activities.lead_mode == LeadMode.KAPLAN)
    return found


def slacks(program: Program) -> Floats:
    """Return Floats[N]: the rounding noise of each buffer; what is no larger is no order, no start, no stock and no debt."""
    buffers = program.buffers
    return np.zeros(buffers.low.size) if program.integer else SLACK * np.maximum(1.0, np.abs(buffers.low))


def _ring_lengths(program: Program, state: State) -> tuple[Integers, Integers]:
    """Return the rows of each activity for what is started, and for orders its source does not see yet."""
    activities = program.activities
    ahead = np.where(activities.lead_random == 1, activities.lead_max, activities.lead_fixed)
    pipe_length = np.maximum(ahead, 0)
    late = ~ripens(program)[state.shipments.activity_index]
    due = state.shipments.arrival - state.period + 1
    np.maximum.at(pipe_length, state.shipments.activity_index[late], due[late])
    info_length = activities.information_delay.copy()
    np.maximum.at(info_length, *_hidden_orders(state, activities))
    return pipe_length, info_length


def _hidden_orders(state: State, activities: Activities) -> tuple[Integers, Integers]:
    """Return the activities of orders their sources do not see yet, and the periods until each is seen, plus one."""
    who, ahead = state.orders.activity_index, state.orders.visible - state.period
    # An order that its source is to see later than today waits on its way even where orders have no delay.
    hidden = (ahead > 0) | ((ahead == 0) & (activities.information_delay[who] > 0))
    return who[hidden], ahead[hidden] + 1


def _refuse_past(ahead: Integers, what: str) -> None:
    wrong = np.flatnonzero(ahead < 0)
    if wrong.size:
        raise UsageError(f"state: found a {what} due {-ahead[wrong[0]]} periods ago; allowed: due now or later")
