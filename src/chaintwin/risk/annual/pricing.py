"""Curves of cost for all that events put out: one for each group of places, by the collapsed programme of the stress test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import CancelledError
from chaintwin.risk.annual.catalogue.threats import Threat
from chaintwin.risk.annual.costing import Key, Prices
from chaintwin.risk.annual.severity import Curve, Line, curve_of
from chaintwin.risk.annual.years import Outages
from chaintwin.risk.stress.programmes.collapsed import Collapsed
from chaintwin.risk.stress.programmes.flows import Flows
from chaintwin.risk.stress.programmes.steady import Steady
from chaintwin.risk.stress.scopes import Scope

Integers = NDArray[np.int64]

GROUPS_MAX = 32
"""Groups of places that one threat hits together for which the programme is solved; rarer ones cost what a larger group costs."""


@dataclass(frozen=True, slots=True)
class _Outage:
    """Activities that stand still together, and the share of their work that is lost; equal ones are solved once."""

    activities: bytes
    share: float

    @staticmethod
    def of(places: Sequence[Scope], share: float) -> _Outage:
        joined = np.unique(np.concatenate([place.activities for place in places])).astype(np.int64)
        return _Outage(joined.tobytes(), share)

    @property
    def numbers(self) -> Integers:
        return np.frombuffer(self.activities, dtype=np.int64)


def price_outages(
    flows: Flows,
    threats: Sequence[Threat],
    *,
    outages: Outages,
    longest: float,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> Prices:
    """Return what every group that is hit costs by the duration.

    Of the groups that one threat hits, the programme is solved for the GROUPS_MAX commonest ones and for all that is ever hit by
    it. Any other group costs what the smallest of these that holds it costs, which is never too little: more that is out never
    costs less. Its lower curve is that of its worst single place.

    Parameters
    ----------
    flows : the network. threats : the catalogue. outages : years of its events.
    longest : periods after which an outage costs no more.
    threads : that solve at once; by default as many as there are processors; never changes the result.
    progress : is told the part done, 0 to 1. cancel : stops when it is set.

    Raises
    ------
    CancelledError
        It was cancelled.
    """
    counts = np.bincount(outages.group, minlength=len(outages.groups))
    chosen = [_priced_as(outages.groups, counts, of=number) for number in range(len(outages.groups))]
    wanted: dict[_Outage, None] = {}
    alone: dict[Key, _Outage] = {}
    by_group, bounds = [], []
    for number, (threat, members) in enumerate(outages.groups):
        hit = [threats[threat].places[member] for member in (members if chosen[number] is None else chosen[number] or ())]
        by_group.append(_Outage.of(hit, threats[threat].severity_rate))
        wanted[by_group[-1]] = None
        if len(members) > 1:
            places = [threats[threat].places[member] for member in members]
            alone |= {(str(place.kind), place.id): _Outage.of([place], 1.0) for place in places}
        bounds.append(
            [_Outage.of([threats[threat].places[member]], threats[threat].severity_rate) for member in members]
            if chosen[number] is not None
            else []
        )
    wanted |= dict.fromkeys([*alone.values(), *(one for part in bounds for one in part)])
    curves = _solved(flows, list(wanted), longest=longest, threads=threads, progress=progress, cancel=cancel)
    found_alone: dict[Key, Curve] = {key: curves[outage] for key, outage in alone.items()}
    groups = tuple(
        curves[outage] if not bound else _bounded(curves[outage], [curves[one] for one in bound], longest)
        for outage, bound in zip(by_group, bounds, strict=True)
    )
    is_bounded = np.array([one is not None for one in chosen], dtype=bool)
    return Prices(groups, is_bounded, found_alone, longest)


def _priced_as(groups: Sequence[tuple[int, tuple[int, ...]]], counts: Integers, *, of: int) -> tuple[int, ...] | None:
    """Return the places whose outage stands for that of a group, None where it is solved itself."""
    threat, members = groups[of]
    first = of
    while first > 0 and groups[first - 1][0] == threat:
        first -= 1
    last = of + 1
    while last < len(groups) and groups[last][0] == threat:
        last += 1
    if last - first <= GROUPS_MAX:
        return None
    ranked = sorted(range(first, last), key=lambda number: (-int(counts[number]), number))[:GROUPS_MAX]
    if of in ranked:
        return None
    every = tuple(sorted({member for number in range(first, last) for member in groups[number][1]}))
    around = [groups[number][1] for number in ranked if set(members) <= set(groups[number][1])]
    return min([*around, every], key=lambda one: (len(one), one))


def _bounded(curve: Curve, single: Sequence[Curve], longest: float) -> Curve:
    worst = max(single, key=lambda one: float(one.low_at([longest])[0]))
    return Curve(curve.durations, curve.costs, worst.low_durations, worst.low_costs)


def _solved(
    flows: Flows,
    wanted: Sequence[_Outage],
    *,
    longest: float,
    threads: int | None,
    progress: Callable[[float], None] | None,
    cancel: threading.Event | None,
) -> dict[_Outage, Curve]:
    """Return the curve of each; every thread has a model of its own, and no result depends on which."""
    import os

    if not wanted:
        return {}
    workers = max(1, min(threads or os.cpu_count() or 1, len(wanted)))
    lock, done = threading.Lock(), 0
    steady = Steady.of(flows)
    usual = _curve(Collapsed(flows, steady), _Outage(b"", 1.0), longest)

    def work(part: Sequence[_Outage]) -> list[Curve]:
        nonlocal done
        model = Collapsed(flows, steady)
        found = []
        for outage in part:
            if cancel is not None and cancel.is_set():
                raise CancelledError("annual loss: cancelled")
            curve = _curve(model, outage, longest)
            found.append(curve.less(usual) if usual.costs.max() > 0 else curve)
            with lock:
                done += 1
                if progress is not None:
                    progress(done / len(wanted))
        return found

    # Dealt out in turn, because neighbors take about as long.
    parts = [wanted[first::workers] for first in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        solved = list(pool.map(work, parts))
    return {outage: curve for part, curves in zip(parts, solved, strict=True) for outage, curve in zip(part, curves, strict=True)}


def _curve(model: Collapsed, outage: _Outage, longest: float) -> Curve:
    numbers = outage.numbers
    asked = 0

    def line_at(time: float) -> Line:
        nonlocal asked
        asked += 1
        return model.impact_line(numbers, time=time, share=outage.share, goes_on=asked > 1)

    return curve_of(line_at, longest)
