"""One replication as an ordered list of events, first of them what there was at the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.graph import FORECASTING, Effect
from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.history.struck import DUST, factors_of
from chaintwin.simulation.history.trace import NEVER, WAITING, Trace

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Event(StrEnum):
    """What may happen; the names of EPCIS business steps where they have one (see docs/guides/follow-one-run.md)."""

    OPENING_STOCK = "opening_stock"
    OPENING_SHIPMENT = "opening_shipment"
    OPENING_ORDER = "opening_order"
    OPENING_BACKLOG = "opening_backlog"
    OPENING_FORECAST = "opening_forecast"
    OPENING_SHARE = "opening_share"
    DISRUPTION_BEGAN = "disruption_began"
    DISRUPTION_CHANGED = "disruption_changed"
    DISRUPTION_ENDED = "disruption_ended"
    DESTROYED = "destroyed"
    LOST_UNDER_WAY = "lost_under_way"
    CANCELLED = "cancelled"
    ARRIVED = "arrived"
    SCRAPPED = "scrapped"
    RECEIVED = "received"
    HELD = "held"
    DETAINED = "detained"
    DEMANDED = "demanded"
    SEEN = "seen"
    EXPECTED = "expected"
    ORDERED = "ordered"
    SHIPPED = "shipped"
    STARTED = "started"
    CONSUMED = "consumed"
    USED = "used"
    LOST = "lost"
    EXPIRED = "expired"


EVENT_SCHEMA = pl.Schema(
    {
        "period": pl.Int64(),
        "sequence": pl.Int64(),
        "event": pl.String(),
        "buffer_id": pl.String(),
        "activity_id": pl.String(),
        "stream_id": pl.String(),
        "resource_id": pl.String(),
        "disruption_id": pl.String(),
        "quantity": pl.Float64(),
        "started": pl.Int64(),
        "due": pl.Int64(),
    }
)
"""Columns of a log. Of the ids those are filled that the event is about; ``quantity`` is never null."""

_RANK = {
    Event.DISRUPTION_BEGAN: 1,
    Event.DISRUPTION_CHANGED: 1,
    Event.DISRUPTION_ENDED: 1,
    Event.DESTROYED: 2,
    Event.LOST_UNDER_WAY: 3,
    Event.CANCELLED: 4,
    Event.ARRIVED: 5,
    Event.SCRAPPED: 5,
    Event.RECEIVED: 5,
    Event.HELD: 5,
    Event.DETAINED: 5,
    Event.DEMANDED: 6,
    Event.SEEN: 7,
    Event.EXPECTED: 8,
    Event.ORDERED: 9,
    Event.SHIPPED: 10,
    Event.STARTED: 10,
    Event.CONSUMED: 10,
    Event.USED: 11,
    Event.LOST: 12,
    Event.EXPIRED: 13,
}
"""Turn of an event in its period, as in METHODS 1.2; opening records come before all."""

_NOBODY = -1


@dataclass(frozen=True, slots=True)
class Head:
    """What a log is of.

    Parameters
    ----------
    program_digest : hash of the compiled network. version : of chaintwin.
    seed, replication : of the draws.
    begin, end : first period; the one after the last.
    events : number of events, so that a log that was cut off is noticed.
    """

    program_digest: str
    version: str
    seed: int
    replication: int
    begin: int
    end: int
    events: int


@dataclass(frozen=True, slots=True)
class EventLog:
    """A log: what it is of, and its events with the columns of ``EVENT_SCHEMA``, numbered from 0."""

    head: Head
    events: pl.DataFrame


def log_of(trace: Trace) -> EventLog:
    """Return the log of a trace; from it alone the state at every period can be rebuilt.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> from chaintwin.simulation.history.tracing import trace
    >>> log_of(trace(load(Example.BEER_GAME), periods=3)).events["event"][0]
    'opening_stock'
    """
    from chaintwin import __version__

    parts = [*_opening(trace), *_strikes(trace), *_flows(trace), *_moves(trace), *_waits(trace), *_goods(trace)]
    events = _frame(trace.program, parts)
    head = Head(
        program_digest=trace.program.digest(),
        version=__version__,
        seed=trace.seed,
        replication=trace.replication,
        begin=trace.begin,
        end=trace.end,
        events=events.height,
    )
    return EventLog(head, events)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some events of one kind; arrays of one length, or one value for all. ``place`` and ``step`` sort within a period."""

    event: Event
    period: Integers
    quantity: Floats
    place: Integers
    step: int = 0
    rank: Integers | int = 0
    level: Integers | int = 0
    buffer: Integers | int = _NOBODY
    activity: Integers | int = _NOBODY
    stream: Integers | int = _NOBODY
    resource: Integers | int = _NOBODY
    strike: Integers | int = _NOBODY
    started: Integers | int | None = None
    due: Integers | int | None = None


