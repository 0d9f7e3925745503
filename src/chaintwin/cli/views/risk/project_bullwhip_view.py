"""The bullwhip of a simulated project, as it is and calmed, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chaintwin.cli.terminal.output import TYPED, Terminal, printable
from chaintwin.cli.views.numbers import NOTHING, count, percent

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table
    from rich.text import Text

    from chaintwin.risk.bullwhip.simulated.studying import Study

Row = Mapping[str, Any]

SHOWN_FIGURES = ("fill_rate", "backlog", "on_hand", "total_cost")
"""Figures of the whole network that are shown; a document has all."""


def show_study(terminal: Terminal, found: Study, *, top: int) -> None:
    """Print the bullwhip by echelon and of the stock points that amplify most; with arms, what each comes to.

    Parameters
    ----------
    terminal : where to.
    found : what ``study_bullwhip`` returned.
    top : stock points that are shown.
    """
    from rich.text import Text

    span, echelons = found.span, found.points["echelon"].n_unique()
    how = count(span.replications, "replication") if found.is_random else "nothing is drawn"
    terminal.title(
        f"Bullwhip of {count(found.points.height, 'stock point')} in {count(echelons, 'echelon')}, "
        f"{count(span.periods, found.period)} after {span.warm_up:,}, {how}"
    )
    totals = found.ratios.filter(level="echelon", against="customers")
    arms = totals["arm"].unique(maintain_order=True).to_list()
    for bucket in totals["bucket"].unique(maintain_order=True).to_list():
        rows = totals.filter(bucket=bucket)
        title = f"by {bucket}, against what customers ask for"
        if len(arms) > 1:
            terminal.show(Text(), _by_arm(terminal, rows.filter(flow="orders"), arms=arms, title=f"orders {title}"))
        else:
            terminal.show(Text(), _by_flow(terminal, found.ratios.filter(level="echelon", bucket=bucket), title=title))
    if found.comparison is not None:
        terminal.show(Text(), _figures(terminal, found, arms=arms))
    else:
        _show_points(terminal, found, top=top)
    terminal.show(Text(), *(Text(f"  {line}", style="dim") for line in _remarks(found)))


def study_document(found: Study) -> dict[str, object]:
    """Return what ``--json`` says of a study."""
    arms = [
        {"name": name, "changes": [str(change) for change in one.changes], "kept": found.kept[name]}
        for name, one in found.scenarios.items()
    ]
    return {
        "period": found.period,
        "span": found.span,
        "confidence": found.confidence,
        "is_random": found.is_random,
        "points": found.points,
        "ratios": found.ratios,
        "arms": arms,
        "figures": None if found.comparison is None else found.comparison.differences,
    }


def study_about(found: Study) -> dict[str, tuple[str | float, str]]:
    """Return value and meaning of what a workbook says beside the table."""
    return {
        "period": (found.period, "Length of a period."),
        "periods": (found.span.periods, "Periods that count."),
        "warm_up": (found.span.warm_up, "Periods before them."),
        "replications": (found.span.replications, "Independent runs."),
        "seed": (str(found.span.seed), "Of all random numbers."),
        "confidence": (found.confidence, "Level of the intervals."),
    }


def _table(title: str) -> Table:
    from rich.table import Table

    view = Table(box=None, padding=(0, 1), header_style="dim", title=printable(title), title_justify="left")
    view.add_column("echelon", no_wrap=True, justify="right")
    return view


def _by_flow(terminal: Terminal, rows: pl.DataFrame, *, title: str) -> Table:
    """Return orders and shipments of each echelon, against customers and against what is asked of the echelon."""
    view = _table(title)
    for name in ("orders", "interval", "variation", "shipments", "interval", "on asked"):
        view.add_column(name, justify="right", no_wrap=True)
    cells = {(row["echelon"], row["flow"], row["against"]): row for row in rows.to_dicts()}
    for echelon in rows["echelon"].unique().sort().to_list():
        orders, shipments = (cells[echelon, flow, "customers"] for flow in ("orders", "shipments"))
        view.add_row(
            str(echelon),
            _ratio(orders),
            _interval(terminal, orders),
            _short(orders["variation_ratio"]),
            _ratio(shipments),
            _interval(terminal, shipments),
            _ratio(cells[echelon, "orders", "asked"]),
        )
    return view


def _by_arm(terminal: Terminal, rows: pl.DataFrame, *, arms: Sequence[str], title: str) -> Table:
    """Return the ratio of each echelon under each arm, and how it differs from the project as it is."""
    from rich.text import Text

    view = _table(title)
    for name in arms:
        view.add_column(printable(name), justify="right", no_wrap=True)
    cells = {(row["echelon"], row["arm"]): row for row in rows.to_dicts()}
    for echelon in rows["echelon"].unique().sort().to_list():
        line = [_ratio(cells[echelon, arms[0]])]
        for arm in arms[1:]:
            row = cells[echelon, arm]
            value, low, high = (row[f"difference{end}"] for end in ("", "_low", "_high"))
            style = "" if low is None or low <= 0 <= high else "green" if high < 0 else "red"
            line.append(Text(f"{_short(row['variance_ratio'])}{_moved(terminal, value, low, high=high)}", style=style))
        view.add_row(str(echelon), *line)
    return view


def _figures(terminal: Terminal, found: Study, *, arms: Sequence[str]) -> Table:
    """Return cost and service of the whole network under each arm."""
    from rich.table import Table
    from rich.text import Text

    assert found.comparison is not None
    view = Table(box=None, padding=(0, 1), header_style="dim", title="the whole network", title_justify="left")
    for name in ("", arms[0]):
        view.add_column(name, no_wrap=True, justify="right" if name else "left")
    for name in arms[1:]:
        view.add_column(printable(name), no_wrap=True, justify="right")
    cells = {(row["figure"], row["scenario"]): row for row in found.comparison.differences.to_dicts()}
    for figure in SHOWN_FIGURES:
        rows = [cells[figure, arm] for arm in arms[1:]]
        is_share = rows[0]["unit"] == "share"
        styles = [{"better": "green", "worse": "red"}.get(row["verdict"], "") for row in rows]
        unit = "" if is_share else f", {rows[0]['unit']}"
        values = [Text(_amount(row["value"], is_share=is_share), style=style) for row, style in zip(rows, styles, strict=True)]
        view.add_row(f"{figure.replace('_', ' ')}{unit}", _amount(rows[0]["reference"], is_share=is_share), *values)
        moved = [
            Text(_moved_figure(terminal, row, is_share=is_share), style=style) for row, style in zip(rows, styles, strict=True)
        ]
        view.add_row("", "", *moved)
    return view


def _show_points(terminal: Terminal, found: Study, *, top: int) -> None:
    """Print the stock points that amplify what is asked of them most."""
    from rich.table import Table
    from rich.text import Text

    bucket = found.ratios["bucket"][0]
    rows = found.ratios.filter(level="stock point", bucket=bucket, flow="orders", against="asked").drop_nulls("variance_ratio")
    rows = rows.sort(["variance_ratio", "site_id", "product_id"], descending=[True, False, False])
    title = f"stock points by {bucket}, orders on what is asked"
    view = Table(box=None, padding=(0, 1), header_style="dim", title=title, title_justify="left")
    view.add_column("stock point", no_wrap=True, overflow="ellipsis", max_width=44)
    for name in ("echelon", "variance", "interval", "variation"):
        view.add_column(name, justify="right", no_wrap=True)
    for row in rows.head(top).to_dicts():
        name = printable(f"{row['site_id']}/{row['product_id']}")
        view.add_row(name, str(row["echelon"]), _ratio(row), _interval(terminal, row), _short(row["variation_ratio"]))
    terminal.show(Text(), view)
    if rows.height > top:
        terminal.show(Text(f"  ... and {rows.height - top:,} more; --top shows them, --out writes them.", style="dim"))


def _remarks(found: Study) -> list[str]:
    """Return what else is to be said."""
    lines = [
        "Echelon 1 is next to the customers. Variance over that of demand: above 1 it",
        "swings more. Shipments: what sources send; variation: standard deviations over",
        "means; on asked: orders against what is asked of the echelon itself.",
    ]
    if found.is_random:
        lines.append(f"Intervals at {100 * found.confidence:g} %, over replications.")
    if found.comparison is not None:
        lines.append("In brackets, and below: the difference, on the same random numbers.")
    kept = [f"{name} {len(left):,}" for name, left in found.kept.items() if left]
    if kept:
        lines.append(f"Stock points whose rule cannot be changed so: {', '.join(kept)}; --json names them.")
    return lines


def _ratio(row: Row) -> Text:
    from rich.text import Text

    value, low, high = (row[f"variance_ratio{end}"] for end in ("", "_low", "_high"))
    style = "" if low is None or low <= 1 <= high else "red" if low > 1 else "blue"
    return Text(_short(value), style=style)


def _interval(terminal: Terminal, row: Row) -> str:
    low, high = row["variance_ratio_low"], row["variance_ratio_high"]
    if low is None or high is None:
        return NOTHING
    if low == high:
        return "exactly"
    return f"{_short(low)}{' to ' if terminal.glyphs is TYPED else '…'}{_short(high)}"


def _moved(terminal: Terminal, value: float | None, low: float | None, *, high: float | None) -> str:
    if value is None:
        return ""
    text = f"{'-' if value < 0 else '+'}{_short(abs(value))}"
    if low is None or high is None or low == high:
        return f" ({text})"
    return f" ({text}{_between(terminal)}{(high - low) / 2:.2g})"


def _between(terminal: Terminal) -> str:
    return "+/-" if terminal.glyphs is TYPED else "±"


def _short(value: float | None) -> str:
    """Return a ratio with about three digits."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"


def _amount(value: float, *, is_share: bool) -> str:
    from chaintwin.simulation.pictures.axes import short_number

    return percent(value) if is_share else short_number(value)


def _moved_figure(terminal: Terminal, row: Row, *, is_share: bool) -> str:
    """Return how a figure differs from the project as it is, with half its interval; shares in points."""
    from chaintwin.simulation.pictures.axes import short_number

    value, high = row["difference"], row["high"]
    if value is None:
        return ""
    half = 0.0 if high is None else high - value
    sign, between = "-" if value < 0 else "+", _between(terminal)
    if is_share:
        return f"{sign}{100 * abs(value):.2f}{f'{between}{100 * half:.2f}' if half else ''} %"
    return f"{sign}{short_number(abs(value))}{f'{between}{short_number(half)}' if half else ''}"
