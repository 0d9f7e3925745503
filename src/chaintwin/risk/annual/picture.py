"""The loss of a year as a picture: how probable a loss above each amount is, and which causes the worst years are made of."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl

from chaintwin.risk.annual.assessing import AnnualLoss
from chaintwin.simulation.pictures.axes import short_number, ticks
from chaintwin.simulation.pictures.canvas import FAINT, GRID, INK, Canvas, shortened
from chaintwin.simulation.pictures.drawing import write_picture

LINE, BAND, MARK, BAR = "#0072b2", "#cfe3f2", "#d55e00", "#0072b2"
PLAYED, PLAYED_BAND = "#009e73", "#cdebe0"
"""Colors of Okabe and Ito (2008) and a light shade; marks differ from the line in lightness too."""

WIDTH, LEFT, RIGHT, TOP, HEIGHT = 920, 84, 150, 96, 300
CAUSES_MAX, ROW, LABEL = 10, 24, 180

TAIL_YEARS = 10
"""Simulated years that must lie above the largest loss shown: with fewer the curve is a drawing of chance."""


def draw(found: AnnualLoss) -> str:
    """Return the picture as SVG.

    Parameters
    ----------
    found : what ``annual_loss`` returned.
    """
    causes = found.contributions.filter((pl.col("by") == "cause") & (pl.col("shortfall") > 0)).head(CAUSES_MAX)
    title = f"Loss of a year in {found.unit}"
    bottom = TOP + HEIGHT
    canvas = Canvas(WIDTH, bottom + (96 + ROW * causes.height if causes.height else 56), title=title)
    canvas.text((24, 28), title, size=16, bold=True)
    said = (
        f"{short_number(found.mean.value)} expected; {found.years:,} simulated years with an event; band: "
        f"{100 * found.confidence:.4g} % of simulations; dots: value at risk"
    )
    if found.simulated is not None:
        said += f"; {short_number(found.simulated.mean.value)} expected by {found.simulated.years:,} years played by the rules"
    canvas.text((24, 48), said, size=11, color=FAINT)
    canvas.text((LEFT, TOP - 14), "probability of a year that loses more", size=11, color=FAINT)
    canvas.text((WIDTH - RIGHT + 8, TOP - 14), "about one year in", size=11, color=FAINT)
    least = found.event_probability * TAIL_YEARS / max(found.years, 1)
    curve = found.curve.filter(pl.col("probability") >= least)
    if curve.height < 2:
        canvas.text((LEFT, TOP + 40), "No year loses anything that could be drawn.", size=12, color=FAINT)
        return canvas.svg()
    played = None if found.simulated is None else found.simulated.curve.filter(pl.col("probability") >= least)
    _draw_curves(canvas, found, curve=curve, played=played)
    if causes.height:
        _draw_causes(canvas, found, causes=causes, top=bottom + 76)
    return canvas.svg()


def plot(found: AnnualLoss, path: Path | str) -> None:
    """Draw the loss of a year into a file that ends in ``.svg`` or ``.png``.

    Parameters
    ----------
    found : what ``annual_loss`` returned.
    path : the file.

    Raises
    ------
    UsageError
        The file has another ending or cannot be written.
    """
    write_picture(path, draw(found))


def _draw_curves(canvas: Canvas, found: AnnualLoss, *, curve: pl.DataFrame, played: pl.DataFrame | None) -> None:
    """Draw the curves with their bands; probabilities on a logarithmic axis, so that rare years are seen."""
    drawn = [curve] if played is None or played.height < 2 else [curve, played]
    most = max(float(part["loss"].max()) for part in drawn)  # type: ignore[arg-type]
    least = min(float(part["probability"].min()) for part in drawn)  # type: ignore[arg-type]
    low = 10.0 ** math.floor(math.log10(least) + 0.02)
    right, bottom = WIDTH - RIGHT, TOP + HEIGHT

    def at(loss: float, probability: float) -> tuple[float, float]:
        up = math.log10(max(probability, low) / low) / math.log10(1 / low)
        return LEFT + (right - LEFT) * loss / most, bottom - HEIGHT * up

    tenth = 1.0
    while tenth >= low * (1 - 1e-9):
        _, y = at(0.0, tenth)
        canvas.line([(LEFT, y), (right, y)], color=GRID)
        canvas.text((LEFT - 8, y + 4), f"{100 * tenth:.4g} %", size=11, color=FAINT, anchor="end")
        canvas.text((right + 8, y + 4), f"{1 / tenth:,.0f}", size=11, color=FAINT)
        tenth /= 10
    for value in ticks(0.0, most, count=6):
        x, _ = at(value, 1.0)
        canvas.line([(x, bottom), (x, bottom + 4)], color=INK)
        canvas.text((x, bottom + 18), short_number(value), size=11, color=FAINT, anchor="middle")
    canvas.text(((LEFT + right) / 2, bottom + 34), f"loss, {found.unit} a year", size=11, color=FAINT, anchor="middle")
    canvas.clip((LEFT, TOP - 2), (right - LEFT, HEIGHT + 4))
    colors = [(LINE, BAND, ""), (PLAYED, PLAYED_BAND, "6 3")]
    for part, (_, band, _) in reversed(list(zip(drawn, colors, strict=False))):
        rows = part.sort("loss").to_dicts()
        edge = [at(row["loss"], row["high"]) for row in rows] + [at(row["loss"], row["low"]) for row in reversed(rows)]
        canvas.area(edge, fill=band)
    for part, (line, _, dash) in zip(drawn, colors, strict=False):
        points = [at(row["loss"], row["probability"]) for row in part.sort("loss").to_dicts()]
        canvas.line(points, color=line, width=2.0, dash=dash)
    canvas.unclip()
    if len(drawn) > 1:
        for number, ((line, _, dash), said) in enumerate(zip(colors, ("by the stress test", "simulated"), strict=True)):
            y = TOP + 12 + 18 * number
            canvas.line([(right - 170, y - 4), (right - 142, y - 4)], color=line, width=2.0, dash=dash)
            canvas.text((right - 136, y), said, size=11, halo=True)
    canvas.line([(LEFT, bottom), (right, bottom)], color=INK)
    for row in found.levels.to_dicts():
        if 0 < row["value_at_risk"] <= most and 1 - row["level"] >= low:
            x, y = at(row["value_at_risk"], 1 - row["level"])
            canvas.circle((x, y), 4.5, fill=MARK, name=f"value at risk {row['level']:g}")
            canvas.text((x + 9, y - 6), f"{row['level']:.4g}: {short_number(row['value_at_risk'])}", size=11, halo=True)


def _draw_causes(canvas: Canvas, found: AnnualLoss, *, causes: pl.DataFrame, top: float) -> None:
    """Draw what each cause adds to the expected shortfall, the largest first."""
    worst = f"the worst {100 * (1 - found.level):.4g} % of years"
    canvas.text((24, top - 12), f"What {worst} are made of, {found.unit} a year on average", size=13, bold=True)
    start, right = 24 + LABEL + 12, WIDTH - RIGHT
    most = float(causes["shortfall"].max())  # type: ignore[arg-type]
    for number, row in enumerate(causes.to_dicts()):
        y = top + ROW * number
        canvas.text((24 + LABEL, y + 16), shortened(row["id"], 12, width=LABEL), size=12, anchor="end")
        canvas.rect((start, y + 5), ((right - start) * row["shortfall"] / most, ROW - 10), fill=BAR)
        canvas.text((right + 8, y + 16), f"{short_number(row['shortfall'])}, {row['shortfall_share']:.0%}", size=12)
