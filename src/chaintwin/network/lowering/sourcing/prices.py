"""Purchase prices and exchange rates over the periods of a run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.lowering.rows import Rows
from chaintwin.network.network import Settings

Floats = NDArray[np.float64]

Paths = dict[tuple[str, str | None], Floats]


def purchase_prices(
    goods: pl.DataFrame, rows: Rows, *, settings: Settings, reach: int, bought: pl.Expr | None = None, own_only: bool = False
) -> pl.DataFrame:
    """Return goods with the dated ``price`` of the first day and the ``price_series``, both in the project's currency.

    A price of the seller goes before one for every supplier. A price in a currency without a rate has no amount and is left out;
    the doctor reports it.

    Parameters
    ----------
    goods : ``product_id``, ``partner`` (the seller) and ``stated`` (money a unit), the price where no dated one holds.
    rows : tables in force; uses ``prices`` and ``exchange_rates``.
    settings : of the project.
    reach : periods that prices are followed for.
    bought : which goods are bought, all by default. The others get no price: lists of prices nobody pays would take memory that
        ``sizes.list_lengths`` does not count.
    own_only : leave out prices for every supplier, for who sells is none.

    Returns
    -------
    ``price`` is null where no dated price holds on the first day; ``price_series`` is a list of ``reach`` values, null where the
    price does not change.
    """
    paths = price_paths(rows, settings, reach=reach)
    price = np.full(goods.height, np.nan)
    series: list[list[float] | None] = [None] * goods.height
    dated = pl.col("product_id").cast(pl.String).is_in([product for product, _ in paths])
    named = goods.with_row_index("place").filter(dated if bought is None else dated & bought)
    named = named.with_columns(pl.col("product_id").cast(pl.String))
    for place, product, partner, stated in named.select("place", "product_id", "partner", "stated").iter_rows():
        path = np.full(reach, np.nan)
        for key in ((product, partner),) if own_only else ((product, None), (product, partner)):
            if key in paths:
                path = np.where(np.isnan(paths[key]), path, paths[key])
        price[place] = path[0]
        path = np.where(np.isnan(path), np.nan if stated is None else stated, path)
        series[place] = path.tolist() if (path != path[0]).any() else None
    return goods.with_columns(
        pl.Series("price", price).fill_nan(None), pl.Series("price_series", series, dtype=pl.List(pl.Float64))
    )


def price_paths(rows: Rows, settings: Settings, *, reach: int) -> Paths:
    """Return, by product and seller (None: every one), the price of each period in the project's currency; NaN where none holds.

    Parameters
    ----------
    rows : tables in force.
    settings : of the project.
    reach : periods.
    """
    rates = {
        currency: _path(frame.select("valid_from", "rate").iter_rows(), settings, reach=reach)
        for (currency,), frame in _by_date(rows["exchange_rates"], "rate").group_by("currency", maintain_order=True)
    }
    unknown, home = np.full(reach, np.nan), np.ones(reach)
    paths: Paths = {}
    for product, partner, begun, currency, price in (
        _by_date(rows["prices"], "price").select("product_id", "partner", "valid_from", "currency", "price").iter_rows()
    ):
        first = _first_period(begun, settings)
        if first >= reach:
            continue
        path = paths.setdefault((product, partner), unknown.copy())
        rate = home if currency is None or currency == settings.currency else rates.get(currency, unknown)
        path[first:] = price * rate[first:]
    return paths


def _by_date(frame: pl.DataFrame, value: str) -> pl.DataFrame:
    return frame.sort("valid_from", value, nulls_last=False)


def _path(steps: Iterable[tuple[date | None, float]], settings: Settings, *, reach: int) -> Floats:
    path = np.full(reach, np.nan)
    for begun, value in steps:
        path[_first_period(begun, settings) :] = value
    return path


def _first_period(begun: date | None, settings: Settings) -> int:
    """Return the first period that begins on the day or later."""
    if begun is None:
        return 0
    return max(0, -(-(begun - settings.start).days * 24 // settings.period.hours))
