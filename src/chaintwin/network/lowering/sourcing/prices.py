"""Purchase prices and exchange rates on the first day of the project."""

from __future__ import annotations

import polars as pl

from chaintwin.network.lowering.rows import Rows
from chaintwin.network.network import Settings


def purchase_prices(sources: pl.DataFrame, rows: Rows, *, settings: Settings) -> pl.DataFrame:
    """Return the sources with a column ``price`` in the project's currency, null where no dated price holds.

    A price of the source's own partner goes before one for every supplier.

    Parameters
    ----------
    sources : ``product_id``, ``partner``.
    rows : tables in force; uses ``prices`` and ``exchange_rates``.
    settings : of the project.
    """
    prices = prices_in_force(rows, settings)
    if prices.height == 0:
        return sources.with_columns(price=pl.lit(None, dtype=pl.Float64))
    prices = prices.with_columns(pl.col("product_id").cast(sources.schema["product_id"], strict=False)).drop_nulls("product_id")
    own = prices.filter(pl.col("partner").is_not_null()).select("product_id", "partner", own_price="amount")
    general = prices.filter(pl.col("partner").is_null()).select("product_id", general_price="amount")
    joined = sources.join(own, on=["product_id", "partner"], how="left").join(general, on="product_id", how="left")
    return joined.with_columns(pl.coalesce("own_price", "general_price").alias("price")).drop("own_price", "general_price")


def prices_in_force(rows: Rows, settings: Settings) -> pl.DataFrame:
    """Return ``product_id``, ``partner``, ``amount``: the newest price that has begun, in the project's currency.

    A price in a currency without a rate has no amount and is left out; the doctor reports it.
    """
    newest = _newest(rows["prices"], ["product_id", "partner"], settings=settings)
    rates = _newest(rows["exchange_rates"], ["currency"], settings=settings).select("currency", "rate")
    foreign = newest.join(rates, on="currency", how="left")
    home = pl.col("currency").is_null() | (pl.col("currency") == settings.currency)
    amount = pl.when(home).then(pl.col("price")).otherwise(pl.col("price") * pl.col("rate"))
    return foreign.with_columns(amount.alias("amount")).drop_nulls("amount").select("product_id", "partner", "amount")


def _newest(frame: pl.DataFrame, key: list[str], *, settings: Settings) -> pl.DataFrame:
    begun = frame.filter(pl.col("valid_from").is_null() | (pl.col("valid_from") <= pl.lit(settings.start)))
    value = "rate" if "rate" in frame.columns else "price"
    ordered = begun.sort(*key, "valid_from", value, nulls_last=False)
    return ordered.unique(subset=key, keep="last", maintain_order=True)
