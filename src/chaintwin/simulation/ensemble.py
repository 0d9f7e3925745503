"""Many replications of one network: blocks run in threads, checked, reduced in groups of 64 in order, cancelled on request."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import CancelledError, InvariantError
from chaintwin.network.program import Program
from chaintwin.network.state import State
from chaintwin.simulation.kernels.reducing_kernels import ledger_kernel
from chaintwin.simulation.kernels.running_kernels import check_kernel, run_kernel
from chaintwin.simulation.layout import (
    Keys,
    Laws,
    Moving,
    Scratch,
    Tally,
    bytes_per_replication,
    keys_of,
    laws_of,
    moving_of,
    scratch_of,
    tally_of,
)
from chaintwin.simulation.moments import Moments

Floats = NDArray[np.float64]

GROUP = 64
"""Replications in the unit of reduction; results are defined by it, so it is never tuned."""

CACHE_BYTES = 768 * 1024
"""State of a block that still fits the second-level cache of common processors (1 MiB and more), leaving room for tables."""

CALL_UPDATES = 4_000_000
"""Entity updates between two looks at progress and cancellation, some 20 to 100 ms."""

FIGURE_COUNT = 19

LAWS = {
    1: "buffer balance",
    2: "demand is shipped, lost or owed",
    3: "orders are started or waiting",
    4: "what is started arrives or is in process",
    7: "nothing is below zero",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Which periods and replications are run.

    Parameters
    ----------
    first : period the state belongs to.
    periods : periods that count, 1 or more; they follow ``warm_up`` periods that do not.
    warm_up : periods before them, 0 or more.
    replications : 1 or more.
    seed : 0 to 2**64 - 1.
    """

    first: int
    periods: int
    warm_up: int
    replications: int
    seed: int


