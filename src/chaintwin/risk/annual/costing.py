"""What years of outages cost: events are priced by the curve of whom they hit, and added up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.risk.annual.catalogue.threats import YEAR_DAYS, Threat
from chaintwin.risk.annual.severity import Curve
from chaintwin.risk.annual.years import Outages
from chaintwin.risk.stress.scopes import Scope

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Prices:
    """What each group that is hit together costs by the duration.

    Parameters
    ----------
    groups : a curve for each group of the outages. is_bounded : Flags[groups], the curve is that of a larger group.
    alone : by kind and id, what the outage of one place costs by itself; needed where several are hit at once.
    longest : periods after which an outage costs no more.
    most : what a year can cost at most.
    """

    groups: tuple[Curve, ...]
    is_bounded: NDArray[np.bool_]
    alone: Mapping[Key, Curve]
    longest: float
    most: float = math.inf


@dataclass(frozen=True, slots=True)
class Costs:
    """Losses of the years that have an event.

    Parameters
    ----------
    losses, low_losses : Floats[years]: of each year, and at least.
    event : Floats[n], of each event of the outages.
    places : who is hit, each once, by kind and id.
    part_event, part_place : Integers[m], of each part of a loss that falls to one place: the event and the place.
    part : Floats[m], how much; the parts of an event add up to it.
    overlapping : part of the loss that is of events during which another costly one is under way.
    bounded : part of the loss that is of events priced by a larger group.
    cut : part of the events that last longer than counts. capped : part of the years in which the loss is that of everything.
    """

    losses: Floats
    low_losses: Floats
    event: Floats
    places: tuple[Scope, ...]
    part_event: Integers
    part_place: Integers
    part: Floats
    overlapping: float
    bounded: float
    cut: float
    capped: float


def cost_years(threats: Sequence[Threat], outages: Outages, *, prices: Prices, period_days: float = 1.0) -> Costs:
    """Return what years of outages cost.

    Events of one year add up, as if each met the network in its usual state. An event that hits several places at once is priced
    as one outage of all of them; its loss is shared among them in proportion to what each would cost alone, equally where none
    would.

    Parameters
    ----------
    threats : the catalogue. outages : years of its events.
    prices : curves. period_days : days in a period.
    """
    duration = np.minimum(outages.duration, prices.longest)
    event, low = np.zeros(duration.size), np.zeros(duration.size)
    order = np.argsort(outages.group, kind="stable")
    ends = np.searchsorted(outages.group[order], np.arange(len(outages.groups) + 1))
    places = sorted({_key(place): place for threat in threats for place in threat.places}.items())
    number = {key: index for index, (key, _) in enumerate(places)}
    parts: list[tuple[Integers, Integers, Floats]] = []
    for group, (threat, members) in enumerate(outages.groups):
        which = order[ends[group] : ends[group + 1]]
        event[which] = prices.groups[group].at(duration[which])
        low[which] = prices.groups[group].low_at(duration[which])
        hit = [threats[threat].places[member] for member in members]
        for place, share in zip(hit, _shares(hit, duration[which], prices.alone), strict=True):
            parts.append((which, np.full(which.size, number[_key(place)]), event[which] * share))
    losses = np.bincount(outages.year, weights=event, minlength=outages.years)
    low_losses = np.bincount(outages.year, weights=low, minlength=outages.years)
    # A year that would cost more than everything there is to lose costs that; its events then count less, all alike.
    scale = np.where(losses > prices.most, prices.most / np.where(losses > 0, losses, 1.0), 1.0)
    event *= scale[outages.year]
    part_event, part_place, part = (np.concatenate(columns) for columns in zip(*parts, strict=True)) if parts else _no_parts()
    part = part * scale[outages.year[part_event]]
    total = float(event.sum())
    is_bounded = prices.is_bounded[outages.group] if outages.group.size else np.zeros(0, dtype=bool)
    return Costs(
        losses=np.minimum(losses, prices.most),
        low_losses=np.minimum(low_losses, prices.most),
        event=event,
        places=tuple(place for _, place in places),
        part_event=part_event,
        part_place=part_place,
        part=part,
        overlapping=float(event[_overlaps(outages, duration * period_days, event)].sum()) / total if total > 0 else 0.0,
        bounded=float(event[is_bounded].sum()) / total if total > 0 else 0.0,
        cut=float((outages.duration > prices.longest).mean()) if duration.size else 0.0,
        capped=float((losses > prices.most).sum()) / max(outages.years, 1),
    )


def _key(place: Scope) -> Key:
    return str(place.kind), place.id


def _no_parts() -> tuple[Integers, Integers, Floats]:
    none = np.zeros(0, dtype=np.int64)
    return none, none, np.zeros(0)


def _shares(hit: Sequence[Scope], duration: Floats, alone: Mapping[Key, Curve]) -> Floats:
    """Return Floats[places, events]: the part of each place in the loss, 1 in sum."""
    if len(hit) == 1:
        return np.ones((1, duration.size))
    own = np.stack([alone[_key(place)].at(duration) for place in hit])
    total = own.sum(axis=0)
    found: Floats = np.where(total > 0, own / np.where(total > 0, total, 1.0), 1.0 / len(hit))
    return found


def _overlaps(outages: Outages, days: Floats, event: Floats) -> NDArray[np.bool_]:
    """Tell which costly events are under way at the same time as another costly one of their year."""
    found = np.zeros(event.size, dtype=bool)
    costly = np.flatnonzero(event > 0)
    if costly.size < 2:
        return found
    order = costly[np.lexsort((outages.time[costly], outages.year[costly]))]
    # Years are laid so far apart that no event reaches into the next one.
    start = outages.time[order] + outages.year[order] * (YEAR_DAYS + float(days[order].max()) + 1.0)
    end = start + days[order]
    latest = np.maximum.accumulate(end)
    begins_within = np.concatenate([[False], start[1:] < latest[:-1]])
    is_followed = np.concatenate([start[1:] < end[:-1], [False]])
    found[order] = begins_within | is_followed
    return found
