"""Bands over time: how far stock, backlog and service spread over replications."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from chaintwin.errors import UsageError
from chaintwin.simulation.bands.naming import unknown_stock_points
from chaintwin.simulation.pictures.axes import Panel
from chaintwin.simulation.pictures.canvas import FAINT, Canvas
from chaintwin.simulation.results import Result

SHADES = (("q01", "q99", "#d6e6f4", "98 of 100 runs"), ("q05", "q95", "#a6c8e6", "90"), ("q25", "q75", "#5b9bd0", "50"))
"""Ends, shade and meaning of each band, the widest first; they differ in lightness, so they can be told apart without color."""

MEDIAN = "#0b2545"
NAMES = {"on_hand": "Stock on hand", "backlog": "Backlog", "fill_rate": "Fill rate"}
POINTS_MAX = 4
WIDTH, LEFT, RIGHT, PANEL, GAP, HEAD = 920, 74, 24, 150, 70, 84


def kept_points(result: Result) -> list[str]:
    """Return the ids of the stock points whose bands a result holds."""
    if result.bands.is_empty():
        return []
    return result.bands["buffer_id"].drop_nulls().unique(maintain_order=True).to_list()


def band_rows(result: Result, stock_point: str | None) -> list[tuple[str, pl.DataFrame]]:
    """Return quantity and rows, by period, of one stock point, or of the whole network.

    Raises
    ------
    UsageError
        The result has no bands, or none of this stock point.
    """
    again = "fix: chaintwin simulate PROJECT --bands SITE/PRODUCT --out FOLDER"
    if result.bands.is_empty():
        raise UsageError(f"bands: found none in this result; allowed: a result simulated with bands; {again}")
    if stock_point is not None and stock_point not in kept_points(result):
        known = result.stock_points["buffer_id"].to_list()
        if stock_point not in known:
            raise UsageError(unknown_stock_points([stock_point], known))
        kept = kept_points(result)
        said = ", ".join(kept[:4]) + (f" and {len(kept) - 4} more" if len(kept) > 4 else "") if kept else "the whole network only"
        raise UsageError(f"stock point: found no bands of {stock_point!r} in this result; it holds those of {said}; {again}")
    chosen = pl.col("buffer_id").is_null() if stock_point is None else pl.col("buffer_id") == stock_point
    rows = result.bands.filter(chosen)
    return [(name, rows.filter(pl.col("quantity") == name).sort("period")) for name in NAMES if name in rows["quantity"]]


def draw_bands(result: Result, stock_points: Sequence[str] = ()) -> Canvas:
    """Draw the bands of up to four stock points, or of the whole network.

    Parameters
    ----------
    result : with bands.
    stock_points : ids; none draws the whole network.

    Raises
    ------
    UsageError
        There are no such bands, or more than four stock points.
    """
    if len(stock_points) > POINTS_MAX:
        raise UsageError(f"stock points: found {len(stock_points)}; allowed: at most {POINTS_MAX} in one picture")
    panels: list[tuple[str, str, pl.DataFrame]] = []
    for point in stock_points or (None,):
        for quantity, rows in band_rows(result, point):
            if quantity == "backlog" and not rows["q99"].max() and len(panels) > 0:
                continue
            panels.append((f"{NAMES[quantity]}, {point or 'whole network'}", quantity, rows))
    title = f"Spread over {result.span.replications:,} runs, {result.span.periods:,} {result.period}s"
    return draw_panels(panels, title=title, period=result.period)


def draw_panels(
    panels: Sequence[tuple[str, str, pl.DataFrame]], *, title: str, period: str, named: Callable[[int], str] | None = None
) -> Canvas:
    """Draw bands below each other.

    Parameters
    ----------
    panels : name of each; its quantity, ``fill_rate`` for a share; and its rows: ``period`` and quantiles ``q01`` to ``q99``.
    title : of the picture. period : what a period is called. named : writes a period, such as its date; its number by default.
    """
    canvas = Canvas(WIDTH, HEAD + len(panels) * (PANEL + GAP), title=title)
    canvas.text((LEFT, 28), title, size=16, bold=True)
    _legend(canvas)
    for number, (name, quantity, rows) in enumerate(panels):
        _panel(canvas, name, top=HEAD + 26 + number * (PANEL + GAP), quantity=quantity, rows=rows, period=period, named=named)
    return canvas


def _legend(canvas: Canvas) -> None:
    x, y = LEFT, 50
    canvas.line([(x, y), (x + 22, y)], color=MEDIAN, width=2)
    canvas.text((x + 28, y + 4), "median", size=11, color=FAINT)
    x += 90
    for _, _, shade, meaning in reversed(SHADES):
        canvas.rect((x, y - 7), (22, 13), fill=shade)
        text = f"{meaning} of 100 runs" if meaning.isdigit() else meaning
        canvas.text((x + 28, y + 4), text, size=11, color=FAINT)
        x += 145


def _panel(
    canvas: Canvas,
    name: str,
    *,
    top: float,
    quantity: str,
    rows: pl.DataFrame,
    period: str,
    named: Callable[[int], str] | None,
) -> None:
    is_share = quantity == "fill_rate"
    known = rows.drop_nulls(["q50"])
    periods = rows["period"].to_numpy()
    if known.is_empty():
        canvas.text((LEFT, top), f"{name}: nothing to show, because nothing was asked for", size=12, color=FAINT)
        return
    least, most = float(known["q01"].min()), float(known["q99"].max())  # type: ignore[arg-type]
    low = max(0.0, least - 0.1 * (most - least)) if is_share else min(0.0, least)
    high = 1.0 if is_share else (most if most > low else low + 1.0)
    low = low if low < high else high - 0.01
    # Little room above, so that the highest band does not touch the title.
    span = (float(periods[0]), float(max(periods[-1], periods[0] + 1)))
    panel = Panel(canvas, LEFT, top, WIDTH - LEFT - RIGHT, PANEL, span, (low, high if is_share else low + 1.05 * (high - low)))
    panel.draw_frame(title=name, unit="share" if is_share else "units", is_share=is_share, below=period, named=named)
    for first, last, shade, _ in SHADES:
        _fill(panel, known["period"].to_numpy(), first=known[first].to_numpy(), last=known[last].to_numpy(), shade=shade)
    canvas.line([panel.at(x, y) for x, y in known.select("period", "q50").iter_rows()], color=MEDIAN, width=1.8)


def _fill(panel: Panel, periods: np.ndarray, *, first: np.ndarray, last: np.ndarray, shade: str) -> None:
    upper = [panel.at(x, y) for x, y in zip(periods.tolist(), last.tolist(), strict=True)]
    lower = [panel.at(x, y) for x, y in zip(periods.tolist(), first.tolist(), strict=True)]
    panel.canvas.area([*upper, *reversed(lower)], fill=shade)
