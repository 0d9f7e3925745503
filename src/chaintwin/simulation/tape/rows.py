"""Which row of a block's table holds what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import GraphError, UsageError
from chaintwin.network.graph import FORECASTING, Effect, LeadMode, Policy
from chaintwin.network.program import Activities, Program
from chaintwin.network.sizes import RING_SLOTS_MAX, SLACK
from chaintwin.network.state import State
from chaintwin.simulation.tape.ages.classes import class_rows, first_classes
from chaintwin.simulation.tape.ages.lots import expires, first_lots, lot_rows
from chaintwin.simulation.tape.money.valuing import due_rows, valued
from chaintwin.simulation.tape.rooms.filling import filling_of, may_fill_at_once
from chaintwin.simulation.tape.strikes.layout import StruckRows
from chaintwin.simulation.tape.supply.comparing import compared_capacity, compared_stock

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Numbers = NDArray[np.int32]

PERIOD_TOTALS = 4
"""Quantities that are totalled by period: stock, backlog, demand, demand served at once."""


@dataclass(frozen=True, slots=True)
class Rings:
    """Rows that are used in turn, ring after ring.

    Parameters
    ----------
    length : Integers[rings], 0 where there is none.
    rows, slot, size : int32[rows of all rings]: the row, its place in its ring, the length of its ring.
    by_start : bool[rows of all rings]: the place is that of the period of the start, not of the arrival.
    """

    length: Integers
    rows: Numbers
    slot: Numbers
    size: Numbers
    by_start: NDArray[np.bool_]

    @staticmethod
    def of(first: Integers, length: Integers, *, by_start: NDArray[np.bool_] | None = None) -> Rings:
        """Return the rings that begin at rows ``first``; ``by_start`` marks those that are filled by the period of the start."""
        before, size = (part.astype(np.int32) for part in (np.cumsum(length) - length, length))
        slot = np.arange(int(length.sum()), dtype=np.int32) - np.repeat(before, length)
        marks = np.zeros(length.size, dtype=bool) if by_start is None else by_start
        rows = np.repeat(first.astype(np.int32), length) + slot
        return Rings(length, rows, slot, np.repeat(size, length), np.repeat(marks, length))

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
    spare : [14] rows for passing results: position, order, part, left, total, cut, at once, supply line; for sources in tiers:
        position as far as expedited sources see, what the tiers before leave, what a tier takes, what a tier and a source can
        start; what is good of what arrives.
    free_stock, free_capacity : [N], [K] what nobody has claimed yet today, where it decides between sources.
    forecast, claimed : [N] what is expected to be claimed in a period; what was claimed today; for rules that forecast.
    window, window_length, window_sum : [N] first row and number of rows of the claims that a forecast is the mean of; their sum.
    sums of the counted periods: stock, stocked [N]; asked_for, shipped, immediate, lost, owed, asked, clear [D]; started,
        orders, start_count, lead_sum [A] (units; periods with an order; with a start; units times lead time, where that is
        drawn); good, scrapped, scrapped_at_once [A] (units that arrived and were good, where that is drawn, else ``nowhere``;
        units that were not; of them those that arrived without lead time, where that is drawn); used [K].
    what counting starts from: opening_balance [N] stock and what was on its way to it; opening_backlog [D]; opening_queue [A]
        ordered, not started; opening_to_go [A] units in process times periods to go.
    latest : [A] last arrival so far of activities whose goods do not overtake each other.
    held, young : [N] stock when it was last looked at for its ages; what of it came in recently enough to be usable tomorrow, as
        far as it has not been taken; ``nowhere`` where nothing expires, as ``expired`` [N], the sum of what did.
    lots, lots_length : [N] first row and number of rows of what came in, by period; length 0: nothing expires, or all at once.
    claim_held : [C] a claim when it was last looked at for its ages; ``nowhere`` where they do not matter.
    classes, classes_length : [C] first row and number of rows of what was claimed, by period; length 0: ages do not matter. A
        grant to such a claim has a third row for passing results.
    received : [A] sum of what arrived, where a payment depends on it.
    spent, spent_at : [A] cost of starts and what had been started when it was last added up, where the cost changes; earned,
        earned_at [D] the same for prices of what is shipped; worth, worth_at [I] for items of payments.
    due : [G] sum of what fell due. dues, dues_length : [G] first row and number of rows of what fell due, by period; length 0:
        paid at once. unpaid : [G] due and not paid.
    cash, cash_at : [P] what came in less what was paid, now and a period ago. funding : [P] the most that was paid beyond what
        had come in.
    on_time : [D] sum of what was delivered within the promise window; ``immediate`` where there is none.
    owed_before, wanted : [D] what was owed at the last close; what was demanded, less what of it was lost, in the periods of the
        window; ``nowhere`` where there is none.
    promised, promised_length : [D] first row and number of rows of such demand, by period; length 0: no window.
    room_free, room_need : [rooms] what a site has left for stock now; what is to be stored there.
    arriving, outside : [A] what arrives today by its age at a site with little room; sum of what waited outside such a site at
        the close of each period; ``nowhere`` where goods never do.
    struck : what disruptions keep.
    nowhere : a row nobody reads. hot : the first rows, which are worked on in every period. count : rows in all; totals by period
        follow them, ``totals`` blocks of as many rows as periods: ``PERIOD_TOTALS`` and one for the cash of each owner.
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
    window: Integers
    window_length: Integers
    window_sum: Integers
    free_stock: Integers
    free_capacity: Integers
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
    good: Integers
    scrapped: Integers
    scrapped_at_once: Integers
    latest: Integers
    used: Integers
    held: Integers
    young: Integers
    expired: Integers
    lots: Integers
    lots_length: Integers
    claim_held: Integers
    classes: Integers
    classes_length: Integers
    received: Integers
    spent: Integers
    spent_at: Integers
    earned: Integers
    earned_at: Integers
    worth: Integers
    worth_at: Integers
    due: Integers
    dues: Integers
    dues_length: Integers
    unpaid: Integers
    cash: Integers
    cash_at: Integers
    funding: Integers
    on_time: Integers
    owed_before: Integers
    wanted: Integers
    promised: Integers
    promised_length: Integers
    room_free: Integers
    room_need: Integers
    arriving: Integers
    outside: Integers
    opening_balance: Integers
    opening_backlog: Integers
    opening_queue: Integers
    opening_to_go: Integers
    struck: StruckRows
    nowhere: int
    hot: int
    count: int
    totals: int

    def sums(self) -> Integers:
        """Return the rows that are set to zero when counting begins.

        What was demanded before is among them: it is no part of the demand that is counted, and so its delivery is not either.
        """
        names = ("stock", "stocked", "asked_for", "shipped", "immediate", "lost", "owed", "asked", "clear")
        more = ("started", "orders", "start_count", "lead_sum", "good", "scrapped", "scrapped_at_once", "used", "expired")
        money = ("received", "spent", "spent_at", "earned", "earned_at", "worth", "worth_at", "due", "cash", "cash_at", "funding")
        windows = Rings.of(self.promised, self.promised_length).rows
        return np.concatenate(
            [
                *(getattr(self, name) for name in (*names, *more, *money, "on_time", "wanted", "outside")),
                windows,
                *self.struck.sums,
            ]
        )


def rows_for(program: Program, state: State, *, periods: int | None = None) -> Rows:
    """Lay out the table of a program that starts from a state; a later arrival in the state makes a pipeline longer.

    Parameters
    ----------
    program, state : what is run, and from where.
    periods : how many are run at most; stock that cannot expire in them needs no ages.
    """
    activities, buffers = program.activities, program.buffers
    count, actors, streams, _ = program.counts
    pipe_length, info_length = _ring_lengths(program, state)
    perishing = expires(program, state, periods=periods)
    expecting = np.isin(buffers.policy, FORECASTING)
    kept = (np.diff(activities.use_start) > 0) | may_fill_at_once(program)
    next_row = 0

    def take(length: int | Integers) -> Integers:
        nonlocal next_row
        lengths = np.ones(length, dtype=np.int64) if isinstance(length, int) else length
        first = next_row + np.cumsum(lengths) - lengths
        next_row += int(lengths.sum())
        return first.astype(np.int64)

    nowhere, spare, shared = int(take(1)[0]), take(14), int(take(1)[0])
    starts = np.full(actors, shared, dtype=np.int64)
    starts[kept] = take(int(kept.sum()))

    def some(chosen: NDArray[np.bool_]) -> Integers:
        found = np.full(chosen.size, nowhere, dtype=np.int64)
        found[chosen] = take(int(chosen.sum()))
        return found

    warm = {"pipe": pipe_length, "info": info_length, "window": np.where(expecting, buffers.window, 0)}
    cold = {
        "lots": lot_rows(program, perishing),
        "classes": class_rows(program),
        "promised": promise_rows(program, periods=periods),
        "dues": due_rows(program, periods=periods),
    }
    lengths = {f"{name}_length": length for name, length in (warm | cold).items()}
    chosen = {name: some(wanted) for name, wanted in _optional(program, perishing, lengths).items()}
    sizes = _hot_sizes(program) | warm
    taken = {name: take(size) for name, size in sizes.items()}
    hot = next_row
    openings = {"opening_balance": count, "opening_backlog": streams, "opening_queue": actors, "opening_to_go": actors}
    taken |= {name: take(size) for name, size in (cold | openings).items()}
    struck = StruckRows.laid_out(program, take=take, some=some)
    chosen["on_time"] = np.where(lengths["promised_length"] > 0, chosen["on_time"], taken["immediate"])
    return Rows(
        **taken,
        **chosen,
        **lengths,
        starts=starts,
        spare=spare,
        struck=struck,
        nowhere=nowhere,
        hot=hot,
        count=next_row,
        totals=PERIOD_TOTALS + int(program.payments.is_owner.sum()),
    )


def first_column(program: Program, state: State, *, rows: Rows, drawn: NDArray[np.bool_]) -> Floats:
    """Return float64[rows]: the table of one replication at the start of the state's period.

    Parameters
    ----------
    program, state, rows : the network, where it starts, its layout.
    drawn : bool[shipments]: what is put into the row of its arrival by replication, and not here.

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
    here = ~drawn
    np.add.at(column, rows.pipe[owner[here]] + place[here] % length[here], units[here])
    # Rounding noise on its way holds nothing up.
    moving = here & (units > noise_of(program)[owner])
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
    column[rows.owed_before] = state.backlog
    position = stock.copy()
    target = np.repeat(np.arange(stock.size), np.diff(buffers.supply_start))
    np.add.at(position, target, buffers.supply_quantity * due[buffers.supply_activity])
    claimed = np.repeat(np.arange(stock.size), np.diff(buffers.claim_start))
    is_stream = buffers.claim_kind == 0
    index = buffers.claim_index
    np.add.at(position, claimed[is_stream], -state.backlog[index[is_stream]])
    np.add.at(position, claimed[~is_stream], -buffers.claim_quantity[~is_stream] * waiting[index[~is_stream]])
    column[rows.position] = position
    expected = buffers.forecast if state.forecast is None else state.forecast
    column[rows.forecast] = expected
    # A mean of the last claims goes on as if its forecast had been claimed in each period.
    windows = Rings.of(rows.window, rows.window_length)
    column[windows.rows] = expected[windows.owner]
    column[rows.window_sum] = expected * rows.window_length
    slot, quantity, column[rows.claim_held] = first_classes(program, state, first=rows.classes, length=rows.classes_length)
    np.add.at(column, slot, quantity)
    slot, quantity, column[rows.held] = first_lots(program, state, first=rows.lots, length=rows.lots_length)
    np.add.at(column, slot, quantity)
    np.add.at(column, np.repeat(rows.young, rows.lots_length), column[Rings.of(rows.lots, rows.lots_length).rows])
    column[rows.nowhere] = 0.0
    return column


