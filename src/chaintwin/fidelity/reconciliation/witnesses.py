"""What the other events of a movement say of one that is missing: stock followed by witnesses, period by period.

A movement in a network is told more than once. What starts is told as it starts and as it leaves the stock of its inputs; what
arrives is told as it arrives and as it joins stock; what customers ask for is told when they ask, when they get it and when they
leave without. Messages that are lost take some of these away and never add any. So where one is missing another stands in, and a
stock that cannot be what the books say is put right:

- what started took its inputs, also where that was not told, or where only its arrival tells of it;
- what arrived and was good joined stock, also where fewer receipts than arrivals were told;
- where customers are left waiting there is nothing on the shelf, so what the books still have is not there: where nobody told
  that they got anything, it went to them unseen;
- nothing is below zero;
- a count is what is there, as far as it is sure.

Where all that should be told was told, events of stock are believed, whatever the others say of the quantity: numbers that
disagree are a matter of the mass balance, not of what is missing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from chaintwin.fidelity.reconciliation.kalman import StockBelief, count
from chaintwin.network.program import Program

Floats = NDArray[np.float64]

DUST = 1e-9
"""Smaller than this part of what moved is what rounding leaves."""

NEAR = 3.0
"""What the books have more than an empty shelf is taken away up to so many times what was asked for in the period; more is not
what a few missing events can have left, but rather a number that was told wrong."""

ADJACENT = 1
"""Goods that wait at a full site are told as started in the period before; such a start is none, so it proves nothing."""

Sums = defaultdict[int, float]
Pairs = defaultdict[tuple[int, int], float]


class Reason(StrEnum):
    """Why stock was put right."""

    UNSEEN_TAKING = "taken unseen"
    """An activity started, and nobody told that its inputs left stock."""
    UNSEEN_START = "start known by its arrival"
    """Goods arrived of which neither start nor leaving was told."""
    UNSEEN_RECEIPT = "received unseen"
    """Goods arrived, and nobody told that they joined stock."""
    UNSEEN_SALE = "sold unseen"
    """Customers wait, nobody told that they got anything, and the books have stock."""
    EMPTY_SHELF = "customers wait at an empty shelf"
    """Customers got a part of what they asked for, or left without, and the books still have stock."""
    BELOW_ZERO = "more left than was there"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class PeriodBook:
    """What was told of one period, added up; filled by who reads events.

    Parameters
    ----------
    started, arrived, held, scrapped : units of activities. came : units by (activity, period of the start).
    taken, received : units of stock by (activity, stock point). arrivals, receipts : how many events told of them.
    asked, shipped, lost : units by stream.
    moved : what else joined stock, less what else left it, by stock point. counted : quantity and variance, by stock point.
    """

    started: Sums = field(default_factory=lambda: defaultdict(float))
    arrived: Sums = field(default_factory=lambda: defaultdict(float))
    held: Sums = field(default_factory=lambda: defaultdict(float))
    scrapped: Sums = field(default_factory=lambda: defaultdict(float))
    came: Pairs = field(default_factory=lambda: defaultdict(float))
    taken: Pairs = field(default_factory=lambda: defaultdict(float))
    received: Pairs = field(default_factory=lambda: defaultdict(float))
    arrivals: Sums = field(default_factory=lambda: defaultdict(float))
    receipts: Pairs = field(default_factory=lambda: defaultdict(float))
    asked: Sums = field(default_factory=lambda: defaultdict(float))
    shipped: Sums = field(default_factory=lambda: defaultdict(float))
    lost: Sums = field(default_factory=lambda: defaultdict(float))
    moved: Sums = field(default_factory=lambda: defaultdict(float))
    counted: dict[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a count of everything found.

    Parameters
    ----------
    stock : Floats[N]. owed : Floats[D]. under_way : units by (activity, period of the start).
    """

    stock: Floats
    owed: Floats
    under_way: dict[tuple[int, int], float]