def _opening(trace: Trace) -> list[_Part]:
    """Return the records of the state at the start, every stock point that is not empty among them."""
    state, program, begin = trace.state, trace.program, trace.begin
    lots, owing = state.lots, np.flatnonzero(state.backlog)
    moving = np.flatnonzero(state.shipments.quantity)
    shipments, orders = state.shipments, state.orders
    known = trace.journeys.due[: shipments.quantity.size][moving]
    delayed = program.activities.information_delay[orders.activity_index] > 0
    hidden = (orders.visible > begin) | ((orders.visible == begin) & delayed)
    forecast = program.buffers.forecast if state.forecast is None else state.forecast
    expecting = np.flatnonzero(np.isin(program.buffers.policy, FORECASTING))
    less = np.flatnonzero(state.resource_share != 1.0)

    def part(event: Event, step: int, quantity: Floats, **more: Integers) -> _Part:
        count = np.arange(quantity.size)
        return _Part(event, np.full(quantity.size, begin), quantity, count, step=step, **more)

    return [
        # Of stock that expires each lot is told with the period of its receipt, as far as is known.
        part(Event.OPENING_STOCK, 0, lots.quantity, buffer=lots.buffer_index, started=begin - lots.age),
        part(
            Event.OPENING_SHIPMENT,
            1,
            shipments.quantity[moving],
            activity=shipments.activity_index[moving],
            started=shipments.started[moving],
            due=known,
        ),
        part(
            Event.OPENING_ORDER,
            2,
            orders.quantity,
            activity=orders.activity_index,
            due=np.where(hidden, orders.visible, begin - 1),
        ),
        part(Event.OPENING_BACKLOG, 3, state.backlog[owing], stream=owing),
        part(Event.OPENING_FORECAST, 4, forecast[expecting], buffer=expecting),
        part(Event.OPENING_SHARE, 5, state.resource_share[less], resource=less),
    ]


def _strikes(trace: Trace) -> list[_Part]:
    """Return how strong disruptions were where that changed, and what they destroyed and cancelled in the morning."""
    struck, begin, journeys = trace.struck, trace.begin, trace.journeys
    if struck is None:
        return []
    there = (struck.strength > 0) | (struck.once > 0)
    before, was = np.zeros_like(struck.strength), np.zeros_like(there)
    before[1:], was[1:] = struck.strength[:-1], there[:-1]
    found = []
    for event, when in (
        (Event.DISRUPTION_BEGAN, there & ~was),
        (Event.DISRUPTION_CHANGED, there & was & (np.abs(struck.strength - before) > DUST)),
        (Event.DISRUPTION_ENDED, was & ~there),
    ):
        period, strike = np.nonzero(when)
        onset = struck.onset[strike] if event is Event.DISRUPTION_BEGAN else None
        strength = struck.strength[period, strike]
        found.append(_Part(event, period + begin, strength, strike, rank=_RANK[event], strike=strike, started=onset))
    period, buffer = np.nonzero(struck.destroyed)
    alone = _alone(trace, Effect.STOCK, period, buffer)
    gone = struck.destroyed[period, buffer]
    found.append(_Part(Event.DESTROYED, period + begin, gone, buffer, rank=_RANK[Event.DESTROYED], buffer=buffer, strike=alone))
    losses, waited = struck.losses, struck.losses.journey == WAITING
    # Goods that waited go by the number that they were held up under.
    started = np.where(waited, losses.period - 1, journeys.started[losses.journey])
    due = np.where(waited, losses.period, journeys.due[losses.journey])
    orders = struck.cancelled
    for event, effect, part, times in (
        (Event.LOST_UNDER_WAY, Effect.TRANSIT, losses, {"started": started, "due": due}),
        (Event.CANCELLED, Effect.QUEUE, orders, {"due": orders.due}),
    ):
        alone = _alone(trace, effect, part.period - begin, part.activity)
        who = {"activity": part.activity, "strike": alone} | times
        found.append(_Part(event, part.period, part.quantity, part.activity, rank=_RANK[event], **who))
    return found


