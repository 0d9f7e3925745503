"""Ships that sail around a closed passage: which lanes, how much longer they take and how much more they cost."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from chaintwin.network.geography import propose_lanes
from chaintwin.network.geography.sea import Passage
from chaintwin.network.lowering.moments import law_moments
from chaintwin.network.lowering.rows import Rows
from chaintwin.network.network import Settings

LONGER_KM = 1.0
"""A way that grows by less is the same way."""

CORRIDORS = {passage.name.lower(): passage for passage in Passage}
"""Passages by the words that files use."""


def detours(rows: Rows, corridors: tuple[str, ...], *, settings: Settings, folder: Path | None = None) -> pl.DataFrame:
    """Return the lanes by sea whose shortest way runs through some passages.

    A lane takes longer by what the way around is longer for ships of the default speed, on top of the lead time it has; freight
    grows with the distance.

    Parameters
    ----------
    rows : tables in force, blanks filled.
    corridors : keys of ``CORRIDORS``: all closed at once.
    settings : of the project. folder : where files named in laws are found.

    Returns
    -------
    ``lane_id``, ``lead_factor``, ``cost_factor``; null where there is no way around.
    """
    lanes = rows["lanes"].filter(pl.col("mode").cast(pl.String) == "sea").with_columns(pl.col("lane_id").cast(pl.String))
    if lanes.is_empty():
        return pl.DataFrame(schema={"lane_id": pl.String, "lead_factor": pl.Float64, "cost_factor": pl.Float64})
    asked = lanes.select("from_site", "to_site", mode=pl.lit("sea"))
    # An hour is the finest step that proposals are rounded to.
    closed = frozenset(CORRIDORS[name] for name in corridors)
    usual = propose_lanes(rows["sites"], asked, period_hours=1.0)
    around = propose_lanes(rows["sites"], asked, period_hours=1.0, closures=closed)
    hours = settings.period.hours
    found = lanes.select("lane_id", "lead_time").with_columns(
        before=usual["distance_km"],
        after=around["distance_km"],
        more=(around["lead_time"].cast(pl.Float64) - usual["lead_time"].cast(pl.Float64)) / hours,
    )
    found = found.filter(
        pl.col("before").is_not_null() & ~(pl.col("after") <= pl.col("before") + LONGER_KM).fill_null(value=False)
    )
    moments = law_moments(found["lead_time"].cast(pl.String), folder=folder)
    found = found.with_columns(pl.col("lead_time").cast(pl.String)).join(
        moments, left_on="lead_time", right_on="text", how="left", maintain_order="left"
    )
    mean = pl.max_horizontal(pl.col("law_mean").fill_null(1.0), 1.0)
    return found.select(
        "lane_id",
        lead_factor=(mean + pl.col("more")) / mean,
        cost_factor=pl.col("after") / pl.col("before"),
    )
