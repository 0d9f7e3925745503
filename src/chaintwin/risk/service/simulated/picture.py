"""Cost to serve as a picture: what each customer costs, line by line, beside what it pays."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from chaintwin.risk.service.simulated.measuring import ProjectService
from chaintwin.simulation.pictures.axes import short_number, ticks
from chaintwin.simulation.pictures.canvas import FAINT, GRID, INK, Canvas, shortened, text_width
from chaintwin.simulation.pictures.drawing import write_picture

GROUPS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("purchase", ("purchase_cost",), "#0072b2"),
    ("making", ("production_cost", "resource_cost"), "#56b4e9"),
    ("transport", ("transport_cost",), "#e69f00"),
    ("duty", ("duty_cost",), "#f0e442"),
    ("stock and transit", ("holding_cost", "in_transit_cost"), "#009e73"),
    ("starts", ("fixed_cost",), "#cc79a7"),
    ("late and lost", ("backlog_cost", "lost_sales_cost"), "#d55e00"),
    ("expired", ("expired_cost",), "#7f7f7f"),
)
"""Lines of the ledger that share a color; colors of Okabe and Ito (2008), told apart by people who confuse red and green."""

NOBODY = "unattributed"

ROWS_MAX, ROW, WIDTH, LABEL, HEAD = 24, 24, 980, 170, 128


def draw(found: ProjectService, *, by: str = "site") -> str:
    """Return the picture as SVG: the customers that cost most, one a row.

    Parameters
    ----------
    found : what ``measure_project`` returned.
    by : site, product or stream.
    """
    table = found.customers.filter(pl.col("by") == by).sort("cost_to_serve", "id", descending=[True, False])
    rest = found.customers.filter((pl.col("by") == NOBODY) & (pl.col("cost_to_serve") != 0))
    rows = [*table.head(ROWS_MAX).to_dicts(), *rest.to_dicts()]
    title = f"Cost to serve by {by}, and what it pays"
    canvas = Canvas(WIDTH, HEAD + ROW * len(rows) + 44, title=title)
    canvas.text((24, 28), title, size=16, bold=True)
    said = f"the {min(table.height, ROWS_MAX)} dearest of {table.height:,}" if table.height > ROWS_MAX else f"all {table.height}"
    canvas.text((24, 48), f"{said}; {found.currency} a {found.period}", size=11, color=FAINT)
    _draw_legend(canvas, rows)
    reach: float = max([1e-9, *(max(row["cost_to_serve"], row["revenue"] or 0.0) for row in rows)])
    left, right = 24 + LABEL + 12, WIDTH - 250
    columns = ((right + 84, "cost a unit"), (right + 150, "margin"), (right + 226, "OTIF lines"))
    bottom = HEAD + ROW * len(rows)

    def at(amount: float) -> float:
        return left + (right - left) * amount / reach

    for value in ticks(0.0, reach, count=6):
        canvas.line([(at(value), HEAD - 6), (at(value), bottom)], color=GRID)
        canvas.text((at(value), bottom + 18), short_number(value), size=11, color=FAINT, anchor="middle")
    canvas.text(((left + right) / 2, bottom + 36), f"{found.currency} a {found.period}", size=11, color=FAINT, anchor="middle")
    for x, name in columns:
        canvas.text((x, HEAD - 12), name, size=11, color=FAINT, anchor="end")
    for number, row in enumerate(rows):
        y = HEAD + ROW * number
        canvas.text((24 + LABEL, y + 16), shortened(row["id"], 12, width=LABEL), size=12, anchor="end")
        begin = 0.0
        for _, lines, color in GROUPS:
            amount = sum(row[line] for line in lines)
            canvas.rect((at(begin), y + 5), (at(begin + amount) - at(begin), ROW - 10), fill=color)
            begin += amount
        if row["revenue"] is not None:
            canvas.line([(at(row["revenue"]), y + 2), (at(row["revenue"]), y + ROW - 2)], color=INK, width=2.0)
            share = row["otif_line"]
            texts = (
                "-" if row["cost_per_unit"] is None else short_number(row["cost_per_unit"]),
                short_number(row["margin"]),
                "-" if share is None else f"{100 * share:.1f} %",
            )
            for (x, _), text in zip(columns, texts, strict=True):
                canvas.text((x, y + 16), text, size=12, anchor="end")
    return canvas.svg()


def plot(found: ProjectService, path: Path | str, *, by: str = "site") -> None:
    """Draw cost to serve into a file that ends in ``.svg`` or ``.png``.

    Parameters
    ----------
    found : what ``measure_project`` returned.
    path : the file.
    by : site, product or stream.

    Raises
    ------
    UsageError
        The file has another ending or cannot be written.
    """
    write_picture(path, draw(found, by=by))


def _draw_legend(canvas: Canvas, rows: list[dict[str, float]]) -> None:
    """Name the colors that are seen, and the mark of revenue."""
    x, y = 24.0, 64.0
    used = [(name, color) for name, lines, color in GROUPS if any(row[line] for row in rows for line in lines)]
    for name, color in used:
        canvas.rect((x, y), (14, 11), fill=color)
        canvas.text((x + 20, y + 10), name, size=11, color=FAINT)
        x += 40 + text_width(name, 11)
    canvas.line([(x + 7, y - 1), (x + 7, y + 13)], color=INK, width=2.0)
    canvas.text((x + 20, y + 10), "what it pays", size=11, color=FAINT)
