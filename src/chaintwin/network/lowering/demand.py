"""Demand rows as streams, with the mean and variance that levels are proposed from."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.lowering.moments import law_moments
from chaintwin.network.lowering.rows import Rows
from chaintwin.network.network import Network, Settings

BACKLOG_RATE_PER_DAY = 0.02
"""Cost of a unit that waits one day, as a share of its price, where no cost is given."""

MARGIN_RATE = 0.2
"""Margin lost with a lost sale, as a share of the product's value, where no price says what the margin is."""


def to_streams(rows: Rows, network: Network, *, reach: int) -> pl.DataFrame:
    """Return the streams with the columns of the graph, and ``site_id``, ``product_id``, ``mean``, ``variance`` (units a period),
    and ``is_priced``.

    A stream with a series replays it; otherwise its law is drawn and multiplied by season and trend. The trend is a straight
    line:
    the mean at the end of a year is one plus the rate times what it was.

    Parameters
    ----------
    rows : tables in force.
    network : for its settings and folder.
    reach : periods that trends go on for, the project's own or more.
    """
    settings = network.settings
    demand = rows["demand"]
    values = series_values(rows["series"], blank=0.0)
    demand = demand.join(
        values.select("series_id", "replayed", "series_mean", "series_variance"),
        left_on="series",
        right_on="series_id",
        how="left",
    )
    demand = demand.join(
        _profiles(demand, rows["series"], settings=settings, reach=reach),
        on=["season", "trend_rate"],
        how="left",
        nulls_equal=True,
    )
    law = pl.when(pl.col("replayed").is_null()).then(pl.coalesce("quantity", pl.lit("0")))
    demand = demand.with_columns(law.alias("law")).join(
        law_moments(demand["quantity"], folder=network.folder), left_on="law", right_on="text", how="left"
    )
    mean, variance = pl.col("law_mean").fill_null(0.0), pl.col("law_variance").fill_null(0.0)
    square = pl.col("factor_square")
    # Over the horizon a season is one more source of spread: E[f²](v + m²) - (E[f] m)².
    spread = (square * (variance + mean**2) - (pl.col("factor_mean") * mean) ** 2).clip(lower_bound=0.0)
    asked = series_values(rows["series"], blank=np.nan).select(
        "series_id", asked=pl.col("replayed").list.eval(pl.element().fill_nan(None).forward_fill().backward_fill())
    )
    means = rows["series"].drop_nulls().group_by("series_id").agg(asked_mean=pl.col("value").clip(lower_bound=0.0).mean())
    asked = asked.join(means, on="series_id", how="left")
    demand = demand.join(asked, left_on="price_series", right_on="series_id", how="left")
    value = rows["products"].select("product_id", "value")
    demand = demand.join(value, on="product_id", how="left")
    # What a late or a lost unit costs follows the mean price, of the periods that rows give.
    followed = pl.col("asked_mean")
    price = pl.coalesce(followed, "price", "value")
    per_period = BACKLOG_RATE_PER_DAY * settings.period.hours / 24
    margin = (
        pl.when(pl.coalesce(followed, "price").is_null())
        .then(MARGIN_RATE * pl.col("value"))
        .otherwise(pl.max_horizontal(price - pl.col("value"), 0.0))
    )
    return demand.with_columns(
        pl.coalesce("series_mean", pl.col("factor_mean") * mean).alias("mean"),
        pl.coalesce("series_variance", spread).alias("variance"),
        pl.col("replayed").alias("series"),
        pl.col("series_samples").alias("samples"),
        pl.coalesce("backlog_cost", price * per_period).alias("backlog_cost"),
        margin.alias("lost_cost"),
        (pl.col("shipping") == "complete").fill_null(value=False).alias("complete"),
        price.alias("price"),
        pl.col("asked").alias("price_series"),
        pl.coalesce(followed, "price").is_not_null().alias("is_priced"),
        pl.col("promise_window").fill_null(0).alias("window"),
    ).sort("stream_id")


def series_values(series: pl.DataFrame, *, blank: float) -> pl.DataFrame:
    """Return ``series_id``, ``replayed`` (list from period 0), ``series_mean``, ``series_variance``, ``gaps`` for each series.

    Parameters
    ----------
    series : ``series_id``, ``period``, ``value``.
    blank : value of periods between the first and the last that no row gives. Values below zero count as zero.
    """
    ordered = series.drop_nulls().unique(["series_id", "period"], keep="last", maintain_order=True).sort("series_id", "period")
    last = ordered.group_by("series_id", maintain_order=True).agg(pl.col("period").max(), pl.len())
    length = (last["period"] + 1).to_numpy().astype(np.int64)
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    flat = np.full(int(start[-1]), blank)
    place = np.repeat(start[:-1], last["len"].to_numpy().astype(np.int64)) + ordered["period"].to_numpy()
    flat[place] = np.maximum(ordered["value"].to_numpy(), 0.0)
    owner = np.repeat(np.arange(last.height), length)
    lists = pl.DataFrame({"owner": owner, "replayed": flat}).group_by("owner", maintain_order=True).agg("replayed")
    values = last.select("series_id").with_columns(
        lists["replayed"] if last.height else pl.Series("replayed", [], dtype=pl.List(pl.Float64)),
        gaps=pl.Series(length - last["len"].to_numpy().astype(np.int64)),
    )
    return values.with_columns(
        pl.col("replayed").list.mean().alias("series_mean"),
        pl.col("replayed").list.var(ddof=0).alias("series_variance"),
    )


def _profiles(demand: pl.DataFrame, series: pl.DataFrame, *, settings: Settings, reach: int) -> pl.DataFrame:
    """Return the factors of every pair of season and trend, with their first two moments over warm-up and horizon."""
    pairs = demand.select("season", "trend_rate").unique().sort("season", "trend_rate")
    values = series_values(series, blank=1.0).select(season="series_id", replayed="replayed")
    season_of = pairs.join(values, on="season", how="left", maintain_order="left")["replayed"]
    trends = pairs["trend_rate"].to_list()
    factors = [_factor(season, trend, settings, reach=reach) for season, trend in zip(season_of, trends, strict=True)]
    # One at a time: all of them over the whole run may be far more than the factors themselves.
    moments = [_moments(np.resize(factor, settings.periods)) for factor in factors]
    return pairs.with_columns(
        pl.Series("factor", [pl.Series(factor) for factor in factors], dtype=pl.List(pl.Float64)),
        pl.Series("factor_mean", [mean for mean, _ in moments], dtype=pl.Float64),
        pl.Series("factor_square", [square for _, square in moments], dtype=pl.Float64),
    )


def _moments(factor: NDArray[np.float64]) -> tuple[float, float]:
    return float(factor.mean()), float((factor**2).mean())


def _factor(season: pl.Series | None, trend: float, settings: Settings, *, reach: int) -> NDArray[np.float64]:
    shape = np.array([1.0]) if season is None or season.is_empty() else season.to_numpy()
    if trend == 0:
        return shape
    line = np.maximum(1 + trend * np.arange(reach) / settings.period.per_year, 0)
    return np.asarray(np.resize(shape, reach) * line)
