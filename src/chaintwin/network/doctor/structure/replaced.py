"""Lanes that would fill a stock point, had rows of ``sources`` not taken their place."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import joined, mark
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.lowering.sourcing.inbound import InboundLanes
from chaintwin.network.lowering.sourcing.supply import PAIR, find_supply

SHARES_NEAR = 1e-6
"""Shares this little below one leave nothing over; the same as where shares that do not sum to one are reported."""

WAY = [*PAIR, "lane_id"]


def replaced_lanes(structure: Structure) -> pl.DataFrame:
    """Return the lanes that rows of ``sources`` put out of use, unless that is what the rows are for.

    A lane into a stock point with rows counts where it would be a source without them, and where either nothing else uses it or
    all rows read as additions to it: ranked behind, contingencies, or with shares that leave something over. A lane that carries
    other products to the site, beside an ordinary row for this one, is a choice.

    Returns
    -------
    ``row`` of ``sources``, ``site_id``, ``product_id``, ``lane_id``, ``from_site``, and ``is_dead``: nothing uses the lane;
    such a lane comes once, with the first of its stock points.
    """
    lowered = structure.lowered
    listed = lowered.supply.sources.filter("listed")
    lanes = InboundLanes.of(lowered.rows)
    used = lowered.found.activities["lane_id"].drop_nulls().unique().implode()
    idle = InboundLanes(*(frame.filter(~pl.col("lane_id").is_in(used)) for frame in (lanes.single, lanes.open)))
    dead = idle.into(listed.select(PAIR).unique()).with_columns(is_dead=True)
    beside = lanes.into(_added(listed)).join(listed, on=WAY, how="anti").with_columns(is_dead=False)
    asked = pl.concat([dead, beside]).unique(WAY, keep="first", maintain_order=True)
    if asked.height == 0:
        return asked
    others = lowered.rows["sources"].join(asked, on=PAIR, how="anti")
    implied = find_supply({**lowered.rows, "sources": others}).sources.filter(pl.col("kind") == "move")
    lost = asked.join(implied, on=WAY, how="semi").with_columns(pl.col(*PAIR, "from_site").cast(pl.String))
    rows = structure.in_force("sources").group_by(PAIR).agg(pl.col("row").min())
    lost = lost.join(rows, on=PAIR).sort("row", "lane_id")
    return lost.filter(~pl.col("is_dead") | pl.col("lane_id").is_first_distinct())


def replaced_findings(structure: Structure, lost: pl.DataFrame) -> list[Finding]:
    """Return the findings about the lanes that ``replaced_lanes`` returned."""
    if lost.height == 0:
        return []
    named = structure.subject.network["lanes"]["lane_id"].drop_nulls().unique().implode()
    # A lane without a name of its own cannot be named in a row; its sender can.
    is_named, name, sender = pl.col("lane_id").is_in(named), pl.col("lane_id"), pl.col("from_site")
    way = pl.when(is_named).then(joined("lane_id ", name)).otherwise(joined("from_site ", sender))
    instead = pl.when("is_dead").then(pl.lit("delete the lane")).otherwise(pl.lit("write priority 0, rule share and share 1"))
    return mark(
        structure.subject,
        "source.replaces_lane",
        rows=lost.with_columns(way=way, instead=instead),
        table="sources",
        column="product_id",
        found=joined(pl.col("site_id"), "/", pl.col("product_id"), " without lane ", pl.col("lane_id")),
        fix=joined("add a row with ", pl.col("way"), ", or ", pl.col("instead")),
    )


def _added(listed: pl.DataFrame) -> pl.DataFrame:
    """Return the stock points whose rows all read as additions to what lanes imply."""
    priority = pl.col("priority").filter(pl.col("rule") == "share")
    first = (pl.col("rule") == "share") & (pl.col("priority") == priority.min())
    leaves_over = pl.col("share").filter(first).sum() < 1 - SHARES_NEAR
    # Rows of several ranks are ranked among themselves, from whatever number on.
    is_behind = (priority.min() > 0).fill_null(value=True) & (priority.n_unique() <= 1)
    points = listed.filter(pl.col("rule") != "substitute").group_by(PAIR).agg(is_added=leaves_over | is_behind)
    return points.filter("is_added").select(PAIR)