def ripens(program: Program) -> NDArray[np.bool_]:
    """Return bool[A]: goods of the activity arrive by their age."""
    activities = program.activities
    found: NDArray[np.bool_] = (activities.lead_random == 1) & (activities.lead_mode == LeadMode.KAPLAN)
    return found


def promise_rows(program: Program, *, periods: int | None) -> Integers:
    """Return Integers[D]: rows in which a stream keeps what was demanded in the periods of its window and today; 0 without one.

    Parameters
    ----------
    program : the network.
    periods : how many are run at most; what was demanded before the first of them is never on time.

    Raises
    ------
    GraphError
        The windows of all streams together are too long.
    """
    window = program.streams.window
    longest = np.iinfo(np.int64).max if periods is None else max(periods, 1)
    rows: Integers = np.where(window > 0, np.minimum(window + 1, longest), 0)
    if rows.sum() > RING_SLOTS_MAX:
        name = program.names.streams["stream_id"][int(rows.argmax())]
        found = f"found {rows.sum():,} periods in which all demand is still on time, most of them of {name}"
        raise GraphError(f"{found}; allowed: at most {RING_SLOTS_MAX:,}")
    return rows


def fractional(program: Program) -> NDArray[np.bool_]:
    """Return bool[N]: quantities are whole, but the position counts what is under way by its mean yield."""
    buffers = program.buffers
    owner = np.repeat(np.arange(buffers.policy.size), np.diff(buffers.supply_start))
    found = np.zeros(buffers.policy.size, dtype=bool)
    found[owner[program.yields_drawn[buffers.supply_activity]]] = True
    found[buffers.policy == Policy.NONE] = False
    return found


