"""Renewal processes: independent gaps between events, of any law, started by an event or long ago."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws import Law
from chaintwin.laws.checking import check_number
from chaintwin.risk.occurrence.draws import Replications, check_size, uniform_rows
from chaintwin.risk.occurrence.events import Events, events_from_pairs

Array = NDArray[np.float64]

TAIL = 1e-12
"""The share of waiting time that the table of first gaps leaves out."""


class RenewalStart(StrEnum):
    """How a renewal process begins: with an event at the start (not counted), or as one that has been running for ever."""

    ORDINARY = "ordinary"
    STATIONARY = "stationary"


def sample_renewal(
    gap: Law,
    replications: Replications,
    *,
    process_id: str,
    start: float = 0.0,
    end: float,
    begins: RenewalStart = RenewalStart.STATIONARY,
) -> Events:
    """Sample a renewal process.

    Parameters
    ----------
    gap : law of the time between two events, 0 or more; `chaintwin.laws.parse("weibull(1.5, 90)")` for instance.
    replications : seed and numbers of the replications.
    process_id : names the random stream.
    start, end : events fall into [start, end); for a law with separate values, one at exactly ``start`` belongs to the past.
    begins : ordinary, where an event (not counted) happens at ``start``; or stationary, where the process began long ago and
        events are expected at the rate 1 / mean gap from the start on.

    Returns
    -------
    The events of each replication.

    Raises
    ------
    UsageError : gaps may be negative or are always 0, or the sample would be too large.

    Example
    -------
    >>> from chaintwin.laws import parse
    >>> events = sample_renewal(parse("gamma(4, 10)"), Replications(seed=1, count=4000), process_id="strike", end=400)
    >>> bool(abs(events.counts.mean() - 10) < 0.2)
    True

    Source: Cox 1962, "Renewal theory", sections 2.1-2.3; the first gap of a stationary process has density (1 - F) / mean.
    """
    check_number("end", end, low=check_number("start", start))
    check_gap(gap)
    check_size((end - start) / gap.mean + 1, replications)
    rows = uniform_rows(replications, "occurrence", entity=process_id)
    first = next(rows)
    gaps = gap.quantile_many(first) if begins is RenewalStart.ORDINARY else stationary_gaps(gap, first)
    now = start + gaps
    found_replications, found_times = [np.empty(0, dtype=np.int64)], [np.empty(0)]
    active = np.flatnonzero(now < end)
    while active.size:
        found_replications.append(active)
        found_times.append(now[active])
        now[active] += gap.quantile_many(next(rows)[active])
        active = active[now[active] < end]
    return events_from_pairs(
        np.concatenate(found_replications), np.concatenate(found_times), replication_count=replications.count
    )


def stationary_gaps(gap: Law, uniforms: Array) -> Array:
    """Return the first gaps of a process that has been running for ever, by inversion.

    Parameters
    ----------
    gap : law of the time between two events.
    uniforms : float64[n] within (0, 1).

    Returns
    -------
    float64[n]; the u-quantile of H(x) = 1 - E(X - x)+ / E(X), read off a table with straight lines. H is concave, and its cells
    are narrow: a probability is off by less than 1e-5.

    Example
    -------
    >>> from chaintwin.laws import parse
    >>> stationary_gaps(parse("10"), np.array([0.25, 0.5])).round(9).tolist()
    [2.5, 5.0]

    Source: Cox 1962, section 5.1 (forward recurrence time).
    """
    points = _grid(gap)
    mean = gap.mean
    shares = np.array([1 - gap.expected_excess(float(point)) / mean for point in points])
    return np.interp(uniforms, np.maximum.accumulate(shares), points)


def check_gap(gap: Law) -> None:
    """Refuse a law that cannot be a gap between events.

    Raises
    ------
    UsageError : gaps may be negative, or are always 0.

    Example
    -------
    >>> from chaintwin.laws import parse
    >>> check_gap(parse("weibull(1.5, 90)"))
    """
    if gap.support[0] < 0 or not gap.mean > 0:
        raise UsageError(
            f"gap: found {gap}; allowed: a law of 0 or more that is not always 0; fix: truncated({gap}, low=0), or a gamma law"
        )


def _grid(gap: Law) -> Array:
    """Return the points of the table: where the law has its mass, and on into the tail until no waiting time is left."""
    low, high = gap.support
    last = high
    if not np.isfinite(last):
        last = gap.quantile(1 - 1e-9) + gap.mean
        while gap.expected_excess(last) > TAIL * gap.mean:
            last *= 1.5
    body = gap.quantile_many(np.linspace(0.0, 1.0, 2049)[:-1])
    tail = gap.quantile_many(1 - np.geomspace(1e-3, 1e-9, 256))
    even = np.concatenate([np.linspace(0.0, last, 513), np.geomspace(last * 1e-6, last, 513)])
    return np.unique(np.concatenate([[0.0, low, last], body[np.isfinite(body)], np.minimum(tail, last), even]))
