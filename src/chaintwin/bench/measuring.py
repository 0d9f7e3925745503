"""Timing of cases: untimed preparation, one untimed pass where there is more than one, then the repetitions."""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from chaintwin.bench.case import Case, Measurement, Phase, Timing
from chaintwin.errors import UsageError


def measure(case: Case, *, size: int | None = None, repeat: int = 5) -> Measurement:
    """Time every phase of a case.

    Parameters
    ----------
    case : what is run.
    size : one of the case's sizes, the full one by default.
    repeat : timed repetitions, 1 or more; from 2 on, one untimed pass goes first, so that compiling is not counted.

    Raises
    ------
    UsageError
        The size or the number of repetitions is not allowed.
    """
    chosen = case.sizes[-1] if size is None else size
    if chosen not in case.sizes:
        raise UsageError(f"size of {case.name}: found {chosen}; allowed: {', '.join(map(str, case.sizes))}")
    if repeat < 1:
        raise UsageError(f"repeat: found {repeat}; allowed: 1 or more")
    obstacle = case.obstacle()
    if obstacle:
        return Measurement(case.name, case.workload, chosen, case.size_unit, (), obstacle)
    with tempfile.TemporaryDirectory(prefix="chaintwin-bench-") as folder:
        phases = case.prepare(chosen, Path(folder))
        if repeat > 1:
            for phase in phases:
                phase.run()
        timings = tuple(_timing(phase, repeat, is_full=chosen == case.sizes[-1]) for phase in phases)
    return Measurement(case.name, case.workload, chosen, case.size_unit, timings)


def _timing(phase: Phase, repeat: int, *, is_full: bool) -> Timing:
    seconds, amounts = [], []
    for _ in range(repeat):
        # What an earlier repetition left behind is collected outside the timed part.
        gc.collect()
        begun = perf_counter()
        amounts.append(phase.run())
        seconds.append(perf_counter() - begun)
    middle, amount = median(seconds), median(amounts)
    return Timing(
        phase=phase.name,
        seconds=tuple(seconds),
        median=middle,
        shortest=min(seconds),
        longest=max(seconds),
        amount=amount,
        unit=phase.unit,
        rate=amount / middle if phase.unit else None,
        limit_seconds=phase.limit_seconds if is_full and phase.limit_seconds else None,
        finding=phase.finding,
    )
