"""The bullwhip of a project as a picture: bars by echelon, as it is and calmed, one panel for each length of bucket."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

from chaintwin.risk.bullwhip.simulated.studying import Study
from chaintwin.simulation.pictures.axes import ticks
from chaintwin.simulation.pictures.canvas import FAINT, GRID, Canvas
from chaintwin.simulation.pictures.drawing import write_picture

COLORS = ("#b0b4b9", "#0072b2", "#e69f00", "#009e73")
"""Gray for what is, and colors of Okabe and Ito (2008), told apart by people who confuse red and green."""

WIDTH, LABEL, BAR, GAP, HEAD, BETWEEN = 920, 150, 15, 12, 118, 74
ECHELONS_MAX = 12
LOG_SPAN = 30.0
"""Ratios that lie further apart than this are drawn on a scale of powers."""


def draw(found: Study) -> str:
    """Return the picture as SVG.

    Parameters
    ----------
    found : what ``study_bullwhip`` returned; without arms orders and shipments are drawn beside each other.
    """
    rows = found.ratios.filter(pl.col("level") == "echelon", pl.col("against") == "customers", pl.col("echelon") <= ECHELONS_MAX)
    arms = rows["arm"].unique(maintain_order=True).to_list()
    by, names = ("arm", arms) if len(arms) > 1 else ("flow", ["orders", "shipments"])
    rows = rows.filter(flow="orders") if by == "arm" else rows
    buckets = rows["bucket"].unique(maintain_order=True).to_list()
    echelons = rows["echelon"].unique().sort().to_list()
    size = len(echelons) * (len(names) * BAR + GAP)
    title = (
        f"Bullwhip by echelon: variance of {'orders' if by == 'arm' else 'orders and shipments'} over that of customers' demand"
    )
    canvas = Canvas(WIDTH, HEAD + len(buckets) * (size + BETWEEN), title=title)
    canvas.text((24, 28), title, size=16, bold=True)
    every = found.points["echelon"].n_unique()
    said = "" if every <= ECHELONS_MAX else f"; the first {ECHELONS_MAX} of {every}"
    note = f"echelon 1 is next to the customers; lines are {100 * found.confidence:g} % intervals{said}"
    canvas.text((24, 48), note, size=11, color=FAINT)
    for number, name in enumerate(names):
        x = 24 + 170 * number
        canvas.rect((x, 60), (14, 11), fill=COLORS[number])
        canvas.text((x + 20, 70), name, size=11, color=FAINT)
    for place, bucket in enumerate(buckets):
        top = HEAD + place * (size + BETWEEN)
        canvas.text((24, top - 14), f"by {bucket}", size=13, bold=True)
        mine = rows.filter(bucket=bucket).to_dicts()
        cells = {(row["echelon"], row[by]): row for row in mine}
        _panel(canvas, cells, top=top, height=size, echelons=echelons, names=names)
    return canvas.svg()


def plot(found: Study, path: Path | str) -> None:
    """Draw a study into a file that ends in ``.svg`` or ``.png``.

    Parameters
    ----------
    found : what ``study_bullwhip`` returned.
    path : the file.

    Raises
    ------
    UsageError
        The file has another ending or cannot be written.
    """
    write_picture(path, draw(found))


def _panel(
    canvas: Canvas,
    cells: Mapping[tuple[int, str], Mapping[str, float | None]],
    *,
    top: float,
    height: float,
    echelons: Sequence[int],
    names: Sequence[str],
) -> None:
    known = [row["variance_ratio"] for row in cells.values() if row["variance_ratio"] is not None]
    most = max([1.0, *(row["variance_ratio_high"] or row["variance_ratio"] or 0.0 for row in cells.values())])
    least = max(min([1.0, *(value for value in known if value > 0)]), 1e-3)
    is_log = most / least > LOG_SPAN
    low, high = (10.0 ** math.floor(math.log10(min(least, 0.9))), most * 1.3) if is_log else (0.0, most * 1.1)
    left, right = 24 + LABEL, WIDTH - 80

    def at(value: float) -> float:
        if is_log:
            return left + (right - left) * math.log(max(value, low) / low) / math.log(high / low)
        return left + (right - left) * value / high

    powers = [10.0**power for power in range(round(math.log10(low)), math.floor(math.log10(high)) + 1)] if is_log else []
    for value in powers or ticks(0.0, high, count=6):
        canvas.line([(at(value), top - 4), (at(value), top + height)], color=GRID)
        canvas.text((at(value), top + height + 16), f"{value:.4g}", size=11, color=FAINT, anchor="middle")
    if is_log:
        canvas.text(((left + right) / 2, top + height + 32), "scale of powers", size=11, color=FAINT, anchor="middle")
    for place, echelon in enumerate(echelons):
        y = top + place * (len(names) * BAR + GAP)
        canvas.text((left - 12, y + len(names) * BAR / 2 + 4), f"echelon {echelon}", anchor="end")
        for number, name in enumerate(names):
            row = cells.get((echelon, name))
            _bar(canvas, row, at=at, left=left, y=y + number * BAR, color=COLORS[number])
    canvas.line([(at(1.0), top - 8), (at(1.0), top + height)], dash="4 3", width=1.2)


def _bar(
    canvas: Canvas, row: Mapping[str, float | None] | None, *, at: Callable[[float], float], left: float, y: float, color: str
) -> None:
    value = None if row is None else row["variance_ratio"]
    if row is None or value is None:
        canvas.text((left + 6, y + 11), "no demand that varies", size=10, color=FAINT)
        return
    canvas.rect((left, y + 1), (at(value) - left, BAR - 2), fill=color)
    low, high = row["variance_ratio_low"], row["variance_ratio_high"]
    if low is not None and high is not None and high > low:
        canvas.line([(at(low), y + BAR / 2), (at(high), y + BAR / 2)], width=1.2)
    canvas.text(
        (at(high if high is not None else value) + 6, y + 11),
        f"{value:,.0f}" if value >= 1000 else f"{value:.3g}",
        size=10,
        color=FAINT,
    )