class WitnessedStock:
    """Stock as events tell it, put right by what other events say. Periods are closed in their order.

    Parameters
    ----------
    program : the compiled network, which says what activities take and give.

    Attributes
    ----------
    stock : Floats[N], what is likely there. books : Floats[N], what the events of stock alone say.
    owed : Floats[D], what is likely owed. filled : by reason, times and units.

    Source: the redundancy of balances, Kuehn & Davidson 1961; counts weighed as in Kalman 1960.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        buffers, _, streams, _ = program.counts
        self.stock, self.books, self.owed = np.zeros(buffers), np.zeros(buffers), np.zeros(streams)
        self.filled: dict[Reason, tuple[int, float]] = {}
        self._outstanding: dict[tuple[int, int], float] = {}
        self._largest = np.zeros(buffers)
        self._counted_in = np.full(buffers, -1, dtype=np.int64)
        self._drift = _Drift()
        self._sold = _streams_of(program)
        self._only_sold = _only_customers(program)

    def open(self, opening: Opening) -> None:
        """Begin with what a count of everything found."""
        self.stock[:], self.books[:], self.owed[:] = opening.stock, opening.stock, opening.owed
        self._outstanding = dict(opening.under_way)
        self._counted_in[:] = -1

    def close(self, period: int, book: PeriodBook) -> None:
        """Take in what was told of a period.

        Parameters
        ----------
        period : its number. book : what was told of it.
        """
        for buffer, change in book.moved.items():
            self.stock[buffer] += change
            self.books[buffer] += change
        self._receive(book)
        self._start(book, period)
        self._prove_starts(book, period)
        late = self._filled_at_once(book, period)
        for buffer, streams in self._sold.items():
            self._serve(buffer, streams, book=book, is_shown=bool(self._only_sold[buffer]) and buffer not in late)
        below = np.flatnonzero(self.stock < -DUST * np.maximum(self._largest, 1.0))
        for buffer in below.tolist():
            self._fill(Reason.BELOW_ZERO, buffer, by=-float(self.stock[buffer]))
        for buffer, (quantity, variance) in book.counted.items():
            self._count(buffer, quantity, variance=variance, period=period)
        np.maximum(self._largest, self.stock, out=self._largest)

    def _fill(self, reason: Reason, buffer: int, *, by: float) -> None:
        self.stock[buffer] += by
        times, units = self.filled.get(reason, (0, 0.0))
        self.filled[reason] = (times + 1, units + abs(by))

    def _receive(self, book: PeriodBook) -> None:
        """Let join stock what arrived and was good, or what was received where that is more."""
        activities, drawn = self.program.activities, self.program.yields_drawn
        for (_, buffer), units in book.received.items():
            self.stock[buffer] += units
            self.books[buffer] += units
        for activity, arrived in book.arrived.items():
            come, bad = arrived - book.held.get(activity, 0.0), book.scrapped.get(activity, 0.0)
            first, last = int(activities.output_start[activity]), int(activities.output_start[activity + 1])
            is_sure = activities.yield_rate[activity] >= 1.0 or bad > 0.0
            for arc in range(first, last):
                buffer = int(activities.output_buffer[arc])
                seen = book.received.get((activity, buffer), 0.0)
                is_told = book.receipts.get((activity, buffer), 0.0) >= book.arrivals.get(activity, 0.0)
                if is_told or (seen > 0.0 and (not is_sure or self._has_room_only_for_some(buffer))):
                    # Of what was received at all, how much of it was good is known better by the receipt than by the mean.
                    continue
                each = activities.output_gross[arc] if bad > 0.0 or drawn[activity] else activities.output_quantity[arc]
                missing = (come - bad) * float(each) - seen
                if missing > DUST * max(come * float(each), seen):
                    self._fill(Reason.UNSEEN_RECEIPT, buffer, by=missing)

    def _has_room_only_for_some(self, buffer: int) -> bool:
        return bool(self.program.buffers.room[buffer] >= 0)

    def _start(self, book: PeriodBook, period: int) -> None:
        """Let leave stock what started, by the witness that saw most."""
        activities = self.program.activities
        units: dict[int, float] = dict(book.started)
        for (activity, buffer), quantity in book.taken.items():
            self.stock[buffer] -= quantity
            self.books[buffer] -= quantity
            each = self._input(activity, buffer)
            if each > 0.0:
                units[activity] = max(units.get(activity, 0.0), quantity / each)
        for activity, started in units.items():
            self._outstanding[activity, period] = self._outstanding.get((activity, period), 0.0) + started
            for arc in range(int(activities.input_start[activity]), int(activities.input_start[activity + 1])):
                buffer, wanted = int(activities.input_buffer[arc]), started * float(activities.input_quantity[arc])
                if wanted > 0.0 and (activity, buffer) not in book.taken:
                    self._fill(Reason.UNSEEN_TAKING, buffer, by=-wanted)

    def _input(self, activity: int, buffer: int) -> float:
        activities = self.program.activities
        for arc in range(int(activities.input_start[activity]), int(activities.input_start[activity + 1])):
            if activities.input_buffer[arc] == buffer:
                return float(activities.input_quantity[arc])
        return 0.0

    def _prove_starts(self, book: PeriodBook, period: int) -> None:
        """Let leave stock what arrives without anybody having told that it left."""
        activities = self.program.activities
        for activity, units in book.held.items():
            # What waits outside is told as started today, and comes again tomorrow.
            self._outstanding[activity, period] = self._outstanding.get((activity, period), 0.0) + units
        for (activity, started), units in book.came.items():
            left = self._outstanding.get((activity, started), 0.0) - units
            if left < -DUST * units and 0 <= started < period - ADJACENT:
                for arc in range(int(activities.input_start[activity]), int(activities.input_start[activity + 1])):
                    wanted = -left * float(activities.input_quantity[arc])
                    self._fill(Reason.UNSEEN_START, int(activities.input_buffer[arc]), by=-wanted)
            if left > DUST * units:
                self._outstanding[activity, started] = left
            else:
                self._outstanding.pop((activity, started), None)

    def _filled_at_once(self, book: PeriodBook, period: int) -> set[int]:
        """Return stock points that goods came to in the period of their start, perhaps after customers had been there."""
        activities = self.program.activities
        quick = {activity for activity, started in book.came if started == period}
        ends = [(int(activities.output_start[one]), int(activities.output_start[one + 1])) for one in quick]
        return {int(activities.output_buffer[arc]) for first, last in ends for arc in range(first, last)}

    def _serve(self, buffer: int, streams: list[int], *, book: PeriodBook, is_shown: bool) -> None:
        """Let leave stock what customers got, and what they must have got where they wait and there is stock.

        Parameters
        ----------
        buffer, streams : the stock point and who asks there. book : of the period.
        is_shown : whether who waits shows that nothing is on the shelf.
        """
        waiting: dict[int, float] = {}
        is_empty, moved = False, 0.0
        for stream in streams:
            asked, shipped, lost = (part.get(stream, 0.0) for part in (book.asked, book.shipped, book.lost))
            self.stock[buffer] -= shipped
            self.books[buffer] -= shipped
            moved += asked + shipped + lost
            before = float(self.owed[stream])
            if shipped > 0.0 and abs(shipped - asked) <= DUST * shipped and not lost:
                # Who is served first what was asked for first gets more than that while something is owed.
                before = 0.0
            left = before + asked - shipped - lost
            self.owed[stream] = left if left > DUST * (before + asked + shipped) else 0.0
            if self.owed[stream] > 0.0:
                waiting[stream] = float(self.owed[stream])
            is_empty |= lost > 0.0 or (shipped > 0.0 and stream in waiting)
        short, there = sum(waiting.values()), float(self.stock[buffer])
        if there > DUST * self._largest[buffer] and is_shown:
            if is_empty and there <= NEAR * moved:
                self._fill(Reason.EMPTY_SHELF, buffer, by=-there)
            elif short > 0.0 and not is_empty:
                given = min(short, there)
                self._fill(Reason.UNSEEN_SALE, buffer, by=-given)
                for stream, amount in waiting.items():
                    self.owed[stream] -= given * amount / short
        for stream in waiting:
            if not book.lost.get(stream, 0.0):
                self.owed[stream] *= 1.0 - float(self.program.streams.lost_fraction[stream])

    def _count(self, buffer: int, quantity: float, *, variance: float, period: int) -> None:
        """Believe a count, as far as it is surer than the books are by now."""
        believed, since = float(self.stock[buffer]), int(self._counted_in[buffer])
        scale = max(float(self._largest[buffer]), quantity)
        age = max(period - since, 1)
        after = quantity
        if variance > 0.0:
            before = StockBelief(believed, self._drift.of(age, scale=scale))
            after = count(before, quantity, error=variance).mean
        self._drift.learn(quantity - believed, age=age, scale=scale, variance=variance)
        if abs(after - believed) > DUST * scale:
            self._fill(Reason.COUNTED, buffer, by=after - believed)
        self.stock[buffer], self.books[buffer], self._counted_in[buffer] = after, quantity, period


class _Drift:
    """How fast stock and what is believed of it drift apart, learned from all counts: a variance a period, in shares of stock."""

    def __init__(self) -> None:
        self.total, self.count = 0.0, 0

    def of(self, age: int, *, scale: float) -> float:
        rate = self.total / self.count if self.count else 1.0
        return rate * age * scale * scale

    def learn(self, gap: float, *, age: int, scale: float, variance: float) -> None:
        if scale <= 0.0:
            return
        self.total += max(gap * gap - variance, 0.0) / (scale * scale * age)
        self.count += 1


def _streams_of(program: Program) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for stream, buffer in enumerate(program.streams.buffer.tolist()):
        found.setdefault(buffer, []).append(stream)
    return found


def _only_customers(program: Program) -> NDArray[np.bool_]:
    """Return bool[N]: whether only customers take stock, none of whom waits for all that he asked for.

    Where an activity takes stock too, stock may be left because that one lacks something else.
    """
    found = np.ones(program.counts[0], dtype=np.bool_)
    found[program.activities.input_buffer] = False
    found[program.streams.buffer[program.streams.complete != 0]] = False
    return found
