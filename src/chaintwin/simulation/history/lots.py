"""The ages of stock, from the events of a log."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.graph import Issue
from chaintwin.network.program import Program
from chaintwin.network.state import Lots
from chaintwin.simulation.history.event_log import Event

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DUST = 1e-12
"""A lot that is no larger, relative to all that came in, is nothing."""


def lots_of(events: pl.DataFrame, program: Program, *, stock: Floats, period: int) -> Lots:
    """Return the lots on hand at the start of a period; stock that keeps for ever is one lot of age 0.

    Parameters
    ----------
    events : all before the period. program : the network.
    stock : Floats[N] on hand.
    """
    buffers = program.buffers
    ids = program.names.buffers["buffer_id"].to_list()
    aged = np.flatnonzero((buffers.life > 0) & (stock > 0))
    lasting = np.flatnonzero((buffers.life == 0) & (stock != 0))
    parts: list[tuple[Integers, Integers, Floats]] = [
        (np.full(1, buffer), np.zeros(1, dtype=np.int64), stock[[buffer]]) for buffer in lasting.tolist()
    ]
    for buffer in aged.tolist():
        came = events.filter(pl.col("buffer_id") == ids[buffer])
        opening = came.filter(pl.col("event") == Event.OPENING_STOCK.value).select("quantity", period="started")
        received = came.filter(pl.col("event") == Event.RECEIVED.value).select("quantity", "period")
        by_period = pl.concat([opening, received]).group_by("period").agg(pl.col("quantity").sum()).sort("period")
        when, quantity = by_period["period"].to_numpy().astype(np.int64), by_period["quantity"].to_numpy()
        if buffers.issue[buffer] == Issue.LIFO and buffers.life[buffer] > 1:
            kept = _left_last(events, program, buffer=buffer)
            when, left = np.array(sorted(kept), dtype=np.int64), np.array([kept[at] for at in sorted(kept)])
        else:
            left = _left_first(quantity, float(stock[buffer]))
        there = np.flatnonzero(left > DUST * quantity.sum())
        parts.append((np.full(there.size, buffer), period - when[there], left[there]))
    parts.sort(key=lambda part: int(part[0][0]) if part[0].size else 0)
    nobody: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    index = np.concatenate([*nobody, *(part[0] for part in parts)]).astype(np.int64)
    age = np.concatenate([*nobody, *(part[1] for part in parts)]).astype(np.int64)
    return Lots(index, age, np.zeros(index.size, dtype=np.int64), np.concatenate([np.zeros(0), *(part[2] for part in parts)]))


def _left_first(quantity: Floats, stock: float) -> Floats:
    """Return what is left of each receipt where the oldest goes first: the youngest, as far as stock reaches."""
    after = np.cumsum(quantity[::-1])[::-1] - quantity
    found: Floats = np.clip(stock - after, 0.0, quantity)
    return found


def _left_last(events: pl.DataFrame, program: Program, *, buffer: int) -> dict[int, float]:
    """Return what is left by period of receipt where the youngest goes first, by taking away what left, period by period."""
    name = program.names.buffers["buffer_id"][buffer]
    streams = program.names.streams.filter(pl.col("buffer_id") == name)["stream_id"].to_list()
    mine = events.filter((pl.col("buffer_id") == name) | pl.col("stream_id").is_in(streams)).sort("sequence")
    lots: dict[int, float] = {}
    gone: dict[int, float] = {}
    taken = [Event.CONSUMED.value, Event.SHIPPED.value]

    def settle(amounts: dict[int, float]) -> None:
        for amount in amounts.values():
            _take(lots, amount)
        amounts.clear()

    last = None
    for at, event, started, quantity in mine.select("period", "event", "started", "quantity").iter_rows():
        if at != last:
            settle(gone)
            last = at
        if event == Event.OPENING_STOCK.value:
            lots[started] = lots.get(started, 0.0) + quantity
        elif event == Event.RECEIVED.value:
            lots[at] = lots.get(at, 0.0) + quantity
        elif event in taken:
            gone[at] = gone.get(at, 0.0) + quantity
        elif event == Event.DESTROYED.value:
            # In the morning, so that first stock which counts as received today goes last.
            today = lots.pop(at, 0.0)
            rest = _take(lots, quantity)
            lots |= {at: max(today - rest, 0.0)} if today else {}
        elif event == Event.EXPIRED.value:
            settle(gone)
            rest = quantity
            for old in sorted(lots):
                used = min(lots[old], rest)
                lots[old] -= used
                rest -= used
    settle(gone)
    return lots


def _take(lots: dict[int, float], amount: float) -> float:
    """Take an amount from the youngest lots on, and return what they do not hold of it."""
    for at in sorted(lots, reverse=True):
        used = min(lots[at], amount)
        lots[at] -= used
        amount -= used
    return amount
