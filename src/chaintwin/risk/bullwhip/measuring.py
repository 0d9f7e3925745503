"""The bullwhip of two series: how much more orders vary than the demand they answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import refusal
from chaintwin.risk.bullwhip.blocks import (
    Resampling,
    automatic_block_length,
    percentile_interval,
    resampled_moments,
    variance_influence,
)
from chaintwin.risk.bullwhip.series import Season, summed_periods, table_of, without_season

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with its interval.

    Parameters
    ----------
    value : 0 or more; NaN where it has no meaning (demand does not vary, or a mean is not above 0).
    low, high : the interval; NaN where none was asked for.
    """

    value: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, slots=True)
class Bullwhip:
    """How much more a series varies than demand.

    Parameters
    ----------
    variance_ratio : variance of the series over that of demand (ddof 1); 1 where variation is passed on as it is.
    variation_ratio : ratio of the coefficients of variation, which does not change with units or level.
    sample_count : periods (or buckets of them) it was measured on.
    bucket : periods in one bucket.
    cycle : periods of the season that was taken out; 1 for none.
    block_length : buckets that were drawn together for the intervals; 0 for none.
    """

    variance_ratio: Ratio
    variation_ratio: Ratio
    sample_count: int
    bucket: int
    cycle: int
    block_length: int


def measure_bullwhip(
    demand: ArrayLike,
    orders: ArrayLike,
    *,
    bucket: int = 1,
    cycle: int = 1,
    season: Season = Season.EACH,
    resampling: Resampling | None = None,
) -> Bullwhip:
    """Measure how much more orders vary than demand. Shipments go in the place of orders to measure these.

    Orders and shipments answer different questions: orders are what the next stage sees, shipments what it can do about it.
    Measure both, and call each by its name.

    Parameters
    ----------
    demand, orders : units a period, shape (T,), or (T, P) for products, which are added up. Finite, in step.
    bucket : periods added up before measuring, 1 to T // 2; what fills no bucket at the end is left out.
    cycle : periods of a season that is taken out first, such as 7 for weekdays; 1 for none.
    season : whose season is taken out.
    resampling : draws a moving-block bootstrap interval of both ratios; None leaves it out.

    Returns
    -------
    Both ratios, with intervals where asked for.

    Raises
    ------
    UsageError : shapes differ, a number is not finite, fewer than two buckets are left, or demand does not vary.

    Example
    -------
    >>> found = measure_bullwhip([100, 104, 97, 110], [100, 112, 84, 130])
    >>> round(found.variance_ratio.value, 4), round(found.variation_ratio.value, 4)
    (11.9367, 3.3333)

    Source: METHODS 4.1; Chen & Lee 2012, "Bullwhip effect measurement and its implications", for aggregation.
    """
    before, after = table_of("demand", demand), table_of("orders", orders)
    if before.shape != after.shape:
        raise UsageError(
            f"orders: found shape {after.shape}; allowed: that of demand, {before.shape}; fix: cut both to what was recorded"
        )
    sums = (table.sum(axis=1, keepdims=True) for table in (before, after))
    adjusted = without_season(*sums, cycle=cycle, season=season)
    first, second = (summed_periods(table, bucket)[:, 0] for table in adjusted)
    found = measured(first, second, bucket=bucket, cycle=cycle, resampling=resampling)
    if math.isnan(found.variance_ratio.value):
        raise refusal("demand", float(first[0]), allowed="a series that varies", fix="measure a stage whose demand changes")
    return found


def measured(demand: Floats, orders: Floats, *, bucket: int, cycle: int, resampling: Resampling | None) -> Bullwhip:
    """Measure two series that are ready to be compared; a ratio without meaning is NaN.

    Parameters
    ----------
    demand, orders : Floats[n], in buckets, without season.
    bucket, cycle : what was done to them.
    resampling : as for `measure_bullwhip`.

    Raises
    ------
    UsageError : there are fewer than two buckets, or a block longer than they are.
    """
    size = demand.size
    if size < 2:
        raise refusal("buckets", size, allowed="2 or more", fix="record more periods, or add up fewer")
    both = np.stack([demand, orders], axis=-1)
    spread = both.var(axis=0, ddof=1)
    # A constant series whose season was taken out varies by rounding alone.
    spread[spread < 1e-20 * np.mean(both**2, axis=0)] = 0.0
    values = _ratios(both.mean(axis=0)[None], spread[None])
    if resampling is None or not spread.all():
        return Bullwhip(Ratio(float(values[0][0])), Ratio(float(values[1][0])), size, bucket, cycle, 0)
    length = resampling.block_length or automatic_block_length(variance_influence(demand, orders))
    if length > size:
        raise refusal("block_length", length, allowed=f"1 to {size:,}, the number of buckets", fix="leave it out")
    drawn = _ratios(*resampled_moments(demand, orders, length=length, resampling=resampling))
    ratios = [
        Ratio(float(value[0]), *percentile_interval(many, resampling.confidence))
        for value, many in zip(values, drawn, strict=True)
    ]
    return Bullwhip(ratios[0], ratios[1], size, bucket, cycle, length)


def _ratios(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return the variance ratio and the ratio of coefficients of variation, each Floats[n]; arguments are Floats[n, 2]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = variance[:, 1] / variance[:, 0]
        # Without demand that varies there is nothing to compare with.
        ratio[variance[:, 0] == 0] = math.nan
        variation = np.sqrt(ratio) * mean[:, 0] / mean[:, 1]
    variation[(mean <= 0).any(axis=1)] = math.nan
    return ratio, variation