def _alone(trace: Trace, effect: Effect, period: Integers, entity: Integers) -> Integers:
    """Return the one disruption that took something from an entity in a period; nobody where several did."""
    strikes = trace.program.strikes
    assert trace.struck is not None, "only disruptions take something"
    mine = np.flatnonzero(strikes.effect_kind == effect)
    taking = factors_of(strikes, trace.struck)[:, mine] < 1.0
    struck, column = np.unique(strikes.effect_entity[mine], return_inverse=True)
    count = np.zeros((taking.shape[0], struck.size), dtype=np.int64)
    which = np.full(count.shape, _NOBODY)
    for number, at in enumerate(column.tolist()):
        count[:, at] += taking[:, number]
        which[taking[:, number], at] = strikes.effect_strike[mine[number]]
    entity = np.searchsorted(struck, entity)
    found: Integers = np.where(count[period, entity] == 1, which[period, entity], _NOBODY)
    return found


def _flows(trace: Trace) -> list[_Part]:
    """Return what arrays hold: demand, orders, shipments to customers, losses, use of resources, forecasts."""
    program, begin = trace.program, trace.begin
    buffer_level, _ = program.order.buffer_turns()
    delay = program.activities.information_delay
    expecting = np.flatnonzero(np.isin(program.buffers.policy, FORECASTING))

    def part(event: Event, values: Floats, entity: str, **more: Integers) -> _Part:
        period, index = np.nonzero(values)
        level = more["level"][index] if "level" in more else 0
        due = period + begin + more["delay"][index] if "delay" in more else None
        return _Part(
            event,
            period + begin,
            values[period, index],
            index,
            rank=_RANK[event],
            level=level,
            due=due,
            **{entity: index},  # type: ignore[arg-type]
        )

    learned = np.repeat(np.arange(begin, trace.end), expecting.size)
    who = np.tile(expecting, trace.end - begin)
    return [
        part(Event.DEMANDED, trace.demand, "stream"),
        part(Event.SEEN, trace.visible, "activity"),
        _Part(Event.EXPECTED, learned, trace.forecast[:, expecting].ravel(), who, rank=_RANK[Event.EXPECTED], buffer=who),
        part(Event.ORDERED, trace.ordered, "activity", delay=delay),
        part(Event.SHIPPED, trace.shipped, "stream", level=2 * buffer_level[program.streams.buffer]),
        part(Event.USED, trace.used, "resource"),
        part(Event.LOST, trace.lost, "stream"),
        part(Event.EXPIRED, trace.expired, "buffer"),
    ]


