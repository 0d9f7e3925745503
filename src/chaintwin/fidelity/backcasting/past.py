"""One walk through a log, from its first event on: what stock was at the close of every period, and the state at the eve of some.

What is told of a period is what the log knows of it now, late events and corrections included: that is the truth that forecasts
are held against. Whether a state at an eve is also what was known *then* follows from the times of record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from chaintwin.events.facts import Facts, Item, unpacked
from chaintwin.events.vocabulary import Own
from chaintwin.fidelity.calibration.lanes import Calendar
from chaintwin.fidelity.calibration.observations import SOLD
from chaintwin.fidelity.versions.gathering import standing
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.store.interface import Search, Store
from chaintwin.store.records import FactsRow
from chaintwin.twin.ledger import Ledger, text_of
from chaintwin.twin.naming.networks import Networks
from chaintwin.twin.projecting import Projection
from chaintwin.twin.rules.asking import stream_of
from chaintwin.twin.rules.shipping import short_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

COUNTS = frozenset({"stock_taking", "cycle_counting"})
"""Steps of events that count stock."""

LATENCIES_MOST = 4096
"""Latencies of a site that are kept, the last ones."""


@dataclass(frozen=True, slots=True)
class Count:
    """What a count found, and what the books said right before it was applied.

    Parameters
    ----------
    stock_point : its id. at : event time, microseconds. book, counted : base units.
    """

    stock_point: str
    at: int
    book: float
    counted: float


@dataclass(frozen=True, slots=True)
class Past:
    """What a log tells of the periods that are over.

    Parameters
    ----------
    first : the first whole period. stock : float64[periods, N], base units at the close of each.
    demand, served : float64[periods], units that customers asked for in each, and got at once.
    sold : float64[periods, N], units that left for customers in each. asked : bool[N], whether what they asked for was told.
    eves : by period: the cells as they were right before it began, packed.
    known : int64[periods + 1], from ``first`` on: events up to the eve of a period. late : how many of them came later.
    counts : in the order of time. latencies : of each site, seconds from event to record; negative ones are left out.
    head : last entry of the log that is in it.
    """

    first: int
    stock: Floats
    demand: Floats
    served: Floats
    sold: Floats
    asked: NDArray[np.bool_]
    eves: dict[int, bytes]
    known: Integers
    late: Integers
    counts: tuple[Count, ...]
    latencies: dict[str, Floats]
    head: int

    @property
    def end(self) -> int:
        """The period after the last whole one."""
        return self.first + int(self.stock.shape[0])

    def is_as_known(self, period: int) -> bool:
        """Tell whether the state at the eve of a period is what the log knew then."""
        return not self.late[period - self.first]

    def is_hindsight(self, period: int) -> bool:
        """Tell whether nothing of the state at the eve of a period was in the log then: it was taken in afterwards."""
        return bool(self.late[period - self.first] == self.known[period - self.first])


def whole_periods(store: Store, calendar: Calendar, *, until: int) -> tuple[int, int]:
    """Return the first period that a log tells from its beginning on, and the period that is under way.

    Parameters
    ----------
    store : the log. calendar : of the project. until : event time, microseconds.
    """
    found = store.find(Search(), limit=1)
    under_way = calendar.period_of(until + 1)
    if not found:
        return under_way, under_way
    begun = calendar.period_of(found[0][0] - 1) + 1 if found[0][0] > calendar.begin else 0
    return max(begun, 0), under_way


def past_of(
    store: Store,
    network: Network,
    *,
    program: Program,
    until: int,
    origins: Iterable[int] = (),
    progress: Callable[[float], None] | None = None,
) -> Past:
    """Walk through a log.

    Parameters
    ----------
    store : the log. network : of the project. program : of it, compiled. until : event time, microseconds: now.
    origins : periods at whose eve the state is kept. progress : is told the share that is done, 0 to 1.
    """
    return _Walk(store, network, program=program, until=until, origins=frozenset(origins)).run(progress)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the walk has gathered."""

    stock: list[Floats] = field(default_factory=list)
    demand: list[float] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    sold: list[Floats] = field(default_factory=list)
    eves: dict[int, bytes] = field(default_factory=dict)
    counts: list[Count] = field(default_factory=list)
    latencies: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


