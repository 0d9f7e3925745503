"""Capacity against what the mean demand needs."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import MOST, number, remark
from chaintwin.network.doctor.structure.subject import Structure

TIGHT_SHARE = 0.95
"""Above this share of use, queues behind a resource are long even with little variation."""

MOST_PRODUCTS = 3

DONE = {"buy": "bought outside the network", "make": "made from a recipe", "move": "moved over a lane"}
"""What each kind of source does, for readers who meet the words here first."""


def check_loads(structure: Structure) -> list[Finding]:
    """Report resources whose mean need is above, or just below, their mean capacity, and sources without any limit."""
    lowered, graph = structure.lowered, structure.lowered.graph
    uses = graph.uses.join(lowered.loads.activities, on="activity_id")
    uses = uses.join(lowered.found.activities.select("activity_id", pl.col("product_id").cast(pl.String)), on="activity_id")
    uses = uses.with_columns(need=pl.col("quantity") * pl.col("activity_mean"))
    by_product = uses.group_by("resource_id", "product_id").agg(pl.col("need").sum())
    ranked = by_product.sort("resource_id", -pl.col("need"), "product_id")
    need = ranked.group_by("resource_id", maintain_order=True).agg(
        pl.col("need").sum(), pl.col("product_id").head(MOST_PRODUCTS).alias("products"), pl.len().alias("count")
    )
    frame = graph.resources.select("resource_id", capacity=pl.col("capacity").list.mean()).join(need, on="resource_id")
    frame = frame.filter((pl.col("need") > 0) & (pl.col("capacity") > 0)).with_columns(used=pl.col("need") / pl.col("capacity"))
    short = frame.filter(pl.col("used") > 1 + 1e-9).sort("used", "resource_id", descending=[True, False])
    tight = frame.filter(pl.col("used").is_between(TIGHT_SHARE, 1 + 1e-9)).sort("used", "resource_id", descending=[True, False])
    findings = _told(structure, "capacity.short", short) + _told(structure, "capacity.tight", tight)
    return findings + _unlimited(structure)


def _told(structure: Structure, code: str, frame: pl.DataFrame) -> list[Finding]:
    findings = []
    rest = max(0, frame.height - MOST)
    for place, row in enumerate(frame.head(MOST).iter_rows(named=True)):
        more = f" and {row['count'] - MOST_PRODUCTS} more" if row["count"] > MOST_PRODUCTS else ""
        products = ", ".join(row["products"]) + more
        amounts = f"need {number(row['need'])}, capacity {number(row['capacity'])} a period ({row['used']:.0%})"
        found = f"{row['resource_id']}: {amounts}, for {products}"
        table, at = _place(structure, row["resource_id"])
        fix = f"raise it to {number(row['need'] / 0.9)}, or move demand to another source"
        count = 1 + (rest if place == MOST - 1 else 0)
        findings.append(remark(code, found=found, fix=fix, file=table, row=at, column="capacity", count=count))
    return findings


def _place(structure: Structure, resource: str) -> tuple[str, int]:
    """Return file and row in which a capacity is written."""
    subject = structure.subject
    head, _, name = resource.partition("/")
    if head == "lane":
        return structure.lane_place(name)
    if head == "source":
        return structure.source_place(name, where=pl.col("capacity").is_not_null())
    match = subject.table("resources").filter(pl.col("resource_id") == resource)
    return subject.file("resources"), int(match["row"][0]) if match.height else 0


def _unlimited(structure: Structure) -> list[Finding]:
    graph = structure.lowered.graph
    limited = graph.uses["activity_id"].unique().implode()
    free = (
        structure.lowered.found.activities.filter(~pl.col("activity_id").is_in(limited))
        .group_by("kind_name")
        .len()
        .sort("kind_name")
    )
    total = int(free["len"].sum())
    if total == 0:
        return []
    parts = ", ".join(f"{count:,} {DONE.get(kind, kind)}" for kind, count in free.iter_rows())
    found = f"no limit on {total:,} of {graph.activities.height:,} sources, the ways to fill a stock point: {parts}"
    return [remark("capacity.unlimited", found=found, fix="give lanes, sources or resources a capacity where one is known")]
