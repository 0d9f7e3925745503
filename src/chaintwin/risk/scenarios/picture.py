"""The story of a scenario as a picture: what each stage passes on, as usual and with the scenario, period by period."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from chaintwin.errors import UsageError
from chaintwin.risk.scenarios.telling import Tale
from chaintwin.simulation.pictures.axes import Panel
from chaintwin.simulation.pictures.canvas import FAINT, INK, Canvas, shortened
from chaintwin.simulation.pictures.drawing import write_picture

USUAL = "#5f6368"
COLORS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7")
SHADES = ("#f6d9c6", "#cfe2f0", "#cdebe0", "#f3dfea")
"""Colors of Okabe and Ito (2008), told apart by people who confuse red and green, and lighter ones for intervals."""

SCENARIOS_MAX, STAGES_MAX = 4, 6
WIDTH, LEFT, RIGHT, PANEL, GAP, HEAD, ROW = 920, 74, 24, 120, 62, 66, 18


def draw(tale: Tale) -> str:
    """Return the picture as SVG: a panel a stage, from what most of the scenarios strike down to the customers.

    Parameters
    ----------
    tale : what ``tell`` returned; at most ``SCENARIOS_MAX`` scenarios, those with a response among them.

    Raises
    ------
    UsageError
        There are more scenarios.
    """
    names = list(tale.scenarios)
    if len(names) > SCENARIOS_MAX:
        raise UsageError(f"scenarios: found {len(names)}; allowed: at most {SCENARIOS_MAX} in one picture")
    stages = sorted(tale.curves["stage"].unique().to_list())[:STAGES_MAX]
    title = names[0] if len(names) == 1 else "What the scenarios do"
    top = HEAD + ROW * (len(names) + 1)
    canvas = Canvas(WIDTH, top + len(stages) * (PANEL + GAP), title=title)
    canvas.text((LEFT, 28), shortened(title, 16, width=WIDTH - LEFT - RIGHT), size=16, bold=True)
    said = f"value passed on in a {tale.period}, mean of {tale.followed} runs on the same random numbers"
    canvas.text((LEFT, 48), said, size=11, color=FAINT)
    canvas.line([(LEFT, HEAD), (LEFT + 22, HEAD)], color=USUAL, width=1.6, dash="5 3")
    canvas.text((LEFT + 28, HEAD + 4), "as usual", size=11, color=FAINT)
    for number, name in enumerate(names):
        y = HEAD + ROW * (number + 1)
        canvas.rect((LEFT, y - 6), (22, 12), fill=SHADES[number])
        canvas.line([(LEFT, y), (LEFT + 22, y)], color=COLORS[number], width=2)
        note = f"{name}, with the {100 * tale.confidence:g} % interval of its mean"
        canvas.text((LEFT + 28, y + 4), shortened(note, 11, width=WIDTH - LEFT - RIGHT - 28), size=11, color=INK)
    for number, stage in enumerate(reversed(stages)):
        _panel(canvas, tale, stage=stage, names=names, top=top + 22 + number * (PANEL + GAP))
    return canvas.svg()


def plot(tale: Tale, path: Path | str) -> None:
    """Draw the story into a file that ends in ``.svg`` or ``.png``.

    Parameters
    ----------
    tale : what ``tell`` returned. path : the file.

    Raises
    ------
    UsageError
        There are too many scenarios, or the file has another ending or cannot be written.
    """
    write_picture(path, draw(tale))


def stage_name(stage: int) -> str:
    """Return what a stage is called.

    Example
    -------
    >>> stage_name(1), stage_name(3)
    ('Stage 1, sells to customers', 'Stage 3')
    """
    return "Stage 1, sells to customers" if stage == 1 else f"Stage {stage}"


def _panel(canvas: Canvas, tale: Tale, *, stage: int, names: list[str], top: float) -> None:
    rows = tale.curves.filter(pl.col("stage") == stage)
    most = max(float(rows[name].max() or 0.0) for name in ("usual", "value", "high"))  # type: ignore[arg-type]
    first, last = float(rows["period"].min()), float(rows["period"].max())  # type: ignore[arg-type]
    span = (first, max(last, first + 1))
    panel = Panel(canvas, LEFT, top, WIDTH - LEFT - RIGHT, PANEL, span, (0.0, 1.05 * most or 1.0))
    panel.draw_frame(title=stage_name(stage), unit=f"{tale.currency}/{tale.period}", below=tale.period)
    for number, name in enumerate(names):
        mine = rows.filter(pl.col("scenario") == name).sort("period").drop_nulls(["low"])
        upper = [panel.at(x, y) for x, y in mine.select("period", "high").iter_rows()]
        lower = [panel.at(x, y) for x, y in mine.select("period", "low").iter_rows()]
        canvas.area([*upper, *reversed(lower)], fill=SHADES[number])
    for number, name in enumerate(names):
        mine = rows.filter(pl.col("scenario") == name).sort("period")
        if number == 0:
            usual = [panel.at(x, y) for x, y in mine.select("period", "usual").iter_rows()]
            canvas.line(usual, color=USUAL, width=1.4, dash="5 3")
        canvas.line([panel.at(x, y) for x, y in mine.select("period", "value").iter_rows()], color=COLORS[number], width=1.8)
