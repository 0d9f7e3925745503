"""The figures of a log of daily series that its report states: its network, each series, and how they differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.ingest.shipment_log.series.reading import SeriesLog

TOP_PRODUCTS = 5
DAYS_A_WEEK = 7


def gather_series_facts(log: SeriesLog) -> dict[str, Any]:
    """Return the figures of a log of daily series.

    Parameters
    ----------
    log : the series.

    Returns
    -------
    ``network``: numbers of products (one a series), plants, storage locations, rows of the table of places, rows equal to
    an earlier one, and distinct pairs without blanks; ``series``: for each point days, series, total, share of zeros, the
    five largest products and the variance of the daily total (n-1); ``identities``: differences of totals between points,
    and ratios of variances, of weekly totals over complete weeks from Monday to Sunday.
    """
    totals = {point: float(units.sum()) for point, units in log.units.items()}
    daily = {point: units.sum(axis=1) for point, units in log.units.items()}
    return {
        "network": _network(log),
        "series": {point: _series(log, units) for point, units in log.units.items()},
        "identities": {
            "production_minus_issue": totals["production"] - totals["factory_issue"],
            "issue_minus_delivery": totals["factory_issue"] - totals["delivery_to_distributor"],
            "order_minus_delivery": totals["sales_order"] - totals["delivery_to_distributor"],
            "bullwhip_ratio_variance_of_daily_totals": {
                "production_over_sales_order": _ratio(daily["production"], daily["sales_order"]),
                "issue_over_delivery": _ratio(daily["factory_issue"], daily["delivery_to_distributor"]),
                "production_over_issue": _ratio(daily["production"], daily["factory_issue"]),
            },
            "weekly_totals_bullwhip_production_over_delivery": _ratio(
                weekly_totals(log, daily["production"]), weekly_totals(log, daily["delivery_to_distributor"])
            ),
        },
    }


def weekly_totals(log: SeriesLog, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the totals of complete weeks, Monday to Sunday; days before the first Monday and after the last Sunday do not count.

    Parameters
    ----------
    log : the series, for its days.
    values : float64[day].
    """
    skipped = -log.days[0].weekday() % DAYS_A_WEEK if log.days else 0
    count = max(len(values) - skipped, 0) // DAYS_A_WEEK
    whole = values[skipped : skipped + count * DAYS_A_WEEK]
    return np.asarray(whole.reshape(count, DAYS_A_WEEK).sum(axis=1), dtype=np.float64)


def _network(log: SeriesLog) -> dict[str, int]:
    places = log.places
    return {
        "products": len(log.products),
        "plants": places["plant"].drop_nulls().n_unique(),
        "storage_locations": places["storage"].drop_nulls().n_unique(),
        "rows": places.height,
        "duplicate_rows": places.height - places.n_unique(),
        "product_plant_pairs": places.select("product", "plant").drop_nulls().n_unique(),
        "product_storage_pairs": places.select("product", "storage").drop_nulls().n_unique(),
        "rows_without_storage": places["storage"].null_count(),
    }


def _series(log: SeriesLog, units: NDArray[np.float64]) -> dict[str, Any]:
    by_product = pl.DataFrame({"product": log.products, "units": units.sum(axis=0)}).sort(
        ["units", "product"], descending=[True, False]
    )
    daily = units.sum(axis=1)
    return {
        "days": len(log.days),
        "series": len(log.products),
        "total": float(units.sum()),
        "zero_share": float((units == 0).mean()),
        "top5": dict(by_product.head(TOP_PRODUCTS).iter_rows()),
        "variance_of_daily_total": float(daily.var(ddof=1)) if len(daily) > 1 else None,
    }


def _ratio(upper: NDArray[np.float64], lower: NDArray[np.float64]) -> float | None:
    if len(upper) < 2 or lower.var(ddof=1) == 0:
        return None
    return float(upper.var(ddof=1) / lower.var(ddof=1))
