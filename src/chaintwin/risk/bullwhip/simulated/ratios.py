"""Ratios of what was recorded in simulations, with intervals over replications, and how they differ between two runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.risk.bullwhip.simulated.recording import QUANTITIES, Recorded

Floats = NDArray[np.float64]

FLOWS, AGAINST = ("orders", "shipments"), ("customers", "asked")
"""What is measured, and against what: what customers ask for at and below, and what is asked of the stock points themselves."""

RATIO_SCHEMA = pl.Schema(
    {
        "arm": pl.String,
        "level": pl.String,
        "echelon": pl.Int64,
        "site_id": pl.String,
        "product_id": pl.String,
        "points": pl.Int64,
        "bucket": pl.String,
        "periods": pl.Int64,
        "flow": pl.String,
        "against": pl.String,
        "mean": pl.Float64,
        "variance": pl.Float64,
        "demand_variance": pl.Float64,
        "variance_ratio": pl.Float64,
        "variance_ratio_low": pl.Float64,
        "variance_ratio_high": pl.Float64,
        "variation_ratio": pl.Float64,
        "variation_ratio_low": pl.Float64,
        "variation_ratio_high": pl.Float64,
        "difference": pl.Float64,
        "difference_low": pl.Float64,
        "difference_high": pl.Float64,
        "replications": pl.Int64,
    }
)


class _Known(NamedTuple):
    """A ratio of each group, and what each replication adds to its error: Floats[groups], Floats[groups, replications]."""

    value: Floats
    deviations: Floats


def ratios_of(recorded: Mapping[str, Recorded], *, confidence: float, is_random: bool) -> pl.DataFrame:
    """Return the ratios of every run, and how those of the others differ from the first.

    The ratio of variances is the mean variance of a group over that of its demand, means over replications, because the mean of
    ratios of single replications would count those with little demand as much as others. The ratio of variations takes the
    roots of both and divides them by their means. Errors are those of the jackknife; differences are taken replication by
    replication, so that what the runs have in common falls out (METHODS 8.4).

    Parameters
    ----------
    recorded : by run, of the same replications, groups and buckets; the first is what the others are compared with.
    confidence : level of the intervals, between 0 and 1.
    is_random : whether anything is drawn; else what is found is exact.

    Returns
    -------
    Columns of ``RATIO_SCHEMA``, one row for each run, bucket, group, flow and demand. Ratios are null where demand does not
    vary; intervals also where one replication has to say everything.

    Source: Tukey 1958 for the jackknife; Chen & Lee 2012 for orders, shipments and levels.
    """
    (first, base), *_ = recorded.items()
    parts = []
    for arm, run in recorded.items():
        for place, bucket in enumerate(run.buckets):
            for flow in FLOWS:
                for demand in AGAINST:
                    at = (QUANTITIES.index(flow), QUANTITIES.index(demand))
                    found, others = (_known(some.mean[place], some.variance[place], at) for some in (run, base))
                    columns = _columns(found, others, confidence=confidence, is_random=is_random, is_base=arm == first)
                    moments = {
                        "mean": run.mean[place, at[0]].mean(axis=-1),
                        "variance": run.variance[place, at[0]].mean(axis=-1),
                        "demand_variance": run.variance[place, at[1]].mean(axis=-1),
                    }
                    frame = run.groups.with_columns(
                        arm=pl.lit(arm),
                        bucket=pl.lit(bucket.name),
                        periods=pl.lit(bucket.size, dtype=pl.Int64),
                        flow=pl.lit(flow),
                        against=pl.lit(demand),
                        replications=pl.lit(run.mean.shape[-1], dtype=pl.Int64),
                        **{name: pl.Series(values) for name, values in (moments | columns).items()},
                    )
                    parts.append(frame.select(pl.col(name).cast(kind) for name, kind in RATIO_SCHEMA.items()))
    return pl.concat(parts).with_columns(pl.col(pl.Float64).fill_nan(None))


def _known(mean: Floats, variance: Floats, at: tuple[int, int]) -> tuple[_Known, _Known]:
    """Return the ratio of variances and that of variations of quantity ``at[0]`` against ``at[1]``."""
    above, below, level, base = variance[at[0]], variance[at[1]], mean[at[0]], mean[at[1]]

    def both(numbers: tuple[Floats, Floats, Floats, Floats]) -> tuple[Floats, Floats]:
        over, under, at_level, at_base = numbers
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(under > 0, over / under, np.nan)
            variation = np.where((at_level > 0) & (at_base > 0), np.sqrt(ratio) * at_base / at_level, np.nan)
        return ratio, variation

    count = above.shape[-1]
    totals = tuple(values.sum(axis=-1, keepdims=True) for values in (above, below, level, base))
    whole = both(totals)
    parts = (above, below, level, base)
    # What is left of a sum when all of it is taken away is rounding, and no variance.
    rest = tuple(np.where(total - own > 1e-12 * total, total - own, 0.0) for total, own in zip(totals, parts, strict=True))
    without = both(rest)  # type: ignore[arg-type]
    known = []
    for value, left in zip(whole, without, strict=True):
        moved = (count - 1) * (value - left)
        known.append(_Known(value[:, 0], moved - moved.mean(axis=-1, keepdims=True)))
    return known[0], known[1]


def _columns(
    found: tuple[_Known, _Known], others: tuple[_Known, _Known], *, confidence: float, is_random: bool, is_base: bool
) -> dict[str, Floats]:
    columns: dict[str, Floats] = {}
    for name, known in zip(("variance_ratio", "variation_ratio"), found, strict=True):
        half = _half_width(known.deviations, confidence=confidence, is_random=is_random)
        columns |= {
            name: known.value,
            f"{name}_low": np.maximum(known.value - half, 0.0),
            f"{name}_high": known.value + half,
        }
    value = np.full(found[0].value.shape, np.nan) if is_base else found[0].value - others[0].value
    half = _half_width(found[0].deviations - others[0].deviations, confidence=confidence, is_random=is_random)
    return columns | {"difference": value, "difference_low": value - half, "difference_high": value + half}


def _half_width(deviations: Floats, *, confidence: float, is_random: bool) -> Floats:
    from scipy.special import stdtrit

    count = deviations.shape[-1]
    if not is_random:
        return np.zeros(deviations.shape[0])
    if count < 2:
        return np.full(deviations.shape[0], np.nan)
    spread = np.sqrt((deviations**2).sum(axis=-1) / (count - 1) / count)
    half: Floats = stdtrit(count - 1, 0.5 + confidence / 2) * spread
    return half
