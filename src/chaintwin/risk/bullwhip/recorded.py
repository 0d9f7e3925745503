"""The bullwhip along recorded stages of a chain: each against the stage before it and against the first, level by level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_whole
from chaintwin.risk.bullwhip.blocks import Resampling
from chaintwin.risk.bullwhip.measuring import Bullwhip, measured
from chaintwin.risk.bullwhip.series import Season, summed_periods, summed_products, table_of, without_season

Floats = NDArray[np.float64]

CHAIN_SCHEMA = {
    "stage": pl.String,
    "demand_stage": pl.String,
    "level": pl.String,
    "group": pl.String,
    "bucket": pl.Int64,
    "cycle": pl.Int64,
    "sample_count": pl.Int64,
    "block_length": pl.Int64,
    "variance_ratio": pl.Float64,
    "variance_ratio_low": pl.Float64,
    "variance_ratio_high": pl.Float64,
    "variation_ratio": pl.Float64,
    "variation_ratio_low": pl.Float64,
    "variation_ratio_high": pl.Float64,
}


@dataclass(frozen=True, slots=True)
class Level:
    """A level of aggregation.

    Parameters
    ----------
    name : for people, such as ``products by week``.
    bucket : periods added up, 1 or more.
    offset : periods left out at the start, 0 or more, so that buckets begin with a calendar week, say.
    labels : the group of each product; products of a group are added up. None adds up all.
    """

    name: str
    bucket: int = 1
    offset: int = 0
    labels: tuple[str, ...] | None = None


def measure_chain(
    stages: Mapping[str, ArrayLike],
    levels: Sequence[Level] = (Level("total"),),
    *,
    cycle: int = 1,
    season: Season = Season.EACH,
    resampling: Resampling | None = None,
) -> pl.DataFrame:
    """Measure the bullwhip between recorded stages.

    Parameters
    ----------
    stages : units a period of each stage, the one next to the customer first, shape (T,) or (T, P), the same for all. Name
        stages by what was recorded: orders and shipments of one stage are two stages here.
    levels : of aggregation; adding up hides part of the bullwhip, so that more than one is worth looking at.
    cycle, season : season taken out before anything is added up, as for `measure_bullwhip`.
    resampling : draws intervals; every ratio with the same numbers, so that levels can be compared.

    Returns
    -------
    Columns of `CHAIN_SCHEMA`, one row for each level, group and pair of stages: each stage against the one before it, from the
    third on against the first as well. Ratios are null where demand does not vary, intervals also where none were asked for.

    Raises
    ------
    UsageError : there are fewer than two stages, shapes differ, or a level does not fit the record.

    Example
    -------
    >>> chain = measure_chain({"sales": [4, 6, 5, 7], "orders": [4, 8, 4, 9]})
    >>> chain.select("stage", "demand_stage", pl.col("variance_ratio").round(6)).row(0)
    ('orders', 'sales', 4.15)

    Source: METHODS 4.1; Chen & Lee 2012, "Bullwhip effect measurement and its implications".
    """
    tables = {name: table_of(name, values) for name, values in stages.items()}
    names = list(tables)
    if len(names) < 2:
        raise UsageError(f"stages: found {len(names)}; allowed: 2 or more; fix: record orders beside demand")
    shape = tables[names[0]].shape
    for name, table in tables.items():
        if table.shape != shape:
            allowed = f"that of {names[0]}, {shape}; fix: cut all to what was recorded"
            raise UsageError(f"{name}: found shape {table.shape}; allowed: {allowed}")
    pairs = [*pairwise(names), *((names[0], name) for name in names[2:])]
    rows = []
    for level in levels:
        for before, after in pairs:
            first, second = _adjusted(tables[before], tables[after], level=level, cycle=cycle, season=season)
            for group, demand, orders in zip(_groups(level), first.T, second.T, strict=True):
                found = measured(demand, orders, bucket=level.bucket, cycle=cycle, resampling=resampling)
                rows.append((after, before, level.name, group, *_figures(found)))
    return pl.DataFrame(rows, schema=CHAIN_SCHEMA, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))


def stages_of(frames: Mapping[str, pl.DataFrame], *, date_column: str) -> tuple[list[date], list[str], dict[str, Floats]]:
    """Return recorded stages in step: the days and products that all of them have.

    Parameters
    ----------
    frames : of each stage one row a day, with a column of dates and one of units for each product.
    date_column : name of the column of dates.

    Returns
    -------
    The days in order, the products in the order of the first frame, and units of each stage, Floats[days, products].

    Raises
    ------
    UsageError : a frame lacks the column of dates, repeats a day or has an empty cell; no day or product is common to all; or a
        day between the first and the last is missing.

    Example
    -------
    >>> day = pl.Series("day", [date(2023, 1, 2), date(2023, 1, 1)])
    >>> frame = pl.DataFrame([day, pl.Series("soap", [3.0, 4.0])])
    >>> days, products, stages = stages_of({"sales": frame}, date_column="day")
    >>> products, stages["sales"].ravel().tolist()
    (['soap'], [4.0, 3.0])
    """
    for name, frame in frames.items():
        if date_column not in frame.columns or frame[date_column].dtype != pl.Date:
            raise UsageError(f"{name}: found columns {', '.join(frame.columns[:5])}; allowed: a column {date_column} of dates")
        if frame[date_column].is_duplicated().any():
            raise UsageError(f"{name} {date_column}: found a day twice; allowed: one row a day; fix: add the rows up")
    shared_days = set.intersection(*(set(frame[date_column].to_list()) for frame in frames.values())) if frames else set()
    days = sorted(shared_days)
    products = [
        name
        for name in next(iter(frames.values()), pl.DataFrame()).columns
        if name != date_column and all(name in frame.columns for frame in frames.values())
    ]
    if not days or not products:
        raise UsageError(f"stages: found {len(days)} days and {len(products)} products in all; allowed: at least one of each")
    if (days[-1] - days[0]).days + 1 != len(days):
        found_days = f"{len(days):,} days in all from {days[0]} to {days[-1]}"
        raise UsageError(f"stages: found {found_days}; allowed: every day; fix: write zeros where nothing moved")
    found: dict[str, Floats] = {}
    for name, frame in frames.items():
        values = frame.filter(pl.col(date_column).is_in(days)).sort(date_column).select(pl.col(products).cast(pl.Float64))
        if values.null_count().to_numpy().any():
            raise UsageError(f"{name}: found an empty cell; allowed: numbers; fix: write zeros where nothing moved")
        found[name] = values.to_numpy()
    return days, products, found


def week_offset(days: Sequence[date]) -> int:
    """Return how many days lie before the first Monday, the offset of a level of calendar weeks.

    Example
    -------
    >>> week_offset([date(2023, 1, 1), date(2023, 1, 2)])
    1
    """
    return -days[0].weekday() % 7


def _adjusted(before: Floats, after: Floats, *, level: Level, cycle: int, season: Season) -> tuple[Floats, Floats]:
    """Return both tables on a level, Floats[buckets, groups]."""
    labels = level.labels if level.labels is not None else ("",) * before.shape[1]
    grouped = [summed_products(table, labels)[1] for table in (before, after)]
    offset = check_whole(f"offset of {level.name}", level.offset, low=0, high=before.shape[0] - 1)
    first, second = without_season(*grouped, cycle=cycle, season=season)
    return summed_periods(first[offset:], level.bucket), summed_periods(second[offset:], level.bucket)


def _groups(level: Level) -> list[str]:
    return sorted(set(level.labels)) if level.labels is not None else ["all"]


def _figures(found: Bullwhip) -> tuple[float, ...]:
    ratios = (found.variance_ratio, found.variation_ratio)
    counts = (found.bucket, found.cycle, found.sample_count, found.block_length)
    return (*counts, *(value for ratio in ratios for value in (ratio.value, ratio.low, ratio.high)))