@dataclass(frozen=True, slots=True)
class Reduced:
    """What is kept of a set of replications.

    Parameters
    ----------
    figures : Floats[replications, figures], in order of replication.
    moments : by name of quantity, over the entities it belongs to.
    """

    figures: Floats
    moments: dict[str, Moments]

    def join(self, other: Reduced) -> Reduced:
        """Return both sets, ``other`` being the later replications."""
        figures = np.concatenate([self.figures, other.figures])
        return Reduced(figures, {name: item.join(other.moments[name]) for name, item in self.moments.items()})


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a group of replications needs; the same for all groups."""

    program: Program
    state: State
    span: Span
    laws: Laws
    keys: Keys
    width: int
    report: Callable[[float], None]
    cancel: threading.Event


def run_ensemble(
    program: Program,
    state: State,
    *,
    span: Span,
    threads: int | None = None,
    width: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> Reduced:
    """Run all replications and return what is kept of them.

    Parameters
    ----------
    program, state, span : what is run, from where, and how much of it.
    threads : threads to use; all cores by default. Never changes a byte of the result.
    width : replications in a block, a power of two up to 64; by default what fits the cache. Never changes a byte of the result.
    progress : called with the share done, 0 to 1, from worker threads.
    cancel : when set, the run stops within a fraction of a second.

    Raises
    ------
    CancelledError
        ``cancel`` was set.
    InvariantError
        A conservation law did not hold; the message names law, entity, period and replication.
    """
    stop, chosen = cancel or threading.Event(), width or best_width(program, span.replications)
    job = Job(
        program=program,
        state=state,
        span=span,
        laws=laws_of(program),
        keys=keys_of(program, span.seed),
        width=chosen,
        report=_reporter(span, chosen, progress),
        cancel=stop,
    )
    blocks = _blocks(span.replications, job.width)
    workers = max(1, min(threads or os.cpu_count() or 1, len(blocks)))
    if workers == 1:
        return _tree(_groups(job, ((block, _block(job, block[0])) for block in blocks)))
    with ThreadPoolExecutor(workers) as pool:
        try:
            return _tree(_groups(job, _in_order(pool, job, blocks, ahead=workers)))
        except BaseException:
            # Ctrl-C and failures alike: workers look at the event between two calls, so leaving the pool does not hang.
            stop.set()
            raise


def best_width(program: Program, replications: int) -> int:
    """Return the replications of a block, a power of two: what fits the cache, 16 to 64, and no more than are asked for."""
    fitting = max(16, CACHE_BYTES // bytes_per_replication(program))
    width = 1 << (min(GROUP, fitting).bit_length() - 1)
    return int(min(width, 1 << (min(replications, GROUP) - 1).bit_length()))


def _blocks(replications: int, width: int) -> list[tuple[int, int]]:
    """Return first replication and number of replications of each block; no block reaches over the end of a group."""
    return [(first, min(width, replications - first)) for first in range(0, replications, width)]


def _groups(job: Job, blocks: Iterator[tuple[tuple[int, int], Tally]]) -> Iterator[Reduced]:
    """Reduce blocks, which come in order, to groups of 64 replications; one replication after the other."""
    program, span = job.program, job.span
    moments, figures = _empty_moments(job), []
    for (first, used), tally in blocks:
        out = np.empty((FIGURE_COUNT, job.width))
        ledger_kernel(span.periods, program.buffers, program.activities, program.streams, program.resources, tally, out)
        figures.append(out[:, :used].T)
        _add_block(moments, tally, used, span.periods)
        done = first + used
        if done % GROUP == 0 or done == span.replications:
            yield Reduced(np.concatenate(figures), moments)
            moments, figures = _empty_moments(job), []


def _block(job: Job, first: int) -> Tally:
    """Run one block through warm-up and counted periods and return its sums."""
    span = job.span
    moving = moving_of(job.program, job.state, width=job.width)
    scratch = scratch_of(job.program, width=job.width)
    begin = span.first + span.warm_up
    if span.warm_up:
        _advance(job, (span.first, begin), first, moving, scratch, tally_of(job.program, periods=span.warm_up, width=job.width))
    tally = tally_of(job.program, periods=span.periods, width=job.width)
    _advance(job, (begin, begin + span.periods), first, moving, scratch, tally)
    return tally


def _advance(job: Job, reach: tuple[int, int], first: int, moving: Moving, scratch: Scratch, tally: Tally) -> None:
    program = job.program
    start = Moving(*(array.copy() for array in moving))
    entities = sum(program.counts[:3]) * job.width
    step = max(1, CALL_UPDATES // max(entities, 1))
    tolerance = 0.0 if program.integer else 1e-9
    worst = np.zeros(1)
    for begin in range(reach[0], reach[1], step):
        if job.cancel.is_set():
            raise CancelledError("the run was cancelled; nothing was written")
        end = min(begin + step, reach[1])
        run_kernel(
            (begin, end, reach[0]),
            first,
            program.integer,
            program.buffers,
            program.activities,
            program.streams,
            program.resources,
            program.order,
            job.laws,
            job.keys,
            moving,
            scratch,
            tally,
        )
        law, entity = check_kernel(tolerance, program.buffers, program.activities, program.streams, start, moving, tally, worst)
        if law:
            raise InvariantError(
                f"law {law} ({LAWS[law]}) does not hold for {_entity_name(program, law, entity)} by period {end}, "
                f"replications from {first}: off by {worst[0]:g}"
            )
        job.report((end - begin) * job.width)


def _entity_name(program: Program, law: int, entity: int) -> str:
    names = program.names
    frame = {1: names.buffers, 2: names.streams, 3: names.activities, 4: names.activities}.get(law, names.buffers)
    return str(frame.row(entity)[0]) if entity < frame.height else str(entity)


def _in_order(
    pool: ThreadPoolExecutor, job: Job, blocks: list[tuple[int, int]], *, ahead: int
) -> Iterator[tuple[tuple[int, int], Tally]]:
    """Yield blocks in order, a bounded number of them under way, so that memory does not grow with the replications."""
    waiting: deque[tuple[tuple[int, int], Future[Tally]]] = deque()
    for block in blocks:
        waiting.append((block, pool.submit(_block, job, block[0])))
        if len(waiting) > ahead:
            done, future = waiting.popleft()
            yield done, future.result()
    while waiting:
        done, future = waiting.popleft()
        yield done, future.result()


def _tree(groups: Iterator[Reduced]) -> Reduced:
    """Join groups pairwise, as a binary counter carries: the shape depends on their number only."""
    pending: list[tuple[int, Reduced]] = []
    for group in groups:
        size, item = 1, group
        while pending and pending[-1][0] == size:
            item = pending.pop()[1].join(item)
            size *= 2
        pending.append((size, item))
    total = pending.pop()[1]
    while pending:
        total = pending.pop()[1].join(total)
    return total


def _empty_moments(job: Job) -> dict[str, Moments]:
    buffers, activities, streams, resources = job.program.counts
    sizes = {
        "on_hand": buffers,
        "ready_rate": buffers,
        "demand": streams,
        "shipped": streams,
        "lost": streams,
        "backlog": streams,
        "fill_rate": streams,
        "cycle_service_level": streams,
        "ordered": activities,
        "started": activities,
        "order_rate": activities,
        "start_rate": activities,
        "in_process": activities,
        "used": resources,
        "period_stock": job.span.periods,
        "period_backlog": job.span.periods,
        "period_demand": job.span.periods,
        "period_fill_rate": job.span.periods,
    }
    return {name: Moments.empty(size) for name, size in sizes.items()}


def _add_block(moments: dict[str, Moments], tally: Tally, width: int, periods: int) -> None:
    with np.errstate(invalid="ignore", divide="ignore"):
        fill_rate = tally.immediate / tally.demand
        cycle_service_level = tally.clear / tally.asked
        period_fill_rate = tally.period_immediate / tally.period_demand
    averaged = {
        "on_hand": tally.on_hand,
        "ready_rate": tally.stocked,
        "demand": tally.demand,
        "shipped": tally.shipped,
        "lost": tally.lost,
        "backlog": tally.owed,
        "ordered": tally.ordered,
        "started": tally.started,
        "order_rate": tally.orders,
        "start_rate": tally.starts,
        "in_process": tally.moving,
        "used": tally.used,
    }
    for name, values in averaged.items():
        moments[name].add(values, scale=1.0 / periods, width=width)
    plain = {
        "fill_rate": fill_rate,
        "cycle_service_level": cycle_service_level,
        "period_stock": tally.period_stock,
        "period_backlog": tally.period_owed,
        "period_demand": tally.period_demand,
        "period_fill_rate": period_fill_rate,
    }
    for name, values in plain.items():
        moments[name].add(values, scale=1.0, width=width)


def _reporter(span: Span, width: int, progress: Callable[[float], None] | None) -> Callable[[float], None]:
    if progress is None:
        return lambda _: None
    total = float(-(-span.replications // width) * width) * (span.warm_up + span.periods)
    lock = threading.Lock()
    done = 0.0

    def report(amount: float) -> None:
        nonlocal done
        with lock:
            done += amount
            progress(min(1.0, done / total))

    return report
