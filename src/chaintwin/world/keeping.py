"""The truth of a hidden world in a folder that a person names, and how far from it somebody is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.scenarios.writing import scenario_text
from chaintwin.network.tables.files.exchanging import write_folder
from chaintwin.world.playing import World

Floats = NDArray[np.float64]

PARAMETERS, STOCK, UNDER_WAY, OWED = "parameters.toml", "stock.parquet", "under_way.parquet", "owed.parquet"

FILES = (PARAMETERS, STOCK, UNDER_WAY, OWED)


@dataclass(frozen=True, slots=True)
class Distance:
    """How far an estimate of stock is from the truth.

    Parameters
    ----------
    share : mean of the absolute difference over stock points and periods, as a share of the mean true stock.
    typical : the same for each stock point by itself, as a share of its own mean stock, then the mean over stock points, so that
        those of large numbers count no more than others.
    largest : the largest difference, in units. wrong : part of the stock points and periods where it is more than rounding.
    """

    share: float
    typical: float
    largest: float
    wrong: float


def keep_truth(world: World, folder: Path) -> None:
    """Write the truth: ``parameters.toml``, a scenario, and the true state at the close of every period as Parquet.

    Parameters
    ----------
    world : as it was played. folder : is made, or its files of the same names are replaced.

    Raises
    ------
    UsageError
        The name is that of a file.
    """
    if folder.is_file():
        raise UsageError(f"{folder}: found a file; allowed: a folder")
    names, trace = world.trace.program.names, world.trace
    frames = {
        STOCK: _by_period(world, world.points, world.stock, value="quantity"),
        UNDER_WAY: _by_period(world, names.activities.select(activity="activity_id"), trace.in_process, value="units"),
        OWED: _by_period(world, names.streams.select(stream="stream_id"), trace.backlog, value="quantity"),
    }

    def fill(place: Path) -> None:
        (place / PARAMETERS).write_text(scenario_text(world.truth), encoding="utf-8")
        for name, frame in frames.items():
            frame.write_parquet(place / name)

    write_folder(folder, fill, stale=lambda _: FILES)


def read_stock(folder: Path | str) -> pl.DataFrame:
    """Return the true stock that was kept: ``period``, ``closes_at``, ``stock_point``, ``site``, ``product``, ``quantity``."""
    return pl.read_parquet(Path(folder) / STOCK)


def state_error(estimate: Floats, truth: Floats) -> Distance:
    """Return how far an estimate is from the truth.

    Parameters
    ----------
    estimate, truth : Floats[periods, stock points], in units.

    Raises
    ------
    UsageError
        They have other shapes, or there was never any stock.

    Example
    -------
    >>> state_error(np.array([[1.0, 2.0]]), np.array([[1.0, 3.0]]))
    Distance(share=0.25, typical=0.16666666666666666, largest=1.0, wrong=0.5)
    """
    mean = float(truth.mean()) if truth.size else 0.0
    if estimate.shape != truth.shape or mean <= 0.0:
        raise UsageError(f"estimate: found {estimate.shape} for a truth of {truth.shape}; allowed: the same, with some stock")
    off = np.abs(estimate - truth)
    scale = np.maximum(np.abs(truth).max(axis=0), 1.0)
    own = truth.mean(axis=0)
    # What rounding leaves at a point that keeps nothing is no stock.
    kept = own > ROUNDING * mean
    typical = (off.mean(axis=0)[kept] / own[kept]).mean()
    return Distance(float(off.mean()) / mean, float(typical), float(off.max()), float((off > ROUNDING * scale).mean()))


ROUNDING = 1e-9
"""Real quantities that were added up in another order differ by less than this part of the largest stock there ever was."""


def _by_period(world: World, who: pl.DataFrame, values: Floats, *, value: str) -> pl.DataFrame:
    periods, count = values.shape
    first = world.trace.begin
    numbers = np.arange(first, first + periods)
    closes = np.array([world.start_of(period + 1) for period in numbers.tolist()], dtype=np.int64)
    times = pl.DataFrame({"period": np.repeat(numbers, count), "closes_at": np.repeat(closes, count)})
    times = times.with_columns(pl.col("closes_at").cast(pl.Datetime("us", "UTC")))
    rows = who.select(pl.all().gather(pl.Series(np.tile(np.arange(count), periods))))
    return pl.concat([times, rows, pl.DataFrame({value: values.ravel()})], how="horizontal")
