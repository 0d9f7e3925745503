"""``chaintwin risk scenario``: what disruptions do to a project: what broke, when it reached whom, what it cost, what helps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Confidence, Json, Periods, Plot, Project, Replications, Seed, TableFile, Threads
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import SMALLER_RUN, session

if TYPE_CHECKING:
    from chaintwin.network import Network


Scenarios = Annotated[
    list[str] | None,
    typer.Argument(help="Names of ready scenarios, or TOML files; --list names the ready ones.", show_default=False),
]
Responses = Annotated[
    list[Path] | None,
    typer.Option(help="TOML file of what is done about it, tried with each scenario; may be repeated.", show_default=False),
]
WarmUp = Annotated[
    int | None, typer.Option(help="Periods before those that count; the project's by default.", min=0, show_default=False)
]
CopyTo = Annotated[
    Path | None, typer.Option(help="Folder to copy the named ready scenarios to, to change them.", show_default=False)
]


def scenario(
    project: Project,
    scenarios: Scenarios = None,
    *,
    response: Responses = None,
    periods: Periods = None,
    replications: Replications = 256,
    warm_up: WarmUp = None,
    seed: Seed = 0,
    threads: Threads = None,
    confidence: Confidence = 0.95,
    top: Annotated[int, typer.Option(help="Stock points that are shown.", min=1)] = 8,
    list_ready: Annotated[
        bool, typer.Option("--list", help="List the ready scenarios and what of the project they hit.")
    ] = False,
    copy_to: CopyTo = None,
    plot: Plot = None,
    out: TableFile = None,
    json: Json = False,
) -> None:
    """Play disruptions: what broke, when it reached whom, what it cost, what helps."""
    with session(is_json=json, memory_advice=SMALLER_RUN) as terminal:
        from chaintwin.cli.commands.usable import usable_network
        from chaintwin.cli.running.outputs import Outputs
        from chaintwin.cli.terminal.progress import progress_bar
        from chaintwin.cli.views.risk.scenario_view import show_tale, tale_about, tale_document
        from chaintwin.errors import UsageError
        from chaintwin.jit import is_cold
        from chaintwin.network import Scenario
        from chaintwin.risk.scenarios.library import find_scenario
        from chaintwin.risk.scenarios.picture import plot as draw_to
        from chaintwin.risk.scenarios.telling import tell

        outputs = Outputs(out, plot)
        outputs.check()
        if list_ready:
            _show_ready(terminal, usable_network(terminal, project))
            return
        if not scenarios:
            raise UsageError("scenarios: found none; allowed: a name or a TOML file; fix: chaintwin risk scenario PROJECT --list")
        if copy_to is not None:
            _copy(terminal, scenarios, copy_to)
            return
        found = [find_scenario(name) for name in scenarios]
        responses = [Scenario.read(path) for path in response or []]
        network = usable_network(terminal, project)
        with progress_bar(terminal, "Playing scenarios", is_cold=is_cold()) as report:
            tale = tell(
                network,
                found,
                responses=responses,
                periods=periods,
                replications=replications,
                seed=seed,
                warm_up=warm_up,
                confidence=confidence,
                threads=threads,
                progress=report,
            )
        outputs.write(tale.points, name="points", about=tale_about(tale))
        outputs.draw(lambda path: draw_to(tale, path))
        terminal.document(tale_document(tale) | {"project": project, "out": out, "plot": plot})
        show_tale(terminal, tale, top=top)
        outputs.say(terminal, "All stock points that were reached")


def _copy(terminal: Terminal, scenarios: list[str], folder: Path) -> None:
    """Copy ready scenarios and say where they are."""
    from chaintwin.risk.scenarios.library import copy_shipped

    for file in copy_shipped(scenarios, folder):
        terminal.note(f"Copied to {file}.")
    terminal.document({"copied_to": folder})


def _show_ready(terminal: Terminal, network: Network) -> None:
    """Print the ready scenarios, with how much of the project each is on."""
    from chaintwin.cli.terminal.progress import progress_bar
    from chaintwin.cli.views.risk.scenario_view import show_shipped
    from chaintwin.risk.scenarios.library import shipped_on

    with progress_bar(terminal, "Looking what scenarios hit", is_cold=False) as report:
        rows = shipped_on(network, progress=report)
    terminal.document({"scenarios": rows})
    show_shipped(terminal, rows)