def slacks(program: Program) -> Floats:
    """Return Floats[N]: the rounding noise of each buffer; what is no larger is no order, no start, no stock and no debt."""
    noise = SLACK * np.maximum(1.0, np.abs(program.buffers.low))
    return np.where(fractional(program), np.minimum(noise, 0.5), 0.0) if program.integer else noise


def noise_of(program: Program) -> Floats:
    """Return Floats[A]: units of an activity that are no more than rounding noise where they arrive."""
    noise = np.zeros(program.activities.kind.size)
    makers = np.repeat(np.arange(noise.size), np.diff(program.activities.output_start))
    np.maximum.at(noise, makers, slacks(program)[program.activities.output_buffer])
    return noise


def _optional(program: Program, perishing: NDArray[np.bool_], lengths: Mapping[str, Integers]) -> dict[str, NDArray[np.bool_]]:
    """Return which entities have the rows that not all have, by name; ``lengths`` are those of rings."""
    activities, buffers = program.activities, program.buffers
    random, expecting = activities.lead_random == 1, np.isin(buffers.policy, FORECASTING)
    lossy = activities.yield_rate < 1.0
    stored = (filling_of(program).room >= 0) & (lengths["pipe_length"] > 0)
    promised = lengths["promised_length"] > 0
    return {
        "position": buffers.policy != Policy.NONE,
        "forecast": expecting,
        "claimed": expecting,
        "window_sum": lengths["window_length"] > 0,
        "free_stock": compared_stock(program),
        "free_capacity": compared_capacity(program),
        "lead_sum": random,
        "latest": random & (activities.lead_mode == LeadMode.FIFO),
        "good": program.yields_drawn,
        "scrapped": lossy,
        "scrapped_at_once": program.yields_drawn & (random | (activities.lead_fixed == 0)),
        "held": perishing,
        "young": perishing,
        "expired": perishing,
        "claim_held": lengths["classes_length"] > 0,
        "arriving": stored & ripens(program),
        "outside": stored,
        "owed_before": promised,
        "wanted": promised,
        "on_time": promised,
    } | valued(program)


