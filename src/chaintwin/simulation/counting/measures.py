"""What is measured of a replication: means by entity and period, figures of the whole network, and where counting starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import ActivityKind
from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.counting.sums import Sums, SumWriter
from chaintwin.simulation.tape.rows import PERIOD_TOTALS, Rings, Rows, ripens

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEDGER = (
    "demand",
    "shipped",
    "served_at_once",
    "served_on_time",
    "lost_sales",
    "backlog",
    "asked",
    "clear",
    "on_hand",
    "expired",
    "scrapped",
    "held_outside",
    "holding_cost",
    "expired_cost",
    "in_transit_cost",
    "backlog_cost",
    "lost_sales_cost",
    "transport_cost",
    "production_cost",
    "purchase_cost",
    "fixed_cost",
    "duty_cost",
    "resource_cost",
    "revenue",
)
"""What is counted of a whole network and replication, a period; ``asked`` and ``clear`` are sums over the run."""


ACCOUNT_FIGURES = ("margin", "cash", "funding")
"""What is counted of each account and replication where a comparison asks for it; what is open at the end follows from the first
two."""

Term = tuple[Integers, Integers | NDArray[np.int32], Floats | float]
"""Sums, a row for each, and weights: terms to be added."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured of a replication.

    Parameters
    ----------
    places : by name of quantity, its part of all that is measured: one an entity or period.
    sums : what is measured of entities. scale : Floats[sums], a factor each.
    totals : Integers, the first rows of what is measured of periods, each followed by those of the other periods; measured after
        the sums.
    periods : how many.
    ratios : by name of ratio, its part of ``above`` and ``below``.
    above, below : Integers[ratios], rows of the table whose totals over replications are divided.
    figures : one sum for each of ``LEDGER``.
    accounts : one sum for each of ``ACCOUNT_FIGURES`` and each account, figure by figure.
    """

    places: Mapping[str, slice]
    sums: Sums
    scale: Floats
    totals: Integers
    periods: int
    ratios: Mapping[str, slice]
    above: Integers
    below: Integers
    figures: Sums
    accounts: Sums

    @property
    def size(self) -> int:
        """How much is measured."""
        return self.scale.size + self.totals.size * self.periods


def measures_of(program: Program, rows: Rows, *, pipes: Rings, queues: Rings, end: int, periods: int, room: int) -> Measures:
    """Return what is measured of a network once ``periods`` have been counted up to, not including, period ``end``.

    Units in process and units ordered are not counted each period; they follow from starts, lead times and what is under way at
    both ends.

    Parameters
    ----------
    program, rows : the network and its layout.
    pipes, queues : rings of what has been started, and of orders their sources do not see yet.
    end, periods : as above.
    room : periods of which the table keeps totals.
    """
    each = 1.0 / periods
    every = np.arange(rows.started.size)
    perishing, lossy = np.flatnonzero(rows.expired != rows.nowhere), np.flatnonzero(rows.scrapped != rows.nowhere)
    stored = np.flatnonzero(rows.outside != rows.nowhere)
    totals = rows.count + room * np.arange(rows.totals)
    days = np.arange(periods)
    measured: dict[str, tuple[int, float, list[Term]]] = {
        "on_hand": _one(rows.stock, each),
        "ready_rate": _one(rows.stocked, each),
        "expired": (rows.expired.size, each, [(perishing, rows.expired[perishing], 1.0)]),
        "held_outside": (every.size, each, [(stored, rows.outside[stored], 1.0)]),
        "demand": _one(rows.asked_for, each),
        "shipped": _one(rows.shipped, each),
        "lost": _one(rows.lost, each),
        "backlog": _one(rows.owed, each),
        "started": _one(rows.started, each),
        "order_rate": _one(rows.orders, each),
        "start_rate": _one(rows.start_count, each),
        "used": _one(rows.used, each),
        "scrapped": (rows.scrapped.size, each, [(lossy, rows.scrapped[lossy], 1.0)]),
        "ordered": (every.size, each, _ordered(rows, queues=queues)),
        "in_process": (every.size, each, _in_process(program, rows, pipes=pipes, end=end)),
        "spent": (every.size, each, _valued(rows, rows.spent)),
        "earned": (rows.earned.size, each, _valued(rows, rows.earned)),
        "surcharge": (every.size, each, _valued(rows, rows.struck.surcharge)),
        "surduty": (every.size, each, _valued(rows, rows.struck.surduty)),
        "surplus": (rows.earned.size, each, _valued(rows, rows.struck.surplus)),
        "destroyed": (rows.on_hand.size, each, _valued(rows, rows.struck.destroyed)),
        "lost_under_way": (every.size, each, _valued(rows, rows.struck.lost)),
        "cancelled": (every.size, each, _valued(rows, rows.struck.cancelled)),
        "detained": (every.size, each, _valued(rows, rows.struck.detained)),
        "cash": _one(rows.cash, each),
        "margin": (rows.cash.size, each, _sides(program, rows.due)),
        "receivable": (rows.cash.size, 1.0, [_sides(program, rows.unpaid)[0]]),
        "payable": (rows.cash.size, 1.0, [(program.payments.payer, rows.unpaid, 1.0)]),
        "funding": _one(rows.funding, 1.0),
    }
    divided = {
        "fill_rate": (rows.immediate, rows.asked_for),
        "on_time_rate": (rows.on_time, rows.asked_for),
        "cycle_service_level": (rows.clear, rows.asked),
        "period_fill_rate": (totals[3] + days, totals[2] + days),
    }
    writer, scales = SumWriter(), []
    sizes = {name: size for name, (size, _, _) in measured.items()}
    places = _places(
        sizes
        | dict.fromkeys(("period_stock", "period_backlog", "period_demand"), periods)
        | {"period_cash": periods * (rows.totals - PERIOD_TOTALS)}
    )
    for name, (size, scale, terms) in measured.items():
        scales.append(np.full(size, scale))
        for owner, row, weight in terms:
            writer.add(places[name].start + owner, row, weight=weight)
    return Measures(
        places=places,
        sums=writer.finish(sum(size for size, _, _ in measured.values())),
        scale=np.concatenate(scales),
        totals=np.concatenate([totals[:3], totals[PERIOD_TOTALS:]]),
        periods=periods,
        ratios=_places({name: above.size for name, (above, _) in divided.items()}),
        above=np.concatenate([above for above, _ in divided.values()]),
        below=np.concatenate([below for _, below in divided.values()]),
        figures=_figures(program, rows, pipes=pipes, end=end, periods=periods),
        accounts=_accounts(measured),
    )


def openings_of(program: Program, rows: Rows, *, pipes: Rings, queues: Rings, begin: int) -> tuple[Sums, Integers]:
    """Return what has to be remembered when counting begins in period ``begin``, and the rows that remember it.

    Parameters
    ----------
    program, rows, pipes, queues : as in ``measures_of``.
    begin : period whose events are counted first.
    """
    buffers = program.buffers
    count, actors, streams, _ = program.counts
    writer = SumWriter()
    every = np.arange(count)
    writer.add(every, rows.on_hand)
    owner = np.repeat(every, np.diff(buffers.supply_start))
    # What of a drawn yield is on its way will be counted when it is known to be good.
    under_way = np.where(program.yields_drawn[buffers.supply_activity], 0.0, buffers.supply_quantity)
    place, entry = spread(pipes.start, buffers.supply_activity)
    writer.add(owner[place], pipes.rows[entry], weight=under_way[place])
    writer.add(count + np.arange(streams), rows.backlog)
    base = count + streams
    writer.add(base + np.arange(actors), rows.waiting)
    writer.add(base + queues.owner, queues.rows)
    writer.add(base + actors + pipes.owner, pipes.rows, weight=pipes.ahead(begin))
    into = np.concatenate([rows.opening_balance, rows.opening_backlog, rows.opening_queue, rows.opening_to_go])
    return writer.finish(base + 2 * actors), into


def _accounts(measured: Mapping[str, tuple[int, float, list[Term]]]) -> Sums:
    """Return the sums of what is measured of accounts, to be kept by replication."""
    writer, begin = SumWriter(), 0
    for name in ACCOUNT_FIGURES:
        size, scale, terms = measured[name]
        for owner, row, weight in terms:
            weights = np.broadcast_to(np.asarray(weight, dtype=np.float64) * scale, row.shape)
            writer.add(begin + owner, row, weight=weights)
        begin += size
    return writer.finish(begin)


def _one(row: Integers, scale: float) -> tuple[int, float, list[Term]]:
    """Return number, scale and terms of sums of one row each."""
    return row.size, scale, [(np.arange(row.size), row, 1.0)]


def _valued(rows: Rows, row: Integers) -> list[Term]:
    """Return the terms of values that are added up because their price changes."""
    changing = np.flatnonzero(row != rows.nowhere)
    return [(changing, row[changing], 1.0)]


def _sides(program: Program, row: Integers) -> list[Term]:
    """Return what accounts get of groups of payments, and what they give."""
    return [(program.payments.payee, row, 1.0), (program.payments.payer, row, -1.0)]


def _places(sizes: Mapping[str, int]) -> dict[str, slice]:
    ends = np.cumsum(list(sizes.values())).tolist()
    return {name: slice(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}


def _ordered(rows: Rows, *, queues: Rings) -> list[Term]:
    """Return units ordered: those started or cancelled, and the growth of what waits or is not seen yet."""
    every = np.arange(rows.started.size)
    cancelled = np.flatnonzero(rows.struck.cancelled != rows.nowhere)
    return [
        (every, rows.started, 1.0),
        (every, rows.waiting, 1.0),
        (queues.owner, queues.rows, 1.0),
        (every, rows.opening_queue, -1.0),
        (cancelled, rows.struck.cancelled[cancelled], 1.0),
    ]


def _in_process(program: Program, rows: Rows, *, pipes: Rings, end: int) -> list[Term]:
    """Return units in process: a unit with lead time L at L closes; those still under way, or begun before, at fewer."""
    lead = program.activities
    every = np.arange(rows.started.size)
    random = np.flatnonzero(lead.lead_random == 1)
    fixed = np.flatnonzero(lead.lead_random == 0)
    outside = np.flatnonzero(rows.outside != rows.nowhere)
    # A period outside is one more. Goods that arrive by their age are given the greatest age there, in the place of their own.
    more = np.where(ripens(program)[outside], 1.0 - rows.pipe_length[outside], 1.0)
    struck = rows.struck
    held, raided = (np.flatnonzero(row != rows.nowhere) for row in (struck.detained, struck.beyond))
    again = np.where(ripens(program)[held], 1.0 - rows.pipe_length[held], 1.0)
    return [
        (held, struck.detained[held], again),
        (raided, struck.beyond[raided], 1.0),
        (outside, rows.outside[outside], more),
        (fixed, rows.started[fixed], lead.lead_fixed[fixed].astype(np.float64)),
        (random, rows.lead_sum[random], 1.0),
        (every, rows.opening_to_go, 1.0),
        (pipes.owner, pipes.rows, -pipes.ahead(end)),
    ]


def _figures(program: Program, rows: Rows, *, pipes: Rings, end: int, periods: int) -> Sums:
    buffers, activities, streams = program.buffers, program.activities, program.streams
    scale = 1.0 / periods
    writer = SumWriter()

    def add(name: str, row: Integers | NDArray[np.int32], weight: Floats | float) -> None:
        weights = np.broadcast_to(np.asarray(weight, dtype=np.float64), row.shape)
        # What costs nothing is left out; every replication saves the sum.
        costs = np.flatnonzero(weights)
        writer.add(np.full(costs.size, LEDGER.index(name)), row[costs], weight=weights[costs])

    add("demand", rows.asked_for, scale)
    add("shipped", rows.shipped, scale)
    add("served_at_once", rows.immediate, scale)
    add("served_on_time", rows.on_time, scale)
    add("lost_sales", rows.lost, scale)
    add("backlog", rows.owed, scale)
    add("asked", rows.asked, 1.0)
    add("clear", rows.clear, 1.0)
    add("on_hand", rows.stock, scale)
    stored = np.flatnonzero(rows.outside != rows.nowhere)
    add("held_outside", rows.outside[stored], scale)
    add("holding_cost", rows.stock, buffers.holding_cost * scale)
    perishing = np.flatnonzero(rows.expired != rows.nowhere)
    add("expired", rows.expired[perishing], scale)
    add("scrapped", rows.scrapped[rows.scrapped != rows.nowhere], scale)
    add("expired_cost", rows.expired[perishing], buffers.expiry_cost[perishing] * scale)
    for owner, row, weight in _in_process(program, rows, pipes=pipes, end=end):
        add("in_transit_cost", row, activities.transit_cost[owner] * weight * scale)
    add("backlog_cost", rows.owed, streams.backlog_cost * scale)
    add("lost_sales_cost", rows.lost, streams.lost_cost * scale)
    for kind, name in (
        (ActivityKind.MOVE, "transport_cost"),
        (ActivityKind.MAKE, "production_cost"),
        (ActivityKind.BUY, "purchase_cost"),
    ):
        steady = rows.spent == rows.nowhere
        add(name, rows.started, np.where((activities.kind == kind) & steady, activities.variable_cost, 0.0) * scale)
        changing = np.flatnonzero((activities.kind == kind) & ~steady)
        add(name, rows.spent[changing], scale)
        charged = np.flatnonzero((activities.kind == kind) & (rows.struck.surcharge != rows.nowhere))
        add(name, rows.struck.surcharge[charged], scale)
    add("fixed_cost", rows.start_count, activities.fixed_cost * scale)
    add("duty_cost", rows.started, activities.duty_cost * scale)
    charged = np.flatnonzero(rows.struck.surduty != rows.nowhere)
    add("duty_cost", rows.struck.surduty[charged], scale)
    add("resource_cost", rows.used, program.resources.cost * scale)
    changing = np.flatnonzero(rows.earned != rows.nowhere)
    add("revenue", rows.shipped, np.where(rows.earned == rows.nowhere, streams.price, 0.0) * scale)
    add("revenue", rows.earned[changing], scale)
    add("revenue", rows.struck.surplus[rows.struck.surplus != rows.nowhere], scale)
    return writer.finish(len(LEDGER))
