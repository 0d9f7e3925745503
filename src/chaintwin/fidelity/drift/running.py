"""Forecasts of lead times as a log goes on: each shipment by what was known as it left, in intervals that adapt."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from chaintwin.fidelity.calibration.lanes import Calendar, Lane
from chaintwin.fidelity.calibration.observations import LeadTime
from chaintwin.fidelity.drift.arrivals import periods_of
from chaintwin.fidelity.versions.whole_periods import LeadTable, pit_of, table_of_law
from chaintwin.laws.fits.lead_times import CURVE_ARRIVALS, fit_lead_time
from chaintwin.laws.sequential import adapt, new_level
from chaintwin.rng import uniform

ARRIVALS_LEAST = 10
"""Before so many arrivals in all no lead time is forecast."""


@dataclass(frozen=True, slots=True)
class Running:
    """A lead time that was forecast as the goods left.

    Parameters
    ----------
    shipment : what was forecast. periods : that it took. pit : where that lay in the forecast, 0 to 1.
    low, high : quantiles of the forecast that the interval was made of. is_inside : whether the interval held it.
    is_plain_inside : whether the interval would have held it that does not adapt.
    """

    shipment: LeadTime
    periods: int
    pit: float
    low: float
    high: float
    is_inside: bool
    is_plain_inside: bool


def running_forecasts(
    lead_times: Sequence[LeadTime],
    *,
    family: Callable[[Lane], Hashable],
    calendar: Calendar,
    seed: int,
    confidence: float = 0.9,
) -> list[Running]:
    """Return the forecast of every shipment that arrived, in the order of their leaving.

    The law is that of all shipments of the family that left before, as they stood then: those still out are lower bounds. A
    family with too few shipments for a curve takes those of all. The level of the intervals moves with each known arrival.

    Parameters
    ----------
    lead_times : of all lanes, open ones too. family : what lanes have in common. calendar : of the project.
    seed : of the numbers that break ties. confidence : of the intervals, between 0 and 1.

    Source: METHODS 7.1; Gibbs & Candès 2021.
    """
    ordered = sorted(lead_times, key=lambda one: (one.shipped_at, one.lane, one.name))
    seen = _Seen(family, calendar)
    level, plain = new_level(confidence), new_level(confidence)
    pending: list[tuple[int, int, bool]] = []
    found = []
    for number, one in enumerate(ordered):
        while pending and pending[0][0] < one.shipped_at:
            level = adapt(level, was_inside=heapq.heappop(pending)[2])
        table = seen.table(one.lane, one.shipped_at)
        if one.arrived and table is not None:
            periods = periods_of(one, calendar)
            pit = pit_of(table, periods, tie_break=uniform(seed, "pit", entity="running", replication=0, period=number))
            found.append(Running(one, periods, pit, *level.ends, level.holds(pit), plain.holds(pit)))
            heapq.heappush(pending, (one.ended_at, number, found[-1].is_inside))
        seen.add(one)
    return found


class _Seen:
    """Shipments that left, by family, and the law that they show at a moment."""

    def __init__(self, family: Callable[[Lane], Hashable], calendar: Calendar) -> None:
        self.family, self.calendar = family, calendar
        self._all: list[LeadTime] = []
        self._by_family: defaultdict[Hashable, list[LeadTime]] = defaultdict(list)
        self._made: dict[Hashable, tuple[int, int, LeadTable | None]] = {}

    def add(self, one: LeadTime) -> None:
        self._all.append(one)
        self._by_family[self.family(one.lane)].append(one)

    def table(self, lane: Lane, at: int) -> LeadTable | None:
        """Return the law as it stood at a moment; None where too little had arrived."""
        key = self.family(lane)
        mine = [one for one in self._by_family[key] if one.shipped_at < at]
        if len(mine) < CURVE_ARRIVALS:
            key, mine = None, [one for one in self._all if one.shipped_at < at]
        made = self._made.get(key)
        if made is not None and made[:2] == (at, len(mine)):
            return made[2]
        arrived = np.array([one.arrived and one.ended_at < at for one in mine], dtype=bool)
        table = None
        if int(arrived.sum()) >= ARRIVALS_LEAST:
            ends = np.array([min(one.ended_at, at) for one in mine]) - np.array([one.shipped_at for one in mine])
            law = fit_lead_time(ends / self.calendar.length, arrived).law
            table = None if law is None else table_of_law(law)
        self._made[key] = (at, len(mine), table)
        return table
