"""Plays a network period by period and keeps what every stock point passes on of what is asked of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.errors import CancelledError
from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.simulation.block import Blocks, Plan
from chaintwin.simulation.metering import Meter
from chaintwin.simulation.playing import CANCELLED, GROUP
from chaintwin.simulation.simulating import Setup
from chaintwin.simulation.tape.assembling import assemble

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What happened in each counted period.

    Parameters
    ----------
    passed, asked : Floats[periods, N], units, means over replications: what a stock point gave to customers and to what takes
        from it; the same and what it owes at the close, or lost.
    ordered : Floats[periods, N], units a stock point ordered.
    stage_passed : Floats[periods, stages, replications], money: the same of whole stages, each unit at its value.
    """

    passed: Floats
    asked: Floats
    ordered: Floats
    stage_passed: Floats


def stages_of(program: Program) -> Integers:
    """Return Integers[N]: how many steps a stock point is away from the customers, 1 where customers buy; 0 where none ever do.

    Parameters
    ----------
    program : the network.
    """
    activities = program.activities
    stage = np.zeros(program.counts[0], dtype=np.int64)
    stage[program.streams.buffer] = 1
    front = np.unique(program.streams.buffer)
    owner = np.repeat(np.arange(activities.kind.size), np.diff(activities.output_start))
    number = 1
    while front.size:
        number += 1
        sources = np.unique(owner[np.isin(activities.output_buffer, front)])
        _, arc = spread(activities.input_start, sources)
        above = np.unique(activities.input_buffer[arc])
        front = above[stage[above] == 0]
        stage[front] = number
    return stage


def record(
    setup: Setup,
    *,
    like: Program,
    stage: Integers,
    value: Floats,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> Recorded:
    """Return what happened.

    Parameters
    ----------
    setup : what is played.
    like : the program whose N stock points are meant; those that are not played pass on nothing.
    stage : Integers[N], as ``stages_of`` says. value : Floats[N], money a unit.
    progress : called with the share done. cancel : set it to stop.

    Raises
    ------
    CancelledError
        ``cancel`` was set.
    """
    program, span = setup.program, setup.span
    tape = assemble(program, setup.state, periods=span.warm_up + span.periods)
    plan = Plan.of(program, tape, begin=span.first, warm_up=span.warm_up, periods=span.periods)
    meter = Meter(program)
    count, place = like.counts[0], _places(like, program)
    known = place >= 0
    stages = int(stage.max(initial=0))
    weigh = sparse.csr_array((value[stage > 0], (stage[stage > 0] - 1, np.flatnonzero(stage > 0))), shape=(stages, count))
    shape = (span.periods, count)
    totals = {name: np.zeros(shape) for name in ("passed", "asked", "ordered")}
    by_stage = np.zeros((span.periods, stages, span.replications))
    groups = -(-span.replications // GROUP)
    for group in range(groups):
        first = GROUP * group
        width = min(GROUP, span.replications - first)
        blocks = Blocks(plan, first=first, width=width, seed=span.seed)
        blocks.advance(span.first + span.warm_up)
        blocks.count_from_here()
        for period in range(span.periods):
            if cancel is not None and cancel.is_set():
                raise CancelledError(CANCELLED)
            read = meter.read(blocks)
            for name, total in totals.items():
                values = np.where(known[:, None], read[name][place], 0.0)
                total[period] += values.sum(axis=1)
                if name == "passed":
                    by_stage[period, :, first : first + width] = np.asarray(weigh @ values)
            if progress is not None and period % 16 == 0:
                progress((group + period / span.periods) / groups)
    means = {name: values / span.replications for name, values in totals.items()}
    return Recorded(**means, stage_passed=by_stage)


def _places(like: Program, program: Program) -> Integers:
    """Return Integers[N]: the number in a program of each stock point of another, -1 where it has none."""
    own = program.names.buffers.select("buffer_id").with_row_index("place")
    joined = like.names.buffers.join(own, on="buffer_id", how="left", maintain_order="left")
    return joined["place"].cast(pl.Int64).fill_null(-1).to_numpy().astype(np.int64)
