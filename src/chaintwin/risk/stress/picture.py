"""A stress test as a picture: how long the network survives each outage, how long it lasts, and what that costs."""

from __future__ import annotations

from pathlib import Path

from chaintwin.risk.stress.stressing import StressTest
from chaintwin.simulation.pictures.axes import short_number, ticks
from chaintwin.simulation.pictures.canvas import FAINT, GRID, INK, Canvas, shortened
from chaintwin.simulation.pictures.drawing import write_picture

SURVIVED, SHORT = "#0072b2", "#d55e00"
"""Colors of Okabe and Ito (2008), told apart by people who confuse red and green."""

ROWS_MAX, ROW, WIDTH, LABEL, HEAD = 24, 24, 920, 230, 112


def draw(found: StressTest) -> str:
    """Return the picture as SVG: the worst outages, one a row.

    Parameters
    ----------
    found : what ``stress_test`` returned.
    """
    rows = found.table.head(ROWS_MAX).to_dicts()
    title = "Stress test: how long we last, and what it costs"
    canvas = Canvas(WIDTH, HEAD + ROW * len(rows) + 40, title=title)
    canvas.text((24, 28), title, size=16, bold=True)
    said = f"the {len(rows)} worst of {found.table.height:,}" if found.table.height > len(rows) else f"all {len(rows)}"
    canvas.text((24, 48), f"{said} outages, by impact", size=11, color=FAINT)
    for x, color, text in (
        (24, SURVIVED, "survived from stock and other sources"),
        (284, SHORT, "demand is lost until it is back"),
    ):
        canvas.rect((x, 62), (14, 11), fill=color)
        canvas.text((x + 20, 72), text, size=11, color=FAINT)
    longest = max(1.0, max((row["time_to_recover"] for row in rows), default=1.0))
    left, right = 24 + LABEL + 12, WIDTH - 170
    costs = right + 150
    bottom = HEAD + ROW * len(rows)

    def at(time: float) -> float:
        return left + (right - left) * min(time, longest) / longest

    for value in ticks(0.0, longest, count=6):
        canvas.line([(at(value), HEAD - 6), (at(value), bottom)], color=GRID)
        canvas.text((at(value), bottom + 18), f"{value:g}", size=11, color=FAINT, anchor="middle")
    canvas.text(((left + right) / 2, bottom + 34), f"{found.period}s from the outage on", size=11, color=FAINT, anchor="middle")
    canvas.text((costs, HEAD - 12), f"impact, {found.unit}", size=11, color=FAINT, anchor="end")
    for number, row in enumerate(rows):
        y = HEAD + ROW * number
        name = row["name"] if row["name"] != row["id"] else f"{row['kind']} {row['id']}"
        canvas.text((24 + LABEL, y + 16), shortened(name, 12, width=LABEL), size=12, anchor="end")
        recovers = row["time_to_recover"]
        survived = min(row["time_to_survive"], recovers)
        canvas.rect((left, y + 5), (at(survived) - left, ROW - 10), fill=SURVIVED)
        canvas.rect((at(survived), y + 5), (at(recovers) - at(survived), ROW - 10), fill=SHORT)
        canvas.line([(at(recovers), y + 2), (at(recovers), y + ROW - 2)], color=INK, width=1.4)
        impact = row["impact"]
        canvas.text((costs, y + 16), short_number(impact) if impact else "none", size=12, anchor="end")
    return canvas.svg()


def plot(found: StressTest, path: Path | str) -> None:
    """Draw a stress test into a file that ends in ``.svg`` or ``.png``.

    Parameters
    ----------
    found : what ``stress_test`` returned.
    path : the file.

    Raises
    ------
    UsageError
        The file has another ending or cannot be written.
    """
    write_picture(path, draw(found))
