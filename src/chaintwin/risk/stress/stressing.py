"""The stress test: everything that can be out is put out, one after the other, and ranked by what that costs (METHODS 3.6)."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import CancelledError, UsageError
from chaintwin.network.compiling import compile_graph
from chaintwin.network.lowering.lower import lower_in_full
from chaintwin.network.network import Network
from chaintwin.network.state import State, initial_state
from chaintwin.risk.stress.centrality import betweenness, rank_correlation
from chaintwin.risk.stress.programmes.collapsed import Collapsed
from chaintwin.risk.stress.programmes.expanded import Expanded, TooShortError
from chaintwin.risk.stress.programmes.flows import Floats, Flows, Integers, Measure, flows_of
from chaintwin.risk.stress.programmes.steady import Steady
from chaintwin.risk.stress.recovery import Recovery
from chaintwin.risk.stress.scopes import Scope, ScopeKind, scopes_of

RECOVERY = 30.0
"""Periods until something is back, where nobody says how long."""

EXPOSED_FOLLOWED = 10
"""Exposed of which the impact is worked out period by period."""

LONGEST_WAY = 400
"""Periods after which nothing is looked at any more: more than a year of days. A way that is longer is not followed."""

CANCELLED = "the stress test was cancelled"

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class StressTest:
    """What was found.

    Parameters
    ----------
    table : one row for each that can be out, by impact: ``rank``, ``kind``, ``id``, ``name``, ``time_to_recover``,
        ``time_to_survive`` (periods, infinite where there is no end), ``is_exposed`` (it takes longer to recover than the network
        survives, and something is lost that would not be lost otherwise), ``impact`` (in what is measured, beyond what is lost
        with nothing out), ``exposure_index`` (impact over the largest), ``impact_by_period`` (the same with lead times, null
        where it was not worked out), ``activities``, ``betweenness``.
    measure : what is measured, in ``currency`` unless that is units. period : unit of time.
    demand : all of it that is asked for in a period, in what is measured.
    survives : periods that the network survives with nothing out; infinite if it can go on for ever.
    rank_correlation : of impact and betweenness; NaN where one of them does not vary or the network is too large.
    short : stock points that start with so little, in so large a network, that no impact is worked out by period; 0 otherwise.
    """

    table: pl.DataFrame
    measure: Measure
    currency: str
    period: str
    demand: float
    survives: float
    rank_correlation: float
    short: int = 0

    @property
    def unit(self) -> str:
        """Unit of the impact."""
        return "units" if self.measure is Measure.UNITS else self.currency


def stress_test(
    network: Network,
    *,
    by: Iterable[ScopeKind | str] = (ScopeKind.SITE,),
    recovery: Mapping[Key, float] | float = RECOVERY,
    state: State | None = None,
    measure: Measure | str = Measure.MARGIN,
    followed: int = EXPOSED_FOLLOWED,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> StressTest:
    """Put out everything of some kinds, one after the other, and rank it by what that costs.

    Parameters
    ----------
    network : tables without errors.
    by : kinds of what is put out.
    recovery : periods until it is back: one number for all, or by kind and id, with ``RECOVERY`` for the others.
    state : where the network stands; by default as it starts.
    measure : what a unit not served costs.
    followed : exposed ones, the worst first, whose impact is also worked out period by period.
    threads : that solve at once; by default as many as there are processors.
    progress : is told the part done, 0 to 1. cancel : stops the test when it is set.

    Raises
    ------
    UsageError
        A kind, a time or an id is not possible.
    CancelledError
        It was cancelled.
    """
    lowered = lower_in_full(network)
    program = compile_graph(lowered.graph)
    flows = flows_of(program, state or initial_state(program), measure=Measure(measure))
    scopes = scopes_of(network, lowered, kinds=by)
    if not scopes:
        raise UsageError(f"stress test: found nothing of {', '.join(map(str, by))} that could be out; fix: choose another kind")
    times = _times(scopes, recovery)
    told = _Told(len(scopes), followed, progress, cancel)
    steady = Steady.of(flows)
    found = _collapsed(flows, scopes, times, steady=steady, threads=threads, told=told)
    survives, usual = _nothing_out(flows, times, steady=steady)
    # What the solver's last digits say must not decide who is exposed, or who comes first.
    lost = np.array([cost for _, cost in found])
    impact = _rounded_to(np.maximum(lost - usual, 0.0), np.maximum(lost, 1.0))
    survived = np.array([time for time, _ in found])
    ends = np.isfinite(survived)
    survived[ends] = _rounded_to(survived[ends], np.maximum(survived[ends], 1.0))
    recovers = np.array(times)
    is_exposed = (survived < recovers) & ((impact > 0) | (usual == 0))
    order = np.lexsort((np.arange(len(scopes)), survived, -impact))
    exposed = [number for number in order.tolist() if is_exposed[number]]
    by_period, short = _expanded(flows, scopes, times, steady=steady, chosen=exposed[:followed], told=told)
    between = betweenness(flows, [scope.activities for scope in scopes])
    table = _table(scopes, times, survived=survived, is_exposed=is_exposed, impact=impact, by_period=by_period, between=between)
    table = table[order.tolist()]
    return StressTest(
        table=table.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)).select("rank", pl.exclude("rank")),
        measure=Measure(measure),
        currency=network.settings.currency,
        period=str(network.settings.period),
        demand=float(flows.margin @ flows.rate),
        survives=survives,
        rank_correlation=math.nan if between is None else rank_correlation(impact, between),
        short=short,
    )


class _Told:
    """Tells how far the test is, and whether it is to stop; threads may call at once."""

    def __init__(
        self, scopes: int, followed: int, progress: Callable[[float], None] | None, cancel: threading.Event | None
    ) -> None:
        self._all, self._done = scopes + followed, 0
        self._progress, self._cancel, self._lock = progress, cancel, threading.Lock()

    def one(self) -> None:
        """Count one more."""
        if self._cancel is not None and self._cancel.is_set():
            raise CancelledError(CANCELLED)
        with self._lock:
            self._done += 1
            if self._progress is not None:
                self._progress(min(1.0, self._done / self._all))


def _times(scopes: tuple[Scope, ...], recovery: Mapping[Key, float] | float) -> list[float]:
    """Return the time to recover of each."""
    if isinstance(recovery, Mapping):
        known = {(str(scope.kind), scope.id) for scope in scopes}
        for kind, name in recovery:
            if kind not in set(ScopeKind):
                raise UsageError(f"time to recover: found the kind {kind}; allowed: {', '.join(sorted(ScopeKind))}")
            if (kind, name) not in known and kind in {kind for kind, _ in known}:
                raise UsageError(f"time to recover: found {kind} {name}; allowed: a {kind} of the network")
        others = recovery.others if isinstance(recovery, Recovery) else RECOVERY
        times = [float(recovery.get((str(scope.kind), scope.id), others)) for scope in scopes]
    else:
        times = [float(recovery)] * len(scopes)
    for scope, time in zip(scopes, times, strict=True):
        if not 0 <= time < math.inf:
            raise UsageError(f"time to recover of {scope.kind} {scope.id}: found {time:g}; allowed: 0 or more periods")
    return times


def _collapsed(
    flows: Flows, scopes: tuple[Scope, ...], times: list[float], *, steady: Steady, threads: int | None, told: _Told
) -> list[tuple[float, float]]:
    """Return time to survive and impact of each; every thread has a model of its own, and no result depends on which."""
    import os

    workers = max(1, min(threads or os.cpu_count() or 1, len(scopes)))

    def work(numbers: range) -> list[tuple[float, float]]:
        model = Collapsed(flows, steady)
        done = []
        for number in numbers:
            out, time = scopes[number].activities, times[number]
            survived = model.time_to_survive(out)
            # What is survived loses nothing.
            done.append((survived, model.impact(out, time=time)[0] if survived < time else 0.0))
            told.one()
        return done

    # Dealt out in turn, because neighbors take about as long.
    parts = [range(first, len(scopes), workers) for first in range(workers)]
    found = [(0.0, 0.0)] * len(scopes)
    with ThreadPoolExecutor(workers) as pool:
        for part, costs in zip(parts, pool.map(work, parts), strict=True):
            found[part.start :: workers] = costs
    return found


def _nothing_out(flows: Flows, times: list[float], *, steady: Steady) -> tuple[float, Floats]:
    """Return the periods that the network survives with nothing out, and what it loses by each of some times even then."""
    model, nobody = Collapsed(flows, steady), np.zeros(0, dtype=np.int64)
    losses = {time: model.impact(nobody, time=time)[0] for time in sorted(set(times))}
    return model.time_to_survive(nobody), np.array([losses[time] for time in times])


def _rounded_to(values: Floats, scale: Floats) -> Floats:
    """Return values without what is less than a billionth of a scale of 1 or more."""
    digits = 9.0 - np.ceil(np.log10(scale))
    # Powers of ten are divided by, because their inverses are no exact numbers.
    fine, coarse = 10.0 ** np.maximum(digits, 0.0), 10.0 ** np.maximum(-digits, 0.0)
    found: Floats = np.rint(values * fine / coarse) / fine * coarse
    return found


def _expanded(
    flows: Flows, scopes: tuple[Scope, ...], times: list[float], *, steady: Steady, chosen: list[int], told: _Told
) -> tuple[dict[int, float], int]:
    """Return the impact period by period of some, horizons of about one length with one model, and why there is none."""
    durations = {number: math.ceil(times[number]) for number in chosen}
    ways = {number: _longest_way(flows, scopes[number].activities) for number in chosen}
    horizons = {number: _rounded(durations[number] + way) for number, way in ways.items() if way < LONGEST_WAY}
    found: dict[int, float] = {}
    try:
        for horizon in sorted(set(horizons.values())):
            model = Expanded(flows, horizon, steady=steady)
            for number in chosen:
                if horizons.get(number) == horizon:
                    found[number] = model.without(scopes[number].activities, start=0, duration=durations[number]).impact
                    told.one()
    except TooShortError as error:
        return {}, error.short
    return found, 0


def _rounded(periods: int) -> int:
    """Return the next longer of 16, 20, 25, 32, 40, 50, 64, ... periods."""
    return math.ceil(2 ** (math.ceil(3 * math.log2(max(periods, 1))) / 3))


def _longest_way(flows: Flows, activities: Integers) -> int:
    """Return the periods after which what some activities start is felt at the end of the longest way, at most LONGEST_WAY."""
    taken, given = flows.taken.tocoo(), flows.given.tocoo()
    reached = np.full(flows.stock.size, -1, dtype=np.int64)
    own = np.isin(given.col, activities)
    np.maximum.at(reached, given.row[own], flows.lead[given.col[own]])
    for _ in range(flows.stock.size):
        begun = np.full(flows.lead.size, -1, dtype=np.int64)
        np.maximum.at(begun, taken.col, reached[taken.row])
        comes = np.where(begun >= 0, begun + flows.lead, -1)
        later = reached.copy()
        np.maximum.at(later, given.row, comes[given.col])
        if (later == reached).all():
            break
        reached = later
        if reached.max() >= LONGEST_WAY:
            # Further on the horizon ends anyway; loops would go on for ever.
            break
    return int(min(max(reached.max(initial=0), 0), LONGEST_WAY))


def _table(
    scopes: tuple[Scope, ...],
    times: list[float],
    *,
    survived: Floats,
    is_exposed: NDArray[np.bool_],
    impact: Floats,
    by_period: Mapping[int, float],
    between: Floats | None,
) -> pl.DataFrame:
    numbers = range(len(scopes))
    most = impact.max(initial=0.0)
    return pl.DataFrame(
        {
            "kind": [str(scope.kind) for scope in scopes],
            "id": [scope.id for scope in scopes],
            "name": [scope.name for scope in scopes],
            "time_to_recover": times,
            "time_to_survive": survived,
            "is_exposed": is_exposed,
            "impact": impact,
            "exposure_index": impact / most if most > 0 else np.zeros(impact.size),
            "impact_by_period": pl.Series([by_period.get(number) for number in numbers], dtype=pl.Float64),
            "activities": [scope.activities.size for scope in scopes],
            "betweenness": pl.Series([None] * len(scopes) if between is None else between, dtype=pl.Float64),
        }
    )
