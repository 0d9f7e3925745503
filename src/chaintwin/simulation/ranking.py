"""Where service is lost and where money goes, largest first, with shares that add up."""

from __future__ import annotations

from typing import Literal

import polars as pl

from chaintwin.errors import UsageError
from chaintwin.simulation.results import Result

LossBy = Literal["stream", "stock_point", "site", "product"]
CostBy = Literal["line", "entity", "site", "product"]

_LOSS_KEYS = {
    "stream": ["stream_id", "site_id", "product_id"],
    "stock_point": ["buffer_id", "site_id", "product_id"],
    "site": ["site_id"],
    "product": ["product_id"],
}
_COST_KEYS = {
    "line": ["line"],
    "entity": ["line", "kind", "id", "site_id", "product_id"],
    "site": ["site_id"],
    "product": ["product_id"],
}


def service_ranking(result: Result, *, by: LossBy = "stream") -> pl.DataFrame:
    """Return where demand was not met at once, most units first.

    Parameters
    ----------
    result : what ``simulate`` returned.
    by : what is told apart.

    Returns
    -------
    The ids of ``by``, ``demand`` and ``missed`` (units a period asked for, and not met at once), ``fill_rate``, ``on_time_rate``
    (null in a result of before there was one), ``share`` of all that is missed, and ``cumulative_share``, which ends at 1. What
    misses nothing is left out.

    Raises
    ------
    UsageError
        There is no such ``by``.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> from chaintwin.simulation.simulating import simulate
    >>> losses = service_ranking(simulate(load(Example.MEDICINES), periods=30, replications=2), by="site")
    >>> round(losses["cumulative_share"][-1], 9)
    1.0
    """
    if by not in _LOSS_KEYS:
        raise UsageError(f"by: found {by!r}; allowed: {', '.join(_LOSS_KEYS)}")
    places = result.stock_points.select("buffer_id", "site_id", "product_id")
    on_time = pl.col("on_time_rate") if "on_time_rate" in result.streams.columns else pl.lit(None, dtype=pl.Float64)
    streams = result.streams.join(places, on="buffer_id", how="left").with_columns(
        missed=pl.max_horizontal(pl.col("demand") * (1 - pl.col("fill_rate")), pl.lit(0.0)).fill_null(0.0),
        on_time=pl.when(pl.col("demand") > 0).then(pl.col("demand") * on_time).otherwise(0.0),
    )
    # A sum over nulls would be 0, a rate that is not known is none.
    known = pl.when(pl.col("on_time").is_not_null().all()).then(pl.col("on_time").sum()).alias("on_time")
    found = streams.group_by(_LOSS_KEYS[by]).agg(pl.col("demand", "missed").sum(), known).filter(pl.col("missed") > 0)
    found = found.with_columns(
        fill_rate=1 - pl.col("missed") / pl.col("demand"), on_time_rate=pl.col("on_time") / pl.col("demand")
    ).drop("on_time")
    return _shared(found, "missed", keys=_LOSS_KEYS[by])


def cost_ranking(result: Result, *, by: CostBy = "entity") -> pl.DataFrame:
    """Return where money goes, the largest amounts first.

    Parameters
    ----------
    result : what ``simulate`` returned.
    by : what is told apart; ``line`` is a line of the ledger such as ``holding_cost``.

    Returns
    -------
    The ids of ``by``, ``amount`` (money a period), ``share`` of the total cost, and ``cumulative_share``, which ends at 1. The
    amounts of a line add up to its figure.

    Raises
    ------
    UsageError
        There is no such ``by``.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> from chaintwin.simulation.simulating import simulate
    >>> result = simulate(load(Example.BEER_GAME), periods=36, replications=2)
    >>> cost_ranking(result, by="line")["line"].to_list()
    ['holding_cost', 'backlog_cost']
    """
    if by not in _COST_KEYS:
        raise UsageError(f"by: found {by!r}; allowed: {', '.join(_COST_KEYS)}")
    found = result.costs.group_by(_COST_KEYS[by]).agg(pl.col("amount").sum())
    return _shared(found, "amount", keys=_COST_KEYS[by])


def _shared(frame: pl.DataFrame, column: str, *, keys: list[str]) -> pl.DataFrame:
    ordered = frame.sort([column, *keys], descending=[True, *[False] * len(keys)])
    share = pl.col(column) / pl.col(column).sum()
    return ordered.with_columns(share=share, cumulative_share=share.cum_sum())
