"""The story of scenarios: what struck, how figures differ, when it reached which stage and who went short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaintwin.cli.terminal.output import Terminal, printable
from chaintwin.cli.views.comparison_view import comparison_document, show_comparison
from chaintwin.cli.views.numbers import NOTHING, count, number, percent

if TYPE_CHECKING:
    from polars import DataFrame

    from chaintwin.network import Scenario
    from chaintwin.risk.scenarios.telling import Tale


def show_tale(terminal: Terminal, tale: Tale, *, top: int) -> None:
    """Print the story of every scenario.

    Parameters
    ----------
    terminal : where to.
    tale : what ``tell`` returned.
    top : stock points that are shown.
    """
    from rich.text import Text

    every = list(tale.scenarios.values())
    for scenario in every:
        blows = tale.blows.filter(scenario=scenario.name)
        terminal.title(printable(scenario.name))
        if scenario.note:
            terminal.show(Text(f"  {printable(scenario.note)}"))
        terminal.show("", Text("What struck", style="bold"), _blows(blows))
        terminal.show("", Text("When it reached whom", style="bold"), _stages(tale, scenario))
        _show_points(terminal, tale, scenario, top=top)
    terminal.show("")
    show_comparison(terminal, tale.comparison, scenarios=every)
    for comparison in tale.helped.values():
        terminal.show("", Text("What helped", style="bold"))
        show_comparison(terminal, comparison, scenarios=every)
    remarks = (
        f"Of a stage, what it passes on is compared with what it usually passes on in the same runs; reached: a stock point that "
        f"passes on less than 95 % of that. {count(tale.followed, 'replication')} were followed {tale.period} by {tale.period}.",
        "Cascade, sales: what of all flows, and of what customers buy, would go missing if it never ended and nothing took over.",
    )
    terminal.show(Text(), *(Text(f"  {line}", style="dim") for line in remarks))


def tale_document(tale: Tale) -> dict[str, object]:
    """Return what ``--json`` says of a story."""
    return {
        "scenarios": [
            {"name": scenario.name, "note": scenario.note, "disruptions": [_block(one) for one in scenario.disruptions]}
            for scenario in tale.scenarios.values()
        ],
        "blows": tale.blows,
        "stages": tale.stages,
        "points": tale.points,
        "followed": tale.followed,
        "comparison": comparison_document(tale.comparison),
        "helped": {name: comparison_document(comparison) for name, comparison in tale.helped.items()},
    }


def tale_about(tale: Tale) -> dict[str, tuple[str | float, str]]:
    """Return what a table of the story is about."""
    return {
        "followed": (tale.followed, "Replications that were followed period by period."),
        "confidence": (tale.confidence, "Level of the intervals."),
    }


def show_shipped(terminal: Terminal, rows: DataFrame) -> None:
    """Print the ready scenarios and what of a project they are on.

    Parameters
    ----------
    terminal : where to.
    rows : ``name``, ``note``, ``effects`` (null where nothing is touched).
    """
    from rich.table import Table
    from rich.text import Text

    terminal.title(f"{count(rows.height, 'ready scenario')}")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("name", no_wrap=True)
    table.add_column("on", justify="right", no_wrap=True)
    table.add_column("")
    for name, note, effects in rows.select("name", "note", "effects").iter_rows():
        touched = effects is not None
        text = Text(printable(note), style="" if touched else "dim")
        table.add_row(name, number(effects) if touched else NOTHING, text)
    terminal.show(table)
    said = f"on: how many flows, stock points, streams and resources of the project are hit; {NOTHING}: none. "
    terminal.show(Text(), Text(f"  {said}Copy one with --copy-to FOLDER to change it.", style="dim"))


def _block(disruption: Any) -> dict[str, object]:
    return {
        "name": disruption.name,
        "cause": str(disruption.cause),
        "where": str(disruption.where),
        "effect": {str(impact): size for impact, size in disruption.effect.items()},
        "start": disruption.start,
        "after": None if disruption.start else disruption.after,
        "duration": disruption.duration or None,
        "recovery": disruption.recovery,
        "chance": disruption.chance,
        "event": disruption.event,
        "confidence": disruption.confidence,
        "source": disruption.source,
    }


def _blows(blows: DataFrame) -> Any:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("disruption", no_wrap=True, overflow="ellipsis", max_width=30)
    table.add_column("begins")
    table.add_column("lasts, days")
    table.add_column("where", overflow="ellipsis", max_width=30)
    for name in ("sites", "flows", "cascade", "sales"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in blows.iter_rows(named=True):
        cells = (row["disruption"], row["begins"], row["lasts"], row["where"])
        table.add_row(*(printable(cell) for cell in cells), number(row["sites"]), number(row["flows"]), *_cut(row))
    return table


def _cut(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the cascade index and what sales are cut by, as texts."""
    return tuple(NOTHING if row[name] is None else percent(row[name]) for name in ("cascade_index", "sales_cut"))


def _stages(tale: Tale, scenario: Scenario) -> Any:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("stage", no_wrap=True)
    for name in (
        "reached",
        f"first {tale.period}",
        "deepest",
        f"{tale.period}s to recover",
        f"lost {tale.period}s",
        "order swing",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for row in tale.stages.filter(scenario=scenario.name).iter_rows(named=True):
        hit = row["onset"] is not None
        recovers = number(row["time_to_recover"]) if row["time_to_recover"] is not None else "not in the run"
        table.add_row(
            "1, customers" if row["stage"] == 1 else str(row["stage"]),
            f"{row['reached']} of {row['points']}",
            number(row["onset"]) if hit else NOTHING,
            f"-{100 * row['depth']:.0f} %" if hit else NOTHING,
            recovers if hit else NOTHING,
            f"{row['lost_periods']:.1f}" if hit else NOTHING,
            NOTHING if row["order_swing"] is None else f"{100 * row['order_swing']:.0f} %",
        )
    return table


def _show_points(terminal: Terminal, tale: Tale, scenario: Scenario, *, top: int) -> None:
    from rich.table import Table
    from rich.text import Text

    points = tale.points.filter((tale.points["scenario"] == scenario.name) & (tale.points["missed_value"] > 0))
    if points.is_empty():
        terminal.show("", Text("  No stock point went short."))
        return
    terminal.show("", Text(f"Who went short: {min(top, points.height)} of {count(points.height, 'stock point')}", style="bold"))
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("stock point", no_wrap=True, overflow="ellipsis", max_width=40)
    for name in ("stage", f"first {tale.period}", "deepest", f"owed or lost, {tale.currency}"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in points.head(top).iter_rows(named=True):
        table.add_row(
            printable(f"{row['site_id']}/{row['product_id']}"),
            str(row["stage"]),
            number(row["onset"]),
            f"-{100 * row['depth']:.0f} %",
            number(row["missed_value"]),
        )
    terminal.show(table)
