"""``chaintwin fork``: what the coming days may bring, from the live state on."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.fidelity.choosing import KnownTime, ParametersName, chosen_parameters
from chaintwin.cli.commands.fidelity.fidelity import told_fidelity
from chaintwin.cli.commands.live.logs import StoreUrl
from chaintwin.cli.commands.options import Json, Plot, Project, ScenarioFile, Seed, TableFile, Threads, refuse_alone
from chaintwin.cli.running.outputs import Outputs
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import SMALLER_RUN, session

if TYPE_CHECKING:
    from chaintwin.cli.commands.live.starting import Start
    from chaintwin.fidelity.forking.fork import Fork
    from chaintwin.fidelity.versions.applying import Applied
    from chaintwin.network import Scenario

RUNS = 256
"""A test holds that this is the number of ``chaintwin.fidelity``, which is too heavy to ask here."""


def fork(
    project: Project,
    *,
    at: Annotated[str, typer.Option(help="Moment to start from: now, or a day or time of the past.")] = "now",
    days: Annotated[float, typer.Option(help="Days to look ahead.", min=0.04, max=3660)] = 30.0,
    scenario: ScenarioFile = None,
    replications: Annotated[int, typer.Option(help="Independent runs.", min=1)] = RUNS,
    seed: Seed = 0,
    likely: Annotated[float, typer.Option(help="Probability from which on a shortage counts as likely, between 0 and 1.")] = 0.5,
    parameters: ParametersName = None,
    known: KnownTime = None,
    as_planned: Annotated[
        bool, typer.Option("--as-planned", help="Take every shipment to arrive as it was planned; by default its age tells.")
    ] = False,
    top: Annotated[int, typer.Option(help="Rows that are shown.", min=1)] = 15,
    stock_point: Annotated[
        list[str] | None,
        typer.Option(help="SITE/PRODUCT that --plot shows, up to four; by default those that may run short.", show_default=False),
    ] = None,
    store: StoreUrl = None,
    threads: Threads = None,
    out: TableFile = None,
    plot: Plot = None,
    json: Json = False,
) -> None:
    """Look ahead from now: what may run short, when, how likely."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        from chaintwin.cli.commands.live.starting import live_start
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.views.fidelity.fork_view import fork_about, fork_document, show_fork

        refuse_alone("--stock-point", stock_point, beside=("--plot", plot), why="which names the file to draw to")
        outputs = Outputs(out, plot)
        outputs.check()
        changes = _changes(scenario)
        network = usable_network(terminal, project)
        start = live_start(terminal, network, project=project, start=at, store=store, known=known, option="--at")
        chosen = chosen_parameters(terminal, start, project=project, store=store, name=parameters)
        hours = start.network.settings.period.hours
        periods = max(1, round(days * 24 / hours))
        forks = [
            _run(
                terminal,
                start,
                periods=periods,
                runs=replications,
                seed=seed,
                scenario=one,
                likely=likely,
                threads=threads,
                as_planned=as_planned,
                parameters=chosen,
            )
            for one in ((None,) if changes is None else (None, changes))
        ]
        last = forks[-1]
        outputs.write(last.stock, name="stock", about=fork_about(last))
        if plot is not None:
            from chaintwin.fidelity.forking.picture import draw_fork

            outputs.draw(lambda file: draw_fork(last, file, stock_points=stock_point or []))
        about = {"project": project, "start": start.about, "out": out, "plot": plot}
        show_fork(terminal, last, before=forks[0] if len(forks) > 1 else None, top=top)
        trust = told_fidelity(terminal, project, store=store, points=last.shortages["stock_point"].head(top).to_list())
        terminal.document(about | {"forks": [fork_document(one) for one in forks]} | trust)
        outputs.say(terminal, "Stock by period")


def _changes(scenario: Path | None) -> Scenario | None:
    if scenario is None:
        return None
    from chaintwin.network import Scenario

    return Scenario.read(scenario)


def _run(
    terminal: Terminal,
    start: Start,
    *,
    periods: int,
    runs: int,
    seed: int,
    scenario: Scenario | None,
    likely: float,
    threads: int | None,
    as_planned: bool,
    parameters: Applied | None,
) -> Fork:
    """Run one fork with its progress shown."""
    from chaintwin.cli.terminal.progress import progress_bar
    from chaintwin.cli.views.numbers import count, duration
    from chaintwin.fidelity.forking.fork import fork as run
    from chaintwin.jit import is_cold
    from chaintwin.simulation import prepare_kernels

    text = f"Looking ahead {count(periods, start.network.settings.period.value)}{f', {scenario.name}' if scenario else ''}"
    with progress_bar(terminal, text, is_cold=is_cold()) as report:
        prepare_kernels()
        begun = perf_counter()
        found = run(
            start.network,
            start.state if as_planned else start.opened,
            periods=periods,
            runs=runs,
            seed=seed,
            scenario=scenario,
            parameters=parameters,
            likely=likely,
            threads=threads,
            progress=report,
        )
    terminal.note(f"Ran {count(runs, 'replication')} in {duration(perf_counter() - begun)}.")
    return found
