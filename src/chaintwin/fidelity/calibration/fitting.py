"""From observations to a version of all parameters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from chaintwin.fidelity.calibration.crossing import CrossingTest, check_crossing, fifo_bounds, kaplan_bounds
from chaintwin.fidelity.calibration.lanes import Calendar, Lane
from chaintwin.fidelity.calibration.observations import LeadTime, Observations, Spell, YieldCount, durations, loads_of
from chaintwin.fidelity.calibration.outputs import SaturatedOutput
from chaintwin.fidelity.calibration.parameters import Parameter, ParameterKind, ParameterSet, parameter_of
from chaintwin.laws.fits import JEFFREYS, QuantileInterval, YieldBelief, quantile_interval, update_yield
from chaintwin.laws.fits.lead_times import CURVE_ARRIVALS
from chaintwin.laws.posteriors import (
    Drawing,
    LawPosterior,
    demand_posterior,
    interval_posterior,
    lead_time_posterior,
    quantile_posterior,
    yield_posterior,
)
from chaintwin.network.graph import LeadMode

CAPACITY_LEVEL = 0.95
"""Quantile of the output of saturated periods that is taken for the capacity (METHODS 7.1)."""

CAPACITY_PERIODS = 5
"""With fewer saturated periods nothing is said of a capacity."""

Family = Callable[[Lane], Hashable]


@dataclass(frozen=True, slots=True)
class Fitting:
    """How parameters are fitted.

    Parameters
    ----------
    seed : of the draws. draws : how many of each parameter.
    family : what lanes have in common that lend each other strength; by default their two ends, where one of them is known.
    belief : what is believed of a yield before anything was seen.
    """

    seed: int
    draws: int = 256
    family: Family = lambda lane: lane[:2] if any(lane[:2]) else lane
    belief: YieldBelief = JEFFREYS

    def drawing(self, kind: ParameterKind, subject: str) -> Drawing:
        """Return how one parameter is drawn: each has a stream of its own."""
        return Drawing(self.seed, f"{kind}|{subject}", count=self.draws)


def calibrate(
    observations: Observations, *, now: int, fitting: Fitting, parent: str | None = None, note: str = ""
) -> ParameterSet:
    """Return a version of all parameters that were observed.

    Parameters
    ----------
    observations : of all facts up to now. now : microseconds. fitting : how. parent, note : as for `ParameterSet`.

    Returns
    -------
    Lead times, yields, capacities and spells of equipment; what was never observed to its end is left out.
    """
    found = [
        *fit_lead_times(observations.lead_times(now), calendar=observations.calendar, fitting=fitting, now=now),
        *fit_yields(observations.yields(), fitting=fitting, since=observations.since or 0, until=now),
        *fit_capacities(observations.saturated(now), calendar=observations.calendar, fitting=fitting),
        *fit_spells(observations.spells(now), calendar=observations.calendar, fitting=fitting),
    ]
    return ParameterSet(tuple(found), made_at=now, seed=fitting.seed, parent=parent, note=note)


def subject_of(lane: Lane) -> str:
    """Return the name of a lane among parameters: its activity, else its ends and product.

    Example
    -------
    >>> subject_of(Lane("plant", "store", "milk"))
    'plant>store/milk'
    """
    return lane.activity or f"{lane.origin}>{lane.destination}/{lane.product}"


def fit_lead_times(lead_times: Sequence[LeadTime], *, calendar: Calendar, fitting: Fitting, now: int) -> Iterator[Parameter]:
    """Yield the lead time of every lane on which something arrived, with the mode that its history speaks for.

    What is out without a destination counts for the one lane that leaves there with the product, where there is just one.

    Parameters
    ----------
    lead_times : of all lanes. calendar : of the project. fitting : how. now : microseconds.
    """
    lanes = _by_lane(lead_times)
    families: defaultdict[Hashable, list[Lane]] = defaultdict(list)
    for lane in lanes:
        families[fitting.family(lane)].append(lane)
    for lane, every in lanes.items():
        mine = loads_of(every, length=calendar.length)
        subject = subject_of(lane)
        drawing = fitting.drawing(ParameterKind.LEAD_TIME, subject)
        test = _crossing(mine, calendar, seed=fitting.seed, subject=subject)
        posterior = None
        if test.mode is not LeadMode.CROSSING:
            posterior = _in_order(mine, calendar, mode=test.mode, drawing=drawing, now=now)
        else:
            ages, arrived = durations(mine, length=calendar.length)
            others = [one for each in families[fitting.family(lane)] if each != lane for one in lanes[each]]
            relatives = durations(_apart(others, mine, length=calendar.length), length=calendar.length)
            posterior = lead_time_posterior(
                ages,
                arrived,
                drawing=drawing,
                relatives_times=relatives[0] or None,
                relatives_observed=relatives[1] or None,
            )
        if posterior is not None:
            mode = test.mode.name.lower() if test.is_decided else ""
            since, until = min(one.shipped_at for one in mine), max(one.ended_at for one in mine)
            yield parameter_of(
                posterior, kind=ParameterKind.LEAD_TIME, subject=subject, since=since, until=min(until, now), mode=mode
            )


def fit_yields(counts: Sequence[YieldCount], *, fitting: Fitting, since: int, until: int) -> Iterator[Parameter]:
    """Yield the share of good units of every lane on which some unit was bad.

    Parameters
    ----------
    counts : by lane. fitting : how; holds what is believed before. since, until : event times of the data, microseconds.
    """
    for one in counts:
        if one.good >= one.total:
            continue
        subject = subject_of(one.lane)
        belief = update_yield(fitting.belief, max(one.good, 0.0), total=one.total)
        drawing = fitting.drawing(ParameterKind.YIELD, subject)
        drawn = yield_posterior(belief, drawing=drawing, sample_size=round(one.total))
        yield parameter_of(drawn, kind=ParameterKind.YIELD, subject=subject, since=since, until=until)


def fit_capacities(outputs: Sequence[SaturatedOutput], *, calendar: Calendar, fitting: Fitting) -> Iterator[Parameter]:
    """Yield the capacity of every resource that was seen saturated in at least ``CAPACITY_PERIODS`` periods.

    Parameters
    ----------
    outputs : of saturated periods. calendar : of the project. fitting : how.
    """
    by_resource: defaultdict[str, list[SaturatedOutput]] = defaultdict(list)
    for one in outputs:
        by_resource[one.resource].append(one)
    for resource, mine in sorted(by_resource.items()):
        if len(mine) < CAPACITY_PERIODS:
            continue
        drawing = fitting.drawing(ParameterKind.CAPACITY, resource)
        drawn = quantile_posterior([one.output for one in mine], CAPACITY_LEVEL, drawing=drawing)
        periods = [one.period for one in mine]
        since, until = calendar.start_of(min(periods)), calendar.start_of(max(periods) + 1)
        yield parameter_of(drawn, kind=ParameterKind.CAPACITY, subject=resource, since=since, until=until)


def capacity_interval(outputs: ArrayLike, *, confidence: float = 0.95) -> QuantileInterval:
    """Return the capacity that saturated periods show, with an interval that needs no law.

    Parameters
    ----------
    outputs : float[n], units of each saturated period. confidence : of the interval, between 0 and 1.

    Returns
    -------
    The 95 % quantile; an end is infinite where there are too few periods to bound it.

    Raises
    ------
    UsageError : there are none, or a number is out of its range.

    Example
    -------
    >>> found = capacity_interval([100.0] * 100)
    >>> found.value, found.lower, found.upper
    (100.0, 100.0, 100.0)

    Source: METHODS 7.1; David & Nagaraja 2003, section 7.1.
    """
    return quantile_interval(outputs, CAPACITY_LEVEL, confidence=confidence)


def fit_spells(spells: Sequence[Spell], *, calendar: Calendar, fitting: Fitting) -> Iterator[Parameter]:
    """Yield how long each equipment works, and how long it is down; what lasts is a lower bound.

    Parameters
    ----------
    spells : of all equipment. calendar : of the project. fitting : how.
    """
    by_kind: defaultdict[tuple[str, bool], list[Spell]] = defaultdict(list)
    for spell in spells:
        by_kind[spell.resource, spell.is_up].append(spell)
    for (resource, is_up), mine in sorted(by_kind.items()):
        kind = ParameterKind.UP_TIME if is_up else ParameterKind.DOWN_TIME
        ages = [(one.ended_at - one.began_at) / calendar.length for one in mine]
        drawn = lead_time_posterior(ages, [one.ended for one in mine], drawing=fitting.drawing(kind, resource))
        if drawn is not None:
            since, until = min(one.began_at for one in mine), max(one.ended_at for one in mine)
            yield parameter_of(drawn, kind=kind, subject=resource, since=since, until=until)


def fit_demand_behind_stockouts(
    sales: ArrayLike, stocked_out: ArrayLike, *, stock_point: str, fitting: Fitting, since: int, until: int
) -> Parameter:
    """Return the demand of a stock point from what was sold there, as a parameter.

    Parameters
    ----------
    sales, stocked_out : of each period, as for `chaintwin.laws.fits.unconstrain_normal`. stock_point : its id.
    fitting : how. since, until : event times of the data, microseconds.

    Raises
    ------
    UsageError : as for `unconstrain_normal`.
    """
    drawn = demand_posterior(sales, stocked_out, drawing=fitting.drawing(ParameterKind.DEMAND, stock_point))
    return parameter_of(drawn, kind=ParameterKind.DEMAND, subject=stock_point, since=since, until=until)


def _by_lane(lead_times: Sequence[LeadTime]) -> dict[Lane, list[LeadTime]]:
    """Return lead times by lane; what is out without a destination goes to the only lane it can be on."""
    found: defaultdict[Lane, list[LeadTime]] = defaultdict(list)
    for one in lead_times:
        found[one.lane].append(one)
    for lane in [lane for lane in found if not lane.destination and not lane.activity]:
        fitting = [other for other in found if other.destination and other[0] == lane.origin and other[2] == lane.product]
        if len(fitting) == 1:
            found[fitting[0]] += found.pop(lane)
    return dict(sorted(found.items()))


def _crossing(mine: Sequence[LeadTime], calendar: Calendar, *, seed: int, subject: str) -> CrossingTest:
    arrived = sum(one.arrived for one in mine)
    if arrived < CURVE_ARRIVALS:
        return CrossingTest(LeadMode.CROSSING, False, 0.0, 0.0, 0, 0.0, 1.0, None, None, arrived)
    starts = [(one.shipped_at - calendar.begin) / calendar.length for one in mine]
    ends = [(one.ended_at - calendar.begin) / calendar.length if one.arrived else np.nan for one in mine]
    return check_crossing(starts, ends, seed=seed, lane=subject)


def _apart(others: Sequence[LeadTime], mine: Sequence[LeadTime], *, length: int) -> list[LeadTime]:
    """Return the lead times of other lanes, one for each load, without the loads that a lane shares with them."""
    own = {one.load for one in mine if one.load}
    return loads_of([one for one in others if one.load not in own], length=length)


def _in_order(mine: Sequence[LeadTime], calendar: Calendar, *, mode: LeadMode, drawing: Drawing, now: int) -> LawPosterior:
    """Return the law of what is drawn where order is kept, from the shipments that arrived and those that are out."""
    until = calendar.period_of(now)
    # What was lost says nothing of when it would have come.
    told = [one for one in mine if one.arrived or calendar.period_of(one.ended_at) >= until - 1]
    starts = [(one.shipped_at - calendar.begin) / calendar.length for one in told]
    ends = [(one.ended_at - calendar.begin) / calendar.length if one.arrived else np.nan for one in told]
    lows, highs = (fifo_bounds if mode is LeadMode.FIFO else kaplan_bounds)(starts, ends, until=until)
    return interval_posterior(lows, highs, drawing=drawing)
