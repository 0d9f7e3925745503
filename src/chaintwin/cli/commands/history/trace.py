"""``chaintwin trace``: one replication as a log of events, and the state it ends in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Json, Project, ScenarioFile, Seed, StateFile
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import SMALLER_RUN, session

if TYPE_CHECKING:
    import polars as pl

    from chaintwin.simulation import EventLog

STRENGTHS = ("disruption_began", "disruption_changed", "disruption_ended")
DONE = {"destroyed": "destroyed", "lost_under_way": "lost", "cancelled": "cancelled", "detained": "held up"}
"""What disruptions do to single goods and orders; the log names the disruption where one alone did it."""


def trace(
    project: Project,
    *,
    scenario: ScenarioFile = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the events, ending in .parquet or .jsonl; by default none.", show_default=False)
    ] = None,
    state_out: Annotated[
        Path | None, typer.Option(help="File for the state after the last period (JSON); by default none.", show_default=False)
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option(
            help="File for the run as EPCIS events, one a line (.jsonl), as chaintwin ingest reads them; by default none.",
            show_default=False,
        ),
    ] = None,
    periods: Annotated[
        int | None,
        typer.Option(help="Periods to play; all of the project by default.", min=1, show_default=False),
    ] = None,
    replication: Annotated[int, typer.Option(help="Number of the run among those of the seed, from 0.", min=0)] = 0,
    seed: Seed = 0,
    state: StateFile = None,
    json: Json = False,
) -> None:
    """Follow one run: its events in order, and the state it ends in."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        from chaintwin.cli.commands.history.starting import followed
        from chaintwin.cli.terminal.progress import compile_shown, waiting
        from chaintwin.simulation import log_of, rebuild, write_log, write_state
        from chaintwin.simulation import trace as follow
        from chaintwin.simulation.history.exporting import check_ending, write_events
        from chaintwin.simulation.history.log_file import log_ending

        if out is not None:
            log_ending(out)
        if events is not None:
            check_ending(events)
        what = followed(terminal, project, scenario=scenario, state=state)
        compile_shown(terminal)
        with waiting(terminal, "Following one run"):
            seen = follow(what.network, state=what.state, periods=periods, replication=replication, seed=seed)
            log = log_of(seen)
            if out is not None:
                write_log(log, out)
            if events is not None:
                write_events(log, events, program=seen.program, settings=what.network.settings)
            if state_out is not None:
                write_state(rebuild(log, seen.program), state_out, program=seen.program)
        _show(terminal, log, period=what.network.settings.period.value)
        counts = dict(log.events.group_by("event").len().sort("event").iter_rows())
        about = {"project": project, "scenario": what.scenario, "out": out, "events_out": events, "state_out": state_out}
        terminal.document(about | {"log": log.head, "events": counts, "disruptions": spans(log.events)})
        if out is not None:
            terminal.show("", f"Wrote the events to {out}; read them with chaintwin.simulation.read_log.")
        if events is not None:
            terminal.show("", f"Wrote the run as EPCIS events to {events}; chaintwin ingest reads them.")
        if state_out is not None:
            terminal.show("", f"Wrote the state to {state_out}; go on from it with --state.")


def spans(events: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each disruption of a log: when it began and ended, how strong it was, and what it alone did, in units.

    Parameters
    ----------
    events : of the log.
    """
    import polars as pl

    kind, quantity = pl.col("event"), pl.col("quantity")
    named = events.filter(pl.col("disruption_id").is_not_null())
    return named.group_by("disruption_id", maintain_order=True).agg(
        pl.col("period").filter(kind == "disruption_began").first().alias("began"),
        pl.col("period").filter(kind == "disruption_ended").last().alias("ended"),
        quantity.filter(kind.is_in(STRENGTHS)).max().alias("strongest"),
        *(quantity.filter(kind == name).sum().alias(name) for name in DONE),
    )


def _show(terminal: Terminal, log: EventLog, *, period: str) -> None:
    import polars as pl
    from rich.table import Table

    from chaintwin.cli.views.numbers import count, number

    head = log.head
    when = f"{period} {head.begin} to {head.end - 1}"
    terminal.title(f"Replication {head.replication} of seed {head.seed}, {when}: {count(head.events, 'event')}")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("event", no_wrap=True)
    table.add_column("number", justify="right", no_wrap=True)
    table.add_column("units", justify="right", no_wrap=True)
    kinds = log.events.group_by("event", maintain_order=True).agg(pl.len().alias("number"), pl.col("quantity").sum())
    for name, amount, units in kinds.iter_rows():
        # Strengths are no units.
        table.add_row(name, f"{amount:,}", "" if name in STRENGTHS else number(units))
    terminal.show(table)
    _show_disruptions(terminal, spans(log.events), period=period)


def _show_disruptions(terminal: Terminal, found: pl.DataFrame, *, period: str) -> None:
    from rich.table import Table
    from rich.text import Text

    from chaintwin.cli.views.numbers import number, percent

    if found.is_empty():
        return
    terminal.title("Disruptions")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("disruption", ratio=1, overflow="fold", min_width=10)
    for name in (f"{period}s", "strongest", *DONE.values()):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.iter_rows(named=True):
        last = "the end" if row["ended"] is None else str(row["ended"] - 1)
        units = [number(row[name]) if row[name] else "" for name in DONE]
        table.add_row(Text(row["disruption_id"]), f"{row['began']} to {last}", percent(row["strongest"]), *units)
    terminal.show(table)
