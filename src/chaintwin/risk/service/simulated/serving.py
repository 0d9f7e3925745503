"""Cost to serve of a simulated network: every amount of its ledger given to the streams of demand that caused it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from chaintwin.network.program import Program
from chaintwin.risk.service.cost_to_serve import COST_DRIVERS, SMALLEST, split_exactly
from chaintwin.risk.service.simulated.destinations import Destinations, row_sums, scaled_rows, to_one
from chaintwin.simulation.attributing import cost_rows
from chaintwin.simulation.history.trace import Trace
from chaintwin.simulation.tape.rows import slacks

Floats = NDArray[np.float64]

DIRECT = ("backlog_cost", "lost_sales_cost")
"""Lines whose amounts belong to a stream as they are."""

LEAST_PART = 1e-9
"""A part that reached nobody is unattributed from this on; below, it is the rounding of parts that add up to 1."""

SHARE_SCHEMA = pl.Schema(
    {
        "line": pl.String(),
        "kind": pl.String(),
        "id": pl.String(),
        "stream_id": pl.String(),
        "way": pl.String(),
        "amount": pl.Float64(),
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """A ledger given to streams.

    Parameters
    ----------
    shares : ``line``, ``kind`` and ``id`` of the amount, ``stream_id`` (null: unattributed), ``way`` (``direct``, the driver, or
        ``unattributed``) and ``amount``, money a period. The shares of an amount add up to it exactly, in any order.
    ledger : the amounts, as results hold them. total : their exact sum.
    """

    shares: pl.DataFrame
    ledger: pl.DataFrame
    total: float


def trace_ledger(trace: Trace, *, warm_up: int = 0) -> pl.DataFrame:
    """Return what each cost line of one replication is made of, as ``Result.costs`` does of all: money a period.

    Parameters
    ----------
    trace : the replication.
    warm_up : periods at its start that do not count.

    Returns
    -------
    Every entity of each line, those that cost nothing too, in an order that depends on the program alone.
    """
    program = trace.program
    spent = priced(trace.started, program.activities.cost_start, values=program.activities.cost_value, begin=trace.begin)
    flows = {
        "on_hand": trace.on_hand,
        "expired": trace.expired,
        "in_process": trace.in_process,
        "backlog": trace.backlog,
        "lost": trace.lost,
        "started": trace.started,
        "spent": spent,
        # Scenarios that move prices are refused before.
        **dict.fromkeys(("surcharge", "surduty"), np.zeros_like(trace.started)),
        "start_rate": has_started(trace).astype(np.float64),
        "used": trace.used,
    }
    return cost_rows(program, lambda name: flows[name][warm_up:].mean(axis=0))


def has_started(trace: Trace) -> NDArray[np.bool_]:
    """Return Booleans[T, A]: periods with a start, not of what is only rounding."""
    activities = trace.program.activities
    slack = slacks(trace.program)
    least = np.zeros(activities.kind.size)
    owner = np.repeat(np.arange(least.size), np.diff(activities.output_start))
    np.maximum.at(least, owner, slack[activities.output_buffer])
    found: NDArray[np.bool_] = trace.started > least
    return found


def priced(quantity: Floats, start: NDArray[np.int64], *, values: Floats, begin: int) -> Floats:
    """Return quantities times the price of their period, 0 where there are no prices.

    Parameters
    ----------
    quantity : Floats[T, E], of periods from ``begin`` on.
    start, values : rows over E of prices, repeated over their length.
    begin : number of the first period.
    """
    found = np.zeros(quantity.shape)
    periods = begin + np.arange(len(quantity))
    for entity in np.flatnonzero(np.diff(start)):
        prices = values[start[entity] : start[entity + 1]]
        found[:, entity] = quantity[:, entity] * prices[periods % prices.size]
    return found


def serving_parts(
    program: Program,
    ledger: pl.DataFrame,
    *,
    to: Destinations,
    started: Floats,
    shipped: Floats,
    lines: Floats,
) -> sparse.csr_array:
    """Return sparse float64[rows, D]: the part of each row of the ledger that each stream caused.

    What lies, moves, is bought, made or taxed is shared by where its units ended up (`follow_flows`); one activity carries one
    product, so that units, weight, volume and value share alike. A start is shared by order lines: units over the units of a
    line, so that small lines cost more a unit. A resource is shared by its hours. What is owed or lost is the stream's own.

    Parameters
    ----------
    program : the network.
    ledger : as from `trace_ledger`.
    to : where units ended up.
    started : Floats[A]. shipped : Floats[D], units. lines : Floats[D], order lines. All over the same time.
    """
    use = program.activities
    hours = sparse.csr_array(
        (use.use_quantity, use.use_resource, use.use_start), shape=(started.size, program.resources.cost.size)
    )
    used = to_one(scaled_rows(hours, started).T.tocsr())
    per_unit = np.divide(lines, shipped, out=np.zeros(lines.size), where=shipped > 0)
    matrices: Mapping[str, sparse.csr_array] = {
        "stock_point": to.buffer,
        "activity": to.activity,
        "stream": sparse.csr_array(sparse.eye_array(shipped.size, format="csr")),
        "resource": used @ to.activity,
    }
    counted = sparse.csr_array(
        (to.activity.data * per_unit[to.activity.indices], to.activity.indices, to.activity.indptr), shape=to.activity.shape
    )
    by_lines = scaled_rows(to_one(counted), row_sums(to.activity))
    kinds = ledger.select("line", "kind").unique(maintain_order=True)
    parts = [by_lines if line == "fixed_cost" else matrices[kind] for line, kind in kinds.iter_rows()]
    return sparse.csr_array(sparse.vstack(parts, format="csr")) if parts else sparse.csr_array((0, shipped.size))


def attribute_ledger(ledger: pl.DataFrame, parts: sparse.csr_array, *, streams: pl.Series) -> Served:
    """Give every amount of a ledger to streams, to the last bit.

    Parameters
    ----------
    ledger : ``line``, ``kind``, ``id`` and ``amount``, money.
    parts : sparse float64[rows, D], 0 or more, rows adding up to 1 or less: what is missing is unattributed.
    streams : ids, String[D].
    """
    owners: list[NDArray[np.int64]] = []
    pieces: list[Floats] = []
    rows: list[int] = []
    nobody = np.array([-1], dtype=np.int64)
    for row, amount in enumerate(ledger["amount"].to_list()):
        if amount == 0:
            continue
        here = slice(parts.indptr[row], parts.indptr[row + 1])
        who, sizes = parts.indices[here].astype(np.int64), parts.data[here]
        who, sizes = who[sizes > 0], sizes[sizes > 0]
        rest = 1.0 - math.fsum(sizes.tolist())
        if abs(amount) <= SMALLEST or sizes.size == 0:
            who, shared = nobody, np.array([amount])
        else:
            if rest > LEAST_PART:
                who, sizes = np.append(who, -1), np.append(sizes, rest)
            shared = split_exactly(amount, sizes)
        owners.append(who)
        pieces.append(shared)
        rows.append(row)
    counts = np.array([owner.size for owner in owners], dtype=np.int64)
    owner = np.concatenate([np.empty(0, dtype=np.int64), *owners])
    place = np.repeat(np.array(rows, dtype=np.int64), counts)
    is_given = pl.Series(owner >= 0, dtype=pl.Boolean)
    shares = ledger.select("line", "kind", "id")[place].with_columns(
        stream_id=pl.when(is_given).then(streams.gather(np.maximum(owner, 0))),
        way=pl.when(is_given)
        .then(pl.col("line").replace_strict(_ways(), return_dtype=pl.String))
        .otherwise(pl.lit("unattributed")),
        amount=pl.Series(np.concatenate([np.empty(0), *pieces]), dtype=pl.Float64),
    )
    shares = shares.select(pl.col(name).cast(kind) for name, kind in SHARE_SCHEMA.items()).filter(pl.col("amount") != 0)
    return Served(shares, ledger.filter(pl.col("amount") != 0), math.fsum(ledger["amount"].to_list()))


def _ways() -> dict[str, str]:
    return {line: "direct" if line in DIRECT else driver for line, driver in COST_DRIVERS.items()}
