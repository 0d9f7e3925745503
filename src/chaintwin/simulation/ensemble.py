"""Many replications of one network: as many as are asked for or a precision needs, in this process or in parts in any."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.program import Program
from chaintwin.network.state import State
from chaintwin.simulation.counting.precision import Precision
from chaintwin.simulation.playing import BATCH_REPLICATIONS, GROUP, Reduced, Span, batches_of, job_of, reduced_groups

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LOOKS = 32
"""Groups after each of which a precision is looked for; from twice as many on after every 2nd, then every 3rd, and so on."""


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
    bands: Integers | None = None,
    by_account: bool = False,
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
    bands : buffers whose stock and backlog are kept as quantiles by period, with those of the whole network and how orders vary
        (``bullwhip``); not together with ``until`` or what follows, because what is counted cannot be taken back.
    by_account : keep margin, cash and funding of each account by replication, 24 bytes each however long the run is.
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
    if bands is not None and (until is not None or earlier is not None or keep is not None):
        raise UsageError("bands: found a precision or saved replications beside them; allowed: a number of replications")
    done = earlier or Kept()
    job, workers = job_of(
        program,
        state,
        span=span,
        threads=threads,
        width=width,
        progress=progress,
        cancel=cancel,
        bands=bands,
        by_account=by_account,
    )
    begin = job.keeper.pilot if job.keeper else GROUP * done.groups
    batches = batches_of(job, workers, begin=begin, most=GROUP if until else BATCH_REPLICATIONS)
    if done.parts:
        job.report(float(min(GROUP * done.groups, span.replications)) * (span.warm_up + span.periods))
    with closing(reduced_groups(job, batches, workers=workers)) as groups:
        for group in _enough(groups, until, before=done.figures):
            done = done.add(group)
            if keep is not None and group.figures.shape[0] == GROUP:
                keep(done)
    return replace(done.total(), bands=job.keeper.finish()) if job.keeper else done.total()


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
    job, workers = job_of(program, state, span=part, threads=threads, width=width, progress=None, cancel=cancel)
    batches = batches_of(job, workers, begin=GROUP * first, most=BATCH_REPLICATIONS)
    with closing(reduced_groups(job, batches, workers=workers)) as reduced:
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


def _enough(groups: Iterator[Reduced], until: Until | None, *, before: list[Floats]) -> Iterator[Reduced]:
    """Yield groups until the precision is reached; ``before`` holds the figures of the groups that are there already."""
    if until is None:
        # Nobody looks at the figures on the way, so they are not kept twice.
        yield from groups
        return
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
