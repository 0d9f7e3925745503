"""``chaintwin why``: where service is lost, and the first causes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Json, Project, ScenarioFile, Seed, StateFile
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import SMALLER_RUN, session

if TYPE_CHECKING:
    import polars as pl

    from chaintwin.simulation import Causes

WORDS = {
    "level": "order rule keeps too little at",
    "start": "too little at the start at",
    "lead_time": "later than usual on",
    "capacity": "too little capacity of",
    "room": "too little room at",
    "disruption": "disruption",
}
"""What each cause is called, before the entity it lies with."""


def why(
    project: Project,
    *,
    scenario: ScenarioFile = None,
    periods: Annotated[
        int | None, typer.Option(help="Periods that count; the project's horizon by default.", min=1, show_default=False)
    ] = None,
    warm_up: Annotated[
        int | None,
        typer.Option(help="Periods before them; the project's by default, none with --state.", min=0, show_default=False),
    ] = None,
    replications: Annotated[int, typer.Option(help="Runs that are looked at.", min=1)] = 16,
    seed: Seed = 0,
    state: StateFile = None,
    top: Annotated[int, typer.Option(help="Causes and streams that are shown.", min=1)] = 10,
    json: Json = False,
) -> None:
    """Say where service is lost and why, by first causes."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        from chaintwin.cli.commands.history.starting import followed
        from chaintwin.cli.terminal.progress import compile_shown, waiting
        from chaintwin.simulation import causes

        what = followed(terminal, project, scenario=scenario, state=state)
        compile_shown(terminal)
        with waiting(terminal, "Following late units upstream"):
            found = causes(what.network, state=what.state, periods=periods, warm_up=warm_up, replications=replications, seed=seed)
        about = {"project": project, "scenario": what.scenario, "seed": seed, "replications": found.replications}
        about |= {"begin": found.begin, "end": found.end}
        frames = {"by_cause": found.by_cause, "by_stream": found.by_stream}
        terminal.document(about | {"currency": found.currency, "period": found.period} | frames)
        _show(terminal, found, top=top)


def _show(terminal: Terminal, found: Causes, *, top: int) -> None:
    import polars as pl

    from chaintwin.cli.views.numbers import count, number

    late, lost = (float(found.by_cause[name].sum()) for name in ("late_units", "lost_units"))
    when = f"{found.period} {found.begin} to {found.end - 1}, mean of {count(found.replications, 'run')}"
    if not late:
        terminal.title(f"Nothing was late ({when}).")
        return
    terminal.title(f"{number(late)} units were not served at once, {number(lost)} of them lost ({when})")
    kinds = found.by_cause.group_by("cause", "disruption_id").agg(pl.col("late_units", "cost", "share").sum())
    kinds = kinds.sort("late_units", "cause", "disruption_id", descending=[True, False, False])
    _table(terminal, "kind of cause", rows=kinds, found=found, named=False)
    terminal.title(f"First causes: {min(top, found.by_cause.height)} of {found.by_cause.height:,}")
    _table(terminal, "cause", rows=found.by_cause.head(top), found=found, named=True)
    if found.by_stream["stream_id"].n_unique() < 2:
        return
    share = pl.col("late_units") / late
    worst = found.by_stream.with_columns(share=share)
    terminal.title(f"By demand stream: {min(top, worst.height)} of {worst.height:,}")
    _table(terminal, "demand stream and cause", rows=worst.head(top), found=found, named=True)


def _table(terminal: Terminal, head: str, *, rows: pl.DataFrame, found: Causes, named: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from chaintwin.cli.views.numbers import number, percent

    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column(head, ratio=1, overflow="fold")
    for name in ("late units", f"cost, {found.currency}", "share"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows.iter_rows(named=True):
        words = WORDS[row["cause"]]
        words += f" {row['disruption_id']} at" if row["disruption_id"] else ""
        what = f"{words} {row['entity_id']}" if named else words.removesuffix(" at").removesuffix(" on").removesuffix(" of")
        label = f"{row['stream_id']}: {what}" if "stream_id" in row else what
        table.add_row(Text(label), number(row["late_units"]), number(row["cost"]), percent(row["share"]))
    terminal.show(table)
