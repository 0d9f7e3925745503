"""Whether a network that can be put together can also be counted exactly and kept in memory."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import Finding
from chaintwin.laws import Law, parse_many
from chaintwin.laws.parameters import LARGEST
from chaintwin.network.doctor.marks import MOST, mark, remark
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.network import Quantities
from chaintwin.network.sizes import (
    EXACT_UNITS,
    LARGEST_DRAW,
    RING_SLOTS_MAX,
    SLACK,
    longest_lead,
    may_exceed,
    oversized,
    ring_slots,
)

MEMORY_BYTES = 2 * 1024**3
"""From this much memory for one thread on it is worth a warning."""

ROW_BYTES = 380
"""Memory of a row of the engine's table: 128 bytes in a block of 16 replications, and what is prepared once for all of them."""

PERIOD_BYTES = 4 * 8 * 16
"""Memory of the totals of a period in a block of 16 replications."""


def check_run(structure: Structure) -> list[Finding]:
    """Report numbers that are too large or too small to count with, and lead times that take too much memory together."""
    return [*(_large(structure) or _tiny(structure)), *_totals(structure), *_memory(structure)]


def _large(structure: Structure) -> list[Finding]:
    lowered = structure.lowered
    loads = lowered.loads.points.select(
        name=pl.concat_str(pl.col("site_id"), pl.lit("/"), pl.col("product_id"), pl.lit(" mean demand a period")), value="mean"
    )
    orders = lowered.loads.activities.select(
        name=pl.concat_str("activity_id", pl.lit(" mean orders a period")), value="activity_mean"
    )
    means = pl.concat([loads, orders]).filter(~(pl.col("value") <= LARGEST)).sort("name")
    found = pl.concat([means, oversized(lowered.graph)])
    texts = lowered.graph.streams["law"].drop_nulls().unique().sort().to_list()
    laws = zip(texts, parse_many(texts, folder=structure.subject.network.folder), strict=True)
    doubtful = [(text, law) for text, law in laws if isinstance(law, Law) and may_exceed(law, LARGEST, share=LARGEST_DRAW)]
    draws = [(f"{text} draws", law.quantile(LARGEST_DRAW)) for text, law in doubtful]
    # What is drawn is the cause, and what follows from it comes after.
    rows = [*((name, most) for name, most in draws if not most <= LARGEST), *found.rows()]
    fix = "check quantities, values and yields, or count in a larger unit"
    return [
        remark(
            "quantity.large",
            found=f"{name}: {value:.3g}",
            fix=fix,
            count=1 + (len(rows) - MOST if place == MOST - 1 else 0),
        )
        for place, (name, value) in enumerate(rows[:MOST])
    ]


def _totals(structure: Structure) -> list[Finding]:
    """Report whole units that add up to more than is exact over the run."""
    settings, lowered = structure.subject.settings, structure.lowered
    if settings.quantities is not Quantities.INTEGER:
        return []
    buffers = lowered.graph.buffers.select("on_hand", "low", "high", name="buffer_id")
    frame = buffers.with_columns(lowered.loads.points["mean"])
    # Twice the mean leaves room for chance and for what fills pipelines.
    flow = pl.col("on_hand") + pl.max_horizontal(pl.col("low").abs(), "high") + 2 * pl.col("mean") * settings.periods
    over = frame.with_columns(flow=flow).filter((pl.col("flow") > EXACT_UNITS) & (pl.col("mean") <= LARGEST)).sort("name")
    over = over.with_columns(found=pl.format("{} with about {} units over the run", "name", pl.col("flow").round_sig_figs(3)))
    return mark(structure.subject, "quantity.exact", rows=over, table="", fix="count in a larger unit, or shorten the horizon")


def _tiny(structure: Structure) -> list[Finding]:
    """Report real quantities that vanish in what the engine takes for rounding noise."""
    lowered, subject = structure.lowered, structure.subject
    if subject.settings.quantities is Quantities.INTEGER:
        return []
    graph = lowered.graph
    noise = graph.buffers.select(
        "buffer_id", noise=SLACK * pl.max_horizontal(1.0, pl.col("low").abs()), high="high", batch="batch", least="minimum_order"
    )
    streams = graph.streams.select("stream_id", "buffer_id").join(
        lowered.streams.select("stream_id", "mean"), on="stream_id", maintain_order="left"
    )
    streams = streams.join(noise, on="buffer_id", maintain_order="left")
    asked = streams.select(name=pl.concat_str("stream_id", pl.lit(" mean demand a period")), value="mean", noise="noise")
    lots = [
        noise.select(name=pl.concat_str("buffer_id", pl.lit(" " + meaning)), value=column, noise="noise")
        for column, meaning in (("high", "upper level or lot"), ("batch", "batch"), ("least", "minimum_order"))
    ]
    small = pl.concat([asked, *lots]).filter((pl.col("value") > 0) & (pl.col("value") < pl.col("noise")))
    small = small.with_columns(found=pl.format("{}: {}, noise {}", "name", "value", pl.col("noise").round_sig_figs(2)))
    fix = "count the product in a smaller unit, or check its level"
    return mark(subject, "quantity.tiny", rows=small, table="", fix=fix)


def _memory(structure: Structure) -> list[Finding]:
    graph, settings = structure.lowered.graph, structure.subject.settings
    slots = _slots(structure)
    total = int(slots.sum())
    if total > RING_SLOTS_MAX:
        by_lane = (
            structure.lowered.found.activities.select("activity_id", "lane_id")
            .with_columns(slots=pl.Series(slots))
            .group_by(pl.coalesce("lane_id", "activity_id").alias("name"))
            .agg(pl.col("lane_id").first(), pl.col("slots").sum(), pl.len().alias("count"))
            .sort("slots", "name", descending=[True, False])
        )
        name, lane, most, count = by_lane.row(0)
        sources = "1 source" if count == 1 else f"{count:,} sources"
        found = f"{total:,} periods over all sources, {most:,} of them for {sources} of {name}"
        file, row = structure.lane_place(lane) if lane is not None else structure.source_place(name)
        fix = "shorten the longest lead times, or count in longer periods"
        return [remark("wait.total", found=found, fix=fix, file=file, row=row, column="lead_time")]
    points, actors, streams = graph.buffers.height, graph.activities.height, graph.streams.height
    rows = total + 5 * points + 9 * actors + 12 * streams + 2 * graph.inputs.height + 3 * graph.resources.height
    size = rows * ROW_BYTES + settings.periods * PERIOD_BYTES
    if size <= MEMORY_BYTES:
        return []
    found = f"about {size / 1024**3:.1f} GiB for one thread, {total / rows:.0%} of it for goods and orders on their way"
    fix = "simulate on a machine that has it, with fewer --threads, or shorten lead times or the horizon"
    return [remark("memory.large", found=found, fix=fix)]


def _slots(structure: Structure) -> NDArray[np.int64]:
    """Return int64[activities]: places for what is on its way."""
    activities = structure.lowered.graph.activities
    texts = activities["lead"].unique().sort().to_list()
    laws = parse_many(texts, folder=structure.subject.network.folder)
    longest = [longest_lead(law) if isinstance(law, Law) else 0 for law in laws]
    leads = pl.DataFrame({"lead": texts, "longest": longest}, schema={"lead": pl.String, "longest": pl.Int64})
    lead_max = activities.join(leads, on="lead", how="left", maintain_order="left")["longest"].to_numpy()
    return ring_slots(lead_max, activities["information_delay"].to_numpy())
