"""Stock of a whole network as it is likely to be, from the log of a twin: read event by event, closed period by period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.events.facts import Facts, unpacked
from chaintwin.events.vocabulary import Own
from chaintwin.fidelity.calibration.lanes import Calendar
from chaintwin.fidelity.reconciliation.witnesses import Opening, PeriodBook, Reason, WitnessedStock
from chaintwin.network.network import Network
from chaintwin.network.program import Program
from chaintwin.store.interface import Store
from chaintwin.store.records import FactsRow
from chaintwin.twin.ledger import number_of, text_of
from chaintwin.twin.naming.networks import InForce
from chaintwin.twin.projecting import is_declaration
from chaintwin.twin.rules.consignments import units_of, whole_of
from chaintwin.twin.rules.counting import sites_of
from chaintwin.twin.rules.shipping import short_of

Floats = NDArray[np.float64]

COUNTING = frozenset({"stock_taking", "cycle_counting"})


@dataclass(frozen=True, slots=True)
class StockHistory:
    """Stock at the close of each period.

    Parameters
    ----------
    points : ``stock_point``, ``site``, ``product`` in the order of the arrays. first : number of the first period.
    estimate, books : Floats[periods, N]: what is likely there; what the events of stock alone say.
    filled : by reason, how often stock was put right and by how many units. passed_over : events of stock that name no activity
        or stream of the compiled network, and no stock point of it.
    """

    points: pl.DataFrame
    first: int
    estimate: Floats
    books: Floats
    filled: Mapping[Reason, tuple[int, float]]
    passed_over: int

    def last(self) -> pl.DataFrame:
        """Return the stock points with ``books`` and ``estimate`` at the close of the last period."""
        return self.points.with_columns(books=pl.Series(self.books[-1]), estimate=pl.Series(self.estimate[-1]))


def follow_stock(
    network: Network, store: Store, *, program: Program | None = None, periods: int | None = None, upto: int | None = None
) -> StockHistory:
    """Return stock as the log tells it, and as it is likely to be by the other events of each movement.

    What a period's events say of it is used at its close, and what later events prove of it from then on, so that every period is
    as it could be known at its close, but for events that came late.

    Parameters
    ----------
    network : the project. store : its log. program : compiled from it, if it is at hand.
    periods : to follow, from 0 on; as many as the log has events of by default. upto : entries of the log that count.

    Raises
    ------
    UsageError
        The log has no event of the time of the project.
    """
    compiled = network.compile() if program is None else program
    reader = _Reader(network, compiled)
    estimate: list[Floats] = []
    books: list[Floats] = []
    for period, facts in _by_period(_valid(store.facts_by_time(upto=upto)), reader.calendar):
        if periods is not None and period >= periods:
            break
        while len(estimate) < period:
            reader.stock.close(len(estimate), PeriodBook())
            estimate.append(reader.stock.stock.copy())
            books.append(reader.stock.books.copy())
        reader.stock.close(period, reader.book(facts))
        estimate.append(reader.stock.stock.copy())
        books.append(reader.stock.books.copy())
    if not estimate:
        raise UsageError("log: found no event of the time of the project; allowed: one at least; fix: feed the twin")
    points = compiled.names.buffers.select(
        pl.col("buffer_id").alias("stock_point"), pl.col("site_id").alias("site"), pl.col("product_id").alias("product")
    )
    return StockHistory(points, 0, np.array(estimate), np.array(books), reader.stock.filled, reader.passed_over)


def _valid(blocks: Iterable[Sequence[FactsRow]]) -> Iterator[FactsRow]:
    """Yield rows in order, without declarations of error and what they take back."""
    before: FactsRow | None = None
    for block in blocks:
        for row in block:
            if before is not None:
                if is_declaration(row, before):
                    before = None
                    continue
                yield before
            before = row
    if before is not None:
        yield before


def _by_period(rows: Iterable[FactsRow], calendar: Calendar) -> Iterator[tuple[int, list[Facts]]]:
    period, held = -1, list[Facts]()
    for row in rows:
        now = calendar.period_of(row.occurred_at)
        if now < 0:
            continue
        if now != period:
            if held:
                yield period, held
            period, held = now, []
        held.append(unpacked(row.facts))
    if held:
        yield period, held


class _Reader:
    """Adds up what the events of a period say."""

    def __init__(self, network: Network, program: Program) -> None:
        names = program.names
        self.calendar = Calendar.of(network.settings)
        self.in_force = InForce(network)
        self.stock = WitnessedStock(program)
        self.passed_over = 0
        self.points = {row: place for place, row in enumerate(names.buffers.select("site_id", "product_id").iter_rows())}
        self.activities = {name: place for place, name in enumerate(names.activities["activity_id"].to_list())}
        self.streams = {name: place for place, name in enumerate(names.streams["stream_id"].to_list())}

    def book(self, facts: Iterable[Facts]) -> PeriodBook:
        """Return what the events of a period say; a count of everything begins anew."""
        found = PeriodBook()
        for one in facts:
            if one.kind == Own.STATE_COUNTED:
                self.stock.open(self._opening(one.own))
                found = PeriodBook()
            elif one.kind in (Own.DEMAND_PLACED, Own.DEMAND_LOST):
                self._ask(found, one)
            elif one.kind in ("ObjectEvent", "TransactionEvent"):
                self._read(found, one)
        return found

    def _read(self, book: PeriodBook, facts: Facts) -> None:
        own, step = facts.own, short_of(facts.step) if facts.step else ""
        if "activity" in own:
            activity = self.activities.get(text_of(own["activity"]))
            if activity is None:
                self.passed_over += 1
            elif "started" in own:
                self._read_consignment(book, facts, activity=activity, step=step)
            else:
                self._read_stock(book, facts, activity=activity, step=step)
            return
        sign = -1.0 if facts.read_point and not facts.location else 1.0
        for buffer, quantity in self._amounts(facts):
            if step in COUNTING:
                deviation = number_of(own.get("deviation")) or 0.0
                before = book.counted.get(buffer, (0.0, 0.0))
                book.counted[buffer] = (before[0] + quantity, before[1] + deviation * deviation)
            elif step == "retail_selling" and text_of(own.get("stream")) in self.streams:
                book.shipped[self.streams[text_of(own["stream"])]] += quantity
            elif step in _LEAVING:
                book.moved[buffer] -= quantity
            elif step in _JOINING:
                book.moved[buffer] += quantity
            elif facts.action in ("ADD", "DELETE"):
                book.moved[buffer] += sign * quantity

    @staticmethod
    def _read_consignment(book: PeriodBook, facts: Facts, *, activity: int, step: str) -> None:
        units, started = units_of(facts), whole_of(facts.own.get("started"))
        if units is None:
            return
        if step == "arriving":
            book.arrived[activity] += units
            book.arrivals[activity] += 1
            book.came[activity, started] += units
        elif step == "holding":
            book.held[activity] += units
        elif step != "destroying":
            book.started[activity] += units

    def _read_stock(self, book: PeriodBook, facts: Facts, *, activity: int, step: str) -> None:
        if step == "destroying" and not facts.read_point:
            book.scrapped[activity] += units_of(facts) or 0.0
            return
        is_receipt = step in _JOINING
        into = book.received if is_receipt else book.taken
        for buffer, quantity in self._amounts(facts):
            into[activity, buffer] += quantity
            if is_receipt:
                book.receipts[activity, buffer] += 1

    def _ask(self, book: PeriodBook, facts: Facts) -> None:
        stream = self.streams.get(text_of(facts.own.get("stream")))
        if stream is None:
            self.passed_over += 1
            return
        into = book.asked if facts.kind == Own.DEMAND_PLACED else book.lost
        into[stream] += sum(item.quantity or 0.0 for item in facts.items)

    def _amounts(self, facts: Facts) -> Iterator[tuple[int, float]]:
        """Yield stock point and base units of each item."""
        place = facts.location or facts.read_point
        if not place or not facts.items:
            return
        names = self.in_force.at(facts.occurred_at)
        site = names.place(place).site
        for item in facts.items:
            product = names.ware(item.name).product
            factor = 1.0 if item.unit is None else names.factor(product, item.unit)
            buffer = self.points.get((site, product))
            if buffer is None or item.quantity is None or factor is None:
                self.passed_over += 1
            else:
                yield buffer, item.quantity * factor

    def _opening(self, own: Mapping[str, Any]) -> Opening:
        state = own.get("state")
        given = state if isinstance(state, Mapping) else {}
        stock, owed = np.zeros(len(self.points)), np.zeros(len(self.streams))
        under_way: dict[tuple[int, int], float] = {}
        for row in _rows(given, "on_hand"):
            pair = (text_of(row.get("site")), text_of(row.get("product")))
            buffer = self.points.get(pair if pair[0] else sites_of(text_of(row.get("stock_point"))))
            if buffer is not None:
                stock[buffer] += number_of(row.get("quantity")) or 0.0
        for row in _rows(given, "backlog"):
            stream = self.streams.get(text_of(row.get("stream")))
            if stream is not None:
                owed[stream] += number_of(row.get("quantity")) or 0.0
        for row in _rows(given, "shipments"):
            activity = self.activities.get(text_of(row.get("activity")))
            if activity is not None:
                key = (activity, whole_of(row.get("started")))
                under_way[key] = under_way.get(key, 0.0) + (number_of(row.get("quantity")) or 0.0)
        return Opening(stock, owed, under_way)


def _rows(state: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = state.get(name, [])
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list | tuple) else []


_LEAVING = frozenset({"shipping", "consigning", "retail_selling", "dispensing", "destroying", "decommissioning"})
_JOINING = frozenset({"receiving", "commissioning", "creating_class_instance"})
