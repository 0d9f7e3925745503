"""Stock points that order at two speeds and have no sources for it."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.laws import Law, parse_many
from chaintwin.network.doctor.marks import remark
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.graph import TWO_SPEEDS


def check_speeds(structure: Structure) -> list[Finding]:
    """Report the first stock point without a regular or an expedited source, or with a random lead time."""
    graph = structure.lowered.graph
    points = graph.buffers.filter(pl.col("policy").is_in([int(policy) for policy in TWO_SPEEDS])).select("buffer_id")
    if not points.height:
        return []
    supplies = graph.outputs.join(points, on="buffer_id").join(graph.activities, on="activity_id")
    sources = supplies.filter(pl.col("is_main") & (pl.col("share") > 0) & ~pl.col("substitute"))
    of = sources.group_by("buffer_id").agg((pl.col("tier") == 0).any().alias("slow"), (pl.col("tier") > 0).any().alias("fast"))
    lacking = points.join(of, on="buffer_id", how="left").filter(~(pl.col("slow") & pl.col("fast")).fill_null(value=False))
    if lacking.height:
        fix = "give it two rows in sources, the expedited one with priority 1, or choose another policy"
        return [remark("policy.speeds", found=f"{lacking['buffer_id'].sort()[0]} with sources of one priority", fix=fix)]
    texts = supplies["lead"].unique()
    laws = dict(zip(texts.to_list(), parse_many(texts.to_list(), folder=structure.subject.network.folder), strict=True))
    random = [text for text, law in laws.items() if isinstance(law, Law) and law.support[0] != law.support[1]]
    drawn = supplies.filter(pl.col("lead").is_in(random)).sort("activity_id")
    if not drawn.height:
        return []
    name, lead, point = drawn.select("activity_id", "lead", "buffer_id").row(0)
    fix = f"write a fixed lead time, or another policy for {point}"
    return [remark("policy.speeds", found=f"{name} with lead time {lead}", fix=fix)]
