"""Levels whose stock does not fit into the site it is for."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import joined, mark
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.graph import Policy
from chaintwin.network.ids import joined_id
from chaintwin.network.lowering.sourcing.supply import PAIR
from chaintwin.network.lowering.stocking.levels import exposures

FIX = "check storage_capacity and volume_m3, or lower the levels (base_stock, service_target) of what is largest there"

LEVELS = (Policy.BASE_STOCK, Policy.KANBAN, Policy.SMOOTHED, Policy.STERMAN)
"""Rules whose first parameter is a level of the stock point itself."""


def check_rooms(structure: Structure) -> list[Finding]:
    """Report sites whose levels, less what is on its way at the mean demand, take more room than there is.

    Stock is counted at its fullest in the mean: what the rule fills up to, all on hand but the demand of the lead time.
    """
    graph = structure.lowered.graph
    if not graph.rooms.height:
        return []
    policy = pl.col("policy")
    top = (
        pl.when(policy.is_in(LEVELS))
        .then("low")
        .when(policy == Policy.S_S)
        .then("high")
        .when(policy == Policy.R_NQ)
        .then(pl.col("low") + pl.col("high"))
        .otherwise(0.0)
    )
    means = structure.lowered.loads.points.select(*PAIR, "mean", buffer_id=joined_id("site_id", "product_id"))
    means = means.join(exposures(structure.lowered.found, network=structure.subject.network), on=PAIR, how="left")
    points = graph.buffers.select("buffer_id", "volume", top=top).filter(pl.col("volume") > 0)
    points = points.join(means, on="buffer_id")
    shelf = (pl.col("top") - pl.col("mean") * pl.col("lead_mean").fill_null(0.0)).clip(lower_bound=0.0)
    needed = points.group_by(pl.col("site_id").cast(pl.String)).agg(needed=(shelf * pl.col("volume")).sum())
    sites = structure.subject.table("sites").join(needed, on="site_id", maintain_order="left")
    over = sites.filter(pl.col("needed") > pl.col("storage_capacity") * (1 + 1e-9))
    found = joined(
        pl.col("needed").round_sig_figs(4), " m3 at its levels in ", pl.col("storage_capacity"), " m3 at ", pl.col("site_id")
    )
    return mark(structure.subject, "stock.no_room", rows=over, table="sites", column="storage_capacity", found=found, fix=FIX)
