"""Escalation chains: an event of one type raises the rate of other types for a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_number, refusal
from chaintwin.risk.occurrence.draws import Replications, check_size, joined_id
from chaintwin.risk.occurrence.events import Events, merge_events
from chaintwin.risk.occurrence.poisson import sample_poisson


@dataclass(frozen=True, slots=True)
class Escalation:
    """One link of a chain: after an event of ``source``, the base rate of ``target`` counts ``factor`` times for a while.

    A further event of the source renews the while and does not raise the rate again. Several sources add what each adds alone.

    Parameters
    ----------
    source, target : types of event; they may be the same.
    factor : 1 or more; 3 means that the target happens three times as often.
    duration : how long, more than 0.

    Raises
    ------
    UsageError : a number is out of its range.

    Example
    -------
    >>> Escalation("border conflict", "export ban", factor=5, duration=90).factor
    5
    """

    source: str
    target: str
    factor: float
    duration: float

    def __post_init__(self) -> None:
        check_number("factor", self.factor, low=1.0)
        check_number("duration", self.duration, low=0.0, open_low=True)


def sample_escalation(
    rates: Mapping[str, float], replications: Replications, *, links: Sequence[Escalation], end: float
) -> dict[str, Events]:
    """Sample the events of several types that raise each other's rates.

    Every type has base events, which no link changes; every link adds candidates of its own at the rate (factor - 1) * base rate
    of the target, of which those stay that fall into a while after an event of the source. So a scenario that adds a link keeps
    all events there were. Rates are bounded, so no chain can run away.

    Parameters
    ----------
    rates : base rate of each type, events per unit of time.
    replications : seed and numbers of the replications.
    links : who raises whom; at most one link from one type to another.
    end : events fall into [0, end).

    Returns
    -------
    The events of each type, in the order of ``rates``.

    Raises
    ------
    UsageError : a link between types without a rate, two links between the same types, a rate that is negative, or too large a
        sample.

    Example
    -------
    >>> chain = [Escalation("conflict", "export ban", factor=5, duration=90)]
    >>> rates = {"conflict": 0.004, "export ban": 0.001}
    >>> found = sample_escalation(rates, Replications(seed=1, count=2000), links=chain, end=365)
    >>> alone = sample_escalation(rates, Replications(seed=1, count=2000), links=[], end=365)
    >>> bool(found["export ban"].counts.mean() > 1.5 * alone["export ban"].counts.mean())
    True

    Source: superposition and thinning, Lewis & Shedler 1979. The least fixed point is the process: causes come before effects.
    """
    _check_links(rates, links)
    check_number("end", end, low=0.0)
    added = sum((link.factor - 1) * rates[link.target] for link in links)
    check_size((sum(rates.values()) + added) * end, replications)
    base = {kind: sample_poisson(rate, replications, process_id=kind, end=end) for kind, rate in rates.items()}
    candidates = [
        sample_poisson(
            (link.factor - 1) * rates[link.target], replications, process_id=joined_id(link.source, link.target), end=end
        )
        for link in links
    ]
    kept = [np.zeros(part.times.size, dtype=bool) for part in candidates]
    found = base
    while True:
        # Each round can only add events, and the earliest event that is still missing is found in the next one: it ends.
        after = [_follows(found[link.source], part, link.duration) for link, part in zip(links, candidates, strict=True)]
        if all(bool((new == old).all()) for new, old in zip(after, kept, strict=True)):
            return found
        kept = after
        found = {
            kind: merge_events(
                events,
                *(part.kept(mask) for link, part, mask in zip(links, candidates, kept, strict=True) if link.target == kind),
            )
            for kind, events in base.items()
        }


def _follows(sources: Events, candidates: Events, /, duration: float) -> NDArray[np.bool_]:
    """Tell which candidates come within a while after a source event of their replication."""
    if sources.times.size == 0:
        return np.zeros(candidates.times.size, dtype=bool)
    # The last source event before each candidate: both sorted together, sources behind candidates of the same moment.
    owner = np.concatenate([sources.replications, candidates.replications])
    times = np.concatenate([sources.times, candidates.times])
    is_source = np.arange(owner.size) < sources.times.size
    order = np.lexsort((is_source, times, owner))
    place = np.where(is_source[order], np.arange(order.size), -1)
    last = np.maximum.accumulate(place)
    before = order[np.maximum(last, 0)]
    follows = np.empty(order.size, dtype=bool)
    follows[order] = (last >= 0) & (owner[before] == owner[order]) & (times[order] - times[before] <= duration)
    return follows[sources.times.size :]


def _check_links(rates: Mapping[str, float], links: Sequence[Escalation]) -> None:
    for kind, rate in rates.items():
        check_number(f"rates[{kind!r}]", rate, low=0.0)
    seen: set[tuple[str, str]] = set()
    for link in links:
        for name in (link.source, link.target):
            if name not in rates:
                raise refusal("links", name, allowed="a type of event that has a rate", fix=f"one of {', '.join(rates)}")
        if (link.source, link.target) in seen:
            raise UsageError(
                f"links: found two from {link.source!r} to {link.target!r}; allowed: one; fix: put both into one factor"
            )
        seen.add((link.source, link.target))
