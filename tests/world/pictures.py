"""Pictures of what was measured on a hidden world, for the guide; ``CHAINTWIN_PICTURES=folder`` keeps them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.simulation.pictures.axes import Panel
from chaintwin.simulation.pictures.canvas import FAINT, Canvas
from chaintwin.simulation.pictures.drawing import write_picture

Floats = NDArray[np.float64]

WIDTH, LEFT, TOP, HEIGHT, GAP = 920, 74, 84, 150, 78
BLUE, LINE = "#5b9bd0", "#c0392b"
BINS = 10


def kept_in() -> Path | None:
    """Return the folder that pictures are kept in, or None where nobody wants them."""
    folder = os.environ.get("CHAINTWIN_PICTURES")
    return Path(folder) if folder else None


def by_day(estimate: Floats, truth: Floats) -> Floats:
    """Return Floats[periods]: the mean absolute difference of each period, as a share of the mean true stock of all."""
    return np.asarray(np.abs(estimate - truth).mean(axis=1) / truth.mean())


def draw_errors(books: Floats, likely: Floats, *, bound: float, file: Path, every: int = 1) -> None:
    """Draw how far stock is from the truth on each day, by the books and with witnesses.

    Parameters
    ----------
    books, likely : Floats[n], shares of the mean stock. bound : that is promised. file : ends in .svg or .png.
    every : days between two of the values.
    """
    title = "Stock off the truth: 1 % of the events lost for good, a tenth of the stock points counted weekly"
    canvas = Canvas(WIDTH, TOP + 2 * HEIGHT + GAP + 50, title=title)
    canvas.text((LEFT, 30), title, size=15, bold=True)
    canvas.text((LEFT, 52), "Share of the mean true stock. Red: the bound that holds for the estimate.", size=11, color=FAINT)
    for place, (name, values) in enumerate((("By the books", books), ("With witnesses: follow_stock", likely))):
        top = TOP + place * (HEIGHT + GAP)
        most = 1.1 * max(float(values.max()), bound)
        panel = Panel(canvas, LEFT, top, WIDTH - 2 * LEFT, HEIGHT, (0.0, float(every * values.size)), (0.0, most))
        panel.draw_frame(title=name, unit="share", is_share=True, below="day")
        canvas.line([panel.at(every * place + 0.5, float(value)) for place, value in enumerate(values)], color=BLUE, width=1.6)
        canvas.line([panel.at(0.0, bound), panel.at(float(every * values.size), bound)], color=LINE, dash="4 3")
    write_picture(file, canvas.svg())


def draw_coverage(found: pl.DataFrame, pits: pl.DataFrame, *, low: float, high: float, file: Path) -> None:
    """Draw where truths lay in the forecasts of each horizon, and how many inside the 90 % intervals.

    Parameters
    ----------
    found : of ``coverage``. pits : ``horizon``, ``pit``. low, high : between which the share inside has to be.
    file : ends in .svg or .png.
    """
    title = "Truths of a hidden world in the forecasts of the twin that follows it"
    canvas = Canvas(WIDTH, TOP + 2 * (HEIGHT + GAP), title=title)
    canvas.text((LEFT, 30), title, size=15, bold=True)
    canvas.text((LEFT, 52), "Red: what a twin that is right would show, and the bounds of coverage.", size=11, color=FAINT)
    rows = found.to_dicts()
    wide = (WIDTH - LEFT) / max(len(rows), 1) - 54
    for place, row in enumerate(rows):
        values = pits.filter(pl.col("horizon") == row["horizon"])["pit"].to_numpy()
        shares = np.histogram(values, bins=BINS, range=(0.0, 1.0))[0] / max(values.size, 1)
        left = LEFT + place * (wide + 54)
        panel = Panel(canvas, left, TOP, wide, HEIGHT, (0.0, float(BINS)), (0.0, max(0.2, 1.1 * float(shares.max()))))
        days = f"{row['horizon']} day{'s' if row['horizon'] > 1 else ''} ahead ({values.size:,})"
        panel.draw_frame(title=days, unit="share", is_share=True, below="tenths of the members")
        for cell, share in enumerate(shares.tolist()):
            x, y = panel.at(cell + 0.08, share)
            right, foot = panel.at(cell + 0.92, 0.0)
            canvas.rect((x, y), (right - x, foot - y), fill=BLUE)
        canvas.line([panel.at(0.0, 1.0 / BINS), panel.at(float(BINS), 1.0 / BINS)], color=LINE, dash="4 3")
    least = min(0.8, *(row["share"] - 0.02 for row in rows))
    panel = Panel(canvas, LEFT, TOP + HEIGHT + GAP, WIDTH - 2 * LEFT, HEIGHT, (0.0, float(len(rows))), (least, 1.0))
    panel.draw_frame(title="Inside the 90 % interval", unit="share", is_share=True, below="days ahead", named=lambda _: "")
    for bound in (low, high):
        canvas.line([panel.at(0.0, bound), panel.at(float(len(rows)), bound)], color=LINE, dash="4 3")
    for place, row in enumerate(rows):
        reach = 1.96 * row["error"]
        ends = [min(1.0, row["share"] + reach), max(least, row["share"] - reach)]
        canvas.line([panel.at(place + 0.5, end) for end in ends])
        x, y = panel.at(place + 0.5, row["share"])
        canvas.circle((x, y), 4, fill=BLUE, name=f"{row['forecasts']:,} forecasts")
        canvas.text((x + 10, y + 4), f"{100 * row['share']:.1f} %", size=11)
        canvas.text((x, TOP + 2 * HEIGHT + GAP + 17), str(row["horizon"]), size=10, color=FAINT, anchor="middle")
    write_picture(file, canvas.svg())
