"""A refit: parameters fitted anew to a log, and used only where they predict better than those in use.

Lanes whose lead times have drifted are fitted to what left since the change, all others to the whole log. Drifted lanes are
judged together, and so are steady ones. Each lane is put back to the moment before its last arrivals: the law is fitted to what
was known then, and both laws foretell when all goods come that were under way, or left after. The difference of their scores
has to lie above 0 with its whole interval (METHODS 7.6). What is used is then fitted to everything.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from chaintwin.fidelity.calibration.demand_levels import Expected, Level, are_off, demand_levels, fit_demand_levels
from chaintwin.fidelity.calibration.fitting import (
    Fitting,
    fit_capacities,
    fit_lead_times,
    fit_spells,
    fit_yields,
    subject_of,
)
from chaintwin.fidelity.calibration.lanes import Calendar, Lane
from chaintwin.fidelity.calibration.observations import LeadTime, Observations
from chaintwin.fidelity.calibration.parameters import Parameter, ParameterKind, ParameterSet
from chaintwin.fidelity.calibration.refitting import Verdict, judge_refit
from chaintwin.fidelity.drift.arrivals import Arrival, LaneDrift, arrivals_of, drifts_of, met_by, periods_of, spacing_of
from chaintwin.fidelity.versions.lead_laws import LaneLaw, LeadLaws, mode_of
from chaintwin.fidelity.versions.shelf import Judgement, Kept
from chaintwin.fidelity.versions.whole_periods import LeadTable, crps_under_way, table_of

HELD_OUT = 0.25
"""Share of the arrivals of a lane, the last ones, before which it is put back."""

TRAINING_LEAST = 5
"""With fewer arrivals before those held out a lane is not judged: its shape would be that of its family."""

SURE = 0.95
"""A yield, a capacity or a demand is replaced where its value in use lies outside this interval of the fit."""

GROWN = 1.5
"""Levels of demand are replaced as well once they stand on so many times as many periods."""

DRIFTED, STEADY = "drifted", "steady"
"""Groups of lanes that are judged together."""


@dataclass(frozen=True, slots=True)
class InUse:
    """What is in use when a refit is made.

    Parameters
    ----------
    version : the parameters in force; None for those of the tables. laws : lead times by lane.
    yields, capacities, demands : value by subject, by the version or the tables; of a demand its mean a period.
    levels : of demand, by stream: how many times what the tables say; 1 by the tables.
    expected : by stream: what the tables say.
    """

    version: ParameterSet | None
    laws: LeadLaws
    yields: Mapping[str, float]
    capacities: Mapping[str, float]
    demands: Mapping[str, float]
    levels: Mapping[str, float]
    expected: Mapping[str, Expected]

    def values(self, kind: ParameterKind) -> Mapping[str, float]:
        """Return the values by subject of a kind that has one number each."""
        return {
            ParameterKind.YIELD: self.yields,
            ParameterKind.CAPACITY: self.capacities,
            ParameterKind.DEMAND: self.demands,
            ParameterKind.DEMAND_LEVEL: self.levels,
        }.get(kind, {})


@dataclass(frozen=True, slots=True)
class Refit:
    """What came of a refit.

    Parameters
    ----------
    version : what is used from now on, or the candidate that was refused. decided : of it; ``recorded_at`` is 0.
    fitted : everything that was fitted, used or not. adopted : kind and subject of what is used of it.
    drifts : of the lanes, those with an alarm first. drifted : subjects of lanes that are fitted to what left since a change.
    """

    version: ParameterSet
    decided: Kept
    fitted: tuple[Parameter, ...]
    adopted: frozenset[tuple[ParameterKind, str]]
    drifts: tuple[LaneDrift, ...]
    drifted: frozenset[str]


def refit(
    observations: Observations,
    in_use: InUse,
    *,
    now: int,
    fitting: Fitting,
    demands: Iterable[Parameter] = (),
    since: int | None = None,
    is_taken: bool = False,
    note: str = "",
) -> Refit:
    """Fit all parameters anew and decide which of them are used.

    Parameters
    ----------
    observations : of all facts up to now. in_use : what is used so far. now : microseconds. fitting : how.
    demands : behind sales, fitted already.
    since : only what left from then on counts, on all lanes; by default what left since its change on a lane that has drifted.
    is_taken : use everything without judging. note : why it is made.
    """
    calendar, lead_times = observations.calendar, observations.lead_times(now)
    arrivals = arrivals_of(lead_times, laws=lambda lane, _: in_use.laws.of(lane), calendar=calendar, seed=fitting.seed)
    begun = 0 if in_use.version is None else in_use.version.made_at
    drifts = _drifts(arrivals, in_use.laws, after=begun)
    changes = {one.lane: one.since for one in drifts if one.since is not None} if since is None else {}
    usable = [one for one in lead_times if one.shipped_at >= _since(one.lane, changes, since)]
    levels = demand_levels(observations.asked(now, since=since), in_use.expected)
    fitted = [
        *fit_lead_times(usable, calendar=calendar, fitting=fitting, now=now),
        *_others(observations, now, fitting=fitting),
        *fit_demand_levels(levels, calendar=calendar, fitting=fitting),
        *demands,
    ]
    judged = _judge(usable, in_use.laws, changes=changes, calendar=calendar, fitting=fitting, now=now)
    drifted, has_levels = {subject_of(lane) for lane in changes}, _is_news(levels, in_use)
    adopted = frozenset(
        (one.kind, one.subject)
        for one in fitted
        if is_taken
        or (has_levels if one.kind is ParameterKind.DEMAND_LEVEL else _is_adopted(one, judged, in_use=in_use, drifted=drifted))
    )
    before = {} if in_use.version is None else {(one.kind, one.subject): one for one in in_use.version.parameters}
    used = before | {(one.kind, one.subject): one for one in fitted if (one.kind, one.subject) in adopted}
    is_better = is_taken or any(kind not in _TOLD for kind, _ in adopted)
    parts = tuple(used[key] for key in sorted(used)) if is_better else tuple(fitted)
    parent = None if in_use.version is None else in_use.version.id
    version = ParameterSet(parts, made_at=now, seed=fitting.seed, parent=parent, note=note)
    reason = "taken without judging" if is_taken else "predicts better" if is_better else "nothing predicts better for sure"
    decided = Kept(version.id, parent, now, 0, is_better, len(parts), tuple(judged), note, reason)
    return Refit(version, decided, tuple(fitted), adopted, drifts, frozenset(drifted))


_TOLD = (ParameterKind.UP_TIME, ParameterKind.DOWN_TIME)
"""Kinds that no network has a place for: they are kept along with others, and alone are no reason for a version."""


def recorded(decided: Kept, at: int) -> Kept:
    """Return a decision with the moment that it is kept at, microseconds."""
    return msgspec.structs.replace(decided, recorded_at=at)


def _others(observations: Observations, now: int, *, fitting: Fitting) -> list[Parameter]:
    """Return all parameters but lead times."""
    calendar, since = observations.calendar, observations.since or 0
    return [
        *fit_yields(observations.yields(), fitting=fitting, since=since, until=now),
        *fit_capacities(observations.saturated(now), calendar=calendar, fitting=fitting),
        *fit_spells(observations.spells(now), calendar=calendar, fitting=fitting),
    ]


def _since(lane: Lane, changes: Mapping[Lane, int], since: int | None) -> int:
    return changes.get(lane, -(2**62)) if since is None else since


def _drifts(arrivals: Mapping[Lane, Sequence[Arrival]], laws: LeadLaws, *, after: int) -> tuple[LaneDrift, ...]:
    """Return the drift of every lane, those with an alarm first; what the parameters in use were fitted to is no test of them."""
    fresh = [[one for one in mine if one.ended_at > after] for mine in arrivals.values()]
    return tuple(drifts_of([mine for mine in fresh if mine], law_of=laws.of))


def _judge(
    lead_times: Sequence[LeadTime],
    laws: LeadLaws,
    *,
    changes: Mapping[Lane, int],
    calendar: Calendar,
    fitting: Fitting,
    now: int,
) -> list[Judgement]:
    """Return how the refit does on drifted lanes, and on steady ones."""
    by_lane: defaultdict[Lane, list[LeadTime]] = defaultdict(list)
    for one in lead_times:
        if laws.of(one.lane) is not None:
            by_lane[one.lane].append(one)
    held: dict[Lane, int] = {}
    known: list[LeadTime] = []
    for lane, mine in sorted(by_lane.items()):
        came = sorted((one for one in mine if one.arrived), key=lambda one: (one.ended_at, one.shipped_at, one.name))
        out = max(1, math.ceil(HELD_OUT * len(came)))
        if len(came) - out < TRAINING_LEAST:
            known += mine
            continue
        held[lane] = end = came[-out - 1].ended_at
        known += [_as_of(one, end) for one in mine if one.shipped_at <= end]
    trained = {one.subject: one for one in fit_lead_times(known, calendar=calendar, fitting=fitting, now=now)}
    scores: dict[str, list[tuple[int, float, float]]] = {DRIFTED: [], STEADY: []}
    counts = dict.fromkeys(scores, 0)
    for lane, end in held.items():
        law, fit = laws.of(lane), trained.get(subject_of(lane))
        if law is None or fit is None:
            continue
        group = DRIFTED if lane in changes else STEADY
        counts[group] += 1
        spacing = spacing_of([one.shipped_at for one in by_lane[lane]], calendar)
        fresh = LaneLaw(table_of(fit).mixed, mode_of(fit, otherwise=law.mode), law.activities, is_fitted=True)
        tables = (met_by(law, spacing=spacing), met_by(fresh, spacing=spacing))
        scores[group] += _compared(
            [one for one in by_lane[lane] if one.ended_at > end], tables, span=(end, now), calendar=calendar
        )
    return [_judgement(group, sorted(rows), lanes=counts[group]) for group, rows in scores.items() if rows]


def _as_of(one: LeadTime, end: int) -> LeadTime:
    """Return what was known of a shipment at a moment."""
    return one if one.ended_at <= end else replace(one, ended_at=end, arrived=False)


def _compared(
    mine: Sequence[LeadTime], tables: tuple[LeadTable, LeadTable], *, span: tuple[int, int], calendar: Calendar
) -> list[tuple[int, float, float]]:
    """Return of all goods that were to come when it came, or now, and the scores of both tables, relative to the mean in use.

    Parameters
    ----------
    mine : that had not come at the begin of the span. tables : the law in use and the refit. span : when they are foretold, and
        until when they are seen.
    """
    old, new = tables
    scale = max(float(old.means[0]), 1.0)
    found = []
    for one in mine:
        age, until = (int(max(moment - one.shipped_at, 0) / calendar.length + 0.5) for moment in span)
        if until <= age:
            continue
        observed = periods_of(one, calendar) if one.arrived else until
        before, after = (crps_under_way(table, observed, age=age, until=until) / scale for table in (old, new))
        found.append((one.ended_at, before, after))
    return found


def _judgement(group: str, rows: Sequence[tuple[int, float, float]], *, lanes: int) -> Judgement:
    old, new = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    made = judge_refit(old, new)
    is_bounded = math.isfinite(made.low)
    return Judgement(
        group,
        made.verdict is Verdict.ACCEPT,
        lanes,
        made.size,
        made.old_crps,
        made.new_crps,
        made.low if is_bounded else None,
        made.high if is_bounded else None,
        made.reason,
    )


def _is_news(levels: Sequence[Level], in_use: InUse) -> bool:
    """Tell whether levels of demand say more than those in use: all together, for each by itself says little."""
    if are_off(levels, in_use.levels, sure=SURE):
        return True
    parameters = () if in_use.version is None else in_use.version.parameters
    known = [one.sample_size for one in parameters if one.kind is ParameterKind.DEMAND_LEVEL]
    return bool(known and levels) and max(one.periods for one in levels) >= GROWN * max(known)


def _is_adopted(one: Parameter, judged: Sequence[Judgement], *, in_use: InUse, drifted: set[str]) -> bool:
    if one.kind is ParameterKind.LEAD_TIME:
        group = DRIFTED if one.subject in drifted else STEADY
        return any(judgement.accepted for judgement in judged if judgement.group == group)
    if one.kind in _TOLD:
        return True
    value = in_use.values(one.kind).get(one.subject)
    if value is None:
        return False
    means = np.array([one.draw(number).mean for number in range(len(one.draws))])
    low, high = np.quantile(means, [(1 - SURE) / 2, (1 + SURE) / 2])
    return not low <= value <= high
