"""Drift of stock points: where the truth lay in the shortest forecasts, one after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from chaintwin.fidelity.drift.arrivals import THRESHOLD
from chaintwin.fidelity.scoring.forecasts import ScoredForecast, apart_in_time
from chaintwin.laws.sequential import new_detector, watch_together


@dataclass(frozen=True, slots=True)
class PointDrift:
    """What a detector makes of the forecasts of one stock point.

    Parameters
    ----------
    subject : the stock point. forecasts : how many it saw. statistic : now.
    alarmed_at, since : periods of the forecast that raised the alarm, and of the first that is off; None without an alarm.
    """

    subject: str
    forecasts: int
    statistic: float
    alarmed_at: int | None
    since: int | None


def point_drifts(forecasts: Iterable[ScoredForecast], *, measure: str) -> list[PointDrift]:
    """Return the drift of every subject of a measure, those with an alarm first.

    Parameters
    ----------
    forecasts : in any order; of each subject those of its shortest horizon are looked at that do not overlap in time.
    measure : such as ``on_hand``.

    Source: METHODS 7.5.
    """
    series: defaultdict[str, list[ScoredForecast]] = defaultdict(list)
    for one in forecasts:
        if one.measure == measure:
            series[one.subject].append(one)
    found = []
    watched = []
    for mine in series.values():
        shortest = min(one.horizon for one in mine)
        watched.append(apart_in_time(one for one in mine if one.horizon == shortest))
    paths = watch_together(new_detector(THRESHOLD), [[one.pit for one in apart] for apart in watched])
    for subject, apart, path in zip(series, watched, paths, strict=True):
        raised = path.alarm is not None
        change = path.change if path.change is not None else path.alarm
        found.append(
            PointDrift(
                subject,
                len(apart),
                float(path.statistic[-1]),
                apart[path.alarm].origin if path.alarm is not None else None,
                apart[change].origin if raised and change is not None else None,
            )
        )
    return sorted(found, key=lambda one: (one.alarmed_at is None, -one.statistic, one.subject))
