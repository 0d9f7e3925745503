"""How many values series, seasons, trends, dated calendars and dated prices come to, counted before any of them is made."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import GraphError
from chaintwin.network.network import Network

LIST_VALUES_MAX = 50_000_000
"""Most values of all series, and of all streams, resources and prices that follow one; each takes some 50 bytes for a while."""


def list_lengths(network: Network, *, reach: int | None = None) -> pl.DataFrame:
    """Return how many values each row is the cause of.

    Parameters
    ----------
    network : tables, in force or not.
    reach : periods that lists are made for; by default warm-up and horizon of the project.

    Returns
    -------
    ``table``, ``place`` (number of the row in its table, first is 0), ``name`` (of the series, stream, resource or product, for
    people), ``values``. A series counts with its last row, and so do the dated prices of a product.
    """
    periods = network.settings.periods if reach is None else reach
    series = network["series"].with_row_index("place").drop_nulls(["series_id", "period"])
    series = series.sort("series_id", "period", "place").group_by("series_id", maintain_order=True).last()
    series = series.select("place", "series_id", values=pl.col("period") + 1)
    length = series.select("series_id", length="values")
    demand = network["demand"].with_row_index("place")
    demand = demand.join(length, left_on="series", right_on="series_id", how="left", maintain_order="left")
    demand = demand.join(length, left_on="season", right_on="series_id", how="left", maintain_order="left", suffix="_season")
    demand = demand.join(length, left_on="price_series", right_on="series_id", how="left", maintain_order="left", suffix="_price")
    factor = pl.when(pl.col("trend_rate") != 0).then(periods).otherwise(pl.col("length_season").fill_null(1))
    name = pl.coalesce("stream_id", pl.concat_str("site_id", "product_id", separator="/"))
    dated = network["calendars"].filter(pl.col("date").is_not_null())["calendar_id"].drop_nulls().unique()
    calendars = network["sites"].select("site_id", site_calendar="calendar").unique("site_id", keep="first")
    parts = [
        series.select(table=pl.lit("series"), place="place", name="series_id", values="values"),
        demand.select(
            pl.lit("demand").alias("table"),
            "place",
            name.alias("name"),
            pl.col("length").fill_null(0) + pl.col("length_price").fill_null(0) + factor,
        ),
    ]
    for table, key in (("resources", pl.col("resource_id")), ("sources", pl.concat_str("site_id", "product_id", separator="/"))):
        rows = network[table].with_row_index("place").filter(pl.col("capacity").is_not_null())
        rows = rows.join(calendars, on="site_id", how="left", maintain_order="left")
        own = pl.coalesce("calendar", "site_calendar") if table == "resources" else pl.col("site_calendar")
        rows = rows.filter(own.is_in(dated.implode()))
        parts.append(rows.select(pl.lit(table).alias("table"), "place", key.alias("name"), pl.lit(periods).alias("values")))
    parts.append(_dated_prices(network, periods))
    columns = {"table": pl.String, "place": pl.Int64, "name": pl.String, "values": pl.Int64}
    return pl.concat(
        [
            part.select(pl.nth(number).cast(dtype).alias(name) for number, (name, dtype) in enumerate(columns.items()))
            for part in parts
        ]
    )


def refuse_long_lists(network: Network, *, reach: int) -> None:
    """Refuse a network whose lists would take more memory than is promised.

    Parameters
    ----------
    network : tables, in force or not.
    reach : periods that lists are made for.

    Raises
    ------
    GraphError
        There are more than LIST_VALUES_MAX values; the message names the row with the most.
    """
    lengths = list_lengths(network, reach=reach)
    total = int(lengths["values"].sum())
    if total > LIST_VALUES_MAX:
        table, _, name, values = lengths.row(int(lengths["values"].arg_max() or 0))
        what = "series, seasons, trends, dated calendars and dated prices"
        found = f"found {total:,} values of {what}, {values:,} of them for {name} in {table}"
        raise GraphError(f"{found}; allowed: at most {LIST_VALUES_MAX:,}")


def _dated_prices(network: Network, periods: int) -> pl.DataFrame:
    """Return the last row of each product whose price changes after the first day: a list for each source that buys it."""
    later = pl.col("valid_from") > network.settings.start
    floating = network["exchange_rates"].filter(later)["currency"].drop_nulls().unique()
    prices = network["prices"].with_row_index("place").filter(later | pl.col("currency").is_in(floating.implode()))
    buys = network["sources"].filter(pl.col("kind") == "buy").group_by("product_id").agg(buys=pl.len().cast(pl.Int64))
    prices = prices.drop_nulls("product_id").group_by("product_id", maintain_order=True).agg(pl.col("place").last())
    prices = prices.join(buys, on="product_id", how="left", maintain_order="left")
    # A product that no source buys may be bought where nothing else fills it.
    return prices.select(
        pl.lit("prices").alias("table"),
        "place",
        name="product_id",
        values=pl.col("buys").fill_null(1) * pl.lit(periods, pl.Int64),
    )
