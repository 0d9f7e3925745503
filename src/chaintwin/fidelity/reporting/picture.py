"""A report as a picture: how forecasts are calibrated, and what they cover so many periods ahead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.fidelity.backcasting.shelf import ON_HAND, SERVED
from chaintwin.fidelity.reporting.report import LEAD_TIME, NOMINAL, PARTS, Report
from chaintwin.simulation.pictures.axes import Panel
from chaintwin.simulation.pictures.canvas import FAINT, INK, Canvas
from chaintwin.simulation.pictures.drawing import write_picture

WIDTH, LEFT, GAP, TOP, HEIGHT = 920, 74, 60, 100, 170
BLUE, LINE = "#5b9bd0", "#c0392b"
BINS = 10
NAMES = {ON_HAND: "stock", LEAD_TIME: "lead times", SERVED: "served at once"}


def draw_report(report: Report, file: Path) -> None:
    """Draw calibration, coverage by horizon and the parts of the score to a file.

    Parameters
    ----------
    report : what is drawn. file : ends in .svg or .png.
    """
    score = report.overall.score
    title = f"Fidelity of the twin: {score:.2f} of 1" if report.overall.known else "Fidelity of the twin: nothing was measured"
    canvas = Canvas(WIDTH, TOP + 2 * (HEIGHT + GAP + 34), title=title)
    canvas.text((LEFT, 30), title, size=16, bold=True)
    canvas.text((LEFT, 52), "Red: what a twin that is right would show.", size=11, color=FAINT)
    wide = (WIDTH - 2 * LEFT) / 2 - 10
    for place, name in enumerate((ON_HAND, LEAD_TIME)):
        _histogram(canvas, report.pits[name], name=NAMES[name], left=LEFT + place * (wide + LEFT - 24), width=wide)
    below = TOP + HEIGHT + GAP + 34
    _coverage(canvas, report.coverage, left=LEFT, top=below, width=wide)
    _parts(canvas, report, left=LEFT + wide + LEFT - 24, top=below, width=wide)
    write_picture(file, canvas.svg())


def _histogram(canvas: Canvas, pits: NDArray[np.float64], *, name: str, left: float, width: float) -> None:
    title = f"Where {name} lay in their forecasts ({pits.size:,})"
    if not pits.size:
        canvas.text((left, TOP), f"{title}: none", size=12, color=FAINT)
        return
    shares = np.histogram(pits, bins=BINS, range=(0.0, 1.0))[0] / pits.size
    panel = Panel(canvas, left, TOP, width, HEIGHT, (0.0, float(BINS)), (0.0, max(0.2, 1.1 * float(shares.max()))))
    panel.draw_frame(title=title, unit="share", is_share=True, below="lowest to highest tenth of the members")
    for place, share in enumerate(shares.tolist()):
        x, y = panel.at(place + 0.08, share)
        right, foot = panel.at(place + 0.92, 0.0)
        canvas.rect((x, y), (right - x, foot - y), fill=BLUE)
    canvas.line([panel.at(0.0, 1.0 / BINS), panel.at(float(BINS), 1.0 / BINS)], color=LINE, dash="4 3")


def _coverage(canvas: Canvas, coverage: pl.DataFrame, *, left: float, top: float, width: float) -> None:
    rows = coverage.to_dicts()
    title = "Truths inside their 90 % interval"
    if not rows:
        canvas.text((left, top), f"{title}: none", size=12, color=FAINT)
        return
    low = min(0.5, *(row["inside"] for row in rows))
    panel = Panel(canvas, left, top, width, HEIGHT, (0.0, float(len(rows))), (low, 1.0))
    panel.draw_frame(title=title, unit="share", is_share=True, below="periods ahead", named=lambda _: "")
    for place, row in enumerate(rows):
        x, y = panel.at(place + 0.5, row["inside"])
        reach = 1.96 * (row["deviation"] or 0.0)
        canvas.line(
            [panel.at(place + 0.5, min(1.0, row["inside"] + reach)), panel.at(place + 0.5, max(low, row["inside"] - reach))]
        )
        canvas.circle((x, y), 4, fill=BLUE, name=f"{row['forecasts']:,} forecasts")
        ahead = f" {row['horizon']}" if row["horizon"] else ""
        canvas.text((x, top + HEIGHT + 17), f"{NAMES[row['measure']]}{ahead}", size=9, color=FAINT, anchor="middle")
    canvas.line([panel.at(0.0, NOMINAL), panel.at(float(len(rows)), NOMINAL)], color=LINE, dash="4 3")


def _parts(canvas: Canvas, report: Report, *, left: float, top: float, width: float) -> None:
    canvas.text((left, top - 10), "Parts of the score", size=13, bold=True)
    for place, name in enumerate(PARTS):
        value, y = getattr(report.overall, name), top + 14 + place * 30
        canvas.text((left, y + 11), name, size=12, color=INK)
        if value is None:
            canvas.text((left + 100, y + 11), "not measured", size=11, color=FAINT)
            continue
        canvas.rect((left + 100, y), ((width - 160) * value, 15), fill=BLUE)
        canvas.line([(left + 100 + width - 160, y - 4), (left + 100 + width - 160, y + 19)], color=LINE, dash="4 3")
        canvas.text((left + 100 + width - 150, y + 11), f"{value:.2f}", size=11, color=INK)
