"""Many replications of one network: blocks run in threads, checked, reduced in groups of 64 in order, cancelled on request."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import CancelledError, InvariantError, UsageError
from chaintwin.network.program import Program
from chaintwin.network.state import State
from chaintwin.simulation.block import Blocks, Counted, Plan
from chaintwin.simulation.counting.balances import LAWS, Breach
from chaintwin.simulation.counting.measures import Measures
from chaintwin.simulation.counting.moments import Moments, Ratios
from chaintwin.simulation.counting.precision import Precision
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.rows import PERIOD_TOTALS
from chaintwin.simulation.tape.tape import Tape

Floats = NDArray[np.float64]
Done = TypeVar("Done")

GROUP = 64
"""Replications in the unit of reduction; results are defined by it, so it is never tuned."""

CACHE_BYTES = 768 * 1024
"""State of a block that still fits the second-level cache of common processors (1 MiB and more), leaving room for tables."""

BLOCK_BYTES = 1024 * 1024 * 1024
"""A block that would be larger is made narrower, which is slower but needs less memory."""

CALL_UPDATES = 8_000_000
"""Entity updates between two looks at progress, cancellation and laws, some 20 to 100 ms."""

BATCH_BYTES = 256 * 1024 * 1024
"""Blocks kept together take no more memory than this."""

LOOKS = 32
"""Groups after each of which a precision is looked for; from twice as many on after every 2nd, then every 3rd, and so on."""

BATCH_REPLICATIONS = 1 << 40
"""Replications of a batch where nobody waits for a precision: no limit."""

CALL_PERIODS = 8
"""Periods between two such looks at least, because looking costs about as much as a period."""


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
class Until:
    """When a run may stop before all its replications.

    Parameters
    ----------
    precision : to be reached. confidence : level of the interval it speaks of.
    """

    precision: Precision
    confidence: float


@dataclass(frozen=True, slots=True)
class Reduced:
    """What is kept of a set of replications.

    Parameters
    ----------
    figures : Floats[replications, figures], in order of replication; columns are ``LEDGER``.
    moments, ratios : of everything that is measured. measures : which part of them each quantity takes.
    """

    figures: Floats
    moments: Moments
    ratios: Ratios
    measures: Measures

    def __getitem__(self, name: str) -> Moments | Ratios:
        """Return the moments of one quantity, over the entities or periods it belongs to."""
        if name in self.measures.places:
            return self.moments.part(self.measures.places[name])
        return self.ratios.part(self.measures.ratios[name])

    def join(self, other: Reduced) -> Reduced:
        """Return both sets, ``other`` being the later replications."""
        figures = np.concatenate([self.figures, other.figures])
        return Reduced(figures, self.moments.join(other.moments), self.ratios.join(other.ratios), self.measures)


@dataclass(frozen=True, slots=True)
class Kept:
    """Finished groups of 64 replications, the first of a run, joined as far as their tree allows; a run goes on from them.

    Parameters
    ----------
    parts : number of groups in each part, falling powers of two, and what is kept of them.
    """

    parts: tuple[tuple[int, Reduced], ...] = ()

    @property
    def groups(self) -> int:
        """Number of groups."""
        return sum(size for size, _ in self.parts)

    @property
    def figures(self) -> list[Floats]:
        """Figures of each group, Floats[GROUP, LEDGER]."""
        return [rows for size, part in self.parts for rows in np.split(part.figures, size)]

    def add(self, group: Reduced) -> Kept:
        """Return these and the next group, joined as a binary counter carries: the shape depends on their number only."""
        pending, size = list(self.parts), 1
        while pending and pending[-1][0] == size:
            group = pending.pop()[1].join(group)
            size *= 2
        return Kept((*pending, (size, group)))

    def total(self) -> Reduced:
        """Return all groups as one; there is at least one."""
        (_, total), *earlier = reversed(self.parts)
        for _, part in earlier:
            total = part.join(total)
        return total


@dataclass(frozen=True, slots=True)
class _Stop:
    """Why to stop: somebody asked for it, or the run is over; the caller's event is never set by us."""

    asked: threading.Event | None
    ended: threading.Event = field(default_factory=threading.Event)

    def is_set(self) -> bool:
        return self.ended.is_set() or (self.asked is not None and self.asked.is_set())


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a group of replications needs; the same for all groups."""

    plan: Plan
    span: Span
    width: int
    report: Callable[[float], None]
    cancel: _Stop


def run_ensemble(
    program: Program,
    state: State,
    *,
    span: Span,
    threads: int | None = None,
    width: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
    until: Until | None = None,
    earlier: Kept | None = None,
    keep: Callable[[Kept], None] | None = None,
) -> Reduced:
    """Run all replications, or as many as a precision needs, and return what is kept of them.

    Parameters
    ----------
    program, state, span : what is run, from where, and how much of it.
    threads : threads to use; all cores by default. Never changes a byte of the result.
    width : replications in a block, 1 to 64 and a divisor of 64 where there are more than 64 in all; by default what fits the
        cache. Never changes a byte of the result.
    progress : called with the share done, 0 to 1, from worker threads.
    cancel : when set, the run stops within a fraction of a second.
    until : a precision that is looked for after every 64 replications; ``span`` says how many there may be at most. How many it
        takes never depends on threads or width.
    earlier : the first groups of the same run, played before; they are not played again, and the result has the same bytes.
    keep : called in this thread with all full groups so far whenever there is one more.

    Raises
    ------
    CancelledError
        ``cancel`` was set.
    UsageError
        No replication, no period, or a width that is not allowed.
    InvariantError
        A conservation law did not hold; the message names law, entity, period and replication.
    """
    done = earlier or Kept()
    job, workers = _job(program, state, span=span, threads=threads, width=width, progress=progress, cancel=cancel)
    batches = _batches(job, workers, begin=GROUP * done.groups, most=GROUP if until else BATCH_REPLICATIONS)
    if done.parts:
        job.report(float(min(GROUP * done.groups, span.replications)) * (span.warm_up + span.periods))
    with closing(_reduced(job, batches, workers=workers)) as groups:
        for group in _enough(groups, until, before=done.figures):
            done = done.add(group)
            if keep is not None and group.figures.shape[0] == GROUP:
                keep(done)
    return done.total()


def run_groups(
    program: Program,
    state: State,
    *,
    span: Span,
    first: int,
    groups: int,
    threads: int = 1,
    width: int | None = None,
    cancel: threading.Event | None = None,
) -> tuple[Reduced, ...]:
    """Run some groups of 64 replications of an ensemble, in whatever process this is; ``join_groups`` makes one result of all.

    Program, state, span and what is returned can be pickled, so that a run can be spread over processes and machines.

    Parameters
    ----------
    program, state, span : of the whole ensemble, the same wherever a part of it is run.
    first : number of the first group, from 0; group g is replications 64 g to 64 g + 63.
    groups : how many, 1 or more. The last group of the ensemble may be smaller than 64.
    threads, width, cancel : as for ``run_ensemble``.

    Raises
    ------
    UsageError
        The ensemble has no such groups.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> from chaintwin.network.state import initial_state
    >>> program = load(Example.BEER_GAME).compile()
    >>> span = Span(first=0, periods=10, warm_up=0, replications=128, seed=0)
    >>> parts = [run_groups(program, initial_state(program), span=span, first=part, groups=1) for part in (0, 1)]
    >>> join_groups(parts[0] + parts[1]).figures.shape[0]
    128
    """
    every = -(-span.replications // GROUP)
    if first < 0 or groups < 1 or first + groups > every:
        raise UsageError(f"groups: found {first} to {first + groups - 1}; allowed: among 0 to {every - 1}, at least one")
    end = min(span.replications, GROUP * (first + groups))
    part = replace(span, replications=end)
    job, workers = _job(program, state, span=part, threads=threads, width=width, progress=None, cancel=cancel)
    batches = _batches(job, workers, begin=GROUP * first, most=BATCH_REPLICATIONS)
    with closing(_reduced(job, batches, workers=workers)) as reduced:
        return tuple(reduced)


def join_groups(groups: Iterable[Reduced]) -> Reduced:
    """Return all groups of an ensemble as one, bit for bit what ``run_ensemble`` returns.

    Parameters
    ----------
    groups : at least one, in order.
    """
    kept = Kept()
    for group in groups:
        kept = kept.add(group)
    return kept.total()


def first_enough(figures: list[Floats], until: Until | None) -> int | None:
    """Return after how many groups a run stops at a precision; None if these are too few.

    Parameters
    ----------
    figures : Floats[GROUP, LEDGER] of each group, in order.
    until : the precision.
    """
    return next((count for count in range(1, len(figures) + 1) if _is_enough(figures[:count], until)), None)


def best_width(tape: Tape, replications: int, *, workers: int) -> int:
    """Return the replications of a block: what fits the cache, a power of two from 16 to 64, or fewer where memory asks for it.

    A single group is cut into equal blocks instead, so that every worker has its share.
    """
    fitting = max(16, CACHE_BYTES // (8 * tape.rows.hot))
    fitting = max(1, min(fitting, BLOCK_BYTES // (8 * tape.rows.count)))
    width = 1 << (min(GROUP, fitting).bit_length() - 1)
    if replications > GROUP:
        return int(width)
    rounds = -(-replications // (workers * width))
    return max(1, -(-replications // (workers * rounds)))


def _refuse(span: Span, width: int | None) -> None:
    if span.replications < 1 or span.periods < 1 or span.warm_up < 0:
        found = f"{span.replications} replications of {span.periods} periods after {span.warm_up}"
        raise UsageError(f"span: found {found}; allowed: at least one replication and one period, warm-up of 0 or more")
    if width is not None and not (0 < width <= GROUP and (GROUP % width == 0 or span.replications <= GROUP)):
        raise UsageError(f"width: found {width}; allowed: 1 to {GROUP}, dividing {GROUP}")


def _job(
    program: Program,
    state: State,
    *,
    span: Span,
    threads: int | None,
    width: int | None,
    progress: Callable[[float], None] | None,
    cancel: threading.Event | None,
) -> tuple[Job, int]:
    """Return what all groups need, and the number of workers."""
    _refuse(span, width)
    tape = assemble(program, state)
    workers = max(1, threads or os.cpu_count() or 1)
    chosen = width or best_width(tape, span.replications, workers=workers)
    job = Job(
        plan=Plan.of(program, tape, begin=span.first, warm_up=span.warm_up, periods=span.periods),
        span=span,
        width=chosen,
        report=_reporter(span, chosen, progress),
        cancel=_Stop(cancel),
    )
    return job, workers


def _reduced(job: Job, batches: list[tuple[int, int]], *, workers: int) -> Generator[Reduced, None, None]:
    """Play batches and yield their groups in order; to be closed, so that nothing plays on."""
    workers = min(workers, len(batches))
    if workers <= 1:
        yield from _groups(job, (_play(job, batch) for batch in batches))
        return
    with ThreadPoolExecutor(workers) as pool:
        try:
            if all(first % GROUP == 0 for first, _ in batches):
                # Batches of whole groups are reduced where they were played, so that no thread waits for the one that reduces.
                done = _in_order(pool, lambda batch: list(_groups(job, [_play(job, batch)])), batches, ahead=workers)
                for groups in done:
                    yield from groups
            else:
                played = _in_order(pool, lambda batch: _play(job, batch), batches, ahead=workers)
                yield from _groups(job, played)
        finally:
            # Ctrl-C, failures, and a precision that is reached while others play on: workers look at the event between two calls,
            # so leaving the pool does not hang.
            job.cancel.ended.set()


def _batches(job: Job, workers: int, *, begin: int, most: int) -> list[tuple[int, int]]:
    """Return first replication and number of replications of each batch from ``begin`` on, where a group begins.

    A batch has as many blocks as make a call worth while. No worker is left without work for that, and memory is bounded.
    Within these limits a batch holds whole groups.
    """
    span, entities = job.span, max(1, sum(job.plan.program.counts[:3]))
    periods = max(span.warm_up, span.periods)
    held = 8 * job.width * (job.plan.tape.rows.count + PERIOD_TOTALS * periods)
    blocks, group = -(-(span.replications - begin) // job.width), GROUP // job.width
    fitting = max(1, min(BATCH_BYTES // held, -(-blocks // workers), most // job.width))
    worth = max(group, CALL_UPDATES // (entities * job.width * (span.warm_up + span.periods)))
    size = min(worth, fitting)
    size = (size // group * group if size >= group else size) * job.width
    return [(first, min(size, span.replications - first)) for first in range(begin, span.replications, size)]


def _groups(job: Job, played: Iterable[tuple[int, Blocks]]) -> Iterator[Reduced]:
    """Reduce blocks, which come in order with the number of their replications, to groups of 64, one after the other."""
    measures = job.plan.measures
    counted = Counted.nothing(measures)
    for used, blocks in played:
        end = blocks.first + used
        for number, first in blocks:
            width = min(job.width, end - first)
            counted = blocks.reduce(number, width, before=counted)
            if (first + width) % GROUP == 0 or first + width == job.span.replications:
                yield Reduced(np.concatenate(counted.figures), counted.moments, counted.ratios, measures)
                counted = Counted.nothing(measures)


def _enough(groups: Iterator[Reduced], until: Until | None, *, before: list[Floats]) -> Iterator[Reduced]:
    """Yield groups until the precision is reached; ``before`` holds the figures of the groups that are there already."""
    figures = list(before)
    if _is_enough(figures, until):
        return
    for group in groups:
        yield group
        figures.append(group.figures)
        if _is_enough(figures, until):
            return


def _is_enough(figures: list[Floats], until: Until | None) -> bool:
    # Later less often, because looking takes longer the more there is to look at.
    if until is None or not figures or len(figures) % max(1, len(figures) // LOOKS) != 0:
        return False
    return until.precision.share(np.concatenate(figures), confidence=until.confidence) >= 1


def _play(job: Job, batch: tuple[int, int]) -> tuple[int, Blocks]:
    """Play one batch through warm-up and counted periods and return its number of replications and its blocks."""
    plan, (first, used) = job.plan, batch
    blocks = Blocks(plan, first=first, width=job.width, seed=job.span.seed, count=-(-used // job.width))
    if plan.counted_from > plan.begin:
        _advance(job, blocks, plan.counted_from)
        blocks.count_from_here()
    _advance(job, blocks, plan.end)
    return used, blocks


def _advance(job: Job, blocks: Blocks, end: int) -> None:
    entities = sum(job.plan.program.counts[:3]) * job.width * blocks.table.shape[0]
    step = max(CALL_PERIODS, CALL_UPDATES // max(entities, 1))
    while blocks.period < end:
        if job.cancel.is_set():
            raise CancelledError("the run was cancelled; nothing was written")
        begin = blocks.period
        blocks.advance(min(begin + step, end))
        breach = blocks.breach()
        if breach:
            raise InvariantError(
                f"law {breach.law} ({LAWS[breach.law]}) does not hold for {_entity_name(job.plan.program, breach)} by period "
                f"{blocks.period}, replication {blocks.first + breach.replication}: off by {breach.size:g}"
            )
        job.report((blocks.period - begin) * job.width * blocks.table.shape[0])


def _entity_name(program: Program, breach: Breach) -> str:
    frame = {2: program.names.streams}.get(breach.law, program.names.buffers)
    return str(frame.row(breach.entity)[0]) if breach.entity < frame.height else str(breach.entity)


def _in_order(
    pool: ThreadPoolExecutor, work: Callable[[tuple[int, int]], Done], batches: list[tuple[int, int]], *, ahead: int
) -> Iterator[Done]:
    """Yield what becomes of batches in order, a bounded number under way, so that memory does not grow with replications."""
    waiting: deque[Future[Done]] = deque()
    for batch in batches:
        waiting.append(pool.submit(work, batch))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


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