def _hot_sizes(program: Program) -> dict[str, int | Integers]:
    """Return by name how many rows each entity has that is worked on in every period; a number where all have one."""
    count, actors, streams, resources = program.counts
    return {
        "on_hand": count,
        "backlog": streams,
        "demand": streams,
        "waiting": actors,
        "grants": np.where(class_rows(program) > 0, 3, 2),
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
        **dict.fromkeys(("due", "unpaid"), program.payments.term.size),
        **dict.fromkeys(("cash", "cash_at", "funding"), program.payments.is_owner.size),
        "room_free": program.rooms.capacity.size,
        "room_need": program.rooms.capacity.size,
    }


def _ring_lengths(program: Program, state: State) -> tuple[Integers, Integers]:
    """Return the rows of each activity for what is started, and for orders its source does not see yet."""
    activities = program.activities
    ahead = np.where(activities.lead_random == 1, activities.lead_max, activities.lead_fixed)
    pipe_length = np.maximum(ahead, 0)
    late = ~ripens(program)[state.shipments.activity_index]
    due = state.shipments.arrival - state.period + 1
    np.maximum.at(pipe_length, state.shipments.activity_index[late], due[late])
    # What does not fit today joins tomorrow's row, which must be another one.
    postponed = (filling_of(program).room >= 0) | program.strikes.struck(Effect.ARRIVALS, count=pipe_length.size)
    pipe_length[postponed & (pipe_length == 1)] = 2
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