class _Walk:
    """Applies a log and notes what was there as each period closed."""

    def __init__(self, store: Store, network: Network, *, program: Program, until: int, origins: frozenset[int]) -> None:
        self.store, self.until, self.origins = store, until, origins
        self.calendar = Calendar.of(network.settings)
        self.first, self.end = whole_periods(store, self.calendar, until=until)
        names = program.names.buffers
        self.points = {pair: place for place, pair in enumerate(names.select("site_id", "product_id").iter_rows())}
        self.ids = names["buffer_id"].to_list()
        self.projection = Projection(Networks(network))
        self.told = _Told()
        self.asked: defaultdict[str, float] = defaultdict(float)
        self.lost: defaultdict[str, float] = defaultdict(float)
        self.sold, self.is_asked = np.zeros(len(self.ids)), np.zeros(len(self.ids), dtype=bool)
        length = max(self.end - self.first, 0) + 1
        self._known, self._late = np.zeros(length + 1, dtype=np.int64), np.zeros(length + 1, dtype=np.int64)

    def run(self, progress: Callable[[float], None] | None) -> Past:
        head, closing = self.store.head().sequence, self.first
        for done, row in enumerate(standing(self.store.facts_by_time(end=self.until, upto=head))):
            while closing <= self.end and row.occurred_at >= self.calendar.start_of(closing):
                self._turn(closing)
                closing += 1
            self._observe(row)
            self.projection.apply(row)
            if progress is not None and not done % 2048:
                progress(min(1.0, done / max(head, 1)))
        for period in range(closing, self.end + 1):
            self._turn(period)
        told = self.told
        return Past(
            first=self.first,
            stock=np.array(told.stock).reshape(len(told.stock), len(self.ids)),
            demand=np.array(told.demand),
            served=np.array(told.served),
            sold=np.array(told.sold).reshape(len(told.sold), len(self.ids)),
            asked=self.is_asked,
            eves=told.eves,
            known=np.cumsum(self._known)[:-1],
            late=np.cumsum(self._late)[:-1],
            counts=tuple(told.counts),
            latencies={site: np.array(values) for site, values in sorted(told.latencies.items())},
            head=head,
        )

    def _turn(self, period: int) -> None:
        """Close the period before one, and keep the state at the eve of it if that is wanted."""
        if period > self.first:
            self._close()
        self.asked.clear()
        self.lost.clear()
        self.sold = np.zeros(len(self.ids))
        if period in self.origins:
            self.told.eves[period] = self.projection.cells.packed()

    def _close(self) -> None:
        cells = self.projection.cells
        stock = np.zeros(len(self.ids))
        for (site, product, *_), value in cells["stock"].cells.items():
            place = self.points.get((site, product))
            if place is not None:
                stock[place] += value[0]
        for key, value in cells["pending"].cells.items():
            place = self.points.get((key[0], key[1]))
            if place is not None:
                stock[place] -= value[0]
        owed = cells["backlog"].cells
        served = 0.0
        for stream, asked in self.asked.items():
            left = owed.get((stream,))
            served += max(0.0, asked - max(0.0, (0.0 if left is None else left[0]) + self.lost[stream]))
        self.told.stock.append(stock)
        self.told.demand.append(sum(self.asked.values()))
        self.told.served.append(served)
        self.told.sold.append(self.sold)

    def _observe(self, row: FactsRow) -> None:
        """Note what an event says before it changes anything."""
        facts = unpacked(row.facts)
        self._note_time(row)
        ledger = self.projection.ledger
        ledger.begin(row.occurred_at, row.key, source=row.source)
        place = facts.location or facts.read_point
        found = ledger.names.place(place) if place else None
        site = found.site if found is not None and found.is_known else ""
        if site and row.recorded_at >= row.occurred_at:
            latencies = self.told.latencies[site]
            latencies.append((row.recorded_at - row.occurred_at) / 1e6)
            if len(latencies) > 2 * LATENCIES_MOST:
                del latencies[:LATENCIES_MOST]
        if facts.kind in (Own.DEMAND_PLACED, Own.DEMAND_LOST):
            self._ask(facts, ledger, site=site)
        elif facts.kind == "ObjectEvent" and site and "activity" not in facts.own and facts.step:
            step = short_of(facts.step)
            if step in COUNTS:
                self._count(facts, ledger, site=site)
            elif step in SOLD:
                self._sell(facts, ledger, site=site)

    def _note_time(self, row: FactsRow) -> None:
        """Count the event for the eves that it comes before, and for those at which the log did not know it yet."""
        since = max(self.calendar.period_of(row.occurred_at) + 1 - self.first, 0)
        last = self._known.size - 1
        if since >= last:
            return
        self._known[since] += 1
        known = min(self.calendar.period_of(row.recorded_at) - self.first + 1, last)
        if known > since:
            self._late[since] += 1
            self._late[known] -= 1

    def _ask(self, facts: Facts, ledger: Ledger, *, site: str) -> None:
        into = self.asked if facts.kind == Own.DEMAND_PLACED else self.lost
        named, market = text_of(facts.own.get("stream")), text_of(facts.own.get("customer"))
        for item in facts.items:
            product, _, quantity = _amount(ledger, item)
            if quantity is not None:
                into[named or stream_of(site, product, market=market)] += quantity
                place = self.points.get((site, product))
                if place is not None:
                    self.is_asked[place] = True

    def _sell(self, facts: Facts, ledger: Ledger, *, site: str) -> None:
        for item in facts.items:
            product, _, quantity = _amount(ledger, item)
            place = self.points.get((site, product))
            if place is not None and quantity is not None:
                self.sold[place] += quantity

    def _count(self, facts: Facts, ledger: Ledger, *, site: str) -> None:
        """Note what is counted without naming a lot, where something had been known of it."""
        counted: defaultdict[str, float] = defaultdict(float)
        for item in facts.items:
            product, lot, quantity = _amount(ledger, item)
            if quantity is not None and not lot and not item.instance:
                counted[product] += quantity
        for product, quantity in counted.items():
            keys = ledger.stock.under((site, product))
            place = self.points.get((site, product))
            if place is None or not (keys or ledger.get("count", site, product)):
                continue
            pending = ledger.get("pending", site, product)
            book = sum(ledger.stock.cells[key][0] for key in keys) - (0.0 if pending is None else pending[0])
            self.told.counts.append(Count(self.ids[place], ledger.time, book, quantity))


def _amount(ledger: Ledger, item: Item) -> tuple[str, str, float | None]:
    """Return product, lot and quantity in base units of an item, None where it cannot be told; nothing is noted of it."""
    ware = ledger.names.ware(item.name)
    factor = 1.0 if item.unit is None else ledger.names.factor(ware.product, item.unit)
    known = item.quantity is not None and factor is not None
    return ware.product, ware.lot, item.quantity * factor if known else None  # type: ignore[operator]
