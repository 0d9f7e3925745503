"""The first stock and what is already on its way, where no stock is given."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.graph import PIPELINE_SCHEMA
from chaintwin.network.lowering.moments import law_moments
from chaintwin.network.lowering.sourcing.activities import ActivityRows
from chaintwin.network.lowering.sourcing.supply import PAIR
from chaintwin.network.lowering.stocking.loads import Loads
from chaintwin.network.network import Network, Quantities

LONGEST_WAY = 400
"""Most periods of one source that are filled at the start, so that a lead time of years in hours does not make a table of
millions."""


def to_initial(
    points: pl.DataFrame, found: ActivityRows, *, loads: Loads, network: Network
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the stock points with ``on_hand``, the pipeline and the orders of the graph.

    A point whose stock is given starts with that and nothing on its way. Any other point starts as the rule would hold it on
    average:
    its mean position is divided into what its sources have under way at the mean rate, and the rest on the shelf. An empty
    pipeline
    would mean a stock-out of one lead time everywhere, and the whole position on the shelf would count stock that is never there.

    Parameters
    ----------
    points : ``site_id``, ``product_id``, ``mean``, ``position``, ``initial_stock``.
    found, loads : activities and their mean use.
    network : for settings and folder.
    """
    whole = network.settings.quantities is Quantities.INTEGER
    ways = _ways(points, found, loads, network=network)
    arriving, started = _spread(ways, "lead_periods", whole=whole)
    coming, ordered = _spread(ways, "information_delay", whole=whole)
    under_way = ways.select(*PAIR, under_way=pl.col("yield_rate") * pl.Series(started + ordered))
    total = under_way.group_by(PAIR, maintain_order=True).agg(pl.col("under_way").sum())
    points = points.join(total, on=PAIR, how="left", maintain_order="left")
    shelf = (pl.col("position") - pl.col("under_way").fill_null(0.0)).clip(lower_bound=0.0)
    shelf = (shelf - 1e-9).ceil().clip(lower_bound=0.0) + 0.0 if whole else shelf
    return points.with_columns(on_hand=pl.coalesce("initial_stock", shelf)), arriving, coming


def _ways(points: pl.DataFrame, found: ActivityRows, loads: Loads, *, network: Network) -> pl.DataFrame:
    """Return the sources in use of points without given stock, with their mean start a period, cut so that they fit the
    position.
    """
    open_ = points.filter(pl.col("initial_stock").is_null() & (pl.col("mean") > 0) & (pl.col("position") > 0)).select(
        *PAIR, "mean", "position"
    )
    lead = found.activities.select("activity_id", *PAIR, "lead", "share", "yield_rate", "information_delay")
    lead = (
        lead.with_columns(loads.activities["activity_mean"])
        .filter(pl.col("share") > 0)
        .join(open_, on=PAIR, maintain_order="left")
    )
    moments = law_moments(lead["lead"], folder=network.folder)
    lead = lead.join(moments, left_on="lead", right_on="text", how="left", maintain_order="left")
    periods = (pl.col("law_mean") + 0.5).floor().clip(0, LONGEST_WAY).cast(pl.Int64)
    lead = lead.with_columns(lead_periods=periods, information_delay=pl.col("information_delay").clip(0, LONGEST_WAY))
    filled = (
        (pl.col("activity_mean") * pl.col("yield_rate") * (pl.col("lead_periods") + pl.col("information_delay"))).sum().over(PAIR)
    )
    fit = pl.when(filled > pl.col("position")).then(pl.col("position") / filled).otherwise(1.0)
    return lead.with_columns(rate=pl.col("activity_mean") * fit)


def _spread(ways: pl.DataFrame, length: str, *, whole: bool) -> tuple[pl.DataFrame, NDArray[np.float64]]:
    """Return one row a period, and the sum of each source: the mean rate, or in whole units the part of its running sum that
    becomes whole.
    """
    periods = ways[length].to_numpy().astype(np.int64)
    owner = np.repeat(np.arange(ways.height), periods)
    first = np.repeat(np.cumsum(periods) - periods, periods)
    period = np.arange(owner.size) - first
    rate = ways["rate"].to_numpy()[owner]
    quantity = np.floor(rate * (period + 1) + 1e-9) - np.floor(rate * period + 1e-9) if whole else rate
    kept = quantity > 0
    frame = pl.DataFrame(
        {"activity_id": ways["activity_id"].gather(owner[kept]), "period": period[kept], "quantity": quantity[kept]}
    )
    started = np.bincount(owner, weights=quantity, minlength=ways.height).astype(np.float64)
    return frame.select(pl.col(name).cast(dtype) for name, dtype in PIPELINE_SCHEMA.items()), started
