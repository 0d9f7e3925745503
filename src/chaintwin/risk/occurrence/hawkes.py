"""Self-exciting events: each raises the rate of more, as in waves of conflicts or cyber attacks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from chaintwin.laws.checking import check_number
from chaintwin.risk.occurrence.draws import Replications, check_size, uniform_rows
from chaintwin.risk.occurrence.events import Events, events_from_pairs


@dataclass(frozen=True, slots=True)
class HawkesProcess:
    """A Hawkes process: rate(t) = base_rate + sum over earlier events s of branching_ratio * decay * exp(-decay (t - s)).

    Parameters
    ----------
    base_rate : events per unit of time that nothing else sets off; 0 or more.
    branching_ratio : mean number of events that one sets off directly; 0 to less than 1.
    decay : how fast excitement fades, per unit of time; more than 0.

    Raises
    ------
    UsageError : a number is out of its range. At a branching ratio of 1 or more, waves would never end.

    Example
    -------
    >>> attacks = HawkesProcess(0.02, 0.5, decay=0.1)
    >>> attacks.stationary_rate, round(attacks.expected_events(365), 9)
    (0.04, 14.200000005)

    Source: Hawkes 1971, "Spectra of some self-exciting and mutually exciting point processes".
    """

    base_rate: float
    branching_ratio: float
    decay: float

    def __post_init__(self) -> None:
        check_number("base_rate", self.base_rate, low=0.0)
        fix = "an event must set off fewer than one more on average; check the fit, or shorten the span it is counted over"
        check_number("branching_ratio", self.branching_ratio, low=0.0, high=1.0, open_high=True, fix=fix)
        check_number("decay", self.decay, low=0.0, open_low=True)

    @property
    def stationary_rate(self) -> float:
        """Return the long-run rate, events per unit of time."""
        return self.base_rate / (1 - self.branching_ratio)

    def expected_events(self, horizon: float) -> float:
        """Return the expected number of events in [0, horizon) when nothing happened before."""
        check_number("horizon", horizon, low=0.0)
        speed = self.decay * (1 - self.branching_ratio)
        return self.stationary_rate * (horizon + self.branching_ratio * math.expm1(-speed * horizon) / speed)


def sample_hawkes(process: HawkesProcess, replications: Replications, *, process_id: str, horizon: float) -> Events:
    """Sample a Hawkes process that starts without a past, by Ogata's thinning.

    Between events the rate only falls, so the rate just after the last candidate bounds it until the next. All replications take
    their next candidate together.

    Parameters
    ----------
    process : its rates.
    replications : seed and numbers of the replications.
    process_id : names the random stream.
    horizon : events fall into [0, horizon); 0 or more.

    Returns
    -------
    The events of each replication.

    Raises
    ------
    UsageError : the horizon is negative, or the sample would be too large.

    Example
    -------
    >>> attacks = HawkesProcess(0.02, 0.5, decay=0.1)
    >>> events = sample_hawkes(attacks, Replications(seed=1, count=4000), process_id="cyber", horizon=365)
    >>> bool(abs(events.counts.mean() - 14.2) < 0.5)
    True

    Source: Ogata 1981, "On Lewis' simulation method for point processes".
    """
    check_size(process.expected_events(horizon), replications)
    rows = uniform_rows(replications, "occurrence", entity=process_id)
    base, decay = process.base_rate, process.decay
    jump = process.branching_ratio * decay
    now = np.full(replications.count, 0.0 if base > 0 else horizon, dtype=np.float64)
    excitement = np.zeros(replications.count)
    found_replications, found_times = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    while bool((now < horizon).any()):
        bound = base + excitement
        gap = -np.log1p(-next(rows)) / bound
        now = now + gap
        excitement = excitement * np.exp(-decay * gap)
        is_event = (next(rows) * bound < base + excitement) & (now < horizon)
        excitement[is_event] += jump
        found_replications.append(np.flatnonzero(is_event))
        found_times.append(now[is_event])
    return events_from_pairs(
        np.concatenate(found_replications), np.concatenate(found_times), replication_count=replications.count
    )
