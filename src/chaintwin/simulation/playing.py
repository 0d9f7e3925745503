"""Blocks of replications on their way: played in threads, checked, and reduced in groups of 64 in order."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, is_dataclass, replace
from functools import lru_cache, partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import CancelledError, InvariantError, UsageError
from chaintwin.network.program import Names, Program
from chaintwin.network.state import State
from chaintwin.simulation.bands.histories import with_histories
from chaintwin.simulation.bands.keeping import Each, Keeper
from chaintwin.simulation.block import Blocks, Counted, Plan
from chaintwin.simulation.counting.balances import LAWS, Breach
from chaintwin.simulation.counting.measures import Measures
from chaintwin.simulation.counting.moments import Moments, Ratios
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.tape import Tape

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
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

BATCH_REPLICATIONS = 1 << 40
"""Replications of a batch where nobody waits for a precision: no limit."""

SMALL, PLANS_KEPT = 2_000, 8
"""Entities of a network whose plan is kept for the next run of the same, and how many such plans."""

CANCELLED = "the run was cancelled; nothing was written"

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
class Reduced:
    """What is kept of a set of replications.

    Parameters
    ----------
    figures : Floats[replications, figures], in order of replication; columns are ``LEDGER``.
    accounts : Floats[replications, ACCOUNT_FIGURES x accounts], figure by figure; without columns where nobody asked for them.
    moments, ratios : of everything that is measured. measures : which part of them each quantity takes.
    bands : float32[series, periods, 9], quantiles as ``Keeper.finish`` gives them; None where none were asked for.
    """

    figures: Floats
    accounts: Floats
    moments: Moments
    ratios: Ratios
    measures: Measures
    bands: NDArray[np.float32] | None = None

    def __getitem__(self, name: str) -> Moments | Ratios:
        """Return the moments of one quantity, over the entities or periods it belongs to."""
        if name in self.measures.places:
            return self.moments.part(self.measures.places[name])
        return self.ratios.part(self.measures.ratios[name])

    def join(self, other: Reduced) -> Reduced:
        """Return both sets, ``other`` being the later replications."""
        figures = np.concatenate([self.figures, other.figures])
        accounts = np.concatenate([self.accounts, other.accounts])
        return Reduced(figures, accounts, self.moments.join(other.moments), self.ratios.join(other.ratios), self.measures)


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
    keeper: Keeper | None = None
    by_account: bool = False
    tables: list[Floats] = field(default_factory=list)
    """Tables of blocks that have been reduced, for the next ones."""


def best_width(tape: Tape, replications: int, *, workers: int, room: int) -> int:
    """Return the replications of a block: what fits the cache, a power of two from 16 to 64, or fewer where memory asks for it.

    A single group is cut into equal blocks instead, so that every worker has its share.

    Parameters
    ----------
    tape, replications, workers : what is played, how often, and by how many threads.
    room : periods of which a table keeps totals.
    """
    fitting = max(16, CACHE_BYTES // (8 * tape.rows.hot))
    fitting = max(1, min(fitting, BLOCK_BYTES // (8 * (tape.rows.count + tape.rows.totals * room))))
    if replications > GROUP:
        return int(1 << (min(GROUP, fitting).bit_length() - 1))
    rounds = -(-replications // (workers * min(GROUP, fitting)))
    return max(1, -(-replications // (workers * rounds)))


def job_of(
    program: Program,
    state: State,
    *,
    span: Span,
    threads: int | None,
    width: int | None,
    progress: Callable[[float], None] | None,
    cancel: threading.Event | None,
    bands: Integers | None = None,
    by_account: bool = False,
) -> tuple[Job, int]:
    """Return what all groups need, and the number of workers."""
    _refuse(span, width)
    workers = max(1, threads or os.cpu_count() or 1)
    plan, keeper = _plan(program, state, span=span, bands=bands)
    chosen = width or best_width(plan.tape, span.replications, workers=workers, room=plan.room)
    report = _reporter(span, chosen, progress)
    stop = _Stop(cancel)
    job = Job(plan=plan, span=span, width=chosen, report=report, cancel=stop, keeper=keeper, by_account=by_account)
    return job, workers


def reduced_groups(job: Job, batches: list[tuple[int, int]], *, workers: int) -> Generator[Reduced, None, None]:
    """Play batches and yield their groups in order; to be closed, so that nothing plays on."""
    kept = job.keeper.pilot if job.keeper else 0
    workers = min(workers, max(len(batches), -(-kept // job.width)))
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(workers)) if workers > 1 else None
        # Ctrl-C, failures, and a precision that is reached while others play on: workers look at the event between two calls,
        # so leaving the pool does not hang.
        stack.callback(job.cancel.ended.set)
        if job.keeper:
            yield from _groups(job, _pilot(job, job.keeper, workers=workers, each=pool.map if pool else map))
        yield from _later(job, pool, batches, ahead=workers)


def batches_of(job: Job, workers: int, *, begin: int, most: int) -> list[tuple[int, int]]:
    """Return first replication and number of replications of each batch from ``begin`` on, where a group begins.

    A batch has as many blocks as make a call worth while. No worker is left without work for that, and memory is bounded.
    Within these limits a batch holds whole groups.
    """
    span, entities = job.span, max(1, sum(job.plan.program.counts[:3]))
    periods = max(span.warm_up, span.periods)
    held = 8 * job.width * (job.plan.tape.rows.count + job.plan.tape.rows.totals * periods)
    blocks, group = -(-(span.replications - begin) // job.width), GROUP // job.width
    fitting = max(1, min(BATCH_BYTES // held, -(-blocks // workers), most // job.width))
    worth = max(group, CALL_UPDATES // (entities * job.width * (span.warm_up + span.periods)))
    size = min(worth, fitting)
    size = (size // group * group if size >= group else size) * job.width
    return [(first, min(size, span.replications - first)) for first in range(begin, span.replications, size)]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a plan is made for; equal to another of the same content."""

    digest: bytes
    program: Program = field(compare=False)
    state: State = field(compare=False)
    first: int
    warm_up: int
    periods: int

    def plan(self) -> Plan:
        """Return the tape of the program and what is counted."""
        tape = assemble(self.program, self.state, periods=self.warm_up + self.periods)
        return Plan.of(self.program, tape, begin=self.first, warm_up=self.warm_up, periods=self.periods)


