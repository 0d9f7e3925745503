"""Plays the coming periods many times, each period read as it closes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.errors import CancelledError, UsageError
from chaintwin.network.program import Program
from chaintwin.simulation.block import Blocks, Plan
from chaintwin.simulation.metering import Meter
from chaintwin.simulation.playing import CANCELLED, GROUP
from chaintwin.simulation.preparing import prepare_kernels
from chaintwin.simulation.simulating import Setup
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.tape import Tape

Singles = NDArray[np.float32]

BYTES_MOST = 2 * 1024**3
"""What is kept of every stock point, period and run may take no more memory than this."""

BYTES_OF_VALUE = 8
"""Stock and what is owed, a single each, of a stock point, a period and a run."""

FIRST = 8
"""Runs of the first answer, where one is asked for."""

NOISE = 1e-6
"""What is owed and less than this, relative to what was asked for, is rounding."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What every run came to.

    Parameters
    ----------
    stock, owed : float32[periods, N, runs], units at the close of a period: what is there, and what was asked of a stock point by
        customers and by what takes from it and not given, or lost. What waits for capacity with all its inputs is owed by none.
    demand, served : Floats[periods, runs], units a period of the whole network: what customers wanted, and got at once.
    wanted, given : Floats[N, runs], units over all periods: what customers wanted of a stock point, and got at once.
    numbers : int64[runs], which runs they are; the same number meets the same random numbers in every fork.
    """

    stock: Singles
    owed: Singles
    demand: NDArray[np.float64]
    served: NDArray[np.float64]
    wanted: NDArray[np.float64]
    given: NDArray[np.float64]
    numbers: NDArray[np.int64]

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return int(self.demand.shape[1])

    def of(self, numbers: NDArray[np.int64]) -> Recorded:
        """Return what some runs came to, by their numbers in rising order."""
        size = numbers.size
        # The first runs of all need not be copied.
        chosen: slice | NDArray[np.int64] = slice(size) if not size or numbers[-1] == size - 1 else numbers
        return Recorded(*(getattr(self, name)[..., chosen] for name in self.__dataclass_fields__))

    @staticmethod
    def empty(periods: int, points: int, *, runs: int) -> Recorded:
        """Return room for all runs.

        Raises
        ------
        UsageError
            It would be too much.
        """
        size = BYTES_OF_VALUE * periods * points * runs
        if size > BYTES_MOST:
            most = BYTES_MOST // (BYTES_OF_VALUE * points * runs)
            raise UsageError(
                f"fork: found {runs:,} replications of {periods:,} periods and {points:,} stock points, {size / 2**30:.1f} GiB; "
                f"allowed: {BYTES_MOST / 2**30:.0f} GiB; fix: {most:,} periods, or fewer replications"
            )
        one, two = (np.empty((periods, points, runs), dtype=np.float32) for _ in range(2))
        demand, served, wanted, given = (np.zeros((height, runs)) for height in (periods, periods, points, points))
        return Recorded(one, two, demand, served, wanted, given, np.arange(runs))


def record(
    setups: Sequence[Setup],
    *,
    shared: Callable[[Setup, Tape], Sequence[Tape]] | None = None,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
    reached: Callable[[Recorded], None] | None = None,
) -> Recorded:
    """Play all runs and return what they came to; threads never change it.

    Parameters
    ----------
    setups : networks of the same stock points and customers, each with its share of the runs, one behind the other; all begin in
        the same period and have the same length.
    shared : returns the tapes that the runs of a network are shared out among; by default all play the one of the network.
    threads : all cores by default.
    progress : called with the share done, from worker threads. cancel : set it to stop.
    reached : is told what 8, 64, 256 and so on runs came to, in this thread, while others go on: the first runs of each network
        and of each tape, as many of one as of another. Where there is one network and one tape they are the first of all.

    Raises
    ------
    CancelledError
        ``cancel`` was set.
    UsageError
        So many runs do not fit into memory.
    """
    leading = setups[0]
    points = leading.program.counts[0]
    total = sum(setup.span.replications for setup in setups)
    found = Recorded.empty(leading.span.periods, points, runs=total)
    prepare_kernels()
    portions, done = list[_Portion](), 0
    for setup in setups:
        span = setup.span
        tape = assemble(setup.program, setup.state, periods=span.periods)
        plan = Plan.of(setup.program, tape, begin=span.first, warm_up=0, periods=span.periods)
        tapes = [tape] if shared is None else shared(setup, tape)
        ends = np.linspace(done, done + span.replications, len(tapes) + 1).astype(int).tolist()
        portions += [
            _Portion(setup, replace(plan, tape=one), begin, end) for one, begin, end in zip(tapes, ends, ends[1:], strict=False)
        ]
        done += span.replications
    order, stages = _order(portions), _stages(total) if reached is not None else [total]
    parts = [
        [part for portion in portions for part in portion.parts(order[before:stage])] for before, stage in pairwise((0, *stages))
    ]
    finished = _Done(sum(map(len, parts)), progress)

    def play(part: _Part) -> None:
        part.play(found, cancel=cancel)
        finished.add()

    workers = max(1, min(threads or os.cpu_count() or 1, sum(map(len, parts))))
    with ThreadPoolExecutor(workers) as pool:
        playing = pool.map(play, chain.from_iterable(parts))
        for stage, those in zip(stages, parts, strict=True):
            for _ in those:
                next(playing)
            if reached is not None and stage < total:
                reached(found.of(np.sort(order[:stage])))
    return found


def _stages(total: int) -> list[int]:
    """Return after how many runs something is told: 8, 64, four times as many each, and all."""
    found, stage = [], FIRST
    while stage < total:
        found.append(stage)
        stage = max(GROUP, 4 * stage)
    return [*found, total]


def _order(portions: Sequence[_Portion]) -> NDArray[np.int64]:
    """Return the numbers of all runs, so that the first of them are spread over the portions evenly."""
    sizes = [portion.end - portion.begin for portion in portions]
    place = np.concatenate([(np.arange(size) + 0.5) / max(size, 1) for size in sizes])
    return np.argsort(place, kind="stable")


@dataclass(frozen=True, slots=True)
class _Portion:
    """The runs from ``begin`` up to, not including, ``end``, which play one tape."""

    setup: Setup
    plan: Plan
    begin: int
    end: int

    def parts(self, numbers: NDArray[np.int64]) -> Iterator[_Part]:
        """Yield those of its runs that are among some, which follow each other here, in parts of 64 at most."""
        own = numbers[(numbers >= self.begin) & (numbers < self.end)]
        if own.size:
            begin, last = int(own[0]), int(own[-1]) + 1
            while begin < last:
                end = min(last, self.begin + GROUP * ((begin - self.begin) // GROUP + 1))
                yield _Part(self.setup, self.plan, slice(begin, end))
                begin = end


@dataclass(frozen=True, slots=True)
class _Part:
    """Some runs of one network; the columns they have are their numbers, too."""

    setup: Setup
    plan: Plan
    columns: slice

    def play(self, into: Recorded, *, cancel: threading.Event | None) -> None:
        span, program = self.setup.span, self.setup.program
        width = self.columns.stop - self.columns.start
        blocks = Blocks(self.plan, first=self.columns.start, width=width, seed=span.seed)
        meter, by_point = Meter(program), _by_point(program)
        rows = blocks.plan.tape.rows
        for period in range(span.periods):
            if cancel is not None and cancel.is_set():
                raise CancelledError(CANCELLED)
            flows = meter.read(blocks)
            short = flows["refused"]
            short[short <= NOISE * flows["asked"]] = 0.0
            demand, immediate = blocks.read(rows.asked_for), blocks.read(rows.immediate)
            into.stock[period, :, self.columns] = blocks.read(rows.on_hand)
            into.owed[period, :, self.columns] = short
            into.demand[period, self.columns] = demand.sum(axis=0)
            into.served[period, self.columns] = immediate.sum(axis=0)
            into.wanted[:, self.columns] += np.asarray(by_point @ demand)
            into.given[:, self.columns] += np.asarray(by_point @ immediate)


class _Done:
    """Tells how much is done, from any thread."""

    def __init__(self, total: int, progress: Callable[[float], None] | None) -> None:
        self._total, self._progress = total, progress
        self._lock, self._done = threading.Lock(), 0

    def add(self) -> None:
        if self._progress is not None:
            with self._lock:
                self._done += 1
                self._progress(self._done / self._total)


def _by_point(program: Program) -> sparse.csr_array:
    """Return the matrix that adds up streams by stock point."""
    streams = program.streams.buffer
    return sparse.csr_array((np.ones(streams.size), (streams, np.arange(streams.size))), shape=(program.counts[0], streams.size))
