"""What each year costs about, from outages that are played alone: known of all drawn years, and close to what they cost.

The programme sees losses that rules make badly: it buys elsewhere at once where stock points go on waiting for the source they
have. So what is out is played by itself, for two durations, and lines between them say what any duration costs. A year costs
about the sum over its outages. Only what outages do to each other is missing, and chance.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.risk.annual.simulated.playing import Stage, Year
from chaintwin.risk.annual.simulated.striking import Cut, Strike

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

POINTS = (0.5, 0.95)
"""Durations at which an outage is played: below them lies so much of all the time that it lasts."""


@dataclass(frozen=True, slots=True)
class Events:
    """Outages of all drawn years.

    Parameters
    ----------
    year : Integers[n], of each. cut : Integers[n], number of what is out. duration : Floats[n], periods.
    cost : Floats[n], by the programme. cuts : what is out, each once.
    """

    year: Integers
    cut: Integers
    duration: Floats
    cost: Floats
    cuts: Sequence[Cut]


def single_losses(
    stage: Stage,
    events: Events,
    *,
    years: int,
    most: int,
    first: int,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> tuple[Floats, int]:
    """Return Floats[years], what each year costs about, 0 or more, and how many outages were played for it.

    Parameters
    ----------
    stage : where outages are played. events : of all years. years : how many there are.
    most : outages that are played. What is out for the longest time in all years goes first; the rest costs what the programme
        says.
    first : number of the first outage, which its random numbers hang on.
    threads, progress, cancel : as for ``Stage.play``.
    """
    told = {number: durations for number, durations in _probes(events, most=most).items() if events.cuts[number].factor < 1}
    asked = [(number, time) for number, times in told.items() for time in times]
    # Neighbors are played together, so those that last about as long are.
    asked.sort(key=lambda one: (one[1], one[0]))
    singles = [
        Year(first + place, (Strike(events.cuts[number], 0.0, time),), least=0.0) for place, (number, time) in enumerate(asked)
    ]
    played = stage.play(singles, threads=threads, progress=progress, cancel=cancel)
    found = dict(zip(asked, played.losses.mean(axis=1).clip(min=0.0).tolist(), strict=True))
    cost = np.where(np.array([cut.factor for cut in events.cuts])[events.cut] < 1, events.cost, 0.0)
    for number, times in told.items():
        mine = events.cut == number
        cost[mine] = priced(events.duration[mine], {time: found[number, time] for time in times})
    total: Floats = np.bincount(events.year, weights=cost, minlength=years).astype(np.float64)
    return total, len(singles)


def priced(durations: Floats, known: Mapping[float, float]) -> Floats:
    """Return what outages cost by lines from nothing through what is known; the last one goes on.

    Parameters
    ----------
    durations : Floats[n], 0 or more. known : cost by duration, each more than 0.

    Example
    -------
    >>> priced(np.array([5.0, 15.0, 30.0]), {10.0: 0.0, 20.0: 40.0}).tolist()
    [0.0, 20.0, 80.0]
    """
    times = np.array([0.0, *sorted(known)])
    costs = np.array([0.0, *(known[time] for time in sorted(known))])
    # What lasts longer never costs less, whatever chance says.
    costs = np.maximum.accumulate(costs)
    slope = (costs[-1] - costs[-2]) / (times[-1] - times[-2])
    found: Floats = np.interp(durations, times, costs) + slope * np.maximum(durations - times[-1], 0.0)
    return found


def _probes(events: Events, *, most: int) -> dict[int, list[float]]:
    """Return the durations for which each cut is played."""
    weight = np.bincount(events.cut, weights=events.duration, minlength=len(events.cuts))
    found: dict[int, list[float]] = {}
    left = most
    for number in np.argsort(-weight, kind="stable").tolist():
        durations = np.sort(events.duration[events.cut == number])
        if left <= 0 or weight[number] <= 0:
            break
        below = np.cumsum(durations) / durations.sum()
        places = np.searchsorted(below, POINTS)
        found[number] = sorted({float(durations[place]) for place in places.tolist()})[:left]
        left -= len(found[number])
    return found
