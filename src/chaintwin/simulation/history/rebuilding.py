"""From a log back to the state at any of its periods."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.graph import FORECASTING
from chaintwin.network.program import Program
from chaintwin.network.state import OpenOrders, Shipments, State
from chaintwin.simulation.history.checking import check_log, check_program
from chaintwin.simulation.history.event_log import Event, EventLog
from chaintwin.simulation.history.lots import lots_of
from chaintwin.simulation.tape.rows import ripens

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEAST_AGE = 2
"""Goods that arrive by their age and may wait have at least so many periods of age to be told apart."""

DUST = 1e-12
"""What is left of real quantities that cancel, relative to all that moved, is nothing."""


def rebuild(log: EventLog, program: Program, *, until: int | None = None) -> State:
    """Return the state at the start of a period: every event before it has happened, none after.

    Parameters
    ----------
    log : the log of one replication.
    program : the network it is of, which gives ids their places.
    until : the period, from the log's begin to its end; the end by default.

    Raises
    ------
    UsageError
        The log is not whole or is of another network, or the period is not in it.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> from chaintwin.simulation.history.event_log import log_of
    >>> from chaintwin.simulation.history.tracing import trace
    >>> seen = trace(load(Example.BEER_GAME), periods=10)
    >>> rebuild(log_of(seen), seen.program, until=4).period
    4
    """
    check_log(log)
    check_program(log, program)
    period = log.head.end if until is None else until
    if not log.head.begin <= period <= log.head.end:
        raise UsageError(f"until: found {period}; allowed: {log.head.begin} to {log.head.end}, the periods of the log")
    opening = pl.col("event").str.starts_with("opening_")
    events = log.events.filter(opening | (pl.col("period") < period))
    stock = _total(
        events,
        program,
        entity="buffer",
        plus=(Event.OPENING_STOCK, Event.RECEIVED),
        minus=(Event.CONSUMED, Event.EXPIRED, Event.DESTROYED),
        also=_sold(program),
    )
    owed = _total(
        events, program, entity="stream", plus=(Event.OPENING_BACKLOG, Event.DEMANDED), minus=(Event.SHIPPED, Event.LOST)
    )
    share = np.ones(program.counts[3])
    index, quantity, _ = _chosen(events, program, "resource", Event.OPENING_SHARE)
    share[index] = quantity
    return State(
        period=period,
        lots=lots_of(events, program, stock=stock, period=period),
        shipments=_shipments(events, program, period=period),
        orders=_orders(events, program, begin=log.head.begin, period=period),
        backlog=owed,
        resource_share=share,
        forecast=_forecast(events, program),
    )


def expected(program: Program, activity: Integers, *, started: Integers, period: int) -> Integers:
    """Return Integers[journeys]: the last period in which goods that arrive by their age can do so, now or later.

    Parameters
    ----------
    program : the network.
    activity, started : Integers[journeys].
    period : now.
    """
    latest: Integers = np.maximum(started + program.activities.lead_max[activity], period)
    return latest


def places(ids: pl.Series, known: pl.Series) -> Integers:
    """Return Integers[ids]: the place of each id in a list, which holds all of them."""
    table = pl.DataFrame({"id": known}).with_row_index("place")
    found = pl.DataFrame({"id": ids}).join(table, on="id", how="left", maintain_order="left")["place"]
    return found.cast(pl.Int64).to_numpy()


def _chosen(events: pl.DataFrame, program: Program, entity: str, *kinds: Event) -> tuple[Integers, Floats, pl.DataFrame]:
    """Return index and quantity of the events of some kinds, and these events."""
    chosen = events.filter(pl.col("event").is_in([kind.value for kind in kinds]))
    names = {"buffer": "buffers", "activity": "activities", "stream": "streams", "resource": "resources"}
    known = getattr(program.names, names[entity])[f"{entity}_id"]
    return places(chosen[f"{entity}_id"], known), chosen["quantity"].to_numpy(), chosen


def _sold(program: Program) -> Integers:
    return program.streams.buffer


def _total(
    events: pl.DataFrame,
    program: Program,
    *,
    entity: str,
    plus: tuple[Event, ...],
    minus: tuple[Event, ...],
    also: Integers | None = None,
) -> Floats:
    """Return what has come less what has gone, by entity, in the order of events; ``also``: where streams take their stock."""
    count = {"buffer": program.counts[0], "activity": program.counts[1], "stream": program.counts[2]}[entity]
    index, quantity, chosen = _chosen(events, program, entity, *plus, *minus)
    sign = np.where(chosen["event"].is_in([kind.value for kind in plus]).to_numpy(), 1.0, -1.0)
    when, change = chosen["sequence"].to_numpy(), sign * quantity
    if also is not None:
        stream, sold, shipped = _chosen(events, program, "stream", Event.SHIPPED)
        index, change = np.concatenate([index, also[stream]]), np.concatenate([change, -sold])
        when = np.concatenate([when, shipped["sequence"].to_numpy()])
    order = np.argsort(when, kind="stable")
    total, moved = np.zeros(count), np.zeros(count)
    np.add.at(total, index[order], change[order])
    np.add.at(moved, index, np.abs(change))
    return np.where(np.abs(total) <= DUST * moved, 0.0, total)


def _shipments(events: pl.DataFrame, program: Program, *, period: int) -> Shipments:
    """Return what has left and not arrived; what left together and is due together arrives together."""
    key = ["activity_id", "started", "due"]
    kinds = (Event.STARTED, Event.OPENING_SHIPMENT, Event.HELD, Event.DETAINED)
    gone = events.filter(pl.col("event").is_in([kind.value for kind in kinds]))
    come = events.filter(pl.col("event") == Event.ARRIVED.value).select(key).unique()
    left = gone.join(come, on=key, how="anti", nulls_equal=True, maintain_order="left")
    left = _without_losses(left, events.filter(pl.col("event") == Event.LOST_UNDER_WAY.value), key=key)
    activity = places(left["activity_id"], program.names.activities["activity_id"])
    # Goods that arrive by their age and wait outside have the greatest age, as in the engine.
    old = ripens(program)[activity] & left["event"].is_in([Event.HELD.value, Event.DETAINED.value]).to_numpy()
    longest = np.maximum(program.activities.lead_max[activity], LEAST_AGE)
    started = np.where(old, period - longest, left["started"].to_numpy())
    latest = pl.Series(expected(program, activity, started=started, period=period))
    return Shipments(activity, started, left["due"].fill_null(latest).to_numpy(), left["quantity"].to_numpy())


def _without_losses(moving: pl.DataFrame, losses: pl.DataFrame, *, key: list[str]) -> pl.DataFrame:
    """Return goods under way without what disruptions destroyed of them; of several of one kind the first are lost first."""
    if losses.is_empty():
        return moving
    gone = losses.group_by(key).agg(pl.col("quantity").sum().alias("gone"))
    found = moving.join(gone, on=key, how="left", nulls_equal=True, maintain_order="left")
    before = pl.col("quantity").cum_sum().over(key) - pl.col("quantity")
    taken = (pl.col("gone").fill_null(0.0) - before).clip(0, pl.col("quantity"))
    left = found.with_columns(left=pl.col("quantity") - taken).filter(pl.col("left") > DUST * pl.col("quantity"))
    return left.with_columns(quantity=pl.col("left")).drop("gone", "left")


def _orders(events: pl.DataFrame, program: Program, *, begin: int, period: int) -> OpenOrders:
    """Return what waits at its source and what its source does not see yet."""
    placed = events.filter(pl.col("event").is_in([Event.ORDERED.value, Event.OPENING_ORDER.value]))
    is_opening = placed["event"].to_numpy() == Event.OPENING_ORDER.value
    at = np.where(is_opening, begin - 1, placed["period"].to_numpy())
    due = placed["due"].to_numpy()
    hidden = (due >= period) & (due > at)
    activity = places(placed["activity_id"], program.names.activities["activity_id"])
    quantity = placed["quantity"].to_numpy()
    lost, refused = _cancelled(events, program, activity=np.where(hidden, activity, -1), due=due, quantity=quantity)
    quantity = quantity - lost
    hidden &= quantity > 0.0
    started, units, _ = _chosen(events, program, "activity", Event.STARTED)
    waiting, moved = np.zeros(program.counts[1]), np.zeros(program.counts[1])
    np.add.at(waiting, activity[~hidden], quantity[~hidden])
    np.add.at(moved, activity, quantity)
    np.add.at(waiting, started, -units)
    waiting -= refused
    waiting = np.where(np.abs(waiting) <= DUST * moved, 0.0, waiting)
    waits = np.flatnonzero(waiting)
    return OpenOrders(
        np.concatenate([waits, activity[hidden]]),
        np.concatenate([np.full(waits.size, period - 1), due[hidden]]),
        np.concatenate([waiting[waits], quantity[hidden]]),
    )


def _cancelled(
    events: pl.DataFrame, program: Program, *, activity: Integers, due: Integers, quantity: Floats
) -> tuple[Floats, Floats]:
    """Return what was cancelled of each order that its source does not see yet, and Floats[A], of all others.

    Parameters
    ----------
    events, program : as for ``rebuild``.
    activity : Integers[orders], -1 for those that the source sees. due : Integers[orders]. quantity : Floats[orders].
    """
    gone, others = np.zeros(quantity.size), np.zeros(program.counts[1])
    who, units, orders = _chosen(events, program, "activity", Event.CANCELLED)
    for one, when, amount in zip(who.tolist(), orders["due"].fill_null(-1).to_list(), units.tolist(), strict=True):
        mine = np.flatnonzero((activity == one) & (due == when))
        others[one] += 0.0 if mine.size else amount
        for at in mine.tolist():
            part = min(amount, quantity[at] - gone[at])
            gone[at] += part
            amount -= part
    return np.where(quantity - gone <= DUST * quantity, quantity, gone), others


def _forecast(events: pl.DataFrame, program: Program) -> Floats:
    """Return what rules that forecast expect by what was learned last."""
    forecast = program.buffers.forecast.copy()
    index, quantity, _ = _chosen(events, program, "buffer", Event.OPENING_FORECAST, Event.EXPECTED)
    # Of several assignments to one place the last one counts, and the events are in order.
    forecast[index] = quantity
    if np.isin(program.buffers.policy[index], FORECASTING).all():
        return forecast
    raise UsageError("log: found a forecast of a stock point whose rule does not forecast; allowed: none there")
