"""What a stress test found: a table of the worst, and what to make of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal, printable
from chaintwin.cli.views.numbers import NOTHING, count, number

if TYPE_CHECKING:
    from polars import DataFrame

    from chaintwin.risk.stress.stressing import StressTest

EVER = "ever"
"""Shown for a time to survive without an end."""


def show_stress(terminal: Terminal, found: StressTest, *, top: int) -> None:
    """Print the worst that can be out.

    Parameters
    ----------
    terminal : where to.
    found : what ``stress_test`` returned.
    top : rows.
    """
    from rich.table import Table
    from rich.text import Text

    table = found.table
    exposed = int(table["is_exposed"].sum())
    terminal.title(
        f"{count(exposed, 'outage')} of {table.height:,} would be felt: the network does not survive them until they are over."
    )
    view = Table(box=None, padding=(0, 1), header_style="dim")
    view.add_column("", justify="right", no_wrap=True)
    view.add_column("out", no_wrap=True, overflow="ellipsis", max_width=34)
    for name in ("recovers", "survives", "impact", "by period", "index"):
        view.add_column(name, justify="right", no_wrap=True)
    for row in table.head(top).to_dicts():
        survives = row["time_to_survive"]
        style = "red" if row["is_exposed"] else ""
        view.add_row(
            str(row["rank"]),
            printable(f"{row['kind']} {row['id']}"),
            number(row["time_to_recover"]),
            Text(EVER if math.isinf(survives) else number(survives), style=style),
            number(row["impact"]) if row["impact"] else NOTHING,
            number(row["impact_by_period"]),
            f"{row['exposure_index']:.2f}" if row["impact"] else NOTHING,
        )
    terminal.show(view)
    if table.height > top:
        terminal.show(Text(f"  ... and {table.height - top:,} more; --top shows them, --out writes them.", style="dim"))
    terminal.show(Text(), *(Text(f"  {line}", style="dim") for line in _remarks(found)))


def show_simulated(terminal: Terminal, rows: DataFrame | None, *, currency: str) -> None:
    """Print the outages that were simulated; nothing where none were asked for.

    Parameters
    ----------
    terminal : where to.
    rows : what ``simulate_outages`` returned. currency : of its money.
    """
    from rich.table import Table
    from rich.text import Text

    if rows is None:
        return
    if rows.is_empty():
        terminal.show("", Text("  Nothing was simulated, because no outage has an impact."))
        return
    terminal.show("", Text("Simulated: by the rules of the project, with chance and lead times, over its horizon", style="bold"))
    view = Table(box=None, padding=(0, 1), header_style="dim")
    view.add_column("", justify="right", no_wrap=True)
    view.add_column("out", no_wrap=True, overflow="ellipsis", max_width=34)
    for name in ("fill rate, points", f"costs, {currency}", "interval"):
        view.add_column(name, justify="right", no_wrap=True)
    for row in rows.iter_rows(named=True):
        lost = NOTHING if row["fill_rate_lost"] is None else f"{-100 * row['fill_rate_lost']:+.2f}"
        known = row["cost_low"] is not None
        span = f"{number(row['cost_low'])} to {number(row['cost_high'])}" if known else NOTHING
        view.add_row(str(row["rank"]), printable(f"{row['kind']} {row['id']}"), lost, number(row["cost"]), span)
    terminal.show(view)


def stress_document(found: StressTest) -> dict[str, object]:
    """Return what ``--json`` says of a stress test."""
    return {
        "measure": str(found.measure),
        "currency": found.currency,
        "period": found.period,
        "demand": found.demand,
        "survives": found.survives,
        "rank_correlation": found.rank_correlation,
        "short_at_start": found.short,
        "outages": found.table,
    }


def stress_about(found: StressTest) -> dict[str, tuple[str | float, str]]:
    """Return value and meaning of what a workbook says beside the table."""
    finite = math.isfinite(found.rank_correlation)
    return {
        "measure": (str(found.measure), "What a unit that is not served costs."),
        "currency": (found.currency, "Unit of money."),
        "period": (found.period, "Unit of time."),
        "demand": (found.demand, "All that is asked for in a period, in what is measured."),
        "survives": (
            found.survives if math.isfinite(found.survives) else EVER,
            "Periods that the network survives with nothing out.",
        ),
        "rank_correlation": (found.rank_correlation if finite else "", "Spearman's, of impact and betweenness."),
    }


def _remarks(found: StressTest) -> list[str]:
    """Return what else is to be said."""
    table = found.table
    lines = []
    if math.isfinite(found.survives):
        lines.append(
            f"Even with nothing out, demand can be met for {number(found.survives)} {found.period}s only: capacity is too small."
        )
    worst = float(table["impact"].max() or 0.0)  # type: ignore[arg-type]
    if worst > 0 and found.demand > 0:
        days = worst / found.demand
        what = {"margin": "the margin", "sales": "the sales", "units": "the demand"}[str(found.measure)]
        lines.append(f"The worst costs as much as {what} of {number(days)} {found.period}s of all demand.")
    lines.insert(0, f"Times in {found.period}s from the outage on, impact in {found.unit}; index: impact over the largest one.")
    lines.append(
        "Impact leaves lead times out and is optimistic, by much where ways are long; by period: with lead times, for the worst "
        "by impact (--follow takes more)."
    )
    if found.short:
        lines.append(
            f"By period nothing was worked out: {count(found.short, 'stock point')} of this large project start with less than "
            "is used until the first goods come. Start from a state after it has run (--state)."
        )
    if math.isfinite(found.rank_correlation):
        lines.append(
            f"Rank correlation of impact with betweenness: {found.rank_correlation:.2f}. Who is central is not who hurts most."
        )
    return lines
