"""``chaintwin state``: the live state of a project, now or at a moment before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.live.logs import StoreUrl, log_to_read
from chaintwin.cli.commands.options import Json, Project
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import session

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from chaintwin.twin import LiveState

SHOWN = {
    "stock": ("site", "product", "lot", "quality", "quantity", "unit", "deviation"),
    "shipments": ("shipment", "status", "origin", "destination", "departed_at", "planned_at"),
    "cargo": ("shipment", "product", "lot", "quantity"),
    "consignments": ("activity", "started", "due", "units", "status"),
    "orders": ("order", "product", "status", "quantity", "open", "wanted_at"),
    "queue": ("activity", "due", "units"),
    "backlog": ("stream", "quantity"),
    "resources": ("resource", "site", "share", "status"),
    "conditions": ("place", "measured", "value", "unit", "signal_quality", "stale"),
    "people": ("person", "site", "present", "role"),
    "vehicles": ("vehicle", "site", "present", "shipment"),
    "devices": ("device", "present", "since", "reason", "site"),
    "cash": ("account", "currency", "amount"),
    "prices": ("product", "partner", "price", "currency"),
    "desired": ("path", "value"),
    "predicted": ("path", "value"),
    "discrepancies": ("reason", "subject", "amount", "times"),
    "unknown": ("what", "name", "reason", "times"),
}
"""Tables that are shown, where they hold anything, and their columns; ``--json`` has all."""


def state(
    project: Project,
    *,
    at: Annotated[
        str | None, typer.Option(help="Moment in the world: a day or a time; everything by default.", show_default=False)
    ] = None,
    known: Annotated[
        str | None, typer.Option(help="Only what the log had learned by this day or time.", show_default=False)
    ] = None,
    rows: Annotated[int, typer.Option(help="Rows of each table that are shown.", min=1)] = 12,
    likely: Annotated[
        bool,
        typer.Option("--likely", help="Also what stock is likely where events are missing, by others that tell of it."),
    ] = False,
    store: StoreUrl = None,
    json: Json = False,
) -> None:
    """Show the live state, now or then, and what does not fit."""
    with session(is_json=json) as terminal:
        from chaintwin.cli.commands.live.likely import likely_document, likely_stock, show_likely
        from chaintwin.cli.commands.live.opening import moment, opened_twin, said
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.twin.telling import told_summary

        time, learned = moment("--at", at), moment("--known", known)
        # A folder that is no project, or has no log, is told before its files are taken for wrong tables.
        log_to_read(project, store)
        network = usable_network(terminal, project)
        with opened_twin(terminal, network, project=project, store=store) as twin:
            found = twin.as_of(time, known=learned)
            history = likely_stock(terminal, network, store=twin.store, time=time, known=learned) if likely else None
        terminal.show(said(found))
        _show(terminal, found, rows=rows)
        about = {"project": project, "summary": told_summary(found), "tables": found.tables()}
        terminal.document(about if history is None else about | {"likely": likely_document(history)})
        if history is not None:
            show_likely(terminal, history, rows=rows)


def _show(terminal: Terminal, state: LiveState, *, rows: int) -> None:
    tables = state.tables()
    for name, columns in SHOWN.items():
        frame = tables[name]
        if frame.height:
            terminal.title(_heading(name, frame))
            terminal.show(_table(frame.select(*columns, "age").head(rows)))
            if frame.height > rows:
                terminal.show(f"and {frame.height - rows:,} more; --rows shows more, --json all")


def _heading(name: str, frame: pl.DataFrame) -> str:
    """Return the heading of a table: its rows, and how often they were met where that is something else."""
    times = int(frame["times"].sum()) if "times" in frame.columns else 0
    return f"{name.capitalize()}: {frame.height:,}{f', met {times:,} times' if times > frame.height else ''}"


def _table(frame: pl.DataFrame) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1), header_style="dim")
    # A column that says nothing takes room from those that do.
    columns = [
        column for column in frame.columns if frame[column].cast(str).fill_null("").str.len_bytes().sum() or column == "age"
    ]
    for column in columns:
        is_number = frame[column].dtype.is_numeric()
        table.add_column(column.removesuffix("_at").replace("_", " "), justify="right" if is_number else "left", overflow="fold")
    for row in frame.select(columns).iter_rows(named=True):
        table.add_row(*(Text(_cell(column, value)) for column, value in row.items()))
    return table


def _cell(column: str, value: object) -> str:
    from datetime import datetime

    from chaintwin.cli.commands.live.opening import span
    from chaintwin.cli.terminal.output import printable
    from chaintwin.cli.views.numbers import number

    if value is None:
        return ""
    if column == "age" and isinstance(value, float):
        return span(value) if value >= 0 else f"in {span(-value)}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return number(value)
    return printable(str(value))
