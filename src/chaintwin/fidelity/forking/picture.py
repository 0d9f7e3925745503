"""A fork as a picture: how far service and stock of the coming periods spread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from chaintwin.errors import UsageError
from chaintwin.fidelity.forking.fork import Fork
from chaintwin.network.network import Period, Settings
from chaintwin.simulation.pictures.band_picture import POINTS_MAX, draw_panels
from chaintwin.simulation.pictures.drawing import write_picture

SHOWN = 3
"""Stock points that are drawn where nobody names any: those that are likeliest to run short."""


def draw_fork(fork: Fork, file: Path, *, stock_points: Sequence[str] = ()) -> None:
    """Draw the fans of service and of stock points to a file.

    Parameters
    ----------
    fork : what is drawn. file : ends in .svg or .png. stock_points : ids, up to four.

    Raises
    ------
    UsageError
        More than four, or one that is none.
    """
    if len(stock_points) > POINTS_MAX:
        raise UsageError(f"stock points: found {len(stock_points)}; allowed: at most {POINTS_MAX} in one picture")
    known = fork.setup.program.names.buffers["buffer_id"]
    unknown = [point for point in stock_points if point not in known]
    if unknown:
        raise UsageError(f"stock point: found {unknown[0]!r}; allowed: SITE/PRODUCT of the network, such as {known[0]!r}")
    chosen = list(stock_points) or fork.shortages.filter(pl.col("is_sold"))["stock_point"].head(SHOWN).to_list()
    panels = [("Fill rate of all customers", "fill_rate", fork.service)]
    for point in chosen:
        panels.append((f"Stock on hand, {point}", "on_hand", fork.stock.filter(pl.col("stock_point") == point)))
    settings, span = fork.setup.network.settings, fork.setup.span
    what = f", {fork.scenario}" if fork.scenario else ""
    title = f"The coming {span.periods:,} {settings.period.value}s{what}: {fork.runs:,} runs from the live state"
    write_picture(file, draw_panels(panels, title=title, period="date", named=dates_of(settings)).svg())


def dates_of(settings: Settings) -> Callable[[int], str]:
    """Return what writes the first moment of a period: its day, and its hour where a period is shorter than a day.

    Parameters
    ----------
    settings : of the project.

    Example
    -------
    >>> dates_of(Settings(period=Period.WEEK))(2)
    '2026-01-15'
    """
    begin = datetime(settings.start.year, settings.start.month, settings.start.day, tzinfo=UTC)
    form = "%m-%d %H:%M" if settings.period is Period.HOUR else "%Y-%m-%d"
    return lambda period: (begin + timedelta(hours=settings.period.hours * period)).strftime(form)