def _moves(trace: Trace) -> list[_Part]:
    """Return what journeys hold: starts with what they take, arrivals with what they give."""
    program, journeys, begin = trace.program, trace.journeys, trace.begin
    activities = program.activities
    level, _ = program.order.activity_turns()
    level = 2 * level + 1
    own, done = np.flatnonzero(journeys.started >= begin), np.flatnonzero(journeys.arrived != NEVER)
    held = np.asarray(trace.held.any(axis=0), dtype=np.bool_)
    # What arrives in the period it started in does so where it started, not in the morning.
    at_once = journeys.arrived == journeys.started
    rank = np.where(at_once, _RANK[Event.STARTED], _RANK[Event.ARRIVED])

    def part(event: Event, which: Integers, step: int, *, begins: bool, quantity: Floats, **more: Integers) -> _Part:
        who = journeys.activity[which]
        turn = _RANK[event] if begins else rank[which]
        return _Part(
            event,
            (journeys.started if begins else journeys.arrived)[which],
            quantity,
            who,
            step=step,
            rank=turn,
            level=np.where(turn == _RANK[Event.STARTED], level[who], 0),
            activity=who,
            **more,
        )

    taking, taken = _spread(activities.input_start, journeys.activity, own)
    # Where what is good is drawn, it is drawn of all that arrives in a period; of what comes to a site without room only the sum
    # that is received is known.
    pooled = program.yields_drawn[journeys.activity] | (held[journeys.activity] & ~at_once)
    mean = done[~pooled[done]]
    worn = mean[activities.yield_rate[journeys.activity[mean]] < 1.0]
    giving, given = _spread(activities.output_start, journeys.activity, mean)
    times = {"started": journeys.started, "due": journeys.due}
    units, left = journeys.quantity, trace.left
    return [
        part(Event.STARTED, own, 0, begins=True, quantity=units[own], **{name: when[own] for name, when in times.items()}),
        part(
            Event.CONSUMED,
            taking,
            1,
            begins=True,
            quantity=units[taking] * activities.input_quantity[taken],
            buffer=activities.input_buffer[taken],
        ),
        part(Event.ARRIVED, done, 2, begins=False, quantity=left[done], **{name: when[done] for name, when in times.items()}),
        part(Event.SCRAPPED, worn, 3, begins=False, quantity=left[worn] * (1.0 - activities.yield_rate[journeys.activity[worn]])),
        part(
            Event.RECEIVED,
            giving,
            4,
            begins=False,
            quantity=left[giving] * activities.output_quantity[given],
            buffer=activities.output_buffer[given],
        ),
    ]


def _waits(trace: Trace) -> list[_Part]:
    """Return what was held back at its end in one period, for want of room or by disruptions, and arrived again in the next."""
    held, struck, begin = trace.held, trace.struck, trace.begin
    parts, back = [], held.copy()
    outside = held
    if struck is not None:
        outside = held - struck.detained
        outside[outside <= DUST * held] = 0.0
        waiting = struck.losses.journey == WAITING
        lost = (struck.losses.period[waiting] - 1 - begin, struck.losses.activity[waiting])
        np.subtract.at(back, lost, struck.losses.quantity[waiting])
        back[back <= DUST * held] = 0.0
    back[-1:] = 0.0
    for event, amount, late, step in (
        (Event.HELD, outside, 0, 3),
        (Event.DETAINED, None if struck is None else struck.detained, 0, 3),
        (Event.ARRIVED, back, 1, 2),
    ):
        if amount is None:
            continue
        period, who = np.nonzero(amount)
        when, units = period + begin, amount[period, who]
        cause = _alone(trace, Effect.ARRIVALS, period, who) if event is Event.DETAINED else _NOBODY
        turn = {"rank": _RANK[event], "activity": who, "strike": cause, "started": when, "due": when + 1}
        parts.append(_Part(event, when + late, units, who, step, **turn))  # type: ignore[arg-type]
    return parts


