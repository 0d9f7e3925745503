"""What stock points lack for a time because disruptions took it away, or made customers ask for more."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import Effect, Policy
from chaintwin.simulation.first_causes.strikers import Strikers
from chaintwin.simulation.history.trace import NEVER, WAITING, Trace

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def lacking(trace: Trace, lead: Integers) -> dict[tuple[int, int], Floats]:
    """Return by stock point and cause Floats[T]: units that are not there, or not enough, because of a disruption.

    Of what is gone the stock point orders as much again the next time it orders; it is lacking until that can be there.

    Parameters
    ----------
    trace : of a network with disruptions. lead : Integers[A], usual lead times.
    """
    found = _Lacking(trace, lead)
    found.add_destroyed()
    found.add_asked()
    found.add_lost()
    found.add_cancelled()
    found.add_unsent()
    found.add_believed()
    return found.by_cause


class _Lacking:
    def __init__(self, trace: Trace, lead: Integers) -> None:
        assert trace.struck is not None, "the network has disruptions"
        self.trace, self.struck, self.lead, self.strikers = trace, trace.struck, lead, Strikers(trace)
        self.by_cause: dict[tuple[int, int], Floats] = {}
        self.when = np.arange(trace.begin, trace.end)
        self.sources = {buffer: self._sources(buffer) for buffer in range(trace.program.counts[0])}

    def add_destroyed(self) -> None:
        """Add stock that was destroyed."""
        for buffer, rows in self.strikers.on(Effect.STOCK).items():
            for at in np.flatnonzero(self.struck.destroyed[:, buffer]).tolist():
                amount = self.struck.destroyed[at, buffer] * self._missing(buffer, at)
                self._add(buffer, rows, self.strikers.parts(rows)[at], amount, first=at)

    def add_asked(self) -> None:
        """Add what customers asked for beyond the usual."""
        streams = self.trace.program.streams
        for stream, rows in self.strikers.on(Effect.DEMAND).items():
            factor, buffer = self.strikers.product(rows), int(streams.buffer[stream])
            more = self.trace.demand[:, stream] * np.where(factor > 1.0, 1.0 - 1.0 / np.maximum(factor, 1.0), 0.0)
            for at in np.flatnonzero(more).tolist():
                parts = self.strikers.parts(rows, more=True)[at]
                self._add(buffer, rows, parts, more[at] * self._missing(buffer, at), first=at)

    def add_lost(self) -> None:
        """Add goods that were lost under way, from the period on in which they should have been there."""
        losses, journeys, begin = self.struck.losses, self.trace.journeys, self.trace.begin
        rows_of = self.strikers.on(Effect.TRANSIT)
        for which, activity, period, units in zip(*(values.tolist() for values in losses), strict=True):
            due = period
            if which != WAITING:
                opening = journeys.started[which] < begin and journeys.due[which] != NEVER
                usual = journeys.started[which] + self.lead[activity]
                due = max(int(journeys.due[which] if opening else usual), period)
            self._add_along(activity, rows_of[activity], at=period - begin, units=units, first=due - begin)

    def add_cancelled(self) -> None:
        """Add what orders that were cancelled would have brought."""
        rows_of, begin = self.strikers.on(Effect.QUEUE), self.trace.begin
        for activity, period, due, units in zip(*(values.tolist() for values in self.struck.cancelled), strict=True):
            first = max(due, period) + int(self.lead[activity]) - begin
            self._add_along(activity, rows_of[activity], at=period - begin, units=units, first=first)

    def add_unsent(self) -> None:
        """Add what was wanted and not ordered."""
        for buffer, rows in self.strikers.on(Effect.ORDERS).items():
            self._add_not_ordered(buffer, rows, self.struck.unsent[:, buffer], parts=self.strikers.parts(rows))

    def add_believed(self) -> None:
        """Add what a rule did not order because it believed in stock that was not there.

        That is no more than what it ordered less than was asked of it since it last knew better.
        """
        trace = self.trace
        activities, streams = trace.program.activities, trace.program.streams
        owner = np.repeat(np.arange(activities.kind.size), np.diff(activities.input_start))
        seen = np.where(activities.information_delay > 0, trace.visible, trace.ordered)
        for buffer, rows in self.strikers.on(Effect.REPORTED).items():
            mine = streams.buffer == buffer
            arcs = np.flatnonzero(activities.input_buffer == buffer)
            taken = trace.started[:, owner[arcs]] @ activities.input_quantity[arcs]
            stock = trace.on_hand[:, buffer] + trace.shipped[:, mine].sum(axis=1) + taken
            asked = (trace.demand - trace.lost)[:, mine].sum(axis=1) + seen[:, owner[arcs]] @ activities.input_quantity[arcs]
            factor = self.strikers.product(rows)
            more, behind = np.maximum(stock * (factor - 1.0), 0.0), np.zeros(factor.size)
            ordered = self._ordered(buffer)
            for at in range(factor.size):
                before = behind[at - 1] if at else 0.0
                told_truth = factor[at] <= 1.0 and self._review(buffer, at) == at
                behind[at] = 0.0 if told_truth else max(before + asked[at] - ordered[at], 0.0)
            amount = np.where(factor > 1.0, np.minimum(more, behind), 0.0)
            self._add_not_ordered(buffer, rows, amount, parts=self.strikers.parts(rows, more=True))

    def _add(self, buffer: int, rows: Integers, parts: Floats, amount: Floats, *, first: int) -> None:
        """Add an amount over all periods from the first on, shared by some effects."""
        for row, part in zip(rows.tolist(), parts.tolist(), strict=True):
            if part:
                total = self.by_cause.setdefault((buffer, int(self.strikers.cause[row])), np.zeros(self.when.size))
                total[max(first, 0) :] += part * amount[max(first, 0) :]

    def _add_along(self, activity: int, rows: Integers, *, at: int, units: float, first: int) -> None:
        """Add units of an activity that are gone, at each stock point they would have reached."""
        activities, parts = self.trace.program.activities, self.strikers.parts(rows)[at]
        for arc in range(activities.output_start[activity], activities.output_start[activity + 1]):
            buffer = int(activities.output_buffer[arc])
            self._add(buffer, rows, parts, units * activities.output_quantity[arc] * self._missing(buffer, at), first=first)

    def _add_not_ordered(self, buffer: int, rows: Integers, amount: Floats, *, parts: Floats) -> None:
        """Add what was not ordered in each period: it is not there from its usual arrival until that of the next order."""
        for at in np.flatnonzero(amount).tolist():
            if self._review(buffer, at) != at:
                continue
            late = np.zeros(self.when.size)
            for share, lag in self.sources[buffer]:
                late[at + lag : self._review(buffer, at + 1) + lag] += share * amount[at]
            self._add(buffer, rows, parts[at], late, first=0)

    def _missing(self, buffer: int, at: int) -> Floats:
        """Return Floats[T]: the part that is not there again of what a stock point lost in a period."""
        if not self.sources[buffer]:
            return np.ones(self.when.size)
        found, order = np.zeros(self.when.size), self._review(buffer, at)
        for share, lag in self.sources[buffer]:
            found[: order + lag] += share
        return found

    def _review(self, buffer: int, at: int) -> int:
        """Return the first period from one on in which a stock point may order, counted from the begin."""
        buffers = self.trace.program.buffers
        cycle = int(buffers.review_period[buffer])
        return at + (int(buffers.review_phase[buffer]) - at - self.trace.begin) % cycle

    def _sources(self, buffer: int) -> list[tuple[float, int]]:
        """Return share, by what was ordered in the run, and usual time from order to arrival of each source."""
        program = self.trace.program
        buffers, begin, end = program.buffers, *program.buffers.source_start[buffer : buffer + 2]
        source = buffers.source_activity[begin:end]
        if not source.size or buffers.policy[buffer] == Policy.NONE:
            return []
        lag = (self.lead + program.activities.information_delay)[source]
        share = self.trace.ordered.sum(axis=0)[source] * buffers.source_output[begin:end]
        if share.sum() <= 0:
            share = (np.arange(source.size) == lag.argmin()).astype(np.float64)
        return list(zip((share / share.sum()).tolist(), lag.tolist(), strict=True))

    def _ordered(self, buffer: int) -> Floats:
        """Return Floats[T]: what a stock point ordered, in its own units."""
        buffers = self.trace.program.buffers
        mine = slice(*buffers.source_start[buffer : buffer + 2])
        found: Floats = self.trace.ordered[:, buffers.source_activity[mine]] @ buffers.source_output[mine]
        return found
