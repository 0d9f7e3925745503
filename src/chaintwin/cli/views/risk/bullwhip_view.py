"""The bullwhip along recorded stages, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import TYPED, Terminal, printable
from chaintwin.cli.views.numbers import NOTHING, count

if TYPE_CHECKING:
    import polars as pl


def show_chain(
    terminal: Terminal, found: pl.DataFrame, *, days: Sequence[date], products: int, confidence: float, top: int
) -> None:
    """Print how much more each stage varies than the one before it, and than the first.

    Parameters
    ----------
    terminal : where to.
    found : what ``measure_chain`` returned.
    days, products : what was recorded.
    confidence : level of the intervals.
    top : rows of levels that have groups.
    """
    from rich.table import Table
    from rich.text import Text

    terminal.title(f"Bullwhip of {count(products, 'product')}, {days[0]} to {days[-1]}")
    to = " to " if terminal.glyphs is TYPED else "…"
    for level in found["level"].unique(maintain_order=True).to_list():
        rows = found.filter(found["level"] == level)
        view = Table(box=None, padding=(0, 1), header_style="dim", title=printable(f"by {level}"), title_justify="left")
        view.add_column("stage", no_wrap=True)
        view.add_column("against", no_wrap=True)
        has_groups = rows["group"].n_unique() > 1
        if has_groups:
            view.add_column("of", no_wrap=True)
        for name in ("variance", "interval", "variation"):
            view.add_column(name, justify="right", no_wrap=True)
        shown = rows.sort("variance_ratio", descending=True, nulls_last=True).head(top) if has_groups else rows
        for row in shown.to_dicts():
            ratio, low, high = (row[f"variance_ratio{end}"] for end in ("", "_low", "_high"))
            interval = NOTHING if low is None else f"{low:.2f}{to}{high:.2f}"
            more = NOTHING if row["variation_ratio"] is None else f"{row['variation_ratio']:.2f}"
            style = "" if low is None or low <= 1 <= high else "red" if low > 1 else "blue"
            names = [printable(row["stage"]), printable(row["demand_stage"]), *([printable(row["group"])] if has_groups else [])]
            view.add_row(*names, Text(NOTHING if ratio is None else f"{ratio:.2f}", style=style), interval, more)
        terminal.show(Text(), view)
        if rows.height > shown.height:
            terminal.show(
                Text(f"  ... and {rows.height - shown.height:,} more; --top shows them, --out writes them.", style="dim")
            )
    note = (
        "variance: of the stage over that of what it is held against, above 1 if it swings more; intervals at "
        f"{100 * confidence:g} % by blocks of days; variation: the same of standard deviations over means."
    )
    terminal.show(Text(), Text(f"  {note}", style="dim"))