@lru_cache(maxsize=PLANS_KEPT)
def _kept_plan(wanted: _Wanted) -> Plan:
    return wanted.plan()


def _plan(program: Program, state: State, *, span: Span, bands: Integers | None) -> tuple[Plan, Keeper | None]:
    """Return what is played and, where bands are asked for, what keeps them."""
    periods = {"begin": span.first, "warm_up": span.warm_up, "periods": span.periods}
    if bands is None:
        # Writing the tape of a small network takes as long as to play thousands of periods, and it is often played again.
        small = sum(program.counts) <= SMALL
        digest = _content(program, state) if small else b""
        wanted = _Wanted(digest, program, state, span.first, span.warm_up, span.periods)
        return replace(_kept_plan(wanted), program=program) if small else wanted.plan(), None
    tape = assemble(program, state, periods=span.warm_up + span.periods)
    histories = with_histories(tape, program, chosen=bands, periods=span.periods)
    plan = Plan.of(program, histories.tape, **periods)
    keeper = Keeper(
        histories,
        program,
        counted_from=plan.counted_from,
        periods=span.periods,
        room=plan.room,
        replications=span.replications,
    )
    return replace(plan, measures=histories.measured(plan.measures)), keeper


def _content(*parts: object) -> bytes:
    """Return a hash of all arrays and numbers in dataclasses; names do not count."""
    digest = hashlib.blake2b(digest_size=16)
    waiting = list(parts)
    while waiting:
        part = waiting.pop()
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(part.tobytes())
        elif isinstance(part, Names):
            continue
        elif isinstance(part, tuple):
            waiting += part
        elif is_dataclass(part):
            waiting += [getattr(part, name) for name in part.__dataclass_fields__]
        else:
            digest.update(repr(part).encode())
    return digest.digest()


def _refuse(span: Span, width: int | None) -> None:
    if span.replications < 1 or span.periods < 1 or span.warm_up < 0:
        found = f"{span.replications} replications of {span.periods} periods after {span.warm_up}"
        raise UsageError(f"span: found {found}; allowed: at least one replication and one period, warm-up of 0 or more")
    if width is not None and not (0 < width <= GROUP and (GROUP % width == 0 or span.replications <= GROUP)):
        raise UsageError(f"width: found {width}; allowed: 1 to {GROUP}, dividing {GROUP}")


