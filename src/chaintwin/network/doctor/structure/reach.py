"""What demand nothing can reach, and what is only taken to be bought outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import joined, mark
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.ids import joined_id

LONGEST_WHY = 30
"""Most steps upstream that are followed to say why; a real chain is shorter."""

ENDS = ("store", "customer")
"""Kinds of sites that nobody expects to buy outside the network."""


def check_reach(structure: Structure) -> list[Finding]:
    """Report streams that nothing can reach, and stock points that are assumed to be bought outside."""
    assumed = _assumed(structure)
    findings = _unreached(structure, assumed)
    told = {finding.found.split(":", 1)[0] for finding in findings}
    name = joined(pl.col("site_id"), "/", pl.col("product_id"))
    rest = (
        assumed.filter(~pl.col("asked") | ~pl.col("is_end"))
        .with_columns(name.alias("name"))
        .filter(~pl.col("name").is_in(list(told)))
    )
    fix = "add a lane to it, a bill, or a source of kind buy with its cost"
    return findings + mark(
        structure.subject,
        "supply.assumed",
        rows=rest.filter(pl.col("site_kind") != "supplier"),
        table="",
        found=name,
        fix=fix,
        most=3,
    )


def _assumed(structure: Structure) -> pl.DataFrame:
    """Return the stock points bought outside by default: ``site_id``, ``product_id``, ``site_kind``, ``is_end``, ``asked``."""
    lowered = structure.lowered
    bought = lowered.supply.sources.filter((pl.col("kind") == "buy") & ~pl.col("listed")).select("site_id", "product_id")
    kinds = lowered.rows["sites"].select("site_id", site_kind="kind")
    asked = lowered.streams.select("site_id", "product_id").unique().with_columns(asked=pl.lit(value=True))
    # A product that another site handles ought to come from there; one that nobody else has can only come from outside.
    elsewhere = lowered.supply.points.group_by("product_id").agg((pl.len() > 1).alias("elsewhere"))
    frame = (
        bought.join(kinds, on="site_id", how="left")
        .join(asked, on=["site_id", "product_id"], how="left")
        .join(elsewhere, on="product_id", how="left")
    )
    is_end = pl.col("site_kind").is_in(ENDS) & pl.col("elsewhere").fill_null(value=False)
    return frame.with_columns(is_end=is_end, asked=pl.col("asked").fill_null(value=False)).sort("site_id", "product_id")


def _unreached(structure: Structure, assumed: pl.DataFrame) -> list[Finding]:
    lowered = structure.lowered
    graph = lowered.graph
    reached = _reached(structure)
    dry = graph.buffers.filter(~pl.Series(reached))["buffer_id"]
    streams = lowered.streams.select("stream_id", "site_id", "product_id", "mean", "price")
    streams = streams.with_columns(buffer_id=joined_id("site_id", "product_id"))
    cut_off = assumed.filter(pl.col("is_end") & pl.col("asked")).select(buffer_id=joined_id("site_id", "product_id"))["buffer_id"]
    lost = streams.filter(pl.col("buffer_id").is_in(dry.implode()) | pl.col("buffer_id").is_in(cut_off.implode()))
    if lost.height == 0:
        return []
    upstream = _Upstream.of(structure, dry)
    lanes_in = set(lowered.rows["lanes"]["to_site"].cast(pl.String).to_list())
    why = []
    for buffer, site in lost.select("buffer_id", pl.col("site_id").cast(pl.String)).iter_rows():
        if buffer in upstream.dry:
            why.append(upstream.why(buffer))
        elif site in lanes_in:
            why.append(f"no lane into {site} carries it; it is taken to be bought outside")
        else:
            why.append(f"no lane leads to {site}; it is taken to be bought outside")
    lost = lost.with_columns(why=pl.Series(why, dtype=pl.String)).sort(-pl.col("mean") * pl.col("price"), "stream_id")
    rows = (
        structure.subject.table("demand")
        .select("row", "site_id", "product_id")
        .unique(["site_id", "product_id"], keep="first", maintain_order=True)
    )
    lost = lost.with_columns(pl.col("site_id").cast(pl.String), pl.col("product_id").cast(pl.String))
    lost = lost.join(rows, on=["site_id", "product_id"], how="left", maintain_order="left")
    found = joined(pl.col("stream_id"), ": ", pl.col("why"))
    return mark(
        structure.subject,
        "demand.unreachable",
        rows=lost,
        table="demand",
        column="stream_id",
        found=found,
        fix="add the missing lane, source or bill",
    )


def _reached(structure: Structure) -> NDArray[np.bool_]:
    """Tell which stock points, by number, anything can get into."""
    lowered, arcs = structure.lowered, structure.lowered.arcs
    count = lowered.graph.activities.height
    shut = lowered.graph.activities["activity_id"].is_in(_shut(structure).implode()).to_numpy()
    needed = np.bincount(arcs.input_activity, minlength=count)
    reached = np.zeros(structure.names.len(), dtype=bool)
    while True:
        ready = (np.bincount(arcs.input_activity, weights=reached[arcs.input_point], minlength=count) >= needed) & ~shut
        new = reached.copy()
        new[arcs.main[ready]] = True
        new[arcs.beside_point[ready[arcs.beside_activity]]] = True
        if (new == reached).all():
            return reached
        reached = new


def _shut(structure: Structure) -> pl.Series:
    """Return the activities that a capacity of zero never lets start."""
    graph = structure.lowered.graph
    closed = graph.resources.filter(pl.col("capacity").list.max() <= 0)["resource_id"]
    return graph.uses.filter((pl.col("quantity") > 0) & pl.col("resource_id").is_in(closed.implode()))["activity_id"].unique()


@dataclass(frozen=True, slots=True)
class _Upstream:
    """What fills each dry buffer, for walking upstream."""

    dry: frozenset[str]
    shut: frozenset[str]
    fills: Mapping[str, list[str]]
    takes: Mapping[str, list[str]]

    @staticmethod
    def of(structure: Structure, dry: pl.Series) -> _Upstream:
        graph = structure.lowered.graph
        outputs = (
            graph.outputs.filter(pl.col("buffer_id").is_in(dry.implode())).group_by("buffer_id").agg(pl.col("activity_id").sort())
        )
        fills: dict[str, list[str]] = dict(outputs.select("buffer_id", "activity_id").iter_rows())
        activities = outputs["activity_id"].explode().unique()
        inputs = (
            graph.inputs.filter(pl.col("activity_id").is_in(activities.implode()))
            .group_by("activity_id")
            .agg(pl.col("buffer_id").sort())
        )
        takes: dict[str, list[str]] = dict(inputs.select("activity_id", "buffer_id").iter_rows())
        return _Upstream(frozenset(dry.to_list()), frozenset(_shut(structure).to_list()), fills, takes)

    def why(self, buffer: str) -> str:
        """Return in words why nothing gets into a buffer."""
        walk = [buffer]
        while len(walk) < LONGEST_WHY:
            here = walk[-1]
            ways = self.fills.get(here, [])
            if not ways:
                return _along(walk, f"nothing fills {here}")
            closed = [way for way in ways if way in self.shut]
            if closed:
                return _along(walk, f"{closed[0]} has no capacity")
            lacking = [item for item in self.takes.get(ways[0], []) if item in self.dry]
            if lacking[0] in walk:
                circle = walk[walk.index(lacking[0]) :]
                return _along(walk, f"{' < '.join([*circle, lacking[0]])} only fill each other")
            walk.append(lacking[0])
        return _along(walk, "nothing fills the far end")


def _along(walk: list[str], end: str) -> str:
    return end if len(walk) == 1 else f"{' < '.join(walk)}: {end}"
