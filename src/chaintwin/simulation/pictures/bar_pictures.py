"""Bars: how much orders vary more than demand, and where service and money are lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from chaintwin.errors import UsageError
from chaintwin.simulation.pictures.axes import short_number, ticks
from chaintwin.simulation.pictures.canvas import FAINT, GRID, INK, Canvas, shortened
from chaintwin.simulation.ranking import cost_ranking, service_ranking
from chaintwin.simulation.results import Result

MORE, LESS, MISSED, MONEY = "#d55e00", "#0072b2", "#d55e00", "#0072b2"
"""Colors of Okabe and Ito (2008), told apart by people who confuse red and green."""

ALIKE, ALIKE_SHARE = "#b0b4b9", 0.05
"""Color of ratios no further from 1 than this, which is about what an eye tells apart: neither amplified nor damped."""

ROWS_MAX, ROW, WIDTH, LABEL, SIZE = 24, 22, 920, 250, 12
LOG_SPAN = 30.0
"""Ratios that lie further apart than this are drawn on a scale of powers."""


class _Bar(NamedTuple):
    label: str
    value: float
    text: str
    note: str


def draw_bullwhip(result: Result) -> Canvas:
    """Draw how much more orders vary than demand, for the stock points where that is most.

    Raises
    ------
    UsageError
        The result holds no such figures.
    """
    if result.bullwhip.is_empty() or result.bullwhip["bullwhip"].drop_nulls().is_empty():
        raise UsageError(
            "bullwhip: found none in this result; allowed: a result simulated with bands of stock points; "
            "fix: chaintwin simulate PROJECT --bands all --out FOLDER"
        )
    known = result.bullwhip.drop_nulls("bullwhip").sort(["bullwhip", "buffer_id"], descending=[True, False])
    rows = known.head(ROWS_MAX)
    title = "Bullwhip: variance of orders over variance of demand"
    head = 92
    canvas = Canvas(WIDTH, head + rows.height * ROW + 50, title=title)
    canvas.text((24, 28), title, size=16, bold=True)
    said = (
        f"{rows.height} of {known.height:,} stock points, the largest first" if known.height > rows.height else "all stock points"
    )
    canvas.text((24, 48), f"{said}; lines are {100 * result.confidence:g} % intervals", size=11, color=FAINT)
    alike = f"as much, within {100 * ALIKE_SHARE:g} %"
    for x, color, text in ((24, MORE, "orders vary more than demand"), (250, LESS, "orders vary less"), (392, ALIKE, alike)):
        canvas.rect((x, 60), (14, 11), fill=color)
        canvas.text((x + 20, 70), text, size=11, color=FAINT)
    reach = rows.select(pl.col("bullwhip") + pl.col("bullwhip_half_width").fill_null(0.0)).to_series()
    most, least = float(reach.max()), float(rows["bullwhip"].min())  # type: ignore[arg-type]
    positive = max(least, 1e-3)
    is_log = most / positive > LOG_SPAN
    low, high = (10.0 ** math.floor(math.log10(min(positive, 0.9))), most * 1.3) if is_log else (0.0, max(most, 1.0) * 1.1)
    left, right = 24 + LABEL + 12, WIDTH - 90

    def at(value: float) -> float:
        if is_log:
            return left + (right - left) * math.log(max(value, low) / low) / math.log(high / low)
        return left + (right - left) * value / high

    powers = [10.0**power for power in range(round(math.log10(low)), math.floor(math.log10(high)) + 1)] if is_log else []
    bottom = head + rows.height * ROW
    for value in powers or ticks(0.0, high, count=6):
        canvas.line([(at(value), head - 4), (at(value), bottom)], color=GRID)
        canvas.text((at(value), bottom + 16), f"{value:.4g}", size=11, color=FAINT, anchor="middle")
    canvas.text(
        ((left + right) / 2, bottom + 36),
        "ratio" + (", scale of powers" if is_log else ""),
        size=11,
        color=FAINT,
        anchor="middle",
    )
    for number, (name, value, half) in enumerate(rows.select("buffer_id", "bullwhip", "bullwhip_half_width").iter_rows()):
        y = head + number * ROW
        canvas.text((24 + LABEL, y + 15), shortened(name, SIZE, width=LABEL), size=SIZE, anchor="end")
        canvas.rect((left, y + 4), (at(value) - left, ROW - 8), fill=bullwhip_color(value))
        if half is not None:
            ends = (at(max(value - half, low)), at(value + half))
            canvas.line([(ends[0], y + ROW / 2), (ends[1], y + ROW / 2)], width=1.4)
            for end in ends:
                canvas.line([(end, y + ROW / 2 - 3), (end, y + ROW / 2 + 3)], width=1.4)
        end = at(value + (half or 0.0))
        canvas.text((end + 8, y + 15), f"{value:.3g}", size=11, color=FAINT)
    canvas.line([(at(1.0), head - 8), (at(1.0), bottom)], dash="4 3", width=1.2)
    return canvas


def bullwhip_color(ratio: float) -> str:
    """Return the color of a ratio: whether orders vary more than demand, less, or as much.

    Example
    -------
    >>> bullwhip_color(1.0) == bullwhip_color(1.05) == bullwhip_color(0.95) != bullwhip_color(1.06)
    True
    """
    if abs(ratio - 1.0) <= ALIKE_SHARE + 1e-9:
        return ALIKE
    return MORE if ratio > 1 else LESS


def draw_ranking(result: Result) -> Canvas:
    """Draw where demand is missed, and where money goes, each with the running share of all."""
    losses, costs = service_ranking(result, by="stock_point"), _costs(result)
    rows = 15
    missed = [
        _Bar(
            f"{row['buffer_id']}",
            row["missed"],
            f"{short_number(row['missed'])}",
            f"{100 * row['cumulative_share']:.0f} %",
        )
        for row in losses.head(rows).to_dicts()
    ]
    spent = [
        _Bar(name, amount, short_number(amount), f"{100 * share:.0f} %")
        for name, amount, share in costs.head(rows).select("name", "amount", "cumulative_share").iter_rows()
    ]
    title = "Where service is lost and where money goes"
    top, gap = 84, 92
    second = top + max(1, len(missed)) * ROW + gap
    canvas = Canvas(WIDTH, second + max(1, len(spent)) * ROW + 30, title=title)
    canvas.text((24, 28), title, size=16, bold=True)
    unit = f"units a {result.period} not met at once"
    _bars(canvas, missed, top=top, title=f"Missed demand, {_of(missed, losses)} stock points", unit=unit, color=MISSED)
    unit = f"{result.currency} a {result.period}"
    _bars(canvas, spent, top=second, title=f"Cost, {_of(spent, costs)} lines", unit=unit, color=MONEY)
    return canvas


def _of(shown: Sequence[_Bar], frame: pl.DataFrame) -> str:
    return f"{len(shown)} of {frame.height:,}" if frame.height > len(shown) else f"all {len(shown)}"


def _costs(result: Result) -> pl.DataFrame:
    found = cost_ranking(result, by="entity")
    line = pl.col("line").str.replace("_cost", "").str.replace_all("_", " ")
    return found.with_columns(name=pl.concat_str([line, pl.lit(": "), pl.col("id")]))


def _bars(canvas: Canvas, bars: Sequence[_Bar], *, top: float, title: str, unit: str, color: str) -> None:
    left, right = 24 + LABEL + 60, WIDTH - 150
    canvas.text((24, top - 26), title, size=13, bold=True)
    canvas.text((left, top - 8), unit, size=11, color=FAINT)
    canvas.text((WIDTH - 24, top - 8), "running share of all", size=11, color=FAINT, anchor="end")
    if not bars:
        canvas.text((24, top + 15), "nothing", size=SIZE, color=FAINT)
        return
    most = max(bar.value for bar in bars)
    canvas.line([(left, top), (left, top + len(bars) * ROW)], color=INK)
    for number, bar in enumerate(bars):
        y = top + number * ROW
        canvas.text((left - 10, y + 15), shortened(bar.label, SIZE, width=LABEL + 50), size=SIZE, anchor="end")
        length = (right - left - 60) * bar.value / (most or 1.0)
        canvas.rect((left, y + 4), (length, ROW - 8), fill=color)
        canvas.text((left + length + 6, y + 15), bar.text, size=11, color=FAINT)
        canvas.text((WIDTH - 24, y + 15), bar.note, size=11, anchor="end")
