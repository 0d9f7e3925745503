"""Poisson processes, with a constant or a seasonal rate, by thinning."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.laws.checking import check_number
from chaintwin.risk.occurrence.draws import Replications, check_size, uniform_rows
from chaintwin.risk.occurrence.events import Events, events_from_pairs

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeasonalRate:
    """The rate of a Poisson process over time: rate * (1 + amplitude * cos(2 pi (t - phase) / cycle)).

    Parameters
    ----------
    rate : events per unit of time, on average over a cycle; 0 or more.
    amplitude : how far the rate swings, as a share of it; 0 (constant) to 1.
    phase : when the rate is highest.
    cycle : length of the season, more than 0; 365 where time is in days.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> hurricanes = SeasonalRate(0.01, amplitude=0.8, phase=240)
    >>> round(hurricanes.expected_events(150, 330), 6), round(hurricanes.no_event_probability(150, 330), 6)
    (2.72925, 0.065268)
    """

    rate: float
    amplitude: float = 0.0
    phase: float = 0.0
    cycle: float = 365.0

    def __post_init__(self) -> None:
        check_number("rate", self.rate, low=0.0)
        check_number("amplitude", self.amplitude, low=0.0, high=1.0)
        check_number("phase", self.phase)
        check_number("cycle", self.cycle, low=0.0, open_low=True)

    @property
    def highest(self) -> float:
        """Return the highest rate in a cycle."""
        return self.rate * (1 + self.amplitude)

    def at(self, times: ArrayLike) -> Array:
        """Return the rate at each time (any shape), events per unit of time."""
        angle = 2 * math.pi * (np.asarray(times, dtype=np.float64) - self.phase) / self.cycle
        return np.asarray(self.rate * (1 + self.amplitude * np.cos(angle)))

    def expected_events(self, start: float, end: float) -> float:
        """Return the expected number of events from ``start`` to ``end``, the integral of the rate.

        Raises
        ------
        UsageError : the end is before the start.
        """
        check_number("end", end, low=check_number("start", start))
        turn = 2 * math.pi / self.cycle
        swing = math.sin(turn * (end - self.phase)) - math.sin(turn * (start - self.phase))
        return self.rate * ((end - start) + self.amplitude * swing / turn)

    def no_event_probability(self, start: float, end: float) -> float:
        """Return the probability that nothing happens from ``start`` to ``end``."""
        return math.exp(-self.expected_events(start, end))


def sample_poisson(
    rate: SeasonalRate | float,
    replications: Replications,
    *,
    process_id: str,
    start: float = 0.0,
    end: float,
    majorant: float | None = None,
) -> Events:
    """Sample a Poisson process by thinning.

    Candidates come at a constant rate, the majorant, and each is kept with probability rate(t) / majorant. Scenarios that name
    one majorant share their candidates: where the rate is lower, the events are a subset of those where it is higher.

    Parameters
    ----------
    rate : a constant, events per unit of time, or a `SeasonalRate`.
    replications : seed and numbers of the replications.
    process_id : names the random stream.
    start, end : events fall into [start, end).
    majorant : rate of candidates, at least the highest rate; None takes the highest rate.

    Returns
    -------
    The events of each replication.

    Raises
    ------
    UsageError : a number is out of its range, the majorant is too low, or the sample would be too large.

    Example
    -------
    >>> events = sample_poisson(0.1, Replications(seed=1, count=2000), process_id="strike", end=365)
    >>> bool(abs(events.counts.mean() - 36.5) < 4 * (36.5 / 2000) ** 0.5)
    True

    Source: Lewis & Shedler 1979, "Simulation of nonhomogeneous Poisson processes by thinning", theorem 1.
    """
    seasonal = rate if isinstance(rate, SeasonalRate) else SeasonalRate(rate)
    check_number("end", end, low=check_number("start", start))
    bound = seasonal.highest if majorant is None else check_number("majorant", majorant, low=seasonal.highest)
    check_size(bound * (end - start), replications)
    rows = uniform_rows(replications, "occurrence", entity=process_id)
    found_replications, found_times = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    now = np.full(replications.count, start if bound > 0 else end, dtype=np.float64)
    while bool((now < end).any()):
        now = now - np.log1p(-next(rows)) / bound
        is_kept = (next(rows) * bound < seasonal.at(now)) & (now < end)
        found_replications.append(np.flatnonzero(is_kept))
        found_times.append(now[is_kept])
    return events_from_pairs(
        np.concatenate(found_replications), np.concatenate(found_times), replication_count=replications.count
    )
