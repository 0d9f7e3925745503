"""Lead times as they come in: where each lies in the law that was in use for it, and whether a lane has drifted.

Every arrival is one forecast that met its truth: when the goods left, the law in use said how long they would take. The
numbers that say where the truth lay are uniform while the law is right, whatever it is, so a detector watches them lane by lane.

Soon after the first shipment that a log tells of, only those have come that were quick. Until nearly all of the first ones must
have come, arrivals are left out: from then on those that come are as long as those that leave.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from chaintwin.fidelity.calibration.fitting import subject_of
from chaintwin.fidelity.calibration.lanes import Calendar, Lane
from chaintwin.fidelity.calibration.observations import LeadTime
from chaintwin.fidelity.versions.lead_laws import LaneLaw
from chaintwin.fidelity.versions.whole_periods import LeadTable, crps_of, met, pit_of
from chaintwin.laws.scores import crps_sample, naive_ensemble
from chaintwin.laws.sequential import SHIFTS, DetectorPath, new_detector, watch_together
from chaintwin.network.graph import LeadMode
from chaintwin.rng import uniform

THRESHOLD = 500.0
"""Least mean number of arrivals of a lane to a false alarm."""

NEARLY_ALL = 0.999
"""Share of the lead times that a lane is waited for before its arrivals count."""

WEIGHT_LEAST = 0.01
"""Least weight of an arrival: a lane of one lead time tells nothing as long as that is met, and a great deal once it is not."""

REFERENCE_MOST = 64
"""The naive forecast of a lead time looks back at so many arrivals of the lane."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A lead time that ended, held against the law in use when it began.

    Parameters
    ----------
    lane : that it went by. shipped_at, ended_at : microseconds. periods : whole ones that it took, halves up.
    pit : where that lies in the law, 0 to 1. low, high : between which that is, since periods are whole.
    weight : how much it can tell, 0 to 1: hardly anything where the law has one value, as long as that is met.
    crps, reference : scores of the law and of the naive forecast, periods; ``reference`` is None before the second arrival.
    """

    lane: Lane
    shipped_at: int
    ended_at: int
    periods: int
    pit: float
    low: float
    high: float
    weight: float
    crps: float
    reference: float | None


@dataclass(frozen=True, slots=True)
class LaneDrift:
    """What a detector makes of the arrivals of one lane.

    Parameters
    ----------
    subject : of the lane. lane : its ends and product. arrivals : how many it saw. statistic : now.
    alarm : number of the arrival that raised the alarm, from 0, or None. alarmed_at : when that came, microseconds.
    since : when the first shipment left that is off, microseconds; None without an alarm.
    expected, found : mean lead time by the law in use, and of the arrivals that are off, periods; None without an alarm.
    """

    subject: str
    lane: Lane
    arrivals: int
    statistic: float
    alarm: int | None
    alarmed_at: int | None
    since: int | None
    expected: float | None
    found: float | None


Laws = Callable[[Lane, int], LaneLaw | None]
"""From a lane and the moment that goods left to the law in use for it."""


def arrivals_of(lead_times: Iterable[LeadTime], *, laws: Laws, calendar: Calendar, seed: int) -> dict[Lane, list[Arrival]]:
    """Return the arrivals of every lane that has a law, in the order of their coming, the quick ones at the begin left out.

    Parameters
    ----------
    lead_times : of all lanes, open ones too. laws : in use. calendar : of the project. seed : of the numbers that break ties.
    """
    by_lane: defaultdict[Lane, list[LeadTime]] = defaultdict(list)
    begun: dict[Lane, int] = {}
    for one in lead_times:
        begun[one.lane] = min(begun.get(one.lane, one.shipped_at), one.shipped_at)
        if one.arrived:
            by_lane[one.lane].append(one)
    found = {}
    for lane, mine in sorted(by_lane.items()):
        mine.sort(key=lambda one: (one.ended_at, one.shipped_at, one.name))
        scored = list(_scored(mine, begun[lane], laws=laws, calendar=calendar, seed=seed))
        if scored:
            found[lane] = scored
    return found


def drift_of(arrivals: Sequence[Arrival], *, law: LaneLaw | None) -> LaneDrift:
    """Return whether a lane has drifted, and since when.

    Parameters
    ----------
    arrivals : of one lane in the order of their coming, at least one. law : in use now.
    """
    return drifts_of([arrivals], law_of=lambda _: law)[0]


def drifts_of(lanes: Sequence[Sequence[Arrival]], *, law_of: Callable[[Lane], LaneLaw | None]) -> list[LaneDrift]:
    """Return whether each lane has drifted, and since when: those with an alarm first.

    Parameters
    ----------
    lanes : arrivals of each in the order of their coming, at least one. law_of : the law in use now.

    Source: METHODS 7.5 and 7.6; `chaintwin.laws.sequential`.
    """
    laws = [law_of(mine[0].lane) for mine in lanes]
    watched = [_independent(mine, law) for mine, law in zip(lanes, laws, strict=True)]
    paths = watched_together(watched)
    found = [_drift(mine, path, law=law) for mine, path, law in zip(watched, paths, laws, strict=True)]
    return sorted(found, key=lambda one: (one.alarm is None, -one.statistic, one.subject))


def watched_together(lanes: Sequence[Sequence[Arrival]]) -> list[DetectorPath]:
    """Return what a detector makes of each series of arrivals.

    Parameters
    ----------
    lanes : arrivals that are independent of each other, in the order of their coming.
    """
    lows, highs, weights = ([[getattr(one, name) for one in mine] for mine in lanes] for name in ("low", "high", "weight"))
    return watch_together(new_detector(THRESHOLD, shifts=SHIFTS), lows, highs=highs, weights=weights)


def periods_of(one: LeadTime, calendar: Calendar) -> int:
    """Return a lead time in whole periods, halves up, as the engine has them."""
    return int((one.ended_at - one.shipped_at) / calendar.length + 0.5)


def spacing_of(shipped: Sequence[int], calendar: Calendar) -> float:
    """Return the usual number of periods between two shipments of a lane, 1 or more.

    Parameters
    ----------
    shipped : when they left, microseconds, in any order.
    """
    starts = np.unique([calendar.period_of(at) for at in shipped])
    return max(1.0, float(np.median(np.diff(starts)))) if starts.size > 1 else 1.0


def met_by(law: LaneLaw, *, spacing: float) -> LeadTable:
    """Return the lead times that are met on a lane; arguments as for ``met``."""
    return law.table if law.mode is LeadMode.CROSSING else met(law.table, mode=law.mode, spacing=spacing)


def _drift(arrivals: Sequence[Arrival], path: DetectorPath, *, law: LaneLaw | None) -> LaneDrift:
    lane = arrivals[0].lane
    head = (subject_of(lane), lane, len(arrivals), float(path.statistic[-1]))
    if path.alarm is None:
        return LaneDrift(*head, None, None, None, None, None)
    first = path.change if path.change is not None else path.alarm
    off = arrivals[first:]
    expected = None if law is None else float(law.table.means[0])
    mean = float(np.mean([one.periods for one in off]))
    since = min(one.shipped_at for one in arrivals[first : path.alarm + 1])
    return LaneDrift(*head, path.alarm, arrivals[path.alarm].ended_at, since, expected, mean)


def _independent(arrivals: Sequence[Arrival], law: LaneLaw | None) -> Sequence[Arrival]:
    """Return all arrivals where each shipment has a lead time of its own; else those that left after the one before had come.

    Where order is kept, what holds up one shipment holds up those behind it.
    """
    if law is None or law.mode is LeadMode.CROSSING:
        return arrivals
    found: list[Arrival] = []
    for one in arrivals:
        if not found or one.shipped_at >= found[-1].ended_at:
            found.append(one)
    return found


def _scored(mine: Sequence[LeadTime], begun: int, *, laws: Laws, calendar: Calendar, seed: int) -> Iterable[Arrival]:
    lane = mine[0].lane
    spacing = spacing_of([one.shipped_at for one in mine], calendar)
    tables: dict[int, tuple[LaneLaw, LeadTable, int]] = {}
    history: list[float] = []
    subject = subject_of(lane)
    for number, one in enumerate(mine):
        law = laws(lane, one.shipped_at)
        if law is None:
            continue
        # The law itself is held beside its table, so that no other one takes its identity meanwhile.
        if id(law) not in tables:
            met_table = met_by(law, spacing=spacing)
            longest = met_table.first + int((np.cumsum(met_table.shares[0]) < NEARLY_ALL).sum())
            tables[id(law)] = (law, met_table, begun + longest * calendar.length)
        _, table, steady = tables[id(law)]
        periods = periods_of(one, calendar)
        tie_break = uniform(seed, "pit", entity=f"{subject}|lead_time", replication=0, period=number)
        reference = crps_sample(naive_ensemble(history, 1), float(periods)) if history else None
        pit, crps = pit_of(table, periods, tie_break=tie_break), crps_of(table, periods)
        if one.ended_at >= steady:
            low, high = (pit_of(table, periods, tie_break=end) for end in (0.0, 1.0))
            # The variance of the middles of the values, relative to that of a law without steps.
            weight = 1.0 - float((table.shares[0] ** 3).sum())
            yield Arrival(lane, one.shipped_at, one.ended_at, periods, pit, low, high, max(weight, WEIGHT_LEAST), crps, reference)
        history = [*history[1 - REFERENCE_MOST :], float(periods)]
