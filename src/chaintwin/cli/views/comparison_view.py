"""What a comparison found: for each scenario what it changes and how every figure differs, with a verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chaintwin.cli.terminal.output import TYPED, Terminal, printable
from chaintwin.cli.views.numbers import NOTHING, count, interval_decimals, number
from chaintwin.cli.views.result_view import COST_NAMES, SERVICE_NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from polars import DataFrame
    from rich.table import Table

    from chaintwin.network import Scenario
    from chaintwin.simulation import Comparison

CHANGES_MAX = 6
"""Changes of a scenario that are listed; the rest are counted."""

ACCOUNTS_MAX = 8
"""Accounts of a scenario whose cash is shown; files and ``--json`` have all."""

LEAST_RATIO = 1e-6
"""Below this ratio of variances the difference is the same in every run but for rounding, and a factor says nothing."""

SAME, NOT_SHOWN = "the same", "not shown"
"""Verdict of a figure that does not differ at all, as in ``Verdict``, and what is shown for ``no difference shown``."""

_STYLES = (("better", "green"), ("worse", "red"))


def show_comparison(terminal: Terminal, comparison: Comparison, *, scenarios: Sequence[Scenario]) -> None:
    """Print a table a scenario.

    Parameters
    ----------
    terminal : where to.
    comparison : what ``chaintwin.compare`` returned.
    scenarios : what was compared.
    """
    from rich.text import Text

    changes = {scenario.name: scenario for scenario in scenarios}
    span = comparison.results[comparison.reference].span
    period = comparison.results[comparison.reference].period
    for name in comparison.results:
        if name == comparison.reference:
            continue
        terminal.title(f"{printable(name)} against {printable(comparison.reference)}")
        scenario = changes.get(name)
        if scenario is not None:
            terminal.show(*(Text(f"  {printable(line)}", style="dim") for line in _changes(scenario)))
        unchanged = _unchanged(comparison, name)
        if not unchanged.startswith("All"):
            terminal.show(_table(comparison, name, sign="+/-" if terminal.glyphs is TYPED else "±"))
        terminal.show(*([Text(f"  {unchanged}")] if unchanged else []))
        _show_cash(terminal, comparison, name)
    warm = f" after {count(span.warm_up, period)} of warm-up" if span.warm_up else ""
    text = (
        f"  {count(span.periods, period)}{warm}, {count(span.replications, 'replication')} each, seed {span.seed}: the same "
        f"random numbers for all. Intervals and verdicts at {100 * comparison.confidence:g} % confidence; {NOT_SHOWN}: the "
        "interval holds 0."
    )
    terminal.show(Text(), Text(text, style="dim"))
    if span.replications < 2 and any(result.is_random for result in comparison.results.values()):
        terminal.show(Text("  One replication shows no difference; ask for more with --replications.", style="dim"))
    helped = _help_of_common_numbers(comparison)
    if helped:
        terminal.show(Text(f"  {helped}", style="dim"))


def comparison_document(comparison: Comparison) -> dict[str, object]:
    """Return what ``--json`` says of a comparison."""
    first = comparison.results[comparison.reference]
    return {
        "version": first.version,
        "reference": comparison.reference,
        "confidence": comparison.confidence,
        "currency": first.currency,
        "period": first.period,
        "span": first.span,
        "program_digests": {name: result.program_digest for name, result in comparison.results.items()},
        "differences": comparison.differences,
        "accounts": comparison.accounts if comparison.accounts.height else None,
    }


def written(out: Path, comparison: Comparison) -> str:
    """Return where differences were written to, those of accounts too."""
    from chaintwin.simulation.comparing.comparison import accounts_file

    if comparison.accounts.is_empty():
        return str(out)
    return f"{out}, those of accounts {'in a sheet of it' if out.suffix.lower() == '.xlsx' else f'to {accounts_file(out)}'}"


def _show_cash(terminal: Terminal, comparison: Comparison, name: str) -> None:
    """Print how the cash of accounts differs, owners first; nothing where no cash was followed or none differs."""
    import polars as pl
    from rich.table import Table
    from rich.text import Text

    if comparison.accounts.is_empty():
        return
    cash = comparison.accounts.filter(pl.col("scenario") == name, pl.col("figure") == "cash", pl.col("verdict") != SAME)
    if cash.is_empty():
        terminal.show(Text("  The cash of all accounts is the same."))
        return
    cash = cash.sort([~pl.col("is_owner"), -pl.col("difference").abs(), pl.col("account_id")])
    shown = cash.head(ACCOUNTS_MAX)
    which = f": {shown.height} of {cash.height} that differ" if cash.height > shown.height else ""
    result = comparison.results[comparison.reference]
    terminal.show("", Text(f"Cash of accounts, {result.currency} a {result.period}, owners first{which}", style="bold"))
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("account", max_width=28, no_wrap=True, overflow="ellipsis")
    table.add_column("verdict", no_wrap=True)
    for title in (printable(comparison.reference), "difference", ""):
        table.add_column(title, justify="right", no_wrap=True)
    sign = "+/-" if terminal.glyphs is TYPED else "±"
    for row in shown.iter_rows(named=True):
        said = NOT_SHOWN if row["verdict"] == "no difference shown" else row["verdict"]
        table.add_row(Text(printable(row["account_id"])), said, *_cells(row, sign))
    terminal.show(table)


def _changes(scenario: Scenario) -> list[str]:
    lines = [str(change) for change in scenario.changes[:CHANGES_MAX]]
    rest = len(scenario.changes) - len(lines)
    if rest:
        lines.append(f"and {count(rest, 'change')} more")
    lines += [str(disruption) for disruption in scenario.disruptions]
    if not lines:
        lines = ["no changes"]
    elif scenario.levels == "proposed":
        lines.append("blank stock levels are proposed anew")
    return lines


def _table(comparison: Comparison, name: str, *, sign: str) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1), header_style="dim")
    # The verdict comes first, so that it is the last to go where the window is narrow.
    for title in ("", "verdict"):
        table.add_column(title, no_wrap=True)
    for title in (printable(comparison.reference), "difference", ""):
        table.add_column(title, justify="right", no_wrap=True)
    names = _names(comparison)
    for row in _differences(comparison, name).to_dicts():
        if row["figure"] in names and row["verdict"] != SAME:
            said = NOT_SHOWN if row["verdict"] == "no difference shown" else row["verdict"]
            verdict = Text(said, style=dict(_STYLES).get(row["verdict"], ""))
            is_first = row["figure"] in ("fill_rate", "total_cost")
            table.add_row(names[row["figure"]], verdict, *_cells(row, sign), style="bold" if is_first else "")
    return table


def _unchanged(comparison: Comparison, name: str) -> str:
    """Return a sentence about the figures that are the same in both, those that are nothing left out."""
    import polars as pl

    there = _differences(comparison, name).filter(pl.col("reference") != 0)
    names = _names(comparison)
    same = [names[figure].lower() for figure in there.filter(pl.col("verdict") == SAME)["figure"] if figure in names]
    if len(same) == len(there):
        return "All figures are the same."
    return f"The same: {'; '.join(same)}." if same else ""


def _differences(comparison: Comparison, name: str) -> DataFrame:
    """Return the differences of a scenario; delivery on time is left out where it is the fill rate in both."""
    import polars as pl

    found = comparison.differences.filter(pl.col("scenario") == name)
    rates = found.filter(pl.col("figure").is_in(["fill_rate", "on_time_rate"])).select("reference", "value").unique()
    return found.filter(pl.col("figure") != "on_time_rate") if rates.height == 1 else found


def _names(comparison: Comparison) -> dict[str, str]:
    """Return what figures are called here, where service and cost stand in one table."""
    period = comparison.results[comparison.reference].period.capitalize()
    names = {figure: text.format(periods=f"{period}s").partition(" (")[0] for figure, text in SERVICE_NAMES.items()}
    doubled = {"backlog_cost": "Backlog, cost", "lost_sales_cost": "Lost sales, cost"}
    return names | COST_NAMES | doubled | {"total_cost": "Total cost", "revenue": "Revenue"}


def _cells(row: dict[str, Any], sign: str) -> tuple[str, str, str]:
    """Return the reference, the difference with half its interval, and the relative difference or what a share is counted in."""
    is_share = row["unit"] == "share"
    scale = 100.0 if is_share else 1.0
    base = NOTHING if row["reference"] is None else f"{scale * row['reference']:.2f} %" if is_share else number(row["reference"])
    if row["difference"] is None:
        return base, NOTHING, ""
    gap = scale * row["difference"]
    relative = "points" if is_share else "" if row["relative"] is None else _relative(row["relative"])
    if row["low"] is None or row["low"] == row["high"]:
        return base, _signed(gap), relative
    low, high = scale * row["low"], scale * row["high"]
    digits = interval_decimals(gap, low, high=high)
    if row["low"] <= 0 <= row["high"] and not is_share:
        relative = ""
    return base, f"{round(gap, digits) + 0.0:+,.{digits}f} {sign} {(high - low) / 2:,.{digits}f}", relative


def _relative(share: float) -> str:
    value = 100 * share
    return f"{value:+.0f} %" if abs(value) >= 99.5 else f"{value:+.1f} %" if abs(value) >= 0.1 or not value else f"{value:+.1g} %"


def _signed(value: float) -> str:
    return f"+{number(value)}" if value > 0 else number(value)


def _help_of_common_numbers(comparison: Comparison) -> str:
    import polars as pl

    ratios = comparison.differences.filter((pl.col("figure") == "total_cost") & (pl.col("variance_ratio") > 0))["variance_ratio"]
    worst = ratios.max()
    if not isinstance(worst, float) or not math.isfinite(worst) or not LEAST_RATIO < worst < 0.9:
        return ""
    return f"Independent numbers would take {1 / worst:.1f} times as many replications for the same interval of the total cost."