def _goods(trace: Trace) -> list[_Part]:
    """Return what was good and what was not of all that an activity had arrive, in the morning and at once.

    Only so much is known where what is good is drawn, and where some of what came waits outside.
    """
    program, journeys, begin = trace.program, trace.journeys, trace.begin
    activities, drawn = program.activities, program.yields_drawn
    level, _ = program.order.activity_turns()
    quick = np.flatnonzero((journeys.arrived != NEVER) & (journeys.arrived == journeys.started))
    at_once = np.zeros_like(trace.arrived)
    np.add.at(at_once, (journeys.arrived[quick] - begin, journeys.activity[quick]), journeys.quantity[quick])
    found = []
    for come, scrapped, pooled, turn in (
        (trace.arrived - at_once, trace.scrapped - trace.scrapped_at_once, drawn | trace.held.any(axis=0), None),
        (at_once, trace.scrapped_at_once, drawn, 2 * level + 1),
    ):
        period, activity = np.nonzero(come * pooled)
        units, each = come[period, activity], drawn[activity]
        lost = np.where(each, scrapped[period, activity], units * (1.0 - activities.yield_rate[activity]))
        which, arc = _spread(activities.output_start, activity, np.arange(activity.size))
        good = (units - lost)[which] * activities.output_gross[arc]
        gained = np.where(each[which], good, units[which] * activities.output_quantity[arc])
        bad, fine = np.flatnonzero(lost), np.flatnonzero(gained)
        for event, step, of, quantity, buffer in (
            (Event.SCRAPPED, 3, bad, lost[bad], _NOBODY),
            (Event.RECEIVED, 4, which[fine], gained[fine], activities.output_buffer[arc[fine]]),
        ):
            who = activity[of]
            rank = _RANK[Event.ARRIVED] if turn is None else _RANK[Event.STARTED]
            place = np.zeros_like(who) if turn is None else turn[who]
            turns = (np.full(who.size, rank), place)
            found.append(_Part(event, period[of] + begin, quantity, who, step, *turns, buffer=buffer, activity=who))
    return found


def _spread(start: Integers, activity: Integers, which: Integers) -> tuple[Integers, Integers]:
    """Return journey and arc of every input or output of some journeys."""
    place, arc = spread(start, activity[which])
    return which[place], arc


def _frame(program: Program, parts: Sequence[_Part]) -> pl.DataFrame:
    """Return all events in order, with ids in the place of indices."""
    parts = [part for part in parts if part.period.size]
    sizes = [part.period.size for part in parts]

    def joined(values: Sequence[Integers | int]) -> Integers:
        spread = [np.broadcast_to(np.asarray(value, dtype=np.int64), size) for value, size in zip(values, sizes, strict=True)]
        return np.concatenate(spread) if spread else np.zeros(0, dtype=np.int64)

    period = joined([part.period for part in parts])
    keys = [joined([getattr(part, name) for part in parts]) for name in ("step", "place", "level", "rank")]
    # Opening records are sorted by kind first; of all others the kind is the last thing that counts.
    opening = joined([part.rank if isinstance(part.rank, int) else 1 for part in parts]) == 0
    step, place = np.where(opening, keys[1], keys[0]), np.where(opening, keys[0], keys[1])
    order = np.lexsort((step, place, keys[2], keys[3], period))
    missing = np.iinfo(np.int64).min
    columns: dict[str, pl.Series | Integers | Floats] = {"period": period[order], "sequence": np.arange(period.size)}
    columns["event"] = pl.Series(np.repeat([part.event.value for part in parts], sizes)[order].tolist(), dtype=pl.String)
    for name, (frame, key) in {
        "buffer": (program.names.buffers, "buffer_id"),
        "activity": (program.names.activities, "activity_id"),
        "stream": (program.names.streams, "stream_id"),
        "resource": (program.names.resources, "resource_id"),
        "strike": (program.names.strikes, "disruption_id"),
    }.items():
        index = joined([getattr(part, name) for part in parts])[order]
        columns[key] = frame.to_series(0).gather(pl.Series(index).replace(_NOBODY, None))
    quantity = np.concatenate([part.quantity for part in parts]) if parts else np.zeros(0)
    columns["quantity"] = quantity[order]
    for name in ("started", "due"):
        when = joined([missing if (value := getattr(part, name)) is None else value for part in parts])[order]
        columns[name] = pl.Series(when).replace(missing, None)
    found = pl.DataFrame(columns, schema=EVENT_SCHEMA)
    # A place in time that is not known is no number; -1 is a period before the first.
    moving = [Event.STARTED, Event.ARRIVED, Event.OPENING_SHIPMENT, Event.LOST_UNDER_WAY, Event.CANCELLED]
    unknown = pl.col("event").is_in(moving) & (pl.col("due") == NEVER)
    return found.with_columns(due=pl.when(unknown).then(None).otherwise(pl.col("due")))
