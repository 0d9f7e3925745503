"""A fork at the terminal: service by date, then what may run short, when and how likely."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from chaintwin.cli.terminal.output import Terminal, printable
from chaintwin.cli.views.numbers import NOTHING, count, number, percent

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from chaintwin.fidelity.forking.fork import Fork

DATES = 6
"""Dates that service is shown of, spread over the fork."""


def fork_about(fork: Fork) -> dict[str, tuple[str | float, str]]:
    """Return value and meaning of what a workbook says beside the table."""
    return {
        "scenario": (fork.scenario or "none", "Changes that were made."),
        "replications": (fork.runs, "Independent runs."),
        "first_period": (fork.setup.span.first, "Period that it starts from."),
        "periods": (fork.setup.span.periods, "Periods that were run."),
        "parameters": (fork.parameters or "tables", "Version of the parameters; --parameters with it gives the same again."),
    }


def fork_document(fork: Fork) -> dict[str, object]:
    """Return what ``--json`` says of a fork; stock by period is in the table of ``--out``, where there is room for it."""
    return {
        "scenario": fork.scenario or None,
        "replications": fork.runs,
        "first_period": fork.setup.span.first,
        "periods": fork.setup.span.periods,
        "seed": fork.setup.span.seed,
        "parameters": fork.parameters or None,
        "service": fork.service,
        "shortages": fork.shortages,
    }


def show_fork(terminal: Terminal, fork: Fork, *, before: Fork | None, top: int) -> None:
    """Print a fork, and beside it the one without its scenario where there is one.

    Parameters
    ----------
    terminal : where to. fork : what is shown. before : of the same state and seed without the scenario. top : rows.
    """
    from rich.text import Text

    settings = fork.setup.network.settings
    span = f"{count(fork.setup.span.periods, settings.period.value)} from {_date(fork.service['date'][0])} on"
    what = f"with {printable(fork.scenario)}, " if fork.scenario else ""
    terminal.title(f"Service, {what}{span}, {count(fork.runs, 'run')}")
    terminal.show(_service_table(fork, before))
    sold = fork.shortages.filter(fork.shortages["is_sold"])
    likely = sold["first_date"].count()
    points = fork.setup.program.streams.buffer
    terminal.title(
        f"{count(sold.height, 'stock point')} of {len(set(points.tolist())):,} that customers buy at may run short, "
        f"{likely:,} likely; {fork.shortages.height - sold.height:,} behind them may keep others waiting"
    )
    if fork.shortages.is_empty():
        terminal.show(Text("  No run is short of anything.", style="dim"))
        return
    terminal.show(_shortage_table(fork.shortages.head(top), None if before is None else before.shortages))
    if fork.shortages.height > top:
        more = fork.shortages.height - top
        terminal.show(Text(f"  ... and {more:,} more; --top shows them, --json has all.", style="dim"))


def _service_table(fork: Fork, before: Fork | None) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("until the close of")
    for name in ("demand", "served at once", "1 of 20 runs below", *(() if before is None else ("without it",))):
        table.add_column(name, justify="right")
    height = fork.service.height
    places = sorted({round(step * (height - 1) / max(1, min(DATES, height) - 1)) for step in range(min(DATES, height))})
    for place in places:
        row: dict[str, Any] = fork.service.row(place, named=True)
        cells = [_date(row["date"]), number(row["demand"]), percent(row["fill_rate"]), percent(row["q05"])]
        if before is not None:
            cells.append(percent(before.service["fill_rate"][place]))
        table.add_row(*cells)
    return table


def _shortage_table(rows: pl.DataFrame, before: pl.DataFrame | None) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("may run short", overflow="fold")
    for name in ("probability", *(() if before is None else ("without it",)), "likely from", "earliest", "short by", "fill rate"):
        table.add_column(name, justify="right", no_wrap=True)
    known = {} if before is None else dict(before.select("stock_point", "probability").iter_rows())
    for row in rows.to_dicts():
        cells = [printable(row["stock_point"]), percent(row["probability"])]
        if before is not None:
            cells.append(percent(known.get(row["stock_point"], 0.0)))
        cells += [_date(row["first_date"]), _date(row["earliest_date"]), number(row["units"]), percent(row["fill_rate"])]
        table.add_row(*cells)
    return table


def _date(moment: datetime | None) -> str:
    if moment is None:
        return NOTHING
    return f"{moment:%Y-%m-%d}" if not moment.hour else f"{moment:%Y-%m-%d %H:%M}"
