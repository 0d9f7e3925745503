"""What cannot be compiled: each function raises ``GraphError`` with what was found and what is allowed."""

from __future__ import annotations

import numpy as np
import polars as pl

from chaintwin.errors import GraphError
from chaintwin.laws import Law
from chaintwin.laws.parameters import LARGEST
from chaintwin.network.graph import Graph
from chaintwin.network.program import Integers, Program
from chaintwin.network.sizes import LARGEST_DRAW, RING_SLOTS_MAX, may_exceed, oversized, ring_slots
from chaintwin.network.tables.schema import DELAY_MAX
from chaintwin.network.whole import fractions


def refuse_fractions(graph: Graph) -> None:
    """Refuse a fraction where quantities are whole units."""
    found = fractions(graph)
    if found.height:
        name, value = found.row(0)
        raise GraphError(f"{name}: found {value:g}; allowed: whole numbers, because quantities are whole units")


def refuse_large(graph: Graph) -> None:
    """Refuse numbers that sums would not hold exactly."""
    found = oversized(graph)
    if found.height:
        name, value = found.row(0)
        raise GraphError(f"{name}: found {value:g}; allowed: numbers up to {LARGEST:g} in size")


def refuse_large_draws(laws: list[Law]) -> None:
    """Refuse laws that draw numbers as large."""
    for law in laws:
        if may_exceed(law, LARGEST, share=LARGEST_DRAW) and law.quantile(LARGEST_DRAW) > LARGEST:
            raise GraphError(f"{law}: found draws up to {law.quantile(LARGEST_DRAW):g}; allowed: numbers up to {LARGEST:g}")


def refuse_long(lead_max: Integers, delay: Integers, *, ids: pl.Series) -> None:
    """Refuse delays that are too long, one by one or all together; ``ids`` are those of the activities."""
    for what, waits in (("longest lead time", lead_max), ("information delay", delay)):
        if waits.max(initial=0) > DELAY_MAX:
            found = f"{ids[int(waits.argmax())]}: found {waits.max():,} periods of {what}"
            raise GraphError(f"{found}; allowed: at most {DELAY_MAX:,} periods")
    slots = ring_slots(lead_max, delay)
    if slots.sum() > RING_SLOTS_MAX:
        found = f"found {slots.sum():,} periods of longest lead times and information delays over all sources"
        raise GraphError(f"{found}, most of them {ids[int(slots.argmax())]}; allowed: at most {RING_SLOTS_MAX:,}")


def refuse_past(rows: pl.DataFrame, table: str) -> None:
    """Refuse what is due before the first period; ``table`` is what the rows are of."""
    past = rows.filter(pl.col("period") < 0)
    if past.height:
        raise GraphError(f"{table}: found {past['activity_id'][0]} in period {past['period'][0]}; allowed: from period 0 on")


def refuse_late_substitutes(activities: pl.DataFrame, lead_max: Integers) -> None:
    """Refuse substitutes that are not there on the same day, or come in lots; ``lead_max`` is Integers[A] by row."""
    for what, value in (
        ("a lead time", pl.Series(lead_max)),
        ("an information delay", activities["information_delay"]),
        ("a minimum order", activities["minimum_order"]),
        ("a batch", activities["batch"]),
    ):
        wrong = activities.filter(pl.col("substitute") & (value > 0))
        if wrong.height:
            raise GraphError(f"{wrong['activity_id'][0]}: found {what}; allowed: none, because it gives a substitute at once")


def refuse_unknown(frame: pl.DataFrame, key: str, *, where: str, column: str = "number") -> None:
    """Refuse the first row, named by column ``where``, whose ``column`` is null: the number of what ``key`` names."""
    missing = frame.filter(pl.col(column).is_null())
    if missing.height:
        raise GraphError(
            f"{where} {missing[where][0]}: found {key} {missing[key][0]}, which is not there; allowed: a known {key}"
        )


def refuse_samples(streams: pl.DataFrame, length: Integers) -> None:
    """Refuse a series that cannot be cut into as many equal samples; ``length`` is Integers[D]."""
    samples = streams["samples"].to_numpy()
    wrong = np.flatnonzero((length > 0) & ((samples < 1) | (length % np.maximum(samples, 1) > 0)))
    if wrong.size:
        name, count, values = streams["stream_id"][int(wrong[0])], samples[wrong[0]], length[wrong[0]]
        raise GraphError(f"{name}: found {count} samples in a series of {values}; allowed: 1 or more, all of one length")


def refuse_two_rooms(program: Program) -> None:
    """Refuse an activity whose outputs take room at two sites with a storage limit; tables cannot say one."""
    activities = program.activities
    owner = np.repeat(np.arange(activities.kind.size), np.diff(activities.output_start))
    room = program.buffers.room[activities.output_buffer]
    inside = room >= 0
    pairs = np.unique(np.stack([owner[inside], room[inside]]), axis=1)
    twice = np.flatnonzero(np.diff(pairs[0]) == 0)
    if twice.size:
        name = program.names.activities["activity_id"][int(pairs[0][twice[0]])]
        raise GraphError(f"{name}: found outputs at two sites with a storage limit; allowed: one such site")
