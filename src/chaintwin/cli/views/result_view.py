"""What a simulation found: service, cost, how stock and service went, the weakest stock points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.views.charts import bar_of, column_chart
from chaintwin.cli.views.numbers import count, interval, interval_decimals, number, percent, percent_interval

if TYPE_CHECKING:
    from rich.table import Table

    from chaintwin.simulation.results import Result

SERVICE_NAMES = {
    "fill_rate": "Fill rate (demand met at once)",
    "on_time_rate": "On time (within the promise)",
    "cycle_service_level": "{periods} with all demand met",
    "demand": "Demand",
    "shipped": "Delivered",
    "lost_sales": "Lost sales",
    "backlog": "Backlog (still owed)",
    "on_hand": "Stock on hand",
    "expired": "Expired",
    "scrapped": "Scrapped",
    "held_outside": "Waiting outside for room",
}
COST_NAMES = {
    "purchase_cost": "Purchase",
    "production_cost": "Production",
    "resource_cost": "Machines and crews",
    "transport_cost": "Transport",
    "duty_cost": "Import duty",
    "fixed_cost": "Fixed, per order",
    "holding_cost": "Holding stock",
    "expired_cost": "Disposal",
    "in_transit_cost": "Stock in transit",
    "backlog_cost": "Backlog",
    "lost_sales_cost": "Lost sales",
}
FLOWS = ("demand", "shipped", "lost_sales", "expired", "scrapped")
"""Figures that are units a period, not units at its close."""

ACCOUNT_NAMES = {
    "margin": "margin",
    "cash": "cash",
    "receivable": "receivable",
    "payable": "payable",
    "funding": "most needed",
}
WORST_COUNT, OWNERS_SHOWN = 8, 8

PERFECT = 0.999
"""From here on a fill rate needs no chart."""


def show_result(terminal: Terminal, result: Result, *, is_live: bool = False) -> None:
    """Print tables and charts of a result.

    Parameters
    ----------
    terminal : where to.
    result : what ``chaintwin.simulate`` returned.
    is_live : it started from the live state, which is as good as what was fed.
    """
    from rich.text import Text

    level = f"{100 * result.confidence:g} % interval"
    terminal.title(f"Service, {_span(result)}")
    terminal.show(_service_table(result, level, same=_same(result, is_live=is_live)))
    terminal.title(f"Cost, {result.currency} a {result.period}")
    terminal.show(_cost_table(result, terminal, level=level, same=_same(result, is_live=is_live)))
    said = result.note("revenue")
    if said and result["revenue"][0]:
        terminal.show(Text(f"  Revenue is {said}; it holds no margin there.", style="dim"))
    if result.span.replications < 2:
        terminal.show(Text("  One replication has no interval; ask for more with --replications.", style="dim"))
    _show_accounts(terminal, result)
    _show_periods(terminal, result)
    _show_worst(terminal, result)


def _span(result: Result) -> str:
    span = result.span
    warm = f" after {count(span.warm_up, result.period)} of warm-up" if span.warm_up else ""
    return f"{count(span.periods, result.period)}{warm}, {count(span.replications, 'replication')}, seed {span.seed}"


def _service_table(result: Result, level: str, *, same: str) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("")
    table.add_column("mean", justify="right", no_wrap=True)
    table.add_column(level, justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    for figure, name in SERVICE_NAMES.items():
        mean, low, high = _figure(result, figure)
        if figure in ("lost_sales", "expired", "scrapped", "held_outside") and not mean:
            continue
        if figure == "on_time_rate" and mean in (None, _figure(result, "fill_rate")[0]):
            continue
        is_share = figure in ("fill_rate", "on_time_rate", "cycle_service_level")
        cells = percent_interval(mean, low, high=high, same=same) if is_share else interval(mean, low, high=high, same=same)
        unit = "" if is_share else f"units a {result.period}" if figure in FLOWS else "units"
        table.add_row(
            name.format(periods=f"{result.period.capitalize()}s"), *cells, unit, style="bold" if figure == "fill_rate" else ""
        )
    return table


def _cost_table(result: Result, terminal: Terminal, *, level: str, same: str) -> Table:
    from rich.table import Table
    from rich.text import Text

    total, total_low, total_high = _figure(result, "total_cost")
    total = total or 0.0
    # One number of decimals for all lines, so that they can be compared and added up by eye.
    decimals = None if total_low is None or total_high is None else interval_decimals(total, total_low, high=total_high)
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("")
    table.add_column("mean", justify="right", no_wrap=True)
    table.add_column(level, justify="right", no_wrap=True)
    table.add_column("share", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for figure, name in COST_NAMES.items():
        mean, low, high = _figure(result, figure)
        if not mean:
            continue
        share = mean / total if total else 0.0
        bar = Text(bar_of(share, terminal.glyphs, width=10), style="magenta")
        table.add_row(name, *interval(mean, low, high=high, decimals=decimals, same=same), percent(share), bar)
    mean, low, high = _figure(result, "total_cost")
    table.add_row("Total", *interval(mean, low, high=high, decimals=decimals, same=same), "", "", style="bold")
    mean, low, high = _figure(result, "revenue")
    if mean:
        name = "Revenue, at product values" if result.note("revenue") else "Revenue"
        table.add_row(name, *interval(mean, low, high=high, decimals=decimals, same=same), "", "")
    return table


def _same(result: Result, *, is_live: bool) -> str:
    """Return what is said of a figure that no replication varies: certain without chance, else only not seen otherwise."""
    return "no spread seen" if result.is_random else "from this state" if is_live else "exactly"


def _figure(result: Result, name: str) -> tuple[float | None, float | None, float | None]:
    """Return mean, low and high of a figure; None where one replication gives no interval or nothing was asked for."""
    mean, low, high = (None if math.isnan(value) else value for value in result[name])
    return mean, low, high


def _show_accounts(terminal: Terminal, result: Result) -> None:
    """Print the accounts of the owners that needed most money; nothing where no cash was followed."""
    import polars as pl
    from rich.table import Table
    from rich.text import Text

    if result.accounts.height == 0:
        return
    owners = result.accounts.filter("is_owner").sort([-pl.col("funding"), pl.col("account_id")])
    shown = owners.head(OWNERS_SHOWN)
    which = f": {shown.height} of {owners.height} that needed most" if owners.height > shown.height else ""
    terminal.title(f"Accounts of owners{which}, {result.currency}; margin and cash a {result.period}")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("owner", max_width=28, no_wrap=True, overflow="ellipsis")
    for heading in ACCOUNT_NAMES.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for row in shown.iter_rows(named=True):
        table.add_row(Text(str(row["account_id"])), *(number(row[name]) for name in ACCOUNT_NAMES))
    terminal.show(table)


def _show_periods(terminal: Terminal, result: Result) -> None:
    frame = result.periods
    width = min(terminal.width, 78)
    first, last = frame["period"][0], frame["period"][-1]
    scale = f"{result.period} {first} to {last}"
    terminal.title(f"Stock on hand, all sites, units, {scale}")
    terminal.show(column_chart(frame["stock"].to_list(), terminal.glyphs, width=width, label=number))
    rates = frame["fill_rate"].to_list()
    lowest = min((rate for rate in rates if rate is not None), default=0.0)
    terminal.title(f"Fill rate, {scale}" + (f": {percent(PERFECT)} or more throughout" if lowest >= PERFECT else ""))
    if lowest >= PERFECT:
        return
    # A scale that starts at the lowest tenth shows dips that one from zero would hide.
    base = max(0.0, (int(lowest * 10 - 1e-9)) / 10)
    terminal.show(
        column_chart(rates, terminal.glyphs, width=width, label=lambda value: percent(value, 0), base=base, style="green")
    )


def _show_worst(terminal: Terminal, result: Result) -> None:
    from rich.table import Table
    from rich.text import Text

    worst = _worst(result)
    if result.streams.height < 2:
        return
    if not worst:
        terminal.title(f"No demand stream has a fill rate below {percent(PERFECT)}.")
        return
    terminal.title(f"Weakest demand streams by fill rate: {len(worst)} of {result.streams.height:,}")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("demand stream", max_width=34, no_wrap=True, overflow="ellipsis")
    table.add_column("fill rate", justify="right", no_wrap=True)
    table.add_column("+/-", justify="right", no_wrap=True)
    table.add_column("backlog", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in worst:
        # Half a width that reaches over the whole scale says only that too few runs had demand.
        half: float | None = row["fill_rate_half_width"]
        width = percent(half) if half is None or half < 1 else "too few runs"
        bar = bar_of(row["fill_rate"], terminal.glyphs, width=10)
        table.add_row(
            Text(str(row["stream_id"])),
            percent(row["fill_rate"]),
            width,
            number(row["backlog"]),
            Text(bar, style="red" if row["fill_rate"] < 0.9 else "yellow"),
        )
    terminal.show(table)


def _worst(result: Result) -> Sequence[dict[str, Any]]:
    import polars as pl

    weak = result.streams.filter(pl.col("fill_rate") < PERFECT)
    return weak.sort(["fill_rate", "stream_id"]).head(WORST_COUNT).to_dicts()
