"""``chaintwin trace``: one replication as a log of events, and the state it ends in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Json, Project, Seed, StateFile
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import SMALLER_RUN, session

if TYPE_CHECKING:
    from chaintwin.simulation import EventLog


def trace(
    project: Project,
    *,
    out: Annotated[
        Path | None, typer.Option(help="File for the events, ending in .parquet or .jsonl; by default none.", show_default=False)
    ] = None,
    state_out: Annotated[
        Path | None, typer.Option(help="File for the state after the last period (JSON); by default none.", show_default=False)
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
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.terminal.progress import waiting
        from chaintwin.simulation import log_of, prepare_kernels, read_state, rebuild, write_log, write_state
        from chaintwin.simulation import trace as follow
        from chaintwin.simulation.history.log_file import log_ending

        if out is not None:
            log_ending(out)
        network = usable_network(terminal, project)
        start = None if state is None else read_state(state, program=network.compile())
        with waiting(terminal, "Following one run"):
            prepare_kernels()
            seen = follow(network, state=start, periods=periods, replication=replication, seed=seed)
            log = log_of(seen)
            if out is not None:
                write_log(log, out)
            if state_out is not None:
                write_state(rebuild(log, seen.program), state_out, program=seen.program)
        _show(terminal, log, period=network.settings.period.value)
        counts = dict(log.events.group_by("event").len().sort("event").iter_rows())
        terminal.document({"project": project, "out": out, "state_out": state_out, "log": log.head, "events": counts})
        if out is not None:
            terminal.show("", f"Wrote the events to {out}; read them with chaintwin.simulation.read_log.")
        if state_out is not None:
            terminal.show("", f"Wrote the state to {state_out}; go on from it with --state.")


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
        table.add_row(name, f"{amount:,}", number(units))
    terminal.show(table)
