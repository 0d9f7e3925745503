"""Years of events: when each threat strikes, whom, and for how long, on random numbers that each threat has for itself.

Most years of a rare catalogue have no event at all and cost nothing, which need not be simulated: their probability is known. So
years are drawn until as many as were asked for have an event, and only these are kept. They stand for all years with an event.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_whole
from chaintwin.risk.annual.catalogue.threats import YEAR_DAYS, Threat
from chaintwin.risk.losses import event_strata
from chaintwin.risk.occurrence import Events, Replications, sample_common_shock, sample_poisson
from chaintwin.risk.occurrence.draws import uniform_rows

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DRAWN_MAX = 2_000_000
"""Years drawn at most; for rates below one event in 200 years fewer than 10,000 of them have an event then."""

DRAWS_MAX = 400_000_000
"""Years times threats drawn at most: about ten seconds."""

SEASON_STEPS = 3650
"""Steps in which a season is turned into days; a tenth of a day each."""


@dataclass(frozen=True, slots=True)
class Outages:
    """Events of the years that have some.

    Parameters
    ----------
    years : how many years with an event are kept. kept : Integers[years], their numbers among the years that were drawn.
    event_probability : of an event within a year, from the rates.
    events : expected number of events a year, from the rates.
    year, threat, group : Integers[n]: of each event that hits somebody: the year it begins in, the threat, and which group of its
        places it hits; by year, then by threat and time.
    time : Floats[n], days from the start of the year. duration : Floats[n], periods, 0 or more.
    groups : threat and numbers of its places that are hit together, each once.
    """

    years: int
    kept: Integers
    event_probability: float
    events: float
    year: Integers
    threat: Integers
    group: Integers
    time: Floats
    duration: Floats
    groups: tuple[tuple[int, tuple[int, ...]], ...]


def years_to_draw(threats: Sequence[Threat], years: int) -> int:
    """Return how many years to draw so that so many have an event, but for one time in a million.

    Parameters
    ----------
    threats : the catalogue. years : wanted, 1 or more.
    """
    check_whole("years", years, low=2, high=DRAWN_MAX)
    some = float(event_strata(math.fsum(threat.rate_per_year for threat in threats))[1])
    if some == 0:
        return years
    most = max(years, min(DRAWN_MAX, DRAWS_MAX // max(len(threats), 1)))
    # A binomial number of years has an event; five standard deviations are enough.
    return min(math.ceil((years + 5 * math.sqrt(years * (1 - some)) + 10 * (1 - some)) / some), most)


def draw_outages(
    threats: Sequence[Threat],
    replications: Replications,
    *,
    most: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Outages:
    """Draw years of events and keep those that have some.

    Each threat has random numbers of its own for times, hits and durations, named by its key. A threat that is added changes
    nothing for the others, and a rate that is raised keeps the events there were in number, hits and durations.

    Parameters
    ----------
    threats : the catalogue; their keys differ.
    replications : seed, and how many years are drawn. most : years with an event that are kept, the first ones; None keeps all.
    progress : is told the part done, 0 to 1.

    Raises
    ------
    UsageError
        Two threats have one key, or the sample would be too large.

    Source: Asmussen & Glynn 2007, "Stochastic simulation", section V.7 (strata); Lewis & Shedler 1979 (a season as a change of
    time).
    """
    names = [threat.key for threat in threats]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"threats: found {twice} twice; allowed: each once")
    has_event = np.zeros(replications.count, dtype=bool)
    parts: list[tuple[Integers, Integers, Integers, Floats, Floats]] = []
    groups: list[tuple[int, tuple[int, ...]]] = []
    for number, threat in enumerate(threats):
        events, hit = _events(threat, replications)
        has_event[events.replications] = True
        durations = _durations(threat, events, replications)
        patterns, which = _patterns(hit, events.times.size)
        kept = np.flatnonzero(which >= 0)
        parts.append(
            (
                events.replications[kept],
                np.full(kept.size, number, dtype=np.int64),
                which[kept] + len(groups),
                _days(threat, events.times[kept]),
                durations[kept],
            )
        )
        groups += [(number, pattern) for pattern in patterns]
        if progress is not None:
            progress((number + 1) / len(threats))
    at, threat_of, group, time, duration = (
        [np.concatenate(columns) for columns in zip(*parts, strict=True)] if parts else [np.zeros(0, dtype=np.int64)] * 5
    )
    kept_years = np.flatnonzero(has_event)[:most]
    order = np.lexsort((time, threat_of, at))
    order = order[np.isin(at[order], kept_years)]
    total = math.fsum(threat.rate_per_year for threat in threats)
    return Outages(
        years=int(kept_years.size),
        kept=kept_years,
        event_probability=float(event_strata(total)[1]),
        events=total,
        year=np.searchsorted(kept_years, at[order]),
        threat=threat_of[order],
        group=group[order],
        time=time[order].astype(np.float64),
        duration=duration[order].astype(np.float64),
        groups=tuple(groups),
    )


def _events(threat: Threat, replications: Replications) -> tuple[Events, NDArray[np.bool_] | int]:
    """Return the events of a threat, their times as shares of the expected number; and who is hit, or how many where all are."""
    sure = bool((threat.vulnerabilities == 1).all())
    if sure:
        return sample_poisson(threat.rate_per_year, replications, process_id=threat.key, end=1.0), len(threat.places)
    found = sample_common_shock(
        threat.rate_per_year,
        replications,
        hazard_id=threat.key,
        sites=[f"{place.kind} {place.id}" for place in threat.places],
        vulnerabilities=threat.vulnerabilities,
        end=1.0,
    )
    return found.shocks, found.is_hit


def _patterns(hit: NDArray[np.bool_] | int, events: int) -> tuple[list[tuple[int, ...]], Integers]:
    """Return the different groups that are hit, and which one each event hits, -1 for nobody."""
    if isinstance(hit, int):
        return ([tuple(range(hit))] if events else []), np.zeros(events, dtype=np.int64)
    rows, which = np.unique(hit.T, axis=0, return_inverse=True)
    is_some = rows.any(axis=1)
    number = np.where(is_some, np.cumsum(is_some) - 1, -1)
    patterns = [tuple(np.flatnonzero(row).tolist()) for row in rows[is_some]]
    found: Integers = number[which.ravel()].astype(np.int64) if events else np.zeros(0, dtype=np.int64)
    return patterns, found


def _durations(threat: Threat, events: Events, replications: Replications) -> Floats:
    """Return how long each event lasts: the number of its year in the slot of its place among the threat's events."""
    place = np.arange(events.times.size) - np.repeat(events.offsets[:-1], events.counts)
    owner = events.replications
    uniforms = np.empty(events.times.size)
    rows = uniform_rows(replications, "outage_duration", entity=threat.key)
    for slot in range(int(events.counts.max(initial=0))):
        is_here = place == slot
        uniforms[is_here] = next(rows)[owner[is_here]]
    if not uniforms.size:
        return uniforms
    return np.maximum(threat.duration.quantile_many(uniforms), 0.0)


def _days(threat: Threat, shares: Floats) -> Floats:
    """Return the days of the year by which shares of the expected events have happened."""
    if threat.amplitude == 0:
        return shares * YEAR_DAYS
    days = np.linspace(0.0, YEAR_DAYS, SEASON_STEPS + 1)
    turn = 2 * math.pi / YEAR_DAYS
    swing = np.sin(turn * (days - threat.peak_day)) + math.sin(turn * threat.peak_day)
    passed = (days + threat.amplitude * swing / turn) / YEAR_DAYS
    found: Floats = np.interp(shares, passed, days)
    return found