def _later(job: Job, pool: ThreadPoolExecutor | None, batches: list[tuple[int, int]], *, ahead: int) -> Iterator[Reduced]:
    """Play batches, on the threads of a pool if there is one, and yield the groups they come to."""
    if pool is None:
        yield from _groups(job, (_play(job, batch) for batch in batches))
    elif all(first % GROUP == 0 for first, _ in batches):
        # Batches of whole groups are reduced where they were played, so that no thread waits for the one that reduces.
        for groups in _in_order(pool, lambda batch: list(_groups(job, [_play(job, batch)])), batches, ahead=ahead):
            yield from groups
    else:
        yield from _groups(job, _in_order(pool, lambda batch: _play(job, batch), batches, ahead=ahead))


def _pilot(job: Job, keeper: Keeper, *, workers: int, each: Each) -> list[tuple[int, Blocks]]:
    """Play the first replications side by side, so that their values of a period are known together, and return their blocks."""
    plan = job.plan
    blocks = -(-keeper.pilot // job.width)
    size = -(-blocks // workers)
    pilot = [
        Blocks(plan, first=first * job.width, width=job.width, seed=job.span.seed, count=min(size, blocks - first))
        for first in range(0, blocks, size)
    ]

    def begin(number: int) -> None:
        _warm_up(job, pilot[number])
        keeper.begin(pilot[number])

    list(each(begin, range(len(pilot))))
    looked = read = plan.counted_from
    everyone = range(len(pilot))
    for end in keeper.steps():
        if job.cancel.is_set():
            raise CancelledError(CANCELLED)
        list(each(partial(_go_on, pilot, end), everyone))
        keeper.take(pilot, read, each=each)
        read = end
        if end - looked >= CALL_PERIODS or end == plan.end:
            list(each(partial(_look_at, job, pilot, looked), everyone))
            looked = end
    return [(min(keeper.pilot - one.first, one.table.shape[0] * job.width), one) for one in pilot]


def _go_on(pilot: list[Blocks], end: int, number: int) -> None:
    pilot[number].advance(end)


def _look_at(job: Job, pilot: list[Blocks], begin: int, number: int) -> None:
    _look(job, pilot[number], begin)


def _groups(job: Job, played: Iterable[tuple[int, Blocks]]) -> Iterator[Reduced]:
    """Reduce blocks, which come in order with the number of their replications, to groups of 64, one after the other."""
    measures = job.plan.measures
    counted = Counted.nothing(measures)
    for used, blocks in played:
        end = blocks.first + used
        for number, first in blocks:
            width = min(job.width, end - first)
            counted = blocks.reduce(number, width, before=counted, by_account=job.by_account)
            if (first + width) % GROUP == 0 or first + width == job.span.replications:
                figures, accounts = (np.concatenate(part) for part in (counted.figures, counted.accounts))
                yield Reduced(figures, accounts, counted.moments, counted.ratios, measures)
                counted = Counted.nothing(measures)
        job.tables.append(blocks.table)


def _play(job: Job, batch: tuple[int, int]) -> tuple[int, Blocks]:
    """Play one batch through warm-up and counted periods and return its number of replications and its blocks."""
    first, used = batch
    count = -(-used // job.width)
    blocks = Blocks(job.plan, first=first, width=job.width, seed=job.span.seed, count=count, tables=job.tables)
    _warm_up(job, blocks)
    _advance(job, blocks, job.plan.end)
    return used, blocks


def _warm_up(job: Job, blocks: Blocks) -> None:
    plan = job.plan
    if plan.counted_from > plan.begin:
        _advance(job, blocks, plan.counted_from)
        blocks.count_from_here()


def _advance(job: Job, blocks: Blocks, end: int) -> None:
    entities = sum(job.plan.program.counts[:3]) * job.width * blocks.table.shape[0]
    step = max(CALL_PERIODS, CALL_UPDATES // max(entities, 1))
    while blocks.period < end:
        if job.cancel.is_set():
            raise CancelledError(CANCELLED)
        begin = blocks.period
        if job.keeper:
            job.keeper.play(blocks, min(begin + step, end))
        else:
            blocks.advance(min(begin + step, end))
        _look(job, blocks, begin)


def _look(job: Job, blocks: Blocks, begin: int) -> None:
    """Check the laws, and report the periods from ``begin`` on as done."""
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
