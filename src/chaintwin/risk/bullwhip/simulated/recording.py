"""Plays replications period by period and keeps how orders, shipments and demand of groups of stock points vary."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.errors import CancelledError, UsageError
from chaintwin.network.paths.ordering import spread
from chaintwin.network.program import Program
from chaintwin.risk.bullwhip.simulated.chain import Chain
from chaintwin.simulation.block import Blocks, Plan
from chaintwin.simulation.playing import CANCELLED, GROUP
from chaintwin.simulation.simulating import Setup
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.tape import Tape

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

QUANTITIES = ("customers", "asked", "orders", "shipments")
"""What is measured of a group, in units a period: what customers ask for at and below it; what is asked of it, by customers and
stock points alike; what it orders; and what its sources send it, or start to make for it."""

RECORD_BYTES = 2 * 1024**3
"""Most memory that the moments of all replications may take."""

DUST = 1e-20
"""A variance below this part of the squared mean is rounding."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Periods that are added up before anything is measured.

    Parameters
    ----------
    name : for people. size : periods, 1 or more. offset : periods left out at the start, so that weeks begin on Mondays, say.
    """

    name: str
    size: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """Mean and variance over the periods of each replication.

    Parameters
    ----------
    groups : one row a group: ``level``, ``echelon``, ``site_id``, ``product_id`` (null where added up), ``points``.
    buckets : that were measured.
    mean, variance : Floats[buckets, QUANTITIES, groups, replications], units a bucket and their square (ddof 1).
    """

    groups: pl.DataFrame
    buckets: tuple[Bucket, ...]
    mean: Floats
    variance: Floats


def record(
    setup: Setup,
    chain: Chain,
    *,
    buckets: Sequence[Bucket],
    cycle: int = 1,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancel: threading.Event | None = None,
) -> Recorded:
    """Play the replications of a simulation and keep how its groups vary.

    They are the very replications that ``simulate`` plays. Nothing is kept by period, so memory grows with groups and
    replications alone.

    Parameters
    ----------
    setup : what is run. chain : stock points that are looked at.
    buckets : lengths that are looked at. cycle : periods of a season that each series loses, as for recorded stages; 1 for none.
    threads, progress, cancel : as for ``simulate``; never change the numbers.

    Raises
    ------
    UsageError
        There would be too many numbers for memory, or too few buckets.
    CancelledError
        ``cancel`` was set.
    """
    groups, member = _groups(chain)
    span, program = setup.span, setup.program
    kept = [bucket for bucket in buckets if (span.periods - bucket.offset) // bucket.size >= 3]
    if not kept:
        raise UsageError(f"periods: found {span.periods}; allowed: 3 or more, because variances are taken over them")
    size = 8 * 2 * len(kept) * len(QUANTITIES) * groups.height * span.replications
    if size > RECORD_BYTES:
        raise UsageError(
            f"bullwhip: found {size / 1024**3:.1f} GiB for {groups.height:,} groups and {span.replications:,} replications; "
            f"allowed: at most {RECORD_BYTES // 1024**3} GiB; fix: choose a part with --product or --site, or fewer replications"
        )
    tape = assemble(program, setup.state, periods=span.warm_up + span.periods)
    plan = Plan.of(program, tape, begin=span.first, warm_up=0, periods=span.warm_up + span.periods)
    meter = _Meter.of(program, tape, chain=chain, member=member)
    starts = range(0, span.replications, GROUP)
    done = [0] * len(starts)

    def play(number: int) -> list[_Tally]:
        def tell(period: int) -> None:
            done[number] = period
            if progress is not None:
                progress(min(1.0, sum(done) / (len(starts) * span.periods)))

        width = min(GROUP, span.replications - starts[number])
        tallies = [_Tally(bucket, cycle, (len(QUANTITIES), groups.height, width)) for bucket in kept]
        blocks = Blocks(plan, first=starts[number], width=width, seed=span.seed)
        blocks.advance(span.first + span.warm_up)
        before = meter.standing(blocks)
        for period in range(span.periods):
            if cancel is not None and cancel.is_set():
                raise CancelledError(CANCELLED)
            values, before = meter.read(blocks, before)
            for tally in tallies:
                tally.add(values, period)
            tell(period + 1)
        return tallies

    with ThreadPoolExecutor(max(1, min(threads or os.cpu_count() or 1, len(starts)))) as pool:
        parts = list(pool.map(play, range(len(starts))))
    moments = [[tally.moments() for tally in tallies] for tallies in parts]
    mean, variance = (
        np.stack([np.concatenate([part[place][which] for part in moments], axis=-1) for place in range(len(kept))])
        for which in (0, 1)
    )
    return Recorded(groups, tuple(kept), mean, variance)


def _groups(chain: Chain) -> tuple[pl.DataFrame, sparse.csr_array]:
    """Return the groups and which points are in each: every stock point, products by echelon, and echelons."""
    points = chain.points.select("echelon", "site_id", "product_id").with_row_index("point")
    nothing = pl.lit(None, dtype=pl.String)
    by_product = points.group_by("echelon", "product_id", maintain_order=True).agg("point")
    by_echelon = points.group_by("echelon", maintain_order=True).agg("point")
    level = pl.col("point").list.len().cast(pl.Int64).alias("points")
    columns = ("level", "echelon", "site_id", "product_id", "points", "point")
    parts = (
        points.with_columns(pl.concat_list("point"), level=pl.lit("stock point")),
        by_product.with_columns(level=pl.lit("product"), site_id=nothing),
        by_echelon.with_columns(level=pl.lit("echelon"), site_id=nothing, product_id=nothing),
    )
    groups = pl.concat([part.with_columns(level).select(columns) for part in parts])
    members = groups["point"].explode().to_numpy().astype(np.int64)
    start = np.concatenate([[0], np.cumsum(groups["points"].to_numpy())])
    member = sparse.csr_array((np.ones(members.size), members, start), shape=(groups.height, points.height))
    return groups.drop("point"), member


@dataclass(frozen=True, slots=True)
class _Meter:
    """What to read from a table at the close of a period.

    Parameters
    ----------
    flows, standing_rows : sparse[QUANTITIES x groups, rows]: what flowed in the period, and what stands in queues.
    shape : quantities, groups.
    """

    flows: sparse.csr_array
    standing_rows: sparse.csr_array
    sums: slice | Integers
    shape: tuple[int, int]

    @staticmethod
    def of(program: Program, tape: Tape, *, chain: Chain, member: sparse.csr_array) -> _Meter:
        """Return the meter of groups of stock points."""
        buffers, rows, chosen = program.buffers, tape.rows, chain.buffers
        wide = (chosen.size, rows.count)

        def matrix(place: NDArray[Any], row: NDArray[Any], weight: Floats) -> sparse.csr_array:
            return sparse.csr_array((weight, (place, row)), shape=wide)

        place, arc = spread(buffers.source_start, chosen)
        activity, output = buffers.source_activity[arc], buffers.source_output[arc]
        which, entry = spread(tape.queues.start, activity)
        shipments = matrix(place, rows.started[activity], output)
        ordered = matrix(place, rows.waiting[activity], output) + matrix(place[which], tape.queues.rows[entry], output[which])
        at, claim = spread(buffers.claim_start, chosen)
        stream, index = buffers.claim_kind[claim] == 0, buffers.claim_index[claim]
        taken = buffers.claim_quantity[claim][~stream]
        asked = matrix(at[stream], rows.demand[index[stream]], np.ones(int(stream.sum())))
        asked = asked + matrix(at[~stream], rows.started[index[~stream]], taken)
        waiting = matrix(at[~stream], rows.waiting[index[~stream]], taken)
        ends = sparse.coo_array(chain.customers[chosen])
        customers = matrix(ends.coords[0], rows.demand[ends.coords[1]], ends.data)
        nothing = sparse.csr_array(wide)
        return _Meter(
            sparse.csr_array(sparse.vstack([member @ part for part in (customers, asked, shipments, shipments)])),
            sparse.csr_array(sparse.vstack([member @ part for part in (nothing, waiting, ordered, nothing)])),
            rows.sums(),
            (len(QUANTITIES), member.shape[0]),
        )

    def standing(self, blocks: Blocks) -> Floats:
        """Return what stands in queues now."""
        found: Floats = self.standing_rows @ blocks.table[0][: self.standing_rows.shape[1]]
        return found

    def read(self, blocks: Blocks, before: Floats) -> tuple[Floats, Floats]:
        """Play a period and return Floats[QUANTITIES, groups, replications] of it, and what stands in queues after it."""
        # Sums that begin at zero in each period are its flows, exactly; differences of running sums would be rounded.
        blocks.table[:, self.sums] = 0.0
        blocks.advance(blocks.period + 1)
        after = self.standing(blocks)
        flowed = self.flows @ blocks.table[0][: self.flows.shape[1]] + (after - before)
        return flowed.reshape((*self.shape, -1)), after


class _Tally:
    """Running mean and squared deviations of buckets, phase of the season by phase (Welford 1962)."""

    def __init__(self, bucket: Bucket, cycle: int, shape: tuple[int, int, int]) -> None:
        self.bucket = bucket
        # The season of sums repeats when both the bucket and the cycle do.
        phases = cycle // math.gcd(cycle, bucket.size)
        self.count = np.zeros(phases, dtype=np.int64)
        self.mean, self.spread = np.zeros((phases, *shape)), np.zeros(shape)
        self.total = np.zeros(shape)

    def add(self, values: Floats, period: int) -> None:
        """Add what a period, counted from the first, came to."""
        place = period - self.bucket.offset
        if place < 0:
            return
        self.total += values
        if (place + 1) % self.bucket.size:
            return
        phase = int(self.count.sum()) % self.count.size
        self.count[phase] += 1
        step = self.total - self.mean[phase]
        self.mean[phase] += step / self.count[phase]
        self.spread += step * (self.total - self.mean[phase])
        self.total[:] = 0.0

    def moments(self) -> tuple[Floats, Floats]:
        """Return mean and variance, Floats[QUANTITIES, groups, replications] each."""
        count = int(self.count.sum())
        mean: Floats = np.tensordot(self.count / count, self.mean, axes=1)
        variance = self.spread / (count - 1)
        variance[variance < DUST * mean**2] = 0.0
        return mean, variance
