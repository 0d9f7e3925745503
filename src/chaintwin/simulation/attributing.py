"""Which stock point, activity, stream or resource each amount of the ledger belongs to."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.graph import ActivityKind
from chaintwin.network.program import Program
from chaintwin.simulation.playing import Reduced

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

COST_SCHEMA = {
    "line": pl.String,
    "kind": pl.String,
    "id": pl.String,
    "site_id": pl.String,
    "product_id": pl.String,
    "amount": pl.Float64,
}


def activity_places(program: Program) -> pl.DataFrame:
    """Return columns ``from_site_id``, ``to_site_id``, ``product_id`` over activities; null where nothing is taken or given.

    An activity with several inputs or outputs is named by the first.
    """
    buffers, activities = program.names.buffers, program.activities
    source = _first(activities.input_start, activities.input_buffer)
    target = _first(activities.output_start, activities.output_buffer)
    product = pl.Series([taken if given is None else given for taken, given in zip(source, target, strict=True)], dtype=pl.Int64)
    return pl.DataFrame(
        {
            "from_site_id": buffers["site_id"].gather(pl.Series(source, dtype=pl.Int64)),
            "to_site_id": buffers["site_id"].gather(pl.Series(target, dtype=pl.Int64)),
            "product_id": buffers["product_id"].gather(product),
        }
    )


def cost_frame(program: Program, reduced: Reduced) -> pl.DataFrame:
    """Return one row a cost line and entity that causes it: ``line``, ``kind``, ``id``, ``site_id``, ``product_id``, ``amount``.

    Amounts are money a period, means over replications; those of a line add up to its figure. Costs of an activity belong to the
    site its goods go to.

    Parameters
    ----------
    program, reduced : what was run and what was kept.
    """
    return cost_rows(program, lambda name: reduced[name].average()).filter(pl.col("amount") != 0)


def cost_rows(program: Program, mean: Callable[[str], Floats]) -> pl.DataFrame:
    """Return the rows of ``cost_frame``, those that cost nothing too: every entity of each cost line, in their order.

    Parameters
    ----------
    program : what was run.
    mean : returns by name what entities had or did a period: ``on_hand``, ``expired`` [N], ``in_process``, ``started``,
        ``spent``, ``surcharge``, ``surduty``, ``start_rate`` [A], ``backlog``, ``lost`` [D], ``used`` [K].
    """
    buffers, activities, streams = program.buffers, program.activities, program.streams
    names = program.names
    points = names.buffers.select("site_id", "product_id", id="buffer_id")
    moves = activity_places(program).select(
        pl.coalesce("to_site_id", "from_site_id").alias("site_id"), "product_id", id=names.activities["activity_id"]
    )
    wishes = names.streams.join(names.buffers, on="buffer_id", how="left", maintain_order="left")
    wishes = wishes.select("site_id", "product_id", id="stream_id")
    nowhere = pl.lit(None, dtype=pl.String)
    crews = names.resources.select(site_id=nowhere, product_id=nowhere, id="resource_id")

    def variable(kind: ActivityKind) -> Floats:
        steady = np.diff(activities.cost_start) == 0
        amount = np.where(steady, mean("started") * activities.variable_cost, mean("spent"))
        return np.where(activities.kind == kind, amount + mean("surcharge"), 0.0)

    lines: tuple[tuple[str, str, pl.DataFrame, Floats], ...] = (
        ("holding_cost", "stock_point", points, mean("on_hand") * buffers.holding_cost),
        ("expired_cost", "stock_point", points, mean("expired") * buffers.expiry_cost),
        ("in_transit_cost", "activity", moves, mean("in_process") * activities.transit_cost),
        ("backlog_cost", "stream", wishes, mean("backlog") * streams.backlog_cost),
        ("lost_sales_cost", "stream", wishes, mean("lost") * streams.lost_cost),
        ("transport_cost", "activity", moves, variable(ActivityKind.MOVE)),
        ("production_cost", "activity", moves, variable(ActivityKind.MAKE)),
        ("purchase_cost", "activity", moves, variable(ActivityKind.BUY)),
        ("fixed_cost", "activity", moves, mean("start_rate") * activities.fixed_cost),
        ("duty_cost", "activity", moves, mean("started") * activities.duty_cost + mean("surduty")),
        ("resource_cost", "resource", crews, mean("used") * program.resources.cost),
    )
    parts = [
        frame.with_columns(line=pl.lit(line), kind=pl.lit(kind), amount=pl.Series(amount, dtype=pl.Float64)).select(*COST_SCHEMA)
        for line, kind, frame, amount in lines
        if frame.height
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=COST_SCHEMA)


def _first(start: Integers, members: Integers) -> list[int | None]:
    return [int(members[first]) if end > first else None for first, end in pairwise(start.tolist())]
