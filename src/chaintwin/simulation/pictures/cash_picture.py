"""Cash over time: how far each owner's money falls and when it comes back."""

from __future__ import annotations

import numpy as np
import polars as pl

from chaintwin.errors import UsageError
from chaintwin.simulation.pictures.axes import Panel, short_number
from chaintwin.simulation.pictures.canvas import FAINT, Canvas
from chaintwin.simulation.results import Result

OWNERS_MAX = 4
LINE, ZERO = "#0b2545", "#b3261e"
WIDTH, LEFT, RIGHT, PANEL, GAP, HEAD = 920, 74, 24, 150, 70, 84


def draw_cash(result: Result) -> Canvas:
    """Draw the mean cash, added up from the first counted period, of up to four owners, those that needed most first.

    Parameters
    ----------
    result : with accounts.

    Raises
    ------
    UsageError
        The result has no accounts.
    """
    if result.accounts.is_empty():
        raise UsageError(
            "cash: found no accounts in this result; allowed: a result of a project that lists partners; "
            "fix: add the companies that own sites and supply to partners, and simulate again"
        )
    owners = result.accounts.filter("is_owner").sort([-pl.col("funding"), pl.col("account_id")]).head(OWNERS_MAX)
    title = f"Cash of owners, mean of {result.span.replications:,} runs, {result.currency}"
    canvas = Canvas(WIDTH, HEAD + owners.height * (PANEL + GAP), title=title)
    canvas.text((LEFT, 28), title, size=16, bold=True)
    canvas.line([(LEFT, 50), (LEFT + 22, 50)], color=ZERO, width=1.2, dash="4 3")
    canvas.text((LEFT + 28, 54), "what each began with", size=11, color=FAINT)
    for number, (name, funding) in enumerate(owners.select("account_id", "funding").iter_rows()):
        flows = result.cash_flows.filter(pl.col("account_id") == name).sort("period")
        _panel(canvas, result, name=name, top=HEAD + 26 + number * (PANEL + GAP), flows=flows, funding=funding)
    return canvas


def _panel(canvas: Canvas, result: Result, *, name: str, top: float, flows: pl.DataFrame, funding: float) -> None:
    periods, cash = flows["period"].to_numpy(), np.cumsum(flows["cash"].to_numpy())
    low, high = min(0.0, float(cash.min())), max(0.0, float(cash.max()))
    room = 0.05 * (high - low) or 1.0
    span = (float(periods[0]), float(max(periods[-1], periods[0] + 1)))
    panel = Panel(canvas, LEFT, top, WIDTH - LEFT - RIGHT, PANEL, span, (low - room, high + room))
    needed = f"{name}: needed {short_number(funding)} at most"
    panel.draw_frame(title=needed, unit=result.currency, is_share=False, below=result.period)
    canvas.line([panel.at(span[0], 0.0), panel.at(span[1], 0.0)], color=ZERO, width=1.2, dash="4 3")
    canvas.line([panel.at(x, y) for x, y in zip(periods.tolist(), cash.tolist(), strict=True)], color=LINE, width=1.8)
