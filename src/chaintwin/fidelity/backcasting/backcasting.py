"""Backcasts within a budget: from which moments of the past, in which order, and how each forecast is scored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import CancelledError
from chaintwin.fidelity.backcasting.past import Past, past_of, whole_periods
from chaintwin.fidelity.backcasting.shelf import CUSTOMERS, MEASURES, ON_HAND, SERVED, Backcast, fingerprint, keep, kept
from chaintwin.fidelity.calibration.lanes import Calendar
from chaintwin.fidelity.calibration.parameters import ParameterSet
from chaintwin.fidelity.forking.drawing import Compiling, Drawing
from chaintwin.fidelity.forking.recording import Recorded, record
from chaintwin.fidelity.versions.applying import Applied
from chaintwin.fidelity.versions.looking import Described, version_at
from chaintwin.network.program import Program
from chaintwin.network.state import State
from chaintwin.rng import uniform
from chaintwin.simulation.simulating import set_up
from chaintwin.store.interface import Store
from chaintwin.twin.cells import Cells
from chaintwin.twin.live_state import LiveState
from chaintwin.twin.twin import Twin

Floats = NDArray[np.float64]

RUNS = 256
"""Members of each forecast (METHODS 7.4)."""

HORIZONS = (1, 7, 30)
"""Periods ahead that are forecast."""

ORIGINS_MOST = 128
"""Moments of the past that are looked back from at most: the states of so many are held at once."""

HISTORY_MOST = 256
"""Past differences that the naive forecast is made of, the last ones."""

SAME = 1e-6
"""Members that differ from the truth by no more than this, relative to its size, are equal to it: sums of other orders."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far the backcasts of a log have come.

    Parameters
    ----------
    made : in this call. there : in all. open : moments that are still to be looked back from. past : the walk through the log.
    """

    made: int
    there: int
    open: int
    past: Past


def backcast(
    store: Store,
    twin: Twin,
    *,
    described: Described,
    until: int,
    budget: float,
    seed: int = 0,
    runs: int = RUNS,
    every: int = 1,
    threads: int | None = None,
    into: Callable[[Backcast], None] | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> Progressed:
    """Look back from moments of the past until the budget is spent, those that tell most first; what is done is kept at once.

    The newest moment comes first, then those that lie furthest from all that were taken. A moment whose longer horizons have met
    their truth since is taken again. One that is under way is finished, so that the budget may be exceeded by one.

    Parameters
    ----------
    store : open for writing, or for reading if ``into`` is given. twin : of it. described : the network in force.
    until : event time, microseconds: now. budget : seconds. seed : of the runs. runs : members of each forecast.
    every : periods between two moments, 1 or more. threads : all cores by default.
    into : takes each backcast; by default it is kept in the store.
    progress : is told the share of the budget that is spent, or of the work that is done.
    cancel : set it to stop; what is done is kept.

    Source: METHODS 7.4; He, Rhodes-Leader & Song 2024.
    """
    begun, calendar = perf_counter(), Calendar.of(described.network.settings)
    first, end = whole_periods(store, calendar, until=until)
    mark = fingerprint(described.program)
    done = kept(store, mark)
    candidates = [period for period in range(first + 1, end) if (end - 1 - period) % every == 0]
    step = -(-len(candidates) // ORIGINS_MOST) if candidates else 1
    candidates = candidates[::-1][::step][::-1]
    past = past_of(store, described.network, program=described.program, until=until, origins=candidates)
    stale = {origin for origin, one in done.items() if not _is_sound(one, past, end=end)}
    wanted = [one for one in candidates if one not in done or one in stale]
    caster = _Caster(store, twin, described, past=past, seed=seed, runs=runs, threads=threads, cancel=cancel)
    made = 0
    try:
        for origin in spread(wanted, taken=[one for one in done if one not in stale]):
            spent = perf_counter() - begun
            if (made and spent >= budget) or (cancel is not None and cancel.is_set()):
                break
            if progress is not None:
                progress(min(1.0, max(spent / budget, made / max(len(wanted), 1))))
            found = caster.cast(origin)
            if found is not None:
                if into is None:
                    keep(store, mark, found=found)
                else:
                    into(found)
                done[origin] = found
            made += 1
    except CancelledError:
        pass
    return Progressed(made, len(done), len(wanted) - made, past)


def spread(moments: Sequence[int], *, taken: Sequence[int] = ()) -> Iterator[int]:
    """Yield moments in the order that tells most: the newest, then each time the one furthest from all before, the newer of two.

    Parameters
    ----------
    moments : in any order. taken : those that count as yielded before.

    Example
    -------
    >>> list(spread([0, 1, 2, 3, 4, 5, 6, 7, 8]))
    [8, 0, 4, 6, 2, 7, 5, 3, 1]
    """
    left = sorted(set(moments))
    if not left:
        return
    values = np.array(left, dtype=np.float64)
    distance = np.full(values.size, np.inf)
    for one in taken:
        distance = np.minimum(distance, np.abs(values - one))
    if not taken:
        distance[-1] = np.inf
    for _ in range(values.size):
        place = values.size - 1 - int(np.argmax(distance[::-1]))
        yield int(values[place])
        distance = np.minimum(distance, np.abs(values - values[place]))
        distance[place] = -np.inf


class _Caster:
    """Makes one backcast after the other."""

    def __init__(
        self,
        store: Store,
        twin: Twin,
        described: Described,
        *,
        past: Past,
        seed: int,
        runs: int,
        threads: int | None,
        cancel: threading.Event | None,
    ) -> None:
        self.store, self.twin, self.described, self.past = store, twin, described, past
        self.seed, self.runs, self.threads, self.cancel = seed, runs, threads, cancel
        self._versions: dict[str, Applied] = {}
        self._free = ~ruled(described.program)
        self._compiling = Compiling(described.network)

    def cast(self, origin: int) -> Backcast | None:
        """Return the backcast from the eve of a period; None where no stock was known then."""
        horizons = tuple(one for one in HORIZONS if origin + one <= self.past.end)
        live = self._live(origin)
        if not horizons or not live.cells["stock"].cells:
            return None
        version = version_at(self.store, live.time)
        state = live.placed(self.described.program).opened
        found = self._played(state, version, periods=max(horizons))
        stock, served = self._scores(origin, horizons, found=found)
        return Backcast(
            origin=origin,
            made_at=live.time,
            horizons=horizons,
            runs=self.runs,
            parameters="" if version is None else version.id,
            is_as_known=not self.past.is_hindsight(origin),
            head=self.past.head,
            stock=stock,
            served=served,
        )

    def _live(self, origin: int) -> LiveState:
        """Return the state at the eve of a period: as it was known then, or with hindsight where nothing had been taken in."""
        packed, cells = self.past.eves[origin], Cells()
        eve = Calendar.of(self.described.network.settings).start_of(origin) - 1
        if self.past.is_as_known(origin) or self.past.is_hindsight(origin):
            cells.become(packed)
            in_force = self.twin.as_of(eve).in_force if cells["network"].cells else self.twin.base
            return LiveState(cells, in_force, time=eve, head=self.past.head)
        return self.twin.as_of(eve, known=eve)

    def _played(self, state: State, version: ParameterSet | None, *, periods: int) -> Recorded:
        compiling, drawing = self._compiling, None
        if version is not None:
            if version.id not in self._versions:
                self._versions[version.id] = self.described.applied(version)
            drawing = Drawing(self._versions[version.id], runs=self.runs, compiling=compiling)
        setup = set_up(
            self.described.network,
            None,
            periods=periods,
            replications=self.runs,
            seed=self.seed,
            warm_up=0,
            state=state,
            confidence=0.95,
            compiled=drawing.compiled if drawing is not None else lambda _, reach: compiling.program(reach, None),
        )
        shared = None if drawing is None else drawing.shared
        return record([setup], shared=shared, threads=self.threads, cancel=self.cancel)

    def _scores(self, origin: int, horizons: Sequence[int], *, found: Recorded) -> tuple[dict[str, bytes], dict[str, bytes]]:
        past, at = self.past, origin - self.past.first
        points = self.described.program.names.buffers["buffer_id"].to_list()
        stock, served = [], []
        for horizon in horizons:
            truth = past.stock[at + horizon - 1]
            breaks = np.array(
                [uniform(self.seed, "pit", entity=f"{one}|{ON_HAND}|{horizon}", replication=0, period=origin) for one in points]
            )
            naive = naive_members(past.stock[:at], horizon)
            members = found.stock[horizon - 1].astype(np.float64)
            # The engine leaves alone what no rule moves; what moved it before is all that is known of it.
            members[self._free] = np.resize(naive.T, (members.shape[1], naive.shape[0])).T[self._free]
            stock.append(scores_of(members, truth, breaks=breaks, naive=naive))
            tie = uniform(self.seed, "pit", entity=f"{CUSTOMERS}|{SERVED}|{horizon}", replication=0, period=origin)
            asked = past.demand[at + horizon - 1] > 0.0
            served.append(
                scores_of(
                    found.served[horizon - 1][None, :],
                    past.served[at + horizon - 1 : at + horizon] if asked else np.array([np.nan]),
                    breaks=np.array([tie]),
                    naive=naive_members(past.served[:at, None], horizon),
                )
            )
        return (
            {name: np.stack([one[name] for one in stock]).astype("<f4").tobytes() for name in MEASURES},
            {name: np.concatenate([one[name] for one in served]).astype("<f4").tobytes() for name in MEASURES},
        )


def ruled(program: Program) -> NDArray[np.bool_]:
    """Return bool[N]: stock points that a network takes from or fills because a customer asks, at them or further down.

    Parameters
    ----------
    program : the network.
    """
    activities = program.activities
    makers = np.repeat(np.arange(program.counts[1]), np.diff(activities.output_start))
    takers = np.repeat(np.arange(program.counts[1]), np.diff(activities.input_start))
    found = np.zeros(program.counts[0], dtype=bool)
    found[program.streams.buffer] = True
    while True:
        is_wanted = np.zeros(program.counts[1], dtype=bool)
        is_wanted[makers[found[activities.output_buffer]]] = True
        more = activities.input_buffer[is_wanted[takers]]
        if found[more].all():
            return found
        found[more] = True


def naive_members(history: Floats, horizon: int) -> Floats:
    """Return float64[N, m]: the last value of each series, and how far it went over the horizon from there before.

    Parameters
    ----------
    history : float64[periods, N], up to now; at least one period. horizon : periods, 1 or more.

    Source: as `chaintwin.laws.scores.naive_ensemble`, many series at once.
    """
    last = np.asarray(history[-1][:, None])
    if history.shape[0] <= horizon:
        return np.asarray(last)
    return np.asarray(last + (history[horizon:] - history[:-horizon])[-HISTORY_MOST:].T)


def scores_of(members: Floats, truth: Floats, *, breaks: Floats, naive: Floats) -> Mapping[str, Floats]:
    """Return where the truth lay in each ensemble, its CRPS, and that of the naive forecast.

    Parameters
    ----------
    members : float64[N, m]. truth : float64[N]; NaN where nothing came about. breaks : float64[N], uniforms that break ties.
    naive : float64[N, r].

    Returns
    -------
    ``pit``, ``crps``, ``reference`` and ``truth``, float64[N] each.

    Source: METHODS 7.4; `chaintwin.laws.scores`.
    """
    near = SAME * np.maximum(np.abs(truth), 1.0)[:, None]
    off = members - truth[:, None]
    below, equal = (off < -near).sum(axis=1), (np.abs(off) <= near).sum(axis=1)
    pit = (below + breaks * (equal + 1)) / (members.shape[1] + 1)
    return {
        "pit": np.where(np.isnan(truth), np.nan, pit),
        "crps": _crps(members, truth),
        "reference": _crps(naive, truth),
        "truth": truth,
    }


def _crps(members: Floats, truth: Floats) -> Floats:
    count = members.shape[1]
    ordered = np.sort(members, axis=1)
    weights = (2.0 * np.arange(1, count + 1) - count - 1.0) / count**2
    return np.asarray(np.abs(members - truth[:, None]).mean(axis=1) - ordered @ weights)


def _is_sound(one: Backcast, past: Past, *, end: int) -> bool:
    """Tell whether a backcast still stands: all horizons that have met their truth are in it, and the truth is the same."""
    horizons = tuple(horizon for horizon in HORIZONS if one.origin + horizon <= end)
    if one.horizons != horizons or not past.first <= one.origin < end:
        return False
    truth = one.table("truth")
    at = one.origin - past.first
    rows = np.stack([past.stock[at + horizon - 1] for horizon in horizons])
    return truth.shape == rows.shape and bool(np.allclose(truth, rows, rtol=1e-5, atol=1e-6))
